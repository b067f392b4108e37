from lxml import etree

from odoo.tests import Form, tagged

from .common import ROLES, DeviceCase

#: Menus of each role, by the names that the facts list.
SHOWN = {
    "warehouse": {"IMEI Manifests", "All Devices", "Delivery Manifests"},
    "qc": {"IMEI Manifests", "All Devices", "QC Handoff"},
    "stock_manager": {"Device Grades", "Type Allocation Codes", "QC Handoff"},
    "sales": {"Devices", "Consignment Settlements"},
    "accountant": {"Consignment Settlements"},
    "auditor": {"IMEI Manifests", "All Devices", "Settlement Reports"},
    "axis_user": {"Devices", "Settlement Reports", "Agreements"},
}


@tagged("post_install", "-at_install")
class TestViews(DeviceCase):
    """Screens open for the roles that see their menus, and for nobody else."""

    def visible_menus(self, user):
        """The addon's menus with an action, as the user's web client loads them."""
        loaded = self.env["ir.ui.menu"].with_user(user).load_menus(False)
        ids = [menu_id for menu_id in loaded if menu_id != "root"]
        own = self.env["ir.model.data"].search(
            [
                ("module", "=", "device_inventory"),
                ("model", "=", "ir.ui.menu"),
                ("res_id", "in", ids),
            ]
        )
        menus = self.env["ir.ui.menu"].browse(own.mapped("res_id"))
        return menus.filtered("action")

    def users(self):
        roles = {role: getattr(self, role) for role in ROLES}
        return {**roles, "axis_user": self.axis_user}

    def open_views(self, action, user):
        views = [(view_id, kind) for view_id, kind in action["views"]]
        model = self.env[action["res_model"]].with_user(user)
        search = action["search_view_id"]
        return model.get_views([*views, (search and search[0], "search")])

    def test_each_menu_a_role_sees_opens_for_it(self):
        for role, user in self.users().items():
            for menu in self.visible_menus(user):
                with self.subTest(role=role, menu=menu.complete_name):
                    action = menu.action.sudo()._get_action_dict()
                    self.open_views(action, user)
                    model = self.env[action["res_model"]].with_user(user)
                    self.assertTrue(model.has_access("read"))

    def test_each_role_sees_the_menus_of_its_work(self):
        for role, names in SHOWN.items():
            with self.subTest(role=role):
                menus = self.visible_menus(self.users()[role])
                self.assertLessEqual(names, set(menus.mapped("name")))

    def test_an_owner_sees_only_what_is_made_for_owners(self):
        names = self.visible_menus(self.axis_user).mapped("name")
        self.assertEqual(set(names), SHOWN["axis_user"])

    def test_configuration_is_for_inventory_managers(self):
        for role, user in self.users().items():
            names = self.visible_menus(user).mapped("name")
            with self.subTest(role=role):
                self.assertEqual("Device Grades" in names, role == "stock_manager")

    def test_a_device_opens_in_its_own_form_and_an_owner_in_the_owners(self):
        lot = self.receive(1, self.axis)
        forms = {
            self.warehouse: "device_inventory.view_device_lot_form",
            self.axis_user: "device_inventory.view_device_lot_owner_form",
        }
        for user, form in forms.items():
            shown = lot.with_user(user).with_context(
                allowed_company_ids=user.company_ids.ids
            )
            self.assertEqual(shown.get_formview_id(), self.env.ref(form).id)

    def test_a_serial_number_of_another_kind_keeps_the_core_form(self):
        lot = self.env["stock.lot"].create(
            {"name": "CABLE-1", "product_id": self.cable.id}
        )
        form = self.env.ref("device_inventory.view_device_lot_form")
        self.assertNotEqual(lot.get_formview_id(), form.id)

    def test_every_role_that_sees_devices_can_read_their_whole_form(self):
        lot = self.receive(1, self.axis)
        for role in ("qc", "sales", "accountant", "auditor", "stock_manager"):
            with self.subTest(role=role):
                self.read_form(
                    lot.with_user(getattr(self, role)), "view_device_lot_form"
                )
        owned = lot.with_user(self.axis_user)
        owned = owned.with_context(allowed_company_ids=self.axis.ids)
        self.read_form(owned, "view_device_lot_owner_form")

    def read_form(self, record, xmlid):
        """Read what the form of this view asks of a record."""
        view = self.env.ref(f"device_inventory.{xmlid}")
        arch = etree.fromstring(record.get_view(view.id, "form")["arch"])
        names = arch.xpath("//field[not(ancestor::field)]/@name")
        return record.web_read({name: {} for name in names})

    def test_the_owners_form_has_no_field_of_the_seller(self):
        view = self.env.ref("device_inventory.view_device_lot_owner_form")
        arch = self.env["stock.lot"].with_user(self.axis_user).get_view(view.id)["arch"]
        for field in ("device_status", "purchase_cost", "suggested_price", "custody_"):
            self.assertNotIn(f'name="{field}', arch)

    def test_the_forms_of_a_received_device_load(self):
        lot = self.receive(1)
        manifest = lot.custody_id.manifest_line_id.manifest_id
        for record, view in (
            (lot.with_user(self.qc), "view_device_lot_form"),
            (manifest.with_user(self.warehouse), "view_device_manifest_form"),
        ):
            with Form(record, f"device_inventory.{view}") as form:
                self.assertEqual(form.id, record.id)

    # -- what the manifest's form shows and does ------------------------------------

    def receive_short(self):
        """A completed manifest of five devices, of which two did not come."""
        manifest = self.order_devices(5).sudo().device_manifest_ids
        manifest = manifest.with_user(self.warehouse)
        Line = self.env["device.manifest.line"].with_user(self.warehouse)
        numbers = [self.make_imei() for _index in range(5)]
        Line.create(
            [{"manifest_id": manifest.id, "imei": number} for number in numbers]
        )
        self.scan(manifest, numbers[:3])
        return manifest, numbers

    def test_completing_with_missing_devices_names_them_first(self):
        manifest, numbers = self.receive_short()
        action = manifest.action_ask_complete()
        wizard = (
            self.env["device.manifest.complete"]
            .with_user(self.warehouse)
            .with_context(**action["context"])
            .create({})
        )
        self.assertEqual(wizard.missing_count, 2)
        for number in numbers[3:]:
            self.assertIn(number, wizard.missing_list)
        wizard.action_complete()
        self.assertEqual(manifest.state, "complete")

    def test_the_discrepancy_workbook_lists_what_did_not_come(self):
        manifest, numbers = self.receive_short()
        manifest.action_mark_complete()
        lines = manifest._get_discrepancy_lines()
        self.assertEqual(set(lines.mapped("imei")), set(numbers[3:]))
        self.assertTrue(manifest.discrepancy_file)
        self.assertIn("discrepancy_file", manifest.action_discrepancy_xlsx()["url"])

    def test_the_discrepancy_report_names_devices_and_deadline(self):
        manifest, numbers = self.receive_short()
        manifest.action_mark_complete()
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "device_inventory.report_device_discrepancy", manifest.ids
        )
        text = html.decode()
        for number in numbers[3:]:
            self.assertIn(number, text)
        self.assertNotIn(numbers[0], text)
        deadline = manifest.claim_deadline
        self.assertIn(deadline.strftime("%m/%d/%Y"), text)

    def test_without_missing_devices_there_is_no_discrepancy(self):
        lot = self.receive(1)
        manifest = lot.custody_id.manifest_line_id.manifest_id
        with self.assertRaisesRegex(Exception, "nothing to claim"):
            manifest.action_discrepancy_xlsx()

    # -- manual QC ------------------------------------------------------------------

    def test_a_manager_stamps_a_manual_session_and_it_is_marked_as_such(self):
        lot = self.receive(1)
        lot.with_user(self.qc).action_hand_off_to_qc()
        lot.with_user(self.stock_manager).action_stamp_manual_session()
        self.assertRegex(lot.m360_session_id, rf"^manual-qc-{lot.name}-\d{{8}}$")
        self.assertTrue(lot.m360_is_manual)
        self.assertIn("Manual QC session", lot.message_ids[0].body)

    def test_only_a_manager_stamps_a_manual_session(self):
        lot = self.receive(1)
        lot.with_user(self.qc).action_hand_off_to_qc()
        with self.assertRaisesRegex(Exception, "Only an inventory manager"):
            lot.with_user(self.qc).action_stamp_manual_session()
        self.assertFalse(lot.m360_session_id)
