from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import PaymentCase


@tagged("post_install", "-at_install")
class TestDelegation(PaymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.now = fields.Datetime.now()
        cls.deputy = cls._person("deputy", "group_user")

    def delegate(self, delegator, to, user=None, start=-1, end=1, **values):
        """Delegate from some hours ago until some hours from now."""
        return (
            self.env["payment.approval.delegation"]
            .with_user(user or delegator)
            .create(
                {
                    "delegator_id": delegator.id,
                    "delegate_id": to.id,
                    "company_id": self.company.id,
                    "date_from": self.now + timedelta(hours=start),
                    "date_to": self.now + timedelta(hours=end),
                    "reason": "On leave",
                    **values,
                }
            )
        )

    def submitted(self, **values):
        payment = self.payment(**values)
        payment.action_submit()
        return payment

    # Deciding for somebody

    def test_delegate_decides_and_both_are_noted(self):
        self.delegate(self.reviewer, self.deputy)
        payment = self.submitted()
        payment.with_user(self.deputy).action_review()
        self.assertEqual(payment.reviewer_id, self.deputy)
        self.assertEqual(payment.reviewed_for_id, self.reviewer)
        line = payment.approval_log_ids[0]
        self.assertEqual(line.user_id, self.deputy)
        self.assertEqual(line.delegator_id, self.reviewer)

    def test_delegate_may_reject_what_it_may_decide(self):
        payment = self.submitted()
        as_deputy = payment.with_user(self.deputy)
        with self.assertRaisesRegex(UserError, "Payment Reviewer"):
            as_deputy._reject("No.")
        self.delegate(self.reviewer, self.deputy)
        as_deputy._reject("No.")
        self.assertEqual(payment.approval_state, "rejected")

    def test_delegated_right_is_the_delegators_and_no_more(self):
        self.delegate(self.reviewer, self.deputy)
        payment = self.submitted()
        payment.with_user(self.manager).action_review()
        with self.assertRaisesRegex(UserError, "Payment Approver"):
            payment.with_user(self.deputy).action_approve()

    def test_named_persons_delegate_stands_for_it(self):
        self.rule.approver_ids = self.manager
        payment = self.submitted()
        payment.with_user(self.reviewer).action_review()
        with self.assertRaisesRegex(UserError, "pay_manager"):
            payment.with_user(self.approver).action_approve()
        self.delegate(self.manager, self.approver)
        payment.with_user(self.approver).action_approve()
        self.assertEqual(payment.approved_for_id, self.manager)

    def test_own_right_comes_before_a_delegated_one(self):
        self.delegate(self.manager, self.approver)
        payment = self.submitted()
        payment.with_user(self.approver).action_review()
        self.assertFalse(payment.reviewed_for_id)

    def test_delegation_holds_in_its_time_and_company(self):
        payment = self.submitted()
        other = self.env["res.company"].create({"name": "Other"})
        (self.reviewer | self.deputy).company_ids += other
        self.delegate(self.reviewer, self.deputy, start=-3, end=-1)
        self.delegate(self.reviewer, self.deputy, start=1, end=3)
        self.delegate(self.reviewer, self.deputy, company_id=other.id)
        with self.assertRaises(UserError):
            payment.with_user(self.deputy).action_review()
        self.delegate(self.reviewer, self.deputy)
        payment.with_user(self.deputy).action_review()

    def test_delegation_in_a_company_holds_in_its_branches(self):
        self.company.write({"child_ids": [Command.create({"name": "Branch"})]})
        branch = self.company.child_ids
        (self.clerk | self.reviewer | self.deputy).company_ids += branch
        self.delegate(self.reviewer, self.deputy)
        payment = self.submitted(company_id=branch.id)
        payment.with_user(self.deputy).action_review()
        self.assertEqual(payment.reviewed_for_id, self.reviewer)

    def test_of_a_delegator_who_left_or_lost_the_group_nothing_is_left(self):
        self.delegate(self.reviewer, self.deputy)
        payment = self.submitted()
        self.reviewer.active = False
        with self.assertRaises(UserError):
            payment.with_user(self.deputy).action_review()
        self.reviewer.active = True
        self.reviewer.groups_id -= self.env.ref(
            "payment_account_enhanced.group_reviewer"
        )
        with self.assertRaises(UserError):
            payment.with_user(self.deputy).action_review()

    def test_overlapping_delegations_are_fine(self):
        self.delegate(self.reviewer, self.deputy)
        self.delegate(self.reviewer, self.deputy, end=5)
        self.delegate(self.approver, self.deputy)
        payment = self.submitted()
        payment.with_user(self.deputy).action_review()
        self.assertIn(payment.reviewed_for_id, self.reviewer | self.approver)

    def test_delegations_form_no_chain(self):
        second = self._person("second", "group_reviewer")
        self.rule.reviewer_ids = self.manager
        self.delegate(self.manager, second)
        self.delegate(second, self.deputy)
        payment = self.submitted()
        with self.assertRaises(UserError):
            payment.with_user(self.deputy).action_review()
        payment.with_user(second).action_review()

    # Segregation

    def test_delegator_who_created_it_bars_the_delegate(self):
        self.delegate(self.reviewer, self.deputy)
        payment = self.payment(user=self.reviewer)
        payment.with_user(self.reviewer).action_submit()
        with self.assertRaisesRegex(UserError, "pay_reviewer.*took part as creator"):
            payment.with_user(self.deputy).action_review()

    def test_delegate_who_created_it_is_barred_for_everybody(self):
        self.delegate(self.reviewer, self.deputy)
        payment = self.payment(user=self.deputy)
        payment.action_submit()
        with self.assertRaisesRegex(UserError, "pay_deputy.*took part as creator"):
            payment.action_review()

    def test_of_two_delegators_the_one_is_taken_whom_nothing_bars(self):
        self.delegate(self.reviewer, self.deputy)
        self.delegate(self.approver, self.deputy)
        for creator, stands_for in (
            (self.reviewer, self.approver),
            (self.approver, self.reviewer),
        ):
            payment = self.payment(user=creator)
            payment.action_submit()
            payment.with_user(self.deputy).action_review()
            self.assertEqual(payment.reviewed_for_id, stands_for)

    def test_neither_delegate_nor_delegator_takes_the_next_step(self):
        self.delegate(self.approver, self.deputy)
        payment = self.submitted()
        payment.with_user(self.deputy).action_review()
        with self.assertRaisesRegex(UserError, "pay_approver.*took part as reviewer"):
            payment.with_user(self.approver).action_approve()
        self.delegate(self.manager, self.deputy)
        with self.assertRaisesRegex(UserError, "pay_deputy.*took part as reviewer"):
            payment.with_user(self.deputy).action_approve()
        payment.with_user(self.manager).action_approve()

    def test_neither_of_them_posts_above_the_strict_amount(self):
        self.delegate(self.approver, self.deputy)
        payment = self.submitted(amount=20000)
        payment.with_user(self.reviewer).action_review()
        payment.with_user(self.deputy).action_approve()
        for user in (self.deputy, self.approver, self.reviewer, self.clerk):
            with self.assertRaisesRegex(UserError, "took part as"):
                payment.with_user(user).action_post()
        payment.with_user(self.poster).action_post()

    def test_recall_forgets_on_whose_behalf_it_was_decided(self):
        delegation = self.delegate(self.approver, self.deputy)
        payment = self.submitted()
        payment.with_user(self.deputy).action_review()
        payment.action_recall()
        self.assertFalse(payment.reviewed_for_id)
        delegation.action_revoke()
        payment.action_submit()
        payment.with_user(self.reviewer).action_review()
        payment.with_user(self.approver).action_approve()
        self.assertEqual(payment.approval_state, "approved")

    # Giving and revoking

    def test_reviewer_gives_its_own_decisions_and_nobody_elses(self):
        self.delegate(self.reviewer, self.deputy)
        with self.assertRaises(AccessError):
            self.delegate(self.approver, self.deputy, user=self.reviewer)
        with self.assertRaises(AccessError):
            self.delegate(self.reviewer, self.deputy, user=self.clerk)

    def test_nobody_takes_anothers_decisions_managers_included(self):
        with self.assertRaisesRegex(UserError, "cannot take the decisions"):
            self.delegate(self.approver, self.manager, user=self.manager)
        self.delegate(self.approver, self.deputy, user=self.manager)
        coming = self.delegate(
            self.approver, self.deputy, user=self.manager, start=2, end=3
        )
        with self.assertRaisesRegex(UserError, "cannot take the decisions"):
            coming.delegate_id = self.manager
        given = self.delegate(self.approver, self.manager)
        with self.assertRaisesRegex(UserError, "cannot take the decisions"):
            given.with_user(self.manager).date_to = self.now + timedelta(days=90)

    def test_who_has_no_part_in_payments_gets_and_gives_nothing(self):
        for delegator, to in (
            (self.reviewer, self.bookkeeper),
            (self.reviewer, self.auditor),
            (self.clerk, self.deputy),
        ):
            with self.assertRaisesRegex(ValidationError, "is not in the group"):
                self.delegate(delegator, to, user=self.manager)

    def test_delegation_is_between_two_and_ends_after_it_begins(self):
        with self.assertRaisesRegex(ValidationError, "themselves"):
            self.delegate(self.reviewer, self.reviewer)
        with self.assertRaisesRegex(ValidationError, "ends before it begins"):
            self.delegate(self.reviewer, self.deputy, start=2, end=1)

    def test_each_of_the_two_and_managers_revoke(self):
        payment = self.submitted()
        for user in (self.reviewer, self.deputy, self.manager):
            delegation = self.delegate(self.reviewer, self.deputy)
            with self.assertRaisesRegex(UserError, "can revoke"):
                delegation.with_user(self.approver).action_revoke()
            delegation.with_user(user).action_revoke()
            self.assertFalse(delegation.active)
            self.assertEqual(delegation.revoked_by_id, user)
            self.assertTrue(delegation.revoked_at)
            with self.assertRaises(UserError):
                payment.with_user(self.deputy).action_review()

    def test_what_has_begun_is_neither_rewritten_nor_deleted_nor_revived(self):
        delegation = self.delegate(self.reviewer, self.deputy)
        for values in (
            {"delegate_id": self.poster.id},
            {"delegator_id": self.approver.id},
            {"date_from": self.now},
        ):
            with self.assertRaisesRegex(UserError, "has begun"):
                delegation.with_user(self.manager).write(values)
        with self.assertRaisesRegex(UserError, "has begun"):
            delegation.with_user(self.manager).unlink()
        delegation.date_to = self.now + timedelta(hours=2)
        delegation.action_revoke()
        with self.assertRaisesRegex(UserError, "not revived"):
            delegation.active = True
        with self.assertRaisesRegex(UserError, "not revived"):
            delegation.revoked_by_id = self.deputy

    def test_delegate_and_delegator_are_told(self):
        self.delegate(self.reviewer, self.deputy)
        self.assert_told(self.deputy, "On leave")
        self.delegate(self.approver, self.deputy, user=self.manager)
        self.assert_told(self.approver, "On leave")
        delegation = self.delegate(self.approver, self.poster)
        delegation.with_user(self.poster).action_revoke()
        self.assert_told(self.approver, "revoked the delegation")

    def assert_told(self, user, text):
        messages = (
            self.env["mail.message"]
            .sudo()
            .search(
                [
                    ("model", "=", "payment.approval.delegation"),
                    ("partner_ids", "in", user.partner_id.ids),
                ],
                order="id",
            )
        )
        self.assertIn(text, messages[-1].body)
