"""Plays the suite's story on a demo database, through the flows that users take.

Each step runs as the user of its role. Playing again changes nothing.
"""

import base64
import logging
import sys
from importlib.util import module_from_spec, spec_from_file_location

from odoo.modules.module import get_module_path
from odoo.tools import convert_file

_logger = logging.getLogger(__name__)


def _load_generator():
    """The tests' generator of supplier files, without the tests around it."""
    path = f"{get_module_path('device_inventory')}/tests/manifest_files.py"
    spec = spec_from_file_location("device_manifest_files", path)
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


manifest_files = _load_generator()

REFERENCE = "Spring lot 2026"
SOLD_COUNT = 12
GRADES = ("excellent", "good", "fair")
DIAGNOSTICS = {
    "m360_technician": "Quinn QC",
    "m360_diagnostics_passed": True,
    "m360_diagnostics_summary": "24 of 24 tests passed",
    "battery_health": 89,
    "carrier_check": "clean",
    "icloud_status": "off",
    "mdm_status": "none",
}


def play(env, say=_logger.info):
    """Play the story once: from purchase order to paid settlement.

    :param env: environment of the superuser
    :param say: called with a sentence for each step
    :return: the consignee's paid `consignment.settlement.report`
    """
    load_demo(env)
    return Story(env, say).play()


def load_demo(env):
    """Load the addon's demo data where the database was made without it."""
    if env.ref("device_inventory.agreement_axis", raise_if_not_found=False):
        return
    for name in ("demo/device_demo.xml",):
        convert_file(env, "device_inventory", name, None, mode="init", noupdate=True)


class Story:
    def __init__(self, env, say):
        self.env = env
        self.say = say

    def play(self):
        order = self.env["purchase.order"].search([("partner_ref", "=", REFERENCE)])
        if order:
            self.say("The story was played before.")
            return self._get_settlement(order)
        manifest = self.receive(manifest_files.devices(500))
        devices = self.check_quality(manifest)
        box = self.sell(devices)
        return self.settle(box)

    def _get_settlement(self, order):
        """The settlement of the devices that the story's order brought."""
        lots = order.device_manifest_ids.line_ids.stock_lot_id
        return self.env["consignment.settlement.report"].search(
            [("report_type", "=", "consignee"), ("line_ids.lot_id", "in", lots.ids)],
            order="id",
            limit=1,
        )

    def as_user(self, name, records):
        """The same records in the hands of a role's user."""
        user = self.env.ref(f"device_inventory.user_{name}")
        return records.with_user(user).with_context(
            allowed_company_ids=user.company_id.ids
        )

    def ref(self, name):
        return self.env.ref(f"device_inventory.{name}")

    # -- receiving ----

    def receive(self, devices):
        """Order, upload, scan and complete; with one surprise and one double scan."""
        order = self.order(devices)
        manifest = self.as_user("warehouse", order.device_manifest_ids)
        self.upload(manifest)
        self.say(f"{manifest.name}: {manifest.expected_count} devices expected.")
        for device in devices[:-2]:
            manifest.scan_device(device["imei"])
        manifest.scan_device(devices[0]["imei"])
        manifest.scan_device(manifest_files.imei("35387923", 999999))
        manifest.action_accept_unexpected()
        manifest.action_dismiss_duplicates()
        manifest.action_mark_complete()
        self.say(
            f"{manifest.name}: {manifest.received_count} received, "
            f"{manifest.missing_count} missing."
        )
        return manifest

    def order(self, devices):
        products = self.env["device.tac"]._get_products(
            {d["imei"][:8] for d in devices}
        )
        lines = []
        for tac, product in sorted(products.items()):
            costs = [
                float(d["purchase_cost"]) for d in devices if d["imei"].startswith(tac)
            ]
            lines.append(
                (
                    0,
                    0,
                    {
                        "product_id": product.id,
                        "product_qty": len(costs),
                        "price_unit": sum(costs) / len(costs),
                    },
                )
            )
        order = self.as_user("buyer", self.env["purchase.order"]).create(
            {
                "partner_id": self.ref("partner_supplier").id,
                "partner_ref": REFERENCE,
                "order_line": lines,
            }
        )
        order.button_confirm()
        self.say(f"{order.name}: {len(devices)} devices ordered for Axis Mobile.")
        return order

    def upload(self, manifest):
        """Upload the supplier's file, column mapping and preview included."""
        wizard = manifest.env["device.manifest.upload"].create(
            {
                "manifest_id": manifest.id,
                "file_name": "spring-lot-2026.xlsx",
                "file": base64.b64encode(manifest_files.valid_xlsx(500)),
            }
        )
        wizard.action_read()
        wizard.action_check()
        wizard.action_import()

    # -- quality control ----

    def check_quality(self, manifest):
        """Hand half of the devices off to QC; most pass, some fail."""
        lots = self.as_user("qc", manifest.line_ids.stock_lot_id)[:250]
        lots._hand_off_to_qc()
        tested = lots[:200]
        for index, lot in enumerate(tested):
            lot._apply_qc_session(f"demo-session-{index:04d}", DIAGNOSTICS)
            grade = GRADES[index % len(GRADES)]
            lot.grade_id = self.ref(f"device_grade_{grade}")
        tested[:190].action_qc_complete()
        tested[190:].action_qc_failed()
        self.say("QC: 190 passed, 10 failed, 50 in QC.")
        return tested[:190]

    # -- selling ----

    def sell(self, devices):
        """Quote, allocate exact IMEIs, confirm, scan into the box and ship."""
        product = devices[0].product_id
        chosen = devices.filtered(lambda lot: lot.product_id == product)[:SOLD_COUNT]
        order = self.quote(product, chosen)
        order.action_confirm()
        box = self.as_user("warehouse", order.packing_box_ids)
        self.say(f"{order.name}: {box.name} expects {box.device_count} devices.")
        for lot in chosen:
            box.scan_device(lot.name)
        box.action_mark_ready()
        box.action_mark_shipped()
        self.say(f"{box.name} shipped, invoiced and settled.")
        return box

    def quote(self, product, lots):
        order = self.as_user("sales", self.env["sale.order"]).create(
            {
                "partner_id": self.ref("partner_customer").id,
                "order_line": [
                    (
                        0,
                        0,
                        {
                            "product_id": product.id,
                            "product_uom_qty": len(lots),
                            "price_unit": product.list_price,
                        },
                    )
                ],
            }
        )
        prices = (product.list_price, product.list_price - 10.5)
        self.as_user("sales", self.env["sale.order.line.device"]).create(
            [
                {
                    "sale_order_line_id": order.order_line.id,
                    "lot_id": lot.id,
                    "unit_price": prices[index % 2],
                }
                for index, lot in enumerate(lots)
            ]
        )
        return order

    # -- settling ----

    def settle(self, box):
        """Pay the owner's bill and close the settlement."""
        reports = self.env["consignment.settlement.report"].search(
            [("packing_box_id", "=", box.id), ("report_type", "=", "consignee")]
        )
        reports = self.as_user("accountant", reports)
        for report in reports:
            self.pay(report.vendor_bill_id)
            report.action_mark_paid()
            self.say(f"{report.name}: owner paid {report.total_owner_amount:.2f}.")
        return reports

    def pay(self, bill):
        bill.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=bill.ids
        ).create({})._create_payments()
