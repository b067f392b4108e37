from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import AccessError, UserError

_MANAGER = "payment_account_enhanced.group_manager"
KINDS = [
    ("edit", "Change a posted payment"),
    ("reset", "Reset to draft"),
]


class PaymentOverride(models.Model):
    """A payment manager's leave to break one lock, once, before it expires."""

    _name = "payment.override"
    _description = "Payment Override"
    _order = "id desc"
    _rec_name = "reason"

    payment_id = fields.Many2one("account.payment", index=True, readonly=True)
    move_id = fields.Many2one("account.move", index=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    user_id = fields.Many2one("res.users", "Manager", required=True, readonly=True)
    reason = fields.Char(required=True, readonly=True)
    expires_at = fields.Datetime(required=True, readonly=True)
    used_at = fields.Datetime(readonly=True)

    @api.model
    def _grant(self, kind, reason, payment=None, move=None, minutes=0):
        """Give the current user, a payment manager, leave to break a lock once.

        :param str kind: `edit` or `reset`
        :param str reason: why; kept for good
        :param payment: the `account.payment`, or
        :param move: the `account.move` that is no payment's
        :param int minutes: how long it lasts; the company's setting when 0
        :return: the override
        :raises AccessError: for others than payment managers of the company
        :raises UserError: without a reason
        """
        record = payment or move
        if not self.env.user.has_group(_MANAGER):
            raise AccessError(_("Only payment managers can override a lock."))
        if not (reason or "").strip():
            raise UserError(_("An override needs a reason."))
        record.check_access("write")
        company = record.company_id
        minutes = minutes or company.payment_override_minutes or 15
        override = self.sudo().create(
            {
                "payment_id": payment.id if payment else False,
                "move_id": move.id if move else False,
                "company_id": company.id,
                "kind": kind,
                "user_id": self.env.user.id,
                "reason": reason.strip(),
                "expires_at": fields.Datetime.now() + timedelta(minutes=minutes),
            }
        )
        if payment:
            payment._log_decision("override", reason=reason)
        override._notify_managers(record)
        return override

    @api.model
    def _find_live(self, kind, payment=None, move=None):
        """Return the current user's live override of a record, empty without one.

        :param str kind: `edit` or `reset`
        :param payment: the `account.payment`, or
        :param move: the `account.move` that is no payment's
        """
        if not self.env.user.has_group(_MANAGER):
            return self.sudo().browse()
        domain = [
            ("kind", "=", kind),
            ("user_id", "=", self.env.user.id),
            ("used_at", "=", False),
            ("expires_at", ">", fields.Datetime.now()),
            ("payment_id", "=", payment.id if payment else False),
            ("move_id", "=", move.id if move else False),
        ]
        return self.sudo().search(domain, limit=1)

    @api.model
    def _use(self, kind, payment=None, move=None):
        """Use up the current user's live override of a record.

        :return: the override that was used; empty when there is none
        """
        override = self._find_live(kind, payment=payment, move=move)
        if not override or not override._is_free():
            return override.browse()
        override.used_at = fields.Datetime.now()
        return override

    def _is_free(self):
        """Lock the row, so that of two transactions at once one uses it."""
        self.env.cr.execute(
            "SELECT 1 FROM payment_override WHERE id = %s AND used_at IS NULL"
            " FOR UPDATE SKIP LOCKED",
            [self.id],
        )
        return bool(self.env.cr.rowcount)

    def _notify_managers(self, record):
        """Tell the other payment managers of the company on the record's chatter."""
        group = self.env.ref(_MANAGER).sudo()
        managers = group.users.filtered(
            lambda user: (
                user != self.user_id
                and self.company_id in user.company_ids
                and user.active
            )
        )
        record.sudo().message_post(
            body=_(
                "%(user)s overrides a lock (%(kind)s) until %(until)s: %(reason)s",
                user=self.user_id.name,
                kind=dict(self._fields["kind"]._description_selection(self.env))[
                    self.kind
                ],
                until=fields.Datetime.to_string(self.expires_at),
                reason=self.reason,
            ),
            partner_ids=managers.partner_id.ids,
            subtype_xmlid="mail.mt_note",
        )
