from odoo import api, models


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model_create_multi
    def create(self, vals_list):
        """Create; each company has its root Service Account from the first day."""
        companies = super().create(vals_list)
        self.env["ov.serviced_account"]._create_company_roots(companies)
        companies._serve_by_api()
        return companies

    def _serve_by_api(self):
        """Let the user that the API runs as act for companies."""
        user = self.env.ref("abs_connector.user_api").sudo()
        user.company_ids = [(4, company.id) for company in self]
