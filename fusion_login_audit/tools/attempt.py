"""What is known of a login while it is being decided.

`authenticate` and its kin open an :class:`Attempt`; the methods that they call fill it
in; at the end one row is written from it. The attempt is found through a context
variable, so that nothing has to be handed through methods of Odoo's.
"""

import re
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from .client import Client, current_client

# Of `auth_info["auth_method"]` and of `credential["type"]`.
METHODS = {
    "password": "password",
    "apikey": "apikey",
    "totp": "totp",
    "totp_mail": "totp",
    "passkey": "passkey",
    "webauthn": "passkey",
    "oauth": "oauth",
    "oauth_token": "oauth",
    "ldap": "ldap",
}
_REASONS = {
    "password": "bad_password",
    "apikey": "bad_api_key",
    "totp": "2fa_failed",
}
# `binascii.hexlify` of 20 random bytes: what Odoo generates as an API key.
_API_KEY = re.compile(r"[0-9a-f]{40}")

_current = ContextVar("fusion_login_audit_attempt", default=None)


@dataclass
class Attempt:
    """One login that is being decided; it never holds a password, a key or a code.

    :param login: what was typed, not yet neutralised
    :param interface: `web`, `rpc`, `bearer`, `api` or `internal`
    :param method: how the caller wants to prove who it is
    :param user_id: the user, once found
    :param reason: why it fails, once known
    :param key_like: whether the password has the form of an API key
    :param key_digest: the database's keyed hash of the API key that was checked
    :param checked: whether a credential was looked at
    :param nested: whether another login was decided inside this one
    """

    login: object
    interface: str
    method: str = "password"
    user_id: int | None = None
    reason: str | None = None
    key_like: bool = False
    key_digest: str = ""
    checked: bool = False
    nested: bool = False
    client: Client = field(default_factory=current_client)

    def note_type(self, credential):
        """Note how the caller wants to prove who it is, and nothing of the proof."""
        kind = credential.get("type")
        self.method = METHODS.get(kind, "other")
        self.key_like = kind == "password" and looks_like_key(
            credential.get("password")
        )

    def note_check(self, uid, credential):
        """Note that a credential of a known user is being checked."""
        self.checked = True
        self.user_id = uid
        self.note_type(credential)

    def note_method(self, auth_method):
        """Note the method that let the user in."""
        self.method = METHODS.get(auth_method, "other")

    def failure_reason(self):
        """Return why it failed as far as the hooks saw.

        :return: a `failure_reason`; None when no credential was looked at, and the
            login itself must tell
        """
        if self.checked and self.key_like:
            self.method = "apikey"
        if self.reason or not self.checked:
            return self.reason
        return _REASONS.get(self.method, "other")


def looks_like_key(value):
    """Tell whether a credential has the form of one of Odoo's API keys."""
    return isinstance(value, str) and bool(_API_KEY.fullmatch(value))


def current_attempt():
    """Return the :class:`Attempt` being decided in this thread, or None."""
    return _current.get()


@contextmanager
def deciding(attempt):
    """Make an attempt the current one while a block runs."""
    outer = _current.get()
    if outer:
        outer.nested = True
    token = _current.set(attempt)
    try:
        yield attempt
    finally:
        _current.reset(token)
