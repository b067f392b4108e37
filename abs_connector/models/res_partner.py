from odoo import api, fields, models
from odoo.tools import SQL

from ..compat import every, ids_from, some
from ..tools.columns import column


class OvSaCustomerAssignment(models.Model):
    _name = "ov.sa_customer_assignment"
    _description = "Customer of a Service Account"
    _inherit = ["ov.assignment.mixin"]
    _record_field = "partner_id"
    _rec_name = "partner_id"
    _source_fields = {"res.partner": ["commercial_partner_id"]}

    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, readonly=True, ondelete="restrict"
    )

    def _sources(self):
        """The stamps of a database that had no ledger yet, else the commercial entity.

        An address or contact of a customer is seen by who sees the customer.
        """
        return SQL(
            """
            SELECT customer.id AS record_id, 1 AS rank, customer.x_sa_id AS account_id,
                   customer.x_actor_id AS actor_id, 'binding' AS access
              FROM wanted
              JOIN res_partner customer ON customer.id = wanted.id
             WHERE customer.x_sa_id IS NOT NULL
               AND NOT EXISTS (
                   SELECT FROM ov_sa_customer_assignment entry
                    WHERE entry.partner_id = customer.id)
             UNION ALL
            SELECT contact.id, 2, held.account_id, held.actor_id, held.access
              FROM wanted
              JOIN res_partner contact ON contact.id = wanted.id
              JOIN ov_sa_customer_assignment held
                ON held.partner_id = contact.commercial_partner_id
               AND held.state = 'active'
             WHERE contact.commercial_partner_id != contact.id
            """
        )

    def _follow(self, records):
        """Let the addresses and contacts of customers follow them."""
        contacts = (
            self.env["res.partner"]
            .sudo()
            .with_context(active_test=False)
            .search(
                [
                    ("commercial_partner_id", "in", records.ids),
                    ("id", "not in", records.ids),
                ],
                order="id",
            )
        )
        contacts._follow_governance()


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "ov.governed.mixin"]
    _ledger = "ov.sa_customer_assignment"
    _has_open = True
    _kind_fields = (
        "company_id",
        "commercial_partner_id",
        "customer_rank",
        "partner_share",
        "supplier_rank",
    )
    _listed_with = ("company_id", "active", "partner_share")

    @api.model_create_multi
    def create(self, vals_list):
        """Create; addresses and contacts of a customer are held as it is."""
        partners = super().create(vals_list)
        partners._contacts()._inherit_governance()
        return partners

    def write(self, vals):
        """Write; who becomes a contact of a customer is held as it is, too."""
        result = super().write(vals)
        if "parent_id" in vals:
            self._contacts()._inherit_governance()
        return result

    def _contacts(self):
        """Return those of these that belong to another commercial entity."""
        return self.filtered(lambda one: one.commercial_partner_id != one)

    @api.model
    def _domain_open(self):
        """Colleagues, and contacts of companies of this system and of suppliers.

        Whoever is none of these is a customer, or may become one: what nobody has
        classified is not shown to everybody.
        """
        return some(
            [
                [("partner_share", "=", False)],
                [("id", "in", self._query_of_people())],
                [("commercial_partner_id", "in", self._query_of_businesses())],
            ]
        )

    def _query_of_people(self):
        """Return the query of the API's own person and those of its employees."""
        # Asked for so, the API's user costs no query of its own.
        user_id = self.env["ir.model.data"]._xmlid_to_res_id("abs_connector.user_api")
        return SQL(
            "(%s UNION ALL SELECT partner_id FROM res_users WHERE id = %s)",
            self._query_of_partners("abs.employee"),
            user_id,
        )

    def _query_of_businesses(self):
        """Return the query of the companies of this system, and of mere suppliers."""
        suppliers = SQL(
            "SELECT id FROM res_partner WHERE %s > 0 AND COALESCE(%s, 0) = 0"
            " AND %s IS NULL",
            *(column(self, name) for name in ("supplier_rank", "customer_rank")),
            column(self, "x_sa_id"),
        )
        companies = self._query_of_partners("res.company")
        return SQL("(%s UNION ALL %s)", companies, suppliers)

    def _query_of_partners(self, model):
        """Return the query of the partners of all records of a model."""
        owners = self.env[model]
        table = SQL.identifier(owners._table)
        return SQL("SELECT %s FROM %s", column(owners, "partner_id"), table)

    @api.model
    def _domain_of_customer(self, partner_id):
        return [("id", "=", partner_id)]

    @api.model
    def _domain_of_company(self, company_id):
        """Its own; and of shared ones those that nobody holds, or its accounts do."""
        accounts = self.env["ov.serviced_account"].sudo()
        accounts = accounts._search([("company_id", "=", company_id)])
        second = self.env[self._ledger]._held(
            SQL("is_stamped IS NOT TRUE"),
            SQL("account_id IN %s", accounts.subselect()),
        )
        shared = [
            [("x_sa_id", "=", False)],
            [("x_sa_id", "in", accounts)],
            ids_from(second),
        ]
        return some(
            [
                [("company_id", "=", company_id)],
                every([[("company_id", "=", False)], some(shared)]),
            ]
        )

    def _create_visibility_indexes(self):
        result = super()._create_visibility_indexes()
        self.env.cr.execute(
            "CREATE INDEX IF NOT EXISTS res_partner_supplier_idx"
            " ON res_partner (id) WHERE supplier_rank > 0"
        )
        return result
