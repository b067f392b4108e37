"""Plays payments through their approval on a demo database, as the people of each role.

Afterwards there is a payment in every state, one that a new bank account holds back,
and a delegation that runs. Playing again changes nothing.
"""

import logging
from datetime import timedelta

from odoo import fields
from odoo.tools import convert_file

_logger = logging.getLogger(__name__)

MODULE = "payment_account_enhanced"
#: vendor, amount and what happens to the payment of its bill, in turn
PAYMENTS = (
    ("office", 184.5, "post"),
    ("freight", 3200.0, "review"),
    ("freight", 1450.0, "reject"),
    ("freight", 1875.0, "submit"),
    ("freight", 2310.0, "approve"),
    ("freight", 12500.0, "approve"),
    ("parts", 4800.0, "hold"),
)


def play(env, say=_logger.info):
    """Play the story once.

    :param env: environment of the superuser
    :param say: called with a sentence for each step
    """
    if not env.ref(f"{MODULE}.user_clerk", raise_if_not_found=False):
        # The database was made without demo data.
        convert_file(
            env, MODULE, "demo/payment_demo.xml", None, mode="init", noupdate=True
        )
    Story(env, say).play()


class Story:
    """One run of the story.

    :param env: environment of the superuser
    :param say: called with a sentence for each step
    """

    def __init__(self, env, say):
        self.env = env
        self.say = say

    def play(self):
        """Enter bills, register their payments, and decide on them."""
        vendor = self.env.ref(f"{MODULE}.vendor_freight")
        if self.env["account.move"].search_count([("partner_id", "=", vendor.id)]):
            self.say("The story of the payments was played before.")
            return
        self.confirm_bank_accounts()
        for vendor, amount, fate in PAYMENTS:
            if fate == "hold":
                self.change_bank_account(vendor)
            payment = self.register(self.enter_bill(vendor, amount))
            getattr(self, f"bring_to_{fate}")(payment)
            self.say(f"{payment.display_name}: {payment.approval_state}.")
        self.pay_two_bills()
        self.prepare()
        self.delegate()

    def user(self, role):
        return self.env.ref(f"{MODULE}.user_{role}")

    def by(self, role, records):
        """Return records in the hands of a role's user."""
        user = self.user(role)
        return records.with_user(user).with_context(
            allowed_company_ids=user.company_id.ids
        )

    def confirm_bank_accounts(self):
        """Let the second person confirm what was entered, as soon as it was."""
        for name in ("bank_freight", "bank_parts"):
            account = self.env.ref(f"{MODULE}.{name}")
            self.by("reviewer", account).action_confirm_bank()

    def change_bank_account(self, vendor):
        """Let a mail say that the vendor has another bank account."""
        account = self.env.ref(f"{MODULE}.bank_{vendor}")
        self.by("clerk", account).acc_number = "GB94BARC10201530093459"

    def enter_bill(self, vendor, amount):
        """Enter a vendor's bill and post it, as the clerk."""
        bill = self.by("clerk", self.env["account.move"]).create(
            {
                "move_type": "in_invoice",
                "partner_id": self.env.ref(f"{MODULE}.vendor_{vendor}").id,
                "invoice_date": fields.Date.today() - timedelta(days=9),
                "ref": f"{vendor.upper()}-{amount:.0f}",
                "invoice_line_ids": [
                    (
                        0,
                        0,
                        {
                            "name": "Goods and services",
                            "price_unit": amount,
                            "tax_ids": [(5,)],
                        },
                    )
                ],
            }
        )
        bill.action_post()
        return bill

    def register(self, bills):
        """Register one payment of bills, as the clerk."""
        wizard = bills.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=bills.ids
        )
        return wizard.create({"group_payment": True})._create_payments()

    def pay_two_bills(self):
        """One payment of two bills, posted: its voucher shows all signatures."""
        bills = self.enter_bill("freight", 640.0) + self.enter_bill("freight", 1120.0)
        payment = self.register(bills)
        self.bring_to_approve(payment)
        payment.action_post()
        self.say(f"{payment.display_name}: posted, two bills are paid.")

    def prepare(self):
        """Enter a payment in advance, which its clerk has not submitted yet."""
        self.by("clerk", self.env["account.payment"]).create(
            {
                "payment_type": "outbound",
                "partner_type": "supplier",
                "partner_id": self.env.ref(f"{MODULE}.vendor_parts").id,
                "amount": 2750,
                "memo": "Deposit for screens",
            }
        )

    def delegate(self):
        """Let the manager approve while the approver is away."""
        now = fields.Datetime.now()
        delegations = self.by("approver", self.env["payment.approval.delegation"])
        delegations.create(
            {
                "delegator_id": self.user("approver").id,
                "delegate_id": self.user("manager").id,
                "date_from": now,
                "date_to": now + timedelta(days=14),
                "reason": "Annual leave",
            }
        )

    # -- where payments are brought to ----

    def bring_to_post(self, payment):
        """Nothing is asked of it: registering has posted it."""

    def bring_to_submit(self, payment):
        """Registering has submitted it."""

    def bring_to_review(self, payment):
        self.by("reviewer", payment).action_review()

    def bring_to_approve(self, payment):
        self.bring_to_review(payment)
        self.by("approver", payment).action_approve()

    def bring_to_reject(self, payment):
        self.by("reviewer", payment)._reject("The freight was billed twice.")

    def bring_to_hold(self, payment):
        """The changed bank account holds it back from being approved."""
        self.bring_to_review(payment)
