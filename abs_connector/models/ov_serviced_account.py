from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError

GLOBAL_ROOT_CODE = "OVGLOBAL-ROOT"
SA_TYPES = [
    ("global_root", "Global Root"),
    ("seed", "Company Root"),
    ("branch", "Branch"),
]
STATES = [("draft", "Draft"), ("active", "Active"), ("inactive", "Inactive")]
#: Which sales orders of an SA need an approval.
POLICIES = [
    ("company", "As the company says"),
    ("always", "Always"),
    ("above", "From an amount"),
    ("never", "Never"),
]


class OvServicedAccount(models.Model):
    """A governed part of the business: a country, a region, a depot.

    One tree for the whole system: the global root, under it one root for each company,
    under those the branches, which stay in the company of their parent.
    """

    _name = "ov.serviced_account"
    _description = "Service Account"
    _inherit = ["mail.thread"]
    _parent_store = True
    _order = "parent_path, id"

    name = fields.Char(required=True, tracking=True)
    account_code = fields.Char(
        "Code",
        required=True,
        copy=False,
        tracking=True,
        help="Short identifier, such as TG-LOM. No two Service Accounts share one.",
    )
    sa_type = fields.Selection(
        SA_TYPES, "Type", required=True, default="branch", readonly=True, copy=False
    )
    is_global_root = fields.Boolean(
        compute="_compute_is_global_root", store=True, readonly=True
    )
    parent_id = fields.Many2one(
        "ov.serviced_account",
        index=True,
        ondelete="restrict",
        tracking=True,
        domain="[('state', '!=', 'inactive'), ('sa_type', '!=', 'global_root')]",
    )
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("ov.serviced_account", "parent_id", "Branches")
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        recursive=True,
        store=True,
        precompute=True,
        readonly=True,
        index=True,
        help="That of the parent. The global root alone belongs to no company.",
    )
    source_company_id = fields.Many2one(
        "res.company",
        "Root Of",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="The company whose root this is.",
    )
    state = fields.Selection(
        STATES, required=True, default="draft", readonly=True, copy=False, tracking=True
    )
    sa_manager = fields.Many2one(
        "ov.membership",
        "SA Manager",
        copy=False,
        tracking=True,
        domain="[('account_id', '=', id), ('state', '=', 'active')]",
        ondelete="restrict",
        help="The membership at the top of this Service Account's members.",
    )
    membership_ids = fields.One2many("ov.membership", "account_id", "Members")
    member_count = fields.Integer(compute="_compute_member_count")
    approval_policy = fields.Selection(
        POLICIES, "Order Approval", required=True, default="company", tracking=True
    )
    currency_id = fields.Many2one(
        "res.currency", compute="_compute_currency_id", store=True, readonly=True
    )
    approval_threshold = fields.Monetary("Approval From", tracking=True)
    approval_category_ids = fields.Many2many(
        "product.category",
        string="Categories to Approve",
        help="An order with a product of one of these needs an approval, whatever it "
        "comes to.",
    )

    _sql_constraints = [
        (
            "account_code_unique",
            "UNIQUE(account_code)",
            "Another Service Account has this code.",
        ),
        (
            "source_company_unique",
            "UNIQUE(source_company_id)",
            "This company has a root Service Account already.",
        ),
        (
            "root_is_global",
            "CHECK ((sa_type = 'global_root') = (parent_id IS NULL)"
            " AND (sa_type = 'global_root') = (company_id IS NULL))",
            "The global root, and nothing else, has no parent and no company.",
        ),
        (
            "seed_has_company",
            "CHECK ((sa_type = 'seed') = (source_company_id IS NOT NULL)"
            " AND (source_company_id IS NULL OR source_company_id = company_id))",
            "A company root, and nothing else, is the root of its company.",
        ),
        (
            "approval_threshold_positive",
            "CHECK (approval_threshold >= 0)",
            "Approval From: the amount cannot be negative.",
        ),
    ]

    def init(self):
        """Make a second global root impossible, whoever writes it."""
        self.env.cr.execute(
            "CREATE UNIQUE INDEX IF NOT EXISTS ov_serviced_account_global_root_unique"
            " ON ov_serviced_account (sa_type) WHERE sa_type = 'global_root'"
        )

    @api.depends("sa_type")
    def _compute_is_global_root(self):
        for account in self:
            account.is_global_root = account.sa_type == "global_root"

    @api.depends("sa_type", "source_company_id", "parent_id.company_id")
    def _compute_company_id(self):
        for account in self:
            account.company_id = (
                account.source_company_id or account.parent_id.company_id
            )

    @api.depends("company_id")
    def _compute_currency_id(self):
        for account in self:
            company = account.company_id or self.env.company
            account.currency_id = company.currency_id

    @api.depends("membership_ids.state")
    def _compute_member_count(self):
        counts = dict(
            self.env["ov.membership"]._read_group(
                [("account_id", "in", self.ids), ("state", "=", "active")],
                ["account_id"],
                ["__count"],
            )
        )
        for account in self:
            account.member_count = counts.get(account, 0)

    @api.depends("name", "account_code")
    def _compute_display_name(self):
        for account in self:
            account.display_name = shown_as(account.name, account.account_code)

    # Rules of the tree

    @api.constrains("parent_id")
    def _check_parent_id(self):
        if self._has_cycle():
            raise ValidationError(
                _("Parent: a Service Account cannot stand under itself.")
            )

    @api.constrains("sa_type", "parent_id")
    def _check_place(self):
        """Company roots hang under the global root, branches in their company."""
        for account in self:
            under_global = account.parent_id.is_global_root
            if account.sa_type == "seed" and not under_global:
                raise ValidationError(
                    _(
                        "%(account)s is the root of %(company)s and stays under the "
                        "global root.",
                        account=account.display_name,
                        company=account.company_id.name,
                    )
                )
            if account.sa_type == "branch" and under_global:
                raise ValidationError(account._say_no_company(account.name))

    @api.constrains("company_id", "parent_id")
    def _check_branch_company(self):
        for account in self:
            parent = account.parent_id.company_id
            if account.sa_type == "branch" and account.company_id != parent:
                raise ValidationError(
                    _(
                        "%(account)s belongs to %(company)s, and its parent to "
                        "%(parent)s: a branch keeps the company of its parent.",
                        account=account.display_name,
                        company=account.company_id.name,
                        parent=parent.name,
                    )
                )

    @api.constrains("sa_manager")
    def _check_sa_manager(self):
        for account in self.filtered("sa_manager"):
            manager = account.sa_manager
            if manager.account_id != account or manager.manager_member_id:
                raise ValidationError(
                    _(
                        "SA Manager: %(member)s is not at the top of the members of "
                        "%(account)s.",
                        member=manager.display_name,
                        account=account.display_name,
                    )
                )

    # Ways in

    @api.model_create_multi
    def create(self, vals_list):
        """Create branches; roots come with the module and with each company.

        :raises UserError: for a root
        """
        for vals in vals_list:
            self._check_no_root(vals)
            parent = self.browse(vals.get("parent_id"))
            if parent.is_global_root and vals.get("sa_type", "branch") == "branch":
                raise ValidationError(self._say_no_company(vals.get("name")))
            if vals.get("account_code"):
                vals["account_code"] = vals["account_code"].strip().upper()
        return super().create(vals_list)

    def write(self, vals):
        """Write; a branch does not move to another company with all it governs.

        :raises UserError: naming the Service Account and the rule
        """
        self._check_no_root(vals)
        if vals.get("account_code"):
            vals["account_code"] = vals["account_code"].strip().upper()
        if "parent_id" in vals:
            self._check_move(self.browse(vals["parent_id"]))
        return super().write(vals)

    def _check_no_root(self, vals):
        given = vals.get("source_company_id") or vals.get("sa_type", "branch")
        if given != "branch" and not self.env.su:
            raise UserError(
                _(
                    "Type: the roots of companies come with their company, and there "
                    "is one global root. What you create are branches."
                )
            )

    def _check_move(self, parent):
        for account in self.filtered(lambda one: one.sa_type == "branch"):
            if parent.is_global_root:
                raise ValidationError(self._say_no_company(account.name))
            if parent.company_id != account.company_id:
                raise UserError(
                    _(
                        "%(account)s cannot move under %(parent)s, which belongs to "
                        "another company: what it governs is of %(company)s.",
                        account=account.display_name,
                        parent=parent.display_name,
                        company=account.company_id.name,
                    )
                )

    def _say_no_company(self, name):
        return _(
            "Parent: %(name)s is a branch, and stands under the root of a company or "
            "under another branch.",
            name=name,
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        for account in self:
            if account.sa_type != "branch" or account.state != "draft":
                raise UserError(
                    _(
                        "%(account)s is not deleted: only a draft branch is. "
                        "Deactivate it instead.",
                        account=account.display_name,
                    )
                )

    def action_activate(self):
        """Open the Service Account for its members.

        :raises UserError: under an inactive parent
        """
        for account in self:
            if account.parent_id and account.parent_id.state != "active":
                raise UserError(
                    _(
                        "%(account)s cannot be active under %(parent)s, which is not.",
                        account=account.display_name,
                        parent=account.parent_id.display_name,
                    )
                )
        self.write({"state": "active"})

    def action_deactivate(self):
        """Show what closing it hides, and ask.

        :return: action that opens the dialog
        """
        self.ensure_one()
        if self.sa_type != "branch":
            raise UserError(
                _(
                    "%(account)s is a root and stays active.",
                    account=self.display_name,
                )
            )
        return {
            "type": "ir.actions.act_window",
            "name": _("Deactivate %(account)s", account=self.display_name),
            "res_model": "ov.serviced_account.close",
            "view_mode": "form",
            "target": "new",
            "context": {"default_account_id": self.id},
        }

    def _deactivate(self):
        """Close Service Accounts and all below them, for all their members."""
        below = self.search([("id", "child_of", self.ids), ("state", "!=", "inactive")])
        below.write({"state": "inactive"})

    # Roots

    @api.model
    def _global_root(self):
        """Return the one Service Account above all companies, as superuser."""
        return self.sudo().search([("sa_type", "=", "global_root")], limit=1)

    @api.model
    def _create_company_roots(self, companies):
        """Create the roots of companies that have none.

        :param companies: `res.company`
        :return: the new roots
        """
        known = self.sudo().search([("source_company_id", "in", companies.ids)])
        root = self._global_root()
        return self.sudo().create(
            [
                {
                    "name": company.name,
                    "account_code": f"ROOT-{company.id}",
                    "sa_type": "seed",
                    "state": "active",
                    "parent_id": root.id,
                    "source_company_id": company.id,
                }
                for company in companies - known.source_company_id
            ]
        )


def shown_as(name, code):
    """Return how a Service Account is called in lists and answers."""
    return f"{name} ({code})"
