from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    payment_control = fields.Boolean(
        related="company_id.payment_control", readonly=False
    )
    payment_relax_creator_review = fields.Boolean(
        related="company_id.payment_relax_creator_review", readonly=False
    )
    payment_relax_creator_approve = fields.Boolean(
        related="company_id.payment_relax_creator_approve", readonly=False
    )
    payment_relax_reviewer_approve = fields.Boolean(
        related="company_id.payment_relax_reviewer_approve", readonly=False
    )
    payment_relax_poster = fields.Boolean(
        related="company_id.payment_relax_poster", readonly=False
    )
    payment_quarantine_days = fields.Integer(
        related="company_id.payment_quarantine_days", readonly=False
    )
    payment_override_minutes = fields.Integer(
        related="company_id.payment_override_minutes", readonly=False
    )
