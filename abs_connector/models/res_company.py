from odoo import api, models
from odoo.tools import SQL

from ..tools.columns import column

#: What core's rule of contacts and the rows of lists ask of a company.
_ASKED_OFTEN = ("name", "parent_path")


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

    # Who calls the API, and lists what it sees

    @api.model
    def _caller_columns(self):
        """Return the columns of `res_company company` that `_of_caller` takes."""
        return SQL(", ").join(
            column(self, name, "company") for name in ("id", *_ASKED_OFTEN)
        )

    @api.model
    def _of_caller(self, row):
        """Return a company, of which what each list asks for is known from now on.

        :param row: of `_caller_columns`
        """
        id_, *values = row
        company = self.browse(id_)
        company._update_cache(dict(zip(_ASKED_OFTEN, values, strict=True)), False)
        return company

    def _fetch_asked_often(self):
        """Read what each list asks for, and no more, unless it is known."""
        self.sudo().fetch(_ASKED_OFTEN)
