"""How alerts reach people: one row for an alert and a channel.

Mail is queued with the alert. Discuss and the webhook are served by a cron, as are
mails that failed. A delivery is claimed in a transaction of its own before anything
leaves the server, and its outcome noted in another one: no lock is held meanwhile, two
workers never take the same delivery, and one whose worker was killed is due again when
its lease ends. So a receiver may get a delivery twice in that case alone, and knows it
by its number.
"""

import logging
import random
import time
from contextlib import contextmanager
from datetime import timedelta

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, _, api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger("odoo.addons.fusion_login_audit")

CHANNELS = [("mail", "Email"), ("discuss", "Discuss"), ("webhook", "Webhook")]
STATES = [("queued", "Queued"), ("sent", "Sent"), ("failed", "Failed")]

MAX_ATTEMPTS = 8
# Longer than any hand-over may take.
LEASE = timedelta(minutes=10)
_FIRST_DELAY = timedelta(minutes=1)
_LONGEST_DELAY = timedelta(hours=6)
# A receiver that hangs must not keep a cron worker for long; the cron comes back.
_SECONDS_A_RUN = 60
_CLAIM_TRIES = 5


class DeliveryError(Exception):
    """A channel did not take an alert.

    :param str reason: why, for people; nothing secret
    :param bool final: whether trying again is pointless until settings change
    """

    def __init__(self, reason, *, final=False):
        super().__init__(reason)
        self.reason = reason
        self.final = final


def backoff(attempts):
    """Return how long to wait after an attempt: twice as long as before, give or take.

    The chance in it keeps many that failed together from coming back together.

    :param int attempts: how many there were
    """
    delay = min(_FIRST_DELAY * 2 ** max(attempts - 1, 0), _LONGEST_DELAY)
    return delay * random.uniform(1, 1.2)


