"""Logins and User-Agents that were not meant to be read by people."""

import pytest

from login_audit.people import PASSWORD, WRONG_PASSWORD
from login_audit.visitor import Visitor


def test_unknown_login_that_may_be_a_password_is_masked_the_same_each_time(
    trail, visitor
):
    with trail.rows(3) as rows:
        for login in (PASSWORD, PASSWORD, WRONG_PASSWORD):
            assert not visitor.jsonrpc_login(login, WRONG_PASSWORD)
    logins = [row["attempted_login"] for row in rows]
    assert logins[0] == logins[1] != logins[2]
    for login in logins:
        assert login.startswith(PASSWORD[:2])
        assert PASSWORD[2:6] not in login
    assert {row["failure_reason"] for row in rows} == {"unknown_user"}


@pytest.mark.parametrize("login", ["root", "Postgres", "who@example.com"])
def test_names_that_guessers_try_and_addresses_are_kept(trail, visitor, login):
    with trail.row(attempted_login=login, failure_reason="unknown_user"):
        assert not visitor.jsonrpc_login(login, WRONG_PASSWORD)


@pytest.mark.parametrize(
    "login",
    ["two\r\nlines@example.com", "nul\x00l@example.com", "\x1b[31mred@example.com"],
    ids=["line ends", "zero byte", "escape sequence"],
)
def test_controls_in_the_login_leave_one_row_without_them(trail, visitor, login):
    with trail.rows() as rows:
        assert not visitor.jsonrpc_login(login, WRONG_PASSWORD)
    stored = rows[0]["attempted_login"]
    assert stored.isprintable()
    assert rows[0]["ip_address"] == visitor.ip


def test_login_without_end_leaves_one_row_that_is_cut(trail, visitor):
    with trail.rows() as rows:
        assert not visitor.jsonrpc_login(f"{'a' * 5000}@example.com", WRONG_PASSWORD)
    assert len(rows[0]["attempted_login"]) <= 255


@pytest.mark.parametrize("login", [None, False, 7, ["a"], {"a": 1}], ids=repr)
def test_login_that_is_no_text_leaves_one_failure(trail, visitor, login):
    with trail.rows() as rows:
        assert not visitor.jsonrpc_login(login, WRONG_PASSWORD)
    assert rows[0]["result"] == "failure"
    assert rows[0]["user_id"] is None


@pytest.mark.parametrize(
    "agent",
    ["A" * 3000, "Mozilla/5.0 (\x01\x02)", "Mozilla/5.0 \xc3\xa9\xff", "(((((", ""],
    ids=["long", "controls", "not ascii", "nonsense", "none"],
)
def test_strange_user_agent_changes_nothing_for_the_login(trail, house, clerk, agent):
    visitor = Visitor(house, agent=agent.encode("latin-1"))
    with trail.rows() as rows:
        assert visitor.open_session(clerk.login, PASSWORD)
    assert rows[0]["result"] == "success"
    assert rows[0]["user_id"] == clerk.uid
    stored = rows[0]["user_agent_raw"] or ""
    assert len(stored) <= 512
    assert not any(ord(character) < 32 for character in stored)
