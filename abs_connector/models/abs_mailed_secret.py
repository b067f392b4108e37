"""Codes and tokens that go to an e-mail address, to prove that somebody reads it.

Asking for one only notes the address, known or not; a job then looks whose it is, makes
the secret and mails it. So nobody learns from an answer, or from the time it takes,
whom we know.
"""

import hmac
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import psycopg2

from odoo import _, api, fields, models
from odoo.tools import email_normalize
from odoo.tools.misc import hmac as keyed_hash

from odoo.addons.base_json_api.api import problems

from ..tools import tries

_logger = logging.getLogger(__name__)

_BATCH = 100
_TRIES_OF_CODE = 5
_TOKEN_BYTES = 32
#: Asked for again within so many seconds, the one that was sent stays.
_PAUSE = 60
#: Requests for one address and seconds: from one caller, from all.
_ASKED_HERE = (5, 600)
_ASKED_ANYWHERE = (30, 86400)
_NOBODYS = "0" * 64


def _six_digits():
    return f"{secrets.randbelow(10**6):06}"


def _token():
    return secrets.token_urlsafe(_TOKEN_BYTES)


@dataclass(frozen=True)
class Kind:
    """What is mailed for one purpose.

    :param template: the mail
    :param minutes: how long it is valid
    :param make: makes the secret
    """

    template: str
    minutes: int
    make: Callable[[], str]


KINDS = {
    "code": Kind("abs_connector.mail_customer_code", 10, _six_digits),
    "reset": Kind("abs_connector.mail_employee_reset", 60, _token),
    "invite": Kind("abs_connector.mail_employee_invite", 7 * 24 * 60, _token),
}


