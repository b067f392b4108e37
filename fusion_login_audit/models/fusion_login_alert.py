"""Alerts: what administrators are told about, and how each alert comes about.

The rules stand in `fusion_login_alert_rules` and `fusion_login_alert_place`, the words
in `fusion_login_alert_texts`, the channels in `fusion_login_alert_delivery`.
"""

import logging
from collections import Counter
from datetime import timedelta
from typing import NamedTuple

from psycopg2.extensions import TransactionRollbackError

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import settings
from ..tools.limits import LIMITS

_logger = logging.getLogger("odoo.addons.fusion_login_audit")

KINDS = [
    ("failure_burst", "Failed attempts"),
    ("after_burst", "Success after failures"),
    ("new_country", "New country"),
    ("travel", "Impossible travel"),
    ("never_used", "Unused account"),
    ("off_hours", "Outside working hours"),
    ("spraying", "Many logins, one address"),
    ("broken_seal", "Broken seal"),
    ("test", "Test"),
]
_INDEXES = [
    ("time", "alert_time DESC, id DESC"),
    ("kind_time", "kind, alert_time DESC, id DESC"),
]
_GC_BATCH = 5000


class Finding(NamedTuple):
    """What a rule found.

    :param subject: what the alert is about; one cooldown runs for it
    :param facts: figures of the finding, as JSON knows them
    """

    subject: str
    facts: dict


class FusionLoginAlert(models.Model):
    """One alert. People only read; the addon writes alerts and their deliveries."""

    _name = "fusion.login.alert"
    _description = "Login Alert"
    _order = "alert_time desc, id desc"
    _log_access = False

    name = fields.Char("Alert", required=True, readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    subject = fields.Char(
        required=True,
        readonly=True,
        help="The login, the login and country, or the address the alert is about. "
        "While its cooldown runs, no further alert of the kind is raised about it.",
    )
    user_id = fields.Many2one(
        "res.users", ondelete="set null", index=True, readonly=True
    )
    attempted_login = fields.Char("Login", size=255, readonly=True)
    ip_address = fields.Char("IP Address", size=45, readonly=True)
    event_id = fields.Many2one(
        "fusion.login.audit", ondelete="set null", index=True, readonly=True
    )
    alert_time = fields.Datetime("Time", required=True, readonly=True)
    message = fields.Text(required=True, readonly=True)
    details = fields.Json(readonly=True, help="The figures behind the message.")
    delivery_ids = fields.One2many(
        "fusion.login.alert.delivery", "alert_id", "Deliveries", readonly=True
    )

    def init(self):
        """Create the indexes behind the lists."""
        for name, columns in _INDEXES:
            self.env.cr.execute(
                SQL(
                    "CREATE INDEX IF NOT EXISTS %s ON fusion_login_alert (%s)",
                    SQL.identifier(f"fusion_login_alert_{name}_idx"),
                    SQL(columns),
                )
            )

    @api.model
    def _fc_raise(self, kind, finding, event):
        """Raise an alert unless its cooldown runs: claim, alert and mail, or nothing.

        Rows that the alert refers to, such as the user or the cron that sends mails,
        may have changed since the transaction began. The database then refuses the
        reference, and the alert is raised in a new transaction.

        :param str kind: one of :data:`KINDS`
        :param Finding finding: what it is about
        :param dict event: the row of `fusion.login.audit` that led to it
        :return: the alert; nothing while the cooldown runs or somebody else raises it
        """
        try:
            return self._fc_raise_once(kind, finding, event)
        except TransactionRollbackError:
            with self.env.registry.cursor() as cr:
                alerts = self.with_env(self.env(cr=cr))
                cr.execute(LIMITS)
                return self.browse(alerts._fc_raise_once(kind, finding, event).id)

    def _fc_raise_once(self, kind, finding, event):
        with self.env.cr.savepoint():
            claimed, previous = self.env["fusion.login.alert.cooldown"]._fc_claim(
                kind, finding.subject
            )
            if not claimed:
                return self.browse()
            return self._fc_create(kind, finding, event, previous)

    def _fc_create(self, kind, finding, event, previous):
        recipients = self._fc_recipients()
        alerts = self.with_context(lang=self._fc_language(recipients))
        facts = {**finding.facts, **alerts._fc_repeated(kind, event, previous)}
        name, message = alerts._fc_texts(kind, event, facts)
        about_address = kind == "spraying"
        alert = alerts.create(
            {
                "name": name,
                "kind": kind,
                "subject": finding.subject,
                "user_id": False if about_address else event["user_id"],
                "attempted_login": False if about_address else event["attempted_login"],
                "ip_address": event["ip_address"],
                "event_id": event["id"],
                "alert_time": fields.Datetime.now(),
                "message": message,
                "details": facts,
            }
        )
        alert._fc_queue(recipients)
        return alert

    @api.model
    def _fc_recipients(self):
        """Return who is told: the active Settings administrators with an address."""
        group = self.env.ref("base.group_system")
        return (
            self.env["res.users"]
            .search([("groups_id", "in", group.ids), ("email", "!=", False)])
            .filtered("email")
        )

    @api.model
    def _fc_language(self, recipients):
        """Return the language of alerts: the one that most recipients use.

        :param recipients: `res.users` records
        :return: code of an installed language
        """
        installed = {code for code, _name in self.env["res.lang"].get_installed()}
        used = Counter(
            user.lang for user in recipients.sorted("id") if user.lang in installed
        )
        if used:
            return used.most_common(1)[0][0]
        company_lang = self.env.company.partner_id.lang
        return company_lang if company_lang in installed else "en_US"

    @api.autovacuum
    def _gc_alerts(self):
        """Remove alerts as old as the events they are about, some at a time.

        :return: (number removed, whether there may be more)
        """
        days = settings.number(self.env, "retention_days")
        if not days:
            return 0, 0
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM fusion_login_alert
                 WHERE id IN (SELECT id FROM fusion_login_alert
                               WHERE alert_time < %s ORDER BY alert_time LIMIT %s)
                """,
                fields.Datetime.now() - timedelta(days=days),
                _GC_BATCH,
            )
        )
        removed = self.env.cr.rowcount
        self.env.invalidate_all()
        return removed, int(removed == _GC_BATCH)

    @api.model
    def _fc_cron_deliver(self):
        """Deliver alerts to the channels that are slow or far away."""
        if settings.switch(self.env, "alert_enabled"):
            self.env["fusion.login.alert.delivery"]._fc_run()
