"""The one place where rows are written: on a cursor of their own, never in the way.

A request that ends in a refusal is rolled back, so its transaction cannot keep the row.
Whatever happens here (no table, a lock, no connection left) is logged with the facts of
the row, and the login goes on as if the audit were not there.
"""

import logging
from dataclasses import dataclass, replace

from psycopg2.errors import ForeignKeyViolation

from odoo import SUPERUSER_ID, api, fields
from odoo.tools import SQL

from . import once
from .agent import describe
from .client import Client
from .limits import LIMITS, NO_LIMITS, TAKEN_BACK
from .text import is_name_like, mask, neutralise

_logger = logging.getLogger("odoo.addons.fusion_login_audit")

LOGIN_LENGTH = 255
_COLUMNS = (
    "user_id",
    "user_ref",
    "attempted_login",
    "result",
    "failure_reason",
    "auth_method",
    "interface",
    "event_time",
    "ip_address",
    "geo_lookup_state",
    "user_agent_raw",
    "browser",
    "os",
    "device_type",
    "database",
    "hour_key",
)
# What else is selected of the event sees the rows before it alone.
_INSERT = f"""
    {LIMITS}
    WITH event AS (
        INSERT INTO fusion_login_audit ({", ".join(_COLUMNS)})
        VALUES ({", ".join(["%s"] * len(_COLUMNS))})
        ON CONFLICT (hour_key) WHERE hour_key IS NOT NULL DO NOTHING
        RETURNING *)
    SELECT id, user_id, attempted_login, ip_address, event_time, %s
           {TAKEN_BACK}
      FROM event
"""


@dataclass(frozen=True)
class Event:
    """One login as it ended; what is not known yet is looked up when it is written.

    :param result: `success`, `failure` or `mfa_pending`
    :param login: what was typed, or the user's login
    :param client: who was at the other end
    :param user_id: the user, None when no one was found
    :param reason: `failure_reason`; when None it follows from the login
    :param method: `auth_method`
    :param interface: `interface`
    :param hourly: what tells the callers apart of whose successes one an hour is
        recorded; empty when every event is
    """

    result: str
    login: object
    client: Client
    user_id: int | None = None
    reason: str | None = None
    method: str = "password"
    interface: str = "web"
    hourly: tuple = ()

    @property
    def identity(self):
        """What a retry of the same request would record again."""
        login = neutralise(self.login, LOGIN_LENGTH)
        return (self.result, login, self.user_id, self.reason, self.method)


def record(registry, event):
    """Write the row of an event and look whether it calls for an alert.

    A request that Odoo runs again after a serialization failure, or in which it logs
    the same user in twice (signing up), gets one row.

    :param registry: registry of the database that was logged into
    :param Event event: what happened
    :return: whether the row is there; never raises
    """
    seen = event.client.seen
    if seen is not None and event.identity in seen:
        return True
    if not _write(registry, event):
        return False
    if seen is not None:
        seen.add(event.identity)
    return True


def insert(cr, event, *, linked=True, look=None):
    """Insert the row of an event with a cursor, within limits on how long it may take.

    :param cr: cursor of the database that was logged into
    :param Event event: what happened
    :param bool linked: whether `user_id` refers to the user; `user_ref` always says who
    :param SQL look: columns to read along, each with a comma behind it; `event` is the
        row
    :return: dict of the row; empty when the hour has a row of this caller already
    """
    hour_key = _hour_key(cr, event)
    if hour_key and _is_there(cr, hour_key):
        return {}
    row = {**_row(cr, _identified(cr, event)), "hour_key": hour_key}
    if not linked:
        row["user_id"] = None
    values = [row[name] for name in _COLUMNS]
    cr.execute(SQL(_INSERT, *values, look or SQL()), log_exceptions=False)
    return cr.dictfetchone() or {}


def _hour_key(cr, event):
    """Return the key of the event's caller and hour, None when every event counts."""
    if not event.hourly:
        return None
    return once.hour_key(database_secret(cr), *event.hourly)


def _is_there(cr, hour_key):
    """Tell whether the hour has a row of this caller, without waiting for anybody.

    The insert would: for whoever is changing that row, such as the look-up of places.
    """
    query = "SELECT 1 FROM fusion_login_audit WHERE hour_key = %s"
    return bool(_ask(cr, query, hour_key))


def _ask(cr, query, *values):
    """Return the first row of a query that brings its limits, None without a row."""
    cr.execute(SQL("%s %s", SQL(LIMITS), SQL(query, *values)))
    return cr.fetchone()


def database_secret(cr):
    """Return the key of this database's hashes."""
    query = "SELECT value FROM ir_config_parameter WHERE key = 'database.secret'"
    found = _ask(cr, query)
    return f"fusion_login_audit:{found[0] if found else cr.dbname}"


