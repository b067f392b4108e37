"""Ways to answer which orders a member sees, each as SQL and with its own indexes.

A member is a list of memberships `(account, policy, actor)`, or None for an admin. Each
query has `company_id IN (1)` besides, as core's own rule of companies adds it.
"""

LEDGER = "ov_sa_sale_order_assignment"
_ORDER = " ORDER BY sale_order.date_order DESC, sale_order.id DESC"


def held(member, account, actor):
    """Return the condition of a member's memberships.

    :param str account: the column with the Service Account
    :param str actor: the column with the acting person
    """
    terms = []
    for number, policy, person in member:
        term = f"{account} = {number}"
        if policy == "assigned_only":
            term += f" AND {actor} = {person}"
        elif policy == "assigned_plus_unassigned":
            term += f" AND ({actor} = {person} OR {actor} IS NULL)"
        terms.append(f"({term})")
    return f"({' OR '.join(terms)})"


class Ledger:
    """A rule that asks the ledger alone, by a sub-query."""

    indexes = (f"{LEDGER} (account_id, actor_id, order_id) WHERE state = 'active'",)

    def setup(self, cr):
        """Create the indexes."""
        for number, definition in enumerate(self.indexes):
            cr.execute(f"CREATE INDEX bench_{number} ON {definition}")

    def clean(self, cr):
        """Drop the indexes."""
        for number in range(len(self.indexes)):
            cr.execute(f"DROP INDEX bench_{number}")

    def rule(self, member):
        """Return the condition that the rule adds."""
        condition = held(member, "l.account_id", "l.actor_id")
        return (
            f"sale_order.id IN (SELECT l.order_id FROM {LEDGER} l"
            f" WHERE l.state = 'active' AND {condition})"
        )

    def page(self, member, domain="TRUE", offset=0, limit=20):
        """Return the query for a page in the order of the list."""
        return (
            f"SELECT sale_order.id FROM sale_order WHERE {self._where(member, domain)}"
            f"{_ORDER} LIMIT {limit} OFFSET {offset}"
        )

    def count(self, member, domain="TRUE"):
        """Return the query for the number of orders, at most 10,001."""
        return (
            "SELECT COUNT(*) FROM (SELECT FROM sale_order"
            f" WHERE {self._where(member, domain)} LIMIT 10001) t"
        )

    def one(self, member, order):
        """Return the query whether an order is seen."""
        where = self._where(member, f"sale_order.id IN ({order})")
        return f"SELECT sale_order.id FROM sale_order WHERE {where}"

    def _where(self, member, domain):
        rule = f" AND {self.rule(member)}" if member else ""
        return f"{domain} AND sale_order.company_id IN (1){rule}"


class Branches(Ledger):
    """A rule over the stamps; pages and totals from branches, each with its index."""

    indexes = (
        "sale_order (x_sa_id, x_actor_id, date_order DESC, id DESC)"
        " INCLUDE (company_id)",
        "sale_order (x_sa_id, date_order DESC, id DESC) INCLUDE (company_id)",
        "sale_order (x_sa_id, date_order DESC, id DESC) INCLUDE (company_id)"
        " WHERE x_actor_id IS NULL",
        f"{LEDGER} (account_id, actor_id, order_id)"
        " WHERE state = 'active' AND NOT is_stamped",
    )

    def rule(self, member):
        """Return the condition that the rule adds."""
        return f"({self._stamps(member)} OR {self._shared(member)})"

    def page(self, member, domain="TRUE", offset=0, limit=20):
        """Return the query for a page in the order of the list."""
        if not member:
            return super().page(member, domain, offset, limit)
        union = self._union(member, domain, offset + limit, _ORDER)
        return (
            f"SELECT sale_order.id FROM sale_order WHERE sale_order.id IN ({union})"
            f"{_ORDER} LIMIT {limit} OFFSET {offset}"
        )

    def count(self, member, domain="TRUE"):
        """Return the query for the number of orders, at most 10,001."""
        if not member:
            return super().count(member, domain)
        union = self._union(member, domain, 10001, "")
        return f"SELECT COUNT(*) FROM (SELECT FROM ({union}) u LIMIT 10001) t"

    def _union(self, member, domain, limit, order):
        return " UNION ALL ".join(
            "(SELECT sale_order.id FROM sale_order"
            f" WHERE {domain} AND sale_order.company_id IN (1) AND {branch}"
            f"{order} LIMIT {limit})"
            for branch in self._branches(member)
        )

    def _branches(self, member):
        """Yield conditions that exclude each other and are the rule together."""
        for account, policy, actor in member:
            term = f"sale_order.x_sa_id = {account}"
            if policy == "sa_wide":
                yield term
                continue
            yield f"{term} AND sale_order.x_actor_id = {actor}"
            if policy == "assigned_plus_unassigned":
                yield f"{term} AND sale_order.x_actor_id IS NULL"
        yield f"{self._shared(member)} AND {self._stamps(member)} IS NOT TRUE"

    def _stamps(self, member):
        return held(member, "sale_order.x_sa_id", "sale_order.x_actor_id")

    def _shared(self, member):
        return (
            f"sale_order.id = ANY(ARRAY(SELECT l.order_id FROM {LEDGER} l"
            " WHERE l.state = 'active' AND NOT l.is_stamped"
            f" AND {held(member, 'l.account_id', 'l.actor_id')}))"
        )
