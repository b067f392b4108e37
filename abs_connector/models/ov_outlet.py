from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.base_json_api.api import problems

from ..tools.member import member_of


class OvOutlet(models.Model):
    """A place where goods are sold: a shop, a kiosk, a depot with a counter."""

    _name = "ov.outlet"
    _description = "Outlet"
    _inherit = ["mail.thread"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    code = fields.Char(
        copy=False, tracking=True, help="Short identifier that other systems know."
    )
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        tracking=True,
    )
    channel_partner_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        check_company=True,
        domain="[('is_company', '=', True)]",
        tracking=True,
        help="The company that owns or runs it.",
    )
    site_partner_id = fields.Many2one(
        "res.partner",
        "Site",
        index="btree_not_null",
        check_company=True,
        tracking=True,
        help="The contact whose address is where it stands.",
    )
    city = fields.Char(related="site_partner_id.city")
    country_id = fields.Many2one(related="site_partner_id.country_id")
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        index="btree_not_null",
        check_company=True,
        tracking=True,
        help="Where its stock is, when it has any.",
    )

    _sql_constraints = [
        (
            "code_unique",
            "UNIQUE(company_id, code)",
            "Another outlet of this company has this code.",
        )
    ]

    @api.constrains("channel_partner_id")
    def _check_channel_partner_id(self):
        for outlet in self.filtered("channel_partner_id"):
            if not outlet.channel_partner_id.is_company:
                message = _(
                    "Channel Partner: %(partner)s is a person; it takes a company.",
                    partner=outlet.channel_partner_id.name,
                )
                raise ValidationError(message)

    @api.depends("name", "code")
    def _compute_display_name(self):
        for outlet in self:
            outlet.display_name = " ".join(
                filter(None, (outlet.code and f"[{outlet.code}]", outlet.name))
            )

    # Steps of the API, whose user writes no outlets of its own right.

    def _with_names(self):
        """Return the same as superuser, for the places and companies that it names."""
        return self.sudo()

    @api.model
    def _create_by_api(self, vals):
        """Create an outlet for a caller who keeps them.

        :raises Forbidden: for agents and customers
        :raises Invalid: for a partner or a warehouse that is not there for the caller
        """
        self._check_kept(vals)
        given = {"company_id": self.env.company.id, **vals}
        # Staff, admins and keys keep the outlets of their company: just checked.
        return self.sudo().create(given).with_env(self.env)

    def _write_by_api(self, vals):
        """Change outlets for a caller who keeps them.

        :raises Forbidden: for agents and customers
        :raises Invalid: for a partner or a warehouse that is not there for the caller
        """
        self._check_kept(vals)
        # Staff, admins and keys keep the outlets of their company: just checked.
        self.sudo().write(vals)

    @api.model
    def _check_kept(self, vals):
        member = member_of(self.env)
        roles = {one.role_code for one in member.scopes} if member else set()
        keeps = member and (member.admin or member.company_id)
        if not keeps and not roles & {"staff", "admin"}:
            raise problems.Forbidden(_("Staff and admins alone keep outlets."))
        companies = self.env.companies.ids
        warehouses = self.env["stock.warehouse"].sudo()
        for name, records, domain in (
            ("channel_partner_id", self.env["res.partner"], []),
            ("site_partner_id", self.env["res.partner"], []),
            ("warehouse_id", warehouses, [("company_id", "in", companies)]),
        ):
            wanted = vals.get(name)
            if wanted and not records.search([("id", "=", wanted), *domain]):
                self._refuse_unknown(name)

    def _refuse_unknown(self, name):
        message = _(
            "%(field)s: nothing that you see has this id.",
            field=self._fields[name]._description_string(self.env),
        )
        raise problems.Invalid.of_field(f"/{name}", "not_found", message)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    x_outlet_id = fields.Many2one(
        "ov.outlet",
        "Outlet",
        index="btree_not_null",
        check_company=True,
        help="Where it was sold.",
    )
    x_channel_partner_id = fields.Many2one(
        "res.partner",
        "Channel Partner",
        compute="_compute_x_channel_partner_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
        help="The company through which it was sold; that of the outlet at first.",
    )

    @api.depends("x_outlet_id")
    def _compute_x_channel_partner_id(self):
        for order in self:
            if order.x_outlet_id.channel_partner_id:
                order.x_channel_partner_id = order.x_outlet_id.channel_partner_id
            else:
                order.x_channel_partner_id = order.x_channel_partner_id
