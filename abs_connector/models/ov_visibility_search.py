"""Pages and totals of governed records, from what indexes serve in order."""

from odoo import api, models
from odoo.tools import SQL, Query

from odoo.addons.base_json_api.api import REST, Rest

from ..compat import (
    asked,
    condition,
    conjuncts,
    copied,
    every,
    ids_from,
)
from ..tools.member import KEY
from ..tools.visibility import PART, Part, of_system, stamped_sql

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
        # The other rules, and what else is asked for: the same for each part of ours.
        model = self.with_context(**{PART: Part(self._name), KEY: member})
        # Core's search, not this model's own, which would take it apart again.
        # pylint: disable-next=super-method-mismatch
        others = super(OvGovernedMixin, model)._search(rest, order=order, **options)
        if others.is_empty():
            return others
        offset = offset or 0
        parts = self._sql_parts(member)
        if limit and limit is not True and offset < _DEEPEST:
            firsts = self._firsts(others, parts, offset + limit)
            return self._page(firsts, offset, limit, order)
        others.add_where(SQL("(%s)", SQL(" OR ").join(parts)))
        others.limit, others.offset = limit, offset
        return others

    def _sql_parts(self, member):
        """Return conditions that are what a member sees, and of which no two meet."""
        parts = [part for scope in member.scopes for part in stamped_sql(scope, self)]
        id_ = SQL.identifier(self._table, "id")
        second = SQL("%s = ANY(ARRAY(%s))", id_, self._sql_second(member.scopes))
        shown = SQL(" OR ").join(parts)
        return [*parts, SQL("(%s AND (%s) IS NOT TRUE)", second, shown)]

    def _firsts(self, others, parts, limit):
        """Return the query of the first records of each part of what a member sees.

        :param Query others: of what each part is asked for
        """
        queries = []
        for part in parts:
            query = copied(others)
            query.add_where(part)
            query.limit = limit
            queries.append(SQL("(%s)", self._behind_cursor(query).select()))
        return SQL(" UNION ALL ").join(queries)

    def _behind_cursor(self, query):
        """Return a part's query of what is behind the cursor of the list."""
        rest = self.env.context.get(REST)
        if isinstance(rest, Rest) and rest.model == self._name:
            rest.narrow(query)
        return query

    def _page(self, firsts, offset, limit, order):
        """Return the page of what the parts begin with.

        :param SQL firsts: query of the first records of each part
        """
        if order:
            # They have passed every rule.
            return of_system(self)._search(ids_from(firsts), offset, limit, order)
        # So Odoo counts: nothing but the ids is asked for.
        query = Query(self.env, self._table, SQL("(%s)", firsts))
        query.limit, query.offset = limit, offset
        return query

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
