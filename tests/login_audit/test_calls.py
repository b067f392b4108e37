"""Calls that bring their password or key along (``execute_kw``)."""

import pytest

from login_audit.people import PASSWORD, WRONG_KEY, WRONG_PASSWORD
from login_audit.trail import wait_out_the_full_hour
from login_audit.visitor import Visitor

WAYS = {"xmlrpc": Visitor.xmlrpc_call, "jsonrpc": Visitor.jsonrpc_call}


@pytest.fixture(params=WAYS)
def call(request):
    """Each way of calling a method."""
    return WAYS[request.param]


@pytest.fixture(scope="module")
def key(office, clerk) -> str:
    """A key of the clerk."""
    return office.give_key(clerk)


def told_by(visitor, person) -> dict:
    """Return what each row says of its caller."""
    return {
        "interface": "rpc",
        "ip_address": visitor.ip,
        "user_agent_raw": visitor.agent,
        "user_id": person.uid,
        "attempted_login": person.login,
    }


def test_calls_with_a_password_leave_one_success_an_hour(trail, visitor, clerk, call):
    wait_out_the_full_hour()
    with trail.row(**told_by(visitor, clerk), result="success", auth_method="password"):
        for _time in range(3):
            assert call(visitor, clerk.uid, PASSWORD)


def test_calls_with_a_key_leave_one_success_an_hour(trail, visitor, clerk, key, call):
    wait_out_the_full_hour()
    with trail.row(**told_by(visitor, clerk), result="success", auth_method="apikey"):
        for _time in range(3):
            assert call(visitor, clerk.uid, key)


def test_each_call_with_a_wrong_password_leaves_a_failure(trail, visitor, clerk, call):
    with trail.rows(2) as rows:
        for _time in range(2):
            assert not call(visitor, clerk.uid, WRONG_PASSWORD)
    for row in rows:
        assert row["result"] == "failure"
        assert row["failure_reason"] == "bad_password"
        assert row["auth_method"] == "password"
        assert row["user_id"] == clerk.uid
        assert row["ip_address"] == visitor.ip
        assert row["hour_key"] is None


def test_call_with_a_wrong_key_leaves_a_failure_that_says_so(
    trail, visitor, clerk, call
):
    with trail.row(
        **told_by(visitor, clerk),
        result="failure",
        auth_method="apikey",
        failure_reason="bad_api_key",
    ):
        assert not call(visitor, clerk.uid, WRONG_KEY)


def test_call_with_an_expired_key_leaves_a_failure_that_says_so(
    trail, visitor, office, clerk, call
):
    expired = office.give_key(clerk, expired=True)
    with trail.row(
        **told_by(visitor, clerk),
        result="failure",
        auth_method="apikey",
        failure_reason="expired_api_key",
    ):
        assert not call(visitor, clerk.uid, expired)


def test_call_of_somebody_who_left_leaves_a_failure_that_says_so(
    trail, visitor, former, call
):
    with trail.row(
        **told_by(visitor, former), result="failure", failure_reason="disabled_user"
    ):
        assert not call(visitor, former.uid, PASSWORD)


def test_another_address_or_browser_leaves_a_success_of_its_own(
    trail, house, visitor, clerk
):
    wait_out_the_full_hour()
    elsewhere = Visitor(house, agent=visitor.agent)
    other_browser = Visitor(house, ip=visitor.ip)
    with trail.rows(3) as rows:
        for client in (visitor, elsewhere, other_browser, visitor):
            assert client.jsonrpc_call(clerk.uid, PASSWORD)
    clients = {(row["ip_address"], row["user_agent_raw"]) for row in rows}
    assert len(clients) == 3


def test_calls_of_one_hour_leave_one_success_whichever_worker_serves(
    trail, house, visitor, clerk
):
    probe = f"call-{visitor.ip}"

    wait_out_the_full_hour()
    with trail.row(**told_by(visitor, clerk), result="success"):
        answers = house.call_until_all_workers_serve(
            probe, lambda: visitor.neighbour().jsonrpc_call(clerk.uid, PASSWORD, probe)
        )
    assert all(answers)
