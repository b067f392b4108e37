"""What memberships let see, as domains, as SQL and as Python."""

from dataclasses import dataclass
from typing import Any

from odoo.tools import SQL

from ..compat import FALSE, TRUE, asked

#: Context key of a `Part`.
PART = "abs_visibility_part"


@dataclass(frozen=True, eq=False)
class Part:
    """The part of the rule that a search is asked for; no caller can pass one."""

    model: str
    domain: Any


def stamped(scope):
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


def sees(scope, account_id, actor_id):
    """Tell whether a membership lets see what is held in this way."""
    if account_id != scope.account_id:
        return False
    if scope.policy == "sa_wide" or actor_id == scope.person_id:
        return True
    return scope.policy == "assigned_plus_unassigned" and not actor_id


def entries(scope):
    """Return the condition of the ledger's rows that a membership lets see."""
    account = SQL("account_id = %s", scope.account_id)
    if scope.policy == "sa_wide":
        return account
    actor = SQL("actor_id = %s", scope.person_id)
    if scope.policy == "assigned_plus_unassigned":
        actor = SQL("(%s OR actor_id IS NULL)", actor)
    return SQL("(%s AND %s)", account, actor)


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
