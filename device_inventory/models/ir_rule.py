from odoo import api, models

from . import compat


class IrRule(models.Model):
    _inherit = "ir.rule"

    @api.model
    def _create_device_reference_rule(self):
        """Keep the name and customer of an order within its company.

        The model that holds them differs by series, which data files cannot say.
        """
        model, domain = compat.REFERENCE_RULE
        self._load_records(
            [
                {
                    "xml_id": "device_inventory.rule_stock_reference_company",
                    "noupdate": True,
                    "values": {
                        "name": "Transfers of an order: own companies",
                        "model_id": self.env["ir.model"]._get_id(model),
                        "domain_force": domain,
                    },
                }
            ],
            update=True,
        )
