"""Installing and upgrading fills the approval, and touches nothing else."""

import json

from payment_flight import tables
from payment_flight.place import ADDON
from tools.suite import modules

# What an installation is made of, and what Odoo notes of it.
_REGISTRY = ("ir_", "res_groups", "rule_group_rel", "mail_activity_type", "orm_")
_NOTES = frozenset({"mail_message"})
# Turning the control on is a change of the company; Odoo dates contacts of users who
# got a group. Neither is a payment.
_STAMPS = frozenset({"write_date", "write_uid"})
_VERSION = "SELECT latest_version FROM ir_module_module WHERE name = %s"
_APPROVALS = {
    "draft": {100, 101, 102},
    "posted": {103, 104, 105, 106, 107, 108, 113, 114, 115, 116},
    "cancelled": {109, 110},
    "rejected": {111, 112},
}


def _is_business(table):
    return not table.startswith(_REGISTRY) and table not in _NOTES


def test_plain_database_may_begin(place, plain, before):
    report = place.preflight(plain)
    assert report.code == 0
    assert not report.named("fail")
    # What Odoo leaves in the books when the bank refuses, and nothing else.
    assert report.named("warn") == {"rejected.booked"}
    assert report.text("payments.posted") == "10"
    assert report.text("moves.posted.invoices") == "3"
    assert report.text("payments.paid_without_entry") == "1"
    assert report.text("payments.reconciled") == "4"
    assert report.text("reconciliations.partial") == "5"
    assert report.text("amount.EUR.in_process") == "105"


def test_snapshot_is_versioned_and_small(before):
    snapshot = json.loads(before.read_text(encoding="utf-8"))
    assert snapshot["format"] == "payment_account_enhanced.snapshot"
    assert snapshot["version"] == 1
    assert snapshot["approval"] is None


def test_everything_is_equal_after_the_installation(
    place, installed, before, install_log
):
    report = place.postflight(installed, "--before", before, "--log", install_log)
    assert report.code == 0, report
    assert not report.named("fail")
    assert report.named("warn") == {"rejected.booked"}
    assert "all known before" in report.text("rejected.booked")
    assert report.text("log.errors") == "0, at most 0"


def test_every_payment_has_the_approval_of_its_state(place, installed):
    found = dict(
        place.query(
            installed,
            "SELECT approval_state, array_agg(amount) FROM account_payment GROUP BY 1",
        )
    )
    assert {state: set(amounts) for state, amounts in found.items()} == _APPROVALS


def test_what_is_posted_was_once_posted(place, installed):
    wrong = place.query(
        installed,
        "SELECT amount FROM account_payment"
        " WHERE COALESCE(once_posted, FALSE) != (approval_state = 'posted')",
    )
    assert wrong == []


def test_no_other_table_of_the_business_is_touched(place, plain, installed):
    wanted = {
        table: names
        for table, names in tables.columns(place, plain).items()
        if _is_business(table) and table.startswith("account_")
    }
    assert len(wanted) > 50
    assert tables.contents(place, plain, wanted) == tables.contents(
        place, installed, wanted
    )
    rest = {
        table: names
        for table, names in tables.columns(place, plain, _STAMPS).items()
        if _is_business(table) and table not in wanted
    }
    assert {"res_partner", "res_company", "res_partner_bank"} <= rest.keys()
    assert tables.contents(place, plain, rest) == tables.contents(
        place, installed, rest
    )


def test_two_upgrades_change_nothing(place, installed):
    copy = place.clone(installed, "upgraded")
    for number in ("first", "second"):
        log = modules.fresh_log(place.runtime, f"flight-upgrade-{number}")
        modules.upgrade(place.runtime, copy, [ADDON], log)
    wanted = {
        table: names
        for table, names in tables.columns(place, installed).items()
        if _is_business(table)
    }
    was = tables.contents(place, installed, wanted)
    now = tables.contents(place, copy, wanted)
    # Odoo writes its groups again at each upgrade, and dates their users' contacts.
    assert [table for table in wanted if was[table] != now[table]] in (
        [],
        ["res_partner"],
    )


def test_version_that_is_expected_before_the_upgrade_decides(place, installed, plain):
    own = place.query(installed, _VERSION, [ADDON])[0][0]
    assert place.preflight(installed, "--expect-version", own).code == 0
    assert place.preflight(plain, "--expect-version", "").code == 0
    for database, wanted in ((installed, ""), (plain, own)):
        report = place.preflight(database, "--expect-version", wanted)
        assert report.code == 1
        assert report.named("fail") == {"modules.version"}
