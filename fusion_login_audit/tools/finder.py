"""Finds the places of addresses during one run of the enrichment.

It decides whom to ask and what an answer means for the address; it holds no cursor, so
nothing is locked while somebody is being asked.
"""

import logging
import time
from datetime import timedelta
from typing import NamedTuple

from odoo import fields

from . import lookup, settings
from .place import PRIVATE, Place, is_public, parse_address

_logger = logging.getLogger("odoo.addons.fusion_login_audit")

#: Below the two minutes after which Odoo ends a cron's worker.
BUDGET_S = 90
TRIES = 5
FIRST_WAIT = timedelta(minutes=5)
#: How long addresses wait that were not asked for because nobody answered.
OUTAGE_WAIT = timedelta(minutes=10)
#: How long the new events of an address that could not be found are not asked for.
FAILED_FOR = timedelta(days=1)
_FAILURES_IN_A_ROW = 2
_DEFAULT_BATCH = 100
_LONGEST_BATCH = 1000
_DEFAULT_TIMEOUT_S = 3
_LONGEST_TIMEOUT_S = 30
_OF_THE_SERVICE = frozenset({"timeout", "unreachable", "status", "answer"})


class Finding(NamedTuple):
    """What is known of an address now.

    :param state: `done`, `private_ip`, `failed`, or `pending` when it has to wait
    :param place: where it is; empty unless that is known
    :param source: who said so: `geoip`, `service` or `private`
    :param host: name of the host, empty when it has none
    :param error: why the place is not known, a key of `LAST_ERRORS`
    :param attempts: how often the service was asked in vain
    :param next_try: when a waiting address may be asked for, None for at once
    :param is_cached: whether it was known before
    """

    state: str
    place: Place = Place()
    source: str | None = None
    host: str = ""
    error: str | None = None
    attempts: int = 0
    next_try: object = None
    is_cached: bool = False


