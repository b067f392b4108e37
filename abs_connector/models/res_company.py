from odoo import api, models


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model_create_multi
    def create(self, vals_list):
        """Create; each company has its root Service Account from the first day."""
        companies = super().create(vals_list)
        self.env["ov.serviced_account"]._create_company_roots(companies)
        return companies
