from odoo.tests import BaseCase, tagged

from ..tools.agent import describe
from ..tools.text import ELLIPSIS, is_name_like, mask, neutralise
from .common import CHROME

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
)


@tagged("post_install", "-at_install")
class TestText(BaseCase):
    def test_line_ends_and_controls_cannot_forge_a_line(self):
        for hostile in ("a\r\nb", "a\x00\x00b", "a\x1b[b", "a\u2028\u2028b"):
            shown = neutralise(hostile, 50)
            self.assertEqual(shown.replace("[", ""), shown.replace("[", "").strip())
            self.assertTrue(shown.isprintable(), hostile)
            self.assertTrue(shown.startswith("a"))
            self.assertTrue(shown.endswith("b"))

    def test_characters_that_turn_the_direction_of_writing_are_replaced(self):
        self.assertEqual(neutralise("ab\u202ecd", 50), "ab\ufffdcd")

    def test_lone_surrogates_can_be_stored(self):
        self.assertEqual(neutralise("ab\ud800", 50).encode(), b"ab\xef\xbf\xbd")

    def test_over_long_text_is_cut_and_says_so(self):
        cut = neutralise("x" * 300, 255)
        self.assertEqual(len(cut), 255)
        self.assertTrue(cut.endswith(ELLIPSIS))
        self.assertEqual(neutralise("x" * 255, 255), "x" * 255)

    def test_what_is_no_text_is_shown_by_its_type_alone(self):
        self.assertEqual(neutralise({"password": "secret"}, 50), "(dict)")
        self.assertEqual(neutralise(None, 50), "")

    def test_mail_addresses_and_well_known_names_are_no_passwords(self):
        for login in ("joe@example.com", "admin", "ROOT", ""):
            self.assertTrue(is_name_like(login), login)

    def test_anything_else_may_be_a_mistyped_password(self):
        for login in ("hunter2", "correct horse", "joe@", "a@b", "admin1", "Tr0ub&3"):
            self.assertFalse(is_name_like(login), login)

    def test_administrators_pattern_names_more_logins(self):
        self.assertTrue(is_name_like("emp0042", r"emp\d{4}"))
        self.assertFalse(is_name_like("emp0042x", r"emp\d{4}"))
        self.assertFalse(is_name_like("emp0042", r"emp(\d"))

    def test_masks_group_the_same_login_and_need_the_databases_key(self):
        self.assertEqual(mask("hunter2", "key"), mask("hunter2", "key"))
        self.assertNotEqual(mask("hunter2", "key"), mask("hunter3", "key"))
        self.assertNotEqual(mask("hunter2", "key"), mask("hunter2", "other"))
        self.assertTrue(mask("hunter2", "key").startswith("hu" + ELLIPSIS))
        self.assertNotIn("nter2", mask("hunter2", "key"))

    def test_browser_system_and_device_are_told_from_the_header(self):
        self.assertEqual(describe(CHROME), ("Chrome 140", "Linux", "desktop"))
        self.assertEqual(describe(IPHONE), ("Mobile Safari 17", "iOS 17", "mobile"))
        self.assertEqual(describe("Googlebot/2.1").device_type, "bot")

    def test_broken_headers_leave_everything_unknown(self):
        for header in ("", "x" * 512, "\ufffd" * 40, "(((((((((", "Mozilla/5.0 ("):
            self.assertEqual(describe(header).device_type, "unknown", header)
