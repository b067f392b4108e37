from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    payment_control = fields.Boolean(
        default=lambda self: self.env.company.payment_control,
        help="Payments follow the approval workflow, and posted ones are locked.",
    )
    payment_relax_creator_review = fields.Boolean("Creator May Review")
    payment_relax_creator_approve = fields.Boolean("Creator May Approve")
    payment_relax_reviewer_approve = fields.Boolean("Reviewer May Approve")
    payment_relax_poster = fields.Boolean("Anyone May Post")
    payment_quarantine_days = fields.Integer(
        "Quarantine of Bank Accounts (days)",
        default=7,
        help="A vendor's bank account that is new or was changed within these days "
        "holds its payments back until a second person confirms it. 0: never.",
    )
    payment_override_minutes = fields.Integer("Override Lasts (minutes)", default=15)

    def write(self, vals):
        """Write; where control is turned on, payments are as far as they got without.

        What was posted while nobody decided counts as posted, and is locked.
        """
        begun = self.filtered(lambda company: not company.payment_control)
        res = super().write(vals)
        begun = begun.filtered("payment_control")
        if begun:
            self.env["account.payment"]._init_approval_state(begun)
        return res


class AccountJournal(models.Model):
    _inherit = "account.journal"

    payment_approval = fields.Boolean(
        "Payments Need Approval",
        default=True,
        help="Payments of this journal follow the approval rules of the company.",
    )
