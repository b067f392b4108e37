from datetime import timedelta

from lxml import html

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import PaymentCase

REPORT = "payment_account_enhanced.report_voucher"


class VoucherCase(PaymentCase):
    """Reads vouchers as whoever prints them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.year = fields.Date.today().year

    def read_voucher(self, payment, user=None):
        """Return the printed voucher as text, in one line."""
        report = self.env["ir.actions.report"].with_user(user or self.clerk)
        content = report._render_qweb_html(REPORT, payment.ids)[0]
        page = html.fromstring(content).find(".//div[@class='page o_payment_voucher']")
        return " ".join(page.text_content().split())

    def override(self, kind, payment, reason="typo"):
        """Give the manager an override, and return the payment as the manager's."""
        mine = payment.with_user(self.manager)
        mine.env["payment.override"]._grant(kind, reason, payment=mine)
        return mine

    def pay_bills(self, *amounts):
        """Register one payment for bills of these amounts, and bring it to posting."""
        bills = self.env["account.move"].browse()
        for amount in amounts:
            bills |= self.init_invoice(
                "in_invoice", amounts=[amount], post=True, company=self.company
            )
        wizard = (
            self.env["account.payment.register"]
            .with_user(self.clerk)
            .with_context(active_model="account.move", active_ids=bills.ids)
            .create({"journal_id": self.journal.id, "group_payment": True})
        )
        payment = wizard._create_payments()
        if payment.approval_state == "under_review":
            payment.with_user(self.reviewer).action_review()
            payment.with_user(self.approver).action_approve()
            payment.with_user(self.poster).action_post()
        return payment, bills


@tagged("post_install", "-at_install")
class TestVoucherNumber(VoucherCase):
    def test_number_is_taken_when_the_payment_is_posted(self):
        payment = self.approved()
        self.assertFalse(payment.voucher_number)
        payment.with_user(self.poster).action_post()
        self.assertRegex(payment.voucher_number, rf"^PV/{self.year}/\d{{5}}$")

    def test_each_direction_and_company_has_a_sequence_of_its_own(self):
        sent = self.payment(10)
        received = self.payment(10, payment_type="inbound", partner_type="customer")
        (sent | received).action_post()
        self.assertRegex(sent.voucher_number, rf"^PV/{self.year}/\d{{5}}$")
        self.assertRegex(received.voucher_number, rf"^RV/{self.year}/\d{{5}}$")
        other = self.env["res.company"].create({"name": "Another"})
        sequences = self.env["ir.sequence"].search(
            [("company_id", "=", other.id), ("code", "like", "payment.voucher.")]
        )
        self.assertEqual(len(sequences), 2)

    def test_number_is_kept_when_the_payment_is_reset_and_posted_again(self):
        payment = self.posted()
        number = payment.voucher_number
        self.override("reset", payment).action_draft()
        self.assertEqual(payment.voucher_number, number)
        payment.with_user(self.clerk).action_submit()
        payment.with_user(self.reviewer).action_review()
        payment.with_user(self.approver).action_approve()
        payment.with_user(self.poster).action_post()
        self.assertEqual(payment.voucher_number, number)

    def test_number_is_nobodys_to_write_or_to_give(self):
        payment = self.posted()
        with self.assertRaises(UserError):
            payment.with_user(self.manager).voucher_number = "PV/1"
        with self.assertRaises(UserError):
            self.payment(voucher_number="PV/1")
        self.assertFalse(payment.copy().voucher_number)

    def test_number_names_the_year_of_the_payment(self):
        payment = self.payment(10, date="2021-03-04")
        payment.action_post()
        self.assertRegex(payment.voucher_number, r"^PV/2021/")

    def test_batch_takes_as_many_queries_for_numbers_as_two_payments(self):
        sequence = self.company._voucher_sequence("outbound")
        today = fields.Date.today()
        sequence._draw_numbers([today, today])
        with self.assertQueryCount(1):
            numbers = sequence._draw_numbers([today] * 200)
        self.assertEqual(len(set(numbers)), 200)
        self.assertEqual(numbers, sorted(numbers))

    def test_sequences_that_a_company_changed_are_followed(self):
        sequence = self.company._voucher_sequence("outbound")
        sequence.write({"implementation": "no_gap", "prefix": "ZV-", "padding": 3})
        payments = self.payment(10) | self.payment(11)
        payments.action_post()
        self.assertEqual(payments.mapped("voucher_number"), ["ZV-001", "ZV-002"])

    def test_payment_posted_before_vouchers_is_numbered_when_printed(self):
        payment = self.posted()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_payment SET voucher_number = NULL WHERE id = %s",
            [payment.id],
        )
        payment.invalidate_recordset()
        self.assertIn(f"PV/{self.year}/", self.read_voucher(payment, self.auditor))
        self.assertTrue(payment.voucher_number)


