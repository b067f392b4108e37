from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import PaymentCase


@tagged("post_install", "-at_install")
class TestQuarantine(PaymentCase):
    """The bookkeeper keeps bank accounts, the clerk pays to them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.payment_quarantine_days = 7
        keeps = cls.env.ref("base.group_partner_manager")
        for user in (cls.bookkeeper, cls.approver, cls.manager):
            user.groups_id += keeps
        cls.bank = cls.account()

    @classmethod
    def account(cls, number="ACC 1", partner=None, **values):
        """Enter a bank account as the bookkeeper."""
        return (
            cls.env["res.partner.bank"]
            .with_user(cls.bookkeeper)
            .create(
                {
                    "acc_number": number,
                    "partner_id": (partner or cls.partner_a).id,
                    **values,
                }
            )
        )

    @classmethod
    def payment(cls, amount=5000, user=None, **values):
        bank = {"partner_bank_id": cls.bank.id}
        return super().payment(amount, user, **{**bank, **values})

    def age(self, bank, days=8):
        """Make the last change of an account some days older."""
        since = bank.quarantine_since - timedelta(days=days)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner_bank SET quarantine_since = %s WHERE id = %s",
            [since, bank.id],
        )
        self.env.invalidate_all()

    def for_approval(self, **values):
        payment = self.payment(**values)
        payment.action_submit()
        payment.with_user(self.reviewer).action_review()
        return payment

    def confirm(self, user=None):
        self.bank.with_user(user or self.manager).action_confirm_bank()

    # What is held

    def test_held_payment_is_submitted_and_reviewed_but_not_approved(self):
        payment = self.for_approval()
        self.assertEqual(payment.approval_state, "for_approval")
        with self.assertRaisesRegex(UserError, "held back.*ACC 1.*pay_bookkeeper"):
            payment.with_user(self.approver).action_approve()
        self.confirm()
        payment.with_user(self.approver).action_approve()
        self.assertEqual(payment.approval_state, "approved")

    def test_held_payment_below_every_rule_is_not_posted(self):
        payment = self.payment(10)
        with self.assertRaisesRegex(UserError, "held back"):
            payment.action_post()
        self.assertEqual(payment.state, "draft")
        self.confirm()
        payment.action_post()
        self.assertEqual(payment.approval_state, "posted")

    def test_approved_payment_is_not_posted_once_it_is_held(self):
        self.company.payment_quarantine_days = 0
        payment = self.approved()
        self.company.payment_quarantine_days = 7
        with self.assertRaisesRegex(UserError, "held back"):
            payment.with_user(self.poster).action_post()

    def test_review_that_is_the_approval_waits_too(self):
        self.rule.needs_approval = False
        payment = self.payment()
        payment.action_submit()
        with self.assertRaisesRegex(UserError, "held back"):
            payment.with_user(self.reviewer).action_review()

    def test_payment_tells_why_and_until_when(self):
        payment = self.payment()
        until = self.bank.quarantine_since + timedelta(days=7)
        self.assertEqual(payment.bank_quarantine_until, until)
        for text in ("ACC 1", "partner_a", "pay_bookkeeper", "pay_clerk"):
            self.assertIn(text, payment.bank_quarantine)
        self.confirm()
        self.assertFalse(payment.bank_quarantine_until)
        self.assertFalse(payment.bank_quarantine)

    def test_form_tells_before_it_is_saved(self):
        form = Form(
            self.env["account.payment"]
            .with_user(self.clerk)
            .with_context(
                default_payment_type="outbound", default_partner_type="supplier"
            )
        )
        form.partner_id = self.partner_a
        self.assertIn("ACC 1", form.bank_quarantine)

    def test_payment_is_free_when_the_days_are_over(self):
        payment = self.payment(10)
        self.age(self.bank, 7)
        self.assertFalse(payment._held_until())
        payment.action_post()
        self.assertEqual(payment.approval_state, "posted")

    def test_nothing_is_held_that_comes_in_or_has_no_account_or_no_control(self):
        incoming = self.payment(
            10, payment_type="inbound", partner_type="customer", partner_bank_id=False
        )
        without = self.payment(10, partner_bank_id=False)
        (incoming | without).action_post()
        held = self.payment(10)
        self.company.payment_quarantine_days = 0
        self.assertFalse(held._held_until())
        self.assertFalse(held.bank_quarantine_until)
        self.company.payment_quarantine_days = 7
        self.assertTrue(held.bank_quarantine_until)
        self.company.payment_control = False
        self.assertFalse(held._held_until())

    def test_registered_payment_waits_for_the_account(self):
        bill = self.init_invoice(
            "in_invoice", amounts=[100], post=True, company=self.company
        )
        bill.partner_bank_id = self.bank
        wizard = (
            self.env["account.payment.register"]
            .with_user(self.clerk)
            .with_context(active_model="account.move", active_ids=bill.ids)
            .create({"journal_id": self.journal.id, "partner_bank_id": self.bank.id})
        )
        payment = wizard._create_payments()
        self.assertEqual((payment.state, bill.payment_state), ("draft", "not_paid"))
        self.confirm()
        payment.action_post()
        self.assertIn(bill.payment_state, ("paid", "in_payment"))

    def test_trust_in_an_account_is_something_else(self):
        self.env.user.groups_id += self.env.ref("account.group_validate_bank_account")
        self.bank.with_user(self.env.user).allow_out_payment = True
        with self.assertRaisesRegex(UserError, "held back"):
            self.payment(10).action_post()
        self.assertEqual(len(self.bank.bank_change_ids), 1)

    def test_override_sends_no_money_past_the_quarantine(self):
        other = self.account("ACC 11")
        self.confirm()
        posted = self.posted().with_user(self.manager)
        overrides = self.env["payment.override"].with_user(self.manager)
        overrides._grant("edit", "new account", payment=posted)
        with self.assertRaisesRegex(UserError, "ACC 11.*are held until"):
            posted.partner_bank_id = other
        other.with_user(self.reviewer).action_confirm_bank()
        posted.partner_bank_id = other
        self.assertEqual(posted.move_id.partner_bank_id, other)

    # The second person

    def test_who_entered_or_changed_the_account_confirms_nothing(self):
        self.bank.with_user(self.approver).acc_holder_name = "Somebody"
        self.bookkeeper.groups_id += self.reviewer.groups_id
        for user in (self.bookkeeper, self.approver):
            with self.assertRaisesRegex(UserError, "a second person confirms"):
                self.confirm(user)
        self.confirm(self.reviewer)
        self.assertEqual(self.bank.bank_confirmer_ids, self.reviewer)

    def test_confirming_takes_the_group_of_reviewers(self):
        for user in (self.clerk, self.bookkeeper, self.auditor):
            with self.assertRaisesRegex(UserError, "Payment Reviewer"):
                self.confirm(user)

    def test_confirmation_by_who_made_the_payment_leaves_it_held(self):
        payment = self.payment(10, user=self.reviewer)
        self.assertFalse(payment.with_user(self.reviewer).can_confirm_bank)
        with self.assertRaisesRegex(UserError, "a second person"):
            payment.with_user(self.reviewer).action_confirm_bank()
        self.confirm(self.reviewer)
        self.assertTrue(payment._held_until())
        self.assertFalse(payment.bank_confirmed_by_id)
        # Others' payments are free, and another person frees this one.
        self.assertFalse(self.payment(10)._held_until())
        self.assertTrue(payment.with_user(self.approver).can_confirm_bank)
        payment.with_user(self.approver).action_confirm_bank()
        self.assertFalse(payment._held_until())
        self.assertEqual(payment.bank_confirmed_by_id, self.approver)

    def test_confirmed_by_who_changes_the_payment_afterwards_it_is_held_again(self):
        payment = self.payment(10)
        self.confirm(self.reviewer)
        self.assertFalse(payment._held_until())
        payment.with_user(self.reviewer).amount = 900
        self.assertTrue(payment._held_until())

    def test_confirmed_by_who_posts_it_without_any_step_it_is_held(self):
        payment = self.payment(10)
        self.confirm(self.reviewer)
        with self.assertRaisesRegex(UserError, "held back.*pay_reviewer"):
            payment.with_user(self.reviewer).action_post()
        self.assertEqual(payment.approval_state, "draft")
        payment.action_post()
        self.assertEqual(payment.approval_state, "posted")
        self.assertEqual(payment.submitter_id, self.clerk)

    def test_confirmation_counts_in_companies_where_the_person_works(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self._person("stranger", "group_reviewer")
        stranger.write(
            {"company_ids": [Command.set(other.ids)], "company_id": other.id}
        )
        payment = self.payment(10)
        self.bank.sudo().with_user(stranger).sudo().action_confirm_bank()
        self.assertTrue(payment._held_until())

    def test_confirmation_is_logged_on_each_payment_that_it_frees(self):
        payments = self.payment() | self.payment(10)
        payments.with_user(self.reviewer)[:1].action_confirm_bank()
        for payment in payments:
            line = payment.approval_log_ids[0]
            self.assertEqual(line.action, "confirm_bank")
            self.assertEqual(line.user_id, self.reviewer)
        self.assertEqual(payments.bank_confirmed_by_id, self.reviewer)
        change = self.bank.bank_change_ids[0]
        self.assertEqual((change.kind, change.user_id), ("confirmed", self.reviewer))

    def test_payment_that_is_not_held_asks_for_no_confirmation(self):
        with self.assertRaisesRegex(UserError, "not held back"):
            self.payment(partner_bank_id=False).with_user(
                self.reviewer
            ).action_confirm_bank()
        self.confirm()
        with self.assertRaisesRegex(UserError, "has confirmed"):
            self.confirm()

    # Changes

    def test_change_withdraws_the_confirmation_and_sends_payments_back(self):
        self.confirm()
        payment = self.approved()
        draft = self.payment()
        self.bank.acc_number = "ACC 2"
        self.assertFalse(self.bank.bank_confirmer_ids)
        self.assertFalse(self.bank.bank_confirmed_at)
        self.assertEqual(payment.approval_state, "draft")
        self.assertFalse(payment.approver_id)
        line = payment.approval_log_ids[0]
        self.assertEqual((line.action, line.user_id), ("return", self.bookkeeper))
        self.assertIn("ACC 1 → ACC 2", line.reason)
        self.assertEqual(draft.approval_state, "draft")
        self.assertTrue(payment._held_until())

    def test_each_detail_of_where_the_money_goes_counts(self):
        bank = self.env["res.bank"].create({"name": "Bank", "bic": "AAAABEBB"})
        for values in (
            {"acc_number": "ACC 3"},
            {"acc_holder_name": "Other Holder"},
            {"partner_id": self.partner_b.id},
            {"bank_id": bank.id},
        ):
            with self.subTest(values):
                self.age(self.bank)
                self.assertFalse(self.bank.quarantine_until)
                payment = self.approved(partner_id=self.bank.partner_id.id)
                self.bank.write(values)
                self.assertTrue(self.bank.quarantine_until)
                self.assertEqual(payment.approval_state, "draft")

    def test_other_code_of_the_bank_is_another_bank(self):
        bank = self.env["res.bank"].create({"name": "Bank", "bic": "AAAABEBB"})
        self.bank.bank_id = bank
        self.age(self.bank)
        payment = self.approved()
        self.bank.bank_bic = "BBBBBEBB"
        self.assertEqual(bank.bic, "BBBBBEBB")
        self.assertEqual(payment.approval_state, "draft")
        self.assertTrue(self.bank.quarantine_until)
        self.assertIn("AAAABEBB → BBBBBEBB", self.bank.bank_change_ids[0].detail)

    def test_same_number_spelled_otherwise_and_other_fields_change_nothing(self):
        self.age(self.bank)
        payment = self.approved()
        self.bank.write({"acc_number": "ACC-1", "sequence": 3})
        self.bank.write({"acc_number": "ACC-1", "partner_id": self.partner_a.id})
        self.assertFalse(self.bank.quarantine_until)
        self.assertEqual(payment.approval_state, "approved")
        self.assertEqual(self.bank.bank_change_ids.mapped("kind"), ["created"])

    def test_account_changed_through_its_partner_counts_as_well(self):
        self.age(self.bank)
        self.partner_a.with_user(self.bookkeeper).write(
            {"bank_ids": [Command.update(self.bank.id, {"acc_number": "ACC 9"})]}
        )
        self.assertTrue(self.bank.quarantine_until)

    def test_archived_account_sends_payments_back_and_restored_it_is_new(self):
        self.age(self.bank)
        payment = self.approved()
        self.bank.active = False
        self.assertEqual(payment.approval_state, "draft")
        self.age(self.bank)
        self.bank.active = True
        self.assertTrue(self.bank.quarantine_until)
        self.assertEqual(
            self.bank.bank_change_ids.sorted("id").mapped("kind"),
            ["created", "archived", "restored"],
        )

    def test_deleted_account_leaves_its_record(self):
        bank = self.account("ACC 7", self.partner_b)
        number = bank.id
        bank.unlink()
        changes = self.env["payment.bank.change"].search([("bank_ref", "=", number)])
        # Newer series of Odoo archive it.
        last = "archived" if bank.exists() else "deleted"
        self.assertEqual(changes.sorted("id").mapped("kind"), ["created", last])
        self.assertEqual(changes[0].acc_number, "ACC 7")

    def test_merged_contacts_accounts_have_another_holder(self):
        self.age(self.bank)
        payment = self.approved()
        merge = self.env["base.partner.merge.automatic.wizard"]
        merge._merge([self.partner_a.id, self.partner_b.id], self.partner_b)
        self.assertEqual(self.bank.partner_id, self.partner_b)
        self.assertTrue(self.bank.quarantine_until)
        self.assertEqual(payment.approval_state, "draft")

    def test_changer_after_a_confirmation_is_the_only_one_barred(self):
        self.confirm(self.reviewer)
        self.bank.with_user(self.manager).acc_number = "ACC 5"
        self.assertEqual(self.bank.quarantine_changer_ids, self.manager)
        self.bank.with_user(self.approver).acc_number = "ACC 6"
        self.assertEqual(self.bank.quarantine_changer_ids, self.manager | self.approver)
        self.confirm(self.reviewer)

    def test_quarantine_is_nothing_to_be_written(self):
        values = (
            {"quarantine_since": "2020-01-01"},
            {"quarantine_changer_ids": [Command.clear()]},
            {"bank_confirmer_ids": [Command.link(self.clerk.id)]},
            {"bank_confirmed_at": "2020-01-01"},
        )
        for one in values:
            with self.subTest(one):
                with self.assertRaisesRegex(UserError, "changing and confirming"):
                    self.bank.sudo().write(one)
                with self.assertRaisesRegex(UserError, "changing and confirming"):
                    self.account("ACC 8", self.partner_b, **one)
        with self.assertRaisesRegex(UserError, "steps of the approval workflow"):
            self.payment().bank_confirmed_by_id = self.clerk

    def test_defaults_of_the_context_confirm_nothing(self):
        banks = self.env["res.partner.bank"].with_user(self.bookkeeper)
        bank = banks.with_context(
            default_quarantine_since="2020-01-01",
            default_bank_confirmer_ids=self.clerk.ids,
            default_quarantine_changer_ids=[],
        ).create({"acc_number": "ACC 4", "partner_id": self.partner_b.id})
        self.assertTrue(bank.quarantine_until)
        self.assertFalse(bank.bank_confirmer_ids)
        self.assertEqual(bank.quarantine_changer_ids, self.bookkeeper)

    def test_copy_of_an_account_is_new(self):
        self.confirm()
        copied = self.bank.copy({"acc_number": "ACC 10"})
        self.assertTrue(copied.quarantine_until)
        self.assertEqual(copied.quarantine_changer_ids, self.bookkeeper)

    def test_record_of_changes_is_nobodys_to_change(self):
        change = self.bank.bank_change_ids
        with self.assertRaises(AccessError):
            change.sudo().write({"detail": "x"})
        with self.assertRaises(AccessError):
            change.sudo().unlink()
        with self.assertRaises(AccessError):
            change.with_user(self.manager).create({"kind": "confirmed"})

    def test_account_found_at_installation_is_as_old_as_its_row(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner_bank SET quarantine_since = NULL WHERE id = %s",
            [self.bank.id],
        )
        self.env.cr.execute(
            "DELETE FROM res_partner_bank_changer_rel WHERE res_partner_bank_id = %s",
            [self.bank.id],
        )
        self.env.invalidate_all()
        payment = self.payment(10)
        self.assertTrue(payment._held_until())
        self.assertEqual(self.bank._changers(), self.bookkeeper)
        self.env.cr.execute(
            "UPDATE res_partner_bank SET create_date = %s WHERE id = %s",
            [fields.Datetime.now() - timedelta(days=8), self.bank.id],
        )
        self.env.invalidate_all()
        self.assertFalse(payment._held_until())

    def test_drafts_found_at_installation_tell_until_when_they_are_held(self):
        payment = self.payment()
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_payment SET bank_quarantine_until = NULL")
        self.env.invalidate_all()
        self.env["account.payment"]._init_approval_state()
        self.assertTrue(payment.bank_quarantine_until)
