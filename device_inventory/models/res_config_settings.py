from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    device_stock_journal_id = fields.Many2one(
        related="company_id.device_stock_journal_id", readonly=False
    )
    device_valuation_account_id = fields.Many2one(
        related="company_id.device_valuation_account_id", readonly=False
    )
    device_stock_input_account_id = fields.Many2one(
        related="company_id.device_stock_input_account_id", readonly=False
    )
    device_cogs_account_id = fields.Many2one(
        related="company_id.device_cogs_account_id", readonly=False
    )
    device_consignment_cost_account_id = fields.Many2one(
        related="company_id.device_consignment_cost_account_id", readonly=False
    )
    settlement_journal_id = fields.Many2one(
        related="company_id.settlement_journal_id", readonly=False
    )
    settlement_auto_confirm = fields.Boolean(
        related="company_id.settlement_auto_confirm", readonly=False
    )
    settlement_publication = fields.Selection(
        related="company_id.settlement_publication", readonly=False
    )
    settlement_period = fields.Selection(
        related="company_id.settlement_period", readonly=False
    )
    device_claim_days = fields.Integer(
        related="company_id.device_claim_days", readonly=False
    )
