from odoo import _, api, fields, models

from odoo.addons.base_json_api.api import problems

from ..tools import tries

#: Tries in a row, and seconds until they are forgotten: from one address, from all.
_TRIES_HERE = (5, 60)
_TRIES_ANYWHERE = (30, 300)


class AbsEmployee(models.Model):
    _inherit = "abs.employee"

    session_ids = fields.One2many("abs.session", "employee_id", "Sessions")
    # Not a column: noting it would make a known e-mail take longer than an unknown one.
    failed_attempts = fields.Integer(
        compute="_compute_failed_attempts",
        help="Wrong passwords within five minutes, since the last right one.",
    )

    @api.depends("email")
    def _compute_failed_attempts(self):
        names = {one.id: _bucket(one.email or "") for one in self}
        seen = self.env["base.json.api.rate"]._peek(names.values())
        for employee in self:
            employee.failed_attempts = seen.get(names[employee.id], 0)

    def action_end_sessions(self):
        """End all sessions: whoever uses them has to log in again.

        :raises AccessError: without the right to write employees
        """
        self.session_ids.action_end()

    def _may_log_in(self):
        """Whether an employee, and the company that it works for, are active."""
        return bool(self.active and self.company_id.sudo().active)

    @api.model
    def _authenticate(self, email, password, ip):
        """Find who logs in.

        A wrong password and an unknown e-mail take as long and read the same; after
        five of them in a row from one address, one has to wait.

        :param str email: what was typed
        :param str password: what was typed
        :param str ip: address of the caller
        :return: one `abs.employee`
        :raises Unauthorized: when they do not fit
        :raises TooManyRequests: after too many tries
        """
        email = self._normalized(email)
        counted = self._count_try(email, ip)
        employee = self.search([("email", "=", email)], limit=1)
        if not employee._has_password(password) or not employee._may_log_in():
            raise problems.Unauthorized(
                _("The e-mail or the password is wrong."), code="invalid_credentials"
            )
        self._forget_tries(counted)
        employee.last_login = fields.Datetime.now()
        return employee

    def _change_password(self, current, new, ip):
        """Change the password, and end the sessions of whoever knew the old one.

        :raises Invalid: naming the field
        :raises TooManyRequests: after too many tries
        """
        self.ensure_one()
        counted = self._count_try(self.email, ip)
        if not self._has_password(current):
            message = _("This is not your password.")
            raise problems.Invalid(
                message,
                code="wrong_password",
                errors=[problems.Detail("/current_password", "wrong", message)],
            )
        self._forget_tries(counted)
        self._set_password(new)

    def _reset_password(self, new):
        """Set a password for whoever has proved to read the employee's mail.

        :raises UserError: for a password that is too short or too long
        """
        self._set_password(new)
        self.session_ids._end("reset")

    def action_invite(self):
        """Mail employees a token with which they set their password.

        :return: action that says so
        :raises AccessError: without the right to write employees
        """
        self.check_access("write")
        for employee in self:
            kind = "reset" if employee.has_password else "invite"
            # Secrets are nobody's to read, whoever has them sent.
            self.env["abs.mailed.secret"].sudo()._send_now(kind, employee)
            employee.message_post(body=_("A mail to set the password was sent."))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success", "message": _("The mail is on its way.")},
        }

    @api.model
    def _count_try(self, email, ip):
        limits = {_bucket(email, ip): _TRIES_HERE, _bucket(email): _TRIES_ANYWHERE}
        return tries.count(self.env, limits)

    @api.model
    def _forget_tries(self, names):
        tries.forget(self.env, names)


def _bucket(email, ip=""):
    """Return what the tries for an e-mail are counted under."""
    return tries.bucket("login", email, ip)
