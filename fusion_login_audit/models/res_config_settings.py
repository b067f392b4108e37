import re
from urllib.parse import urlsplit

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from ..tools import settings

_OURS = "x_fc_login_audit_"
_HOURS = 24


def _parameter(name):
    """Return what a field of the settings needs to be a system parameter."""
    return {"config_parameter": settings.PREFIX + name}


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    x_fc_login_audit_retention_days = fields.Integer(
        "Retention Period",
        help="Days after which login events are removed. 0 keeps them forever.",
        **_parameter("retention_days"),
    )
    x_fc_login_audit_known_login_pattern = fields.Char(
        "Known Logins",
        help="A regular expression for the names of accounts in your company. An "
        "unknown login that matches it as a whole is stored as it was typed.",
        **_parameter("known_login_pattern"),
    )
    group_fc_own_login_activity = fields.Boolean(
        "My Login Activity",
        implied_group="fusion_login_audit.group_own_activity",
    )
    x_fc_login_audit_alert_enabled = fields.Boolean(
        "Send Failed-Login Alerts",
        **_parameter("alert_enabled"),
    )
    x_fc_login_audit_alert_threshold = fields.Integer(
        "Alert Threshold",
        help="Failures of the same login after which an alert is raised.",
        **_parameter("alert_threshold"),
    )
    x_fc_login_audit_alert_window_min = fields.Integer(
        "Alert Window",
        help="Minutes within which those failures are counted.",
        **_parameter("alert_window_min"),
    )
    x_fc_login_audit_alert_cooldown_min = fields.Integer(
        "Alert Cooldown",
        help="Minutes during which the same subject raises no second alert.",
        **_parameter("alert_cooldown_min"),
    )
    x_fc_login_audit_alert_after_burst = fields.Boolean(
        "Success after a Burst",
        **_parameter("alert_after_burst"),
    )
    x_fc_login_audit_alert_new_country = fields.Boolean(
        "New Country",
        **_parameter("alert_new_country"),
    )
    x_fc_login_audit_alert_travel = fields.Boolean(
        "Impossible Travel",
        **_parameter("alert_travel"),
    )
    x_fc_login_audit_alert_travel_kmh = fields.Integer(
        "Fastest Travel",
        help="Kilometres an hour beyond which a journey is impossible.",
        **_parameter("alert_travel_kmh"),
    )
    x_fc_login_audit_alert_never_used = fields.Boolean(
        "Never-Used Account",
        **_parameter("alert_never_used"),
    )
    x_fc_login_audit_alert_never_used_days = fields.Integer(
        "Age of the Account",
        help="Days after which an account without a login counts as never used.",
        **_parameter("alert_never_used_days"),
    )
    x_fc_login_audit_alert_off_hours = fields.Boolean(
        "Outside Working Hours",
        **_parameter("alert_off_hours"),
    )
    x_fc_login_audit_alert_hours_from = fields.Float(
        "Working Hours From",
        help="Start of the hours in which logins are expected, in the user's "
        "time zone.",
        **_parameter("alert_hours_from"),
    )
    x_fc_login_audit_alert_hours_to = fields.Float(
        "Working Hours To",
        help="End of the hours in which logins are expected, in the user's time zone.",
        **_parameter("alert_hours_to"),
    )
    x_fc_login_audit_alert_weekends = fields.Boolean(
        "Saturday and Sunday are outside", **_parameter("alert_weekends")
    )
    x_fc_login_audit_alert_spraying = fields.Boolean(
        "Password Spraying",
        **_parameter("alert_spraying"),
    )
    x_fc_login_audit_alert_spraying_logins = fields.Integer(
        "Logins Tried",
        help="Different logins from one address after which an alert is raised.",
        **_parameter("alert_spraying_logins"),
    )
    x_fc_login_audit_alert_mail = fields.Boolean(
        "E-Mail to Administrators",
        **_parameter("alert_mail"),
    )
    x_fc_login_audit_alert_channel_id = fields.Many2one(
        "discuss.channel",
        "Discuss Channel",
        help="Alerts are posted in this channel.",
        **_parameter("alert_channel_id"),
    )
    x_fc_login_audit_alert_webhook_url = fields.Char(
        "Webhook",
        help="Alerts are sent to this address as JSON.",
        **_parameter("alert_webhook_url"),
    )
    x_fc_login_audit_alert_webhook_secret = fields.Char(
        "Webhook Secret",
        help="Signs what is sent, so that the receiver can tell that it came "
        "from here.",
        **_parameter("alert_webhook_secret"),
    )
    x_fc_login_audit_geo_enabled = fields.Boolean(
        "Look Up Places Online",
        **_parameter("geo_enabled"),
    )
    x_fc_login_audit_geo_url = fields.Char(
        "Service",
        help="Address of the service; {ip} stands for the IP address.",
        **_parameter("geo_url"),
    )
    x_fc_login_audit_geo_timeout_s = fields.Float(
        "Timeout",
        help="Seconds after which a look-up is given up.",
        **_parameter("geo_timeout_s"),
    )
    x_fc_login_audit_geo_batch = fields.Integer(
        "Batch Size",
        help="Addresses that one run of the scheduled action looks up at most.",
        **_parameter("geo_batch"),
    )
    x_fc_login_audit_geo_cache_days = fields.Integer(
        "Cache",
        help="Days for which the place of an address is remembered.",
        **_parameter("geo_cache_days"),
    )
    x_fc_login_audit_reverse_dns = fields.Boolean(
        "Look Up Host Names",
        **_parameter("reverse_dns"),
    )

    @api.model
    def get_values(self):
        """Read the switches as the addon does: "False" and "0" are off, as absence is.

        :return: dict of values
        """
        return {
            **super().get_values(),
            **{
                name: settings.switch(self.env, name.removeprefix(_OURS))
                for name in self._fc_names("boolean")
            },
        }

    def action_fc_send_test_alert(self):
        """Send an alert that says it is a test through every channel that is set.

        :return: what `fusion.login.alert` answers, a notification
        """
        return self.env["fusion.login.alert"].action_send_test_alert()

    @api.constrains(lambda self: self._fc_names("integer", "float"))
    def _check_fc_numbers(self):
        for name in self._fc_names("integer", "float"):
            self._fc_refuse(
                name,
                lambda value: value < 0,
                _("%(field)s must be 0 or more, not %(value)s."),
            )

    @api.constrains(
        "x_fc_login_audit_alert_hours_from", "x_fc_login_audit_alert_hours_to"
    )
    def _check_fc_hours(self):
        for name in ("alert_hours_from", "alert_hours_to"):
            self._fc_refuse(
                f"{_OURS}{name}",
                lambda value: not 0 <= value <= _HOURS,
                _("%(field)s must be an hour from 0 to 24, not %(value)s."),
            )

    @api.constrains("x_fc_login_audit_known_login_pattern")
    def _check_fc_pattern(self):
        self._fc_refuse(
            "x_fc_login_audit_known_login_pattern",
            lambda value: value and not _is_pattern(value),
            _("%(field)s must be a regular expression; %(value)s is none."),
        )

    @api.constrains("x_fc_login_audit_geo_url", "x_fc_login_audit_alert_webhook_url")
    def _check_fc_addresses(self):
        for name in ("geo_url", "alert_webhook_url"):
            self._fc_refuse(
                f"{_OURS}{name}",
                lambda value: value and not _is_web_address(value),
                _("%(field)s must begin with http:// or https://, not be %(value)s."),
            )
        self._fc_refuse(
            "x_fc_login_audit_geo_url",
            lambda value: value and "{ip}" not in value,
            _("%(field)s must say with {ip} where the address stands: %(value)s."),
        )

    @api.model
    def _fc_names(self, *kinds):
        """Return the names of our fields of some types."""
        return [
            name
            for name, field in self._fields.items()
            if name.startswith(_OURS) and field.type in kinds
        ]

    def _fc_refuse(self, name, is_wrong, message):
        """Refuse a value, naming the field and the rule.

        :param str name: the field
        :param callable is_wrong: tells of a value whether it breaks the rule
        :param str message: the rule, with `field` and `value`
        :raises ValidationError: when it is broken
        """
        for record in self:
            if is_wrong(record[name]):
                label = self._fields[name]._description_string(self.env)
                raise ValidationError(message % {"field": label, "value": record[name]})


def _is_pattern(text):
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def _is_web_address(text):
    try:
        address = urlsplit(text.strip())
    except ValueError:
        return False
    return address.scheme in ("http", "https") and bool(address.hostname)
