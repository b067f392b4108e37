from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import GovernanceCase


@tagged("post_install", "-at_install")
class TestAssignment(GovernanceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ledger = cls.env["ov.sa_customer_assignment"].sudo()
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"Customer {number}"} for number in range(3)]
        )
        cls.customer = cls.customers[0]
        cls.member("Ama")
        cls.agent = cls.member("Esi", role="agent").person_partner_id
        cls.other = cls.member("Yao", role="agent").person_partner_id

    def rows(self, customer=None):
        """Return the rows of a customer, oldest first."""
        customer = customer or self.customer
        return self.ledger.search([("partner_id", "=", customer.id)], order="id")

    def test_assigning_writes_one_active_row_and_the_stamps(self):
        self.customer._assign_to(self.lome, self.agent)
        row = self.rows()
        self.assertEqual(
            (row.account_id, row.actor_id, row.state, row.access),
            (self.lome, self.agent, "active", "binding"),
        )
        self.assertEqual(row.assigned_by_id, self.manager.partner_id)
        self.assertEqual(self.customer.x_sa_id, self.lome)
        self.assertEqual(self.customer.x_actor_id, self.agent)

    def test_assigning_again_changes_nothing(self):
        self.assertEqual(self.customer._assign_to(self.lome, self.agent), self.customer)
        self.assertFalse(self.customer._assign_to(self.lome, self.agent))
        self.assertEqual(len(self.rows()), 1)

    def test_reassigning_expires_and_inserts(self):
        self.customer._assign_to(self.lome, self.agent)
        self.customer._assign_to(self.lome, self.other)
        first, second = self.rows()
        self.assertEqual((first.state, second.state), ("expired", "active"))
        self.assertTrue(first.date_to)
        self.assertEqual(first.actor_id, self.agent)
        self.assertEqual(self.customer.x_actor_id, self.other)

    def test_several_accounts_may_hold_a_customer_and_the_strongest_stamps_it(self):
        self.customer._assign_to(self.kara)
        self.customer._assign_to(self.lome, self.agent, "access")
        self.assertEqual(self.rows().mapped("state"), ["active", "active"])
        self.assertEqual(self.customer.x_sa_id, self.kara)
        self.assertFalse(self.customer.x_actor_id)

    def test_ending_keeps_the_row_and_clears_the_stamps(self):
        self.customer._assign_to(self.lome, self.agent)
        self.ledger._expire(self.customer, self.lome)
        self.assertEqual(self.rows().state, "expired")
        self.assertFalse(self.customer.x_sa_id)
        self.assertFalse(self.ledger._expire(self.customer, self.lome))

    def test_ending_of_one_account_leaves_the_other(self):
        self.customer._assign_to(self.lome, self.agent)
        self.customer._assign_to(self.kara)
        self.ledger._expire(self.customer, self.kara)
        self.assertEqual(self.customer.x_sa_id, self.lome)

    def test_ended_row_is_never_active_again(self):
        self.customer._assign_to(self.lome)
        self.ledger._expire(self.customer)
        self.customer._assign_to(self.lome)
        self.assertEqual(self.rows().mapped("state"), ["expired", "active"])

    def test_rows_are_not_written_by_hand_not_even_by_the_system(self):
        self.customer._assign_to(self.lome)
        row = self.rows()
        vals = {"partner_id": self.customer.id, "account_id": self.kara.id}
        for call in (
            lambda: row.write({"state": "expired"}),
            lambda: row.unlink(),
            lambda: self.ledger.create(vals),
        ):
            with self.assertRaisesRegex(UserError, "^Assignments are history"):
                call()

    def test_stamps_are_not_written_by_hand(self):
        with self.assertRaisesRegex(UserError, "^Service Account: "):
            self.customer.x_sa_id = self.lome
        with self.assertRaisesRegex(UserError, "^Service Account: "):
            self.env["res.partner"].create({"name": "New", "x_sa_id": self.lome.id})
        self.customer._assign_to(self.lome)
        self.assertFalse(self.customer.copy().x_sa_id)

    def test_cost_does_not_grow_with_the_number_of_records(self):
        self.env.flush_all()
        with self.assertQueryCount(__system__=4, governance_manager=4):
            self.customers._assign_to(self.lome, self.agent)
