"""Registering payments: those that need a decision wait, and pay when posted."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .locks_common import LockCase


class RegisterCase(LockCase):
    """Bills, and the register wizard as the clerk has it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.payable = cls.company_data["default_account_payable"]

    @classmethod
    def bill(cls, amount=5000, kind="in_invoice", **values):
        bill = cls.init_invoice(
            kind, amounts=[amount], partner=cls.partner_a, company=cls.company
        )
        bill.write(values)
        bill.action_post()
        return bill

    def register(self, bills, user=None, **values):
        """Register payments as the clerk, and return them."""
        wizard = (
            self.env["account.payment.register"]
            .with_user(user or self.clerk)
            .with_context(active_model="account.move", active_ids=bills.ids)
            .create({"journal_id": self.journal.id, **values})
        )
        return wizard._create_payments()

    def approve(self, payments):
        payments.with_user(self.reviewer).action_review()
        payments.with_user(self.approver).action_approve()

    def post(self, payments):
        self.approve(payments)
        payments.with_user(self.clerk).action_post()

    def assert_equal(self, payments):
        """Payment and entry say the same."""
        for payment in payments:
            move = payment.move_id
            liquidity = payment._seek_for_lines()[0]
            self.assertEqual(abs(liquidity.amount_currency), payment.amount)
            for name in ("currency_id", "partner_id", "date", "journal_id"):
                self.assertEqual(move[name], payment[name], name)
            self.assertEqual(move.ref or "", payment.memo or "")


