from odoo import fields, models
from odoo.exceptions import UserError


class ResCompany(models.Model):
    _inherit = "res.company"

    device_stock_journal_id = fields.Many2one(
        "account.journal",
        domain="[('type', '=', 'general')]",
        help="Receipt and COGS entries of devices are posted here.",
    )
    device_valuation_account_id = fields.Many2one(
        "account.account",
        help="Value of the devices in stock (current assets).",
    )
    device_stock_input_account_id = fields.Many2one(
        "account.account",
        help="Goods received, not invoiced (GRNI): credited at receipt, debited by "
        "the vendor bill or the settlement bill.",
    )
    device_cogs_account_id = fields.Many2one(
        "account.account",
        string="Device COGS Account",
        help="Cost of the devices sold.",
    )
    device_consignment_cost_account_id = fields.Many2one(
        "account.account",
        help="Owner amount of consigned devices whose agreement keeps them off the "
        "balance sheet.",
    )
    settlement_journal_id = fields.Many2one(
        "account.journal",
        domain="[('type', '=', 'purchase')]",
        help="Bills of the owners of consigned devices are posted here.",
    )
    settlement_auto_confirm = fields.Boolean(
        "Confirm Settlements Automatically",
        default=True,
        help="The owner is billed in the moment the devices ship.",
    )
    settlement_publication = fields.Selection(
        [("immediate", "In the moment of sale"), ("periodic", "At the period's end")],
        default="immediate",
        required=True,
        help="When the owner sees its report and that a device was sold. In the moment "
        "of sale, the owner can infer the day of the sale.",
    )
    settlement_period = fields.Selection(
        [("week", "Week"), ("month", "Month")],
        default="month",
        required=True,
    )
    device_claim_days = fields.Integer(
        "Claim Deadline (days)",
        default=14,
        help="Days after a receipt within which missing devices are claimed.",
    )

    def _get_device_setting(self, name):
        """Return a setting that an entry cannot do without.

        :param str name: field of this company
        :raises UserError: naming the setting and where it is found
        """
        self.ensure_one()
        value = self.sudo()[name]
        if not value:
            raise UserError(self._missing_device_setting_message(name))
        return value

    def _missing_device_setting_message(self, name):
        return self.env._(
            "%(company)s: the setting “%(setting)s” is missing. Set it under "
            "Settings > Inventory > Device Inventory.",
            company=self.name,
            setting=self.env["res.company"]._fields[name]._description_string(self.env),
        )

    def _get_missing_device_settings(self, names):
        """Names among `names` that have no value, in their order."""
        self.ensure_one()
        return [name for name in names if not self.sudo()[name]]
