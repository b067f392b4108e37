"""Pages and totals of governed records, from what indexes serve in order."""

from odoo import api, models
from odoo.tools import SQL, Query

from odoo.addons.base_json_api.api import REST, WHOLE, Rest

from ..compat import (
    TRUE,
    asked,
    condition,
    conjuncts,
    copied,
    every,
)
from ..tools.member import KEY
from ..tools.visibility import PART, Part, stamp_sql, stamped_sql, stamps

#: From here on a page is cheaper by the rule alone.
_DEEPEST = 2_000


class Whole(Query):
    """The ids that several queries find, none of them twice.

    :param model: the model of the records
    :param parts: the queries
    """

    def __init__(self, model, parts):
        ids = _united(part.select() for part in parts)
        super().__init__(model.env, model._table, SQL("(%s)", ids))
        self._parts = parts

    def __len__(self):
        """Count rows; with their ids, as Odoo counts, it takes a tenth longer."""
        if self._ids is not None or self._where_clauses or self._joins:
            return super().__len__()
        rows = [_united(part.select("") for part in self._parts)]
        if self.limit:
            rows.append(SQL("LIMIT %s", self.limit))
        if self.offset:
            rows.append(SQL("OFFSET %s", self.offset))
        count = SQL("SELECT COUNT(*) FROM (%s) found", SQL(" ").join(rows))
        return self._env.execute_query(count)[0][0]


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
        rest = self._rest_of_governed(domain) if member else None
        if rest is None:
            return super()._search(domain, offset, limit, order, **options)
        # Core's search, not this model's own, which would take it apart again.
        search = super(OvGovernedMixin, self._for_part(member))._search
        if not member.scopes:
            return search(domain, offset, limit, order, **options)
        # The other rules, and what else is asked for: the same for each part of ours.
        # pylint: disable-next=super-method-mismatch
        others = search(rest, order=order, **options)
        if others.is_empty():
            return others
        offset = offset or 0
        limited = limit and limit is not True
        if limited and not order:
            # So Odoo counts.
            query = self._whole(member, others)
            query.limit, query.offset = limit, offset
            return query
        if limited and offset < _DEEPEST:
            query = self._page(member, others, offset, limit)
        else:
            parts = SQL(" OR ").join(self._sql_parts(member))
            query = _narrowed(others, SQL("(%s)", parts))
            query.limit, query.offset = limit, offset
        setattr(query, WHOLE, lambda: self._whole(member, others))
        return query

    def _for_part(self, member):
        """Return the model as it is searched for what is governed alone.

        Who is no member asks for all that it sees of it at once.
        """
        seen = TRUE if member.scopes else self._domain_seen(member)
        return self.with_context(**{PART: Part(self._name, seen), KEY: member})

    def _sql_parts(self, member):
        """Return conditions that are what a member sees, and of which no two meet."""
        parts = stamped_sql(member.scopes, self)
        second = self._among(self._sql_second(member.scopes))
        shown = SQL(" OR ").join(parts)
        return [*parts, SQL("(%s AND (%s) IS NOT TRUE)", second, shown)]

    def _among(self, ids):
        """Return the condition of the records of which a query has the ids."""
        return SQL("%s = ANY(ARRAY(%s))", SQL.identifier(self._table, "id"), ids)

    def _page(self, member, others, offset, limit):
        """Return the query of a page, among what each part begins with.

        What no stamp shows is little: no index has it in order, and all of it is
        looked at.

        :param Query others: of what else is asked for, in order
        """
        begins = [
            self._sql_begins(others, accounts, actor, offset + limit)
            for accounts, actor in stamps(member.scopes)
        ]
        among = _united([*begins, self._sql_second(member.scopes)])
        page = _narrowed(others, self._among(among))
        page.limit, page.offset = limit, offset
        return page

    def _sql_begins(self, others, accounts, actor, limit):
        """Return the query of what the list of each of some accounts begins with.

        An index has the records of one Service Account in order, not of several.
        """
        several = len(accounts) > 1
        account = SQL("= account.id") if several else SQL("= %s", *accounts)
        query = _narrowed(others, stamp_sql(self, account, actor))
        query.limit = limit
        begins = self._behind_cursor(query).select()
        if not several:
            return begins
        return SQL(
            "SELECT begins.id FROM unnest(%s) account(id)"
            " CROSS JOIN LATERAL (%s) begins",
            accounts,
            begins,
        )

    def _behind_cursor(self, query):
        """Return a part's query of what is behind the cursor of the list."""
        rest = self.env.context.get(REST)
        if isinstance(rest, Rest) and rest.model == self._name:
            rest.narrow(query)
        return query

    def _whole(self, member, others):
        """Return the query of all parts: quick to count, and in no order."""
        parts = [_narrowed(others, part) for part in self._sql_parts(member)]
        for part in parts:
            part.order = None
        return Whole(self, parts)

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


def _narrowed(query, condition):
    """Return a query with one more condition."""
    other = copied(query)
    other.add_where(condition)
    return other


def _united(queries):
    """Return the query of what one of several queries finds."""
    return SQL(" UNION ALL ").join(SQL("(%s)", query) for query in queries)
