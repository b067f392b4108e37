"""Posting payments in one batch: under control, with control off, without the addon.

Each round posts as many payments in a plain Odoo and in one with the addon, on the same
data and at the same time, each on a core of its own: a machine whose speed changes with
the minutes is as slow for the one as for the other. Who is through posts on until the
other is, so that neither has the machine to itself.

Under control the company has three rules, one of them cumulative, accounts with a
quarantine that is over, and payments that are below every rule or were approved by
three people before.
"""

import gc
import statistics
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from payment_batch.meeting import Meeting

MINUTES = 50
COUNT = 5000
FEW = 500
ROUNDS = 3
PARTNERS = 100
LIMIT = 1.05
MODULE = "payment_account_enhanced"
TOLD = {
    "off": "control off",
    "on": "below every rule",
    "approved": "approved before",
}
_HERE = Path(__file__)
# Payments that keep a core busy while the other process is not through.
_MEANWHILE = 20


def measure(suite):
    """Compare the batch in a plain Odoo and in one with the addon, pair by pair."""
    plain = suite.database("payments_plain", ["account"])
    ours = suite.database("payments_ours", ["account"])
    suite.install(ours, [MODULE])
    rounds = []
    for _round in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            results = suite.together(
                (plain, _HERE, "post_plain", {"folder": folder}),
                (ours, _HERE, "post_ours", {"folder": folder}),
            )
        rounds.append({one["name"]: one["value"] for one in results})
    yield from _summary(rounds)


def post_plain(env, folder):
    """Post as Odoo does, beside each batch of the other; without the addon."""
    batch = Batch(env, Meeting(folder, "plain", 2))
    batch.warm_up()
    for name in TOLD:
        seconds, queries = batch.post_together(name)
        yield _result(f"beside {name}", seconds, "s")
    yield _result("plain queries", queries, "")


def post_ours(env, folder):
    """Post with control off and on, below the rules and approved before."""
    batch = Batch(env, Meeting(folder, "ours", 2))
    batch.set_up_control()
    batch.warm_up()
    for name in TOLD:
        env.company.payment_control = name != "off"
        prepare = batch.approve if name == "approved" else None
        seconds, queries = batch.post_together(name, prepare)
        yield _result(name, seconds, "s")
        yield _result(f"{name} queries", queries, "")
    for control in (False, True):
        env.company.payment_control = control
        name = "on" if control else "off"
        yield _result(f"{name} few queries", batch.post(FEW)[1], "")


