from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .api_common import AbsApiCase

OUTLETS = "/outlets"


@tagged("post_install", "-at_install")
class TestOutlet(AbsApiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel = cls.env["res.partner"].create(
            {"name": "Lomé Traders", "is_company": True, "company_id": cls.company.id}
        )
        cls.outlet = cls.env["ov.outlet"].create(
            {
                "name": "Lomé Market",
                "code": "LOM-1",
                "company_id": cls.company.id,
                "channel_partner_id": cls.channel.id,
            }
        )
        cls.lead_token = cls.token_of(cls.lead)
        cls.agent_token = cls.token_of(cls.agent)
        cls.key = cls.key_with("contacts:read", "contacts:write")

    @property
    def path(self):
        return f"{OUTLETS}/{self.outlet.id}"

    def names(self, token, **params):
        answer = self.ask(OUTLETS, token, params=params, status=200).json
        return [row["name"] for row in answer["outlets"]]

    def test_agents_list_the_outlets_of_their_company(self):
        self.env["ov.outlet"].create(
            {"name": "Nairobi", "company_id": self.other_company.id}
        )
        self.assertEqual(self.names(self.agent_token), ["Lomé Market"])
        self.assertEqual(self.names(self.agent_token, q="lom-"), ["Lomé Market"])
        self.assertEqual(self.names(self.agent_token, q="Kara"), [])

    def test_outlet_names_a_channel_partner_whom_the_agent_does_not_see(self):
        outlet = self.ask(self.path, self.agent_token, status=200).json["outlet"]
        self.assertEqual(outlet["channel_partner"]["name"], "Lomé Traders")

    def test_outlet_of_another_company_is_absent(self):
        company = self.other_company.id
        self.outlet.write({"company_id": company, "channel_partner_id": False})
        self.ask(self.path, self.agent_token, status=404)

    def test_staff_and_keys_keep_outlets_and_agents_do_not(self):
        body = {"name": "Kara Kiosk", "code": "KAR-1"}
        more = {"method": "POST", "body": body}
        self.ask(OUTLETS, self.agent_token, status=403, **more)
        self.ask(OUTLETS, self.lead_token, status=201, **more)
        body["code"] = "KAR-2"
        answer = self.ask(OUTLETS, key=self.key, status=201, **more).json
        self.assertEqual(answer["outlet"]["company"]["id"], self.company.id)

    def test_change_empties_what_is_null_and_leaves_the_rest(self):
        more = {"method": "PUT", "body": {"channel_partner_id": None}}
        self.ask(self.path, self.agent_token, status=403, **more)
        outlet = self.ask(self.path, self.lead_token, status=200, **more).json["outlet"]
        self.assertEqual((outlet["channel_partner"], outlet["code"]), (None, "LOM-1"))

    def test_archived_outlet_is_gone_from_lists(self):
        self.ask(self.path, self.agent_token, method="DELETE", status=403)
        answer = self.ask(self.path, self.lead_token, method="DELETE", status=200)
        self.assertFalse(answer.json["outlet"]["active"])
        self.assertEqual(self.names(self.agent_token), [])
        self.ask(self.path, self.agent_token, status=404)

    def test_partner_whom_the_caller_does_not_see_is_absent(self):
        customer = self.customer("Marie", is_company=True)
        customer._assign_to(self.kara)
        body = {"name": "X", "channel_partner_id": customer.id}
        more = {"method": "POST", "body": body}
        answer = self.ask(OUTLETS, self.lead_token, status=422, **more)
        self.assertEqual(answer.wrong, {"/channel_partner_id": "not_found"})
        self.ask(OUTLETS, key=self.key, status=201, **more)

    def test_warehouse_of_another_company_is_absent(self):
        warehouse = self.env(su=True)["stock.warehouse"].search(
            [("company_id", "=", self.other_company.id)], limit=1
        )
        body = {"name": "X", "warehouse_id": warehouse.id}
        answer = self.ask(OUTLETS, key=self.key, method="POST", body=body, status=422)
        self.assertEqual(answer.wrong, {"/warehouse_id": "not_found"})

    @mute_logger("odoo.sql_db")
    def test_code_is_taken_once_in_a_company(self):
        body = {"name": "X", "code": "LOM-1"}
        answer = self.ask(OUTLETS, key=self.key, method="POST", body=body, status=409)
        self.assertEqual(answer.code, "duplicate")

    def test_channel_partner_is_a_company(self):
        person = self.customer("Marie")
        with self.assertRaisesRegex(ValidationError, "^Channel Partner: "):
            self.outlet.channel_partner_id = person

    def test_pages_cost_as_many_queries_for_many_rows(self):
        self.ask(OUTLETS, self.agent_token)
        few = self.ask(OUTLETS, self.agent_token).entry["queries"]
        for number in range(5):
            self.outlet.copy({"name": f"Outlet {number}"})
        self.ask(OUTLETS, self.agent_token, queries=few)

    def test_order_takes_the_channel_partner_of_its_outlet(self):
        seller = new_test_user(
            self.env(su=True),
            "outlet_seller",
            "sales_team.group_sale_salesman_all_leads",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        orders = self.env(user=seller)["sale.order"]
        orders = orders.with_context(allowed_company_ids=self.company.ids)
        with Form(orders) as form:
            form.partner_id = self.customer("Marie")
            form.x_outlet_id = self.outlet
            self.assertEqual(form.x_channel_partner_id, self.channel)
        order = form.save()
        order.x_channel_partner_id = False
        self.assertFalse(order.x_channel_partner_id)
        with self.assertRaises(AccessError):
            self.outlet.with_user(seller).name = "Mine"
