import logging
from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models import payment_reminder
from ..models.account_payment_activity import MOST_ACTORS, TYPES
from .common import PaymentCase


@tagged("post_install", "-at_install")
class TestActivities(PaymentCase):
    def actors(self, payment, step):
        """Return who has an activity for a step; no other step may have one."""
        activities = payment.sudo().activity_ids
        self.assertLessEqual(activities.activity_type_id, self.env.ref(TYPES[step]))
        return activities.user_id

    def test_reviewers_are_asked_to_review_and_then_approvers_to_approve(self):
        payment = self.payment()
        payment.action_submit()
        reviewers = self.reviewer | self.approver | self.manager
        self.assertGreaterEqual(self.actors(payment, "review"), reviewers)
        self.assertNotIn(self.clerk, self.actors(payment, "review"))
        payment.with_user(self.reviewer).action_review()
        self.assertGreaterEqual(
            self.actors(payment, "approve"), self.approver | self.manager
        )
        self.assertNotIn(self.reviewer, self.actors(payment, "approve"))
        payment.with_user(self.approver).action_approve()
        self.assertEqual(self.actors(payment, "post"), self.clerk)
        payment.action_post()
        self.assertFalse(payment.activity_ids)

    def test_deadline_is_the_day_of_the_reminder(self):
        self.company.payment_remind_days = 3
        payment = self.payment()
        payment.action_submit()
        day = fields.Date.today() + timedelta(days=3)
        self.assertEqual(
            set(payment.sudo().activity_ids.mapped("date_deadline")), {day}
        )

    def test_named_people_are_asked_and_no_others(self):
        self.rule.reviewer_ids = self.reviewer | self.manager
        payment = self.payment()
        payment.action_submit()
        self.assertEqual(self.actors(payment, "review"), self.reviewer | self.manager)

    def test_whoever_is_barred_is_not_asked(self):
        payment = self.payment(user=self.manager)
        payment.with_user(self.clerk).action_submit()
        self.assertNotIn(self.manager, self.actors(payment, "review"))
        self.assertIn(self.reviewer, self.actors(payment, "review"))

    def test_delegates_are_asked_beside_whom_they_stand_for(self):
        self.rule.reviewer_ids = self.reviewer
        now = fields.Datetime.now()
        self.env["payment.approval.delegation"].with_user(self.reviewer).create(
            {
                "delegate_id": self.poster.id,
                "company_id": self.company.id,
                "date_to": now + timedelta(days=1),
                "reason": "On leave",
            }
        )
        payment = self.payment()
        payment.action_submit()
        self.assertEqual(self.actors(payment, "review"), self.reviewer | self.poster)

    def test_fourth_person_is_asked_to_post(self):
        payment = self.approved(20000)
        asked = self.actors(payment, "post")
        self.assertIn(self.poster, asked)
        self.assertFalse(asked & (self.clerk | self.reviewer | self.approver))

    def test_large_group_is_not_asked_as_a_whole(self):
        for number in range(MOST_ACTORS):
            self._person(f"reviewer_{number}", "group_reviewer")
        payment = self.payment()
        payment.action_submit()
        self.assertEqual(len(self.actors(payment, "review")), MOST_ACTORS)

    def test_author_is_asked_to_correct_what_was_rejected_or_sent_back(self):
        payment = self.payment(user=self.env.ref("base.user_root"))
        as_clerk = payment.with_user(self.clerk)
        as_clerk.action_submit()
        payment.with_user(self.reviewer)._reject("No.")
        self.assertEqual(self.actors(payment, "correct"), self.clerk)
        as_clerk.action_submit()
        self.assertNotIn(self.clerk, self.actors(payment, "review"))
        as_clerk.memo = "another"
        self.assertEqual(payment.approval_state, "draft")
        self.assertEqual(self.actors(payment, "correct"), self.clerk)
        as_clerk.action_submit()
        as_clerk.action_recall()
        self.assertFalse(payment.activity_ids)

    def test_payment_below_every_rule_asks_nobody(self):
        payment = self.payment(10)
        payment.action_submit()
        self.assertFalse(payment.activity_ids)

    def test_activities_of_people_are_left_alone(self):
        payment = self.payment()
        own = payment.activity_schedule("mail.mail_activity_data_todo")
        payment.action_submit()
        payment.action_recall()
        self.assertEqual(payment.activity_ids, own)

    def test_deleted_type_of_activity_stops_no_payment(self):
        self.env.ref(TYPES["review"]).unlink()
        payment = self.payment()
        payment.action_submit()
        self.assertEqual(payment.approval_state, "under_review")
        self.assertFalse(payment.activity_ids)


