"""A controlled company with a rule, and one person for each role."""

from odoo.tests import new_test_user

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

MODULE = "payment_account_enhanced"


class PaymentCase(AccountTestInvoicingCommon):
    """Payments above 1,000 need review and approval, above 10,000 four people."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.write(
            {"groups_id": [(4, cls.env.ref(f"{MODULE}.group_manager").id)]}
        )
        cls.company = cls.company_data["company"]
        cls.company.payment_control = True
        cls.company.payment_quarantine_days = 0
        cls.journal = cls.company_data["default_journal_bank"]
        cls.rule = cls.env["payment.approval.rule"].create(
            {
                "name": "Vendors",
                "company_id": cls.company.id,
                "payment_type": "both",
                "minimum_amount": 1000,
                "four_eyes_amount": 10000,
            }
        )
        cls.clerk = cls._person("clerk", "group_user")
        cls.reviewer = cls._person("reviewer", "group_reviewer")
        cls.approver = cls._person("approver", "group_approver")
        cls.poster = cls._person("poster", "group_user")
        cls.manager = cls._person("manager", "group_manager")
        cls.auditor = cls._person("auditor", "group_auditor")
        cls.bookkeeper = cls._person("bookkeeper", None)

    @classmethod
    def _person(cls, name, group):
        groups = "account.group_account_invoice"
        if group == "group_auditor":
            groups = f"{MODULE}.{group}"
        elif group:
            groups += f",{MODULE}.{group}"
        return new_test_user(
            cls.env,
            login=f"pay_{name}",
            groups=groups,
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    @classmethod
    def payment(cls, amount=5000, user=None, **values):
        """Create a draft vendor payment as a user, the clerk by default."""
        payment = (
            cls.env["account.payment"]
            .with_user(user or cls.clerk)
            .create(
                {
                    "payment_type": "outbound",
                    "partner_type": "supplier",
                    "partner_id": cls.partner_a.id,
                    "journal_id": cls.journal.id,
                    "amount": amount,
                    **values,
                }
            )
        )
        return payment

    def approved(self, amount=5000, **values):
        """Return a payment that went through submission, review and approval."""
        payment = self.payment(amount, **values)
        payment.action_submit()
        payment.with_user(self.reviewer).action_review()
        payment.with_user(self.approver).action_approve()
        return payment

    def posted(self, amount=5000, **values):
        """Return a payment that was approved and posted."""
        payment = self.approved(amount, **values)
        payment.with_user(self.poster).action_post()
        return payment
