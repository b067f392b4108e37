"""Steps of many payments cost as many queries of ours as steps of few."""

from odoo.tests import tagged

from .common import PaymentCase


@tagged("post_install", "-at_install")
class TestBatch(PaymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.payment_quarantine_days = 7
        cls.rule.cumulative_amount = 10**9
        tag = cls.env["res.partner.category"].create({"name": "Risky"})
        cls.rule.copy({"name": "Tagged", "partner_category_ids": [(6, 0, tag.ids)]})
        cls.partners = cls.env["res.partner"].create(
            [{"name": f"Vendor {number}"} for number in range(10)]
        )
        cls.env["res.partner.bank"].create(
            [
                {"acc_number": f"ACC {partner.id}", "partner_id": partner.id}
                for partner in cls.partners
            ]
        )
        cls.env.cr.execute(
            "UPDATE res_partner_bank SET quarantine_since = '2020-01-01'"
        )
        cls.env.invalidate_all()

    def make(self, number, amount=10):
        return (
            self.env["account.payment"]
            .with_user(self.clerk)
            .create(
                [
                    {
                        "payment_type": "outbound",
                        "partner_type": "supplier",
                        "partner_id": self.partners[index % 10].id,
                        "journal_id": self.journal.id,
                        "amount": amount,
                    }
                    for index in range(number)
                ]
            )
        )

    def count(self, payments, step):
        """Return how many queries a step takes."""
        self.env.flush_all()
        # Autovacuum may have found these tables empty, between two tests that roll
        # back; joins that are planned for no rows take minutes.
        self.env.cr.execute("ANALYZE account_payment, account_move, account_move_line")
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        getattr(payments, step)()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def extra(self, number):
        """Return by how many queries control makes the posting of payments dearer."""
        counts = []
        for controlled in (False, True):
            self.company.payment_control = controlled
            payments = self.make(number)
            counts.append(self.count(payments, "action_post"))
            self.assertEqual(set(payments.mapped("state")), {"in_process"})
        return counts[1] - counts[0]

    def assert_constant(self, few, many):
        """Check that ten or forty payments more cost nothing more.

        Odoo's own flushes and fetches fall a little differently, by one or two.
        """
        self.assertLessEqual(abs(many - few), 3)

    def test_posting_below_every_rule_adds_a_constant_number_of_queries(self):
        # Each vendor's first payment costs Odoo some more.
        self.extra(10)
        self.assert_constant(self.extra(10), self.extra(50))

    def test_posting_of_approved_payments_adds_a_constant_number_of_queries(self):
        extra = []
        for number in (10, 10, 50):
            self.company.payment_control = False
            plain = self.count(self.make(number), "action_post")
            self.company.payment_control = True
            payments = self.make(number, 5000)
            payments.action_submit()
            payments.with_user(self.reviewer).action_review()
            payments.with_user(self.approver).action_approve()
            extra.append(self.count(payments, "action_post") - plain)
            self.assertEqual(set(payments.mapped("approval_state")), {"posted"})
        self.assert_constant(extra[1], extra[2])

    def test_each_step_of_many_takes_as_many_queries_as_of_few(self):
        steps = (
            (self.clerk, "action_submit"),
            (self.reviewer, "action_review"),
            (self.approver, "action_approve"),
        )
        counts = {}
        # Not more: Odoo inserts activities, several for each payment, by the hundred.
        for number in (2, 10, 20):
            payments = self.make(number, 5000)
            for user, step in steps:
                counts[number, step] = self.count(payments.with_user(user), step)
        for _user, step in steps:
            with self.subTest(step):
                self.assert_constant(counts[10, step], counts[20, step])
