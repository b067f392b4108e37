"""Who is logged in to the API. A session is a family of refresh tokens of which each is
used once: one that comes a second time was stolen, from us or from its owner.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from odoo import _, api, fields, models
from odoo.tools import SQL

from odoo.addons.base_json_api.api import problems

from ..tools.member import Member

#: Seconds in which a used token may come again: the answer to its first use was lost.
GRACE = 10
#: For whom access tokens are (`aud`).
AUDIENCE = "abs-staff"
_TOKEN_BYTES = 32
_ACCESS_MINUTES = ("abs_connector.access_token_minutes", 15)
_REFRESH_DAYS = ("abs_connector.refresh_token_days", 30)
_KEPT_DAYS = 30


@dataclass(frozen=True)
class Caller:
    """An employee who calls.

    :param session: the `abs.session` of its token, as superuser
    :param employee: its `abs.employee`, as superuser
    :param company_id: its `res.company`, as superuser
    :param member: what its memberships make it, all of them
    """

    session: Any
    employee: Any
    company_id: Any
    member: Member


class AbsSession(models.Model):
    """One login of an employee, until it ends."""

    _name = "abs.session"
    _description = "API Session"
    _order = "last_used desc, id desc"
    _rec_name = "employee_id"

    employee_id = fields.Many2one(
        "abs.employee", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="employee_id.company_id", store=True)
    ip = fields.Char("Address", readonly=True)
    agent = fields.Char("Device", readonly=True)
    last_used = fields.Datetime(readonly=True)
    expires = fields.Datetime(required=True, readonly=True)
    ended_at = fields.Datetime("Ended", readonly=True)
    end_reason = fields.Selection(
        [
            ("logout", "Logged out"),
            ("reuse", "A refresh token came twice"),
            ("password", "Password changed"),
            ("reset", "Password reset"),
            ("manager", "Ended by a manager"),
        ],
        readonly=True,
    )
    token_ids = fields.One2many(
        "abs.session.token", "session_id", groups=fields.NO_ACCESS
    )

    def action_end(self):
        """End sessions: their access tokens are refused from the next request on.

        :raises AccessError: without the right to write employees
        """
        self.employee_id.check_access("write")
        self.sudo()._end("manager")

    def _end(self, reason):
        """End those that have not ended yet."""
        self.filtered(lambda one: not one.ended_at).write(
            {"ended_at": fields.Datetime.now(), "end_reason": reason}
        )

    @api.model
    def _open(self, employee, ip="", agent=""):
        """Begin a session.

        :param employee: `abs.employee` whose password was right
        :param str ip: address of the caller
        :param str agent: what the caller says it is
        :return: dict of tokens, as `_tokens` gives it
        """
        now = fields.Datetime.now()
        session = self.create(
            {
                "employee_id": employee.id,
                "ip": ip,
                "agent": agent[:200],
                "last_used": now,
                "expires": now + timedelta(days=self._setting(_REFRESH_DAYS)),
            }
        )
        return session._tokens()

    @api.model
    def _refresh(self, token):
        """Use up a refresh token.

        A token that was used before ends the whole session, unless it was just now.

        :param str token: what the caller has presented
        :return: dict of new tokens, as `_tokens` gives it
        :raises Unauthorized: when it is none, is over, or was used before
        """
        self.env.cr.execute(
            """
            SELECT token.id, token.used_at, token.session_id
              FROM abs_session_token token
             WHERE token.token_hash = %s
               FOR NO KEY UPDATE
            """,
            [_hash(token)],
            # Twins: Odoo runs the second one again, on what the first has left.
            log_exceptions=False,
        )
        id_, used_at, session_id = self.env.cr.fetchone() or (None, None, None)
        session = self.browse(session_id)
        now = fields.Datetime.now()
        if not id_ or session.ended_at or session.expires <= now:
            raise _refused()
        if not session.employee_id._may_log_in():
            raise _refused()
        if used_at and used_at < now - timedelta(seconds=GRACE):
            session._end_apart("reuse")
            raise _refused()
        if not used_at:
            self.env["abs.session.token"].browse(id_).used_at = now
            session.last_used = now
        return session._tokens()

    def _end_apart(self, reason):
        """End a session whatever becomes of the request, which is about to fail."""
        with self.env.registry.cursor() as cr:
            sessions = self.with_env(self.env(cr=cr))
            sessions._end(reason)
            # Before 19.0 the cursor flushes what environments are left, and this one
            # might be gone by then, with what it had to write.
            sessions.env.flush_all()

    def _tokens(self):
        """Return what a client needs to go on.

        :return: dict with `access_token`, `refresh_token`, `token_type` and
            `expires_in`, in seconds
        """
        self.ensure_one()
        seconds = self._setting(_ACCESS_MINUTES) * 60
        refresh = secrets.token_urlsafe(_TOKEN_BYTES)
        self.env["abs.session.token"].create(
            {"session_id": self.id, "token_hash": _hash(refresh)}
        )
        keyring = self.env["abs.signing.key"]._keyring()
        return {
            "access_token": keyring.sign(
                str(self.employee_id.id), AUDIENCE, seconds, claims={"sid": self.id}
            ),
            "refresh_token": refresh,
            "token_type": "Bearer",
            "expires_in": seconds,
        }

    @api.model
    def _setting(self, setting):
        name, default = setting
        value = self.env["ir.config_parameter"].sudo().get_param(name) or ""
        return int(value) if value.isdigit() and int(value) else default

    @api.model
    def _caller_of(self, token):
        """Return whose an access token is, as it is now; one query.

        :param str token: what the caller has presented
        :return: Caller
        :raises Unauthorized: when the token, its session or its employee is not valid
        """
        claims = self.env["abs.signing.key"]._keyring().verify(token, AUDIENCE)
        memberships, companies = self.env["ov.membership"], self.env["res.company"]
        # Memberships are no join, which takes a third longer, most of it to plan.
        rows = self.env.execute_query(
            SQL(
                """
                SELECT session.id, session.employee_id, (
                       SELECT json_agg(json_build_array(%s) ORDER BY member.id)
                         FROM %s AND member.employee_id = session.employee_id), %s
                  FROM abs_session session
                  JOIN abs_employee employee
                    ON employee.id = session.employee_id AND employee.active
                  JOIN res_company company
                    ON company.id = employee.company_id AND company.active
                 WHERE session.id = %s AND session.employee_id = %s
                   AND session.ended_at IS NULL
                """,
                memberships._scope_columns(),
                memberships._sql_effective(),
                companies._caller_columns(),
                claims.get("sid"),
                int(claims["sub"]),
            )
        )
        if not rows:
            raise problems.Unauthorized(
                _("This login is over. Log in again."),
                code="session_ended",
                challenge='Bearer error="invalid_token"',
            )
        ((session_id, employee_id, scopes, *company),) = rows
        return Caller(
            self.browse(session_id),
            self.env["abs.employee"].browse(employee_id),
            companies._of_caller(company),
            memberships._member_of_rows(scopes or ()),
        )

    @api.autovacuum
    def _gc_over(self):
        """Forget sessions that have been over for a while, with their tokens."""
        limit = fields.Datetime.now() - timedelta(days=_KEPT_DAYS)
        self.search(
            ["|", ("ended_at", "<", limit), ("expires", "<", limit)], limit=10000
        ).unlink()


class AbsSessionToken(models.Model):
    """A refresh token, of which only a hash is kept: it is 256 random bits."""

    _name = "abs.session.token"
    _description = "Refresh Token"
    _log_access = False

    session_id = fields.Many2one(
        "abs.session", required=True, index=True, ondelete="cascade"
    )
    token_hash = fields.Char(required=True)
    used_at = fields.Datetime()

    _sql_constraints = [("hash_unique", "UNIQUE(token_hash)", "It is known already.")]


def _hash(token):
    return sha256(token.encode("utf-8", "replace")).hexdigest()


def _refused():
    return problems.Unauthorized(
        _("This login is over. Log in again."), code="invalid_refresh_token"
    )
