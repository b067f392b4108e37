"""Damages of many kinds, done at once: each is found, and nothing is made up."""

import json

import pytest

from payment_flight.place import ADDON, edited

_PAYMENT = "UPDATE account_payment SET {change} WHERE amount = {amount}"
_ENTRY = """
    UPDATE account_move SET {change}
     WHERE id = (SELECT move_id FROM account_payment WHERE amount = {amount})
"""
_DOLLAR = "currency_id = (SELECT id FROM res_currency WHERE name = 'USD')"
_NEW_ID = 9000
_DAMAGES = (
    # An amount that is in no other payment names the payment from then on.
    _PAYMENT.format(change="amount = 203", amount=103),
    _ENTRY.format(change="state = 'draft'", amount=104),
    _PAYMENT.format(change=_DOLLAR, amount=105),
    _ENTRY.format(change="date = date - 1", amount=107),
    _PAYMENT.format(change="partner_id = 1", amount=113),
    "UPDATE account_move_line SET name = 'x' WHERE id = 1",
    "DELETE FROM account_partial_reconcile WHERE id = 1",
    "ALTER TABLE account_payment ALTER approval_state DROP NOT NULL",
    _PAYMENT.format(change="approval_state = NULL", amount=106),
    _PAYMENT.format(change="approval_state = 'posted'", amount=100),
    _PAYMENT.format(change="state = 'paid'", amount=101),
    f"""
    INSERT INTO account_payment
    SELECT (jsonb_populate_record(payment, jsonb_build_object(
               'id', {_NEW_ID}, 'create_date', now() + interval '1 hour'))).*
      FROM account_payment payment WHERE amount = 108
    """,
    "UPDATE ir_module_module SET state = 'to upgrade' WHERE name = 'account'",
    f"UPDATE ir_module_module SET latest_version = '1.0' WHERE name = '{ADDON}'",
)
_MODULES = {
    "modules.pending": "account (to upgrade)",
    "modules.version": "installed 1.0, expected installed",
}
# Payments that went apart, by the amounts that they had.
_APART = {
    "differ.amount": (103, 105),
    "differ.state": (104,),
    "differ.currency": (105,),
    "differ.date": (107,),
    "differ.partner": (113,),
    "approval.missing": (106,),
    "approval.disagrees": (100, 101),
}
_COMPARED = {
    "modules.others": "account: installed",
    "payments": "17 before, 18 now",
    "payments.posted": "10 before, 12 now",
    "payments.without_entry": "6 before, 7 now",
    "payments.state.draft": "3 before, 2 now",
    "payments.state.paid": "before, ",
    "payments.reconciled": "4 before, 3 now",
    "payments.paid_without_entry": "1 before, 3 now",
    "payments.once_posted.entry_draft": "1 before, 2 now",
    "payments.once_posted.entry_none": "2 before, 4 now",
    "payments.once_posted.entry_posted": "9 before, 8 now",
    "amount.EUR.in_process": "105 before, 0 now",
    "amount.USD.in_process": "before, ",
    "amount.USD.draft": "303 before, 202 now",
    "amount.USD.paid": "before, ",
    "moves.posted": "14 before, 13 now",
    "moves.posted.entry": "11 before, 10 now",
    "reconciliations.partial": "5 before, 4 now",
    "reconciliations.partial.amount": "573 before, 460 now",
    "rows.account_move_line": "changed: 1",
    "rows.account_partial_reconcile": "removed: 1",
}
_ROWS = {"rows.account_payment", "rows.account_move"}


@pytest.fixture(scope="module")
def ids(place, plain):
    """The ids of the payments and of their entries, by amount."""
    statement = "SELECT amount, id, move_id FROM account_payment"
    return {amount: (one, move) for amount, one, move in place.query(plain, statement)}


@pytest.fixture(scope="module")
def damaged(place, installed):
    """A copy of the installed database after all damages."""
    name = place.clone(installed, "damaged")
    for statement in _DAMAGES:
        place.query(name, statement)
    return name


@pytest.fixture(scope="module")
def report(place, damaged, before):
    """What postflight says of it."""
    return place.postflight(damaged, "--before", before)


def test_nothing_but_the_damages_fails(report):
    assert report.code == 1
    assert report.named("fail") == {
        *_MODULES,
        *_APART,
        *_COMPARED,
        *_ROWS,
        "decision.missing",
    }


@pytest.mark.parametrize(("name", "text"), (_MODULES | _COMPARED).items())
def test_difference_is_told_with_both_values(report, name, text):
    assert text in report.text(name)


@pytest.mark.parametrize(("name", "amounts"), _APART.items())
def test_payment_that_went_apart_is_named(report, ids, name, amounts):
    named = ", ".join(str(ids[amount][0]) for amount in amounts)
    assert f"{len(amounts)} payments, " in report.text(name)
    assert report.text(name).endswith(f": {named}")


def test_rows_that_changed_are_named(report, ids):
    payments = ", ".join(str(ids[amount][0]) for amount in (101, 103, 105, 113))
    entries = ", ".join(str(ids[amount][1]) for amount in (104, 107))
    assert report.text("rows.account_payment") == (
        f"changed: {payments}; added: {_NEW_ID}"
    )
    assert report.text("rows.account_move") == f"changed: {entries}"


def test_ids_are_named_up_to_a_limit(place, damaged, before, ids):
    report = place.postflight(damaged, "--before", before, "--ids", 1)
    assert report.text("rows.account_payment") == (
        f"changed: {ids[101][0]} and 3 more; added: {_NEW_ID}"
    )


def test_damages_are_found_without_a_snapshot(place, damaged):
    report = place.postflight(damaged)
    assert report.code == 1
    apart = {name for name in _APART if name.startswith("approval.")}
    assert report.named("fail") == {*_MODULES, *apart, "decision.missing"}
    assert report.named("warn") >= set(_APART) - apart
    assert report.text("decision.missing").endswith(f"in the log: {_NEW_ID}")


def test_what_was_known_before_is_warned_about(place, damaged):
    known = place.folder / "known.json"
    assert place.preflight(damaged, "--output", known).code == 1
    report = place.postflight(damaged, "--before", known)
    assert report.named("fail") == set(_MODULES)
    assert report.named("warn") >= {*_APART, "decision.missing"}


def test_where_people_have_worked_only_damage_fails(place, damaged, before):
    report = place.postflight(damaged, "--before", before, "--in-use")
    assert report.named("fail") == {
        *_MODULES,
        *_APART,
        "modules.others",
        "decision.missing",
    }
    assert report.named("warn") >= _ROWS


def test_another_module_version_in_the_snapshot_is_found(place, installed, before):
    def older(snapshot):
        snapshot["modules"]["account"]["version"] = "1.0"

    changed = edited(before, place.folder / "older.json", older)
    report = place.postflight(installed, "--before", changed)
    assert report.named("fail") == {"modules.others"}
    assert "account: installed 1.0 before" in report.text("modules.others")


def test_plain_database_is_no_installed_one(place, plain, before):
    report = place.postflight(plain, "--before", before)
    assert report.code == 1
    assert report.named("fail") == {"modules.version", "approval"}


def test_snapshot_after_is_written_too(place, installed, before):
    path = place.folder / "after.json"
    place.postflight(installed, "--before", before, "--output", path)
    after = json.loads(path.read_text(encoding="utf-8"))
    assert after["approval"]["posted"] == 10
    assert after["modules"][ADDON]["state"] == "installed"
