"""The accounts of the benchmarks, made inside Odoo before the database is copied."""

import secrets

from passlib.context import CryptContext

from login_audit.accounts import BAD, CALLER, GOOD, PASSWORD

# Of `res.users.apikeys`: a key is found by its first digits, and hashed.
_INDEX_DIGITS = 8
_CONTEXT = CryptContext(["pbkdf2_sha512"], pbkdf2_sha512__rounds=6000)


def hire(env):
    """Make the accounts, and an API key for the one that calls.

    Odoo's cooldown is off, because refused logins are measured too.
    """
    users = env["res.users"].with_context(no_reset_password=True, tracking_disable=True)
    made = users.create(
        [
            {"name": login, "login": login, "email": login, "password": PASSWORD}
            for login in (GOOD, BAD, CALLER)
        ]
    )
    for name, value in (
        ("base.login_cooldown_after", "0"),
        ("web.json.enabled", "True"),
    ):
        env["ir.config_parameter"].set_param(name, value)
    key = _give_key(env, made[2])
    env.cr.commit()
    yield {"name": "account", "value": made[2].id, "unit": "", "key": key}


def _give_key(env, user):
    key = secrets.token_hex(20)
    env.cr.execute(
        "INSERT INTO res_users_apikeys (name, user_id, key, index)"
        " VALUES ('bench', %s, %s, %s)",
        [user.id, _CONTEXT.hash(key), key[:_INDEX_DIGITS]],
    )
    return key
