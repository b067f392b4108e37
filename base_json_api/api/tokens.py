"""Signed tokens (JWT, RFC 7519 and 9068) whose keys can be replaced while in use."""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from odoo import _

from .problems import Unauthorized

_MIN_SECRET_BYTES = 32
_REQUIRED = ["exp", "iat", "iss", "aud", "sub", "jti"]


@dataclass(frozen=True)
class Key:
    """A key that signs tokens, and knows them again.

    :param kid: its name, which tokens carry
    :param algorithm: HS256 (one secret signs and verifies) or EdDSA (Ed25519)
    :param secret: the secret of HS256, at least 32 bytes; PEM of the key for EdDSA,
        a public one when it only verifies
    """

    kid: str
    algorithm: Literal["HS256", "EdDSA"]
    secret: str

    def __post_init__(self):
        if self.algorithm == "HS256" and len(self.secret.encode()) < _MIN_SECRET_BYTES:
            raise ValueError(f"the secret of key {self.kid} has less than 32 bytes")

    def __repr__(self) -> str:
        return f"Key(kid={self.kid!r}, algorithm={self.algorithm!r})"

    @classmethod
    def generate(cls, algorithm: Literal["HS256", "EdDSA"]) -> "Key":
        """Return a new key."""
        kid = secrets.token_hex(8)
        if algorithm == "HS256":
            return cls(kid, algorithm, secrets.token_urlsafe(48))
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return cls(kid, algorithm, pem.decode())

    def verifier(self):
        """Return what verifies a signature, as PyJWT takes it."""
        if self.algorithm == "HS256":
            return self.secret
        pem = self.secret.encode()
        if b"PRIVATE" in pem:
            return serialization.load_pem_private_key(pem, None).public_key()
        return serialization.load_pem_public_key(pem)


class Keyring:
    """The keys of an issuer: the first one signs, all of them verify.

    To replace a key, put the new one first, and take the old one away when its last
    token has expired.

    :param issuer: who issues the tokens (``iss``)
    :param leeway: seconds that clocks may differ
    """

    def __init__(self, keys: Sequence[Key], issuer: str, *, leeway: int = 30):
        if not keys:
            raise ValueError("a keyring needs a key")
        self._keys = {key.kid: key for key in keys}
        self._verifiers = {key.kid: key.verifier() for key in keys}
        self._signer = keys[0]
        self._issuer = issuer
        self._leeway = leeway

    def sign(
        self,
        subject: str,
        audience: str,
        lifetime: int,
        *,
        claims: Mapping | None = None,
        kind: str = "at+jwt",
    ) -> str:
        """Return a token.

        :param subject: whom it speaks of (``sub``)
        :param audience: for whom it is (``aud``)
        :param lifetime: seconds until it expires
        :param claims: what it says besides
        :param kind: what it is for (``typ``), so that none passes for another kind
        """
        now = int(time.time())
        standard = {
            "iss": self._issuer,
            "sub": subject,
            "aud": audience,
            "iat": now,
            "exp": now + lifetime,
            "jti": uuid4().hex,
        }
        headers = {"kid": self._signer.kid, "typ": kind}
        payload = {**(claims or {}), **standard}
        return jwt.encode(
            payload, self._signer.secret, self._signer.algorithm, headers=headers
        )

    def verify(self, token: str, audience: str, *, kind: str = "at+jwt") -> dict:
        """Return what a token claims.

        :raises Unauthorized: with the code ``token_expired`` or ``invalid_token``; it
            does not say what is wrong with one that is not ours
        """
        try:
            header = jwt.get_unverified_header(token)
            key = self._keys[header.get("kid")]
            if (header.get("typ") or "").lower() != kind:
                raise jwt.InvalidTokenError("typ")
            return jwt.decode(
                token,
                self._verifiers[key.kid],
                algorithms=[key.algorithm],
                audience=audience,
                issuer=self._issuer,
                leeway=self._leeway,
                options={"require": _REQUIRED},
            )
        except jwt.ExpiredSignatureError as error:
            raise _unauthorized("token_expired") from error
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError) as error:
            raise _unauthorized("invalid_token") from error


def _unauthorized(code: str) -> Unauthorized:
    message = (
        _("The token has expired. Get a new one.")
        if code == "token_expired"
        else _("The token is not valid.")
    )
    return Unauthorized(message, code=code, challenge='Bearer error="invalid_token"')
