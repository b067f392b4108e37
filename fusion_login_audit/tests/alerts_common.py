"""What the tests of alerts share."""

from contextlib import contextmanager, nullcontext
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests.common import BaseCase, get_db_name

from .common import LoginAuditCase

ADMINISTRATOR = {
    "name": "Sam Settings",
    "login": "sam.settings@example.com",
    "email": "sam.settings@example.com",
}


def set_parameters(env, **values):
    """Set settings of the addon; None removes one."""
    for name, value in values.items():
        env["ir.config_parameter"].set_param(
            f"fusion_login_audit.{name}", False if value is None else str(value)
        )


def create_administrator(env):
    """Return a new Settings administrator."""
    group = env.ref("base.group_system")
    return (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create({**ADMINISTRATOR, "groups_id": [(4, group.id)]})
    )


class AlertCase(LoginAuditCase):
    """Alerts of events in a transaction that is rolled back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = create_administrator(cls.env)
        cls.alerts = cls.env["fusion.login.alert"]

    def evaluate(self, event):
        """Look for alerts as the login path does; return their kinds."""
        alerts = self.alerts._fc_evaluate(event.id)
        return alerts.mapped("kind")

    def forget_cooldowns(self, minutes=61):
        """Let time pass for all cooldowns."""
        self.env.cr.execute(
            "UPDATE fusion_login_alert_cooldown"
            " SET last_alert = last_alert - %s * interval '1 minute'",
            [minutes],
        )


@contextmanager
def environment(uid=SUPERUSER_ID):
    """An environment on a cursor of its own, committed when all went well."""
    with Registry(get_db_name()).cursor() as cr:
        yield api.Environment(cr, uid, {})


class CommittedCase(BaseCase):
    """Alerts on cursors of their own: what is written is committed, then removed."""

    # A name that no other data of the database has.
    login = "committed.alert@example.com"
    parameters = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The thread that runs the tests holds the registry's lock for good.
        cls.startClassPatcher(patch.object(Registry, "_lock", nullcontext()))
        cls.registry = Registry(get_db_name())
        with environment() as env:
            cls.administrator_id = create_administrator(env).id
        cls.addClassCleanup(cls._remove_administrator)

    @classmethod
    def _remove_administrator(cls):
        with environment() as env:
            administrator = env["res.users"].browse(cls.administrator_id)
            partner = administrator.partner_id
            administrator.unlink()
            partner.unlink()

    def setUp(self):
        super().setUp()
        with environment() as env:
            self._parameters_before = {
                row.key: row.value for row in self._parameters(env)
            }
            self._last_mail = env["mail.mail"].search([], limit=1, order="id desc").id
            last_alert = env["fusion.login.alert"].search([], limit=1, order="id desc")
            self._last_alert = last_alert.id
            set_parameters(env, **self.parameters)
        self.addCleanup(self._clean)

    def _clean(self):
        with environment() as env:
            self.alerts(env).unlink()
            self.forget_cooldown(env)
            env.cr.execute(
                "DELETE FROM fusion_login_audit WHERE attempted_login = %s",
                [self.login],
            )
            self.mails(env).unlink()
            before = self._parameters_before
            self._parameters(env).filtered(lambda row: row.key not in before).unlink()
            for key, value in before.items():
                env["ir.config_parameter"].set_param(key, value)

    def _parameters(self, env):
        return env["ir.config_parameter"].search(
            [("key", "=like", "fusion_login_audit.%")]
        )

    def forget_cooldown(self, env):
        """Let the next burst of the test's login be the first one."""
        env.cr.execute(
            "DELETE FROM fusion_login_alert_cooldown WHERE subject = %s", [self.login]
        )

    def alerts(self, env):
        """Return the alerts that the test raised."""
        return env["fusion.login.alert"].search([("id", ">", self._last_alert or 0)])

    def mails(self, env):
        """Return the mails that the test queued."""
        return env["mail.mail"].search([("id", ">", self._last_mail or 0)])
