"""Where a list goes on: an opaque text, signed, so that nobody makes up another one."""

import base64
import binascii
import hashlib
import hmac
import json

from odoo import _
from odoo.api import Environment

from .problems import Detail, Invalid

_DIGEST_BYTES = 12


def encode(
    env: Environment, name: str, sort: str, key: str | None, last_id: int
) -> str:
    """Return the cursor behind a row.

    :param name: the list that it belongs to
    :param sort: how the list is sorted
    :param key: what the row is sorted by, as text; ``None`` when it is empty
    :param last_id: the row's id
    """
    payload = json.dumps([name, sort, key, last_id], separators=(",", ":")).encode()
    signed = _signature(env, payload) + payload
    return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()


def decode(env: Environment, name: str, sort: str, cursor: str):
    """Return key and id of the row that a cursor stands behind.

    :raises Invalid: when it is not ours, or one of another list or order
    """
    try:
        signed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError) as error:
        raise _invalid() from error
    signature, payload = signed[:_DIGEST_BYTES], signed[_DIGEST_BYTES:]
    if not hmac.compare_digest(signature, _signature(env, payload)):
        raise _invalid()
    of_list, of_sort, key, last_id = json.loads(payload)
    if (of_list, of_sort) != (name, sort):
        raise _invalid()
    return key, last_id


def _signature(env: Environment, payload: bytes) -> bytes:
    # The secret is for code, whoever calls.
    parameters = env["ir.config_parameter"].sudo()
    secret = parameters.get_param("database.secret").encode()
    message = b"base_json_api.cursor\0" + payload
    return hmac.new(secret, message, hashlib.sha256).digest()[:_DIGEST_BYTES]


def _invalid() -> Invalid:
    message = _("Take the cursor from the last answer of the same list and order.")
    return Invalid(errors=[Detail("/cursor", "invalid", message)])
