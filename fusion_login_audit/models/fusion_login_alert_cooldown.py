from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import settings

# Long enough that no cooldown in use is forgotten.
_DAYS_KEPT = 7


class FusionLoginAlertCooldown(models.Model):
    """When there was an alert of a kind about a subject: what keeps it from repeating.

    Nobody has access; the rows are read and written by SQL alone.
    """

    _name = "fusion.login.alert.cooldown"
    _description = "Cooldown of Login Alerts"
    _log_access = False

    kind = fields.Char(required=True, readonly=True)
    subject = fields.Char(required=True, readonly=True)
    last_alert = fields.Datetime(required=True, readonly=True)

    _sql_constraints = [
        (
            "subject_unique",
            "UNIQUE (kind, subject)",
            "There is one cooldown a kind and subject.",
        ),
    ]

    @api.model
    def _fc_claim(self, kind, subject):
        """Claim the right to raise an alert, for one of all who try at the same time.

        Nobody waits: who finds the subject being claimed, or claimed since the own
        transaction began, has lost. The claim ends with the transaction that holds it,
        so an alert that is rolled back costs no cooldown.

        :param str kind: kind of the alert
        :param str subject: what it is about
        :return: (whether it is claimed, time of the alert before or None)
        """
        minutes = settings.number(self.env, "alert_cooldown_min")
        if not self._fc_is_free(kind, subject, minutes):
            return False, None
        try:
            with self.env.cr.savepoint(flush=False):
                return self._fc_take(kind, subject, minutes)
        except SerializationFailure:
            return False, None

    def _fc_is_free(self, kind, subject, minutes):
        """Tell whether no cooldown runs and nobody else is claiming, without a write.

        The lock ends with the transaction or the savepoint around the claim.
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT pg_try_advisory_xact_lock(hashtextextended(%(lock)s, 0))
                 WHERE NOT EXISTS (
                       SELECT FROM fusion_login_alert_cooldown
                        WHERE kind = %(kind)s AND subject = %(subject)s
                          AND last_alert > now() AT TIME ZONE 'UTC'
                              - %(minutes)s * interval '1 minute')
                """,
                lock=f"fusion_login_alert:{kind}:{subject}",
                kind=kind,
                subject=subject,
                minutes=minutes,
            )
        )
        found = self.env.cr.fetchone()
        return bool(found and found[0])

    def _fc_take(self, kind, subject, minutes):
        self.env.cr.execute(
            SQL(
                """
                WITH previous AS (
                    SELECT last_alert FROM fusion_login_alert_cooldown
                     WHERE kind = %(kind)s AND subject = %(subject)s)
                INSERT INTO fusion_login_alert_cooldown AS mine
                            (kind, subject, last_alert)
                VALUES (%(kind)s, %(subject)s, now() AT TIME ZONE 'UTC')
                ON CONFLICT (kind, subject) DO UPDATE
                   SET last_alert = EXCLUDED.last_alert
                 WHERE mine.last_alert
                       <= EXCLUDED.last_alert - %(minutes)s * interval '1 minute'
                RETURNING (SELECT last_alert FROM previous)
                """,
                kind=kind,
                subject=subject,
                minutes=minutes,
            ),
            log_exceptions=False,
        )
        found = self.env.cr.fetchone()
        return bool(found), found and found[0]

    @api.autovacuum
    def _gc_cooldowns(self):
        """Forget cooldowns that are over: strangers choose the subjects."""
        minutes = settings.number(self.env, "alert_cooldown_min")
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM fusion_login_alert_cooldown
                 WHERE last_alert < now() AT TIME ZONE 'UTC'
                       - %(minutes)s * interval '1 minute'
                       - %(days)s * interval '1 day'
                """,
                minutes=minutes,
                days=_DAYS_KEPT,
            )
        )
