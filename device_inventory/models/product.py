from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ProductTemplate(models.Model):
    _inherit = "product.template"

    is_device = fields.Boolean(
        "Device",
        help="Each unit is one phone with an IMEI of its own: received by manifest, "
        "sold by allocation, never reserved freely.",
    )

    @api.onchange("is_device")
    def _onchange_is_device(self):
        if self.is_device:
            self.type = "consu"
            self.is_storable = True
            self.tracking = "serial"
            self.invoice_policy = "delivery"
            self.purchase_method = "receive"

    @api.constrains(
        "is_device", "tracking", "is_storable", "categ_id", "invoice_policy"
    )
    def _check_is_device(self):
        for template in self.filtered("is_device"):
            if template.tracking != "serial" or not template.is_storable:
                raise ValidationError(
                    self.env._(
                        "%(product)s is a device: it must be storable and tracked by "
                        "unique serial number.",
                        product=template.display_name,
                    )
                )
            if template.invoice_policy != "delivery":
                raise ValidationError(
                    self.env._(
                        "%(product)s is a device: its invoicing policy must be "
                        "“Delivered quantities”, the invoice is made when the "
                        "box ships.",
                        product=template.display_name,
                    )
                )
        self._check_device_valuation()

    def _check_device_valuation(self):
        """Odoo's automated valuation would post receipt and COGS a second time."""
        companies = self.env["res.company"].sudo().search([])
        for template in self.filtered("is_device"):
            for company in template.company_id or companies:
                category = template.categ_id.sudo().with_company(company)
                if category.property_valuation == "real_time":
                    raise ValidationError(
                        self.env._(
                            "%(product)s is a device and %(company)s posts its receipt "
                            "and COGS entries from the manifest and the box. "
                            "The product "
                            "category %(category)s values automatically as well, which "
                            "would post them twice: set its inventory valuation to "
                            "manual, or choose another category.",
                            product=template.display_name,
                            company=company.name,
                            category=category.display_name,
                        )
                    )


class ProductCategory(models.Model):
    _inherit = "product.category"

    @api.constrains("property_valuation")
    def _check_device_valuation(self):
        templates = self.env["product.template"].sudo()
        templates.search(
            [("categ_id", "in", self.ids), ("is_device", "=", True)]
        )._check_device_valuation()