class Batch:
    """Payments of one clerk to some vendors, who have bank accounts.

    :param env: environment of the superuser
    :param meeting: with the process that posts at the same time
    """

    def __init__(self, env, meeting):
        self.env = env
        self.meeting = meeting
        self.journal = env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", env.company.id)], limit=1
        )
        self.partners = env["res.partner"].create(
            [{"name": f"Vendor {number}"} for number in range(PARTNERS)]
        )
        env["res.partner.bank"].create(
            [
                {"acc_number": f"BATCH {partner.id}", "partner_id": partner.id}
                for partner in self.partners
            ]
        )
        self.clerk = self.person("clerk", "account.group_account_invoice")

    def person(self, login, group):
        """Create a user in one group."""
        users = self.env["res.users"].with_context(no_reset_password=True)
        field = "group_ids" if "group_ids" in users._fields else "groups_id"
        return users.create(
            {"login": login, "name": login, field: [(4, self.env.ref(group).id)]}
        )

    def set_up_control(self):
        """Give the company rules, and the clerk and two others their roles."""
        field = "group_ids" if "group_ids" in self.clerk._fields else "groups_id"
        self.clerk.write({field: [(4, self.env.ref(f"{MODULE}.group_user").id)]})
        self.reviewer = self.person("reviewer", f"{MODULE}.group_reviewer")
        self.approver = self.person("approver", f"{MODULE}.group_approver")
        tag = self.env["res.partner.category"].create({"name": "Risky"})
        self.env["payment.approval.rule"].create(
            [
                {"name": "Large", "minimum_amount": 1000, "four_eyes_amount": 10000},
                {
                    "name": "Much",
                    "minimum_amount": 10**6,
                    "cumulative_amount": 10**7,
                },
                {"name": "Risky", "partner_category_ids": [(6, 0, tag.ids)]},
            ]
        )
        # Old accounts: what is held back is not posted.
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner_bank SET quarantine_since = '2020-01-01'"
        )
        self.env.invalidate_all()

    def warm_up(self):
        """Post one payment to each vendor: what is read once is read then."""
        self._create(PARTNERS).action_post()
        self.env.flush_all()

    def post_together(self, name, prepare=None):
        """Post `COUNT` payments while the other process posts as many.

        :param str name: what the two call it
        :param prepare: what is done to them before, unmeasured
        :return: seconds and queries
        """
        with self._undone():
            payments = self._prepared(COUNT, prepare)
            self.meeting.wait(f"{name} begins")
            result = self._measured(payments)
            self.meeting.arrive(f"{name} is done")
            while not self.meeting.complete(f"{name} is done"):
                self._create(_MEANWHILE).action_post()
        return result

    def post(self, count):
        """Post payments at once, and take everything back.

        :param int count: how many
        :return: seconds and queries
        """
        with self._undone():
            return self._measured(self._prepared(count))

    def _prepared(self, count, prepare=None):
        payments = self._create(count, 100 if prepare is None else 5000)
        if prepare:
            prepare(payments)
        # As committed: Odoo follows no field of what is made in the same breath.
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()
        # As in a request of its own: environments of earlier steps are in cycles with
        # what they know, and Odoo looks through all that are left for each new one.
        gc.collect()
        # Batches that were taken back left statistics of empty tables, and plans for
        # those: Odoo's search for the payments of an invoice would take minutes.
        # The tables that all databases share would stay locked for the other process.
        self.env.cr.execute(
            """SELECT 'ANALYZE ' || string_agg(quote_ident(tablename), ', ')
                 FROM pg_tables WHERE schemaname = 'public'"""
        )
        self.env.cr.execute(self.env.cr.fetchone()[0])
        return payments

    def _measured(self, payments):
        queries = self.env.cr.sql_log_count
        start = time.perf_counter()
        payments.action_post()
        self.env.flush_all()
        # What Odoo does on commit: the chatter of changed fields.
        self.env.cr.precommit.run()
        seconds = time.perf_counter() - start
        queries = self.env.cr.sql_log_count - queries
        states = set(payments.mapped("state"))
        if states != {"in_process"}:
            raise AssertionError(f"not posted, but {states}")
        return seconds, queries

    def approve(self, payments):
        """Take payments through submission, review and approval."""
        payments.action_submit()
        payments.with_user(self.reviewer).action_review()
        payments.with_user(self.approver).action_approve()

    def _create(self, count, amount=100):
        payments = self.env["account.payment"].with_user(self.clerk)
        return payments.create(
            [
                {
                    "payment_type": "outbound",
                    "partner_type": "supplier",
                    "partner_id": self.partners[number % PARTNERS].id,
                    "journal_id": self.journal.id,
                    "amount": amount + number % 50,
                    "memo": f"Batch {number}",
                }
                for number in range(count)
            ]
        )

    @contextmanager
    def _undone(self):
        self.env.flush_all()
        self.env.cr.execute("SAVEPOINT batch")
        yield
        self.env.cr.precommit.clear()
        self.env.cr.execute("ROLLBACK TO SAVEPOINT batch")
        self.env.invalidate_all()


def _summary(rounds):
    """Yield medians over the rounds, and how they compare within each pair."""
    times = {name: [one[name] for one in rounds] for name in rounds[0]}
    for name, told in TOLD.items():
        yield {
            **_result(f"{COUNT} payments posted, {told}", _median(times[name]), "s"),
            "baseline": _median(times[f"beside {name}"]),
        }
    for name, told in TOLD.items():
        ratios = [one[name] / one[f"beside {name}"] for one in rounds]
        yield {
            **_result(f"{told} / without the addon", _median(ratios), "x"),
            "limit": LIMIT,
            "interval": (min(ratios), max(ratios)),
        }
    for name in ("plain", *TOLD):
        told = f"{COUNT} payments, {TOLD.get(name, 'without the addon')}: queries"
        yield _result(told, _median(times[f"{name} queries"]), "")
    extra = {
        count: _median(times[f"on {few}queries"]) - _median(times[f"off {few}queries"])
        for count, few in ((FEW, "few "), (COUNT, ""))
    }
    for count, queries in extra.items():
        yield _result(f"queries that control adds to {count} payments", queries, "")


def _median(values):
    return statistics.median(values)


def _result(name, value, unit):
    return {"name": name, "value": value, "unit": unit}
