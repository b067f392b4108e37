from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import PaymentCase


@tagged("post_install", "-at_install")
class TestWorkflow(PaymentCase):
    def test_payment_goes_from_submission_to_posting_and_each_step_is_logged(self):
        payment = self.payment()
        payment.action_submit()
        self.assertEqual(payment.approval_state, "under_review")
        payment.with_user(self.reviewer).action_review()
        self.assertEqual(payment.approval_state, "for_approval")
        self.assertEqual(payment.reviewer_id, self.reviewer)
        self.assertTrue(payment.review_date)
        payment.with_user(self.approver).action_approve()
        self.assertEqual(payment.approval_state, "approved")
        self.assertEqual(payment.state, "draft")
        payment.with_user(self.poster).action_post()
        self.assertEqual(payment.approval_state, "posted")
        self.assertIn(payment.state, ("in_process", "paid"))
        self.assertEqual(payment.move_id.state, "posted")
        self.assertEqual(
            payment.approval_log_ids.sorted("id").mapped("action"),
            ["submit", "review", "approve", "post"],
        )

    def test_unapproved_payment_is_not_posted_and_the_rule_is_named(self):
        payment = self.payment()
        with self.assertRaisesRegex(UserError, "Vendors"):
            payment.action_post()
        self.assertEqual(payment.state, "draft")
        self.assertFalse(payment.move_id)

    def test_below_every_rule_one_person_posts_at_once(self):
        payment = self.payment(999.99)
        payment.action_post()
        self.assertEqual(payment.approval_state, "posted")
        self.assertEqual(payment.poster_id, self.clerk)

    def test_three_people_within_a_rule_and_the_creator_may_post(self):
        payment = self.payment(user=self.reviewer)
        payment.action_submit()
        with self.assertRaisesRegex(UserError, "took part as creator"):
            payment.with_user(self.reviewer).action_review()
        payment.with_user(self.approver).action_review()
        with self.assertRaisesRegex(UserError, "took part as reviewer"):
            payment.with_user(self.approver).action_approve()
        payment.with_user(self.manager).action_approve()
        payment.with_user(self.reviewer).action_post()
        self.assertEqual(payment.approval_state, "posted")

    def test_four_people_above_the_rules_amount_managers_included(self):
        payment = self.approved(10001)
        for user in (self.clerk, self.reviewer, self.approver):
            with self.assertRaisesRegex(UserError, "took part as"):
                payment.with_user(user).action_post()
        payment.with_user(self.manager).action_post()
        self.assertEqual(payment.approval_state, "posted")

    def test_change_after_review_sends_the_payment_back(self):
        payment = self.payment()
        payment.action_submit()
        payment.with_user(self.reviewer).action_review()
        payment.memo = "another"
        self.assertEqual(payment.approval_state, "draft")
        self.assertFalse(payment.reviewer_id)
        self.assertIn("Memo", payment.approval_log_ids.sorted("id")[-1].reason)

    def test_splitting_does_not_evade_the_rule(self):
        self.rule.cumulative_amount = 1500
        first, second = self.payment(900), self.payment(900)
        first.action_post()
        with self.assertRaisesRegex(UserError, "Vendors"):
            second.action_post()

    def test_posted_payment_is_locked_for_users(self):
        payment = self.posted()
        with self.assertRaisesRegex(UserError, "Posted payments cannot be modified"):
            payment.with_user(self.clerk).memo = "x"
        with self.assertRaisesRegex(UserError, "Posted payments cannot be reset"):
            payment.with_user(self.clerk).action_draft()
        with self.assertRaisesRegex(UserError, "Posted payments cannot be reset"):
            payment.move_id.with_user(self.manager).button_draft()
        with self.assertRaisesRegex(UserError, "never deleted"):
            payment.with_user(self.manager).unlink()

    def test_override_is_used_once_and_entry_follows(self):
        payment = self.posted()
        as_manager = payment.with_user(self.manager)
        self.env["payment.override"].with_user(self.manager)._grant(
            "edit", "typo", payment=as_manager
        )
        as_manager.amount = 4000
        self.assertEqual(payment.amount, 4000)
        self.assertEqual(payment.move_id.state, "posted")
        self.assertEqual(sum(payment.move_id.line_ids.mapped("debit")), 4000)
        with self.assertRaisesRegex(UserError, "Posted payments cannot be modified"):
            as_manager.amount = 3000

    def test_manager_resets_with_an_override(self):
        payment = self.posted()
        as_manager = payment.with_user(self.manager)
        with self.assertRaisesRegex(UserError, "Posted payments cannot be reset"):
            as_manager.action_draft()
        self.env["payment.override"].with_user(self.manager)._grant(
            "reset", "wrong vendor", payment=as_manager
        )
        as_manager.action_draft()
        self.assertEqual((payment.state, payment.approval_state), ("draft", "draft"))
        self.assertEqual(payment.move_id.state, "draft")

    def test_registered_payment_waits_and_reconciles_itself_when_posted(self):
        bill = self.init_invoice(
            "in_invoice", amounts=[5000], post=True, company=self.company
        )
        wizard = (
            self.env["account.payment.register"]
            .with_user(self.clerk)
            .with_context(active_model="account.move", active_ids=bill.ids)
            .create({"journal_id": self.journal.id})
        )
        payment = wizard._create_payments()
        self.assertEqual(payment.approval_state, "under_review")
        self.assertEqual(payment.state, "draft")
        self.assertEqual(bill.payment_state, "not_paid")
        payment.with_user(self.reviewer).action_review()
        payment.with_user(self.approver).action_approve()
        payment.with_user(self.clerk).action_post()
        self.assertIn(bill.payment_state, ("paid", "in_payment"))
        with self.assertRaisesRegex(UserError, "Cannot modify reconciled payment"):
            payment.with_user(self.manager).amount = 1
