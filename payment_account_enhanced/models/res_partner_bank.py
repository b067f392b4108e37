"""Bank accounts of partners: who made them what they are, and who confirmed it."""

from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from odoo.addons.base.models.res_bank import sanitize_account_number

from ..tools import grant
from .account_payment_lock import WAITING_STATES, _differs
from .account_payment_people import GROUPS

#: Where the money goes. Those that a series lacks are passed over.
_DETAILS = (
    "acc_number",
    "clearing_number",
    "acc_holder_name",
    "partner_id",
    "bank_id",
)
#: What changes and confirmations alone write.
_GUARDED = frozenset(
    {
        "quarantine_since",
        "quarantine_changer_ids",
        "bank_confirmer_ids",
        "bank_confirmed_at",
    }
)


class ResPartnerBank(models.Model):
    _inherit = "res.partner.bank"

    quarantine_since = fields.Datetime(
        "Details Changed On",
        readonly=True,
        copy=False,
        help="When number, holder or bank were entered or last changed.",
    )
    quarantine_changer_ids = fields.Many2many(
        "res.users",
        "res_partner_bank_changer_rel",
        string="Details Changed By",
        readonly=True,
        copy=False,
    )
    bank_confirmer_ids = fields.Many2many(
        "res.users",
        "res_partner_bank_confirmer_rel",
        string="Confirmed By",
        readonly=True,
        copy=False,
    )
    bank_confirmed_at = fields.Datetime("Confirmed On", readonly=True, copy=False)
    bank_change_ids = fields.One2many(
        "payment.bank.change",
        "bank_id",
        "Changes",
        readonly=True,
        groups="account.group_account_invoice,account.group_account_readonly",
    )
    quarantine_until = fields.Datetime(
        compute="_compute_quarantine_until",
        help="Until then payments to this account are held back, unless a second "
        "person confirms it.",
    )
    can_confirm_bank = fields.Boolean(compute="_compute_can_confirm_bank")

    @api.depends_context("company")
    @api.depends("quarantine_since", "company_id", "bank_confirmer_ids")
    def _compute_quarantine_until(self):
        for bank in self:
            until = bank._quarantine_end(bank.company_id or self.env.company)
            bank.quarantine_until = not bank.bank_confirmer_ids and until

    @api.depends_context("uid", "company")
    @api.depends("quarantine_since", "quarantine_changer_ids", "bank_confirmer_ids")
    def _compute_can_confirm_bank(self):
        for bank in self:
            bank.can_confirm_bank = (
                bool(bank._quarantine_end(bank.company_id or self.env.company))
                and bank._why_not_confirm() is None
            )

    # Ways in

    @api.model_create_multi
    def create(self, vals_list):
        """Create; to whom money goes is for a second person to confirm.

        :raises UserError: naming the fields that are not given but decided
        """
        for vals in vals_list:
            self._check_unguarded({name for name in vals if vals[name]})
        # Said in so many words: defaults of the context or the database count less.
        new = {
            "quarantine_since": fields.Datetime.now(),
            "quarantine_changer_ids": [fields.Command.set(self.env.user.ids)],
            "bank_confirmer_ids": [fields.Command.clear()],
            "bank_confirmed_at": False,
        }
        banks = super().create([{**vals, **new} for vals in vals_list])
        banks._log_change("created", dict.fromkeys(banks, ""))
        return banks

    def write(self, vals):
        """Write; other details withdraw the confirmation, and send payments back.

        :raises UserError: naming the fields that are not given but decided
        """
        if not all(grant.is_granted(self.env, grant.DECIDE, bank) for bank in self):
            self._check_unguarded(vals)
        names = [name for name in _DETAILS if name in vals and name in self._fields]
        if not names and "active" not in vals:
            return super().write(vals)
        changed = self.filtered(lambda bank: bank._is_other(names, vals))
        turned = self.filtered(lambda bank: _differs(bank, "active", vals))
        before = {bank: bank._details(names) for bank in changed}
        res = super().write(vals)
        changed._note_change(
            "changed", {bank: bank._say_changes(before[bank]) for bank in changed}
        )
        kind = "restored" if vals.get("active") else "archived"
        turned._note_change(kind, dict.fromkeys(turned, ""))
        return res

    def unlink(self):
        """Delete, or archive as newer series of Odoo do; payments under way go back."""
        lines = [(bank.id, bank._change_vals("deleted", "")) for bank in self]
        res = super().unlink()
        kept = set(self.exists().ids)
        # The record is nobody's to write; deleting causes each line.
        self.env["payment.bank.change"].sudo().create(
            [{**line, "bank_id": False} for id_, line in lines if id_ not in kept]
        )
        return res

    def _check_unguarded(self, names):
        given = _GUARDED.intersection(names)
        if given:
            raise UserError(
                _(
                    "%(fields)s: these are set by changing and confirming a bank "
                    "account alone.",
                    fields=", ".join(
                        sorted(
                            self._fields[name]._description_string(self.env)
                            for name in given
                        )
                    ),
                )
            )

    # Changes

    def _is_other(self, names, vals):
        """Whether values are other details, and not the same number spelled anew."""
        self.ensure_one()
        different = {name for name in names if _differs(self, name, vals)}
        if "acc_number" in different:
            number = sanitize_account_number(vals["acc_number"])
            if number == self.sanitized_acc_number:
                different.remove("acc_number")
        return bool(different)

    def _details(self, names):
        """Return fields of one account in words, by their label."""
        self.ensure_one()
        return {
            self._fields[name]._description_string(self.env): self[name].display_name
            if self._fields[name].relational
            else self[name]
            for name in names
        }

    def _say_changes(self, before):
        """Return in words what of some details is not what it was.

        :param dict before: what `_details` returned, by label
        """
        self.ensure_one()
        names = {
            self._fields[name]._description_string(self.env): name
            for name in _DETAILS
            if name in self._fields
        }
        now = self._details([names[label] for label in before])
        return "; ".join(
            f"{label}: {old or '–'} → {now[label] or '–'}"
            for label, old in before.items()
            if old != now[label]
        )

    def _note_change(self, kind, details):
        """Start the quarantine anew, and send back the payments that use the accounts.

        :param str kind: a key of `payment_bank_change.KINDS`
        :param dict details: what changed, in words, by account
        """
        if not self:
            return
        # Who changed it since it was last confirmed is no second person.
        confirmed = self.filtered(lambda bank: bank.sudo().bank_confirmer_ids)
        command = fields.Command
        user = self.env.user
        for banks, changers in (
            (confirmed, [command.set(user.ids)]),
            (self - confirmed, [command.link(user.id)]),
        ):
            banks._decide_bank(
                quarantine_since=fields.Datetime.now(),
                quarantine_changer_ids=changers,
                bank_confirmer_ids=[command.clear()],
                bank_confirmed_at=False,
            )
        self._log_change(kind, details)
        for bank in self:
            bank._send_payments_back(kind, details[bank])

    def _send_payments_back(self, kind, detail):
        """Return to draft the payments under way that use an account."""
        payments = self._open_payments()
        payments._decide(bank_confirmed_by_id=False)
        payments.filtered(
            lambda payment: payment.approval_state in WAITING_STATES
        )._send_back(
            _(
                "The bank account %(account)s was archived after it was submitted.",
                account=self.display_name,
            )
            if kind == "archived"
            else _(
                "The bank account %(account)s was changed after it was submitted "
                "(%(detail)s). It has to be submitted again.",
                account=self.display_name,
                detail=detail or _("restored"),
            )
        )

    def _open_payments(self):
        """Return the controlled payments that use these accounts and are not posted."""
        # Who changes an account may not see its payments.
        payments = self.env["account.payment"].sudo()
        return payments.search(
            [
                ("partner_bank_id", "in", self.ids),
                ("state", "=", "draft"),
                ("company_id.payment_control", "=", True),
            ]
        )

    def _log_change(self, kind, details):
        # The record is nobody's to write; a change causes each line.
        self.env["payment.bank.change"].sudo().create(
            [bank._change_vals(kind, details[bank]) for bank in self]
        )

    def _change_vals(self, kind, detail):
        self.ensure_one()
        return {
            "bank_id": self.id,
            "bank_ref": self.id,
            "acc_number": self.acc_number,
            "partner_id": self.partner_id.id,
            "company_id": self.sudo().company_id.id,
            "kind": kind,
            "detail": detail or False,
            "user_id": self.env.user.id,
        }

    def _decide_bank(self, **vals):
        if self:
            grant.with_grant(self.sudo(), grant.DECIDE, self).write(vals)

    # Quarantine

    def _quarantine_end(self, company):
        """Return when the quarantine of an account ends, False when it is over.

        :param company: `res.company`, whose days count
        """
        self.ensure_one()
        days = company.sudo().payment_quarantine_days
        since = self.sudo().quarantine_since or self.create_date
        if not company.sudo().payment_control or days <= 0 or not since:
            return False
        until = since + timedelta(days=days)
        return until if until > fields.Datetime.now() else False

    def _changers(self):
        """Return who made an account what it is; unchanged, who created it."""
        self.ensure_one()
        bank = self.sudo()
        return bank.quarantine_changer_ids or bank.create_uid

    def action_confirm_bank(self):
        """Confirm accounts, by a call or in writing, so that payments to them go on.

        :raises UserError: naming the account, and why the user is no second person
        """
        self.check_access("read")
        for bank in self:
            reason = bank._why_not_confirm()
            if reason:
                raise UserError(reason)
        self._decide_bank(
            bank_confirmer_ids=[fields.Command.link(self.env.user.id)],
            bank_confirmed_at=fields.Datetime.now(),
        )
        self._log_change("confirmed", dict.fromkeys(self, ""))
        released = self._open_payments().filtered(
            lambda payment: self.env.user in payment._bank_confirmers()
        )
        released._decide(bank_confirmed_by_id=self.env.user.id)
        released.with_env(self.env)._log_decision(
            "confirm_bank", before=released._states()
        )

    def _why_not_confirm(self):
        """Return why the current user may not confirm an account, None when it may."""
        self.ensure_one()
        user = self.env.user
        if not user.has_group(GROUPS["confirm_bank"]):
            return _(
                "You are not allowed to confirm bank accounts: it takes the group "
                "%(group)s.",
                group=self.env.ref(GROUPS["confirm_bank"]).sudo().display_name,
            )
        if user in self._changers():
            return _(
                "%(user)s entered or changed %(account)s: a second person confirms it.",
                user=user.name,
                account=self.display_name,
            )
        if user in self.sudo().bank_confirmer_ids:
            return _(
                "%(user)s has confirmed %(account)s.",
                user=user.name,
                account=self.display_name,
            )
        return None


class ResBank(models.Model):
    _inherit = "res.bank"

    def write(self, vals):
        """Write; another code is another bank to the accounts that are kept with it."""
        changed = self.filtered(lambda bank: "bic" in vals and bank.bic != vals["bic"])
        before = {bank: bank.bic for bank in changed}
        res = super().write(vals)
        for bank in changed:
            bank._note_new_code(before[bank])
        return res

    def _note_new_code(self, old):
        # Whoever may change a bank need not see every account that is kept with it.
        accounts = (
            self.env["res.partner.bank"].sudo().search([("bank_id", "=", self.id)])
        )
        label = self._fields["bic"]._description_string(self.env)
        detail = f"{label}: {old or '–'} → {self.bic or '–'}"
        accounts._note_change("changed", dict.fromkeys(accounts, detail))