def _write(registry, event):
    """Insert the row and look for alerts; return whether the row is there."""
    try:
        try:
            _write_apart(registry, event)
        except ForeignKeyViolation:
            # The user is being deleted, or was made in a transaction that is not over.
            _write_apart(registry, event, linked=False)
    except Exception as error:
        _logger.error(
            "fusion_login_audit: a login was not recorded: result %s, reason %s, "
            "method %s, interface %s, login %s, user %s, from %s: %s",
            event.result,
            event.reason,
            event.method,
            event.interface,
            _login_for_log(event),
            event.user_id,
            event.client.ip,
            _brief(error),
        )
        return False
    return True


def _write_apart(registry, event, *, linked=True):
    """Write on a cursor of its own: the row in one transaction, its alerts in the next.

    A failure is looked at in the second, which sees those of others beside it.
    """
    with registry.cursor() as cr:
        alerts = api.Environment(cr, SUPERUSER_ID, {})["fusion.login.alert"]
        row = _insert_looking(alerts, event, linked)
        if not row:
            cr.execute(NO_LIMITS)
        cr.commit()  # pylint: disable=invalid-commit
        if row:
            _raise_alerts(alerts, row, event)


def _insert_looking(alerts, event, linked):
    """Insert the row, and read along what came before it, as far as alerts ask.

    :return: as `insert` does
    """
    cr = alerts.env.cr
    try:
        look = alerts._fc_look_back(event.result, event.user_id)
        if look:
            return insert(cr, event, linked=linked, look=look)
    except ForeignKeyViolation:
        raise
    except Exception as error:
        _logger.error(
            "fusion_login_audit: alerts could not look at a login: %s", _brief(error)
        )
        cr.rollback()
    return insert(cr, event, linked=linked)


def _raise_alerts(alerts, row, event):
    """Raise the alerts of a row that is committed; their trouble is only logged."""
    try:
        if event.result == "failure":
            alerts._fc_evaluate(row["id"], event.result)
        else:
            alerts._fc_raise_found(row)
        alerts.env.flush_all()
    except Exception:
        _logger.exception(
            "fusion_login_audit: no alert could be raised for %s", row["id"]
        )
        alerts.env.cr.rollback()


def _brief(error):
    return neutralise(str(error).strip() or type(error).__name__, 300)


def _identified(cr, event):
    """Return the event with its user and reason, its login fit to be stored."""
    login = neutralise(event.login, LOGIN_LENGTH)
    user_id, reason = event.user_id, event.reason
    if not user_id or not login or (event.result == "failure" and not reason):
        user_id, active, found = _find_user(cr, user_id, login)
        login = login or neutralise(found, LOGIN_LENGTH)
        user_id = user_id or event.user_id
        if event.result == "failure" and not reason:
            reason = _reason_of(found, active)
    if user_id is None and event.interface != "api":
        login = _without_secret(cr, login)
    login = login or (f"#{user_id}" if user_id else f"({event.method})")
    return replace(event, login=login, user_id=user_id, reason=reason)


def _find_user(cr, user_id, login):
    """Return id, state and login of a user, archived ones after the others.

    :param user_id: its number, when that is known
    :param str login: its login otherwise
    """
    column, value = ("id", user_id) if user_id else ("login", login)
    found = _ask(
        cr,
        "SELECT id, active, login FROM res_users WHERE %s = %s"
        " ORDER BY active DESC, id LIMIT 1",
        SQL.identifier(column),
        value,
    )
    return found or (None, False, None)


def _reason_of(found, active):
    """Return why a login was refused whose credential nobody looked at."""
    if not found:
        return "unknown_user"
    return "other" if active else "disabled_user"


def _without_secret(cr, login):
    query = "SELECT value FROM ir_config_parameter WHERE key = %s"
    found = _ask(cr, query, "fusion_login_audit.known_login_pattern")
    pattern = found[0] if found else ""
    if is_name_like(login, pattern):
        return login
    return mask(login, database_secret(cr))


def _login_for_log(event):
    """Return the login for the server's log, when the database may not answer."""
    login = neutralise(event.login, LOGIN_LENGTH)
    if event.user_id or event.interface == "api" or is_name_like(login):
        return login
    return mask(login, once.PROCESS_KEY)


def _row(cr, event):
    client = event.client
    agent = describe("" if client.is_internal else client.agent)
    return {
        "user_id": event.user_id,
        "user_ref": event.user_id,
        "attempted_login": event.login,
        "result": event.result,
        "failure_reason": event.reason,
        "auth_method": event.method,
        "interface": event.interface,
        "event_time": fields.Datetime.now(),
        "ip_address": client.ip,
        "geo_lookup_state": "internal" if client.is_internal else "pending",
        "user_agent_raw": client.agent,
        "browser": agent.browser,
        "os": agent.os,
        "device_type": agent.device_type,
        "database": cr.dbname,
    }
