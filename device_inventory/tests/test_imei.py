"""Identity of a device: every accepted writing, every refusal, and the arithmetic.

``data/identities.json`` has the vectors: numbers from 3GPP and 3GPP2 examples and
their writings, and values that must be refused with the code of the broken rule.
"""

import doctest
import json
import math
import random
from pathlib import Path

from stdnum import luhn
from stdnum import meid as std_meid

from odoo.tests.common import BaseCase, tagged

from ..tools import grid, imei, text
from ..tools.imei import InvalidIdentity, parse

VECTORS = json.loads(
    (Path(__file__).parent / "data" / "identities.json").read_text(encoding="utf-8")
)
SEED = 20260105


class IdentityCase(BaseCase):
    def assertRefused(self, value, code, **params):
        with self.assertRaises(InvalidIdentity) as caught:
            parse(value)
        self.assertEqual(caught.exception.code, code, value)
        for name, expected in params.items():
            self.assertEqual(caught.exception.params[name], expected, value)
        return caught.exception


@tagged("standard", "at_install")
class TestIdentityVectors(IdentityCase):
    def test_every_accepted_writing_gives_its_identity(self):
        for vector in VECTORS["accepted"]:
            with self.subTest(value=vector["value"]):
                identity = parse(vector["value"])
                self.assertEqual(identity.number, vector["number"])
                self.assertEqual(identity.key, vector["key"])
                self.assertEqual(identity.kind, vector["kind"])
                self.assertEqual(identity.reading, vector["reading"])

    def test_every_refused_value_names_its_rule(self):
        for vector in VECTORS["refused"]:
            with self.subTest(value=vector["value"]):
                error = self.assertRefused(vector["value"], vector["code"])
                self.assertEqual(error.params.get("expected"), vector.get("expected"))

    def test_vectors_cover_every_code_of_a_device_number(self):
        codes = {vector["code"] for vector in VECTORS["refused"]}
        expected = {code for code in imei.CODES if not code.startswith("eid_")}
        self.assertEqual(codes, expected)

    def test_vectors_cover_every_reading(self):
        readings = {vector["reading"] for vector in VECTORS["accepted"]}
        self.assertEqual(
            readings,
            {"imei", "imei14", "imeisv", "imei_zero", "meid_hex", "meid_dec"},
        )

    def test_numbers_that_are_not_finite_are_refused(self):
        for value in (math.nan, math.inf, -math.inf):
            self.assertRefused(value, "float")

    def test_a_text_of_any_length_is_refused_without_being_searched(self):
        error = self.assertRefused("3" * 100_000, "length", length=100_000)
        self.assertLess(len(str(error)), 400)

    def test_a_strange_character_is_named(self):
        self.assertRefused("35387923425263O", "characters", characters="O")
        self.assertRefused("353879_234252*33", "characters", characters="_*")

    def test_doctests(self):
        for module in (imei, text, grid):
            result = doctest.testmod(module)
            self.assertGreater(result.attempted, 0, module.__name__)
            self.assertEqual(result.failed, 0, module.__name__)


