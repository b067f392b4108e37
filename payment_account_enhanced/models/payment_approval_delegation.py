from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_datetime

_USER = "payment_account_enhanced.group_user"
_REVIEWER = "payment_account_enhanced.group_reviewer"
_MANAGER = "payment_account_enhanced.group_manager"
#: What decisions were taken by, once a delegation has begun.
_FIXED = frozenset({"delegator_id", "delegate_id", "company_id", "date_from"})
_REVOCATION = frozenset({"revoked_by_id", "revoked_at"})


class PaymentApprovalDelegation(models.Model):
    """Somebody decides for somebody else, for a time; both count as having decided."""

    _name = "payment.approval.delegation"
    _description = "Payment Approval Delegation"
    _inherit = ["mail.thread"]
    _order = "date_from desc, id desc"
    _rec_name = "delegate_id"

    delegator_id = fields.Many2one(
        "res.users",
        required=True,
        default=lambda self: self.env.user,
        index=True,
        tracking=True,
    )
    delegate_id = fields.Many2one("res.users", required=True, index=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    date_from = fields.Datetime(
        required=True, default=fields.Datetime.now, tracking=True
    )
    date_to = fields.Datetime(required=True, tracking=True)
    reason = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    revoked_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    revoked_at = fields.Datetime(readonly=True, copy=False)

    @api.model_create_multi
    def create(self, vals_list):
        """Delegate, and tell both.

        :raises UserError: when somebody takes another's decisions for themselves
        """
        unrevoked = {"active": True, **dict.fromkeys(_REVOCATION, False)}
        delegations = super().create([{**vals, **unrevoked} for vals in vals_list])
        delegations._check_given()
        for delegation in delegations:
            delegation._tell_both("given")
        return delegations

    def write(self, vals):
        """Write; what has begun is only revoked, or ended at another time.

        :raises UserError: naming the delegation and the rule
        """
        self._check_kept(vals)
        ended = self.browse()
        if vals.get("active") is False:
            ended = self.filtered("active")
            vals = {
                **vals,
                "revoked_by_id": self.env.user.id,
                "revoked_at": fields.Datetime.now(),
            }
        res = super().write(vals)
        if vals.keys() & (_FIXED | {"date_to"}):
            self._check_given()
        for delegation in ended:
            delegation._tell_both("revoked")
        return res

    def _check_kept(self, vals):
        """Refuse to rewrite what decisions may have been taken by."""
        if vals.keys() & _REVOCATION or (
            vals.get("active") and not all(self.mapped("active"))
        ):
            raise UserError(
                _("A delegation that was revoked is not revived: give a new one.")
            )
        begun = self.filtered(lambda one: one.date_from <= fields.Datetime.now())
        if vals.keys() & _FIXED and begun:
            raise UserError(
                _(
                    "The delegation of %(delegator)s to %(delegate)s has begun and is "
                    "not rewritten: revoke it, and give a new one.",
                    delegator=begun[0].delegator_id.sudo().name,
                    delegate=begun[0].delegate_id.sudo().name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_begun(self):
        if self.filtered(lambda one: one.date_from <= fields.Datetime.now()):
            raise UserError(_("A delegation that has begun is not deleted: revoke it."))

    def action_revoke(self):
        """End delegations now; theirs to revoke who gave or got them, or a manager's.

        :raises UserError: for others
        """
        user = self.env.user
        for delegation in self:
            own = user in delegation.delegator_id | delegation.delegate_id
            if not own and not user.has_group(_MANAGER):
                raise UserError(
                    _(
                        "Only %(delegator)s, %(delegate)s or a payment manager can "
                        "revoke this delegation.",
                        delegator=delegation.delegator_id.sudo().name,
                        delegate=delegation.delegate_id.sudo().name,
                    )
                )
        # The delegate, who may give it back, has no right to write it.
        self.sudo().write({"active": False})

    @api.constrains("delegator_id", "delegate_id", "date_from", "date_to", "company_id")
    def _check_delegation(self):
        for delegation in self:
            if delegation.delegator_id == delegation.delegate_id:
                raise ValidationError(_("Nobody can delegate to themselves."))
            if delegation.date_to <= delegation.date_from:
                raise ValidationError(_("The delegation ends before it begins."))
            delegation._check_people()

    def _check_people(self):
        """Refuse people who have no decision to give, or no business to take one."""
        self.ensure_one()
        for user, group in (
            (self.delegator_id.sudo(), _REVIEWER),
            (self.delegate_id.sudo(), _USER),
        ):
            if not user.has_group(group) or self.company_id not in user.company_ids:
                raise ValidationError(
                    _(
                        "%(user)s is not in the group %(group)s in %(company)s, which "
                        "this delegation takes.",
                        user=user.name,
                        group=self.env.ref(group).sudo().display_name,
                        company=self.company_id.sudo().name,
                    )
                )

    def _check_given(self):
        """Refuse to take somebody else's decisions for oneself, managers included."""
        user = self.env.user
        for delegation in self:
            if delegation.delegate_id == user != delegation.delegator_id:
                raise UserError(
                    _(
                        "%(user)s cannot take the decisions of %(delegator)s: who "
                        "delegates, or another payment manager, gives them.",
                        user=user.name,
                        delegator=delegation.delegator_id.sudo().name,
                    )
                )

    def _is_running(self):
        self.ensure_one()
        return self.active and self.date_from <= fields.Datetime.now() < self.date_to

    def _running_in(self, company):
        """Return those of these that hold now, in a company or one it is a branch of.

        :param company: `res.company`
        """
        companies = company.sudo().parent_ids
        return self.filtered(
            lambda one: one.company_id in companies and one._is_running()
        )

    @api.model
    def _delegators(self, user, company):
        """Return the users for whom a user decides now.

        Their own rights are what it gets, not what was delegated to them in turn.

        :param user: `res.users`, the delegate
        :param company: `res.company`
        """
        if not user.has_group(_USER):
            return self.env["res.users"]
        running = user.sudo().payment_delegation_to_ids._running_in(company)
        return running.delegator_id.filtered("active").with_env(self.env)

    # Words

    def _tell_both(self, what):
        """Notify who gives and who gets, except who does it, each in their language.

        :param str what: `given` or `revoked`
        """
        self.ensure_one()
        # Whoever delegates may not see the other user's contact.
        delegation = self.sudo()
        both = delegation.delegator_id | delegation.delegate_id
        for user in both - self.env.user:
            spoken = delegation.with_context(lang=user.lang)
            spoken.message_notify(
                partner_ids=user.partner_id.ids,
                subject=spoken._say_subject(what),
                body=spoken._say_given() if what == "given" else spoken._say_revoked(),
            )

    def _say_subject(self, what):
        return _("Payment delegation") if what == "given" else _("Delegation revoked")

    def _say_given(self):
        return _(
            "From %(start)s to %(end)s %(delegate)s reviews and approves payments of "
            "%(company)s for %(delegator)s: %(reason)s. Both count as having decided.",
            start=format_datetime(self.env, self.date_from, dt_format="short"),
            end=format_datetime(self.env, self.date_to, dt_format="short"),
            delegate=self.delegate_id.name,
            delegator=self.delegator_id.name,
            company=self.company_id.name,
            reason=self.reason,
        )

    def _say_revoked(self):
        return _(
            "%(delegate)s no longer reviews and approves payments of %(company)s for "
            "%(delegator)s. %(user)s revoked the delegation.",
            delegate=self.delegate_id.name,
            delegator=self.delegator_id.name,
            company=self.company_id.name,
            user=self.revoked_by_id.name,
        )
