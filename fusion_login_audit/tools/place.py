"""What an address is, and what a place is: no network, no database.

Ranges are those of :mod:`ipaddress`: what the registries do not route publicly is asked
of nobody.
"""

import ipaddress
import re
from typing import NamedTuple

from .text import neutralise

_WITH_PORT = re.compile(r"\[([^\]]*)\](?::\d{1,5})?|([\d.]+):\d{1,5}")
_COUNTRY_CODE = re.compile(r"[A-Z]{2}")
_HOST_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_HOST_LENGTH = 253
_COUNTRY_LENGTH = 64
_CITY_LENGTH = 128
_REGION_LENGTH = 64


class Place(NamedTuple):
    """Where an address is; empty and None where that is not known.

    :param country_code: ISO 3166-1 alpha-2, `--` for a private network
    :param geo_state: region or state within the country
    :param latitude: degrees, north positive
    :param longitude: degrees, east positive
    """

    country_code: str = ""
    country_name: str = ""
    city: str = ""
    geo_state: str = ""
    latitude: float | None = None
    longitude: float | None = None


PRIVATE = Place("--", city="Private network")


def parse_address(text):
    """Return the address that a text names, as it is asked for.

    An IPv4 address within an IPv6 one (mapped, 6to4) stands for itself; the port that
    some proxies forward and the scope of a link are left out.

    >>> parse_address("8.8.8.8"), parse_address("::ffff:10.0.0.1")
    (IPv4Address('8.8.8.8'), IPv4Address('10.0.0.1'))
    >>> parse_address("fe80::1%eth0"), parse_address("[2a00:1450::5]:443")
    (IPv6Address('fe80::1'), IPv6Address('2a00:1450::5'))
    >>> parse_address("8.8.8.8:5060"), parse_address("2002:808:808::1")
    (IPv4Address('8.8.8.8'), IPv4Address('8.8.8.8'))
    >>> parse_address("localhost"), parse_address("8.8.8"), parse_address("")
    (None, None, None)

    :return: `ipaddress.IPv4Address` or `IPv6Address`; None when it names none
    """
    text = text.strip()
    if with_port := _WITH_PORT.fullmatch(text):
        text = with_port[1] or with_port[2]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if address.version == 4:
        return address
    embedded = address.ipv4_mapped or address.sixtofour
    return embedded or ipaddress.IPv6Address(int(address))


def is_public(address):
    """Tell whether an address belongs to somebody on the internet.

    >>> [is_public(parse_address(text)) for text in ("8.8.8.8", "2a00:1450::5")]
    [True, True]
    >>> [is_public(parse_address(text)) for text in ("10.1.2.3", "::1", "224.0.0.1")]
    [False, False, False]

    :param address: what :func:`parse_address` returned
    :return: bool; multicast, reserved and documentation addresses are not public
    """
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not getattr(address, "is_site_local", False)
    )


def make_place(code, country, city, region, latitude, longitude):
    """Return the :class:`Place` that a source describes.

    What is no text or too long a text is left out or cut; coordinates out of range are
    left out.

    >>> make_place("DE", "Germany", "Bonn", "NRW", 50.7, 7.1).city
    'Bonn'
    >>> make_place("DE", "Germany", ["Bonn"], None, 500, 7.1)
    Place(country_code='DE', country_name='Germany', city='', geo_state='',
    latitude=None, longitude=None)
    >>> make_place("Germany", "Germany", "Bonn", "NRW", 50.7, 7.1) is None
    True

    :return: `Place`; None without a country code of two capitals
    """
    if not isinstance(code, str) or not _COUNTRY_CODE.fullmatch(code):
        return None
    return Place(
        code,
        _label(country, _COUNTRY_LENGTH),
        _label(city, _CITY_LENGTH),
        _label(region, _REGION_LENGTH),
        *_coordinates(latitude, longitude),
    )


def host_name(text):
    """Return a host name that a name server gave, as it may be stored.

    >>> host_name("Dns.Google."), host_name("xn--mnchen-3ya.example")
    ('dns.google', 'xn--mnchen-3ya.example')
    >>> host_name("<b>x</b>.example."), host_name("a" * 64 + ".example")
    ('', '')

    :param str text: the name, in the spelling of zone files
    :return: str in lower case; empty when it is no host name
    """
    name = text.removesuffix(".").lower()
    if len(name) > _HOST_LENGTH:
        return ""
    labels = name.split(".")
    return name if all(_HOST_LABEL.fullmatch(label) for label in labels) else ""


def _label(value, limit):
    return neutralise(value.strip(), limit) if isinstance(value, str) else ""


def _coordinates(latitude, longitude):
    """Return both coordinates or neither.

    >>> _coordinates(50, "7"), _coordinates(50.7, -181), _coordinates(50, float("nan"))
    ((None, None), (None, None), (None, None))
    """
    for value, limit in ((latitude, 90), (longitude, 180)):
        if type(value) not in (int, float) or not -limit <= value <= limit:
            return None, None
    return float(latitude), float(longitude)
