"""What installing does to payments that were there: their approval, nothing else."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..hooks import post_init_hook
from .common import PaymentCase

#: Odoo's state: the approval that follows from it
_APPROVALS = {
    "draft": "draft",
    "in_process": "posted",
    "paid": "posted",
    "canceled": "cancelled",
    "rejected": "rejected",
}


@tagged("post_install", "-at_install")
class TestMigration(PaymentCase):
    def _found(self, state, approval=None, count=1):
        """Return payments as an installation finds them, without an approval."""
        payments = self.env["account.payment"]
        for _number in range(count):
            payments |= self.payment(10)
        self.env.flush_all()
        cr = self.env.cr
        cr.execute("ALTER TABLE account_payment ALTER approval_state DROP NOT NULL")
        cr.execute(
            "UPDATE account_payment SET state = %s, approval_state = %s,"
            " once_posted = NULL, write_date = '2020-01-01' WHERE id IN %s",
            [state, approval, payments._ids],
        )
        self.env.invalidate_all()
        return payments

    def _init(self, companies=None):
        self.env["account.payment"]._init_approval_state(companies)

    def _rows(self, table, payments):
        self.env.flush_all()
        column = "id" if table == "account_payment" else "payment_id"
        self.env.cr.execute(
            f"SELECT row_to_json(t)::jsonb - 'approval_state' - 'once_posted'"
            f" FROM {table} t WHERE {column} IN %s ORDER BY id",
            [payments._ids],
        )
        return self.env.cr.fetchall()

    def test_payment_gets_the_approval_of_its_state(self):
        for state, approval in _APPROVALS.items():
            with self.subTest(state=state):
                payment = self._found(state)
                self._init()
                self.assertEqual(payment.approval_state, approval)

    def test_what_is_posted_was_once_posted(self):
        for state, approval in _APPROVALS.items():
            with self.subTest(state=state):
                payment = self._found(state)
                self._init()
                self.assertEqual(payment.once_posted, approval == "posted")

    def test_decision_that_fits_the_state_is_kept(self):
        decided = ["under_review", "for_approval", "approved", "rejected"]
        for approval in decided:
            with self.subTest(approval=approval):
                payment = self._found("draft", approval)
                self._init()
                self.assertEqual(payment.approval_state, approval)

    def test_decision_that_does_not_fit_follows_the_state(self):
        for state, approval in (
            ("draft", "posted"),
            ("draft", "cancelled"),
            ("paid", "draft"),
            ("in_process", "approved"),
            ("canceled", "for_approval"),
            ("rejected", "draft"),
        ):
            with self.subTest(state=state, approval=approval):
                payment = self._found(state, approval)
                self._init()
                self.assertEqual(payment.approval_state, _APPROVALS[state])

    def test_nothing_else_of_the_payment_is_touched(self):
        for state in _APPROVALS:
            with self.subTest(state=state):
                payment = self._found(state)
                was = self._rows("account_payment", payment)
                messages = len(payment.message_ids)
                self._init()
                self.assertEqual(self._rows("account_payment", payment), was)
                self.assertEqual(len(payment.message_ids), messages)
                self.assertFalse(payment.activity_ids)
                self.assertFalse(self._rows("payment_approval_log", payment))

    def test_second_time_changes_nothing(self):
        payments = self._found("paid") | self._found("draft", "approved")
        self._init()
        was = payments.mapped("approval_state")
        rows = self._rows("account_payment", payments)
        self.env.cr.execute("SELECT ctid FROM account_payment ORDER BY id")
        places = self.env.cr.fetchall()
        self._init()
        self.assertEqual(payments.mapped("approval_state"), was)
        self.assertEqual(self._rows("account_payment", payments), rows)
        self.env.cr.execute("SELECT ctid FROM account_payment ORDER BY id")
        self.assertEqual(self.env.cr.fetchall(), places, "rows were written again")

    def test_payments_of_other_companies_are_left_alone(self):
        payment = self._found("paid")
        self._init(self.env["res.company"].create({"name": "Another"}))
        self.assertFalse(payment.approval_state)
        self._init(self.company)
        self.assertEqual(payment.approval_state, "posted")

    def test_number_of_queries_does_not_grow_with_the_payments(self):
        # The first time fills caches.
        self._init()
        counts = []
        for number in (1, 20):
            self._found("paid", count=number)
            was = self.env.cr.sql_log_count
            self._init()
            counts.append(self.env.cr.sql_log_count - was)
        self.assertEqual(*counts)

    def test_installation_locks_what_was_posted_before(self):
        payment = self.payment(10)
        payment.action_post()
        self.company.payment_control = False
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_payment SET approval_state = 'draft', once_posted = NULL"
            " WHERE id = %s",
            [payment.id],
        )
        self.env.invalidate_all()
        post_init_hook(self.env)
        self.assertTrue(self.company.payment_control)
        with self.assertRaisesRegex(UserError, "Posted payments cannot be modified"):
            payment.with_user(self.clerk).write({"amount": 11})
        with self.assertRaisesRegex(UserError, "cannot be reset"):
            payment.with_user(self.clerk).action_draft()
