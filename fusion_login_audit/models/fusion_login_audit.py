"""The record of every login. Rows come from `tools.record` alone."""

from functools import partial

from odoo import _, api, fields, models
from odoo.exceptions import AccessError
from odoo.modules.db import FunctionStatus
from odoo.tools import SQL

from ..tools.client import current_client
from ..tools.record import Event, record

RESULTS = [
    ("success", "Success"),
    ("failure", "Failure"),
    ("mfa_pending", "Awaiting second factor"),
]
FAILURE_REASONS = [
    ("bad_password", "Wrong password"),
    ("unknown_user", "Unknown user"),
    ("disabled_user", "Disabled user"),
    ("2fa_failed", "Wrong second factor"),
    ("throttled", "Throttled"),
    ("bad_api_key", "Wrong API key"),
    ("expired_api_key", "Expired API key"),
    ("other", "Other"),
]
METHODS = [
    ("password", "Password"),
    ("totp", "One-time code"),
    ("trusted_device", "Trusted device"),
    ("passkey", "Passkey"),
    ("apikey", "API key"),
    ("oauth", "OAuth"),
    ("ldap", "LDAP"),
    ("other", "Other"),
]
INTERFACES = [
    ("web", "Web"),
    ("rpc", "RPC"),
    ("bearer", "Bearer API"),
    ("api", "App API"),
    ("internal", "Internal"),
]
DEVICE_TYPES = [
    ("desktop", "Desktop"),
    ("mobile", "Phone"),
    ("tablet", "Tablet"),
    ("bot", "Bot"),
    ("unknown", "Unknown"),
]
GEO_STATES = [
    ("pending", "Pending"),
    ("done", "Done"),
    ("private_ip", "Private address"),
    ("internal", "Internal"),
    ("failed", "Failed"),
]

# Each list that people open, by time: (name, columns, condition). A login pays for each
# of them, so what most logins have in common has none: it is soon found by time. The
# list of one login has the index of the alerts (`fusion_login_alert_newest`).
_INDEXES = [
    ("time", "event_time DESC, id DESC", ""),
    ("user_time", "user_id, event_time DESC, id DESC", ""),
    ("ip_time", "ip_address varchar_pattern_ops, event_time DESC", ""),
    (
        "country_time",
        "country_code, event_time DESC, id DESC",
        "country_code IS NOT NULL",
    ),
    ("unknown", "event_time DESC, id DESC", "user_id IS NULL"),
    (
        "other_result_time",
        "result, event_time DESC, id DESC",
        "result <> 'success'",
    ),
    (
        "reason_time",
        "failure_reason, event_time DESC, id DESC",
        "failure_reason IS NOT NULL",
    ),
    (
        "method_time",
        "auth_method, event_time DESC, id DESC",
        "auth_method <> 'password'",
    ),
    ("interface_time", "interface, event_time DESC, id DESC", "interface <> 'web'"),
    ("geo", "geo_lookup_state, event_time", "geo_lookup_state = 'pending'"),
]