@tagged("post_install", "-at_install")
class TestRegister(RegisterCase):
    # One invoice

    def test_below_every_rule_it_is_paid_at_once(self):
        bill = self.bill(900)
        payment = self.register(bill)
        self.assertEqual(payment.approval_state, "posted")
        self.assertEqual(payment.registration_result(), payment.state)
        self.assertIn(bill.payment_state, ("paid", "in_payment"))
        self.assert_equal(payment)

    def test_within_a_rule_it_waits_linked_to_its_bill(self):
        bill = self.bill()
        payment = self.register(bill)
        self.assertEqual(payment.registration_result(), "waiting_approval")
        self.assertEqual(payment.state, "draft")
        self.assertEqual(bill.payment_state, "not_paid")
        self.assertIn(payment, bill.matched_payment_ids)
        self.assert_equal(payment)

    def test_waiting_reconciles_itself_when_posted(self):
        bill = self.bill()
        payment = self.register(bill)
        self.post(payment)
        self.assertIn(bill.payment_state, ("paid", "in_payment"))
        self.assertFalse(payment.waiting_line_ids)
        self.assertFalse(payment.waits_to_pay)
        self.assertEqual(payment.registration_result(), payment.state)
        self.assert_equal(payment)

    def test_bookkeeper_without_the_group_registers_and_it_waits(self):
        payment = self.register(self.bill(), user=self.bookkeeper)
        self.assertEqual(payment.approval_state, "under_review")
        self.assertEqual(payment.submitter_id, self.bookkeeper)

    def test_customer_pays_an_invoice_and_it_waits_as_well(self):
        invoice = self.bill(kind="out_invoice")
        payment = self.register(invoice)
        self.assertEqual(payment.payment_type, "inbound")
        self.post(payment)
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))

    def test_wizards_button_leads_to_the_waiting_payment(self):
        bill = self.bill()
        action = (
            self.env["account.payment.register"]
            .with_user(self.clerk)
            .with_context(active_model="account.move", active_ids=bill.ids)
            .create({"journal_id": self.journal.id})
            .action_create_payments()
        )
        payment = self.env["account.payment"].browse(action["res_id"])
        self.assertEqual(payment.approval_state, "under_review")

    def test_journal_without_approval_pays_at_once(self):
        self.journal.payment_approval = False
        payment = self.register(self.bill())
        self.assertEqual(payment.approval_state, "posted")

    def test_quarantined_account_makes_it_wait_instead_of_failing(self):
        self.company.payment_quarantine_days = 7
        bank = self.env["res.partner.bank"].create(
            {
                "partner_id": self.partner_a.id,
                "acc_number": "NEW 1",
                "allow_out_payment": True,
            }
        )
        payment = self.register(self.bill(900), partner_bank_id=bank.id)
        self.assertEqual(payment.approval_state, "approved")
        self.assertEqual(payment.registration_result(), "waiting_approval")
        with self.refused("NEW 1"):
            payment.action_post()
        bank.with_user(self.reviewer).action_confirm_bank()
        payment.with_user(self.clerk).action_post()
        self.assertEqual(payment.approval_state, "posted")

    # Amounts

    def test_partial_payment_leaves_the_rest_open(self):
        bill = self.bill()
        payment = self.register(bill, amount=2000)
        self.post(payment)
        self.assertEqual(bill.payment_state, "partial")
        self.assertEqual(bill.amount_residual, 3000)

    def test_write_off_waits_with_its_payment(self):
        bill = self.bill()
        account = self.company_data["default_account_revenue"]
        payment = self.register(
            bill,
            amount=4990,
            payment_difference_handling="reconcile",
            writeoff_account_id=account.id,
            writeoff_label="Discount",
        )
        self.assertEqual(payment.state, "draft")
        self.post(payment)
        self.assertIn(bill.payment_state, ("paid", "in_payment"))
        write_off = payment.move_id.line_ids.filtered(
            lambda line: line.account_id == account
        )
        self.assertEqual(write_off.balance, -10)
        self.assert_equal(payment)

    def test_other_currency_pays_the_bill_in_full(self):
        currency = self.setup_other_currency("EUR")
        bill = self.bill(currency_id=currency.id)
        payment = self.register(bill, currency_id=self.company.currency_id.id)
        self.post(payment)
        self.assertIn(bill.payment_state, ("paid", "in_payment"))
        self.assert_equal(payment)

    def test_payment_in_other_currency_keeps_the_balance_that_was_registered(self):
        currency = self.setup_other_currency("EUR", rounding=0.01)
        bill = self.bill()
        payment = self.register(bill, currency_id=currency.id)
        balance = abs(payment._seek_for_lines()[1].balance)
        self.assertEqual(payment.approval_state, "under_review")
        self.post(payment)
        self.assertEqual(abs(payment._seek_for_lines()[1].balance), balance)
        self.assertIn(bill.payment_state, ("paid", "in_payment"))

    def test_difference_of_exchange_is_booked_at_the_wizards_rate_when_posted(self):
        currency = self.setup_other_currency("EUR")
        gain = self.company.income_currency_exchange_account_id
        bill = self.bill(currency_id=currency.id)
        payment = self.register(
            bill,
            currency_id=self.company.currency_id.id,
            amount=2000,
            payment_difference_handling="reconcile",
            writeoff_account_id=gain.id,
        )
        self.assertTrue(payment.waiting_rate)
        self.post(payment)
        self.assertIn(bill.payment_state, ("paid", "in_payment"))

    # Many invoices

    def test_grouped_bills_wait_as_one_payment(self):
        bills = self.bill(600) | self.bill(700)
        payment = self.register(bills, group_payment=True)
        self.assertEqual(len(payment), 1)
        self.assertEqual(payment.approval_state, "under_review")
        self.post(payment)
        self.assertEqual(
            set(bills.mapped("payment_state")) - {"paid", "in_payment"}, set()
        )

    def test_of_bills_apart_those_below_are_paid_and_the_others_wait(self):
        small, large = self.bill(300), self.bill(5000)
        payments = self.register(small | large, group_payment=False)
        by_amount = {payment.amount: payment for payment in payments}
        self.assertEqual(by_amount[300].approval_state, "posted")
        self.assertEqual(by_amount[5000].approval_state, "under_review")
        self.assertIn(small.payment_state, ("paid", "in_payment"))
        self.assertEqual(large.payment_state, "not_paid")
        self.post(by_amount[5000])
        self.assertIn(large.payment_state, ("paid", "in_payment"))

    def test_splitting_in_the_wizard_does_not_evade_the_cumulative_amount(self):
        self.rule.cumulative_amount = 1500
        bills = self.bill(800) | self.bill(900)
        payments = self.register(bills, group_payment=False)
        self.assertEqual(set(payments.mapped("approval_state")), {"under_review"})
        self.assertEqual(set(bills.mapped("payment_state")), {"not_paid"})

    def test_bills_of_two_partners_grouped_are_a_payment_each(self):
        other = self.init_invoice(
            "in_invoice",
            amounts=[400],
            partner=self.partner_b,
            post=True,
            company=self.company,
        )
        payments = self.register(self.bill() | other, group_payment=True)
        self.assertEqual(
            sorted(payments.mapped("approval_state")), ["posted", "under_review"]
        )

    def test_nothing_is_left_when_one_of_many_is_refused(self):
        bills = self.bill(300) | self.bill(400)
        lines = bills.line_ids
        wizard = (
            self.env["account.payment.register"]
            .with_user(self.clerk)
            .with_context(active_model="account.move", active_ids=bills.ids)
            .create({"journal_id": self.journal.id, "group_payment": False})
        )
        count = self.env["account.payment"].search_count([])
        self.patch(
            type(self.env["account.payment"]),
            "_note_posting",
            self._refuse_the_second,
        )
        with self.refused("refused"):
            wizard._create_payments()
        self.assertEqual(self.env["account.payment"].search_count([]), count)
        self.assertEqual(set(bills.mapped("payment_state")), {"not_paid"})
        self.assertFalse(lines.matched_debit_ids)

    @staticmethod
    def _refuse_the_second(payments, _free):
        raise UserError(payments.env._("refused"))

    # Meanwhile

    def test_bill_paid_otherwise_meanwhile_does_not_stop_the_payment(self):
        bill = self.bill()
        payment = self.register(bill)
        other = self.posted(5000)
        (other.move_id.line_ids | bill.line_ids).filtered(
            lambda line: line.account_id == self.payable
        ).reconcile()
        self.post(payment)
        self.assertEqual(payment.approval_state, "posted")
        self.assertFalse(payment.is_reconciled)

    def test_bill_paid_in_part_meanwhile_is_paid_the_rest(self):
        bill = self.bill()
        payment = self.register(bill)
        other = self.posted(2000)
        (other.move_id.line_ids | bill.line_ids).filtered(
            lambda line: line.account_id == self.payable
        ).reconcile()
        self.post(payment)
        self.assertIn(bill.payment_state, ("paid", "in_payment"))
        left = payment._seek_for_lines()[1].amount_residual
        self.assertEqual(left, 2000)

    def test_bill_cancelled_meanwhile_does_not_stop_the_payment(self):
        bill = self.bill()
        payment = self.register(bill)
        bill.button_cancel()
        self.post(payment)
        self.assertEqual(payment.approval_state, "posted")
        self.assertFalse(payment.is_reconciled)

    def test_bill_posted_anew_meanwhile_is_paid_by_its_new_items(self):
        bill = self.bill()
        payment = self.register(bill)
        bill.button_draft()
        bill.line_ids.filtered(
            lambda line: line.account_id == self.payable
        ).with_context(dynamic_unlink=True, check_move_validity=False).unlink()
        bill.invoice_line_ids.price_unit = 5001
        bill.invoice_line_ids.price_unit = 5000
        bill.action_post()
        self.assertFalse(payment.waiting_line_ids.exists())
        self.post(payment)
        self.assertIn(bill.payment_state, ("paid", "in_payment"))

    def test_invoice_of_somebody_else_is_not_paid_with_it(self):
        bill = self.bill()
        payment = self.register(bill)
        other = self.init_invoice(
            "in_invoice",
            amounts=[400],
            partner=self.partner_b,
            post=True,
            company=self.company,
        )
        payment.with_user(self.clerk).write({"invoice_ids": [(4, other.id)]})
        self.post(payment)
        self.assertEqual(other.payment_state, "not_paid")

    def test_waiting_payment_that_is_cancelled_pays_nothing(self):
        bill = self.bill()
        payment = self.register(bill)
        payment.with_user(self.clerk).action_cancel()
        self.assertEqual(payment.registration_result(), "canceled")
        self.assertEqual(bill.payment_state, "not_paid")
        again = self.register(bill)
        self.post(again)
        self.assertIn(bill.payment_state, ("paid", "in_payment"))

    def test_changed_while_it_waits_it_is_submitted_again_and_still_pays(self):
        bill = self.bill()
        payment = self.register(bill)
        payment.with_user(self.clerk).amount = 4000
        self.assertEqual(payment.registration_result(), "draft")
        self.assert_equal(payment)
        payment.with_user(self.clerk).action_submit()
        self.post(payment)
        self.assertEqual(bill.amount_residual, 1000)

    def test_draft_bill_is_registered_and_paid_as_odoo_does(self):
        bill = self.init_invoice(
            "in_invoice", amounts=[5000], partner=self.partner_a, company=self.company
        )
        payment = self.register(bill)
        self.assertEqual(payment.approval_state, "under_review")
        bill.action_post()
        self.post(payment)
        self.assertIn(bill.payment_state, ("paid", "in_payment"))

    # Several at once

    def test_several_payments_are_posted_and_pay_what_each_was_registered_for(self):
        bills = self.bill(2000) | self.bill(3000)
        payments = self.register(bills, group_payment=False)
        self.post(payments)
        self.assertEqual(
            set(bills.mapped("payment_state")) - {"paid", "in_payment"}, set()
        )
        for payment in payments:
            self.assertEqual(payment.reconciled_bill_ids.amount_total, payment.amount)

    def test_none_of_several_is_posted_when_one_is_refused(self):
        ready, unready = self.approved(2000), self.payment(3000)
        with self.refused("Vendors"):
            (ready | unready).with_user(self.clerk).action_post()
        self.assertEqual(ready.state, "draft")
        self.assertFalse(ready.move_id)
        self.assertEqual(ready.approval_state, "approved")

    # Import

    def test_imported_payments_are_drafts_and_follow_the_rules(self):
        names = ["partner_id/.id", "journal_id/.id", "payment_type", "amount", "memo"]
        partner, journal = str(self.partner_a.id), str(self.journal.id)
        rows = [
            [partner, journal, "Send", "900", "small"],
            [partner, journal, "Send", "5000", "large"],
        ]
        model = self.env["account.payment"].with_user(self.clerk)
        result = model.load(names, rows)
        self.assertFalse(result["messages"])
        small, large = model.browse(result["ids"])
        self.assertEqual(
            {small.approval_state, large.approval_state, small.state}, {"draft"}
        )
        small.action_post()
        with self.refused("Vendors"):
            large.action_post()

    def test_import_of_a_file_is_all_or_nothing(self):
        content = (
            "Customer/Vendor,Journal,Payment Type,Amount,Approval\n"
            f"{self.partner_a.name},{self.journal.name},Send,900,\n"
            f"{self.partner_a.name},{self.journal.name},Send,5000,Approved\n"
        )
        wizard = (
            self.env["base_import.import"]
            .with_user(self.clerk)
            .create(
                {
                    "res_model": "account.payment",
                    "file": content.encode(),
                    "file_name": "payments.csv",
                    "file_type": "text/csv",
                }
            )
        )
        names = ["partner_id", "journal_id", "payment_type", "amount", "approval_state"]
        options = {"quoting": '"', "separator": ",", "has_headers": True}
        result = wizard.execute_import(names, [], options)
        self.assertFalse(result["ids"])
        self.assertIn("approval workflow alone", str(result["messages"]))
        self.assertFalse(
            self.env["account.payment"].search([("create_uid", "=", self.clerk.id)])
        )


