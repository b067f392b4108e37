from odoo import api, fields, models


class FusionLoginSeal(models.Model):
    """One sealed day of login events: the chain's state at its end."""

    _name = "fusion.login.seal"
    _description = "Sealed Day of Login Events"

    day = fields.Date(required=True, readonly=True)

    @api.model
    def _fc_cron_seal(self):
        """Chain the events that are complete."""

    @api.model
    def _fc_cron_retention(self):
        """Remove sealed days past their retention."""
