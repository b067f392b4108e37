"""The words of alerts, in the language of the environment.

An alert keeps its words: they say what was known when it was raised. The name is the
subject of its mail too. Logins and addresses in it are neutralised text; who shows
them as HTML escapes them.
"""

from odoo import _, models


class FusionLoginAlert(models.Model):
    _inherit = "fusion.login.alert"

    def _fc_texts(self, kind, event, facts):
        """Return the name and the message of an alert.

        :param str kind: kind of the alert
        :param dict event: the event that led to it
        :param dict facts: the figures of the finding
        :return: (name, message)
        """
        known = {
            **facts,
            "login": event["attempted_login"],
            "ip": event["ip_address"] or _("an unknown address"),
        }
        name, message = getattr(self, f"_fc_text_{kind}")(known)
        if facts.get("since_previous"):
            message += " " + _(
                "Since the previous alert there were %(since_previous)s failures.",
                **known,
            )
        return name, message

    def _fc_text_failure_burst(self, known):
        return (
            _("%(threshold)s failed login attempts for %(login)s", **known),
            _(
                "The last %(threshold)s attempts to log in as %(login)s failed, all "
                "within %(window_min)g minutes. The latest came from %(ip)s.",
                **known,
            ),
        )

    def _fc_text_after_burst(self, known):
        return (
            _(
                "%(login)s logged in after %(threshold)s or more failed attempts",
                **known,
            ),
            _(
                "Somebody logged in as %(login)s from %(ip)s, right after "
                "%(threshold)s or more failed attempts within %(window_min)g minutes. "
                "If it was not the user, the password has been guessed.",
                **known,
            ),
        )

    def _fc_text_new_country(self, known):
        return (
            _("%(login)s logged in from a new country: %(country)s", **known),
            _(
                "%(login)s logged in from %(ip)s in %(place)s. There is no earlier "
                "login of this user from that country.",
                **known,
            ),
        )

    def _fc_text_travel(self, known):
        return (
            _("Impossible travel of %(login)s: %(km)s km", **known),
            _(
                "%(login)s logged in from %(from)s (%(from_ip)s) and %(hours)g hours "
                "later from %(to)s (%(to_ip)s), which is %(km)s km away.",
                **known,
            ),
        )

    def _fc_text_never_used(self, known):
        return (
            _("First login of the unused account %(login)s", **known),
            _(
                "%(login)s logged in from %(ip)s for the first time, %(account_days)s "
                "days after the account was created.",
                **known,
            ),
        )

    def _fc_text_off_hours(self, known):
        return (
            _("%(login)s logged in outside working hours", **known),
            _(
                "%(login)s logged in from %(ip)s at %(local_time)s (%(timezone)s), "
                "outside working hours.",
                **known,
            ),
        )

    def _fc_text_spraying(self, known):
        return (
            _("%(ip)s failed to log in as %(logins)s different users", **known),
            _(
                "%(ip)s failed to log in with %(logins)s different logins within "
                "%(window_min)g minutes. It may be trying a few passwords on every "
                "account.",
                **known,
            ),
        )

    def _fc_text_broken_seal(self, known):
        return (
            _("The record of logins of %(day)s was tampered with", **known),
            _(
                "Event %(event)s of %(day)s is not what was sealed, or it is missing. "
                "Somebody changed the table past this addon. Compare it with a backup.",
                **known,
            ),
        )

    def _fc_text_test(self, known):
        return (
            _("Test alert"),
            _("%(login)s sent this test. Nothing has happened.", **known),
        )