@tagged("standard", "at_install")
class TestIdentityRules(IdentityCase):
    """Rules that hold for any number, tried on thousands of seeded ones."""

    def setUp(self):
        super().setUp()
        self.chance = random.Random(SEED)

    def bodies(self, count):
        """Yield TAC and serial of phones, 14 digits, not all the same."""
        for _index in range(count):
            tac = self.chance.choice(("01", "35", "86", "99"))
            yield f"{tac}{self.chance.randrange(10**12):012d}"

    def hexadecimals(self, count):
        """Yield MEIDs: 14 digits from A0 on with at least one letter."""
        for _index in range(count):
            yield f"{self.chance.randrange(0xA0 << 48, 1 << 56):014X}"

    def test_14_15_and_16_digits_of_one_device_are_one_identity(self):
        for body in self.bodies(1000):
            full = body + luhn.calc_check_digit(body)
            version = f"{self.chance.randrange(100):02d}"
            for value in (body, full, body + version):
                self.assertEqual(parse(value).number, full)
            self.assertTrue(luhn.is_valid(full))
            self.assertEqual(parse(full).key, body)
            self.assertEqual(parse(full).tac, body[:8])

    def test_every_wrong_check_digit_is_refused_and_the_right_one_named(self):
        for body in self.bodies(200):
            right = luhn.calc_check_digit(body)
            for digit in set("0123456789") - {right}:
                self.assertRefused(
                    body + digit,
                    "luhn",
                    given=digit,
                    expected=right,
                    number=body + right,
                )

    def test_every_single_wrong_digit_is_caught(self):
        for body in self.bodies(60):
            full = body + luhn.calc_check_digit(body)
            for place in range(15):
                other = str((int(full[place]) + self.chance.randrange(1, 10)) % 10)
                self.assertRefused(full[:place] + other + full[place + 1 :], "luhn")

    def test_every_swap_of_neighbours_but_09_is_caught(self):
        for body in self.bodies(60):
            full = body + luhn.calc_check_digit(body)
            for place in range(14):
                pair = full[place : place + 2]
                if pair[0] == pair[1] or set(pair) == {"0", "9"}:
                    continue
                swapped = full[:place] + pair[::-1] + full[place + 2 :]
                self.assertRefused(swapped, "luhn")

    def test_separators_anywhere_between_digits_change_nothing(self):
        for body in self.bodies(300):
            full = body + luhn.calc_check_digit(body)
            pieces = [full[:2], full[2:8], full[8:14], full[14]]
            for separator in (" ", "-", "/", ".", "\u00a0", "\u200b", " - ", "\t"):
                self.assertEqual(parse(separator.join(pieces)).number, full)

    def test_a_numeric_cell_gives_the_same_identity_as_the_text(self):
        for body in self.bodies(500):
            full = body + luhn.calc_check_digit(body)
            self.assertEqual(parse(float(full)).number, full)
            self.assertEqual(parse(int(full)).number, full)

    def test_a_numeric_cell_that_lost_its_leading_zero_gets_it_back(self):
        body = "01353900001234"
        full = body + luhn.calc_check_digit(body)
        self.assertEqual(parse(float(full)).number, full)
        self.assertEqual(parse(float(full)).reading, "imei_zero")

    def test_a_typed_text_of_14_digits_is_never_padded(self):
        self.assertEqual(parse("13539000012346").key, "13539000012346")

    def test_no_text_of_a_float_is_ever_accepted(self):
        for body in self.bodies(300):
            number = float(body + luhn.calc_check_digit(body))
            for written in (repr(number), f"{number:.2f}"):
                self.assertRefused(written, "float_text")
            for written in (f"{number:E}", f"{number:.14e}", f"{number:.5G}"):
                self.assertRefused(written, "scientific")

    def test_every_uniform_number_is_refused_at_every_length(self):
        for digit in "0123456789":
            for length in (14, 15, 16, 18, 19):
                self.assertRefused(digit * length, "uniform")
            uniform = digit * 14
            self.assertRefused(uniform + luhn.calc_check_digit(uniform), "uniform")

    def test_meid_decimal_and_hexadecimal_are_one_identity(self):
        for number in self.hexadecimals(500):
            decimal = std_meid.format(number, separator="", format="dec")
            self.assertEqual(len(decimal), 18)
            if number.isdecimal():
                continue
            self.assertEqual(parse(decimal).key, number)
            self.assertEqual(parse(number.lower()).key, number)
            check = std_meid.calc_check_digit(number)
            self.assertEqual(parse(number + check).number, number)
            self.assertEqual(parse(number).tac, "")

    def test_every_wrong_meid_check_digit_is_refused_and_the_right_one_named(self):
        for number in self.hexadecimals(50):
            right = std_meid.calc_check_digit(number)
            for digit in set("0123456789ABCDEF") - {right}:
                self.assertRefused(
                    number + digit, "meid_check", given=digit, expected=right
                )

    def test_a_dual_mode_meid_of_decimal_digits_is_its_imei(self):
        for serial in range(0, 10**6, 99_991):
            body = f"99000123{serial:06d}"
            decimal = std_meid.format(body, separator="", format="dec")
            self.assertEqual(parse(decimal), _with_reading(parse(body), "meid_dec"))

    def test_reading_a_canonical_number_again_changes_nothing(self):
        numbers = [parse(body).number for body in self.bodies(200)]
        numbers += [parse(number).number for number in self.hexadecimals(200)]
        for number in numbers:
            again = parse(number)
            self.assertEqual(again.number, number)
            self.assertEqual(parse(imei.format_number(number)).key, again.key)
            self.assertEqual(parse(imei.gs1_8002(number)).key, again.key)
            bracketed = imei.gs1_8002(number, readable=True)
            self.assertEqual(parse(bracketed).key, again.key)

    def test_an_identity_can_be_formatted_without_parsing_again(self):
        identity = parse("35387923425263")
        self.assertEqual(imei.format_number(identity), "35-387923-425263-3")
        self.assertEqual(imei.gs1_8002(identity), "8002353879234252633")


@tagged("standard", "at_install")
class TestEid(IdentityCase):
    def assertEidRefused(self, value, code, **params):
        with self.assertRaises(InvalidIdentity) as caught:
            imei.parse_eid(value)
        self.assertEqual(caught.exception.code, code, value)
        for name, expected in params.items():
            self.assertEqual(caught.exception.params[name], expected)

    def test_right_check_digits_leave_1_when_divided_by_97(self):
        chance = random.Random(SEED)
        for _index in range(500):
            body = f"89{chance.randrange(10**28):028d}"
            right = f"{98 - int(body) * 100 % 97:02d}"
            self.assertEqual(int(body + right) % 97, 1)
            self.assertEqual(imei.parse_eid(body + right), body + right)
            wrong = f"{(int(right) + chance.randrange(1, 97)) % 100:02d}"
            if int(body + wrong) % 97 != 1:
                self.assertEidRefused(
                    body + wrong, "eid_check", given=wrong, expected=right
                )

    def test_groups_and_label_are_ignored(self):
        value = "EID: 8904 9032 1234 5123 4512 3456 7890 1235"
        expected = "89049032123451234512345678901235"
        self.assertEqual(imei.parse_eid(value), expected)

    def test_an_eid_has_32_digits(self):
        self.assertEidRefused("8" * 31, "eid_length", length=31)
        self.assertEidRefused("8" * 33, "eid_length", length=33)
        self.assertEidRefused("0" * 32, "eid_check")

    def test_an_eid_has_only_digits(self):
        self.assertEidRefused("8904903212345123451234567890123X", "eid_characters")

    def test_a_number_of_a_spreadsheet_never_is_an_eid(self):
        self.assertEidRefused(8.9049032123451234e31, "eid_characters")

    def test_an_empty_eid_says_so(self):
        for value in (None, False, "", "  "):
            self.assertEidRefused(value, "eid_empty")


def _with_reading(identity, reading):
    return imei.Identity(identity.number, identity.key, identity.kind, reading)