@tagged("post_install", "-at_install")
class TestVoucherPaper(VoucherCase):
    def test_posted_payment_prints_a_voucher_and_any_other_a_draft(self):
        payment = self.approved()
        draft = self.read_voucher(payment)
        self.assertIn("DRAFT", draft)
        self.assertIn("Not a proof of payment", draft)
        self.assertNotIn("Scan to verify", draft)
        payment.with_user(self.poster).action_post()
        voucher = self.read_voucher(payment)
        self.assertNotIn("DRAFT", voucher)
        self.assertIn("Scan to verify", voucher)
        self.assertIn(payment.voucher_number, voucher)

    def test_cancelled_payment_prints_no_valid_voucher(self):
        payment = self.posted()
        self.override("reset", payment).action_draft()
        payment.with_user(self.clerk).action_cancel()
        voucher = self.read_voucher(payment)
        self.assertIn("CANCELLED", voucher)
        self.assertNotIn("Scan to verify", voucher)

    def test_voucher_names_all_who_took_part_and_for_whom(self):
        self.env["payment.approval.delegation"].with_user(self.approver).create(
            {
                "delegator_id": self.approver.id,
                "delegate_id": self.poster.id,
                "company_id": self.company.id,
                "date_to": fields.Datetime.now() + timedelta(days=1),
                "reason": "leave",
            }
        )
        payment = self.payment()
        payment.action_submit()
        payment.with_user(self.reviewer).action_review()
        payment.with_user(self.poster).action_approve()
        payment.with_user(self.clerk).action_post()
        voucher = self.read_voucher(payment)
        for role, user in (
            ("Created by", self.clerk),
            ("Submitted by", self.clerk),
            ("Reviewed by", self.reviewer),
            ("Approved by", self.poster),
            ("Posted by", self.clerk),
        ):
            self.assertIn(f"{role} {user.name}", voucher)
        self.assertIn(f"on behalf of {self.approver.name}", voucher)

    def test_voucher_says_what_was_changed_after_posting(self):
        payment = self.posted()
        self.override("edit", payment, "order number was missing").memo = "PO 7"
        voucher = self.read_voucher(payment)
        self.assertIn(f"Changed after posting by {self.manager.name}", voucher)
        self.assertIn("order number was missing", voucher)

    def test_voucher_prints_the_invoices_with_what_is_paid_of_each(self):
        payment, bills = self.pay_bills(800, 700)
        rows = payment._voucher_invoices()
        self.assertEqual([row["move"] for row in rows], list(bills.sorted("id")))
        self.assertEqual([row["paid"] for row in rows], [800, 700])
        voucher = self.read_voucher(payment)
        self.assertIn("Invoices paid", voucher)
        for bill in bills:
            self.assertIn(bill.name, voucher)
        self.assertIn("$ 700.00", voucher.replace("\N{NO-BREAK SPACE}", " "))

    def test_invoices_that_were_unmatched_since_are_not_called_paid(self):
        payment, bills = self.pay_bills(800, 700)
        lines = bills.line_ids.filtered("reconciled")
        (lines.matched_debit_ids | lines.matched_credit_ids).unlink()
        voucher = self.read_voucher(payment)
        self.assertNotIn("Invoices paid", voucher)
        self.assertIn("Invoices that it was registered for", voucher)
        self.assertEqual(voucher.count("not reconciled"), 2)

    def test_waiting_payment_prints_what_it_is_registered_for(self):
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
        voucher = self.read_voucher(payment)
        self.assertIn("Invoices to be paid", voucher)
        self.assertIn(bill.name, voucher)

    def test_entry_is_printed_and_a_payment_without_one_says_so(self):
        payment = self.posted(2000)
        voucher = self.read_voucher(payment)
        self.assertIn(payment.move_id.name, voucher)
        for line in payment.move_id.line_ids:
            self.assertIn(line.account_id.code, voucher)
        bare = self.approved(2000)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_payment SET state = 'in_process', approval_state = 'posted'"
            " WHERE id = %s",
            [bare.id],
        )
        bare.invalidate_recordset()
        self.assertIn("has no journal entry", self.read_voucher(bare))

    def test_amount_in_words_and_texts_are_in_the_partners_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.partner_a.lang = "fr_FR"
        payment = self.posted(2000)
        self.assertIn("Deux Mille", self.read_voucher(payment))

    def test_every_role_that_reads_payments_prints(self):
        payment = self.posted()
        for user in (self.clerk, self.reviewer, self.manager, self.auditor):
            with self.subTest(user=user.login):
                self.assertIn(payment.voucher_number, self.read_voucher(payment, user))

    def test_voucher_of_another_company_is_not_printed(self):
        payment = self.posted()
        other = self.env["res.company"].create({"name": "Another"})
        self.clerk.write(
            {"company_ids": [Command.set(other.ids)], "company_id": other.id}
        )
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self.read_voucher(payment)


