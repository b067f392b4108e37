"""Where the series of Odoo spell domains differently and no respelling helps.

18.0 has lists, 19.0 has objects. What is built here is a domain of the series.
"""

import copy

from odoo.release import version_info
from odoo.tools import SQL

if version_info[0] >= 19:
    from odoo.fields import Domain

    TRUE, FALSE = Domain.TRUE, Domain.FALSE
    every, some = Domain.AND, Domain.OR

    def none_of(domain):
        """Return the domain of what another one does not have."""
        return ~Domain(domain)

    def ids_from(query):
        """Return the domain of the ids of a query, which is run once.

        :param SQL query: of one column
        """
        return Domain.custom(
            to_sql=lambda _model, alias, _query: SQL(
                "%s = ANY(ARRAY(%s))", SQL.identifier(alias, "id"), query
            )
        )

    def conjuncts(domain):
        """Return the domains that all hold in a domain, as far as it shows them."""
        domain = Domain(domain)
        joined = getattr(domain, "OPERATOR", None) == "&"
        return [*domain.children] if joined else [domain]

    def condition(domain):
        """Return field, operator and value of a domain that is one condition."""
        if name := getattr(domain, "field_expr", None):
            return name, domain.operator, domain.value
        return None

else:
    from odoo.osv import expression

    TRUE, FALSE = expression.TRUE_DOMAIN, expression.FALSE_DOMAIN
    every, some = expression.AND, expression.OR

    def none_of(domain):
        """Return the domain of what another one does not have."""
        return ["!", *expression.normalize_domain(domain)]

    def ids_from(query):
        """Return the domain of the ids of a query, which is run once.

        :param SQL query: of one column
        """
        return [("id", "=", SQL("ANY(ARRAY(%s))", query))]

    def conjuncts(domain):
        """Return the domains that all hold in a domain, as far as it shows them."""
        tokens = [*expression.normalize_domain(domain)]
        parts = []
        while tokens:
            # The two parts of a conjunction follow, in whichever order.
            if tokens[0] == "&":
                tokens.pop(0)
            else:
                parts.append(_taken(tokens))
        return parts

    def _taken(tokens):
        token = tokens.pop(0)
        # A condition may be a list, as it comes from outside.
        following = {"&": 2, "|": 2, "!": 1}[token] if isinstance(token, str) else 0
        return [token, *(part for _n in range(following) for part in _taken(tokens))]

    def condition(domain):
        """Return field, operator and value of a domain that is one condition."""
        return tuple(domain[0]) if len(domain) == 1 and len(domain[0]) == 3 else None


def copied(query):
    """Return a query that can be narrowed while another stays as it is."""
    other = copy.copy(query)
    other._tables = {**query._tables}
    other._joins = {**query._joins}
    other._where_clauses = [*query._where_clauses]
    return other


def asked(operator, value):
    """Return which values of a Boolean a condition asks for.

    :return: set of bool
    """
    values = value if operator in ("in", "not in") else [value]
    wanted = {bool(one) for one in values}
    return {True, False} - wanted if operator in ("!=", "not in") else wanted
