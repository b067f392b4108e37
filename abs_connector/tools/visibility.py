"""What memberships let see, as domains, as SQL and as Python."""

from dataclasses import dataclass
from typing import Any

from odoo.tools import SQL

from ..compat import FALSE, TRUE, asked
from .columns import column

#: Context key of a `Part`.
PART = "abs_visibility_part"


@dataclass(frozen=True)
class Part:
    """Says what is visible in one search of a model; no caller can.

    :param model: its name
    :param visible: the domain; the search itself narrows it further
    """

    model: str
    visible: Any


#: Whoever acts, and nobody too.
ANYBODY = object()


def stamps(scopes):
    """Return which stamps memberships let see; an index serves each, no two meet.

    :param scopes: the memberships, each a Scope
    :return: pairs of ids of Service Accounts, and of who acts there: the id of a
        person, None for nobody, or ANYBODY
    """
    accounts = {}
    for scope in scopes:
        for actor in _actors(scope):
            accounts.setdefault(actor, []).append(scope.account_id)
    return [(of_it, actor) for actor, of_it in accounts.items()]


def _actors(scope):
    """Return for whom a membership lets see what is held."""
    return {
        "sa_wide": (ANYBODY,),
        "assigned_only": (scope.person_id,),
        "assigned_plus_unassigned": (scope.person_id, None),
    }[scope.policy]


def stamped(scopes):
    """Return a domain for each of the stamps that memberships let see."""
    domains = []
    for accounts, actor in stamps(scopes):
        domain = [("x_sa_id", "in", accounts)]
        if actor is not ANYBODY:
            domain.append(("x_actor_id", "=", actor or False))
        domains.append(domain)
    return domains


def stamped_sql(scopes, model):
    """Return conditions of a model's table for the stamps that memberships let see.

    :param model: of governed records
    :return: list of SQL; no two meet
    """
    return [
        stamp_sql(model, _one_of(accounts), actor) for accounts, actor in stamps(scopes)
    ]


def stamp_sql(model, account, actor):
    """Return the condition of a model's table for the stamps of one kind.

    :param model: of governed records
    :param SQL account: what follows the Service Account: an operator and a value
    :param actor: who acts, as in `stamps`
    """
    columns = (column(model, name) for name in ("x_sa_id", "x_actor_id"))
    return _condition(*columns, account, actor)


def entries(scopes):
    """Return conditions of the ledger's rows that memberships let see, no two meet."""
    columns = (SQL("account_id"), SQL("actor_id"))
    return [
        _condition(*columns, _one_of(accounts), actor)
        for accounts, actor in stamps(scopes)
    ]


def _one_of(accounts):
    if len(accounts) == 1:
        return SQL("= %s", *accounts)
    return SQL("= ANY(%s)", accounts)


def _condition(account_column, actor_column, account, actor):
    """Return a condition of two columns, in brackets."""
    condition = SQL("%s %s", account_column, account)
    if actor is None:
        condition = SQL("%s AND %s IS NULL", condition, actor_column)
    elif actor is not ANYBODY:
        condition = SQL("%s AND %s = %s", condition, actor_column, actor)
    return SQL("(%s)", condition)


def sees(scope, account_id, actor_id):
    """Tell whether a membership lets see what is held in this way."""
    actors = _actors(scope)
    return account_id == scope.account_id and (
        ANYBODY in actors or (actor_id or None) in actors
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
