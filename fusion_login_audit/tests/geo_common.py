"""Runs of the enrichment against servers on this machine, in a test's transaction."""

from contextlib import contextmanager
from unittest.mock import patch

from ..models import fusion_login_geo
from ..tools import finder, lookup
from .common import LoginAuditCase
from .geo_servers import GeoService, NameServer

LOGGER = "odoo.addons.fusion_login_audit"
SETTINGS = {
    "geo_enabled": "True",
    "geo_timeout_s": "10",
    "geo_batch": "100",
    "geo_cache_days": "30",
    "reverse_dns": "True",
}


class GeoCase(LoginAuditCase):
    """The attributes are: `geo`, the cache; `service` and `name_server`, both asked;
    `database`, a mock in place of Odoo's, and `ask_database`, the original.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.geo = cls.env["fusion.login.geo"]
        cls.env.cr.execute(
            "UPDATE fusion_login_audit SET geo_lookup_state = 'internal'"
            " WHERE geo_lookup_state = 'pending'"
        )

    def setUp(self):
        super().setUp()
        self.service, self.name_server = GeoService(), NameServer()
        self.addCleanup(self.service.close)
        self.addCleanup(self.name_server.close)
        self.configure(**SETTINGS, geo_url=self.service.url)
        self.startPatcher(
            patch.object(lookup, "make_resolver", self.name_server.resolver)
        )
        # Only silence may end an exchange, however busy the machine is.
        self.startPatcher(patch.object(lookup, "DNS_LIFETIME_S", 10))
        # What the machine has in its place is not what the tests speak of.
        self.ask_database = lookup.ask_database
        self.database = self.startPatcher(
            patch.object(lookup, "ask_database", return_value=None)
        )

    def configure(self, **values):
        """Set settings of the addon."""
        params = self.env["ir.config_parameter"].sudo()
        for name, value in values.items():
            params.set_param(f"fusion_login_audit.{name}", value)

    @contextmanager
    def committing(self):
        """Yield the cache on a cursor whose commits stay in the test."""
        self.env.flush_all()
        if hasattr(self, "registry_enter_test_mode"):
            self.registry_enter_test_mode(register_cleanup=False)
            leave = self.registry_leave_test_mode
        else:
            self.registry.enter_test_mode(self.cr)
            leave = self.registry.leave_test_mode
        try:
            with self.registry.cursor() as cr:
                yield self.geo.with_env(self.env(cr=cr))
        finally:
            leave()
            self.env.invalidate_all()

    def run_cron(self):
        """Run the enrichment once."""
        with self.committing() as geo:
            geo._fc_cron_enrich()

    def pass_time(self, **interval):
        """Let time pass for the cache: what it remembers becomes older.

        :param interval: as of `datetime.timedelta`, such as ``minutes=5``
        """
        ((unit, number),) = interval.items()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE fusion_login_geo SET next_try = next_try - %(passed)s::interval,"
            " looked_up_at = looked_up_at - %(passed)s::interval",
            {"passed": f"{number} {unit}"},
        )
        self.env.cr.execute(
            "UPDATE ir_config_parameter"
            " SET value = (value::timestamp - %s::interval)::text WHERE key = %s",
            [f"{number} {unit}", fusion_login_geo._PAUSED_UNTIL],
        )
        self.env.invalidate_all()

    def asked(self):
        """Return the addresses that the service was asked for, in order."""
        return [path.split("?")[0].split("/")[-1] for path, _ in self.service.requests]

    def cached(self, ip):
        """Return the row of the cache of an address."""
        return self.geo.search([("ip_address", "=", ip)])

    def assertLeftWaiting(self, *events, error=False):
        """Assert that events wait for their place, and the reason why."""
        for event in events:
            self.assertEqual(event.geo_lookup_state, "pending")
            cached = self.cached(event.ip_address)
            self.assertEqual(cached.state, "pending")
            self.assertEqual(cached.last_error, error)
            self.assertTrue(cached.next_try)

    def silence_in(self, seconds):
        """Make whoever is asked in vain count as silent sooner."""
        self.configure(geo_timeout_s=seconds)
        self.startPatcher(patch.object(lookup, "DNS_LIFETIME_S", seconds))

    def shorten(self, **constants):
        """Make limits of a run small enough to be reached in a test."""
        for name, value in constants.items():
            module = fusion_login_geo if hasattr(fusion_login_geo, name) else finder
            self.startPatcher(patch.object(module, name, value))
