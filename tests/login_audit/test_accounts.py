"""Logins that come with an account: signing up, a new password."""

import pytest

from login_audit.people import PASSWORD, WRONG_PASSWORD
from login_audit.visitor import path_of


def test_signing_up_leaves_one_success_of_the_new_user(trail, visitor, postbox):
    login = "newcomer@example.com"
    form = {
        "login": login,
        "name": "Newcomer",
        "password": PASSWORD,
        "confirm_password": PASSWORD,
    }
    with trail.rows() as rows:
        answer = visitor.post_form("/web/signup", form)
    assert "/web/login_successful" in path_of(answer)
    user = trail.query("SELECT id FROM res_users WHERE login = %s", [login])[0]
    row = rows[0]
    assert row["result"] == "success"
    assert row["auth_method"] == "password"
    assert row["interface"] == "web"
    assert row["attempted_login"] == login
    assert row["user_id"] == row["user_ref"] == user["id"]
    assert row["ip_address"] == visitor.ip


def test_signing_up_with_a_login_that_is_taken_is_no_login(trail, visitor, clerk):
    form = {
        "login": clerk.login,
        "name": "Impostor",
        "password": PASSWORD,
        "confirm_password": PASSWORD,
    }
    with trail.rows(0) as rows:
        answer = visitor.post_form("/web/signup", form)
    assert "/web/signup" in answer.url
    assert not rows


def test_new_password_leaves_one_success_when_it_is_first_used(
    trail, house, visitor, office, postbox
):
    person = office.hire()
    new = f"{PASSWORD}-new"
    with trail.rows(0):
        visitor.post_form("/web/reset_password", {"login": person.login})
    link = postbox.link_for(person.login)
    form = {"password": new, "confirm_password": new, "login": person.login}
    form["token"] = link.partition("token=")[2].partition("&")[0]
    # Up to 18.0, setting the password logs in as well.
    logs_in = house.major < 19
    with trail.rows(1 if logs_in else 0) as rows:
        visitor.post_form("/web/reset_password", form, page="/" + link.split("/", 3)[3])
    if not logs_in:
        with trail.rows() as rows:
            assert visitor.log_in(person.login, new)
    assert rows[0]["result"] == "success"
    assert rows[0]["auth_method"] == "password"
    assert rows[0]["user_id"] == person.uid
    assert rows[0]["ip_address"] == visitor.ip


@pytest.mark.parametrize("password", [PASSWORD, WRONG_PASSWORD], ids=["right", "wrong"])
def test_password_of_somebody_who_is_inside_already_is_no_login(
    trail, visitor, office, password
):
    person = office.hire()
    assert visitor.open_session(person.login, PASSWORD)
    with trail.rows(0) as rows:
        answer = visitor.call("res.users", "change_password", password, PASSWORD)
    assert ("result" in answer) == (password == PASSWORD)
    assert not rows
