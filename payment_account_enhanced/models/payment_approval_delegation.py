from odoo import _, api, fields, models
from odoo.exceptions import ValidationError


class PaymentApprovalDelegation(models.Model):
    """Somebody decides for somebody else, for a time; both count as having decided."""

    _name = "payment.approval.delegation"
    _description = "Payment Approval Delegation"
    _order = "date_from desc, id desc"

    delegator_id = fields.Many2one(
        "res.users", required=True, default=lambda self: self.env.user, index=True
    )
    delegate_id = fields.Many2one("res.users", required=True, index=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    date_from = fields.Datetime(required=True, default=fields.Datetime.now)
    date_to = fields.Datetime(required=True)
    reason = fields.Char(required=True)
    active = fields.Boolean(default=True)

    @api.constrains("delegator_id", "delegate_id", "date_from", "date_to")
    def _check_delegation(self):
        for delegation in self:
            if delegation.delegator_id == delegation.delegate_id:
                raise ValidationError(_("Nobody can delegate to themselves."))
            if delegation.date_to <= delegation.date_from:
                raise ValidationError(_("The delegation ends before it begins."))

    @api.model
    def _delegators(self, user, company):
        """Return the users for whom a user decides now.

        :param user: `res.users`, the delegate
        :param company: `res.company`
        """
        now = fields.Datetime.now()
        delegations = self.sudo().search(
            [
                ("delegate_id", "=", user.id),
                ("company_id", "=", company.id),
                ("date_from", "<=", now),
                ("date_to", ">", now),
            ]
        )
        return delegations.delegator_id.filtered("active")
