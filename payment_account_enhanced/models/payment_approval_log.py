from odoo import _, api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

ACTIONS = [
    ("submit", "Submitted"),
    ("auto_approve", "Approved: below every rule"),
    ("review", "Reviewed"),
    ("approve", "Approved"),
    ("post", "Posted"),
    ("reject", "Rejected"),
    ("recall", "Recalled"),
    ("cancel", "Cancelled"),
    ("return", "Sent back"),
    ("reset", "Reset to draft"),
    ("override", "Override granted"),
    ("edit", "Changed by override"),
    ("unmatch", "Unmatched"),
    ("merge", "Contact merged"),
    ("confirm_bank", "Bank account confirmed"),
]


class PaymentApprovalLog(models.Model):
    """Every decision on a payment, in the order taken; nothing removes a line of it."""

    _name = "payment.approval.log"
    _description = "Payment Decision"
    _order = "id desc"
    _rec_name = "action"

    payment_id = fields.Many2one(
        "account.payment", index=True, readonly=True, ondelete="set null"
    )
    # The number stays when a draft is deleted.
    payment_ref = fields.Integer("Payment ID", readonly=True, aggregator=None)
    payment_name = fields.Char(readonly=True)
    company_id = fields.Many2one("res.company", index=True, readonly=True)
    action = fields.Selection(ACTIONS, required=True, readonly=True)
    user_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    delegator_id = fields.Many2one(
        "res.users", "On Behalf Of", readonly=True, ondelete="restrict"
    )
    decided_at = fields.Datetime("Time", readonly=True, default=fields.Datetime.now)
    reason = fields.Char(readonly=True)
    state_before = fields.Char(readonly=True)
    state_after = fields.Char(readonly=True)
    amount = fields.Monetary(readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True, ondelete="set null")

    @api.model
    def _append(self, lines):
        """Write lines to the end of the log, which only steps of the workflow do.

        In one statement: a batch of payments has as many lines, of which nothing is
        computed.

        :param list lines: dicts of values as the columns take them, of the same keys
        """
        if not lines:
            return
        names = list(lines[0])
        types = [SQL(self._fields[name].column_type[1]) for name in names]
        columns = SQL(", ").join(SQL.identifier(name) for name in names)
        arrays = SQL(", ").join(
            SQL("%s::%s[]", [line[name] for line in lines], kind)
            for name, kind in zip(names, types, strict=True)
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO %s (%s, decided_at, create_uid, create_date)
                     SELECT line.*, %s, %s, %s FROM unnest(%s) AS line
                """,
                SQL.identifier(self._table),
                columns,
                fields.Datetime.now(),
                self.env.uid,
                fields.Datetime.now(),
                arrays,
            )
        )

    def write(self, vals):
        """Refuse: a decision that was taken was taken.

        :raises AccessError: always, for the superuser too
        """
        if self:
            raise AccessError(_("The decision log cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(_("The decision log cannot be deleted."))
