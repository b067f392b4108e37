"""What has to be set up before the first sale, found out by looking.

A check is a method `_look_<code>` that says what is missing, named in `CODES` and
`_CHECKS`.
"""

from dataclasses import dataclass

from odoo import _, api, fields, models
from odoo.exceptions import UserError

#: Lists are grouped in the order of these keys.
SECTIONS = [
    ("1_stock", "Warehouse and Stock"),
    ("2_product", "Products"),
    ("3_customer", "Customers"),
    ("4_account", "Accounting"),
    ("5_governance", "Service Accounts"),
    ("6_sale", "Sales"),
    ("7_mail", "E-mail"),
]
CODES = [
    ("warehouse", "There is a warehouse with its stock location"),
    ("operations", "It has receipts and delivery orders"),
    ("locations", "Storage Locations is on"),
    ("lots", "Lots & Serial Numbers is on"),
    ("on_hand", "Stock has been received"),
    ("serials", "Storable products have serial numbers"),
    ("delivered", "Storable products are invoiced when delivered"),
    ("ordered", "Services are invoiced when ordered"),
    ("prices", "Products for sale have a price and a customer tax"),
    ("customers", "There is a customer"),
    ("emails", "Customers have an e-mail"),
    ("chart", "The chart of accounts is there"),
    ("sale_journal", "There is a journal of customer invoices"),
    ("bank_journal", "There is a bank journal"),
    ("taxes", "There is a customer tax"),
    ("income", "Product categories have an income account"),
    ("global_root", "The global root is there"),
    ("company_root", "The company has its root"),
    ("branch", "There is an active branch"),
    ("employee", "There is an employee of the API"),
    ("membership", "An employee is a member of a branch"),
    ("admin", "The global root has an admin"),
    ("proforma", "Pro-Forma Invoice is on"),
    ("mail_server", "There is an outgoing mail server"),
]
#: Which of the settings a check asks for.
_SETTINGS = {
    "locations": "group_stock_multi_locations",
    "lots": "group_stock_production_lot",
    "proforma": "group_proforma_sales",
}
#: Names of records that a message tells.
_NAMED = 3


@dataclass(frozen=True)
class _Check:
    """A check: where it stands, and what opens where it is set up."""

    section: str
    action: str


_CHECKS = {
    "warehouse": _Check("1_stock", "stock.action_warehouse_form"),
    "operations": _Check("1_stock", "stock.stock_picking_type_action"),
    "locations": _Check("1_stock", "stock.action_stock_config_settings"),
    "lots": _Check("1_stock", "stock.action_stock_config_settings"),
    "on_hand": _Check("1_stock", "stock.action_picking_tree_incoming"),
    "serials": _Check("2_product", "product.product_template_action"),
    "delivered": _Check("2_product", "product.product_template_action"),
    "ordered": _Check("2_product", "product.product_template_action"),
    "prices": _Check("2_product", "product.product_template_action"),
    "customers": _Check("3_customer", "account.res_partner_action_customer"),
    "emails": _Check("3_customer", "account.res_partner_action_customer"),
    "chart": _Check("4_account", "account.action_account_config"),
    "sale_journal": _Check("4_account", "account.action_account_journal_form"),
    "bank_journal": _Check("4_account", "account.action_account_journal_form"),
    "taxes": _Check("4_account", "account.action_tax_form"),
    "income": _Check("4_account", "product.product_category_action_form"),
    "global_root": _Check("5_governance", "abs_connector.action_ov_serviced_account"),
    "company_root": _Check("5_governance", "abs_connector.action_ov_serviced_account"),
    "branch": _Check("5_governance", "abs_connector.action_ov_serviced_account"),
    "employee": _Check("5_governance", "abs_connector.action_abs_employee"),
    "membership": _Check("5_governance", "abs_connector.action_ov_membership"),
    "admin": _Check("5_governance", "abs_connector.action_ov_membership"),
    "proforma": _Check("6_sale", "sale.action_sale_config_settings"),
    "mail_server": _Check("7_mail", "base.action_ir_mail_server_list"),
}


