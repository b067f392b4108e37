from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..tools.columns import column

ROLES = [("admin", "Admin"), ("staff", "Staff"), ("agent", "Agent")]
SCOPES = [
    ("sa_wide", "Everything of the Service Account"),
    ("assigned_plus_unassigned", "What is assigned to it, and to nobody"),
    ("assigned_only", "What is assigned to it"),
]
STATES = [("active", "Active"), ("revoked", "Revoked"), ("expired", "Expired")]
#: What a role sees unless its membership says otherwise.
DEFAULT_SCOPE = {
    "admin": "sa_wide",
    "staff": "sa_wide",
    "agent": "assigned_only",
}
#: What a `Scope` is made of, besides the id.
SCOPE_COLUMNS = ("account_id", "person_partner_id", "scope_policy", "role_code")
#: Roles that may stand at the top of an SA's members.
_LEADING = ("admin", "staff")
#: What a membership is, once it was given: another one is another membership.
_FIXED = frozenset(
    {"account_id", "employee_id", "person_partner_id", "date_from", "assigned_by_id"}
)


class OvMembership(models.Model):
    """What one person is in one Service Account, from when to when.

    Nothing is inherited from the Service Accounts above or below. Memberships are
    history: they end, and are never deleted.
    """

    _name = "ov.membership"
    _description = "Service Account Membership"
    _inherit = ["mail.thread"]
    _parent_name = "manager_member_id"
    _order = "account_id, state, role_code desc, id"

    account_id = fields.Many2one(
        "ov.serviced_account",
        "Service Account",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True)
    employee_id = fields.Many2one(
        "abs.employee", required=True, index=True, ondelete="restrict", tracking=True
    )
    person_partner_id = fields.Many2one(
        related="employee_id.partner_id", string="Person", store=True, index=True
    )
    role_code = fields.Selection(
        ROLES, "Role", required=True, default="agent", tracking=True
    )
    manager_member_id = fields.Many2one(
        "ov.membership",
        "Manager",
        index=True,
        ondelete="restrict",
        tracking=True,
        domain="[('account_id', '=', account_id), ('state', '=', 'active'),"
        " ('id', '!=', id)]",
        help="Empty for the SA Manager alone.",
    )
    report_ids = fields.One2many("ov.membership", "manager_member_id", "Reports")
    scope_policy = fields.Selection(
        SCOPES,
        "Sees",
        compute="_compute_scope_policy",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        tracking=True,
    )
    state = fields.Selection(
        STATES, required=True, default="active", readonly=True, tracking=True
    )
    date_from = fields.Datetime("From", required=True, default=fields.Datetime.now)
    date_to = fields.Datetime(
        "Until", tracking=True, help="Empty: until it is revoked."
    )
    assigned_by_id = fields.Many2one(
        "res.partner",
        readonly=True,
        default=lambda self: self.env.user.partner_id,
        help="Who gave the membership.",
    )
    is_sa_manager = fields.Boolean(
        compute="_compute_is_sa_manager", search="_search_is_sa_manager"
    )

    _sql_constraints = [
        (
            "dates_in_order",
            "CHECK (date_to IS NULL OR date_to >= date_from)",
            "Until: a membership cannot end before it begins.",
        ),
        (
            "ended_has_date",
            "CHECK (state = 'active' OR date_to IS NOT NULL)",
            "Until: a membership that is over says since when.",
        ),
        (
            "no_manager_of_itself",
            "CHECK (manager_member_id IS NULL OR manager_member_id != id)",
            "Manager: nobody is their own manager.",
        ),
    ]

    def init(self):
        """One active membership for each person, and one top, in each SA."""
        self.env.cr.execute(
            "CREATE UNIQUE INDEX IF NOT EXISTS ov_membership_active_person_unique"
            " ON ov_membership (account_id, employee_id) WHERE state = 'active'"
        )
        self.env.cr.execute(
            "CREATE UNIQUE INDEX IF NOT EXISTS ov_membership_active_top_unique"
            " ON ov_membership (account_id)"
            " WHERE state = 'active' AND manager_member_id IS NULL"
        )

    @api.depends("role_code")
    def _compute_scope_policy(self):
        for member in self:
            member.scope_policy = DEFAULT_SCOPE.get(member.role_code)

    @api.depends("account_id.sa_manager")
    def _compute_is_sa_manager(self):
        for member in self:
            member.is_sa_manager = member.account_id.sa_manager == member

    def _search_is_sa_manager(self, operator, value):
        managers = self.env["ov.serviced_account"].search([("sa_manager", "!=", False)])
        wanted = (operator == "=") == bool(value)
        return [("id", "in" if wanted else "not in", managers.sa_manager.ids)]

    @api.depends("employee_id.name", "account_id.account_code", "role_code")
    def _compute_display_name(self):
        roles = dict(self._fields["role_code"]._description_selection(self.env))
        for member in self:
            member.display_name = _(
                "%(person)s, %(role)s of %(account)s",
                person=member.employee_id.name,
                role=roles.get(member.role_code, ""),
                account=member.account_id.account_code,
            )

    # Rules

    @api.constrains("account_id", "employee_id")
    def _check_same_company(self):
        for member in self:
            company = member.account_id.company_id
            if company and member.employee_id.company_id != company:
                raise ValidationError(
                    _(
                        "%(person)s works for %(theirs)s and cannot be a member of "
                        "%(account)s, which belongs to %(company)s.",
                        person=member.employee_id.name,
                        theirs=member.employee_id.company_id.name,
                        account=member.account_id.display_name,
                        company=company.name,
                    )
                )

    @api.constrains("role_code", "account_id")
    def _check_role(self):
        for member in self:
            if (member.role_code == "admin") != member.account_id.is_global_root:
                raise ValidationError(
                    _(
                        "Role: Admin is the role of the global root's members, and of "
                        "no others (%(member)s).",
                        member=member.display_name,
                    )
                )

    @api.constrains("manager_member_id", "account_id", "role_code")
    def _check_manager(self):
        if self._has_cycle("manager_member_id"):
            raise ValidationError(_("Manager: nobody stands above themselves."))
        for member in self:
            manager = member.manager_member_id
            if manager and manager.account_id != member.account_id:
                raise ValidationError(
                    _(
                        "Manager: %(manager)s is no member of %(account)s.",
                        manager=manager.display_name,
                        account=member.account_id.display_name,
                    )
                )
            if not manager and member.role_code not in _LEADING:
                raise ValidationError(
                    _(
                        "Manager: %(member)s needs one. %(account)s has no SA Manager "
                        "yet: enrol its first staff member before its agents.",
                        member=member.display_name,
                        account=member.account_id.display_name,
                    )
                )

    # Ways in

    @api.model_create_multi
    def create(self, vals_list):
        """Create memberships; the first leading one of an SA becomes its SA Manager.

        Others without a manager get the SA Manager.
        """
        members = self.browse()
        for vals in vals_list:
            # One by one: the first of a batch may be the manager of the next.
            account = self.env["ov.serviced_account"].browse(vals.get("account_id"))
            self._check_open(account)
            if not vals.get("manager_member_id"):
                vals = {**vals, "manager_member_id": account.sa_manager.id}
            # The indexes must know who has just left.
            self.flush_model(["state", "manager_member_id"])
            member = super().create([vals])
            if not account.sa_manager and not member.manager_member_id:
                # Whoever enrols members may not be allowed to change the account.
                account.sudo().sa_manager = member
            members += member
        return members

    def _check_open(self, account):
        if account and account.state == "inactive":
            raise UserError(
                _(
                    "%(account)s is inactive and takes no members.",
                    account=account.display_name,
                )
            )

    def write(self, vals):
        """Write; whose membership it is, and of what, stays.

        :raises UserError: naming the membership and the rule
        """
        for member in self:
            fixed = [
                name
                for name in _FIXED & vals.keys()
                if member._fields[name].convert_to_record(
                    member._fields[name].convert_to_cache(vals[name], member), member
                )
                != member[name]
            ]
            if fixed or (member.state != "active" and vals.keys() - {"message_ids"}):
                raise UserError(
                    _(
                        "%(member)s: a membership is history. Revoke it and give a new "
                        "one.",
                        member=member.display_name,
                    )
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(_("Memberships are history: revoke them instead."))

    # Steps

    def action_make_sa_manager(self):
        """Put a staff member at the top of its Service Account.

        The SA Manager so far reports to it.

        :raises UserError: for a membership that cannot lead
        """
        self.ensure_one()
        account = self.account_id
        if self.state != "active" or self.role_code not in _LEADING:
            raise UserError(
                _(
                    "%(member)s cannot lead %(account)s: it takes an active staff "
                    "membership.",
                    member=self.display_name,
                    account=account.display_name,
                )
            )
        former = account.sa_manager
        if former == self:
            return
        # The index allows one top at any time, so the new one stands there alone.
        account.sudo().sa_manager = False
        self.env.flush_all()
        former._replace_at_top(self)
        account.sudo().sa_manager = self

    def _replace_at_top(self, member):
        """Swap places with another member.

        First nobody is at the top, then the other one: the index, which allows one, is
        asked for each row, in the order in which they lie.
        """
        for one, manager in ((self, member), (member, self.browse())):
            self.env.cr.execute(
                "UPDATE ov_membership SET manager_member_id = %s WHERE id = ANY(%s)",
                [manager.id or None, one.ids],
            )
        (self + member).invalidate_recordset(["manager_member_id"])
        (self + member)._check_manager()

    def action_revoke(self):
        """End memberships now; reports go to the manager of who leaves.

        :raises UserError: for the SA Manager of others
        """
        now = fields.Datetime.now()
        for member in self.filtered(lambda one: one.state == "active"):
            member._end("revoked", max(now, member.date_from))

    def _end(self, state, at):
        """End one membership.

        :param str state: `revoked` or `expired`
        :param datetime at: since when it is over
        :raises UserError: for the SA Manager of others
        """
        self.ensure_one()
        others = self.report_ids.filtered(lambda one: one.state == "active")
        if self.is_sa_manager and others:
            raise UserError(
                _(
                    "%(member)s leads %(account)s: make another member its SA Manager "
                    "first.",
                    member=self.display_name,
                    account=self.account_id.display_name,
                )
            )
        others.write({"manager_member_id": self.manager_member_id.id})
        if self.is_sa_manager:
            self.account_id.sudo().sa_manager = False
        self.write({"state": state, "date_to": at})

    @api.model
    def _cron_expire(self):
        """End memberships whose time is over; each by itself."""
        over = self.search(
            [("state", "=", "active"), ("date_to", "<=", fields.Datetime.now())]
        )
        for member in over:
            with self.env.cr.savepoint():
                member._expire()

    def _expire(self):
        """Note that the time is over; it has given no access since then."""
        self.ensure_one()
        reports = self.report_ids.filtered(lambda one: one.state == "active")
        if self.is_sa_manager and reports:
            # They keep their manager on paper until somebody names another.
            self.message_post(
                body=_("The SA Manager's membership is over: name another one.")
            )
            return
        self._end("expired", self.date_to)

    # Who is a member

    @api.model
    def _domain_effective(self, at=None):
        """Return the domain of memberships that give access.

        :param datetime at: when, in UTC; now when None
        """
        effective = SQL("(SELECT member.id FROM %s)", self._sql_effective(at))
        return [("id", "in", effective)]

    @api.model
    def _sql_effective(self, at=None):
        """Return where memberships that give access are found, whoever may see them.

        Written out, for it is asked at each request, and searches take twice as long.

        :param datetime at: when, in UTC; now when None
        :return: SQL that follows FROM, with conditions, of `ov_membership member`
        """
        at = at or fields.Datetime.now()
        account, employee = self.env["ov.serviced_account"], self.env["abs.employee"]
        return SQL(
            """
            ov_membership member
            JOIN ov_serviced_account account ON account.id = member.account_id
            JOIN abs_employee employee ON employee.id = member.employee_id
            WHERE %s = 'active' AND %s <= %s AND (%s IS NULL OR member.date_to > %s)
              AND %s = 'active' AND %s
            """,
            column(self, "state", "member"),
            column(self, "date_from", "member"),
            at,
            column(self, "date_to", "member"),
            at,
            column(account, "state", "account"),
            column(employee, "active", "employee"),
        )
