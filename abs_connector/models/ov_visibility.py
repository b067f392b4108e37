"""Who sees and who changes which governed record.

A rule of each governed model asks for a field of it. The field knows the member for
whom the request is made, which Odoo's cache of rules does not.
"""

from odoo import api, fields, models
from odoo.tools import SQL

from ..compat import FALSE, TRUE, every, ids_from, none_of, some
from ..tools.member import KEY, Member, member_of
from ..tools.visibility import PART, Part, answered, entries, of_system, sees, stamped

_API = "abs_connector.group_api"
_SA_GOVERNED = "abs_connector.group_sa_governed"
#: With which access somebody may change a record, and delete it.
CHANGES = ("assignment", "binding")
DELETES = ("binding",)


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
        if among is not None:
            record = SQL.identifier(self._record_field)
            conditions = (*conditions, SQL("%s = ANY(%s)", record, among))
        # An index finds the rows of each; for OR it would be read as a whole.
        return SQL(" UNION ALL ").join(
            self._held(*conditions, rows) for rows in entries(scopes)
        )


class OvGovernedMixin(models.AbstractModel):
    _inherit = "ov.governed.mixin"

    #: Fields that tell a governed record from others, and whose it is.
    _kind_fields = ()
    #: Models whose records belong to these.
    _lines = ()
    #: Whether there are records of no governed kind; `_domain_open` says which.
    _has_open = False

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
            new = self.sudo().filtered(
                lambda one: not one.x_sa_id and one.x_is_governed
            )
            new._assign_to(
                self.env["ov.serviced_account"].browse(scope.account_id),
                self.env["res.partner"].browse(scope.person_id if scope.acts else ()),
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
        return answered(self, operator, value, self._domain_closed())

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
        part = self.env.context.get(PART)
        if isinstance(part, Part) and part.model == self._name:
            return answered(self, operator, value, part.visible)
        visible = self._domain_visible(self._bound_member())
        return answered(self, operator, value, visible)

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
        seen = stamped(member.scopes)
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
        return ids_from(self._sql_second(scopes, among))

    def _sql_second(self, scopes, among=None):
        """Return the query of the ids of `_domain_second`."""
        unstamped = SQL("is_stamped IS NOT TRUE")
        return self.env[self._ledger]._held_by(scopes, unstamped, among=among)

    def _shown_by_stamps(self, member):
        """Return the records whose stamps let a member see them."""
        shown = self.sudo().filtered(
            lambda record: any(
                sees(scope, record.x_sa_id.id, record.x_actor_id.id)
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
        return answered(self, operator, value, changeable)

    @api.depends(lambda self: ("x_sa_id", "x_actor_id", *self._kind_fields))
    @api.depends_context("uid", KEY)
    def _compute_x_is_deletable(self):
        self._mark_with_access("x_is_deletable", DELETES)

    def _search_x_is_deletable(self, operator, value):
        deletable = self._domain_with_access(self._bound_member(), DELETES)
        return answered(self, operator, value, deletable)

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
        return {*of_system(self)._search(asked_for)}

    def _forget_stamps(self):
        """Forget what follows the ledger, of these and of what belongs to them."""
        result = super()._forget_stamps()
        for model in self._lines:
            names = ["x_is_visible", "x_is_changeable"]
            self.env[model].invalidate_model(names, flush=False)
        return result

    def _stamp_fields(self):
        names = ["x_is_visible", "x_is_changeable", "x_is_deletable", "x_is_governed"]
        return super()._stamp_fields() + names
