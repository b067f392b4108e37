"""Who sees and who changes which governed record.

A rule of each governed model asks for a field of it. The field knows the member for
whom the request is made, which Odoo's cache of rules does not.
"""

from dataclasses import dataclass
from typing import Any

from odoo import api, fields, models
from odoo.tools import SQL, Query

from ..compat import (
    FALSE,
    TRUE,
    asked,
    condition,
    conjuncts,
    every,
    ids_from,
    none_of,
    some,
)
from ..tools.member import KEY, Member, member_of, with_member

_API = "abs_connector.group_api"
_SA_GOVERNED = "abs_connector.group_sa_governed"
#: Context key of a `_Part`.
_PART = "abs_visibility_part"
#: From here on a page is cheaper by the rule alone.
_DEEPEST = 2_000
#: With which access somebody may change a record, and delete it.
CHANGES = ("assignment", "binding")
DELETES = ("binding",)


@dataclass(frozen=True, eq=False)
class _Part:
    """The part of the rule that a search is asked for; no caller can pass one."""

    model: str
    domain: Any


def _stamped(scope):
    """Return the domains of what stamps let see; an index serves each, and no two meet.

    :param Scope scope: one membership
    """
    held = [("x_sa_id", "=", scope.account_id)]
    if scope.policy == "sa_wide":
        return [held]
    mine = [*held, ("x_actor_id", "=", scope.person_id)]
    if scope.policy == "assigned_plus_unassigned":
        return [mine, [*held, ("x_actor_id", "=", False)]]
    return [mine]


def _sees(scope, account_id, actor_id):
    """Tell whether a membership lets see what is held in this way."""
    if account_id != scope.account_id:
        return False
    if scope.policy == "sa_wide" or actor_id == scope.person_id:
        return True
    return scope.policy == "assigned_plus_unassigned" and not actor_id


def _entries(scope):
    """Return the condition of the ledger's rows that a membership lets see."""
    account = SQL("account_id = %s", scope.account_id)
    if scope.policy == "sa_wide":
        return account
    actor = SQL("actor_id = %s", scope.person_id)
    if scope.policy == "assigned_plus_unassigned":
        actor = SQL("(%s OR actor_id IS NULL)", actor)
    return SQL("(%s AND %s)", account, actor)


class OvAssignmentMixin(models.AbstractModel):
    _inherit = "ov.assignment.mixin"

    def _held(self, *conditions):
        """Return the query of the records that are held now, by what rows must be.

        :param SQL conditions: of rows of the ledger
        """
        return SQL(
            "SELECT %s FROM %s WHERE state = 'active' AND %s",
            SQL.identifier(self._record_field),
            SQL.identifier(self._table),
            SQL(" AND ").join(conditions),
        )

    def _held_by(self, scopes, *conditions, among=None):
        """Return the query of the records that memberships let see by the ledger.

        :param scopes: the memberships, at least one
        :param SQL conditions: what else rows must be
        :param among: ids of records, when only these are asked for
        """
        entries = SQL(" OR ").join(_entries(scope) for scope in scopes)
        if among is not None:
            record = SQL.identifier(self._record_field)
            conditions = (*conditions, SQL("%s = ANY(%s)", record, among))
        return self._held(*conditions, SQL("(%s)", entries))


