"""Payments to bank accounts that are new or were changed lately are held back."""

from odoo import _, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime
from odoo.tools.sql import column_exists, create_column

#: What decides, besides the time, whether a payment is held back.
_HOLDING = (
    "partner_bank_id",
    "partner_bank_id.quarantine_since",
    "partner_bank_id.bank_confirmer_ids",
    "payment_type",
    "company_id",
    "submitter_id",
    "preparer_ids",
)


class AccountPayment(models.Model):
    _inherit = "account.payment"

    bank_confirmed_by_id = fields.Many2one(
        "res.users",
        "Bank Account Confirmed By",
        readonly=True,
        copy=False,
        help="Who confirmed the bank account while it held this payment back.",
    )
    bank_quarantine = fields.Text(
        compute="_compute_bank_quarantine",
        help="Why the payment is held back, and until when.",
    )
    bank_quarantine_until = fields.Datetime(
        "In Quarantine Until",
        compute="_compute_bank_quarantine_until",
        store=True,
        copy=False,
        index="btree_not_null",
        help="Empty when it was never held back or its bank account is confirmed.",
    )
    can_confirm_bank = fields.Boolean(compute="_compute_can_confirm_bank")

    def _auto_init(self):
        """Add the column empty: only drafts are held, and those are filled later."""
        if not column_exists(self.env.cr, self._table, "bank_quarantine_until"):
            create_column(
                self.env.cr, self._table, "bank_quarantine_until", "timestamp"
            )
        return super()._auto_init()

    @api.model
    def _init_approval_state(self, companies=None):
        """Fill the approval, and find which drafts are held back."""
        res = super()._init_approval_state(companies)
        drafts = [("state", "=", "draft"), ("partner_bank_id", "!=", False)]
        if companies is not None:
            drafts.append(("company_id", "in", companies.ids))
        self.search(drafts)._fill_held_until()
        return res

    def _fill_held_until(self):
        """Note until when payments are held: by SQL, which dates and tracks nothing."""
        self.flush_recordset(["bank_quarantine_until"])
        self.env.cr.execute(
            """
            UPDATE account_payment SET bank_quarantine_until = held.until
              FROM unnest(%s::integer[], %s::timestamp[]) held (id, until)
             WHERE account_payment.id = held.id
               AND bank_quarantine_until IS DISTINCT FROM held.until
            """,
            [self.ids, [payment._held_until() or None for payment in self]],
        )
        self.invalidate_recordset(["bank_quarantine_until"])

    @api.depends_context("uid", "lang")
    @api.depends(*_HOLDING, "state", "approval_state")
    def _compute_bank_quarantine(self):
        for payment in self:
            payment.bank_quarantine = payment._quarantine_reason()

    @api.depends(*_HOLDING)
    def _compute_bank_quarantine_until(self):
        for payment in self:
            payment.bank_quarantine_until = payment._held_until()

    @api.depends_context("uid")
    @api.depends(*_HOLDING, "state", "approval_state")
    def _compute_can_confirm_bank(self):
        for payment in self:
            payment.can_confirm_bank = bool(
                payment._held_until()
                and self.env.user not in payment._preparers()
                and payment.partner_bank_id._why_not_confirm() is None
            )

    def action_confirm_bank(self):
        """Confirm the bank accounts that hold payments back.

        :raises UserError: naming the payment or account, and why the user is no second
            person
        """
        self.check_access("read")
        for payment in self:
            if not payment._held_until():
                raise UserError(
                    _(
                        "%(payment)s is not held back by its bank account.",
                        payment=payment.display_name,
                    )
                )
            if self.env.user in payment._preparers():
                raise UserError(
                    _(
                        "%(user)s made %(payment)s: a second person confirms its bank "
                        "account.",
                        user=self.env.user.name,
                        payment=payment.display_name,
                    )
                )
        self.partner_bank_id.action_confirm_bank()

    def _held_until(self, submitter=None):
        """Return until when its bank account holds the payment back, False if free.

        What is posted left before.

        :param submitter: `res.users` who is about to submit it
        """
        self.ensure_one()
        return not self.is_posted and self._account_held_until(submitter)

    def _account_held_until(self, submitter=None):
        """Return until when the account is in quarantine for the payment, else False.

        Money that comes in, or leaves without an account, has nothing to wait for.

        :param submitter: `res.users` who is about to submit it
        """
        payment = self.sudo()
        bank = payment.partner_bank_id
        if payment.payment_type != "outbound" or not bank:
            return False
        until = bank._quarantine_end(payment.company_id)
        if not until:
            return False
        confirmers = payment._bank_confirmers()
        if submitter:
            confirmers -= submitter
        return not confirmers and until

    def _bank_confirmers(self):
        """Return who confirmed the account and had no part in the payment.

        Of those who work in its company: another company's word counts there.
        """
        payment = self.sudo()
        confirmers = payment.partner_bank_id.bank_confirmer_ids
        return confirmers.filtered(
            lambda user: (
                payment.company_id in user.company_ids
                and user not in payment._preparers()
            )
        )

    def _quarantine_reason(self, submitter=None):
        """Return in words why the payment is held back, False when it is not.

        :param submitter: `res.users` who is about to submit it
        """
        self.ensure_one()
        until = self._held_until(submitter)
        return until and self._say_quarantine(until, submitter)

    def _say_quarantine(self, until, submitter=None):
        bank = self.sudo().partner_bank_id
        since = bank.quarantine_since or bank.create_date
        no_second = bank._changers() | self.sudo()._preparers()
        if submitter:
            no_second |= submitter.sudo()
        return _(
            "The bank account %(account)s of %(partner)s was entered or changed on "
            "%(since)s by %(user)s. Payments to it are held until %(until)s, unless "
            "somebody other than %(people)s confirms it.",
            account=bank.acc_number,
            partner=bank.partner_id.display_name,
            since=format_datetime(self.env, since, dt_format="short"),
            user=", ".join(bank._changers().mapped("name")),
            until=format_datetime(self.env, until, dt_format="short"),
            people=", ".join(no_second.mapped("name")),
        )

    def _check_quarantine(self, submitter=None):
        """Refuse what goes to a bank account that is new or was changed lately.

        :param submitter: `res.users` who is about to submit them
        :raises UserError: naming the payment, the account and who may confirm it
        """
        for payment in self:
            if payment._held_until(submitter):
                raise UserError(
                    _(
                        "%(payment)s is held back. %(reason)s",
                        payment=payment.display_name,
                        reason=payment._quarantine_reason(submitter),
                    )
                )

    def _rewrite_posted(self, vals):
        """Change posted payments; an override sends no money past a quarantine."""
        res = super()._rewrite_posted(vals)
        for payment in self if "partner_bank_id" in vals else ():
            until = payment._account_held_until()
            if until:
                raise UserError(payment._say_quarantine(until))
        return res


class ResCompany(models.Model):
    _inherit = "res.company"

    def write(self, vals):
        """Write; another number of days holds back other payments."""
        changed = self.filtered(
            lambda company: (
                "payment_quarantine_days" in vals
                and company.payment_quarantine_days != vals["payment_quarantine_days"]
            )
        )
        res = super().write(vals)
        payments = self.env["account.payment"].sudo()
        if changed:
            held = payments.search(
                [
                    ("state", "=", "draft"),
                    ("company_id", "in", changed.ids),
                    ("partner_bank_id", "!=", False),
                ]
            )
            self.env.add_to_compute(payments._fields["bank_quarantine_until"], held)
        return res
