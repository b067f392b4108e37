"""What authentication and governance add to a request, inside Odoo."""

import statistics
import time
from types import SimpleNamespace

from odoo import SUPERUSER_ID
from odoo.api import Environment

from odoo.addons.abs_connector.api.principals import SCHEMES
from odoo.addons.abs_connector.controllers.contacts import CUSTOMERS
from odoo.addons.abs_connector.tools.member import member_of

from abs_customers.accounts import LOGIN

LIMIT_MS = 3
TRIES = 60
_EMPLOYEES = (
    "17-sa_wide",
    "1-sa_wide",
    "17-assigned_only",
    "17-assigned_plus_unassigned",
)


def measure(env):
    """Yield for some members the milliseconds of a request that governance costs.

    A page is read by the API's user for the member, and by an internal user, who is
    bound by core's own rules alone, with what the stamps say; the difference, and the
    finding out who calls, are what it costs.
    """
    user = env["res.users"].search([("login", "=", LOGIN)])
    for name in _EMPLOYEES:
        employee = env["abs.employee"].search([("name", "=", name)])
        token = env["abs.session"]._open(employee)["access_token"]
        env.cr.commit()
        tries = [_try(env.registry, token, user.id) for _number in range(TRIES)]
        known, governed, plain = map(statistics.median, zip(*tries, strict=True))
        yield {"name": f"{name}: who calls", "value": known, "unit": "ms"}
        yield {
            "name": f"{name}: page and total, rules, beside none",
            "value": governed,
            "unit": "ms",
            "baseline": plain,
        }
        yield {
            "name": f"{name}: both together",
            "value": known + governed - plain,
            "unit": "ms",
            "limit": LIMIT_MS,
        }


def _try(registry, token, user_id):
    """Return milliseconds of: finding out who calls, a page with rules, one without.

    Each page has a transaction of its own, as a request has; the one with rules has
    that of finding out who calls.
    """
    with registry.cursor() as cr:
        env = Environment(cr, SUPERUSER_ID, {})
        call = SimpleNamespace(env=env, header=lambda _name: "")
        started = time.perf_counter()
        principal = SCHEMES["employee"].hook(call, token)
        known = time.perf_counter() - started
        member = Environment(cr, principal.uid, dict(principal.context))
        governed = _page(member, [("x_is_governed", "=", True)])
    with registry.cursor() as cr:
        user = Environment(cr, user_id, {})
        plain = _page(user, _stamped(member_of(member).scopes[0]))
    return 1000 * known, governed, plain


def _page(env, domain):
    query = CUSTOMERS.query(limit=20)
    started = time.perf_counter()
    CUSTOMERS.page(env, query, domain)
    return 1000 * (time.perf_counter() - started)


def _stamped(scope):
    held = ("x_sa_id", "=", scope.account_id)
    mine = ("x_actor_id", "=", scope.person_id)
    return {
        "sa_wide": [held],
        "assigned_only": [held, mine],
        "assigned_plus_unassigned": [held, "|", mine, ("x_actor_id", "=", False)],
    }[scope.policy]
