"""The accounts of the tests, made and changed as an administrator does."""

import base64
import hashlib
import hmac
import secrets
import struct
import time
from dataclasses import dataclass
from itertools import count

from passlib.context import CryptContext

from login_audit.visitor import Visitor

PASSWORD = "Planted-right-7qZx!vT4"
WRONG_PASSWORD = "Planted-wrong-9kLm?bR2"
# Of the form of an API key, and nobody's.
WRONG_KEY = "5ec2e7" + secrets.token_hex(17)
_KEY_CONTEXT = CryptContext(["pbkdf2_sha512"], pbkdf2_sha512__rounds=6000)
_WEAK_CONTEXT = CryptContext(["pbkdf2_sha512"], pbkdf2_sha512__rounds=1)
_KEY_INDEX_LENGTH = 8
_CODE_SECONDS = 30
_numbers = count(1)


@dataclass(frozen=True)
class Person:
    """An account.

    :param uid: its number
    :param login: its login, an e-mail address
    """

    uid: int
    login: str


class Office:
    """An administrator's session, and the database where no button exists.

    :param house: the server
    :param trail: the database
    """

    def __init__(self, house, trail):
        self._trail = trail
        self._house = house
        self.keys: list[str] = []
        self._admin = Visitor(house)
        assert self._admin.open_session("admin", "admin")

    def call(self, model: str, method: str, *arguments, **options):
        """Call a method as the administrator; return its result."""
        answer = self._admin.call(model, method, *arguments, **options)
        assert "error" not in answer, answer["error"]["data"]["debug"]
        return answer["result"]

    def hire(self, **values) -> Person:
        """Make an employee with the planted password and an address of its own."""
        login = f"person{next(_numbers)}@example.com"
        vals = {"name": login, "login": login, "email": login, "password": PASSWORD}
        context = {"no_reset_password": True}
        uid = self.call("res.users", "create", {**vals, **values}, context=context)
        return Person(uid, login)

    def dismiss(self, person: Person) -> None:
        """Archive an account."""
        self.call("res.users", "write", [person.uid], {"active": False})

    def set_parameter(self, key: str, value: str) -> None:
        """Set a system parameter on the running server."""
        self.call("ir.config_parameter", "set_param", key, value)

    def add_mail_server(self, name: str, port: int, *, first: bool = False) -> int:
        """Add a server for outgoing mail; return its number."""
        values = {
            "name": name,
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
            "smtp_encryption": "none",
            "sequence": 1 if first else 10,
        }
        return self.call("ir.mail_server", "create", values)

    def run_cron(self, name: str) -> None:
        """Let the server's own cron process run a cron of the audit now."""
        self._trail.query(
            "UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'utc' - interval '1 hour'"
            " WHERE id = (SELECT res_id FROM ir_model_data"
            " WHERE module = 'fusion_login_audit' AND name = %s)",
            [name],
        )
        connection = self._house.connect("postgres")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_notify('cron_trigger', %s)", [self._house.database]
            )
        connection.close()

    def weaken_password(self, person: Person) -> None:
        """Keep the password in a form that takes no time to check."""
        self._trail.query(
            "UPDATE res_users SET password = %s WHERE id = %s",
            [_WEAK_CONTEXT.hash(PASSWORD), person.uid],
        )

    def give_key(self, person: Person, *, expired: bool = False) -> str:
        """Give a person an API key; return it."""
        key = secrets.token_hex(20)
        self.keys.append(key)
        self._trail.query(
            "INSERT INTO res_users_apikeys (name, user_id, expiration_date, key, index)"
            " VALUES ('test', %s, now() AT TIME ZONE 'utc' + %s * interval '1 day',"
            " %s, %s)",
            [
                person.uid,
                -1 if expired else 30,
                _KEY_CONTEXT.hash(key),
                key[:_KEY_INDEX_LENGTH],
            ],
        )
        return key

    def give_authenticator(self, person: Person) -> "CodeGenerator":
        """Turn an app's codes on for a person who has not logged in yet."""
        secret = base64.b32encode(secrets.token_bytes(20)).decode()
        self._trail.query(
            "UPDATE res_users SET totp_secret = %s WHERE id = %s", [secret, person.uid]
        )
        return CodeGenerator(secret)


@dataclass(frozen=True)
class CodeGenerator:
    """An authenticator app: the codes of RFC 6238.

    :param secret: the shared secret, in base 32
    """

    secret: str

    def right(self) -> str:
        """Return the code of now."""
        return self._code(int(time.time() // _CODE_SECONDS))

    def wrong(self) -> str:
        """Return a code that is none of those of now, before and after."""
        now = int(time.time() // _CODE_SECONDS)
        near = {self._code(now + step) for step in range(-3, 4)}
        return next(code for code in _CANDIDATES if code not in near)

    def _code(self, counter: int) -> str:
        key = base64.b32decode(self.secret)
        digest = hmac.new(key, struct.pack(">Q", counter), hashlib.sha1).digest()
        start = digest[-1] & 0xF
        number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
        return f"{number % 10**6:06}"


_CANDIDATES = [f"{number:06}" for number in range(314159, 314169)]