class AbsMailedSecret(models.Model):
    """The one secret of a kind that is open for an address. Only a hash is kept."""

    _name = "abs.mailed.secret"
    _description = "Secret Sent by Mail"
    _log_access = False

    kind = fields.Selection(
        [
            ("code", "Code of a customer"),
            ("reset", "Reset of a password"),
            ("invite", "Invitation"),
        ],
        required=True,
    )
    email = fields.Char(required=True)
    is_due = fields.Boolean(help="It was asked for and is not sent yet.")
    employee_id = fields.Many2one("abs.employee", index=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", index=True, ondelete="cascade")
    secret_hash = fields.Char(index=True, groups=fields.NO_ACCESS)
    sent_at = fields.Datetime()
    expires = fields.Datetime()

    _sql_constraints = [
        ("address_unique", "UNIQUE(kind, email)", "There is one for this address.")
    ]

    # Asking

    @api.model
    def _request(self, kind, email, ip):
        """Note that somebody wants a secret at an address, whether we know it or not.

        :param str kind: one of `KINDS`
        :param str email: what was typed
        :param str ip: address of the caller
        :raises Invalid: for what is no e-mail address
        :raises TooManyRequests: after too many requests
        """
        email = self._address(email)
        tries.count(
            self.env,
            {
                tries.bucket(kind, email, ip): _ASKED_HERE,
                tries.bucket(kind, email): _ASKED_ANYWHERE,
            },
        )
        self.flush_model()
        # One that is due stays untouched: the cron may be sending it.
        self.env.cr.execute(
            """
            INSERT INTO abs_mailed_secret AS known (kind, email, is_due)
            VALUES (%s, %s, TRUE)
            ON CONFLICT (kind, email) DO UPDATE SET is_due = TRUE
             WHERE known.is_due IS NOT TRUE
               AND (known.sent_at IS NULL OR known.sent_at < %s)
            """,
            [kind, email, fields.Datetime.now() - timedelta(seconds=_PAUSE)],
            # Twins: Odoo runs the second one again, on what the first has left.
            log_exceptions=False,
        )
        self.invalidate_model()
        self.env.ref("abs_connector.cron_mail_secrets")._trigger()

    @api.model
    def _address(self, email):
        normal = email_normalize(email)
        if not normal:
            message = _("E-mail: this is no e-mail address.")
            raise problems.Invalid.of_field("/email", "email", message)
        return normal

    # Sending

    @api.model
    def _cron_send(self):
        """Send what was asked for, each by itself; forget addresses of nobody."""
        due = self.search([("is_due", "=", True)], order="id", limit=_BATCH)
        for one in due:
            one._send_or_give_up()
        _logger.info("%s requests for secrets by mail were looked at", len(due))
        if len(due) == _BATCH:
            self.env.ref("abs_connector.cron_mail_secrets")._trigger()

    @api.model
    def _send_now(self, kind, employee):
        """Send an employee a secret that a manager wants it to have.

        :param str kind: `invite` or `reset`
        :param employee: one `abs.employee`
        """
        known = self.search([("kind", "=", kind), ("email", "=", employee.email)])
        (known or self.create({"kind": kind, "email": employee.email}))._send()

    def _send_or_give_up(self):
        """Send; what cannot be sent keeps nobody else waiting."""
        try:
            with self.env.cr.savepoint():
                if self._lock():
                    self._send()
        except psycopg2.OperationalError:
            # Somebody asks for it at this moment, and triggers the job again.
            _logger.info("a secret (%s) is asked for again", self.id)
        except Exception:
            _logger.exception("a secret (%s) could not be mailed", self.id)
            self.is_due = False

    def _lock(self):
        """Keep others from asking for it meanwhile; tell whether it is still due."""
        self.env.cr.execute(
            "SELECT FROM abs_mailed_secret WHERE id = %s AND is_due"
            " FOR UPDATE SKIP LOCKED",
            [self.id],
            log_exceptions=False,
        )
        return bool(self.env.cr.rowcount)

    def _send(self):
        """Make the secret and mail it to whose address it is, if anybody's."""
        self.ensure_one()
        whom = self._whom()
        if not whom:
            self.unlink()
            return
        kind, is_code = KINDS[self.kind], self.kind == "code"
        secret = kind.make()
        now = fields.Datetime.now()
        self.write(
            {
                "is_due": False,
                "employee_id": False if is_code else whom.id,
                "partner_id": whom.id if is_code else False,
                "secret_hash": self._hash(secret, self.email if is_code else ""),
                "sent_at": now,
                "expires": now + timedelta(minutes=kind.minutes),
            }
        )
        self._mail(whom, kind, secret)

    def _mail(self, whom, kind, secret):
        template = self.env.ref(kind.template).with_context(
            secret=secret, link=self._link(secret)
        )
        # Of no record: a chatter would keep the secret.
        values = {"model": False, "res_id": False}
        # To this address alone, whatever the template's default recipients are.
        values |= {"email_to": self.email, "recipient_ids": []}
        mail_id = template.send_mail(whom.id, email_values=values)
        self.env["mail.mail"].browse(mail_id).send_after_commit()

    def _whom(self):
        if self.kind == "code":
            return self.env["res.partner"]._customer_of_email(self.email)
        employee = self.env["abs.employee"].search([("email", "=", self.email)])
        return employee.filtered(lambda one: one._may_log_in())

    def _link(self, secret):
        base = self.env["ir.config_parameter"].get_param("abs_connector.reset_url")
        return f"{base}{secret}" if base and self.kind != "code" else ""

    # Using up

    @api.model
    def _take_code(self, email, code):
        """Use up the code of a customer.

        No code, a wrong one, and one after five wrong ones are the same to the caller.

        :return: the customer
        :raises Unauthorized: when it is not valid
        """
        email = self._address(email)
        found = self.search_fetch(
            [("kind", "=", "code"), ("email", "=", email)],
            ["secret_hash", "expires", "partner_id"],
        )
        kept = found.secret_hash or _NOBODYS
        name = tries.bucket("verify", email, kept)
        late = tries.exceeds(self.env, name, _TRIES_OF_CODE, KINDS["code"].minutes * 60)
        same = hmac.compare_digest(kept, self._hash(code, email))
        if late or not same or not found._is_valid():
            raise problems.Unauthorized(
                _("The code is wrong, or is not valid any more."), code="invalid_code"
            )
        partner = found.partner_id
        found.unlink()
        return partner

    @api.model
    def _take_token(self, token):
        """Use up the token of an invitation or a reset, and all others of its owner.

        :return: the employee
        :raises Invalid: when it is not valid
        """
        found = self.search(
            [
                ("kind", "in", ("invite", "reset")),
                ("secret_hash", "=", self._hash(token)),
            ]
        )
        employee = found.employee_id
        if not found._is_valid():
            message = _("Token: it is wrong, was used, or is not valid any more.")
            detail = problems.Detail("/token", "invalid", message)
            raise problems.Invalid(message, code="invalid_token", errors=[detail])
        self.search([("employee_id", "=", employee.id)]).unlink()
        return employee

    def _is_valid(self):
        """Tell whether it still is in time, and its address that of who asked."""
        owner = self.partner_id or self.employee_id
        return (
            bool(owner)
            and self.expires > fields.Datetime.now()
            and self._whom() == owner
        )

    @api.model
    def _hash(self, secret, address=""):
        """Return what is kept; a code is so short that its address goes with it."""
        text = f"{address}/{secret}"
        return keyed_hash(self.env(su=True), "abs_connector/mailed", text)

    @api.autovacuum
    def _gc_expired(self):
        """Forget what is not valid any more."""
        self.search([("expires", "<", fields.Datetime.now())], limit=10000).unlink()
