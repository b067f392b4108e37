from odoo import models

from .guard import INTERNAL

OWNERLESS = "device_ownerless"


class StockQuant(models.Model):
    _inherit = "stock.quant"

    def _get_gather_domain(self, *args, **kwargs):
        """Keep goods of other owners out of a reservation that names no owner."""
        domain = super()._get_gather_domain(*args, **kwargs)
        if self.env.context.get(OWNERLESS) is INTERNAL:
            return ["&", ("owner_id", "=", False), *domain]
        return domain
