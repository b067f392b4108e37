"""The accounts of the benchmarks, made inside Odoo before the database is copied."""

import secrets

from passlib.context import CryptContext

from odoo.addons.base.models.res_users import MIN_ROUNDS

from login_audit.accounts import CALLER, PASSWORD, PEOPLE

# Of `res.users.apikeys`: a key is found by its first digits, and hashed.
_INDEX_DIGITS = 8
_KEY_ROUNDS = 6000


def hire(env):
    """Make the accounts, and an API key for the one that calls.

    Odoo's cooldown is off, because refused logins are measured too. The result carries
    the key, and the password as servers of both kinds hash it.
    """
    users = env["res.users"].with_context(no_reset_password=True, tracking_disable=True)
    made = users.create(
        [{"name": login, "login": login, "email": login} for login in (CALLER, *PEOPLE)]
    )
    for name, value in (
        ("base.login_cooldown_after", "0"),
        ("web.json.enabled", "True"),
    ):
        env["ir.config_parameter"].set_param(name, value)
    key = _give_key(env, made[0])
    env.cr.commit()
    yield {
        "name": "account that calls",
        "value": made[0].id,
        "unit": "",
        "key": key,
        "real": _hash(PASSWORD, MIN_ROUNDS),
        "cheap": _hash(PASSWORD, 1),
    }


def _give_key(env, user):
    key = secrets.token_hex(20)
    env.cr.execute(
        "INSERT INTO res_users_apikeys (name, user_id, key, index)"
        " VALUES ('bench', %s, %s, %s)",
        [user.id, _hash(key, _KEY_ROUNDS), key[:_INDEX_DIGITS]],
    )
    return key


def _hash(secret, rounds):
    return CryptContext(["pbkdf2_sha512"], pbkdf2_sha512__rounds=rounds).hash(secret)
