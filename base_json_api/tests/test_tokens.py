"""Signed tokens: only what we signed, for whom and what it is for, while it lasts."""

import base64
import json
import time
from unittest.mock import patch

import jwt

from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from ..api import Key, Keyring
from ..api.problems import Unauthorized

ISSUER = "https://erp.example.com"


@tagged("post_install", "-at_install")
class TestTokens(TransactionCase):
    def refused(self, keyring, token, code="invalid_token", audience="staff", **more):
        """Assert that a token is refused."""
        # No request, so no language.
        muted = mute_logger("odoo.tools.translate")
        with muted, self.assertRaises(Unauthorized) as caught:
            keyring.verify(token, audience, **more)
        self.assertEqual(caught.exception.code, code)
        self.assertIn("invalid_token", caught.exception.headers["WWW-Authenticate"])

    def test_token_of_either_algorithm_says_what_was_signed(self):
        for algorithm in ("HS256", "EdDSA"):
            keyring = Keyring([Key.generate(algorithm)], ISSUER)
            token = keyring.sign("7", "staff", 900, claims={"roleName": "agent"})
            claims = keyring.verify(token, "staff")
            self.assertEqual((claims["sub"], claims["roleName"]), ("7", "agent"))
            self.assertEqual(claims["exp"] - claims["iat"], 900)
            self.assertEqual(len(claims["jti"]), 32)
            header = jwt.get_unverified_header(token)
            self.assertEqual((header["typ"], header["alg"]), ("at+jwt", algorithm))

    def test_keys_are_replaced_while_in_use(self):
        old, new = Key.generate("HS256"), Key.generate("EdDSA")
        token = Keyring([old], ISSUER).sign("7", "staff", 900)
        both = Keyring([new, old], ISSUER)
        self.assertEqual(both.verify(token, "staff")["sub"], "7")
        header = jwt.get_unverified_header(both.sign("7", "staff", 900))
        self.assertEqual(header["kid"], new.kid)
        self.refused(Keyring([new], ISSUER), token)

    def test_public_key_verifies(self):
        key = Key.generate("EdDSA")
        public = key.verifier().public_bytes_raw()
        token = Keyring([key], ISSUER).sign("7", "staff", 900)
        claims = jwt.decode(
            token,
            jwt.algorithms.OKPAlgorithm.from_jwk(
                {
                    "kty": "OKP",
                    "crv": "Ed25519",
                    "x": base64.urlsafe_b64encode(public).rstrip(b"=").decode(),
                }
            ),
            algorithms=["EdDSA"],
            audience="staff",
        )
        self.assertEqual(claims["sub"], "7")

    def test_expired_tokens_are_told_apart(self):
        keyring = Keyring([Key.generate("HS256")], ISSUER, leeway=30)
        with patch.object(time, "time", return_value=time.time() - 1000):
            long_ago = keyring.sign("7", "staff", 900)
        with patch.object(time, "time", return_value=time.time() - 910):
            just_now = keyring.sign("7", "staff", 900)
        self.refused(keyring, long_ago, "token_expired")
        self.assertEqual(keyring.verify(just_now, "staff")["sub"], "7")

    def test_tokens_for_others_are_refused(self):
        key = Key.generate("HS256")
        keyring = Keyring([key], ISSUER)
        self.refused(keyring, keyring.sign("7", "customer", 900))
        self.refused(keyring, keyring.sign("7", "staff", 900, kind="reset+jwt"))
        self.refused(keyring, Keyring([key], "https://other").sign("7", "staff", 900))
        token = keyring.sign("7", "staff", 900, kind="reset+jwt")
        self.assertTrue(keyring.verify(token, "staff", kind="reset+jwt"))

    def test_claims_cannot_be_overridden_by_others(self):
        keyring = Keyring([Key.generate("HS256")], ISSUER)
        token = keyring.sign("7", "staff", 900, claims={"sub": "1", "iss": "me"})
        self.assertEqual(keyring.verify(token, "staff")["sub"], "7")

    def test_forged_tokens_are_refused(self):
        key = Key.generate("HS256")
        keyring = Keyring([key], ISSUER)
        token = keyring.sign("7", "staff", 900)
        head, payload, signature = token.split(".")
        claims = jwt.decode(token, options={"verify_signature": False})
        unsigned = jwt.encode(
            claims, "", "none", headers={"kid": key.kid, "typ": "at+jwt"}
        )
        without_id = {name: claims[name] for name in claims if name != "jti"}
        headers = {"kid": key.kid, "typ": "at+jwt"}
        other = json.dumps({**claims, "sub": "1"}).encode()
        forged = base64.urlsafe_b64encode(other).rstrip(b"=").decode()
        for bad in (
            "",
            "a.b.c",
            "é.é.é",
            f"{head}.{forged}.{signature}",
            f"{head}.{payload}.",
            unsigned,
            jwt.encode(claims, "x" * 40, "HS256", headers=headers),
            jwt.encode(claims, key.secret, "HS384", headers=headers),
            jwt.encode(claims, key.secret, "HS256", headers={"kid": "other"}),
            jwt.encode(without_id, key.secret, "HS256", headers=headers),
        ):
            with self.subTest(bad=bad[:30]):
                self.refused(keyring, bad)

    def test_public_key_is_no_secret_of_hs256(self):
        key = Key.generate("EdDSA")
        keyring = Keyring([key], ISSUER)
        claims = jwt.decode(
            keyring.sign("7", "staff", 900), options={"verify_signature": False}
        )
        headers = {"kid": key.kid, "typ": "at+jwt"}
        public = key.verifier().public_bytes_raw().hex()
        self.refused(keyring, jwt.encode(claims, public, "HS256", headers=headers))

    def test_short_secrets_and_empty_keyrings_are_refused(self):
        with self.assertRaises(ValueError):
            Key("a", "HS256", "short")
        with self.assertRaises(ValueError):
            Keyring([], ISSUER)

    def test_secret_is_not_shown(self):
        key = Key.generate("HS256")
        self.assertNotIn(key.secret, repr(key))
