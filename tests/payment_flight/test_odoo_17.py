"""17.0 keeps a payment's state and date on its entry: the commands read them there."""

import pytest

# The columns of 17.0 that the questions name, and nothing else of it.
_SCHEMA = """
    CREATE TABLE ir_module_module (name text, state text, latest_version text);
    CREATE TABLE res_currency (id int, name text);
    CREATE TABLE res_partner (id int, commercial_partner_id int);
    CREATE TABLE account_move (
        id int, state text, move_type text, date date, journal_id int, company_id int,
        currency_id int, partner_id int, posted_before boolean);
    CREATE TABLE account_payment (
        id int, move_id int, amount numeric, currency_id int, partner_id int,
        payment_type text, outstanding_account_id int, destination_account_id int,
        is_reconciled boolean, create_date timestamp);
    CREATE TABLE account_move_line (
        id int, move_id int, account_id int, currency_id int, amount_currency numeric);
    CREATE TABLE account_partial_reconcile (
        id int, debit_move_id int, credit_move_id int, amount numeric);
    CREATE TABLE account_full_reconcile (id int);
    CREATE TABLE account_bank_statement_line (id int, is_reconciled boolean);
    INSERT INTO ir_module_module VALUES
        ('base', 'installed', '17.0.1.3'), ('account', 'installed', '17.0.1.2');
    INSERT INTO res_currency VALUES (1, 'EUR');
    INSERT INTO res_partner VALUES (1, 1);
    INSERT INTO account_move
    SELECT one, state, 'entry', '2025-01-01', 1, 1, 1, 1, state != 'draft'
      FROM (VALUES (1, 'draft'), (2, 'posted'), (3, 'posted'), (4, 'cancel'))
           entry (one, state);
    INSERT INTO account_payment
    SELECT one, one, 100 + one, 1, 1, 'outbound', 10, 20, FALSE, now()
      FROM generate_series(1, 4) one;
    INSERT INTO account_move_line
    SELECT 2 * one + side, one, 10 + 10 * side, 1, (2 * side - 1) * (100 + one)
      FROM generate_series(1, 4) one, generate_series(0, 1) side;
    INSERT INTO account_partial_reconcile VALUES (1, 5, 7, 102);
"""


@pytest.fixture(scope="module")
def seventeen(place):
    """A database with the tables of 17.0."""
    name = place.name("seventeen")
    place.runtime.databases.query(f'CREATE DATABASE "{name}"')
    place.query(name, _SCHEMA)
    return name


def test_payments_have_the_states_of_their_entries(place, seventeen):
    report = place.preflight(seventeen)
    assert report.code == 0, report
    assert report.text("payments.posted") == "2"
    assert report.text("payments.state.posted") == "2"
    assert report.text("payments.state.draft") == "1"
    assert report.text("payments.state.cancel") == "1"
    assert report.text("amount.EUR.posted") == "205"
    assert report.text("payments.reconciled") == "2"
    assert report.named("warn") == {"modules.version"}


def test_damages_are_found(place, seventeen):
    known = place.folder / "seventeen.json"
    place.preflight(seventeen, "--output", known)
    place.query(seventeen, "UPDATE account_payment SET amount = 1 WHERE id = 3")
    place.query(seventeen, "UPDATE account_move SET state = 'draft' WHERE id = 2")
    report = place.preflight(seventeen, "--same-as", known)
    assert report.code == 1
    assert report.text("rows.account_payment") == "changed: 3"
    assert report.text("rows.account_move") == "changed: 2"
    assert report.text("differ.amount").endswith(": 3")
    assert report.text("payments.posted") == "2 before, 1 now"
