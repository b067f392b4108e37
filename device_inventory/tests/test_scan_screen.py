from odoo.tests import tagged

from odoo.addons.web.tests.test_js import HOOTCommon, unit_test_error_checker

from ..tools import imei
from .scan_browser import ScanCase, artifacts_dir

UNIT_TESTS = "/device_inventory/static/tests/"


@tagged("post_install", "-at_install")
class TestScanScreen(ScanCase):
    """The scan screen in a real browser, as an ordinary warehouse user."""

    def make_box(self, quantity):
        """A box to pack, and the IMEIs that belong into it."""
        box = self.box_of(self.sell(self.receive_ready(quantity)))
        return box, box.line_ids.lot_id.mapped("name")

    def packed(self, box):
        return set(box.line_ids.filtered("packed").lot_id.mapped("name"))

    def scans(self, box):
        domain = [("res_model", "=", box._name), ("res_id", "=", box.id)]
        return self.env["device.scan"].sudo().search(domain, order="id")

    def test_each_result_has_its_family_and_undo_takes_it_back(self):
        box, numbers = self.make_box(2)
        stranger = self.receive_ready(1).name
        wrong_digit = numbers[0][:-1] + str((int(numbers[0][-1]) + 1) % 10)
        self.play(
            box,
            [
                """
                await screen();
                equal(counts(), ["0", "/2"], "counts at first");
                await scan(data.numbers[0], "good");
                equal(counts(), ["1", "/2"], "counts after a good scan");
                await picture("scan_good");
                await scan(data.numbers[0], "duplicate", "");
                await picture("scan_duplicate");
                await scan(data.stranger, "unexpected", "Tab");
                await picture("scan_unexpected");
                await scan(data.wrong, "refused");
                await picture("scan_refused");
                equal(counts(), ["1", "/2"], "counts after scans that are not good");
                equal(
                    document.querySelectorAll(".o_device_scan_item").length,
                    4,
                    "scans of the history"
                );
                const ready = () => find("button[name=action_mark_ready]");
                equal(ready().disabled, true, "ready before the last device");
                await scan(data.numbers[1], "good");
                await until(() => !ready().disabled, "Mark Ready to Ship");
                await picture("scan_complete");
                find(
                    `.o_device_scan_item:has(.o_device_scan_undo) .o_device_scan_undo`
                ).click();
                await shows(data.numbers[1], "undone");
                equal(counts(), ["1", "/2"], "counts after undo");
                await until(() => ready().disabled, "a box that is not ready again");
                """
            ],
            numbers=numbers,
            stranger=stranger,
            wrong=wrong_digit,
        )
        self.assertEqual(self.packed(box), {numbers[0]})
        self.assertEqual(
            self.scans(box).mapped("family"),
            ["good", "duplicate", "unexpected", "refused", "good"],
        )
        self.assertGreater((artifacts_dir() / "scan_good.png").stat().st_size, 5000)

    def test_scans_without_connection_survive_a_reload_and_are_sent_in_order(self):
        box, numbers = self.make_box(4)
        self.play(
            box,
            [
                """
                await screen();
                network.mode = "down";
                for (const number of data.numbers.slice(0, 3)) {
                    await scan(number, "queued");
                }
                equal(waiting(), 3, "scans that wait");
                equal(counts(), ["0", "/4"], "counts without a connection");
                equal(textOf(".o_device_scan_left"), "4 left", "devices left");
                await picture("scan_offline");
                sessionStorage.setItem("tokens", JSON.stringify(
                    network.sent.filter(({ code }) => code === data.numbers[0])
                ));
                """,
                """
                await screen();
                await until(() => !waiting(), "an empty queue");
                equal(counts(), ["3", "/4"], "counts after the replay");
                equal(
                    network.sent.map(({ code }) => code),
                    data.numbers.slice(0, 3),
                    "order of the replay"
                );
                const tried = JSON.parse(sessionStorage.getItem("tokens"));
                equal(network.sent[0].token, tried[0].token, "token of the first scan");
                await scan(data.numbers[3], "good");
                """,
            ],
            numbers=numbers,
        )
        self.assertEqual(self.packed(box), set(numbers))
        self.assertEqual(self.scans(box).mapped("code"), numbers)

    def test_a_scan_whose_reply_was_lost_counts_once(self):
        box, numbers = self.make_box(2)
        self.play(
            box,
            [
                """
                await screen();
                network.mode = "deaf";
                await scan(data.numbers[0], "queued");
                network.mode = "up";
                find(".o_device_scan_send").click();
                await shows(data.numbers[0], "good");
                equal(counts(), ["1", "/2"], "counts");
                const tokens = new Set(network.sent.map(({ token }) => token));
                equal([network.sent.length > 1, tokens.size], [true, 1], "tokens");
                """
            ],
            numbers=numbers,
        )
        self.assertEqual(self.scans(box).mapped("family"), ["good"])

    def test_scans_faster_than_the_server_are_answered_one_by_one_in_order(self):
        box, numbers = self.make_box(6)
        self.play(
            box,
            [
                """
                await screen();
                data.numbers.forEach((number) => type(number));
                await until(() => counts()[0] === "6", "six devices");
                equal(network.sent.map(({ code }) => code), data.numbers, "order");
                """
            ],
            numbers=numbers,
        )
        self.assertEqual(self.scans(box).mapped("code"), numbers)

    def test_in_the_focused_input_a_scanner_needs_no_suffix_and_a_hand_does(self):
        box, numbers = self.make_box(2)
        self.play(
            box,
            [
                """
                await screen();
                const input = find(".o_device_scan_input");
                const enter = async (code, rest) => {
                    for (const key of code) {
                        input.value += key;
                        input.dispatchEvent(new InputEvent("input", {
                            bubbles: true, data: key, inputType: "insertText",
                        }));
                        await rest();
                    }
                };
                input.focus();
                await enter(data.numbers[0], () => Promise.resolve());
                await shows(data.numbers[0], "good");
                equal(input.value, "", "the input after a scanner");
                await enter(data.numbers[1], () => pause(70));
                await pause(400);
                equal(input.value, data.numbers[1], "what a hand has typed");
                equal(network.sent.length, 1, "scans sent");
                """
            ],
            numbers=numbers,
        )
        self.assertEqual(self.packed(box), {numbers[0]})

    def test_a_phone_scans_a_manifest_from_its_form_and_goes_back_to_it(self):
        self.browser_size = "360x740"
        order = self.order_devices(2)
        manifest = order.sudo().device_manifest_ids.with_user(self.warehouse)
        listed, stranger = self.make_imei(), self.make_imei()
        manifest._import_rows(
            [{"identity": imei.parse(listed)}], "supplier.xlsx", "digest"
        )
        self.play(
            manifest,
            [
                """
                const scanButton = () => find("button[name=action_scan]");
                const menu = () =>
                    find(".o_statusbar_buttons button:has(.oi-ellipsis-v)") ||
                    find(".o_cp_action_menus button:has(.fa-cog)");
                await until(() => scanButton() || menu(), "the form's buttons");
                if (!scanButton()) {
                    menu().click();
                }
                (await until(scanButton, "Scan")).click();
                await screen();
                const address = () => location.pathname.includes("device-scan");
                await until(address, "the screen's address");
                """,
                """
                await screen();
                const input = find(".o_device_scan_input");
                input.focus();
                input.value = data.listed;
                input.dispatchEvent(new InputEvent("input", { bubbles: true }));
                input.dispatchEvent(
                    new KeyboardEvent("keydown", { key: "Enter", bubbles: true })
                );
                await shows(data.listed, "good");
                equal(input.value, "", "the input after Enter");
                input.blur();
                await scan(data.stranger, "unexpected");
                await until(() => find(".o_device_scan_unexpected"), "the unexpected");
                await picture("scan_phone");
                equal(document.documentElement.scrollWidth <= 360, true, "width");
                find(".o_device_scan_back").click();
                await until(() => find(".o_form_view"), "the manifest's form");
                """,
            ],
            path=f"/odoo/device.manifest/{manifest.id}",
            listed=listed,
            stranger=stranger,
        )
        self.assertEqual(
            sorted(manifest.line_ids.mapped("state")), ["received", "unexpected"]
        )
        self.assertEqual(len(self.scans(manifest)), 2)


@tagged("post_install", "-at_install")
class TestScanScreenUnits(HOOTCommon):
    """The Hoot unit tests under `static/tests`."""

    def test_scan_screen_units(self):
        bundle = self.env["ir.asset"]._get_asset_paths("web.assets_unit_tests", {})
        ours = [path for path, *_rest in bundle if path.startswith(UNIT_TESTS)]
        # Hoot runs every test there is when it does not know the suite.
        self.assertTrue(ours, f"{UNIT_TESTS} is not in web.assets_unit_tests")
        suite = self._generate_hash("@device_inventory")
        self.browser_js(
            f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={suite}",
            "",
            "",
            login="admin",
            timeout=300,
            success_signal="[HOOT] Test suite succeeded",
            error_checker=unit_test_error_checker,
        )