class FusionLoginAlertDelivery(models.Model):
    _name = "fusion.login.alert.delivery"
    _description = "Delivery of a Login Alert"
    _rec_name = "channel"
    _order = "id"
    _log_access = False

    alert_id = fields.Many2one(
        "fusion.login.alert",
        required=True,
        ondelete="cascade",
        index=True,
        readonly=True,
    )
    channel = fields.Selection(CHANNELS, required=True, readonly=True)
    state = fields.Selection(STATES, required=True, readonly=True)
    attempts = fields.Integer(readonly=True, default=0, aggregator=None)
    next_try = fields.Datetime(readonly=True, help="Empty while the mail queue has it.")
    sent_time = fields.Datetime("Sent", readonly=True)
    last_error = fields.Char(readonly=True)
    mail_id = fields.Many2one(
        "mail.mail",
        "Email",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
    )

    def init(self):
        """Create the indexes behind the cron and the list of failures."""
        self.env.cr.execute(
            "CREATE INDEX IF NOT EXISTS fusion_login_alert_delivery_due_idx"
            " ON fusion_login_alert_delivery (next_try, id) WHERE state = 'queued'"
        )
        self.env.cr.execute(
            "CREATE INDEX IF NOT EXISTS fusion_login_alert_delivery_failed_idx"
            " ON fusion_login_alert_delivery (alert_id) WHERE state = 'failed'"
        )

    # -- the cron ----------------------------------------------------------------------

    @api.model
    def _fc_run(self):
        """Hand over what is due until nothing is, or the time of a run is over."""
        alerts = self.env["fusion.login.alert"]
        language = alerts._fc_language(alerts._fc_recipients())
        deliveries = self.with_context(lang=language)
        deliveries._fc_settle_mails()
        until = time.monotonic() + _SECONDS_A_RUN
        count = 0
        while time.monotonic() < until and deliveries._fc_deliver_next():
            count += 1
        if count:
            _logger.info("fusion_login_audit: %d alert deliveries were due", count)

    def _fc_deliver_next(self, only=None):
        """Hand over the delivery that is due first.

        :param list only: ids to choose from; all when None
        :return: whether there was one
        """
        claimed = self._fc_claim(only)
        if not claimed:
            return False
        delivery_id, channel = claimed
        try:
            getattr(self, f"_fc_hand_over_{channel}")(delivery_id)
        except Exception as error:
            refused = isinstance(error, DeliveryError)
            if not refused:
                _logger.exception(
                    "fusion_login_audit: delivery %s by %s failed", delivery_id, channel
                )
            with self._fc_apart(delivery_id) as delivery:
                delivery._fc_note_failure(
                    error.reason if refused else type(error).__name__,
                    final=refused and error.final,
                )
        return True

    @contextmanager
    def _fc_apart(self, *ids):
        """Give deliveries in a transaction of its own, which ends with the block.

        :param int ids: ids; those that are gone, with their alert, are not given
        """
        with self.env.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {"lang": self.env.lang})
            yield self.with_env(env).browse(ids).exists()

    def _fc_claim(self, only=None):
        """Take the delivery that is due first, for the length of a lease.

        :return: (id, channel); None when nothing is due
        """
        for _turn in range(_CLAIM_TRIES):
            try:
                with self.env.registry.cursor() as cr:
                    return self._fc_take(cr, only)
            except SerializationFailure:
                # Another worker took that one since this transaction began.
                continue
        return None

    def _fc_take(self, cr, only):
        now = fields.Datetime.now()
        cr.execute(
            SQL(
                """
                UPDATE fusion_login_alert_delivery
                   SET attempts = attempts + 1, next_try = %(lease_end)s
                 WHERE id = (SELECT id FROM fusion_login_alert_delivery
                              WHERE state = 'queued' AND next_try <= %(now)s
                                AND %(only)s
                           ORDER BY next_try, id LIMIT 1 FOR UPDATE SKIP LOCKED)
             RETURNING id, channel
                """,
                lease_end=now + LEASE,
                now=now,
                only=SQL("TRUE") if only is None else SQL("id = ANY(%s)", only),
            ),
            log_exceptions=False,
        )
        return cr.fetchone()

    # -- outcomes ----------------------------------------------------------------------

    def _fc_note_sent(self):
        """Note that the channel took the alert."""
        self.write(
            {
                "state": "sent",
                "sent_time": fields.Datetime.now(),
                "next_try": False,
                "last_error": False,
            }
        )

    def _fc_note_failure(self, reason, *, final=False):
        """Note a failed attempt: it is due again later, unless it was the last one.

        :param str reason: why, for people
        :param bool final: whether there is no point in trying again
        """
        for delivery in self:
            vals = {"last_error": reason, "state": "failed", "next_try": False}
            if not final and delivery.attempts < MAX_ATTEMPTS:
                due = fields.Datetime.now() + backoff(delivery.attempts)
                vals.update(state="queued", next_try=due)
                delivery._fc_wake_cron(due)
            delivery.write(vals)

    def _fc_try_again(self):
        """Make failed deliveries due at once, as if they were new."""
        self.write(
            {
                "state": "queued",
                "attempts": 0,
                "next_try": fields.Datetime.now(),
                "last_error": False,
            }
        )
        self._fc_wake_cron()

    def _fc_wake_cron(self, at=None):
        """Have the cron run, now or at a time."""
        cron = self.env.ref(
            "fusion_login_audit.cron_alert_deliver", raise_if_not_found=False
        )
        if cron:
            cron.sudo()._trigger(at)

    # -- mail --------------------------------------------------------------------------

    def _fc_hand_over_mail(self, delivery_id):
        """Queue a failed mail again; what the mail queue makes of it is noted later."""
        with self._fc_apart(delivery_id) as delivery:
            mail = delivery.mail_id
            if mail:
                mail.mark_outgoing()
            elif delivery:
                mail = delivery.alert_id._fc_make_mail()
            delivery.write({"mail_id": mail.id, "next_try": False})
            delivery._fc_wake_mail_queue()

    def _fc_wake_mail_queue(self):
        """Have queued mails leave at once, not within the hour."""
        cron = self.env.ref(
            "mail.ir_cron_mail_scheduler_action", raise_if_not_found=False
        )
        if cron:
            cron.sudo()._trigger()

    def _fc_settle_mails(self):
        """Note what became of mails that no mail queue will send any more.

        Sent ones are noted when they are sent (`mail.mail`), and are deleted then.
        """
        waiting = [
            ("channel", "=", "mail"),
            ("state", "=", "queued"),
            ("next_try", "=", False),
        ]
        with self._fc_apart() as deliveries:
            for delivery in deliveries.search(
                waiting + [("mail_id.state", "=", "exception")]
            ):
                delivery._fc_note_failure(delivery.mail_id.failure_reason or "")
            deliveries.search(
                waiting
                + ["|", ("mail_id", "=", False), ("mail_id.state", "=", "cancel")]
            )._fc_note_failure(
                _("The email was cancelled or deleted, or had no valid address."),
                final=True,
            )
