from odoo import api, fields, models
from odoo.exceptions import ValidationError


class DeviceTac(models.Model):
    _name = "device.tac"
    _description = "Type Allocation Code"
    _order = "tac"
    _rec_name = "tac"

    tac = fields.Char("TAC", required=True, size=8)
    brand = fields.Char(required=True)
    model = fields.Char(required=True)
    product_id = fields.Many2one(
        "product.product",
        domain="[('is_device', '=', True)]",
        index="btree_not_null",
        help="The product that devices with this TAC are received as.",
    )

    _sql_constraints = [
        ("tac_unique", "UNIQUE(tac)", "This TAC is already in the table."),
    ]

    @api.constrains("tac")
    def _check_tac(self):
        for record in self:
            if len(record.tac) != 8 or not record.tac.isdecimal():
                raise ValidationError(
                    self.env._(
                        "TAC %(tac)s: a type allocation code has 8 digits.",
                        tac=record.tac,
                    )
                )

    def _get_products(self, tacs):
        """Map type allocation codes to the product they are received as.

        :param tacs: iterable of 8-digit str
        :return: dict of TAC to `product.product`; unknown ones are absent
        """
        records = self.search(
            [("tac", "in", list(set(tacs))), ("product_id", "!=", False)]
        )
        return {record.tac: record.product_id for record in records}