class FusionLoginAudit(models.Model):
    """One attempt to log in, as it ended."""

    _name = "fusion.login.audit"
    _description = "Login Event"
    _order = "event_time desc, id desc"
    _rec_name = "attempted_login"
    # Time and user of a row are `event_time` and `user_ref`.
    _log_access = False

    user_id = fields.Many2one("res.users", ondelete="set null", readonly=True)
    user_ref = fields.Integer(
        "User ID",
        readonly=True,
        aggregator=None,
        help="Number of the user, which stays when the user is deleted.",
    )
    attempted_login = fields.Char("Login", size=255, required=True, readonly=True)
    result = fields.Selection(RESULTS, required=True, readonly=True)
    failure_reason = fields.Selection(FAILURE_REASONS, "Reason", readonly=True)
    auth_method = fields.Selection(METHODS, "Method", required=True, readonly=True)
    interface = fields.Selection(INTERFACES, required=True, readonly=True)
    event_time = fields.Datetime("Time", required=True, readonly=True)
    ip_address = fields.Char("IP Address", size=45, readonly=True)
    ip_hostname = fields.Char("Host", size=255, readonly=True)
    country_code = fields.Char(size=2, readonly=True)
    country_name = fields.Char("Country", size=64, readonly=True)
    city = fields.Char(size=128, readonly=True)
    geo_state = fields.Char("Region", size=64, readonly=True)
    geo_lookup_state = fields.Selection(
        GEO_STATES, "Location Lookup", required=True, readonly=True
    )
    user_agent_raw = fields.Char("User Agent", size=512, readonly=True)
    browser = fields.Char(size=64, readonly=True)
    os = fields.Char("Operating System", size=64, readonly=True)
    device_type = fields.Selection(DEVICE_TYPES, "Device", readonly=True)
    database = fields.Char(size=64, readonly=True)
    hour_key = fields.Char(
        size=32,
        readonly=True,
        groups=fields.NO_ACCESS,
        help="Makes the hourly record of a key or caller unique across workers.",
    )
    seal = fields.Char(
        size=64,
        readonly=True,
        help="SHA-256 over the columns of this row that never change and the seal of "
        "the row before it.",
    )

    def init(self):
        """Create the indexes behind the lists, and the one that keeps hours unique."""
        for name, columns, condition in _INDEXES:
            self.env.cr.execute(
                SQL(
                    "CREATE INDEX IF NOT EXISTS %s ON fusion_login_audit (%s)%s",
                    SQL.identifier(f"fusion_login_audit_{name}_idx"),
                    SQL(columns),
                    SQL(f" WHERE {condition}" if condition else ""),
                )
            )
        self.env.cr.execute(
            "CREATE UNIQUE INDEX IF NOT EXISTS fusion_login_audit_hour_key_idx"
            " ON fusion_login_audit (hour_key) WHERE hour_key IS NOT NULL"
        )
        # The planner takes the number of different times for that of their days, and so
        # sorts millions of rows to group a few hundred. Nobody asks for one exact time.
        self.env.cr.execute(
            "ALTER TABLE fusion_login_audit ALTER event_time SET (n_distinct = 5000)"
        )
        if self.pool.has_trigram:
            self._fc_index_login_parts()

    def _fc_index_login_parts(self):
        """Create the index behind the search for a part of a login.

        It is that of `index="trigram"`, but each login writes its own entries at once:
        else one login in thousands would have to write those of all the others, for
        longer than the limit that `tools.record` sets.
        """
        column = SQL.identifier("attempted_login")
        if self.pool.has_unaccent == FunctionStatus.INDEXABLE:
            column = self.pool.unaccent(column)
        self.env.cr.execute(
            SQL(
                "CREATE INDEX IF NOT EXISTS fusion_login_audit_login_parts_idx"
                " ON fusion_login_audit USING gin ((%s) gin_trgm_ops)"
                " WITH (fastupdate = off)",
                column,
            )
        )

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse: the login itself writes its row.

        :raises AccessError: always, for the superuser too
        """
        if vals_list:
            raise AccessError(
                _("Login events are written by logins alone; none can be created.")
            )
        return super().create(vals_list)

    def write(self, vals):
        """Refuse to change rows.

        :raises AccessError: always, for the superuser too
        """
        if self:
            raise AccessError(_("Login events cannot be changed, by anyone."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Refuse to delete rows.

        :raises AccessError: always, for the superuser too
        """
        raise AccessError(
            _("Login events cannot be deleted; they end with their retention period.")
        )

    @api.model
    def _fc_record(
        self,
        result,
        login,
        *,
        user=None,
        failure_reason=None,
        auth_method="other",
        caller=None,
    ):
        """Record a login of an API of ours, whose callers may be no users of Odoo.

        A failure is written at once, so that it survives the request's rollback; a
        success when the transaction commits. Nothing secret may be passed.

        :param str result: `success`, `failure` or `mfa_pending`
        :param str login: the name that was given, such as an employee's e-mail address
        :param user: `res.users` record, when the caller is one
        :param str failure_reason: one of :data:`FAILURE_REASONS`
        :param str auth_method: one of :data:`METHODS`
        :param str caller: what tells the holder of a key apart (never the key): its
            successes are recorded once an hour
        """
        client = current_client()
        hourly = ()
        if caller and result == "success":
            hourly = ("api", caller, client.ip, client.agent)
        event = Event(
            result,
            login,
            client,
            user_id=user.id if user else None,
            reason=failure_reason,
            method=auth_method,
            interface="api",
            hourly=hourly,
        )
        if result == "success":
            self.env.cr.postcommit.add(partial(record, self.env.registry, event))
        else:
            record(self.env.registry, event)
