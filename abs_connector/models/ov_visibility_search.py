"""Pages and totals of governed records, from what indexes serve in order."""

from odoo import api, models
from odoo.tools import SQL, Query

from odoo.addons.base_json_api.api import REST, Rest

from ..compat import (
    TRUE,
    asked,
    condition,
    conjuncts,
    every,
    ids_from,
    none_of,
    some,
)
from ..tools.member import with_member
from ..tools.visibility import PART, Part, stamped

#: From here on a page is cheaper by the rule alone.
_DEEPEST = 2_000


class OvGovernedMixin(models.AbstractModel):
    _inherit = "ov.governed.mixin"

    #: Columns that core's own rules and filters ask for with every list.
    _listed_with = ("company_id",)

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

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, **options):
        """Search; what is governed alone by the parts of the rule that indexes serve.

        Lists that ask for `x_is_governed` ask for nothing that is open. Their pages and
        totals are taken from the parts of the rule one at a time, since no index serves
        a condition with OR in order. Who is no member, or reads on deep in a list, is
        answered by the rule as it stands.
        """
        # A part was meant for one search, not for those that its domain makes.
        self = self.with_context(**{PART: None}) if self._has_part() else self
        member = self._bound_member() if self._asks_rules(options) else None
        rest = self._rest_of_governed(domain) if member and member.scopes else None
        if rest is None:
            return super()._search(domain, offset, limit, order, **options)
        self, offset = with_member(self, member), offset or 0
        if not limit or limit is True or offset >= _DEEPEST:
            seen = self._domain_seen(member)
            return self._search_part(seen, rest, offset, limit, order, **options)
        firsts = SQL(" UNION ALL ").join(
            SQL("(%s)", self._behind_cursor(query).select())
            for query in (
                self._search_part(part, rest, 0, offset + limit, order, **options)
                for part in self._parts(member)
            )
        )
        return self._page(firsts, offset, limit, order, options)

    def _behind_cursor(self, query):
        """Return a part's query of what is behind the cursor of the list."""
        rest = self.env.context.get(REST)
        if isinstance(rest, Rest) and rest.model == self._name:
            rest.narrow(query)
        return query

    def _search_part(self, part, *args, **options):
        """Search by one part of the rule, in place of the rule.

        :param part: domain of records that the member sees
        """
        model = self.with_context(**{PART: Part(self._name, part)})
        # Core's search, not this model's own, which would take it apart again.
        # pylint: disable-next=super-method-mismatch
        return super(OvGovernedMixin, model)._search(*args, **options)

    def _page(self, firsts, offset, limit, order, options):
        """Return the page of what the parts begin with.

        :param SQL firsts: query of the first records of each part
        """
        if order:
            model = self.with_context(active_test=False)
            found = ids_from(firsts)
            return model._search_part(TRUE, found, offset, limit, order, **options)
        # So Odoo counts: nothing but the ids is asked for.
        query = Query(self.env, self._table, SQL("(%s)", firsts))
        query.limit, query.offset = limit, offset
        return query

    def _parts(self, member):
        """Return domains that are what a member sees, and of which no two meet."""
        parts = [part for scope in member.scopes for part in stamped(scope)]
        second = self._domain_second(member.scopes)
        return [*parts, every([second, none_of(some(parts))])]

    def _has_part(self):
        return self.env.context.get(PART) is not None

    def _asks_rules(self, options):
        return not (self.env.su or options.get("bypass_access"))

    def _rest_of_governed(self, domain):
        """Return what else a domain says that asks for governed records alone.

        :return: domain; None when it asks for others, too
        """
        parts = conjuncts(domain)
        rest = [part for part in parts if not self._is_governed_condition(part)]
        closed = len(rest) < len(parts) or not self._has_open
        return every(rest) if closed else None

    def _is_governed_condition(self, domain):
        name, operator, value = condition(domain) or (None, None, None)
        return name == "x_is_governed" and asked(operator, value) == {True}
