"""Logins without a password of Odoo's: an OAuth provider, a passkey."""

import json
import secrets

import pytest

from login_audit.authenticator import Passkey
from login_audit.outside import Provider
from login_audit.visitor import is_inside


@pytest.fixture(scope="module")
def provider():
    """A provider that is up."""
    running = Provider()
    yield running
    running.close()


@pytest.fixture(scope="module")
def provider_id(office, provider) -> int:
    """The provider, as the database knows it."""
    values = {
        "name": "Provider",
        "auth_endpoint": provider.address,
        "validation_endpoint": provider.address,
        "scope": "email",
        "client_id": "test",
        "body": "Log in",
        "enabled": True,
    }
    return office.call("auth.oauth.provider", "create", values)


@pytest.fixture
def come_back(house, visitor, provider_id):
    """Come back from the provider with an access token, as its redirect does."""

    def come_back(token: str):
        state = {"d": house.database, "p": provider_id, "r": "web"}
        parameters = {"access_token": token, "state": json.dumps(state)}
        return visitor.get("/auth_oauth/signin", params=parameters)

    return come_back


@pytest.fixture
def passkey(house, trail, clerk) -> Passkey:
    """A passkey of the clerk's."""
    key = Passkey(house.address)
    trail.query(
        "INSERT INTO auth_passkey_key"
        " (name, credential_identifier, public_key, sign_count, create_uid)"
        " VALUES ('phone', %s, %s, 0, %s)",
        [key.identifier, key.public_key, clerk.uid],
    )
    return key


def present(visitor, passkey: Passkey, challenge: str = ""):
    """Log in with a passkey; return the page that follows."""
    given = visitor.post_json("/auth/passkey/start-auth", {})["result"]["challenge"]
    form = {
        "login": "",
        "password": "",
        "type": "webauthn",
        "webauthn_response": passkey.answer(challenge or given),
    }
    return visitor.post_form("/web/login", form)


def test_person_whom_the_provider_lets_in_leaves_one_success(
    trail, visitor, office, provider, provider_id, come_back
):
    person = office.hire(oauth_provider_id=provider_id, oauth_uid="subject-1")
    provider.let_in("token-1", "subject-1", person.login)
    with trail.row(
        result="success",
        failure_reason=None,
        auth_method="oauth",
        interface="web",
        user_id=person.uid,
        attempted_login=person.login,
        ip_address=visitor.ip,
        user_agent_raw=visitor.agent,
    ):
        assert is_inside(come_back("token-1"))


def test_token_that_the_provider_refuses_leaves_one_failure(trail, visitor, come_back):
    with trail.row(
        result="failure",
        auth_method="oauth",
        interface="web",
        user_id=None,
        ip_address=visitor.ip,
        user_agent_raw=visitor.agent,
    ):
        assert "oauth_error" in come_back("no-such-token").url


def test_stranger_whom_the_provider_knows_leaves_one_failure_without_an_invitation(
    trail, visitor, office, provider, come_back
):
    provider.let_in("token-2", "subject-2", "stranger@example.com")
    office.set_parameter("auth_signup.invitation_scope", "b2b")
    try:
        with trail.row(
            result="failure",
            auth_method="oauth",
            interface="web",
            user_id=None,
            ip_address=visitor.ip,
        ):
            assert "oauth_error=3" in come_back("token-2").url
    finally:
        office.set_parameter("auth_signup.invitation_scope", "b2c")


def test_newcomer_whom_the_provider_knows_leaves_one_success(
    trail, visitor, provider, come_back
):
    provider.let_in("token-3", "subject-3", "newcomer3@example.com")
    with trail.row(
        result="success",
        auth_method="oauth",
        attempted_login="newcomer3@example.com",
        ip_address=visitor.ip,
    ):
        assert "oauth_error" not in come_back("token-3").url


def test_passkey_leaves_one_success(trail, visitor, clerk, passkey):
    with trail.row(
        result="success",
        failure_reason=None,
        auth_method="passkey",
        interface="web",
        user_id=clerk.uid,
        attempted_login=clerk.login,
        ip_address=visitor.ip,
        user_agent_raw=visitor.agent,
    ):
        assert is_inside(present(visitor, passkey))


def test_passkey_that_signs_another_challenge_leaves_one_failure_of_its_owner(
    trail, visitor, clerk, passkey
):
    stale = secrets.token_urlsafe(64)
    with trail.row(
        result="failure",
        auth_method="passkey",
        interface="web",
        user_id=clerk.uid,
        attempted_login=clerk.login,
        ip_address=visitor.ip,
    ):
        assert not is_inside(present(visitor, passkey, stale))


def test_unknown_passkey_leaves_one_failure_of_nobody(trail, house, visitor):
    with trail.row(
        result="failure",
        failure_reason="unknown_user",
        auth_method="passkey",
        interface="web",
        user_id=None,
        ip_address=visitor.ip,
        user_agent_raw=visitor.agent,
    ):
        assert not is_inside(present(visitor, Passkey(house.address)))
