"""Odoo's own cooldown: it refuses without looking at the password.

Odoo applies it where it sees the client's address: on the web, not in RPC.
"""

import pytest

from login_audit.house import WORKERS
from login_audit.people import PASSWORD, WRONG_PASSWORD
from login_audit.visitor import Visitor

ALLOWED_FAILURES = 3
WAYS_IN = {"form": Visitor.log_in, "web client": Visitor.open_session}


@pytest.fixture(scope="module", autouse=True)
def short_patience(office):
    """A cooldown after few failures."""
    office.set_parameter("base.login_cooldown_after", str(ALLOWED_FAILURES))
    yield
    office.set_parameter("base.login_cooldown_after", "10")


@pytest.fixture(scope="module")
def victim(office):
    """Somebody whose password is guessed.

    Checking it takes long enough that one worker cannot serve the other's guesses.
    """
    return office.hire()


@pytest.fixture
def bring_into_cooldown(trail, house, victim):
    """Fail from the visitor's address until every worker refuses to listen.

    The cooldown is each worker's own.
    """

    def fail(visitor: Visitor) -> list[dict]:
        ignored = f"Login attempt ignored for {visitor.ip} "
        outcomes: list[bool] = []

        def guess():
            return visitor.neighbour().open_session(victim.login, WRONG_PASSWORD)

        with trail.rows(lambda: len(outcomes)) as rows:
            outcomes += house.call_until_all_workers_serve(ignored, guess)
        assert not any(outcomes)
        return rows

    return fail


def test_every_attempt_has_its_row_before_the_cooldown_and_in_it(
    visitor, victim, bring_into_cooldown
):
    rows = bring_into_cooldown(visitor)
    reasons = [row["failure_reason"] for row in rows]
    assert set(reasons) == {"bad_password", "throttled"}
    assert reasons.count("bad_password") == WORKERS * ALLOWED_FAILURES
    assert {row["result"] for row in rows} == {"failure"}
    assert {row["ip_address"] for row in rows} == {visitor.ip}
    assert {row["user_id"] for row in rows} == {victim.uid}
    assert {row["attempted_login"] for row in rows} == {victim.login}


@pytest.mark.parametrize("way_in", WAYS_IN)
def test_right_password_in_the_cooldown_leaves_one_throttled_failure(
    trail, visitor, clerk, bring_into_cooldown, way_in
):
    bring_into_cooldown(visitor)
    with trail.row(
        result="failure",
        failure_reason="throttled",
        auth_method="password",
        interface="web",
        user_id=clerk.uid,
        attempted_login=clerk.login,
        ip_address=visitor.ip,
    ):
        assert not WAYS_IN[way_in](visitor, clerk.login, PASSWORD)


def test_right_code_in_the_cooldown_leaves_one_throttled_failure(
    trail, visitor, office, bring_into_cooldown
):
    person = office.hire()
    app = office.give_authenticator(person)
    with trail.row(result="mfa_pending"):
        visitor.log_in(person.login, PASSWORD)
    bring_into_cooldown(visitor)
    with trail.row(
        result="failure",
        failure_reason="throttled",
        auth_method="totp",
        interface="web",
        user_id=person.uid,
        ip_address=visitor.ip,
    ):
        assert not visitor.give_code(app.right())
