"""The three that are asked where an address is: Odoo's own database of places, the HTTP
service, and the name server for the host's name.

Nothing here touches the database of Odoo, and nothing raises: an answer says what went
wrong. The address is all that leaves the server.
"""

import json
import logging
import re
from queue import Empty, SimpleQueue
from threading import Thread
from typing import NamedTuple
from urllib.parse import quote

import dns.exception
import dns.resolver
import dns.reversename
import requests
import urllib3

from odoo import http, release

from .place import Place, host_name, make_place

_logger = logging.getLogger("odoo.addons.fusion_login_audit")

USER_AGENT = "Odoo-FusionLoginAudit/{}.{}".format(*release.version_info)
FIELDS = "status,country,countryCode,regionName,city,lat,lon"
DNS_LIFETIME_S = 1.5
_BODY_LIMIT = 16 * 1024
_TOO_MANY_REQUESTS = 429
# How long the service is left alone when it does not say how long it wants to be.
_DEFAULT_PAUSE_S = 60
_LONGEST_PAUSE_S = 24 * 3600
_SECONDS = re.compile(r"[0-9]{1,9}")


class Answer(NamedTuple):
    """What the HTTP service said.

    :param place: None when it did not say
    :param error: why not, a key of `LAST_ERRORS`; None when it asks to be left alone
    :param pause_s: seconds for which it wants no more questions
    """

    place: Place | None = None
    error: str | None = None
    pause_s: int = 0


def is_service_url(url):
    """Tell whether addresses can be asked for with a URL.

    >>> is_service_url("https://places.example/{ip}?key=1")
    True
    >>> is_service_url("https://places.example/"), is_service_url("file:///{ip}")
    (False, False)
    """
    return "{ip}" in url and url.startswith(("http://", "https://"))


def ask_service(url, address, timeout_s):
    """Ask the HTTP service for the place of an address.

    :param str url: the service's URL, with ``{ip}`` where the address goes
    :param address: `ipaddress` object
    :param float timeout_s: seconds for the whole exchange, look-up of the service's own
        name included
    :return: :class:`Answer`
    """
    url = url.replace("{ip}", quote(str(address), safe=""))
    try:
        return _read(*_within(timeout_s, _get, url, timeout_s))
    except (TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError):
        return Answer(error="timeout")
    except (
        requests.RequestException,
        urllib3.exceptions.HTTPError,
        OSError,
        ValueError,
    ) as error:
        _logger.info("The geo service could not be asked: %s", type(error).__name__)
        return Answer(error="unreachable")


def ask_database(address):
    """Look for an address in the GeoIP database that the server is configured with.

    :param address: `ipaddress` object
    :return: :class:`Place`; None when there is no database or it does not know
    """
    if http.geoip2 is None:
        return None
    found = http.GeoIP(str(address))
    # The country first: once the city was looked for, Odoo looks in no other file.
    country = found.country
    return make_place(
        country.iso_code,
        country.name,
        found.city.name,
        found.subdivisions.most_specific.name,
        found.location.latitude,
        found.location.longitude,
    )


def make_resolver():
    """Return a resolver of the system's name servers, None when it has none."""
    try:
        return dns.resolver.Resolver()
    except (dns.exception.DNSException, OSError):
        return None


def ask_name(resolver, address):
    """Ask the name server for the name of an address.

    :param resolver: `dns.resolver.Resolver`
    :param address: `ipaddress` object
    :return: (name, empty when it has none; whether the name server answered in time)
    """
    pointer = dns.reversename.from_address(str(address))
    try:
        answer = resolver.resolve(pointer, "PTR", lifetime=DNS_LIFETIME_S, search=False)
    except dns.exception.Timeout:
        return "", False
    except (dns.exception.DNSException, OSError, ValueError):
        return "", True
    names = (host_name(record.target.to_text()) for record in answer)
    return next(filter(None, names), ""), True


def _within(seconds, function, *arguments):
    """Return what a function returns, or leave it to itself when it takes too long.

    The time-outs of sockets hold for each piece that arrives, and none for the look-up
    of a name: a slow enough server could hold the caller for hours.

    :raises TimeoutError: when the time is over; else whatever the function raises
    """
    outcome = SimpleQueue()

    def work():
        try:
            outcome.put((function(*arguments), None))
        except Exception as error:
            outcome.put((None, error))

    Thread(target=work, name="fusion_login_audit.geo", daemon=True).start()
    try:
        result, error = outcome.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
    if error:
        raise error
    return result


def _get(url, timeout_s):
    """Return (status, headers, the body's beginning) of the answer to a request."""
    with requests.Session() as session:
        session.headers.clear()
        session.headers["User-Agent"] = USER_AGENT
        # With credentials given, be it none, those of a `.netrc` stay at home.
        with session.get(
            url,
            params={"fields": FIELDS},
            timeout=timeout_s,
            auth=_no_credentials,
            allow_redirects=False,
            stream=True,
        ) as response:
            body = response.raw.read(_BODY_LIMIT + 1)
            return response.status_code, response.headers, body


def _no_credentials(request):
    return request


def _read(status, headers, body):
    """Return the :class:`Answer` in a response."""
    pause_s = _pause_s(status, headers)
    if status == _TOO_MANY_REQUESTS:
        return Answer(pause_s=pause_s)
    if status != requests.codes.ok:
        return Answer(error="status", pause_s=pause_s)
    place, error = _place_in(body)
    return Answer(place, error, pause_s)


def _pause_s(status, headers):
    spent = headers.get("X-Rl", "").strip() == "0"
    if status != _TOO_MANY_REQUESTS and not spent:
        return 0
    for name in ("X-Ttl", "Retry-After"):
        value = headers.get(name, "").strip()
        if _SECONDS.fullmatch(value):
            return min(max(int(value), 1), _LONGEST_PAUSE_S)
    return _DEFAULT_PAUSE_S


def _place_in(body):
    """Return (place, error) of a body; one of them is None."""
    if len(body) > _BODY_LIMIT:
        return None, "answer"
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None, "answer"
    if not isinstance(found, dict):
        return None, "answer"
    if found.get("status") == "fail":
        return None, "unknown"
    place = found.get("status") == "success" and make_place(
        found.get("countryCode"),
        found.get("country"),
        found.get("city"),
        found.get("regionName"),
        found.get("lat"),
        found.get("lon"),
    )
    return (place, None) if place else (None, "answer")