@tagged("post_install", "-at_install")
class TestVoucherSeal(VoucherCase):
    def verify(self, token):
        return self.env["account.payment"]._verify_voucher(token)[0]

    def test_token_of_an_unchanged_posted_payment_is_valid(self):
        payment = self.posted()
        status, found = self.env["account.payment"]._verify_voucher(
            payment._voucher_token()
        )
        self.assertEqual((status, found), ("valid", payment.sudo()))

    def test_change_by_override_supersedes(self):
        for values in ({"amount": 4000}, {"memo": "other"}):
            payment = self.posted()
            token = payment._voucher_token()
            self.override("edit", payment).write(values)
            with self.subTest(values=values):
                self.assertEqual(self.verify(token), "superseded")
                self.assertEqual(self.verify(payment._voucher_token()), "valid")

    def test_reset_and_cancellation_supersede(self):
        payment = self.posted()
        token = payment._voucher_token()
        self.override("reset", payment).action_draft()
        self.assertEqual(self.verify(token), "superseded")
        payment.with_user(self.clerk).action_cancel()
        self.assertEqual(self.verify(token), "superseded")

    def test_token_of_a_draft_proves_nothing(self):
        payment = self.approved()
        self.assertEqual(self.verify(payment._voucher_token()), "superseded")

    def test_override_that_is_not_used_changes_nothing(self):
        payment = self.posted()
        token = payment._voucher_token()
        self.override("edit", payment)
        self.assertEqual(self.verify(token), "valid")

    def test_matching_and_unmatching_change_nothing(self):
        payment, bills = self.pay_bills(900)
        token = payment._voucher_token()
        self.assertEqual(self.verify(token), "valid")
        lines = bills.line_ids.filtered("reconciled")
        (lines.matched_debit_ids | lines.matched_credit_ids).unlink()
        self.assertEqual(self.verify(token), "valid")

    def test_token_with_any_character_changed_is_unknown(self):
        token = self.posted()._voucher_token()
        for place in range(len(token)):
            other = "A" if token[place] != "A" else "B"
            forged = token[:place] + other + token[place + 1 :]
            with self.subTest(place=place):
                self.assertEqual(self.verify(forged), "unknown")

    def test_what_is_no_token_is_unknown(self):
        token = self.posted()._voucher_token()
        for text in ("", "A", "ä", f"{token}=", f"{token}A", token[:-2], "%00", "1"):
            with self.subTest(text=text):
                self.assertEqual(self.verify(text), "unknown")

    def test_token_holds_in_this_database_alone(self):
        token = self.posted()._voucher_token()
        self.env["ir.config_parameter"].sudo().set_param("database.secret", "other")
        self.assertEqual(self.verify(token), "unknown")
