"""API keys: as the password of a login, and as bearer of the external API."""

import pytest

from login_audit.people import PASSWORD, WRONG_KEY
from login_audit.trail import wait_out_the_full_hour
from login_audit.visitor import Visitor

LOGINS = {
    "xmlrpc": Visitor.xmlrpc_authenticate,
    "jsonrpc": Visitor.jsonrpc_authenticate,
}


@pytest.fixture(params=LOGINS)
def log_in(request):
    """Each way of giving a key as the password."""
    return LOGINS[request.param]


@pytest.fixture(scope="module")
def agent(office):
    """Somebody with an API key."""
    return office.hire()


@pytest.fixture(scope="module")
def key(office, agent) -> str:
    """The key."""
    return office.give_key(agent)


@pytest.fixture(scope="module")
def expired_key(office, agent) -> str:
    """A key of the same person that has run out."""
    return office.give_key(agent, expired=True)


def told_by(visitor, interface) -> dict:
    """Return what each row says of its client."""
    return {
        "interface": interface,
        "auth_method": "apikey",
        "ip_address": visitor.ip,
        "user_agent_raw": visitor.agent,
    }


def test_login_with_a_key_leaves_one_success(trail, visitor, agent, key, log_in):
    with trail.row(
        **told_by(visitor, "rpc"),
        result="success",
        failure_reason=None,
        user_id=agent.uid,
        attempted_login=agent.login,
    ):
        assert log_in(visitor, agent.login, key)


def test_login_with_an_expired_key_leaves_one_failure_that_says_so(
    trail, visitor, agent, expired_key, log_in
):
    with trail.row(
        **told_by(visitor, "rpc"),
        result="failure",
        failure_reason="expired_api_key",
        user_id=agent.uid,
        attempted_login=agent.login,
    ):
        assert not log_in(visitor, agent.login, expired_key)


def test_login_with_a_key_that_is_nobodys_leaves_one_failure_of_the_user(
    trail, visitor, agent, log_in
):
    with trail.row(
        **told_by(visitor, "rpc"),
        result="failure",
        failure_reason="bad_api_key",
        user_id=agent.uid,
        attempted_login=agent.login,
    ):
        assert not log_in(visitor, agent.login, WRONG_KEY)


def test_key_of_somebody_else_leaves_one_failure_of_the_user_it_was_tried_on(
    trail, visitor, clerk, key, log_in
):
    with trail.row(
        **told_by(visitor, "rpc"),
        result="failure",
        failure_reason="bad_api_key",
        user_id=clerk.uid,
        attempted_login=clerk.login,
    ):
        assert not log_in(visitor, clerk.login, key)


def test_bearer_with_a_key_leaves_one_success(trail, visitor, agent, key):
    with trail.row(
        **told_by(visitor, "bearer"),
        result="success",
        failure_reason=None,
        user_id=agent.uid,
        attempted_login=agent.login,
    ):
        assert visitor.bearer_call(key).status_code == 200


def test_bearer_with_an_expired_key_leaves_one_failure_of_its_owner(
    trail, visitor, agent, expired_key
):
    with trail.row(
        **told_by(visitor, "bearer"),
        result="failure",
        failure_reason="expired_api_key",
        user_id=agent.uid,
        attempted_login=agent.login,
    ):
        assert visitor.bearer_call(expired_key).status_code == 401


def test_bearer_with_a_key_that_is_nobodys_leaves_a_failure_each_time(trail, visitor):
    with trail.rows(2) as rows:
        for _time in range(2):
            assert visitor.bearer_call(WRONG_KEY).status_code == 401
    for row in rows:
        assert row["result"] == "failure"
        assert row["failure_reason"] == "bad_api_key"
        assert row["interface"] == "bearer"
        assert row["user_id"] is None
        assert row["ip_address"] == visitor.ip


def test_bearer_of_somebody_who_left_leaves_one_failure_that_says_so(
    trail, visitor, office
):
    person = office.hire()
    key = office.give_key(person)
    office.dismiss(person)
    with trail.row(
        **told_by(visitor, "bearer"),
        result="failure",
        failure_reason="disabled_user",
        user_id=person.uid,
        attempted_login=person.login,
    ):
        assert visitor.bearer_call(key).status_code == 401


def test_request_without_a_key_is_no_login(trail, visitor):
    with trail.rows(0) as rows:
        assert visitor.get("/json/1/res.partner").status_code in (401, 403)
    assert not rows


def test_bearer_calls_of_one_hour_leave_one_success_whichever_worker_serves(
    trail, house, visitor, agent, key
):
    probe = f"bearer-{visitor.ip}"

    wait_out_the_full_hour()
    with trail.row(result="success", user_id=agent.uid, ip_address=visitor.ip):
        answers = house.call_until_all_workers_serve(
            probe, lambda: visitor.bearer_call(key, probe)
        )
    assert {answer.status_code for answer in answers} == {200}


def test_bearer_calls_with_two_keys_leave_a_success_each(
    trail, visitor, office, agent, key
):
    second = office.give_key(agent)
    with trail.rows(2) as rows:
        for each in (key, second, key, second):
            assert visitor.bearer_call(each).status_code == 200
    assert {row["user_id"] for row in rows} == {agent.uid}
    assert {row["result"] for row in rows} == {"success"}


def test_read_only_routes_record_a_key_too(trail, house, visitor, agent, key):
    if house.major < 19:
        pytest.skip("18.0 has one route, which is read-only: the other tests use it")
    path = "/json/2/res.partner/search_count"
    with trail.row(**told_by(visitor, "bearer"), result="success", user_id=agent.uid):
        answer = visitor.bearer_request(key, "POST", path, json={"domain": []})
        assert answer.status_code == 200


def test_right_key_leaves_its_success_when_the_call_itself_fails(
    trail, house, visitor, agent, key
):
    way = (
        ("POST", "/json/2/no.such/method")
        if house.major >= 19
        else ("GET", "/json/1/x")
    )
    with trail.row(**told_by(visitor, "bearer"), result="success", user_id=agent.uid):
        assert visitor.bearer_request(key, *way).status_code in (400, 404)


def test_key_of_somebody_with_a_second_factor_logs_in_and_the_password_does_not(
    trail, visitor, office, log_in
):
    person = office.hire()
    office.give_authenticator(person)
    key = office.give_key(person)
    with trail.row(
        **told_by(visitor, "rpc"),
        result="failure",
        failure_reason="bad_api_key",
        user_id=person.uid,
    ):
        assert not log_in(visitor, person.login, PASSWORD)
    with trail.row(**told_by(visitor, "rpc"), result="success", user_id=person.uid):
        assert log_in(visitor, person.login, key)
