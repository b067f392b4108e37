"""After all other tests: what was typed as a secret is in no table and no log.

The passwords, keys and codes of the whole folder are looked for; this file types each
kind once more, in all the wrong places, so that it proves something on its own.
"""

import re

import pytest

from login_audit import dump
from login_audit.people import PASSWORD, WRONG_KEY, WRONG_PASSWORD
from login_audit.test_second_factor import NOT_A_NUMBER


@pytest.fixture(scope="module")
def secrets(office, worn_out) -> list[str]:
    """The secrets, each used."""
    assert office.keys
    return [PASSWORD, WRONG_PASSWORD, WRONG_KEY, NOT_A_NUMBER, *office.keys]


@pytest.fixture(scope="module")
def worn_out(office, visitors):
    """Every kind of secret, typed where it belongs and where it does not."""
    victim = office.hire()
    office.weaken_password(victim)
    key = office.give_key(victim)
    for secret in (PASSWORD, WRONG_PASSWORD, key, WRONG_KEY):
        visitors().log_in(victim.login, secret)
        visitors().jsonrpc_authenticate(victim.login, secret)
        visitors().xmlrpc_call(victim.uid, secret)
        visitors().bearer_call(secret)
        visitors().log_in(secret, secret)
        for typed in (secret, f"{secret} ", f"{secret}\n"):
            visitors().open_session(typed, secret)
            visitors().jsonrpc_login(typed, secret)
    person = office.hire()
    app = office.give_authenticator(person)
    visitor = visitors()
    visitor.log_in(person.login, PASSWORD)
    visitor.give_code(NOT_A_NUMBER)
    visitor.give_code(app.wrong())
    return app.wrong()


def test_no_table_holds_a_secret(house, secrets):
    connection = house.connect()
    leaks = {
        table: found
        for table in dump.tables(connection)
        if (found := dump.found_in(dump.content(connection, table), secrets))
    }
    connection.close()
    assert not leaks


def test_no_log_holds_a_secret(house, secrets):
    lines = house.logged().splitlines()
    leaks = [line for line in lines if dump.found_in(line, secrets)]
    assert lines
    assert not leaks


def test_no_table_of_the_audit_and_no_log_holds_a_code(house, worn_out):
    connection = house.connect()
    texts = [
        dump.content(connection, table)
        for table in dump.tables(connection)
        if table.startswith("fusion_login")
    ]
    connection.close()
    code = re.compile(rf"(?<!\d){worn_out}(?!\d)")
    assert texts
    assert not any(code.search(text) for text in [*texts, house.logged()])


def test_the_search_finds_a_login_that_is_no_secret(house, trail, visitor, clerk):
    """The search itself works: it finds what is kept on purpose."""
    with trail.row(attempted_login=clerk.login):
        assert visitor.open_session(clerk.login, PASSWORD)
    connection = house.connect()
    found = dump.found_in(dump.content(connection, "fusion_login_audit"), [clerk.login])
    connection.close()
    assert found == [clerk.login[3:-5]]
