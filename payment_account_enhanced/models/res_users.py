from odoo import fields, models

#: Who may read delegations: everybody reads users.
_READERS = "payment_account_enhanced.group_user,payment_account_enhanced.group_auditor"


class ResUsers(models.Model):
    _inherit = "res.users"

    payment_delegation_to_ids = fields.One2many(
        "payment.approval.delegation",
        "delegate_id",
        "Payments Decided for Others",
        groups=_READERS,
    )
    payment_delegation_from_ids = fields.One2many(
        "payment.approval.delegation",
        "delegator_id",
        "Payments Decided by Others",
        groups=_READERS,
    )

    def _payment_delegates(self, company):
        """Return who decides on payments for these users now.

        :param company: `res.company`
        """
        # Whose decisions are taken by whom is known to all who wait for them.
        running = self.sudo().payment_delegation_from_ids._running_in(company)
        return running.delegate_id.filtered(
            lambda user: (
                user.active and user.has_group("payment_account_enhanced.group_user")
            )
        )
