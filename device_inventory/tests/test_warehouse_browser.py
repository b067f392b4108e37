import base64

from odoo.tests import tagged

from . import manifest_files
from .scan_browser import ScanCase

HANDS = """
const visible = (selector) =>
    [...document.querySelectorAll(selector)].find((node) => node.offsetParent);
const button = (name) => `button[name=${name}]:not([disabled])`;
const press = async (selector) =>
    (await until(() => visible(selector), selector)).click();
const agree = () => press(".modal .modal-footer .btn-primary");
const form = () => until(() => find(".o_form_view .o_statusbar_status"), "the form");
const status = (text) =>
    until(
        () => textOf(".o_statusbar_status .o_arrow_button_current").includes(text),
        `status ${text}`
    );

async function upload(base64) {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const files = new DataTransfer();
    files.items.add(new File([bytes], "supplier.xlsx"));
    const selector = ".modal input[type=file]";
    const input = await until(() => find(selector), "the file's input");
    input.files = files.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    await until(() => !textOf(".modal").includes("Upload your file"), "the upload");
    await pause(500);
}
"""


@tagged("post_install", "-at_install")
class TestWarehouseByHand(ScanCase):
    """The warehouse's part of the story, clicked and scanned in a real browser."""

    def test_upload_scan_complete_pack_and_ship_by_hand(self):
        manifest = self.make_manifest()
        devices = manifest_files.devices(4)
        numbers = [device["imei"] for device in devices]
        stranger = self.make_imei()
        self.receive_by_hand(manifest, numbers, stranger)
        self.assertEqual(manifest.state, "complete")
        self.assertEqual(
            sorted(manifest.line_ids.mapped("state")),
            ["duplicate", "missing", "received", "received", "received", "unexpected"],
        )
        lots = self.find_lots([*numbers[:3], stranger])
        self.assertEqual(len(lots), 4)
        self.assertEqual(sum(lots.sudo().mapped("product_qty")), 4)
        self.assertTrue(manifest.sudo().account_move_id)

        self.pass_qc(lots[:2])
        box = self.box_of(self.sell(lots[:2]))
        self.ship_by_hand(box)
        self.assertEqual(box.state, "shipped")
        self.assertEqual(
            set(lots[:2].with_user(self.warehouse).mapped("device_status")), {"sold"}
        )
        self.assertEqual(box.sudo().invoice_ids.mapped("state"), ["posted"])
        self.assertTrue(box.sudo().cogs_move_id)

    def make_manifest(self):
        """A manifest of the supplier whose files the generator writes."""
        order = self.order_devices(4)
        for model in {device["model"] for device in manifest_files.devices(4)}:
            if not self.env["device.tac"].search([("tac", "=", model.tac)]):
                self._create_device_product(model.name, model.tac)
        return order.sudo().device_manifest_ids.with_user(self.warehouse)

    def receive_by_hand(self, manifest, numbers, stranger):
        self.play(
            manifest,
            [
                HANDS
                + """
                await form();
                await press(button("action_upload"));
                await upload(data.file);
                await press(".modal " + button("action_read"));
                await until(() => visible(button("action_check")), "the columns");
                await picture("story_columns");
                await press(".modal " + button("action_check"));
                await until(() => visible(button("action_import")), "the preview");
                await picture("story_preview");
                await press(".modal " + button("action_import"));
                await status("Ready");
                await picture("story_ready");
                await press(button("action_scan"));
                await screen();
                for (const number of data.numbers.slice(0, 3)) {
                    await scan(number, "good");
                }
                await scan(data.numbers[0], "duplicate");
                await scan(data.stranger, "unexpected");
                await picture("story_scanned");
                await press(".o_device_scan_back");
                await form();
                await press(button("action_accept_unexpected"));
                await agree();
                await press(button("action_dismiss_duplicates"));
                await agree();
                await press(button("action_ask_complete"));
                await press(".modal " + button("action_complete"));
                await status("Complete");
                await picture("story_complete");
                """,
            ],
            path=f"/odoo/device.manifest/{manifest.id}",
            file=base64.b64encode(manifest_files.valid_xlsx(4)).decode(),
            numbers=numbers,
            stranger=stranger,
        )

    def ship_by_hand(self, box):
        self.play(
            box,
            [
                HANDS
                + """
                await form();
                await press(button("action_scan"));
                await screen();
                for (const number of data.numbers) {
                    await scan(number, "good");
                }
                await press(button("action_mark_ready"));
                await press(button("action_mark_shipped"));
                await picture("story_ship");
                await agree();
                await until(
                    () => !visible(button("action_mark_shipped")),
                    "the box shipped"
                );
                await pause(1500);
                await press(".o_device_scan_back");
                await form();
                await status("Shipped");
                await picture("story_shipped");
                """,
            ],
            path=f"/odoo/packing.box/{box.id}",
            numbers=box.line_ids.lot_id.mapped("name"),
        )
