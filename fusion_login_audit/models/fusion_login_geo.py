from odoo import api, fields, models


class FusionLoginGeo(models.Model):
    """Where an address is: the cache of look-ups, one row an address."""

    _name = "fusion.login.geo"
    _description = "Place of an Address"

    ip_address = fields.Char("IP Address", size=45, required=True, readonly=True)

    @api.model
    def _fc_cron_enrich(self):
        """Find the places of the addresses of new events."""
