import json

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DeviceCase

COST = 7193.47
PRICE = 8317.77


@tagged("post_install", "-at_install")
class TestPrivacy(DeviceCase):
    """A user of the owner company sees its devices and its reports, no sale."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.write(
            {"name": "Zebra Secret Customer", "company_id": cls.reyder.id}
        )
        cls.sold, cls.kept = cls.receive_ready(2, owner=cls.axis, costs=[COST] * 2)
        cls.order = cls.sell(cls.sold, [PRICE])
        cls.box = cls.box_of(cls.order)
        cls.ship(cls.box)
        order = cls.order.sudo()
        cls.secrets = {
            "customer": cls.customer.name,
            "order": order.name,
            "box": order.packing_box_ids.name,
            "invoice": order.invoice_ids.name,
            "consignee report": order.packing_box_ids.settlement_report_ids.name,
            "manifest": order.device_manifest_ids.name,
            "price": str(PRICE),
            "cost": str(COST),
        }

    def as_owner(self, model, user=None):
        user = user or self.axis_user
        return (
            self.env[model]
            .with_user(user)
            .with_context(allowed_company_ids=user.company_id.ids)
        )

    def walk(self, user):
        """Read every field of every record of every model that the user may read.

        :return: list of (model, what) for each planted secret that was found
        """
        found = []
        for name in sorted(self.env.registry):
            model = self.as_owner(name, user)
            if model._abstract or model._transient or not model._auto:
                continue
            for record in self.read_all(model):
                text = json.dumps(record, default=str)
                found += [
                    (name, what, record.get("id"))
                    for what, secret in self.secrets.items()
                    if secret in text
                ]
        return found

    def read_all(self, model):
        try:
            records = model.search([], limit=500)
        except AccessError:
            return []
        rows = []
        for field in model.fields_get():
            try:
                rows += records.read([field])
            except (AccessError, UserError):
                continue
        return rows

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_rule")
    def test_no_model_or_field_tells_the_owner_a_secret_of_the_sale(self):
        self.assertEqual(self.walk(self.axis_user), [])

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_rule")
    def test_nor_does_any_tell_a_privileged_user_of_the_owner(self):
        groups = [
            "stock.group_stock_manager",
            "sales_team.group_sale_manager",
            "purchase.group_purchase_manager",
            "account.group_account_manager",
            "device_inventory.group_device_auditor",
        ]
        self.axis_user.groups_id += self.env["res.groups"].concat(
            *(self.env.ref(group) for group in groups)
        )
        self.assertEqual(self.walk(self.axis_user), [])

    def test_the_owner_reads_its_devices_and_their_published_status(self):
        lots = self.as_owner("stock.lot").search([("imei_key", "!=", False)])
        self.assertEqual(lots, self.sold + self.kept)
        self.assertEqual(
            lots.sorted("id").mapped("device_status"), ["sold", "available"]
        )
        self.assertEqual(set(lots.mapped("purchase_cost")), {0.0})

    def test_the_owner_can_search_by_the_published_status(self):
        lots = self.as_owner("stock.lot").search([("device_status", "=", "sold")])
        self.assertEqual(lots, self.sold)

    def test_the_owner_cannot_search_by_cost_or_settlement(self):
        Lot = self.as_owner("stock.lot")
        self.assertFalse(Lot.search([("purchase_cost", ">", 0)]))
        self.assertFalse(Lot.search([("settlement_status", "=", "pending")]))

    def test_an_agreement_can_hide_the_status_from_the_owner(self):
        self.agreement.owner_sees_device_status = False
        self.env["stock.lot"]._publish_owner_status(self.axis, self.reyder)
        lots = self.as_owner("stock.lot").search([("imei_key", "!=", False)])
        self.assertEqual(lots.mapped("device_status"), [False, False])

    def test_with_periodic_publication_a_sale_shows_at_the_periods_end(self):
        self.reyder.settlement_publication = "periodic"
        self.ship(self.box_of(self.sell(self.kept, [PRICE])))
        lot = self.as_owner("stock.lot").browse(self.kept.id)
        self.env["stock.lot"]._publish_owner_status(self.axis, self.reyder)
        self.assertEqual(lot.device_status, "available")
        custody = self.kept.sudo().custody_id
        yesterday = fields.Datetime.subtract(custody.date_end, days=1)
        custody._write_internal({"date_end": yesterday})
        self.env["stock.lot"]._publish_owner_status(self.axis, self.reyder)
        lot.invalidate_recordset()
        self.assertEqual(lot.device_status, "sold")

    def test_another_owner_sees_none_of_the_devices(self):
        other = self._create_company("Boreal Mobile")
        vendor = self.env["res.partner"].create({"name": "Boreal Supply"})
        self._create_agreement(other, vendor, 0.2)
        user = self._create_user("boreal", "device_inventory.group_device_owner", other)
        self.assertFalse(self.as_owner("stock.lot", user).search([]))
        self.assertFalse(
            self.as_owner("consignment.settlement.report", user).search([])
        )
        with mute_logger("odoo.models", "odoo.addons.base.models.ir_rule"):
            self.assertEqual(self.walk(user), [])

    def test_the_consignee_reads_status_and_cost_of_consigned_devices(self):
        lot = self.sold.with_user(self.warehouse)
        self.assertEqual(lot.device_status, "sold")
        self.assertEqual(lot.purchase_cost, COST)

    def test_an_owner_cannot_change_a_status(self):
        lot = self.as_owner("stock.lot").browse(self.kept.id)
        with self.assertRaises(UserError):
            lot.device_status = "sold"
            self.env.flush_all()

    def test_the_shells_superuser_repairs_a_status_and_leaves_a_trace(self):
        lot = self.kept.sudo()
        lot.device_status = "reserved"
        self.assertEqual(lot.custody_id.device_status, "reserved")
        self.assertIn("status", lot.movement_ids.mapped("movement_type"))
