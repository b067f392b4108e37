"""What memberships let see, as domains, as SQL and as Python."""

from dataclasses import dataclass
from typing import Any

from odoo.tools import SQL

from ..compat import FALSE, TRUE, asked

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


def apart(pairs):
    """Return stamps of one Service Account each, as they are listed in order.

    :param pairs: of `stamps`
    """
    return [([account], actor) for accounts, actor in pairs for account in accounts]


def stamped(scopes):
    """Return a domain for each of the stamps that memberships let see."""
    domains = []
    for accounts, actor in stamps(scopes):
        domain = [("x_sa_id", "in", accounts)]
        if actor is not ANYBODY:
            domain.append(("x_actor_id", "=", actor or False))
        domains.append(domain)
    return domains


def stamped_sql(pairs, model):
    """Return a condition of a model's table for each of some stamps, ready to be run.

    :param pairs: of `stamps`
    :param model: of governed records
    """
    columns = (
        SQL.identifier(model._table, name, to_flush=model._fields[name])
        for name in ("x_sa_id", "x_actor_id")
    )
    return _conditions(pairs, *columns)


def entries(scopes):
    """Return conditions of the ledger's rows that memberships let see, no two meet."""
    return _conditions(stamps(scopes), SQL("account_id"), SQL("actor_id"))


def _conditions(pairs, account, actor):
    """Return the stamps as conditions of two columns, each in brackets."""
    conditions = []
    for accounts, actor_id in pairs:
        if len(accounts) == 1:
            # So an index has the rows in the order of lists.
            condition = SQL("%s = %s", account, *accounts)
        else:
            condition = SQL("%s = ANY(%s)", account, accounts)
        if actor_id is None:
            condition = SQL("%s AND %s IS NULL", condition, actor)
        elif actor_id is not ANYBODY:
            condition = SQL("%s AND %s = %s", condition, actor, actor_id)
        conditions.append(SQL("(%s)", condition))
    return conditions


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
