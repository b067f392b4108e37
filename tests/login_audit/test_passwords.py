"""A login with a password, by each way in and with each outcome: one row."""

import pytest

from login_audit.people import PASSWORD, WRONG_PASSWORD
from login_audit.visitor import Visitor

WAYS_IN = {
    "form": (Visitor.log_in, "web"),
    "web client": (Visitor.open_session, "web"),
    "xmlrpc authenticate": (Visitor.xmlrpc_authenticate, "rpc"),
    "xmlrpc login": (Visitor.xmlrpc_login, "rpc"),
    "xmlrpc old login": (Visitor.xmlrpc_old_login, "rpc"),
    "jsonrpc authenticate": (Visitor.jsonrpc_authenticate, "rpc"),
    "jsonrpc login": (Visitor.jsonrpc_login, "rpc"),
}


@pytest.fixture(params=WAYS_IN)
def way_in(request):
    """Each way in, with the interface that its rows name."""
    return WAYS_IN[request.param]


def told_by(visitor, interface) -> dict:
    """Return what each row says of its client."""
    return {
        "interface": interface,
        "auth_method": "password",
        "ip_address": visitor.ip,
        "user_agent_raw": visitor.agent,
        "browser": "Firefox 140",
        "database": visitor.house.database,
        "seal": None,
    }


def test_right_password_leaves_one_success(trail, visitor, clerk, way_in):
    log_in, interface = way_in
    with trail.row(
        **told_by(visitor, interface),
        result="success",
        failure_reason=None,
        user_id=clerk.uid,
        user_ref=clerk.uid,
        attempted_login=clerk.login,
    ):
        assert log_in(visitor, clerk.login, PASSWORD)


def test_wrong_password_leaves_one_failure_of_its_user(trail, visitor, clerk, way_in):
    log_in, interface = way_in
    with trail.row(
        **told_by(visitor, interface),
        result="failure",
        failure_reason="bad_password",
        user_id=clerk.uid,
        user_ref=clerk.uid,
        attempted_login=clerk.login,
    ):
        assert not log_in(visitor, clerk.login, WRONG_PASSWORD)


def test_unknown_address_leaves_one_failure_of_nobody(trail, visitor, way_in):
    log_in, interface = way_in
    with trail.row(
        **told_by(visitor, interface),
        result="failure",
        failure_reason="unknown_user",
        user_id=None,
        user_ref=None,
        attempted_login="nobody@example.com",
    ):
        assert not log_in(visitor, "nobody@example.com", WRONG_PASSWORD)


def test_archived_account_leaves_one_failure_that_says_so(
    trail, visitor, former, way_in
):
    log_in, interface = way_in
    with trail.row(
        **told_by(visitor, interface),
        result="failure",
        failure_reason="disabled_user",
        user_id=former.uid,
        user_ref=former.uid,
        attempted_login=former.login,
    ):
        assert not log_in(visitor, former.login, PASSWORD)
