"""What every way of logging in does around Odoo's own decision.

The signatures of Odoo's methods differ between series (`models.compat`); what happens
around them stands here once.
"""

from contextlib import contextmanager

import psycopg2

from odoo import exceptions

from . import once
from .attempt import Attempt, deciding, looks_like_key
from .client import current_client, is_rpc
from .record import Event, record

# After these Odoo runs the request again, or the server is in trouble: they say nothing
# about the caller. `ConcurrencyError` came with 19.0.
RETRIED = (
    psycopg2.Error,
    getattr(exceptions, "ConcurrencyError", psycopg2.Error),
)


def interface_of(user_agent_env):
    """Return the `interface` of a call of `authenticate`.

    :param dict user_agent_env: what Odoo says of the caller
    """
    if is_rpc():
        return "rpc"
    if current_client().is_internal:
        return "internal"
    return "web" if (user_agent_env or {}).get("interactive", True) else "rpc"


@contextmanager
def login_attempt(registry, credential, user_agent_env):
    """Record the failure of a login that is decided in the block.

    :param registry: registry of the database
    :param dict credential: what the caller gives; only its login and form are noted
    :param dict user_agent_env: what Odoo says of the caller
    :return: the :class:`Attempt`, for :func:`login_event` when the block succeeds
    """
    attempt = Attempt(credential.get("login"), interface_of(user_agent_env))
    attempt.note_type(credential)
    with deciding(attempt), recording_failure(registry, attempt):
        yield attempt


def login_event(attempt, auth_info, mfa_url):
    """Return the event of a login whose credential was right.

    :param dict auth_info: Odoo's answer
    :param callable mfa_url: returns where a second factor is given, empty without one
    """
    attempt.note_method(auth_info.get("auth_method"))
    pending = (
        attempt.interface == "web" and auth_info.get("mfa") != "skip" and mfa_url()
    )
    return event_of(
        attempt, "mfa_pending" if pending else "success", user_id=auth_info["uid"]
    )


@contextmanager
def call_attempt(registry, uid, password):
    """Record a call that brings its password or key along (`execute_kw`).

    Each refusal is recorded, a success once an hour for one user or key, address and
    User-Agent.

    :param registry: registry of the database
    :param int uid: the user that the caller claims to be
    :param str password: its password or API key
    """
    attempt = Attempt(None, "rpc" if is_rpc() else interface_of({}), user_id=uid)
    attempt.key_like = looks_like_key(password)
    with deciding(attempt), recording_failure(registry, attempt):
        yield
    known = (registry.db_name, uid, once.fingerprint(password))
    if attempt.checked:
        once.methods.put(known, (attempt.method, attempt.key_digest))
    elif remembered := once.methods.get(known):
        attempt.method, attempt.key_digest = remembered
    elif attempt.key_like:
        attempt.method = "apikey"
    record_hourly(registry, attempt, known)


@contextmanager
def key_attempt(registry, interface):
    """Record what becomes of an API key that is checked in the block.

    Nothing is recorded when no key is checked.

    :param registry: registry of the database
    :param str interface: `interface` of the row
    """
    attempt = Attempt(None, interface, method="apikey")
    with deciding(attempt):
        try:
            yield attempt
        except RETRIED:
            raise
        except Exception:
            if attempt.checked:
                # A right key may be refused: the session is another user's.
                accepted = bool(attempt.key_digest)
                attempt.reason = attempt.reason or ("other" if accepted else None)
                record(registry, event_of(attempt, "failure"))
            raise
    if attempt.checked and not attempt.reason:
        known = (registry.db_name, attempt.user_id, attempt.key_digest)
        record_hourly(registry, attempt, known)
    elif attempt.checked:
        record(registry, event_of(attempt, "failure"))


@contextmanager
def recording_failure(registry, attempt):
    """Record that the block refuses the attempt, whatever it raises to say so."""
    try:
        yield
    except RETRIED:
        # The server's trouble, not the caller's: Odoo runs the request again.
        raise
    except Exception:
        record(registry, event_of(attempt, "failure"))
        raise


def record_hourly(registry, attempt, known):
    """Record a success unless this worker remembers it from the same hour.

    :param tuple known: what tells callers apart in this process
    """
    client = attempt.client
    memory = (*known, client.ip, client.agent, once.hour())
    if once.recorded.get(memory):
        return
    hourly = (attempt.interface, attempt.user_id, attempt.key_digest)
    event = event_of(attempt, "success", hourly=(*hourly, client.ip, client.agent))
    if record(registry, event):
        once.recorded.put(memory)


def event_of(attempt, result, user_id=None, hourly=()):
    """Return the event that an attempt ended in."""
    reason = attempt.failure_reason() if result == "failure" else None
    return Event(
        result,
        attempt.login,
        attempt.client,
        user_id=user_id or attempt.user_id,
        reason=reason,
        method=attempt.method,
        interface=attempt.interface,
        hourly=hourly,
    )
