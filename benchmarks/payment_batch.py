"""Posting payments in one batch: under control, with control off, without the addon.

Each round posts as many payments in a plain Odoo and in one with the addon, on the same
data. Under control the company has three rules, one of them cumulative, accounts with a
quarantine that is over, and payments that are below every rule or were approved by
three people before.
"""

import statistics
import time
from contextlib import contextmanager
from pathlib import Path

MINUTES = 20
COUNT = 5000
FEW = 500
ROUNDS = 3
PARTNERS = 100
LIMIT = 1.05
MODULE = "payment_account_enhanced"
_HERE = Path(__file__)


def measure(suite):
    """Compare the batch in a plain Odoo and in one with the addon, round by round."""
    plain = suite.database("payments_plain", ["account"])
    ours = suite.database("payments_ours", ["account"])
    suite.install(ours, [MODULE])
    rounds = []
    for _round in range(ROUNDS):
        results = [
            *suite.inside(plain, _HERE, "post_plain"),
            *suite.inside(ours, _HERE, "post_ours"),
        ]
        rounds.append({one["name"]: one["value"] for one in results})
    yield from _summary(rounds)


def post_plain(env):
    """Post as Odoo does; in a database without the addon."""
    batch = Batch(env)
    batch.warm_up()
    seconds, queries = batch.post(COUNT)
    yield _result("plain", seconds, "s")
    yield _result("plain queries", queries, "")


def post_ours(env):
    """Post with control off and on, below the rules and approved before."""
    batch = Batch(env)
    batch.set_up_control()
    batch.warm_up()
    for control in (False, True):
        env.company.payment_control = control
        name = "on" if control else "off"
        seconds, queries = batch.post(COUNT)
        yield _result(name, seconds, "s")
        yield _result(f"{name} queries", queries, "")
        yield _result(f"{name} few queries", batch.post(FEW)[1], "")
    seconds, queries = batch.post(COUNT, prepare=batch.approve)
    yield _result("approved", seconds, "s")


class Batch:
    """Payments of one clerk to some vendors, who have bank accounts.

    :param env: environment of the superuser
    """

    def __init__(self, env):
        self.env = env
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

    def post(self, count, prepare=None):
        """Post payments at once, and take everything back.

        :param int count: how many
        :param prepare: what is done to them before, unmeasured
        :return: seconds and queries
        """
        with self._undone():
            payments = self._create(count, 100 if prepare is None else 5000)
            if prepare:
                prepare(payments)
            # As committed: Odoo follows no field of what is made in the same breath.
            self.env.flush_all()
            self.env.cr.precommit.run()
            self.env.invalidate_all()
            # Batches that were taken back left statistics of empty tables, and plans
            # for those: Odoo's search for the payments of an invoice would take
            # minutes.
            self.env.cr.execute("ANALYZE")
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
    """Yield medians over the rounds, and how they compare within each round."""
    times = {name: [one[name] for one in rounds] for name in rounds[0]}
    for name, told in (
        ("plain", "without the addon"),
        ("off", "control off"),
        ("on", "below every rule"),
        ("approved", "approved before"),
    ):
        yield {
            **_result(f"{COUNT} payments posted, {told}", _median(times[name]), "s"),
            "baseline": _median(times["plain"]),
        }
    for name, told in (("on", "below every rule"), ("approved", "approved before")):
        ratios = [one[name] / one["plain"] for one in rounds]
        yield {
            **_result(f"{told} / without the addon", _median(ratios), "x"),
            "limit": LIMIT,
            "interval": (min(ratios), max(ratios)),
        }
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
