import io
import zlib
from unittest import skipUnless
from unittest.mock import patch

from PIL import Image

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger
from odoo.tools.pdf import PdfFileReader

from ..models import payment_verify_hit
from .test_voucher import REPORT, VoucherCase

try:
    import zxingcpp
except ImportError:
    zxingcpp = None


@tagged("post_install", "-at_install")
class TestVoucherPage(VoucherCase, HttpCase):
    """What anybody sees who scans the code of a voucher."""

    def open_page(self, token):
        return self.url_open(f"/payment/verify/{token}")

    def test_page_of_a_valid_voucher_shows_what_the_paper_shows(self):
        payment = self.posted(memo="a secret memo")
        page = self.open_page(payment._voucher_token())
        self.assertEqual(page.status_code, 200)
        for text in (
            "Valid",
            payment.voucher_number,
            self.company.name,
            self.partner_a.name,
            "5,000.00",
            self.reviewer.name,
            self.approver.name,
        ):
            self.assertIn(text, page.text)
        self.assertNotIn("secret", page.text)

    def test_page_of_a_changed_payment_says_superseded_and_nothing_new(self):
        payment = self.posted()
        token = payment._voucher_token()
        self.override("edit", payment).amount = 4321
        page = self.open_page(token)
        self.assertIn("Superseded", page.text)
        self.assertIn(payment.voucher_number, page.text)
        for text in ("4,321", "5,000", self.partner_a.name, self.reviewer.name):
            self.assertNotIn(text, page.text)

    def test_unknown_tokens_answer_alike_whether_the_payment_exists_or_not(self):
        token = self.posted()._voucher_token()
        forged = [token[:-1] + "_", f"BBBB{token[4:]}", "x" * len(token), "1"]
        pages = [self.open_page(text) for text in forged]
        self.assertEqual({page.status_code for page in pages}, {404})
        self.assertEqual(len({page.text for page in pages}), 1)

    def test_page_is_kept_out_of_indexes_caches_and_frames(self):
        for token in (self.posted()._voucher_token(), "unknown"):
            page = self.open_page(token)
            self.assertIn("noindex", page.headers["X-Robots-Tag"])
            self.assertIn('name="robots" content="noindex', page.text)
            self.assertEqual(page.headers["Cache-Control"], "no-store")
            self.assertEqual(page.headers["X-Frame-Options"], "DENY")
            self.assertIn("default-src 'none'", page.headers["Content-Security-Policy"])

    def test_page_speaks_the_visitors_language_as_html_says(self):
        page = self.open_page("unknown")
        self.assertIn('<html lang="en-US">', page.text)

    def test_address_that_asks_too_often_is_told_to_wait(self):
        token = self.posted()._voucher_token()
        with patch.object(payment_verify_hit, "LIMIT", 2):
            pages = [self.open_page(token) for _turn in range(3)]
        self.assertEqual([page.status_code for page in pages], [200, 200, 429])
        self.assertEqual(pages[2].headers["Retry-After"], "60")
        self.assertNotIn(self.partner_a.name, pages[2].text)

    def test_nothing_but_get_is_answered(self):
        token = self.posted()._voucher_token()
        page = self.url_open(f"/payment/verify/{token}", data={"a": "b"})
        self.assertGreaterEqual(page.status_code, 400)

    @skipUnless(zxingcpp, "zxing-cpp, which reads QR codes, is not installed")
    def test_code_that_is_read_back_from_the_printed_voucher_opens_the_page(self):
        report = self.env["ir.actions.report"].with_user(self.clerk)
        if report.get_wkhtmltopdf_state() not in ("ok", "upgrade"):
            self.skipTest("wkhtmltopdf, which prints vouchers, is not installed")
        payment = self.posted()
        report = report.with_context(force_report_rendering=True)
        with mute_logger("odoo.addons.base.models.ir_actions_report"):
            pdf = report._render_qweb_pdf(REPORT, payment.ids)[0]
        codes = [
            code.text
            for image in _images(pdf)
            for code in zxingcpp.read_barcodes(image)
        ]
        self.assertEqual(codes, [payment._voucher_url()])
        path = codes[0].removeprefix(payment.get_base_url())
        self.assertIn("Valid", self.url_open(path).text)


@tagged("post_install", "-at_install")
class TestVerifyHit(VoucherCase):
    def setUp(self):
        super().setUp()
        self.hits = self.env["payment.verify.hit"].with_user(
            self.env.ref("base.public_user")
        )
        self.startPatcher(patch.object(payment_verify_hit, "LIMIT", 3))

    def test_look_ups_within_the_limit_are_taken(self):
        taken = [self.hits._take("192.0.2.1") for _turn in range(5)]
        self.assertEqual(taken, [True, True, True, False, False])

    def test_addresses_are_counted_apart_and_ipv6_by_network(self):
        for _turn in range(3):
            self.hits._take("2001:db8:1:1::1")
        self.assertFalse(self.hits._take("2001:db8:1:1:ffff::9"))
        self.assertTrue(self.hits._take("2001:db8:1:2::1"))
        self.assertTrue(self.hits._take("192.0.2.9"))

    def test_each_minute_counts_anew_and_a_day_later_it_is_forgotten(self):
        clock = self.startPatcher(patch.object(payment_verify_hit.time, "time"))
        clock.return_value = 1_000_000_000
        for _turn in range(4):
            self.hits._take("192.0.2.1")
        clock.return_value += 60
        self.assertTrue(self.hits._take("192.0.2.1"))
        clock.return_value += 25 * 3600
        self.hits._gc_hits()
        self.assertFalse(self.env["payment.verify.hit"].search([]))

    def test_addresses_are_not_kept_as_they_are(self):
        self.hits._take("192.0.2.1")
        kept = self.env["payment.verify.hit"].search([]).mapped("address")
        self.assertNotIn("192.0.2.1", kept)


def _images(pdf):
    """Return the pictures of a PDF file.

    :param bytes pdf: the file
    """
    images = []
    for page in PdfFileReader(io.BytesIO(pdf)).pages:
        objects = page["/Resources"].get("/XObject", {})
        for one in (reference.get_object() for reference in objects.values()):
            if one["/Subtype"] == "/Image":
                images.append(_image(one))
    return images


def _image(stream):
    if stream["/Filter"] != "/FlateDecode":
        return Image.open(io.BytesIO(stream._data))
    gray = stream["/ColorSpace"] == "/DeviceGray"
    return Image.frombytes(
        "L" if gray else "RGB",
        (stream["/Width"], stream["/Height"]),
        zlib.decompress(stream._data),
    )
