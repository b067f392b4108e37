"""Logins with a second factor: one row for the password, one for what follows it."""

import pytest

from login_audit.people import PASSWORD, WRONG_PASSWORD

MORE_THAN_ODOO_ALLOWS = 7
NOT_A_NUMBER = "planted-code-77x"


@pytest.fixture
def careful(office):
    """Somebody with an authenticator app."""
    return office.hire()


@pytest.fixture
def app(office, careful):
    """The app."""
    return office.give_authenticator(careful)


def of(person, visitor) -> dict:
    """Return what each row says of the person and the client."""
    return {
        "interface": "web",
        "user_id": person.uid,
        "attempted_login": person.login,
        "ip_address": visitor.ip,
        "user_agent_raw": visitor.agent,
    }


def give_password(trail, visitor, person) -> None:
    """Take the first step, which leaves its row."""
    with trail.row(
        **of(person, visitor),
        result="mfa_pending",
        failure_reason=None,
        auth_method="password",
    ):
        assert not visitor.log_in(person.login, PASSWORD)


def test_right_code_leaves_one_success(trail, visitor, careful, app):
    give_password(trail, visitor, careful)
    with trail.row(
        **of(careful, visitor),
        result="success",
        failure_reason=None,
        auth_method="totp",
    ):
        assert visitor.give_code(app.right())


@pytest.mark.parametrize("kind", ["wrong", "no number"])
def test_each_wrong_code_leaves_one_failure(trail, visitor, careful, app, kind):
    give_password(trail, visitor, careful)
    code = app.wrong() if kind == "wrong" else NOT_A_NUMBER
    for _time in range(2):
        with trail.row(
            **of(careful, visitor),
            result="failure",
            failure_reason="2fa_failed",
            auth_method="totp",
        ):
            assert not visitor.give_code(code)


def test_codes_beyond_odoos_limit_leave_one_failure_each(trail, visitor, careful, app):
    give_password(trail, visitor, careful)
    with trail.rows(MORE_THAN_ODOO_ALLOWS) as rows:
        for _time in range(MORE_THAN_ODOO_ALLOWS):
            assert not visitor.give_code(app.wrong())
    assert {row["result"] for row in rows} == {"failure"}
    assert {row["failure_reason"] for row in rows} <= {"2fa_failed", "throttled"}
    assert {row["user_id"] for row in rows} == {careful.uid}


def test_right_code_after_a_wrong_one_leaves_one_success(trail, visitor, careful, app):
    give_password(trail, visitor, careful)
    with trail.rows(2) as rows:
        assert not visitor.give_code(app.wrong())
        assert visitor.give_code(app.right())
    assert [row["result"] for row in rows] == ["failure", "success"]


def test_trusted_device_stands_in_for_the_code_and_leaves_one_success(
    trail, visitor, careful, app
):
    give_password(trail, visitor, careful)
    with trail.row(result="success", auth_method="totp"):
        assert visitor.give_code(app.right(), remember="1")
    assert visitor.session.cookies["td_id"]
    visitor.get("/web/session/logout")
    with trail.rows(2) as rows:
        assert visitor.log_in(careful.login, PASSWORD)
    pending, success = rows
    assert (pending["result"], pending["auth_method"]) == ("mfa_pending", "password")
    assert (success["result"], success["auth_method"]) == ("success", "trusted_device")
    for row in rows:
        assert {name: row[name] for name in of(careful, visitor)} == of(
            careful, visitor
        )


def test_web_client_leaves_the_first_step_pending(trail, visitor, careful, app):
    with trail.row(
        **of(careful, visitor), result="mfa_pending", auth_method="password"
    ):
        assert not visitor.open_session(careful.login, PASSWORD)


def test_looking_at_the_page_that_asks_for_the_code_is_no_attempt(
    trail, visitor, careful, app
):
    give_password(trail, visitor, careful)
    visitor.session.cookies["td_id"] = "of-no-device"
    with trail.rows(0) as rows:
        assert visitor.get("/web/login/totp").status_code == 200
    assert not rows


def test_starting_again_with_a_wrong_password_leaves_one_failure_of_the_password(
    trail, visitor, careful, app
):
    give_password(trail, visitor, careful)
    with trail.row(
        **of(careful, visitor),
        result="failure",
        failure_reason="bad_password",
        auth_method="password",
    ):
        assert not visitor.log_in(careful.login, WRONG_PASSWORD)


def test_code_by_mail_leaves_one_success(trail, visitor, office, postbox):
    person = office.hire()
    office.set_parameter("auth_totp.policy", "employee_required")
    try:
        give_password(trail, visitor, person)
        code = postbox.code_for(person.login)
        with trail.row(
            **of(person, visitor),
            result="failure",
            failure_reason="2fa_failed",
            auth_method="totp",
        ):
            assert not visitor.give_code(f"{(int(code) + 1) % 10**6:06}")
        with trail.row(**of(person, visitor), result="success", auth_method="totp"):
            assert visitor.give_code(code)
    finally:
        office.set_parameter("auth_totp.policy", "")
