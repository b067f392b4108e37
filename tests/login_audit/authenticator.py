"""A passkey in software: what a phone or a security key does with WebAuthn."""

import base64
import hashlib
import json
import secrets
from urllib.parse import urlsplit

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

_USER_PRESENT_AND_VERIFIED = 0x05
# RFC 9053: EC2, ES256, P-256.
_COSE_OF_KEY_TYPE = {1: 2, 3: -7, -1: 1}


class Passkey:
    """One key pair for one site.

    :param origin: the site, such as ``http://127.0.0.1:8069``
    """

    def __init__(self, origin: str):
        self._origin = origin
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._uses = 0
        self.identifier = encoded(secrets.token_bytes(16))

    @property
    def public_key(self) -> str:
        """The public key, as the site stores it."""
        numbers = self._key.public_key().public_numbers()
        point = {-2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        return base64.urlsafe_b64encode(
            cbor2.dumps({**_COSE_OF_KEY_TYPE, **point})
        ).decode()

    def answer(self, challenge: str) -> str:
        """Return the signed answer to a site's challenge."""
        self._uses += 1
        client = {
            "type": "webauthn.get",
            "challenge": challenge,
            "origin": self._origin,
            "crossOrigin": False,
        }
        client_data = json.dumps(client).encode()
        site = hashlib.sha256(urlsplit(self._origin).hostname.encode()).digest()
        flags = bytes([_USER_PRESENT_AND_VERIFIED])
        data = site + flags + self._uses.to_bytes(4, "big")
        signed = data + hashlib.sha256(client_data).digest()
        signature = self._key.sign(signed, ec.ECDSA(hashes.SHA256()))
        response = {
            "authenticatorData": encoded(data),
            "clientDataJSON": encoded(client_data),
            "signature": encoded(signature),
        }
        answer = {"id": self.identifier, "rawId": self.identifier}
        return json.dumps({**answer, "type": "public-key", "response": response})


def encoded(data: bytes) -> str:
    """Return bytes in the URL-safe base 64 of WebAuthn, unpadded."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
