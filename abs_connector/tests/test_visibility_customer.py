from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..tools.member import Member, with_member
from .common import GovernanceCase


@tagged("post_install", "-at_install")
class TestVisibilityCustomer(GovernanceCase):
    """Customers as the API makes and reads them, with what its user may do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.staff = cls.member("Yao")
        cls.agent = cls.member("Esi", role="agent")
        cls.colleague = cls.member("Ama", role="agent")
        cls.sibling = cls.member("Kossi", cls.kara)

    def partners(self, membership=None, member=None):
        """Return contacts as somebody sees them through the API."""
        user = self.env.ref("abs_connector.user_api")
        if membership:
            employee = membership.employee_id
            member = self.env["ov.membership"]._member_of(employee)
        context = {"allowed_company_ids": self.company.ids}
        env = self.env(user=user, su=False, context=context)
        return with_member(env, member)["res.partner"]

    def made(self, membership, **vals):
        """Let somebody make a customer."""
        vals = {"name": "Kofi", "customer_rank": 1, **vals}
        return self.partners(membership).create(vals)

    def sees(self, membership, customer):
        """Tell whether somebody finds a customer, in the next request."""
        self.env.invalidate_all()
        domain = [("id", "=", customer.id)]
        return bool(self.partners(membership).search(domain))

    def test_agent_acts_for_the_customer_that_it_makes(self):
        customer = self.made(
            self.agent,
            street="Rue 12",
            city="Lomé",
            country_id=self.env.ref("base.tg").id,
            email="kofi@example.com",
        )
        stamps = customer.sudo()
        self.assertEqual(stamps.x_sa_id, self.lome)
        self.assertEqual(stamps.x_actor_id, self.agent.person_partner_id)
        seeing = (self.agent, self.staff, self.colleague, self.sibling)
        self.assertEqual(
            [self.sees(one, customer) for one in seeing], [True, True, False, False]
        )

    def test_agent_who_sees_the_whole_account_acts_for_what_it_makes_too(self):
        self.agent.scope_policy = "sa_wide"
        customer = self.made(self.agent)
        acting = customer.sudo().x_actor_id
        self.assertEqual(acting, self.agent.person_partner_id)

    def test_customer_made_by_staff_is_nobodys_in_particular(self):
        customer = self.made(self.staff)
        self.assertEqual(customer.sudo().x_sa_id, self.lome)
        self.assertFalse(customer.sudo().x_actor_id)
        self.assertFalse(self.sees(self.agent, customer))

    def test_one_row_is_written_when_the_same_is_assigned_again(self):
        customer = self.made(self.agent)
        self.assertFalse(customer._assign_to(self.lome, self.agent.person_partner_id))
        row = self.env["ov.sa_customer_assignment"].search(
            [("partner_id", "=", customer.id)]
        )
        self.assertEqual(row.assigned_by_id, self.agent.person_partner_id)

    def test_customer_of_a_member_of_several_is_nobodys_until_it_is_assigned(self):
        self.env["ov.membership"].create(
            {
                "employee_id": self.agent.employee_id.id,
                "account_id": self.kara.id,
                "role_code": "agent",
            }
        )
        customer = self.made(self.agent)
        self.assertFalse(customer.sudo().x_sa_id)
        self.assertFalse(self.sees(self.agent, customer))

    def test_key_makes_customers_of_nobody(self):
        key = self.partners(member=Member(company_id=self.company.id))
        customer = key.create({"name": "Kofi", "customer_rank": 1})
        customer._change_customer({"city": "Lomé"})
        self.assertFalse(customer.sudo().x_sa_id)
        self.assertFalse(self.sees(self.staff, customer))

    def test_agent_changes_its_customer_and_nobody_elses(self):
        customer = self.made(self.agent)
        customer._change_customer({"city": "Kpalimé"})
        self.assertEqual(customer.read(["city"])[0]["city"], "Kpalimé")
        for other in (self.colleague, self.sibling):
            with self.assertRaises(AccessError):
                theirs = customer.with_env(self.partners(other).env)
                theirs._change_customer({"city": "Kara"})

    def test_api_deletes_no_customer(self):
        with self.assertRaises(AccessError):
            self.made(self.agent).unlink()

    def test_addresses_and_contacts_go_with_their_customer(self):
        customer = self.made(self.agent, is_company=True)
        address = self.made(
            self.agent, name="Depot", parent_id=customer.id, type="delivery"
        )
        self.assertTrue(self.sees(self.agent, address))
        self.assertFalse(self.sees(self.colleague, address))
        customer.sudo()._assign_to(self.lome, self.colleague.person_partner_id)
        self.assertFalse(self.sees(self.agent, address))
        self.assertTrue(self.sees(self.colleague, address))

    def test_contact_that_moves_to_a_customer_is_held_as_it_is(self):
        customer = self.made(self.agent, is_company=True)
        contact = self.env["res.partner"].create({"name": "Contact"})
        self.assertFalse(self.sees(self.agent, contact))
        contact.parent_id = customer
        self.assertTrue(self.sees(self.agent, contact))
