"""What the screens of login events show and do, beyond their columns."""

from odoo import _, api, models

EVENTS = "fusion_login_audit.action_login_audit"


class FusionLoginAudit(models.Model):
    _name = "fusion.login.audit"
    _inherit = ["fusion.login.audit", "fusion.login.place"]

    def action_events_of_user(self):
        """Open every event of this event's user.

        :return: an action
        """
        self.ensure_one()
        return self._fc_open_events(
            _("Logins of %(user)s", user=self.user_id.display_name),
            [("user_id", "=", self.user_id.id)],
        )

    def action_events_of_address(self):
        """Open every event that came from this event's address.

        :return: an action
        """
        self.ensure_one()
        return self._fc_open_events(
            _("Logins from %(address)s", address=self.ip_address),
            [("ip_address", "=", self.ip_address)],
        )

    def action_events_of_login(self):
        """Open every event in which the same login was typed.

        :return: an action
        """
        self.ensure_one()
        return self._fc_open_events(
            _("Logins as %(login)s", login=self.attempted_login),
            [("attempted_login", "=", self.attempted_login)],
        )

    @api.model
    def _fc_open_events(self, name, domain):
        """Return the action that lists the events of a domain under a name."""
        action = self.env["ir.actions.act_window"]._for_xml_id(EVENTS)
        return {**action, "name": name, "domain": domain, "context": {}}
