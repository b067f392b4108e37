from odoo import api, models


class FusionLoginAlert(models.Model):
    _name = "fusion.login.alert"
    _description = "Login Alert"

    @api.model
    def _fc_evaluate(self, row_id):
        """Look whether a new login event calls for an alert."""

    @api.model
    def _fc_evaluate_place(self, row_ids):
        """Look whether successes whose place is known now call for an alert."""

    @api.model
    def _fc_cron_deliver(self):
        """Deliver alerts to the channels that are slow or far away."""
