"""Addresses and places: pure functions, and what a service may send in their name."""

import doctest

from odoo.tests import BaseCase, tagged

from ..tools import lookup, place
from ..tools.place import Place, is_public, make_place, parse_address

PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "81.2.69.142",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.167.255.255",
    "11.0.0.1",
    "2001:4860:4860::8888",
    "2a00:1450:4001::5",
    "::ffff:8.8.8.8",
    "8.8.8.8:51234",
    "[2001:4860:4860::8888]:443",
    "2002:808:808::1",
]
PRIVATE = {
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"],
    "loopback": ["127.0.0.1", "127.255.255.254", "::1"],
    "link-local": ["169.254.1.1", "fe80::1", "fe80::1%eth0", "febf::1"],
    "carrier-grade NAT": ["100.64.0.1", "100.127.255.255"],
    "unique local": ["fc00::1", "fd12:3456:789a::1"],
    "site-local": ["fec0::1"],
    "IPv4 within IPv6": ["::ffff:10.0.0.1", "::ffff:127.0.0.1", "2002:a00:1::1"],
    "unspecified": ["0.0.0.0", "::", "0.1.2.3"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1", "ff02::1%1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "100::1", "4000::1"],
    "documentation": ["192.0.2.1", "198.51.100.7", "203.0.113.7", "2001:db8::1"],
    "benchmarking": ["198.18.0.1"],
    "with a port": ["192.168.1.1:8069", "[::1]:80"],
}
UNREADABLE = [
    "",
    "unknown",
    "localhost",
    "8.8.8",
    "8.8.8.256",
    "8.8.8.08",
    "1234::5::6",
    "8.8.8.8, 10.0.0.1",
    "8.8.8.8/24",
    "134744072",
    "8.8.8.8\ufffd",
]


@tagged("post_install", "-at_install")
class TestGeoPlace(BaseCase):
    def test_doctests(self):
        flags = doctest.NORMALIZE_WHITESPACE
        for module in (place, lookup):
            result = doctest.testmod(module, optionflags=flags)
            self.assertFalse(result.failed)
            self.assertTrue(result.attempted)

    def test_addresses_of_somebody_on_the_internet_are_public(self):
        for text in PUBLIC:
            with self.subTest(text):
                self.assertTrue(is_public(parse_address(text)))

    def test_addresses_that_nobody_routes_are_private(self):
        for kind, texts in PRIVATE.items():
            for text in texts:
                with self.subTest(kind, text=text):
                    self.assertFalse(is_public(parse_address(text)))

    def test_what_is_no_address_is_none(self):
        for text in UNREADABLE:
            with self.subTest(text):
                self.assertIsNone(parse_address(text))

    def test_texts_of_a_place_are_cut_and_made_harmless(self):
        found = make_place("DE", "G" * 100, "Bo\r\nnn", " \u202eNRW ", 50, 7)
        self.assertEqual(len(found.country_name), 64)
        self.assertEqual(found.city, "Bo\ufffd\ufffdnn")
        self.assertEqual(found.geo_state, "\ufffdNRW")
        self.assertEqual((found.latitude, found.longitude), (50.0, 7.0))

    def test_a_country_code_has_two_capitals(self):
        for code in ("de", "DEU", "D", "", "D1", "--", "ÄÖ", "DE\n", None, 49, ["DE"]):
            with self.subTest(code):
                self.assertIsNone(make_place(code, "Germany", "", "", None, None))

    def test_coordinates_out_of_range_are_left_out_together(self):
        bad = [(91, 7), (50, 181), (float("nan"), 7), (10**400, 7), (True, 7)]
        for latitude, longitude in [*bad, (None, 7), ("50", "7"), (float("inf"), 0)]:
            with self.subTest(latitude=latitude, longitude=longitude):
                found = make_place("DE", "Germany", "", "", latitude, longitude)
                self.assertEqual(found, Place("DE", "Germany"))
