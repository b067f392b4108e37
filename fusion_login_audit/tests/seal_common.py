"""What the tests of the chain share: events of several days, and sealing them."""

from contextlib import contextmanager
from datetime import datetime, timedelta

from odoo import SUPERUSER_ID, api, fields

from .common import LoginAuditCase

DAY = timedelta(days=1)


class SealCase(LoginAuditCase):
    """A transaction without events and sealed days of before, in which crons run."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.execute("DELETE FROM fusion_login_seal")
        cls.env.cr.execute("DELETE FROM fusion_login_audit")
        cls.seals = cls.env["fusion.login.seal"]
        today = fields.Datetime.now().replace(hour=0, minute=0, second=0)
        cls.noon = today + timedelta(hours=12)

    @classmethod
    def events(cls, days_ago, count=3, **more):
        """Write events of a day, a second apart; return them in id order."""
        at = cls.noon - days_ago * DAY
        events = cls.audit
        for number in range(count):
            events += cls.event(at=at + timedelta(seconds=number), **more)
        return events

    @contextmanager
    def cron(self):
        """Give an environment in which a cron may commit, inside the transaction."""
        with self._test_mode(), self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})["fusion.login.seal"]
        self.env.invalidate_all()

    def _test_mode(self):
        if hasattr(self, "enter_registry_test_mode"):
            return self.enter_registry_test_mode()
        return self._registry_in_test_mode()

    @contextmanager
    def _registry_in_test_mode(self):
        self.env.flush_all()
        self.registry.enter_test_mode(self.cr)
        try:
            yield
        finally:
            self.registry.leave_test_mode()

    def seal(self):
        """Run the sealing cron; return the days in the order of the chain."""
        with self.cron() as seals:
            seals._fc_cron_seal()
        return self.days()

    def days(self):
        """Return the days in the order of the chain."""
        return self.seals.search([], order="id")

    def verify(self):
        """Verify the whole chain; return the first problem, as (kind, event, day)."""
        problem = self.seals._fc_verify().problem
        return problem and (problem.kind, problem.event_id, problem.day)

    def sql(self, query, *params):
        """Change the database as somebody would who may write to it."""
        self.env.cr.execute(query, params)
        self.env.invalidate_all()

    def day_of(self, days_ago):
        """Return the date some days ago."""
        return (self.noon - days_ago * DAY).date()


def at(text):
    """Return a time."""
    return datetime.fromisoformat(text)
