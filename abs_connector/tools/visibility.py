"""What memberships let see, as domains, as SQL and as Python."""

from dataclasses import dataclass

from odoo.tools import SQL

from ..compat import FALSE, TRUE, asked

#: Context key of a `Part`.
PART = "abs_visibility_part"


@dataclass(frozen=True)
class Part:
    """Says that a search of a model narrows what is visible itself; no caller can.

    :param model: its name
    """

    model: str


#: Whoever acts, and nobody too.
ANYBODY = object()


def stamps(scope):
    """Return which stamps a membership lets see; an index serves each, no two meet.

    :param Scope scope: one membership
    :return: pairs of a Service Account's id, and of who acts: the id of a person, None
        for nobody, or ANYBODY
    """
    if scope.policy == "sa_wide":
        return [(scope.account_id, ANYBODY)]
    mine = (scope.account_id, scope.person_id)
    if scope.policy == "assigned_plus_unassigned":
        return [mine, (scope.account_id, None)]
    return [mine]


def stamped(scope):
    """Return a domain for each of the stamps that a membership lets see."""
    domains = []
    for account_id, actor_id in stamps(scope):
        domain = [("x_sa_id", "=", account_id)]
        if actor_id is not ANYBODY:
            domain.append(("x_actor_id", "=", actor_id or False))
        domains.append(domain)
    return domains


def stamped_sql(scope, model):
    """Return a condition of a model's table for each of the stamps, ready to be run.

    :param Scope scope: one membership
    :param model: of governed records
    """
    account, actor = (
        SQL.identifier(model._table, name, to_flush=model._fields[name])
        for name in ("x_sa_id", "x_actor_id")
    )
    return _conditions(scope, account, actor)


def entries(scope):
    """Return the condition of the ledger's rows that a membership lets see."""
    conditions = _conditions(scope, SQL("account_id"), SQL("actor_id"))
    return SQL("(%s)", SQL(" OR ").join(conditions))


def _conditions(scope, account, actor):
    """Return the stamps as conditions of two columns, each in brackets."""
    conditions = []
    for account_id, actor_id in stamps(scope):
        condition = SQL("%s = %s", account, account_id)
        if actor_id is None:
            condition = SQL("%s AND %s IS NULL", condition, actor)
        elif actor_id is not ANYBODY:
            condition = SQL("%s AND %s = %s", condition, actor, actor_id)
        conditions.append(SQL("(%s)", condition))
    return conditions


def sees(scope, account_id, actor_id):
    """Tell whether a membership lets see what is held in this way."""
    return any(
        account_id == account and (actor is ANYBODY or actor == (actor_id or None))
        for account, actor in stamps(scope)
    )


def of_system(model):
    """Return a model as the rules are asked: of everything that there is."""
    return model.sudo().with_context(active_test=False, **{PART: None})


def answered(model, operator, value, domain):
    """Return the domain of a condition on a Boolean that is not stored.

    :param model: whose field it is
    :param domain: of the records of which the field is true
    """
    wanted = asked(operator, value)
    if len(wanted) != 1:
        return TRUE if wanted else FALSE
    if wanted == {True}:
        return domain
    return [("id", "not in", of_system(model)._search(domain))]