@tagged("post_install", "-at_install")
class TestRegisterBranches(RegisterCase):
    def test_bills_of_sibling_branches_wait_in_their_parent_and_pay_both(self):
        branches = self.env["res.company"].create(
            [
                {"name": name, "parent_id": self.company.id}
                for name in ("Branch A", "Branch B")
            ]
        )
        # Before the commit, Odoo gives branches their chart of accounts.
        self.env.cr.precommit.run()
        users = self.clerk | self.reviewer | self.approver
        users.write({"company_ids": [Command.link(one.id) for one in branches]})
        companies = self.company | branches
        self.env.user.write({"company_ids": [Command.link(one.id) for one in branches]})
        bills = self.env["account.move"].concat(
            *(self._branch_bill(branch) for branch in branches)
        )
        wizard = (
            self.env["account.payment.register"]
            .with_user(self.clerk)
            .with_context(
                active_model="account.move",
                active_ids=bills.ids,
                allowed_company_ids=companies.ids,
            )
            .create({"journal_id": self.journal.id, "group_payment": True})
        )
        payment = self.env["account.payment"].browse(wizard._create_payments().ids)
        self.assertEqual(payment.company_id, self.company)
        self.assertEqual(payment.registration_result(), "waiting_approval")
        payment.with_user(self.reviewer).action_review()
        payment.with_user(self.approver).action_approve()
        # Posted by somebody who sees neither branch.
        payment.with_user(self.poster).action_post()
        self.assertEqual(
            set(bills.mapped("payment_state")) - {"paid", "in_payment"}, set()
        )

    def _branch_bill(self, branch):
        bill = self.init_invoice(
            "in_invoice", amounts=[3000], partner=self.partner_a, company=branch
        )
        bill.action_post()
        return bill
