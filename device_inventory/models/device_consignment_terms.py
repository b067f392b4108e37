from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError

COMMISSION_TYPES = [
    ("none", "None"),
    ("percentage", "Percentage"),
    ("fixed", "Fixed per Device"),
]
ACCOUNTING_MODES = [
    ("on_receipt", "Valued on Receipt"),
    ("off_balance", "Off Balance (Agent)"),
]


class DeviceConsignmentTerms(models.Model):
    """What the consignee alone knows of an agreement: commission, posting, vendors.

    The agreement's row is shared with the owner, so these facts stand in a row of
    their own that a record rule shows to the consignee. Changes of the commission,
    and the agreement's life, are logged in this row's chatter for the same reason.
    """

    _name = "device.consignment.terms"
    _description = "Consignment Terms"
    _inherit = ["mail.thread"]
    _rec_name = "agreement_id"

    agreement_id = fields.Many2one(
        "device.consignment.agreement", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="agreement_id.consignee_company_id",
        string="Consignee",
        store=True,
        index=True,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    commission_type = fields.Selection(
        COMMISSION_TYPES, required=True, default="none", tracking=True
    )
    commission_rate = fields.Float(
        digits=(16, 6),
        tracking=True,
        aggregator=None,
        help="Percentage: the fraction of the sale price that the consignee keeps "
        "(0.15 is 15 %). Fixed: the amount it keeps for each device, in its currency.",
    )
    accounting_mode = fields.Selection(
        ACCOUNTING_MODES, required=True, default="on_receipt", tracking=True
    )
    vendor_ids = fields.Many2many(
        "res.partner",
        "device_consignment_terms_vendor_rel",
        "terms_id",
        "partner_id",
        string="Vendors",
        help="Purchase orders to these vendors receive devices of the owner.",
    )

    _sql_constraints = [
        (
            "agreement_uniq",
            "UNIQUE(agreement_id)",
            "An agreement has one set of terms.",
        ),
    ]

    @api.model_create_multi
    def create(self, vals_list):
        terms = super().create(vals_list)
        terms._invalidate_agreements()
        return terms

    def write(self, vals):
        if "agreement_id" in vals:
            raise UserError(_("Agreement: terms cannot move to another agreement."))
        result = super().write(vals)
        self._invalidate_agreements()
        return result

    def _invalidate_agreements(self):
        self.agreement_id.invalidate_recordset(
            ["commission_type", "commission_rate", "accounting_mode", "vendor_ids"]
        )

    @api.constrains("commission_type", "commission_rate")
    def _check_commission_rate(self):
        for terms in self:
            if terms.commission_rate < 0:
                raise ValidationError(
                    _(
                        "Commission Rate %(rate)s: a commission cannot be negative.",
                        rate=terms.commission_rate,
                    )
                )
            if terms.commission_type == "percentage" and terms.commission_rate > 1:
                raise ValidationError(
                    _(
                        "Commission Rate %(rate)s: a percentage is a fraction from 0 "
                        "to 1; enter 0.15 for 15 %%.",
                        rate=terms.commission_rate,
                    )
                )
