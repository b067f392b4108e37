"""The pass that lets our own code through our own locks.

It travels in the context as an object, compared by its class. A client's context is
JSON and can hold no such object, so no caller from outside can forge one. `env.su` is no
pass: crons, providers and other addons run as superuser too.
"""

KEY = "payment_grant"

POST = "post"
RESET = "reset"
EDIT = "edit"
CANCEL = "cancel"
DELETE = "delete"
DECIDE = "decide"
ENTRY = "entry"


class Grant:
    """Leave to do one thing to some payments, for the calls inside one `with_grant`.

    :param str action: one of the constants of this module
    :param payments: `account.payment` records
    """

    __slots__ = ("_action", "_ids")

    def __init__(self, action, payments):
        self._action = action
        self._ids = frozenset(payments.ids)

    def covers(self, action, payment_id):
        """Tell whether it is leave for an action on a payment."""
        return action == self._action and payment_id in self._ids


def with_grant(records, action, payments):
    """Return records that may do an action to payments.

    :param records: what the call is made on: payments, entries or lines
    :param str action: one of the constants of this module
    :param payments: the `account.payment` records that it is about
    """
    return records.with_context(**{KEY: Grant(action, payments)})


def is_granted(env, action, payment):
    """Tell whether the environment brings leave for an action on one payment."""
    grant = env.context.get(KEY)
    return isinstance(grant, Grant) and grant.covers(action, payment.id)