class OvGovernedMixin(models.AbstractModel):
    _inherit = "ov.governed.mixin"

    #: Fields that tell a governed record from others, and whose it is.
    _kind_fields = ()
    #: Models whose records belong to these.
    _lines = ()
    #: Columns that core's own rules and filters ask for with every list.
    _listed_with = ("company_id",)

    x_is_governed = fields.Boolean(
        "Is Governed",
        compute="_compute_x_is_governed",
        search="_search_x_is_governed",
        help="Of a kind that Service Accounts hold, whether or not one does.",
    )
    x_is_visible = fields.Boolean(
        "Is Visible",
        compute="_compute_x_is_visible",
        search="_search_x_is_visible",
        help="Whoever asks may see it.",
    )
    x_is_changeable = fields.Boolean(
        "Is Changeable",
        compute="_compute_x_is_changeable",
        search="_search_x_is_changeable",
        help="Whoever asks may change it, and make documents of it.",
    )
    x_is_deletable = fields.Boolean(
        "Is Deletable",
        compute="_compute_x_is_deletable",
        search="_search_x_is_deletable",
        help="Whoever asks may delete, archive and hand it over.",
    )

    def _auto_init(self):
        """Make the table, and serve lists of what a member sees in their order."""
        result = super()._auto_init()
        if not self._abstract:
            self._create_visibility_indexes()
        return result

    def _create_visibility_indexes(self):
        order = SQL(", ").join(self._indexed_order())
        # The third is there because no index gives an order behind IS NULL.
        for name, columns, where in (
            ("sa_actor", SQL("x_sa_id, x_actor_id"), SQL()),
            ("sa", SQL("x_sa_id"), SQL()),
            ("sa_nobody", SQL("x_sa_id"), SQL("WHERE x_actor_id IS NULL")),
        ):
            self.env.cr.execute(
                SQL(
                    "CREATE INDEX IF NOT EXISTS %s ON %s (%s, %s) INCLUDE (%s) %s",
                    SQL.identifier(f"{self._table}_{name}_idx"),
                    SQL.identifier(self._table),
                    columns,
                    order,
                    SQL(", ").join(map(SQL.identifier, self._listed_with)),
                    where,
                )
            )

    def _indexed_order(self):
        """Yield the columns of the model's own order, each with its direction."""
        for term in self._order.split(","):
            name, *direction = term.split()
            yield SQL("%s %s", SQL.identifier(name), SQL(" ".join(direction).upper()))

    # What is made

    @api.model_create_multi
    def create(self, vals_list):
        """Create; what a member makes is held from its first moment.

        Core goes on to write on what it has just made, and the rules ask the ledger.
        """
        records = super().create(vals_list)
        if not self.env.su and (member := self._bound_member()):
            records._hold_for(member)
        return records

    def _hold_for(self, member):
        """Let new records be held by who holds their source, else for who made them.

        Who is a member of several Service Accounts names the one that is meant.
        """
        self._inherit_governance()
        if len(member.scopes) == 1:
            (scope,) = member.scopes
            acts = scope.policy != "sa_wide"
            new = self.sudo().filtered(
                lambda one: one.x_is_governed and not one.x_sa_id
            )
            new._assign_to(
                self.env["ov.serviced_account"].browse(scope.account_id),
                self.env["res.partner"].browse(scope.person_id if acts else ()),
            )

    # What is governed

    @api.model
    def _domain_open(self):
        """Return the domain of the records that are of no governed kind.

        Whoever may read the model sees them, within the company.
        """
        return FALSE

    @api.model
    def _domain_of_customer(self, partner_id):
        """Return the domain of what a customer sees: its own governed records."""
        return [("partner_id", "=", partner_id)]

    @api.model
    def _domain_of_company(self, company_id):
        """Return the domain of what an API key sees: what is its company's."""
        return [("company_id", "=", company_id)]

    @api.depends(lambda self: ("x_sa_id", *self._kind_fields))
    def _compute_x_is_governed(self):
        self._mark("x_is_governed", self.browse(), lambda _ids: self._domain_closed())

    def _search_x_is_governed(self, operator, value):
        return self._answer(operator, value, self._domain_closed())

    def _domain_closed(self):
        return none_of(self._domain_open())

    # Who asks

    @api.model
    def _bound_member(self):
        """Return the member whom the rules bind.

        They bind the API's user, for whoever calls, and users of the group SA-Governed.

        :return: Member; None when they bind nobody here
        """
        user = self.env.user
        if user.has_group(_API):
            member = member_of(self.env) or Member()
        elif user.has_group(_SA_GOVERNED):
            member = member_of(self.env)
            member = member or self.env["ov.membership"]._member_of_user(user)
        else:
            return None
        return None if member.admin else member

    # Seeing

    @api.depends(lambda self: ("x_sa_id", "x_actor_id", *self._kind_fields))
    @api.depends_context("uid", KEY)
    def _compute_x_is_visible(self):
        member = self._bound_member()
        self._mark(
            "x_is_visible",
            self if member is None else self._shown_by_stamps(member),
            lambda ids: self._domain_visible(member, ids),
        )

    def _search_x_is_visible(self, operator, value):
        part = self.env.context.get(_PART)
        if isinstance(part, _Part) and part.model == self._name:
            return self._answer(operator, value, part.domain)
        visible = self._domain_visible(self._bound_member())
        return self._answer(operator, value, visible)

    @api.model
    def _domain_visible(self, member, among=None):
        """Return the domain of what a member may see.

        :param Member member: None for whom no rule binds
        :param among: ids, when the domain is asked for these alone
        """
        if member is None:
            return TRUE
        return self._with_open(member, self._domain_seen(member, among))

    def _with_open(self, member, domain):
        """Return a domain, and what is not governed; customers see nothing of it."""
        return domain if member.partner_id else some([domain, self._domain_open()])

    def _domain_seen(self, member, among=None):
        """Return the domain of the governed records that a member sees."""
        seen = [part for scope in member.scopes for part in _stamped(scope)]
        if member.scopes:
            seen.append(self._domain_second(member.scopes, among))
        if member.partner_id:
            seen.append(self._domain_of_customer(member.partner_id))
        if member.company_id:
            seen.append(self._domain_of_company(member.company_id))
        return some([*seen, self._domain_just_made(among)])

    def _domain_just_made(self, among):
        """Return the domain of what the request has made and nobody holds yet.

        Lines are made while what they belong to is made, before anybody can hold it.
        """
        if among is None:
            return FALSE
        return ids_from(
            SQL(
                "SELECT id FROM %s WHERE id = ANY(%s) AND x_sa_id IS NULL"
                " AND create_uid = %s AND create_date = %s",
                SQL.identifier(self._table),
                among,
                self.env.uid,
                self.env.cr.now(),
            )
        )

    def _domain_second(self, scopes, among=None):
        """Return the domain of what memberships let see and no stamp shows."""
        unstamped = SQL("is_stamped IS NOT TRUE")
        return ids_from(self.env[self._ledger]._held_by(scopes, unstamped, among=among))

    def _shown_by_stamps(self, member):
        """Return the records whose stamps let a member see them."""
        shown = self.sudo().filtered(
            lambda record: any(
                _sees(scope, record.x_sa_id.id, record.x_actor_id.id)
                for scope in member.scopes
            )
        )
        return shown.with_env(self.env)

    # Changing and deleting

    @api.depends(lambda self: ("x_sa_id", "x_actor_id", *self._kind_fields))
    @api.depends_context("uid", KEY)
    def _compute_x_is_changeable(self):
        self._mark_with_access("x_is_changeable", CHANGES)

    def _search_x_is_changeable(self, operator, value):
        changeable = self._domain_with_access(self._bound_member(), CHANGES)
        return self._answer(operator, value, changeable)

    @api.depends(lambda self: ("x_sa_id", "x_actor_id", *self._kind_fields))
    @api.depends_context("uid", KEY)
    def _compute_x_is_deletable(self):
        self._mark_with_access("x_is_deletable", DELETES)

    def _search_x_is_deletable(self, operator, value):
        deletable = self._domain_with_access(self._bound_member(), DELETES)
        return self._answer(operator, value, deletable)

    def _mark_with_access(self, name, access):
        member = self._bound_member()
        self._mark(
            name,
            self if member is None else self.browse(),
            lambda ids: self._domain_with_access(member, access, ids),
        )

    @api.model
    def _domain_with_access(self, member, access, among=None):
        """Return the domain of what a member holds with an access, and of what is open.

        The ledger alone is asked, for stamps do not tell the access. Customers change
        nothing, API keys what they see.

        :param Member member: None for whom no rule binds
        :param access: the accesses that will do
        :param among: ids, when the domain is asked for these alone
        """
        if member is None:
            return TRUE
        held = [self._domain_just_made(among)]
        if member.scopes:
            access = SQL("access IN %s", access)
            ledger = self.env[self._ledger]
            held.append(ids_from(ledger._held_by(member.scopes, access, among=among)))
        if member.company_id:
            held.append(self._domain_of_company(member.company_id))
        return self._with_open(member, some(held))

    # What the fields have in common

    def _mark(self, name, passing, domain):
        """Say of each record whether it passes; one query for what is not known.

        :param str name: of the field
        :param passing: the records that are known to pass
        :param domain: callable that gives the domain that the others must have, for ids
        """
        found = (self - passing)._origin._matching(domain)
        for record in self:
            # What is not there yet is nobody's: rules are asked when it is.
            new = not record._origin
            record[name] = new or record in passing or record._origin.id in found

    def _matching(self, domain):
        """Return the ids of those of these records that a domain has."""
        if not self:
            return set()
        asked_for = every([[("id", "in", self.ids)], domain(self.ids)])
        return {*self._system()._search(asked_for)}

    def _system(self):
        """Return the model as the rules are asked: of everything that there is."""
        return self.sudo().with_context(active_test=False, **{_PART: None})

    def _answer(self, operator, value, domain, model=None):
        """Return the domain of a condition on one of the fields.

        :param domain: of the records of which the field is true
        :param model: of these records, when it is not this one
        """
        wanted = asked(operator, value)
        if len(wanted) != 1:
            return TRUE if wanted else FALSE
        if wanted == {True}:
            return domain
        system = (self if model is None else model).sudo()
        passing = system.with_context(active_test=False, **{_PART: None})
        return [("id", "not in", passing._search(domain))]

    def _forget_stamps(self):
        """Forget what follows the ledger, of these and of what belongs to them."""
        super()._forget_stamps()
        for model in self._lines:
            names = ["x_is_visible", "x_is_changeable"]
            self.env[model].invalidate_model(names, flush=False)

    def _stamp_fields(self):
        names = ["x_is_visible", "x_is_changeable", "x_is_deletable", "x_is_governed"]
        return super()._stamp_fields() + names

    # Pages and totals

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, **options):
        """Search; what is governed alone by the parts of the rule that indexes serve.

        Lists that ask for `x_is_governed` ask for nothing that is open. Their pages and
        totals are taken from the parts of the rule one at a time, since no index serves
        a condition with OR in order. Who is no member, or reads on deep in a list, is
        answered by the rule as it stands.
        """
        # A part was meant for one search, not for those that its domain makes.
        self = self.with_context(**{_PART: None}) if self._has_part() else self
        member = self._bound_member() if self._asks_rules(options) else None
        rest = self._rest_of_governed(domain) if member and member.scopes else None
        if rest is None:
            return super()._search(domain, offset, limit, order, **options)
        self = with_member(self, member)
        if not limit or limit is True or (offset or 0) >= _DEEPEST:
            system = self._for_part(self._domain_seen(member))
            return super(OvGovernedMixin, system)._search(
                rest, offset, limit, order, **options
            )
        union = self._union_of_parts(
            member, rest, (offset or 0) + limit, order, options
        )
        if not order:
            # So Odoo counts: nothing but the ids is asked for.
            query = Query(self.env, self._table, SQL("(%s)", union))
            query.limit, query.offset = limit, offset
            return query
        passed = self._for_part(TRUE).with_context(active_test=False)
        return super(OvGovernedMixin, passed)._search(
            ids_from(union), offset, limit, order, **options
        )

    def _union_of_parts(self, member, domain, limit, order, options):
        """Return the query of the first records of every part of the rule."""
        queries = (
            super(OvGovernedMixin, self._for_part(part))
            ._search(domain, 0, limit, order, **options)
            .select()
            for part in self._parts(member)
        )
        return SQL(" UNION ALL ").join(SQL("(%s)", query) for query in queries)

    def _parts(self, member):
        """Return domains that are what a member sees, and of which no two meet."""
        parts = [part for scope in member.scopes for part in _stamped(scope)]
        second = self._domain_second(member.scopes)
        return [*parts, every([second, none_of(some(parts))])]

    def _for_part(self, domain):
        return self.with_context(**{_PART: _Part(self._name, domain)})

    def _has_part(self):
        return self.env.context.get(_PART) is not None

    def _asks_rules(self, options):
        return not (self.env.su or options.get("bypass_access"))

    def _rest_of_governed(self, domain):
        """Return what else a domain says that asks for governed records alone.

        :return: domain; None when it asks for others, too
        """
        parts = conjuncts(domain)
        rest = [part for part in parts if not self._is_governed_condition(part)]
        closed = len(rest) < len(parts) or self._domain_open() == FALSE
        return every(rest) if closed else None

    def _is_governed_condition(self, domain):
        name, operator, value = condition(domain) or (None, None, None)
        return name == "x_is_governed" and asked(operator, value) == {True}