class OvSetupCheck(models.TransientModel):
    """One line of the checklist, as it was found when the list was opened."""

    _name = "ov.setup_check"
    _description = "Set-up Check"
    _order = "id"
    _rec_name = "code"

    section = fields.Selection(SECTIONS, required=True, readonly=True)
    code = fields.Selection(CODES, "Check", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    is_fine = fields.Boolean("Done", readonly=True)
    finding = fields.Char("What Is Missing", readonly=True)
    is_fixable = fields.Boolean(compute="_compute_is_fixable")

    @api.depends_context("uid")
    @api.depends("code", "is_fine")
    def _compute_is_fixable(self):
        is_admin = self.env.user.has_group("base.group_system")
        for check in self:
            check.is_fixable = not check.is_fine and (
                check.code == "company_root" or (check.code in _SETTINGS and is_admin)
            )

    @api.model
    def action_look(self):
        """Look at the current company, and show the list.

        :return: action that opens it
        """
        found = self._look(self.env.company)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "abs_connector.action_ov_setup_check"
        )
        return {**action, "domain": [("id", "in", found.ids)]}

    @api.model
    def _look(self, company):
        """Find out what is set up in a company.

        :param company: `res.company`
        :return: a line for each check, in order
        """
        # What is asked is whether things are there; who governs need not see them.
        system = self.sudo().with_company(company).with_context(active_test=True)
        return self.create(
            [
                {
                    "section": check.section,
                    "code": code,
                    "company_id": company.id,
                    "finding": finding,
                    "is_fine": not finding,
                }
                for code, check in _CHECKS.items()
                for finding in [getattr(system, f"_look_{code}")(company)]
            ]
        )

    def action_fix(self):
        """Set up what one check misses, and look again.

        :return: action that opens the list
        :raises UserError: when it is not for this button, or this user, to fix
        """
        self.ensure_one()
        if not self.is_fixable:
            labels = dict(self._fields["code"]._description_selection(self.env))
            raise UserError(
                _(
                    "“%(check)s” is not fixed by a button, or not by you: open it.",
                    check=labels[self.code],
                )
            )
        if self.code == "company_root":
            self.env["ov.serviced_account"]._create_company_roots(self.company_id)
        else:
            settings = self.env["res.config.settings"].with_company(self.company_id)
            settings.create({_SETTINGS[self.code]: True}).execute()
        return self.action_look()

    def action_open(self):
        """Open where it is set up.

        :return: action
        """
        self.ensure_one()
        return self.env["ir.actions.actions"]._for_xml_id(_CHECKS[self.code].action)

    # Words

    def _unless(self, found, message):
        return "" if found else message

    def _unless_any(self, records, message):
        """Return what is missing: the first names, and how many there are."""
        if not records:
            return ""
        names = ", ".join(records[:_NAMED].mapped("display_name"))
        if len(records) > _NAMED:
            names = _(
                "%(names)s and %(more)s more", names=names, more=len(records) - _NAMED
            )
        return f"{message} {names}"

    def _look_setting(self, code):
        group = self.env["res.config.settings"]._fields[_SETTINGS[code]].implied_group
        users = self.env.ref("base.group_user")
        return self._unless(
            self.env.ref(group) in users.trans_implied_ids, _("It is off.")
        )

    # Warehouse and stock

    def _look_warehouse(self, company):
        found = self.env["stock.warehouse"].search_count(
            [("company_id", "=", company.id), ("lot_stock_id", "!=", False)], limit=1
        )
        return self._unless(found, _("The company has no warehouse."))

    def _look_operations(self, company):
        types = self.env["stock.picking.type"].search(
            [("company_id", "=", company.id), ("code", "in", ("incoming", "outgoing"))]
        )
        return self._unless(
            {"incoming", "outgoing"} <= set(types.mapped("code")),
            _("The company has no receipts or no delivery orders."),
        )

    def _look_locations(self, _company):
        return self._look_setting("locations")

    def _look_lots(self, _company):
        return self._look_setting("lots")

    def _look_on_hand(self, company):
        found = self.env["stock.quant"].search_count(
            [
                ("company_id", "=", company.id),
                ("location_id.usage", "=", "internal"),
                ("quantity", ">", 0),
            ],
            limit=1,
        )
        return self._unless(found, _("Nothing is on hand."))

    # Products

    def _products(self, company, *domain):
        return self.env["product.template"].search(
            [
                ("company_id", "in", (False, company.id)),
                ("sale_ok", "=", True),
                *domain,
            ]
        )

    def _look_serials(self, company):
        loose = self._products(
            company, ("is_storable", "=", True), ("tracking", "!=", "serial")
        )
        return self._unless_any(loose, _("Without serial numbers:"))

    def _look_delivered(self, company):
        early = self._products(
            company, ("is_storable", "=", True), ("invoice_policy", "!=", "delivery")
        )
        return self._unless_any(early, _("Invoiced when ordered:"))

    def _look_ordered(self, company):
        late = self._products(
            company, ("type", "=", "service"), ("invoice_policy", "!=", "order")
        )
        return self._unless_any(late, _("Invoiced later:"))

    def _look_prices(self, company):
        products = self._products(company)
        if not products:
            return _("There is no product for sale.")
        lacking = products.filtered(
            lambda one: (
                not one.list_price
                or not one.taxes_id.filtered(lambda tax: tax.company_id == company)
            )
        )
        return self._unless_any(lacking, _("Without price or tax:"))

    # Customers

    def _customers(self, company, *domain):
        return self.env["res.partner"].search(
            [
                ("company_id", "in", (False, company.id)),
                ("customer_rank", ">", 0),
                *domain,
            ]
        )

    def _look_customers(self, company):
        return self._unless(self._customers(company), _("There is no customer."))

    def _look_emails(self, company):
        mute = self._customers(company, ("email", "in", (False, "")))
        return self._unless_any(mute, _("Without e-mail:"))

    # Accounting

    def _look_chart(self, company):
        return self._unless(
            company.chart_template, _("The company has no chart of accounts.")
        )

    def _journals(self, company, kind):
        return self.env["account.journal"].search_count(
            [("company_id", "=", company.id), ("type", "=", kind)], limit=1
        )

    def _look_sale_journal(self, company):
        return self._unless(self._journals(company, "sale"), _("There is none."))

    def _look_bank_journal(self, company):
        return self._unless(self._journals(company, "bank"), _("There is none."))

    def _look_taxes(self, company):
        found = self.env["account.tax"].search_count(
            [("company_id", "=", company.id), ("type_tax_use", "=", "sale")], limit=1
        )
        return self._unless(found, _("There is none."))

    def _look_income(self, company):
        categories = self._products(company).categ_id.with_company(company)
        lacking = categories.filtered(
            lambda category: not category.property_account_income_categ_id
        )
        return self._unless_any(lacking, _("Without income account:"))

    # Service Accounts

    def _look_global_root(self, _company):
        found = self.env["ov.serviced_account"].search_count(
            [("is_global_root", "=", True)], limit=1
        )
        return self._unless(found, _("There is none."))

    def _look_company_root(self, company):
        found = self.env["ov.serviced_account"].search_count(
            [("source_company_id", "=", company.id)], limit=1
        )
        return self._unless(found, _("The company has no root."))

    def _branches(self, company):
        return [
            ("company_id", "=", company.id),
            ("state", "=", "active"),
            ("is_global_root", "=", False),
        ]

    def _look_branch(self, company):
        found = self.env["ov.serviced_account"].search_count(
            [*self._branches(company), ("sa_type", "=", "branch")], limit=1
        )
        return self._unless(
            found, _("Nobody but the company's root can hold customers.")
        )

    def _look_employee(self, company):
        found = self.env["abs.employee"].search_count(
            [("company_id", "=", company.id)], limit=1
        )
        return self._unless(found, _("The company has no employee of the API."))

    def _look_membership(self, company):
        members = self.env["ov.membership"]
        accounts = self.env["ov.serviced_account"].search(self._branches(company))
        found = members.search_count(
            [*members._domain_effective(), ("account_id", "in", accounts.ids)], limit=1
        )
        return self._unless(found, _("No employee is a member."))

    def _look_admin(self, _company):
        members = self.env["ov.membership"]
        found = members.search_count(
            [*members._domain_effective(), ("role_code", "=", "admin")], limit=1
        )
        return self._unless(found, _("Nobody sees all companies in the API."))

    # Sales and mail

    def _look_proforma(self, _company):
        return self._look_setting("proforma")

    def _look_mail_server(self, _company):
        found = self.env["ir.mail_server"].search_count([], limit=1)
        return self._unless(found, _("Mails leave by the server's own program alone."))
