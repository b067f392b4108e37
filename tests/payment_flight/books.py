"""A plain company's payments, in every state that they can have.

Played by Odoo's shell, which calls `Books(env).fill()`; nothing else imports it.
"""

from odoo import fields
from odoo.fields import Command


class Books:
    """What a company had before the addon came.

    Each payment has an amount of its own, by which the tests name it.

    :param env: Odoo's environment
    """

    def __init__(self, env):
        self.env = env
        self.today = fields.Date.today()
        env["account.chart.template"].try_loading(
            "generic_coa", env.company, install_demo=False
        )
        self.bank = env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", env.company.id)], limit=1
        )
        self.euro = env.ref("base.EUR")
        self.euro.active = True
        self.euro.rate_ids = [Command.create({"name": "2020-01-01", "rate": 0.8})]
        self.vendor, self.customer = env["res.partner"].create(
            [{"name": "Vendor"}, {"name": "Customer"}]
        )
        # Drafts to it are held back from the installation on.
        env["res.partner.bank"].create(
            {"acc_number": "DE89370400440532013000", "partner_id": self.vendor.id}
        )

    def fill(self):
        """Make the payments, what they pay, and what else there is."""
        self.make_drafts_and_posted()
        self.make_ended()
        self.make_matched()
        self.env["account.move"].create({"move_type": "entry", "date": self.today})
        self.env["ir.attachment"].create({"name": "receipt.txt", "raw": b"Receipt 103"})
        self.env.cr.commit()

    def make_drafts_and_posted(self):
        """Drafts, in process and paid, with and without an entry."""
        self.pay(100)
        self.pay_alone(101)
        self.posted(self.pay(102)).action_draft()
        self.posted(self.pay(103))
        self.posted(self.pay(104, "inbound"))
        self.posted(self.pay(105, currency_id=self.euro.id))
        self.posted(self.pay_alone(106))
        self.posted(self.pay(107)).action_validate()
        self.posted(self.pay_alone(108)).action_validate()

    def make_ended(self):
        """Cancelled, and refused by the bank."""
        self.pay(109).action_cancel()
        self.posted(self.pay(110)).action_cancel()
        self.pay_alone(111).action_reject()
        self.posted(self.pay(112)).action_reject()

    def make_matched(self):
        """Reconciled with an invoice, a part of one, a statement line, or both."""
        self.register(self.invoice("in_invoice", 113))
        self.register(self.invoice("out_invoice", 228), amount=114)
        self.match_with_statement(self.register(self.invoice("out_invoice", 115)))
        self.match_with_statement(self.posted(self.pay(116)))

    def pay(self, amount, kind="outbound", **values):
        """Return a new payment to the vendor or from the customer."""
        outbound = kind == "outbound"
        return self.env["account.payment"].create(
            {
                "payment_type": kind,
                "partner_type": "supplier" if outbound else "customer",
                "partner_id": (self.vendor if outbound else self.customer).id,
                "journal_id": self.bank.id,
                "amount": amount,
                "date": self.today,
                **values,
            }
        )

    def pay_alone(self, amount):
        """Return a payment that makes no entry."""
        payment = self.pay(amount)
        payment.outstanding_account_id = False
        return payment

    def posted(self, payment):
        """Post a payment and return it."""
        payment.action_post()
        return payment

    def invoice(self, move_type, amount):
        """Return a posted invoice or bill."""
        bill = move_type == "in_invoice"
        line = {"name": "Work", "price_unit": amount, "tax_ids": []}
        move = self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": (self.vendor if bill else self.customer).id,
                "invoice_date": self.today,
                "invoice_line_ids": [Command.create(line)],
            }
        )
        move.action_post()
        return move

    def register(self, move, amount=None):
        """Pay an invoice with the wizard and return the payment."""
        values = {"journal_id": self.bank.id, **({"amount": amount} if amount else {})}
        context = {"active_model": "account.move", "active_ids": move.ids}
        wizard = self.env["account.payment.register"].with_context(**context)
        return wizard.create(values)._create_payments()

    def match_with_statement(self, payment):
        """Book a statement line and match it with the payment."""
        sign = 1 if payment.payment_type == "inbound" else -1
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.bank.id,
                "date": self.today,
                "payment_ref": "Statement",
                "amount": sign * payment.amount,
            }
        )
        _liquidity, suspense, _other = line._seek_for_lines()
        outstanding, _counterpart, _write_off = payment._seek_for_lines()
        suspense.account_id = outstanding.account_id
        (suspense + outstanding).reconcile()