class Finder:
    """One run: its settings, its time, and who did not answer.

    :param env: environment to read the settings with, now and never again
    :param paused_until: until when the service wants to be left alone, or None
    """

    def __init__(self, env, paused_until=None):
        self.batch = min(
            settings.whole(env, "geo_batch") or _DEFAULT_BATCH, _LONGEST_BATCH
        )
        self.paused_until = paused_until
        self.asked = 0
        self._ends = time.monotonic() + BUDGET_S
        self._enabled = settings.switch(env, "geo_enabled")
        self._url = settings.text(env, "geo_url")
        timeout_s = settings.number(env, "geo_timeout_s") or _DEFAULT_TIMEOUT_S
        self._timeout_s = min(timeout_s, _LONGEST_TIMEOUT_S)
        self._cached_for = timedelta(days=settings.whole(env, "geo_cache_days"))
        self._has_database = True
        self._failures = 0
        self._dns_failures = 0
        self._resolver = None
        if settings.switch(env, "reverse_dns"):
            self._resolver = lookup.make_resolver()
        #: Whether the service is left alone for the rest of the run.
        self.is_stopped = bool(paused_until and paused_until > fields.Datetime.now())
        if self._enabled and not lookup.is_service_url(self._url):
            _logger.warning("The URL of the geo service is none with {ip} in it.")
            self.is_stopped = True

    def has_time(self):
        """Tell whether there is time to ask for one more address."""
        return time.monotonic() < self._ends

    def find(self, known):
        """Return the :class:`Finding` for an address; it never raises.

        :param dict known: its row of the cache
        """
        try:
            return self._find(known)
        except Exception:
            # One address must not keep the others from being found, run after run.
            _logger.exception("The place of an address could not be looked up.")
            return _in_vain("other", known)

    def _find(self, known):
        address = parse_address(known["ip_address"])
        if address is None:
            return Finding("failed", error="address")
        if not is_public(address):
            return Finding("private_ip", PRIVATE, "private")
        is_fresh = self._is_fresh(known)
        place = self._in_database(address)
        if is_fresh:
            return _cached(known, place)
        if place:
            finding = Finding("done", place, "geoip")
        else:
            finding = self._ask_service(address, known)
        if finding.state == "pending":
            return finding
        return finding._replace(host=self._name(address))

    def _is_fresh(self, known):
        looked_up_at, state = known["looked_up_at"], known["state"]
        if not looked_up_at or state not in ("done", "failed"):
            return False
        if state == "failed" and known["last_error"] == "off" and self._enabled:
            return False
        lasts = self._cached_for if state == "done" else FAILED_FOR
        return looked_up_at > fields.Datetime.now() - lasts

    def _in_database(self, address):
        if not self._has_database:
            return None
        try:
            return lookup.ask_database(address)
        except Exception:
            # Whatever a damaged file does, the other sources are there.
            _logger.warning("The GeoIP database cannot be read.", exc_info=True)
            self._has_database = False
            return None

    def _ask_service(self, address, known):
        if not self._enabled:
            return Finding("failed", error="off")
        if self.is_stopped:
            return self._later(known)
        self.asked += 1
        answer = lookup.ask_service(self._url, address, self._timeout_s)
        self._note(answer)
        if answer.place:
            return Finding("done", answer.place, "service")
        if answer.error is None:
            return self._later(known)
        if answer.error == "unknown":
            return Finding("failed", error="unknown")
        return _in_vain(answer.error, known)

    def _note(self, answer):
        """Note what an answer says about the service itself."""
        if answer.pause_s:
            self.is_stopped = True
            self.paused_until = fields.Datetime.now() + timedelta(
                seconds=answer.pause_s
            )
        failed = answer.error in _OF_THE_SERVICE
        self._failures = self._failures + 1 if failed else 0
        if self._failures >= _FAILURES_IN_A_ROW:
            _logger.warning("The geo service does not answer; this run asks no more.")
            self.is_stopped = True

    def _later(self, known):
        """Return that an address was not asked for, through no fault of its own."""
        now = fields.Datetime.now()
        next_try = now + OUTAGE_WAIT
        if self.paused_until and self.paused_until > now:
            next_try = self.paused_until
        return Finding(
            "pending",
            error=known["last_error"],
            attempts=_attempts(known),
            next_try=next_try,
        )

    def _name(self, address):
        """Return the host's name, unless the name server stopped answering."""
        if self._resolver is None or self._dns_failures >= _FAILURES_IN_A_ROW:
            return ""
        self.asked += 1
        name, answered = lookup.ask_name(self._resolver, address)
        self._dns_failures = 0 if answered else self._dns_failures + 1
        return name


def _cached(known, place):
    """Return what the cache knows, unless Odoo's database has another place by now.

    The cache keeps its age as long as it is right, or no host's name would ever be
    asked for again.

    :param dict known: a row of the cache that is not too old
    :param place: what Odoo's database says, or None
    """
    host = known["ip_hostname"] or ""
    was_found = known["state"] == "done"
    cached = Place(*(known[name] or "" for name in Place._fields[:4]))
    if place and (not was_found or place[:4] != cached[:4]):
        return Finding("done", place, "geoip", host)
    return Finding(
        known["state"],
        cached if was_found else Place(),
        host=host,
        error=known["last_error"],
        is_cached=True,
    )


def _in_vain(error, known):
    """Return the finding after the service failed to answer for an address."""
    attempts = _attempts(known) + 1
    if attempts >= TRIES:
        return Finding("failed", error=error, attempts=attempts)
    next_try = fields.Datetime.now() + FIRST_WAIT * 2 ** (attempts - 1)
    return Finding("pending", error=error, attempts=attempts, next_try=next_try)


def _attempts(known):
    """Return how often the service was asked in vain since the address was last done
    with."""
    return known["attempts"] or 0 if known["state"] == "pending" else 0
