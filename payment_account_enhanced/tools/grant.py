"""The pass that lets our own code through our own locks.

It travels in the context as an object, compared by its class. A client's context is
JSON and can hold no such object, so no caller from outside can forge one. `env.su` is
no pass: crons, providers and other addons run as superuser too.

Passes add up: a step that calls another one keeps what it was given.
"""

KEY = "payment_grants"

#: Post a payment, with its entry.
POST = "post"
#: Take a posted payment out of the books.
RESET = "reset"
#: Change a posted payment, with its entry.
EDIT = "edit"
#: Cancel a payment: an entry that was posted once is kept, cancelled.
CANCEL = "cancel"
#: Delete a posted entry together with what it belongs to.
DELETE = "delete"
#: Write what the steps of the workflow decide.
DECIDE = "decide"
#: Make the entry of a payment that is not approved.
ENTRY = "entry"
#: Bring the entry of an unposted payment in line with it.
SYNC = "sync"
#: Adjust the entries of payments that the register wizard has just made.
REGISTER = "register"


class Grant:
    """Leave to do one thing to some records, for the calls inside one `with_grant`.

    :param str action: one of the constants of this module
    :param records: payments or entries
    :param dict notes: why, by id
    """

    __slots__ = ("_ids", "_model", "_notes", "action")

    def __init__(self, action, records, notes=None):
        self.action = action
        self._model = records._name
        self._ids = frozenset(records.ids)
        self._notes = notes or {}

    def covers(self, action, record):
        """Tell whether it is leave for an action on a record."""
        return (
            action == self.action
            and record._name == self._model
            and record.id in self._ids
        )

    def note(self, record):
        """Return why it was given, "" where nobody said."""
        return self._notes.get(record.id, "")


class _Held(tuple):
    """The grants of an environment."""

    __slots__ = ()


def with_grant(records, action, granted, notes=None):
    """Return records that may do an action to others, and what they might before.

    :param records: what the call is made on: payments, entries or lines
    :param str action: one of the constants of this module
    :param granted: the payments or entries that it is about
    :param dict notes: why, by id
    """
    held = _held(records.env)
    if all(any(one.covers(action, record) for one in held) for record in granted):
        # Every context is an environment, and Odoo searches all of them for each new
        # one: in a batch they would outweigh the rest.
        return records
    return records.with_context(**{KEY: _Held((*held, Grant(action, granted, notes)))})


def hand_back(records, env):
    """Return records with no more leave than an environment brings.

    What a step with leave returns must not carry it on.
    """
    return records.with_context(**{KEY: _held(env)})


def is_granted(env, action, record):
    """Tell whether the environment brings leave for an action on one record."""
    return any(one.covers(action, record) for one in _held(env))


def is_any_granted(env, actions, record):
    """Tell whether the environment brings leave for one of some actions."""
    held = _held(env)
    return any(one.covers(action, record) for one in held for action in actions)


def is_held(env, action):
    """Tell whether the environment brings leave for an action, whatever the record."""
    return any(one.action == action for one in _held(env))


def note(env, action, record):
    """Return why leave for an action on one record was given, "" where nobody said."""
    return next(
        (one.note(record) for one in _held(env) if one.covers(action, record)), ""
    )


def _held(env):
    held = env.context.get(KEY)
    return held if isinstance(held, _Held) else _Held()
