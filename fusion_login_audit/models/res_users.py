import operator

from odoo import _, api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..tools.attempt import current_attempt

SYSTEM = "base.group_system"
OWN_ACTIVITY = "fusion_login_audit.group_own_activity"
_RECENT = 30
_OWN_RECENT = 10
_OPERATORS = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class ResUsers(models.Model):
    _inherit = "res.users"

    # Nothing here is stored: no login waits for a row of res_users.
    x_fc_login_audit_ids = fields.One2many(
        "fusion.login.audit",
        "user_id",
        "Login Events",
        readonly=True,
        groups=SYSTEM,
    )
    x_fc_login_audit_recent_ids = fields.Many2many(
        "fusion.login.audit",
        string="Recent Login Events",
        compute="_compute_x_fc_login_audit_recent_ids",
        groups=SYSTEM,
        help="The newest of them; a user may have hundreds of thousands.",
    )
    x_fc_login_audit_count = fields.Integer(
        "Logins", compute="_compute_x_fc_login_audit_count", groups=SYSTEM
    )
    x_fc_last_successful_login = fields.Datetime(
        "Last Successful Login",
        compute="_compute_x_fc_last_login",
        search="_search_x_fc_last_successful_login",
        groups=SYSTEM,
    )
    x_fc_last_login_ip = fields.Char(
        "Last Login From",
        size=45,
        compute="_compute_x_fc_last_login",
        groups=SYSTEM,
        help="IP address of the last successful login.",
    )
    x_fc_own_activity_ids = fields.Many2many(
        "fusion.login.own.activity",
        string="My Login Activity",
        compute="_compute_x_fc_own_activity_ids",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return super().SELF_READABLE_FIELDS + ["x_fc_own_activity_ids"]

    def _compute_x_fc_login_audit_count(self):
        groups = self.env["fusion.login.audit"]._read_group(
            [("user_id", "in", self.ids)], ["user_id"], ["__count"]
        )
        counts = {user.id: count for user, count in groups}
        for user in self:
            user.x_fc_login_audit_count = counts.get(user._origin.id, 0)

    def _compute_x_fc_login_audit_recent_ids(self):
        recent = dict(
            self._fc_each(
                SQL(
                    "array_agg(recent.id"
                    " ORDER BY recent.event_time DESC, recent.id DESC)"
                ),
                SQL(
                    "SELECT id, event_time FROM fusion_login_audit"
                    " WHERE user_id = users.id"
                    " ORDER BY event_time DESC, id DESC LIMIT %s",
                    _RECENT,
                ),
                SQL("GROUP BY users.id"),
            )
        )
        events = self.env["fusion.login.audit"]
        for user in self:
            user.x_fc_login_audit_recent_ids = events.browse(
                recent.get(user._origin.id, [])
            )

    def _compute_x_fc_last_login(self):
        last = {user_id: values for user_id, *values in self._fc_last_logins()}
        for user in self:
            at, address = last.get(user._origin.id, (False, False))
            user.x_fc_last_successful_login = at
            user.x_fc_last_login_ip = address

    def _search_x_fc_last_successful_login(self, operation, value):
        """Compare the last login of every user with a time, or with never.

        :raises AccessError: to whoever may not read the field. Odoo asks for that when
            a field is read and not when it is searched, which tells as much.
        """
        if not (self.env.su or self.env.user.has_group(SYSTEM)):
            raise AccessError(_("Only settings administrators may search last logins."))
        if operation in ("in", "not in"):
            found = {fields.Datetime.to_datetime(one) or None for one in value}
            matches = found.__contains__
        else:
            limit = fields.Datetime.to_datetime(value) or None
            compare = _OPERATORS[operation]
            equality = operation in ("=", "!=")

            def matches(at):
                return (equality or bool(at and limit)) and compare(at, limit)

        # Only to list ids to compare; the caller's own search decides which it sees.
        everyone = self.sudo().with_context(active_test=False).search([])
        last = {user_id: at for user_id, at, _address in everyone._fc_last_logins()}
        negative = operation == "not in"
        ids = [one for one in everyone.ids if matches(last.get(one)) != negative]
        return [("id", "in", ids)]

    @api.depends_context("uid")
    def _compute_x_fc_own_activity_ids(self):
        """Show each user the own events alone, and only where the setting is on."""
        activity = self.env["fusion.login.own.activity"]
        self.x_fc_own_activity_ids = activity
        mine = self.filtered(lambda user: user._origin.id == self.env.uid)
        if mine and self.env.user.has_group(OWN_ACTIVITY):
            mine.x_fc_own_activity_ids = activity.search(
                [("user_id", "=", self.env.uid)], limit=_OWN_RECENT
            )

    def _fc_last_logins(self):
        """Return (user id, time, IP address) of each user who ever logged in."""
        return self._fc_each(
            SQL("recent.event_time, recent.ip_address"),
            SQL(
                "SELECT event_time, ip_address FROM fusion_login_audit"
                " WHERE user_id = users.id AND result = 'success'"
                " ORDER BY event_time DESC, id DESC LIMIT 1"
            ),
        )

    def _fc_each(self, columns, newest, grouping=None):
        """Return rows of the newest events of each user, by one query.

        The planner goes through the index once a user and stops at the limit, however
        many events there are.

        :param columns: columns of `recent` after the user's id
        :param newest: query of one user's events, `users.id` being the user
        :param grouping: clause that joins the rows of a user
        """
        self.env.cr.execute(
            SQL(
                "SELECT users.id, %s FROM unnest(%s::integer[]) AS users (id)"
                " CROSS JOIN LATERAL (%s) AS recent %s",
                columns,
                self.ids,
                newest,
                grouping or SQL(),
            )
        )
        return self.env.cr.fetchall()

    def action_fc_login_audit(self):
        """Open every login event of this user.

        :return: an action
        """
        self.ensure_one()
        return self.env["fusion.login.audit"]._fc_open_events(
            _("Logins of %(user)s", user=self.display_name),
            [("user_id", "=", self.id)],
        )

    def _on_login_cooldown(self, failures, previous):
        cooling = super()._on_login_cooldown(failures, previous)
        attempt = current_attempt()
        if cooling and attempt:
            attempt.reason = "throttled"
        return cooling