@tagged("post_install", "-at_install")
class TestReminders(PaymentCase):
    def setUp(self):
        super().setUp()
        # A test commits nothing; what a run has done is asserted instead.
        self.commits = self.startPatcher(
            patch.object(payment_reminder, "commit_progress")
        )
        # None but those that the test makes wait.
        self.env["account.payment"].search(
            [("approval_state", "in", ("under_review", "for_approval", "approved"))]
        )._decide(reminder="escalated")

    def waiting(self, days, **values):
        """Return a payment that has been under review for some days."""
        payment = self.payment(**values)
        payment.action_submit()
        self.age(payment, days)
        return payment

    def age(self, payment, days):
        since = fields.Datetime.now() - timedelta(days=days, minutes=1)
        payment._decide(approval_since=since)

    def run_cron(self):
        """Run as the cron does, and return the messages sent since, oldest first."""
        messages = self.env["mail.message"].sudo()
        last = messages.search([], order="id desc", limit=1).id
        self.env["account.payment"].with_user(
            self.env.ref("base.user_root")
        )._cron_remind()
        return messages.search(
            [("id", ">", last), ("model", "=", "account.payment")], order="id"
        )

    def told(self, messages, payment):
        return messages.filtered(
            lambda one: one.res_id == payment.id and one.partner_ids
        ).partner_ids.user_ids

    def test_next_actors_are_reminded_once_for_each_step(self):
        payment = self.waiting(2)
        fresh = self.waiting(1)
        sent = self.run_cron()
        self.assertGreaterEqual(
            self.told(sent, payment), self.reviewer | self.approver | self.manager
        )
        self.assertNotIn(self.clerk, self.told(sent, payment))
        self.assertFalse(self.told(sent, fresh))
        self.assertEqual((payment.reminder, fresh.reminder), ("reminded", False))
        self.assertFalse(self.run_cron())
        payment.with_user(self.reviewer).action_review()
        self.assertFalse(payment.reminder)
        self.assertFalse(self.run_cron())
        self.age(payment, 2)
        told = self.told(self.run_cron(), payment)
        self.assertIn(self.approver, told)
        self.assertNotIn(self.reviewer, told)

    def test_managers_are_told_of_what_waits_too_long_and_nobody_is_reminded_twice(
        self,
    ):
        self.rule.reviewer_ids = self.reviewer
        payment = self.waiting(2)
        self.run_cron()
        self.age(payment, 5)
        sent = self.run_cron()
        self.assertGreaterEqual(self.told(sent, payment), self.reviewer | self.manager)
        self.assertEqual(payment.reminder, "escalated")
        note = sent.filtered(lambda one: not one.partner_ids)
        self.assertIn("pay_manager", note.body)
        self.assertFalse(self.run_cron())

    def test_what_was_never_reminded_is_escalated_at_once(self):
        payment = self.waiting(6)
        sent = self.run_cron()
        self.assertEqual(payment.reminder, "escalated")
        per_user = [one.partner_ids for one in sent if one.partner_ids]
        self.assertEqual(len(per_user), len(set(per_user)))

    def test_days_are_the_companys_and_zero_is_never(self):
        payment = self.waiting(3)
        self.company.write({"payment_remind_days": 4, "payment_escalate_days": 0})
        self.assertFalse(self.run_cron())
        self.age(payment, 400)
        self.run_cron()
        self.assertEqual(payment.reminder, "reminded")
        self.company.payment_remind_days = 0
        second = self.waiting(400)
        self.run_cron()
        self.assertFalse(second.reminder)

    def test_drafts_posted_payments_and_companies_without_control_are_left_alone(self):
        draft = self.payment()
        below = self.payment(10)
        below.action_submit()
        posted = self.posted()
        waits = self.waiting(9)
        for payment in (draft, below, posted):
            self.age(payment, 9)
        self.company.payment_control = False
        self.assertFalse(self.run_cron())
        self.company.payment_control = True
        self.run_cron()
        self.assertEqual(waits.reminder, "escalated")
        self.assertFalse(draft.reminder or below.reminder or posted.reminder)

    def test_approved_payment_reminds_of_its_posting(self):
        payment = self.approved()
        self.age(payment, 2)
        self.assertEqual(self.told(self.run_cron(), payment), self.clerk)

    def test_message_says_what_waits_since_when_for_whom_and_why(self):
        self.company.payment_quarantine_days = 7
        bank = self.env["res.partner.bank"].create(
            {"acc_number": "ACC 1", "partner_id": self.partner_a.id}
        )
        self.rule.reviewer_ids = self.reviewer
        self.waiting(2, partner_bank_id=bank.id)
        (message,) = self.run_cron()
        for text in ("partner_a", "5,000.00", "review", "pay_reviewer", "ACC 1"):
            self.assertIn(text, message.body)

    def test_each_is_told_in_its_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.rule.reviewer_ids = self.reviewer
        self.reviewer.lang = "fr_FR"
        self.waiting(2, date="2026-01-31")
        seen = []

        def say(payment, actors):
            seen.append(payment.env.lang)
            return "x"

        with patch.object(type(self.env["account.payment"]), "_say_late", say):
            self.run_cron()
        self.assertEqual(seen, ["fr_FR"])

    def test_payment_that_fails_holds_up_no_other_and_is_tried_again(self):
        payments = self.waiting(2) | self.waiting(2) | self.waiting(2)
        model = type(self.env["account.payment"])
        tell = model._tell_late

        def fail_for_the_first(payment, kind):
            tell(payment, kind)
            if payment == payments[0]:
                raise ValueError("No mail today.")

        with (
            patch.object(model, "_tell_late", fail_for_the_first),
            mute_logger("odoo.addons.payment_account_enhanced.models.payment_reminder"),
        ):
            sent = self.run_cron()
        self.assertEqual(payments.mapped("reminder"), [False, "reminded", "reminded"])
        self.assertFalse(self.told(sent, payments[0]))
        sent = self.run_cron()
        self.assertTrue(self.told(sent, payments[0]))
        self.assertFalse(self.told(sent, payments[1]))

    def test_run_goes_batch_by_batch_and_is_taken_up_where_it_stopped(self):
        payments = self.env["account.payment"].union(
            *(self.waiting(2) for _number in range(5))
        )
        self.commits.side_effect = [None, RuntimeError("The server stops.")]
        with (
            patch.object(payment_reminder, "_BATCH", 2),
            # Odoo's assertRaises would undo what the run has done.
            suppress(RuntimeError),
        ):
            self.run_cron()
        self.assertEqual(payments.mapped("reminder"), ["reminded"] * 4 + [False])
        self.commits.side_effect = None
        sent = self.run_cron()
        self.assertEqual(set(sent.mapped("res_id")), {payments[-1].id})

    def test_run_logs_how_many(self):
        self.waiting(2)
        self.waiting(9)
        with self.assertLogs(payment_reminder._logger, logging.INFO) as logs:
            self.run_cron()
        said = " ".join(logs.output)
        self.assertIn("1 escalated, 0 failed", said)
        self.assertIn("1 reminded, 0 failed", said)

    def test_cron_calls_it(self):
        payment = self.waiting(2)
        self.env.ref("payment_account_enhanced.cron_remind").ir_actions_server_id.run()
        self.assertEqual(payment.reminder, "reminded")
