from odoo import SUPERUSER_ID, Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import MODULE, PaymentCase

STEPS = ("action_submit", "action_review", "action_approve", "action_recall")


@tagged("post_install", "-at_install")
class TestDuties(PaymentCase):
    def reviewed(self, amount=5000, **values):
        payment = self.payment(amount, **values)
        payment.action_submit()
        payment.with_user(self.reviewer).action_review()
        return payment

    # Groups

    def test_step_names_the_group_that_it_takes(self):
        payment = self.payment()
        with self.assertRaisesRegex(UserError, "Payment User"):
            payment.with_user(self.bookkeeper).action_submit()
        payment.action_submit()
        for user in (self.clerk, self.bookkeeper, self.auditor):
            with self.assertRaisesRegex(UserError, "Payment Reviewer"):
                payment.with_user(user).action_review()
            with self.assertRaisesRegex(UserError, "Payment Reviewer"):
                payment.with_user(user)._reject("No.")
        with self.assertRaisesRegex(UserError, "Payment User"):
            payment.with_user(self.bookkeeper).action_recall()
        payment.with_user(self.reviewer).action_review()
        for user in (self.clerk, self.reviewer):
            with self.assertRaisesRegex(UserError, "Payment Approver"):
                payment.with_user(user).action_approve()
        payment.with_user(self.approver).action_approve()
        with self.assertRaisesRegex(UserError, "Payment User"):
            payment.with_user(self.bookkeeper).action_post()

    def test_auditor_reads_everything_and_decides_nothing(self):
        payment = self.approved()
        as_auditor = payment.with_user(self.auditor)
        self.assertEqual(as_auditor.approval_state, "approved")
        self.assertTrue(as_auditor.approval_log_ids.mapped("user_id"))
        for model in (
            "payment.approval.rule",
            "payment.approval.log",
            "payment.approval.delegation",
            "payment.override",
            "payment.bank.change",
        ):
            self.env[model].with_user(self.auditor).search([]).read()
        for step in (*STEPS, "action_post"):
            with self.subTest(step), self.assertRaises(UserError):
                getattr(as_auditor, step)()
        with self.assertRaises(UserError):
            as_auditor._reject("No.")
        self.assertEqual(payment.approval_state, "approved")

    def test_every_role_reads_all_our_fields_of_what_it_may_read(self):
        payment = self.posted()
        bank = self.env["res.partner.bank"].create(
            {"acc_number": "ACC 1", "partner_id": self.partner_a.id}
        )
        for user in (self.bookkeeper, self.clerk, self.manager, self.auditor):
            for record in (payment, payment.move_id, bank):
                theirs = record.with_user(user)
                # Other addons have fields that their own users alone read.
                ours = [
                    name
                    for name in theirs.fields_get()
                    if theirs._fields[name]._module == MODULE
                ]
                self.assertTrue(ours)
                self.assertTrue(theirs.read(ours))

    def test_who_works_in_another_company_decides_nothing_here(self):
        other = self.env["res.company"].create({"name": "Other"})
        payment = self.payment()
        payment.action_submit()
        self.reviewer.write(
            {"company_id": other.id, "company_ids": [Command.set(other.ids)]}
        )
        with self.assertRaises(UserError):
            payment.with_user(self.reviewer).action_review()
        # Not even one who is shown it all the same.
        self.assertFalse(payment._is_decider("review", self.reviewer))

    # States

    def test_steps_start_from_their_states_alone(self):
        payment = self.payment()
        with self.assertRaisesRegex(UserError, "is Draft: this step starts from"):
            payment.with_user(self.reviewer).action_review()
        with self.assertRaisesRegex(UserError, "is Draft: this step starts from"):
            payment.with_user(self.approver).action_approve()
        with self.assertRaisesRegex(UserError, "is Draft: this step starts from"):
            payment.action_recall()
        payment.action_submit()
        with self.assertRaisesRegex(UserError, "is Under Review"):
            payment.action_submit()
        with self.assertRaisesRegex(UserError, "is Under Review"):
            payment.with_user(self.approver).action_approve()
        payment.with_user(self.reviewer).action_review()
        with self.assertRaisesRegex(UserError, "is For Approval"):
            payment.with_user(self.manager).action_review()

    def test_cancelled_and_posted_payments_are_submitted_to_nobody(self):
        payment = self.payment(10)
        payment.action_cancel()
        with self.assertRaisesRegex(UserError, "is Cancelled"):
            payment.action_submit()
        with self.assertRaisesRegex(UserError, "Reset it to draft"):
            payment.action_post()
        with self.assertRaisesRegex(UserError, "is Posted"):
            posted = self.payment(10)
            posted.action_post()
            posted.action_submit()

    def test_payment_that_the_bank_refused_is_reset_before_it_is_submitted(self):
        payment = self.payment(10)
        payment.action_post()
        overrides = self.env["payment.override"].with_user(self.manager)
        overrides._grant("reset", "refused", payment=payment.with_user(self.manager))
        payment.with_user(self.manager).action_reject()
        self.assertEqual(payment.approval_state, "rejected")
        with self.assertRaisesRegex(UserError, "no draft any more"):
            payment.action_submit()
        with self.assertRaisesRegex(UserError, "Reset it to draft"):
            payment.action_post()
        payment.action_draft()
        payment.action_post()
        self.assertEqual(payment.approval_state, "posted")

    def test_company_without_control_has_no_steps(self):
        payment = self.payment()
        self.company.payment_control = False
        with self.assertRaisesRegex(UserError, "take no approval"):
            payment.action_submit()

    def test_rejection_needs_a_reason_and_ends_in_a_new_submission(self):
        payment = self.reviewed()
        as_approver = payment.with_user(self.approver)
        for nothing in ("", "  ", False):
            with self.assertRaisesRegex(UserError, "needs a reason"):
                as_approver._reject(nothing)
        as_approver._reject(" Wrong amount. ")
        self.assertEqual(payment.approval_state, "rejected")
        self.assertEqual(payment.reject_reason, "Wrong amount.")
        self.assertFalse(payment.reviewer_id)
        line = payment.approval_log_ids[0]
        self.assertEqual((line.action, line.user_id), ("reject", self.approver))
        self.assertEqual(line.reason, "Wrong amount.")
        payment.action_submit()
        self.assertEqual(payment.approval_state, "under_review")
        self.assertFalse(payment.reject_reason)

    def test_own_payment_is_recalled_and_others_take_a_manager(self):
        payment = self.reviewed()
        with self.assertRaisesRegex(UserError, "only who submitted"):
            payment.with_user(self.poster).action_recall()
        payment.action_recall()
        self.assertEqual(payment.approval_state, "draft")
        payment.action_submit()
        payment.with_user(self.manager).action_recall()
        self.assertEqual(payment.approval_state, "draft")

    def test_decision_log_outlives_every_reset_and_nobody_changes_it(self):
        payment = self.reviewed()
        payment.action_recall()
        payment.action_submit()
        log = payment.approval_log_ids.sorted("id")
        self.assertEqual(log.mapped("action"), ["submit", "review", "recall", "submit"])
        self.assertEqual(log.mapped("state_after")[1:3], ["for_approval", "draft"])
        for user in (self.manager, self.env.ref("base.user_root")):
            with self.assertRaises(AccessError):
                log.with_user(user).sudo().write({"reason": "x"})
            with self.assertRaises(AccessError):
                log.with_user(user).sudo().unlink()
        with self.assertRaises(AccessError):
            log.with_user(self.manager).create({"action": "approve"})

    # Segregation

    def test_creator_is_who_created_and_who_submitted(self):
        payment = self.payment(user=self.reviewer)
        payment.with_user(self.approver).action_submit()
        for user in (self.reviewer, self.approver):
            with self.assertRaisesRegex(UserError, "took part as creator"):
                payment.with_user(user).action_review()
        payment.with_user(self.manager).action_review()

    def test_who_submits_what_odoo_made_is_its_creator(self):
        payment = self.payment(user=self.env.ref("base.user_root"))
        self.assertEqual(payment.create_uid.id, SUPERUSER_ID)
        payment.with_user(self.reviewer).action_submit()
        with self.assertRaisesRegex(UserError, "took part as creator"):
            payment.with_user(self.reviewer).action_review()
        payment.with_user(self.approver).action_review()

    def test_who_changed_the_draft_of_another_is_a_creator(self):
        payment = self.payment(10)
        payment.with_user(self.reviewer).write({"amount": 5000, "memo": "more"})
        self.assertEqual(payment.preparer_ids, self.reviewer)
        payment.action_submit()
        with self.assertRaisesRegex(UserError, "took part as one who changed it"):
            payment.with_user(self.reviewer).action_review()
        payment.with_user(self.approver).action_review()

    def test_saving_what_is_there_already_changes_nothing(self):
        payment = self.payment()
        payment.with_user(self.reviewer).write({"amount": 5000, "is_sent": True})
        self.assertFalse(payment.preparer_ids)

    def test_hand_in_a_payment_is_nothing_to_be_written(self):
        payment = self.payment()
        with self.assertRaisesRegex(UserError, "steps of the approval workflow"):
            payment.with_user(self.manager).preparer_ids = False
        with self.assertRaisesRegex(UserError, "steps of the approval workflow"):
            self.payment(approval_since="2020-01-01")

    def test_reviewer_of_an_earlier_round_may_approve_the_next(self):
        payment = self.payment()
        payment.action_submit()
        payment.with_user(self.approver).action_review()
        payment.action_recall()
        payment.action_submit()
        payment.with_user(self.reviewer).action_review()
        payment.with_user(self.approver).action_approve()
        self.assertEqual(payment.approval_state, "approved")

    def test_each_pair_is_relaxed_by_itself(self):
        company = self.company
        payment = self.payment(user=self.manager)
        as_manager = payment.with_user(self.manager)
        as_manager.action_submit()
        with self.assertRaises(UserError):
            as_manager.action_review()
        company.payment_relax_creator_review = True
        as_manager.action_review()
        with self.assertRaisesRegex(UserError, "took part as creator"):
            as_manager.action_approve()
        company.payment_relax_creator_approve = True
        with self.assertRaisesRegex(UserError, "took part as reviewer"):
            as_manager.action_approve()
        company.payment_relax_reviewer_approve = True
        as_manager.action_approve()
        as_manager.action_post()
        self.assertEqual(payment.approval_state, "posted")

    def test_poster_is_relaxed_above_the_strict_amount(self):
        payment = self.approved(20000)
        with self.assertRaisesRegex(UserError, "four people"):
            payment.action_post()
        self.company.payment_relax_poster = True
        payment.action_post()
        self.assertEqual(payment.approval_state, "posted")

    def test_creator_relaxation_covers_who_changed_the_draft(self):
        self.company.payment_relax_creator_review = True
        payment = self.payment(10)
        payment.with_user(self.reviewer).amount = 5000
        payment.action_submit()
        payment.with_user(self.reviewer).action_review()
        self.assertEqual(payment.approval_state, "for_approval")

    def test_one_step_suffices_where_the_rule_asks_for_one(self):
        self.rule.needs_approval = False
        payment = self.reviewed()
        self.assertEqual(payment.approval_state, "approved")
        self.rule.write({"needs_approval": True, "needs_review": False})
        payment = self.payment()
        payment.action_submit()
        self.assertEqual(payment.approval_state, "for_approval")
        payment.with_user(self.approver).action_approve()
        payment.action_post()
        self.assertEqual(payment.approval_state, "posted")

    # Many at once

    def test_step_of_many_is_taken_of_all_or_of_none(self):
        payments = self.payment() | self.payment(user=self.reviewer)
        payments.with_user(self.clerk).action_submit()
        with self.assertRaisesRegex(UserError, "took part as creator"):
            payments.with_user(self.reviewer).action_review()
        self.assertEqual(payments.mapped("approval_state"), ["under_review"] * 2)
        payments.with_user(self.approver).action_review()
        self.assertEqual(payments.mapped("approval_state"), ["for_approval"] * 2)

    def test_some_are_approved_by_review_and_some_are_not(self):
        self.rule.write({"needs_approval": False, "payment_type": "inbound"})
        self.rule.copy({"needs_approval": True, "payment_type": "outbound"})
        payments = self.payment() | self.payment(
            payment_type="inbound", partner_type="customer"
        )
        payments.action_submit()
        payments.with_user(self.reviewer).action_review()
        self.assertEqual(
            payments.mapped("approval_state"), ["for_approval", "approved"]
        )
