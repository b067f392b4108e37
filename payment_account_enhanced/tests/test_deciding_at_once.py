"""Two people at one payment, or at one vendor: one wins, the other is told.

Nothing here can run in a test transaction: each person has a cursor of its own, so
what the class needs is committed and taken away again.
"""

import threading
import time
from contextlib import contextmanager, nullcontext
from functools import partial
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tests.common import BaseCase, get_db_name
from odoo.tools import mute_logger

MODULE = "payment_account_enhanced"
SECONDS_TO_WAIT = 30
ROLES = {
    "clerk": "group_user",
    "reviewer": "group_reviewer",
    "approver": "group_approver",
    "manager": "group_manager",
}


@contextmanager
def environment(uid=SUPERUSER_ID):
    """An environment on a cursor of its own, committed when all went well."""
    with Registry(get_db_name()).cursor() as cr:
        yield api.Environment(cr, uid, {})


@tagged("post_install", "-at_install", "payment_concurrency")
class TestDecidingAtOnce(BaseCase):
    def setUp(self):
        super().setUp()
        # The thread that runs the tests holds the registry's lock for good.
        self.startPatcher(patch.object(Registry, "_lock", nullcontext()))
        self.ids = {}
        with environment() as env:
            self._create_people(env)
            self._create_rule(env)
        self.addCleanup(self._clean)

    # -- what is committed -------------------------------------------------------------

    def _create_people(self, env):
        company = env.ref("base.main_company")
        self.company_before = (company.payment_control, company.payment_quarantine_days)
        company.write({"payment_control": True, "payment_quarantine_days": 0})
        users = env["res.users"].with_context(no_reset_password=True)
        for name, group in ROLES.items():
            user = users.create(
                {
                    "login": f"pay_at_once_{name}",
                    "name": f"At Once {name}",
                    "email": f"{name}@at-once.example.com",
                    "groups_id": [(6, 0, env.ref(f"{MODULE}.{group}").ids)],
                    "company_id": company.id,
                    "company_ids": [(6, 0, company.ids)],
                }
            )
            self.ids[name] = user.id

    def _create_rule(self, env):
        vendor = env["res.partner"].create({"name": "Vendor At Once"})
        rule = env["payment.approval.rule"].create(
            {
                "name": "At Once",
                "company_id": env.ref("base.main_company").id,
                "partner_ids": [(6, 0, vendor.ids)],
                "minimum_amount": 1000,
            }
        )
        self.ids.update(vendor=vendor.id, rule=rule.id)

    def _payment(self, amount, *steps):
        """Commit a payment that went through some steps.

        :param steps: pairs of who and the name of a step
        :return: its id
        """
        with environment(self.ids["clerk"]) as env:
            journal = env["account.journal"].search(
                [
                    ("type", "=", "bank"),
                    ("company_id", "=", env.ref("base.main_company").id),
                ],
                limit=1,
            )
            payment = env["account.payment"].create(
                {
                    "payment_type": "outbound",
                    "partner_type": "supplier",
                    "partner_id": self.ids["vendor"],
                    "journal_id": journal.id,
                    "amount": amount,
                }
            )
            for who, step in steps:
                getattr(payment.with_user(self.ids[who]), step)()
            return payment.id

    def _clean(self):
        """Delete in SQL: what was posted once is never deleted otherwise."""
        users = tuple(self.ids[name] for name in ROLES)
        with environment() as env:
            env.cr.execute(
                "SELECT id, move_id FROM account_payment WHERE partner_id = %s",
                [self.ids["vendor"]],
            )
            rows = env.cr.fetchall()
            payments = [id_ for id_, _move in rows] or [0]
            moves = [move for _id, move in rows if move] or [0]
            for query, ids in (
                (
                    "DELETE FROM payment_approval_log WHERE payment_ref = ANY(%s)",
                    payments,
                ),
                ("DELETE FROM payment_override WHERE payment_id = ANY(%s)", payments),
                (
                    "DELETE FROM mail_activity WHERE res_model = 'account.payment'"
                    " AND res_id = ANY(%s)",
                    payments,
                ),
                (
                    "DELETE FROM mail_message WHERE model = 'account.payment'"
                    " AND res_id = ANY(%s)",
                    payments,
                ),
                (
                    "UPDATE account_payment SET move_id = NULL WHERE id = ANY(%s)",
                    payments,
                ),
                (
                    "UPDATE account_move SET origin_payment_id = NULL"
                    " WHERE id = ANY(%s)",
                    moves,
                ),
                ("DELETE FROM account_payment WHERE id = ANY(%s)", payments),
                ("DELETE FROM account_move WHERE id = ANY(%s)", moves),
                (
                    "DELETE FROM payment_approval_tally WHERE payee = ANY(%s)",
                    [self.ids["vendor"]],
                ),
                (
                    "DELETE FROM payment_bank_change WHERE partner_id = ANY(%s)",
                    [self.ids["vendor"]],
                ),
                (
                    "DELETE FROM res_partner_bank WHERE partner_id = ANY(%s)",
                    [self.ids["vendor"]],
                ),
            ):
                env.cr.execute(query, [list(ids)])
            env.invalidate_all()
            env["payment.approval.rule"].browse(self.ids["rule"]).unlink()
            people = env["res.users"].browse(users)
            partners = people.partner_id
            people.unlink()
            (partners | partners.browse(self.ids["vendor"])).unlink()
            control, days = self.company_before
            env.ref("base.main_company").write(
                {"payment_control": control, "payment_quarantine_days": days}
            )

    # -- two at once -------------------------------------------------------------------

    def _run_both(self, first, second, waits):
        """Run `first`, then `second` in a transaction begun before; the first commits.

        :param first: pair of a user's name and a callable taking an environment
        :param second: likewise
        :param bool waits: whether the second waits for the first's lock, and is not
            told at once
        :return: what the second is told, None when nothing
        """
        told = []
        begun, ready = threading.Event(), threading.Event()

        def run_second():
            with (
                mute_logger("odoo.sql_db", "odoo.service.model"),
                environment(self.ids[second[0]]) as env,
            ):
                env.cr.execute("SELECT 1 FROM account_payment LIMIT 1")
                begun.set()
                ready.wait(SECONDS_TO_WAIT)
                try:
                    retrying(partial(second[1], env), env)
                    told.append(None)
                except UserError as error:
                    told.append(str(error))
                    env.cr.rollback()

        thread = threading.Thread(target=run_second)
        thread.start()
        self.assertTrue(begun.wait(SECONDS_TO_WAIT))
        with environment(self.ids[first[0]]) as env:
            first[1](env)
            env.flush_all()
            if waits is not None:
                ready.set()
                self._wait_until(told, waits)
        ready.set()
        thread.join(SECONDS_TO_WAIT)
        self.assertFalse(thread.is_alive(), "the second one never came to an end")
        return told[0]

    def _wait_until(self, told, waits):
        """Wait until the second transaction waits for a lock, or was told."""
        deadline = time.monotonic() + SECONDS_TO_WAIT
        while time.monotonic() < deadline:
            with environment() as env:
                env.cr.execute(
                    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
                    "AND wait_event_type = 'Lock'"
                )
                if (waits and env.cr.fetchone()) or (not waits and told):
                    return
            time.sleep(0.05)
        self.fail(f"the second one did not come to where it should: {told}")

    def _step(self, name, payment, env):
        getattr(env["account.payment"].browse(payment), name)()

    def _read(self, payment, *names):
        with environment() as env:
            record = env["account.payment"].browse(payment)
            return tuple(record[name] for name in names)

    def _for_approval(self):
        return self._payment(
            5000, ("clerk", "action_submit"), ("reviewer", "action_review")
        )

    def _approvals(self, payment):
        with environment() as env:
            return env["payment.approval.log"].search_count(
                [("payment_ref", "=", payment), ("action", "=", "approve")]
            )

    def test_of_two_who_approve_at_once_the_second_is_told_that_it_is_being_done(self):
        payment = self._for_approval()
        approve = partial(self._step, "action_approve", payment)
        told = self._run_both(("approver", approve), ("manager", approve), waits=False)
        self.assertIn("Somebody else is deciding", told)
        state, approver = self._read(payment, "approval_state", "approver_id")
        self.assertEqual((state, approver.id), ("approved", self.ids["approver"]))
        self.assertEqual(self._approvals(payment), 1)

    def test_who_approves_what_was_approved_a_moment_ago_is_told_that_it_is(self):
        payment = self._for_approval()
        approve = partial(self._step, "action_approve", payment)
        told = self._run_both(("approver", approve), ("manager", approve), waits=None)
        self.assertIn("is Approved: this step starts from", told)
        self.assertEqual(self._approvals(payment), 1)

    def test_approval_and_recall_at_once_end_in_one_of_them(self):
        for first, second, state in (
            (("approver", "action_approve"), ("clerk", "action_recall"), "approved"),
            (("clerk", "action_recall"), ("approver", "action_approve"), "draft"),
        ):
            with self.subTest(first=first):
                payment = self._for_approval()
                told = self._run_both(
                    (first[0], partial(self._step, first[1], payment)),
                    (second[0], partial(self._step, second[1], payment)),
                    waits=False,
                )
                self.assertIn("Somebody else is deciding", told)
                self.assertEqual(self._read(payment, "approval_state"), (state,))

    def test_recalled_a_moment_ago_is_approved_by_nobody(self):
        payment = self._for_approval()
        told = self._run_both(
            ("clerk", partial(self._step, "action_recall", payment)),
            ("approver", partial(self._step, "action_approve", payment)),
            waits=None,
        )
        self.assertIn("is Draft: this step starts from", told)
        self.assertEqual(self._approvals(payment), 0)

    def test_of_two_who_post_at_once_one_posts(self):
        payment = self._payment(10)
        post = partial(self._step, "action_post", payment)
        told = self._run_both(("clerk", post), ("manager", post), waits=False)
        self.assertIn("Somebody else is deciding", told)
        state, poster = self._read(payment, "approval_state", "poster_id")
        self.assertEqual((state, poster.id), ("posted", self.ids["clerk"]))

    def test_override_is_used_by_one_of_two_transactions(self):
        payment = self._payment(10, ("clerk", "action_post"))
        for waits in (False, None):
            with self.subTest(waits=waits):
                with environment(self.ids["manager"]) as env:
                    env["payment.override"]._grant(
                        "edit", "typo", payment=env["account.payment"].browse(payment)
                    )
                amounts = [20.0 if waits is False else 40.0, 99.0]
                told = self._run_both(
                    ("manager", partial(self._write, payment, amounts[0])),
                    ("manager", partial(self._write, payment, amounts[1])),
                    waits=waits,
                )
                self.assertIn("Posted payments cannot be modified", told)
                self.assertEqual(self._read(payment, "amount"), (amounts[0],))

    def _write(self, payment, amount, env):
        env["account.payment"].browse(payment).amount = amount

    def test_payments_to_one_vendor_posted_at_once_add_up(self):
        with environment() as env:
            rule = env["payment.approval.rule"].browse(self.ids["rule"])
            rule.write({"minimum_amount": 10000, "cumulative_amount": 1500})
        for waits in (True, None):
            with self.subTest(waits=waits):
                self._clear_payments()
                one, other = self._payment(900), self._payment(900)
                told = self._run_both(
                    ("clerk", partial(self._step, "action_post", one)),
                    ("manager", partial(self._step, "action_post", other)),
                    waits=waits,
                )
                self.assertIn("At Once", told)
                self.assertEqual(self._read(one, "approval_state"), ("posted",))
                self.assertEqual(self._read(other, "approval_state"), ("draft",))

    def _clear_payments(self):
        """Let what was posted before lie outside of the period."""
        with environment() as env:
            env.cr.execute(
                "UPDATE account_payment SET date = '2000-01-01' WHERE partner_id = %s",
                [self.ids["vendor"]],
            )

    def test_account_changed_while_its_payment_is_approved_sends_it_back(self):
        with environment() as env:
            bank = env["res.partner.bank"].create(
                {"acc_number": "AT ONCE 1", "partner_id": self.ids["vendor"]}
            )
            bank_id = bank.id
        payment = self._for_approval()
        self.assertEqual(self._read(payment, "partner_bank_id")[0].id, bank_id)
        with environment() as env:
            # Whoever keeps bank accounts has no part in payments.
            env["res.users"].browse(self.ids["manager"]).groups_id += env.ref(
                "base.group_partner_manager"
            )
        told = self._run_both(
            ("approver", partial(self._step, "action_approve", payment)),
            ("manager", partial(self._change_account, bank_id)),
            waits=True,
        )
        self.assertIsNone(told)
        self.assertEqual(self._read(payment, "approval_state"), ("draft",))

    def _change_account(self, bank, env):
        env["res.partner.bank"].browse(bank).acc_number = "AT ONCE 2"
