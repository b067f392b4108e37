from hashlib import sha256

from odoo import _, api, fields, models
from odoo.sql_db import db_connect

from odoo.addons.base_json_api.api import problems

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
        with db_connect(self.env.cr.dbname).cursor() as cr:
            seen = self.env["base.json.api.rate"]._peek(cr, names.values())
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
        tries = self._count_try(email, ip)
        employee = self.search([("email", "=", email)], limit=1)
        if not employee._has_password(password) or not employee._may_log_in():
            raise problems.Unauthorized(
                _("The e-mail or the password is wrong."), code="invalid_credentials"
            )
        self._forget_tries(tries)
        employee.last_login = fields.Datetime.now()
        return employee

    def _change_password(self, current, new, ip):
        """Change the password, and end the sessions of whoever knew the old one.

        :raises Invalid: naming the field
        :raises TooManyRequests: after too many tries
        """
        self.ensure_one()
        tries = self._count_try(self.email, ip)
        if not self._has_password(current):
            message = _("This is not your password.")
            raise problems.Invalid(
                message,
                code="wrong_password",
                errors=[problems.Detail("/current_password", "wrong", message)],
            )
        self._forget_tries(tries)
        self._set_password(new)

    # Tries are counted on a cursor of their own, which a refusal does not roll back,
    # and before anything is known, so that a thousand at once are no more than five.

    @api.model
    def _count_try(self, email, ip):
        limits = {_bucket(email, ip): _TRIES_HERE, _bucket(email): _TRIES_ANYWHERE}
        rates = self.env["base.json.api.rate"]
        with db_connect(self.env.cr.dbname).cursor() as cr:
            rows = rates._hit(cr, [(one, limits[one][1]) for one in limits])
        late = [reset for one, hits, reset in rows if hits > limits[one][0]]
        if late:
            raise problems.TooManyRequests(retry_after=max(late))
        return list(limits)

    @api.model
    def _forget_tries(self, names):
        with db_connect(self.env.cr.dbname).cursor() as cr:
            self.env["base.json.api.rate"]._forget(cr, names)


def _bucket(email, ip=""):
    """Return what the tries for an e-mail are counted under."""
    digest = sha256(email.encode("utf-8", "replace")).hexdigest()
    return f"abs_connector/login/{digest}/{ip}"
