"""What may be done to a payment, asked on the few ways that every path goes through.

`docs/design/payment_bypass_paths.md` lists the paths, and
`docs/design/payment_account_enhanced.md` where each is closed. The rules stand here;
entry, lines and matching ask them for the payments that they belong to.
"""

from odoo import _, api, models
from odoo.exceptions import UserError, ValidationError

from ..tools import grant
from .account_payment import APPROVAL_FIELDS, BUSINESS_FIELDS, POSTED_STATES

#: Frozen with the business fields: what those are computed from, and the links.
FROZEN_FIELDS = BUSINESS_FIELDS | {
    "payment_type",
    "partner_type",
    "company_id",
    "payment_method_line_id",
    "outstanding_account_id",
    "payment_reference",
    "move_id",
}
#: Frozen for everybody, overrides included, while the payment is reconciled.
RECONCILED_FIELDS = FROZEN_FIELDS - {"memo", "partner_bank_id", "payment_reference"}
#: Not for an override either: another company, entry or account is another payment.
FIXED_FIELDS = frozenset(
    {"company_id", "move_id", "outstanding_account_id", "payment_method_line_id"}
)
#: Written onto a posted entry as it stands, by the entry's name of it.
_ON_ENTRY = {"memo": "ref", "partner_bank_id": "partner_bank_id"}
#: What a decision was about: a change after it asks for a new one.
_DECIDED_FIELDS = BUSINESS_FIELDS | {
    "payment_type",
    "partner_type",
    "company_id",
    "move_id",
    "outstanding_account_id",
}
#: What steps alone write: decisions, and what a payment waits to pay.
STEP_FIELDS = APPROVAL_FIELDS | {"waits_to_pay", "waiting_line_ids", "waiting_rate"}
#: Under way to a decision, or decided and not posted yet.
WAITING_STATES = frozenset({"under_review", "for_approval", "approved"})
_DELETABLE = frozenset({"draft", "rejected", "cancelled"})
#: Odoo's state: (approval that follows it, what the log calls it)
_FOLLOWING = {
    "draft": ("draft", "reset"),
    "canceled": ("cancelled", "cancel"),
    "rejected": ("rejected", "reject"),
}
#: Leave to touch what is posted, and leave that reaches unposted payments alone.
_LEAVE = (grant.POST, grant.RESET, grant.EDIT)
_LEAVE_UNPOSTED = (*_LEAVE, grant.ENTRY, grant.SYNC)


class AccountPayment(models.Model):
    _inherit = "account.payment"

    # Ways in

    @api.model_create_multi
    def create(self, vals_list):
        """Create drafts: decisions and posted states are no values to be given.

        :raises UserError: naming the fields or the payment
        """
        self._check_no_decision(vals_list)
        # Said in so many words: defaults of the context or the database count less.
        blank = self._blank_decisions()
        payments = super().create([{**vals, **blank} for vals in vals_list])
        payments.filtered("payment_control")._check_born_draft()
        return payments

    def write(self, vals):
        """Write, as far as state, approval and reconciliation of each payment allow.

        :raises UserError: naming the payment and the rule that is in the way
        """
        if STEP_FIELDS & vals.keys():
            self._check_decision_granted(STEP_FIELDS & vals.keys())
        if not (FROZEN_FIELDS & vals.keys() or "state" in vals):
            return super().write(vals)
        controlled = self.filtered("payment_control").with_prefetch(self._prefetch_ids)
        if not controlled:
            # What was decided on before control was turned off is not what it will be.
            seen = self._picture(vals)
            res = super().write(vals)
            self._compare(seen)
            return res
        if controlled._is_making_entry():
            vals = {name: vals[name] for name in vals if name != "state"}
        controlled._check_entry_kept(vals)
        moving = controlled._check_state_change(vals)
        edited = controlled._check_frozen(vals)
        before = controlled._states()
        seen = {} if controlled._is_making_entry() else controlled._picture(vals)
        accounts = controlled._accounts_of_entries(vals)
        edited._rewrite_posted(vals)
        lacking = (controlled - edited).filtered(
            lambda one: (
                (one.move_id or vals.get("move_id"))
                and not grant.is_any_granted(self.env, _LEAVE_UNPOSTED, one)
            )
        )
        # Odoo writes payments of a batch one by one, and fetches for all of them.
        rest = (self - edited) if edited else self
        rest = grant.with_grant(rest, grant.SYNC, lacking)
        res = super(AccountPayment, rest).write(vals)
        (controlled - edited)._bring_entry_along(vals, accounts)
        moving._follow_state(vals, before)
        controlled._compare(seen)
        return res

    def unlink(self):
        """Delete drafts only; what was posted once stays for good.

        :raises UserError: naming the payment
        """
        # Not by `ondelete`, which a key of the caller's context skips.
        self.filtered("payment_control")._check_deletable()
        return super().unlink()

    @api.constrains("state", "company_id")
    def _check_posted_is_approved(self):
        """Whatever way a state came, nothing is posted that was not approved.

        Or that is about to be: posting approves what is below every rule.
        """
        for payment in self.filtered("payment_control"):
            if payment.state in POSTED_STATES and not (
                payment.approval_state in ("approved", "posted")
                or grant.is_granted(self.env, grant.POST, payment)
            ):
                raise ValidationError(payment._say_unapproved())

    # Odoo's own steps

    def action_validate(self):
        """Mark as paid; a draft is posted first, with all that posting asks for."""
        drafts = self.filtered(
            lambda payment: payment.payment_control and not payment.is_posted
        )
        drafts.action_post()
        return super().action_validate()

    def action_draft(self):
        """Reset to draft; a posted payment needs its manager's override.

        One that waits for a decision is recalled, by those who may recall it.

        :raises UserError: without an override, or while it is reconciled
        """
        begun = self.filtered(lambda one: one.payment_control and one._is_begun())
        begun.check_access("write")
        begun._check_withdrawal()
        for payment in begun:
            before = payment._states()
            action = "recall" if payment._is_waiting() else "reset"
            payment._clear_decisions("draft")
            payment._log_decision(action, before=before)
        bound = (self - begun)._with_overrides()
        return super(AccountPayment, bound).action_draft()

    def action_cancel(self):
        """Cancel; a posted payment needs its manager's override.

        An entry that was posted once is kept, cancelled.

        :raises UserError: without an override, or while it is reconciled
        """
        bound = grant.with_grant(self._with_overrides(), grant.CANCEL, self)
        return super(AccountPayment, bound).action_cancel()

    def action_reject(self):
        """Note the bank's refusal; a posted payment needs its manager's override.

        Its entry is cancelled: Odoo leaves it in the books.

        :raises UserError: without an override, or while it is reconciled
        """
        bound = self._with_overrides()
        entries = bound.filtered("payment_control").move_id.filtered(
            lambda move: move.state == "posted"
        )
        res = super(AccountPayment, bound).action_reject()
        if entries:
            entries.button_draft()
            entries.write({"auto_post": "no", "state": "cancel"})
        return res

    def _generate_journal_entry(self, *args, **kwargs):
        """Make the entry; that of an unapproved payment leaves it a draft.

        Odoo marks a payment as in process when it makes the entry, which register
        payment does at creation.
        """
        waiting = self.filtered(
            lambda payment: (
                payment.payment_control
                and not grant.is_granted(self.env, grant.POST, payment)
            )
        )
        bound = grant.with_grant(self, grant.ENTRY, waiting) if waiting else self
        return super(AccountPayment, bound)._generate_journal_entry(*args, **kwargs)

    def _create_payment_transaction(self, **values):
        """Charge a saved token, of approved payments only.

        :raises UserError: naming the payment, before any money has moved
        """
        for payment in self.filtered("payment_control"):
            if not grant.is_granted(self.env, grant.POST, payment):
                raise UserError(payment._say_unapproved())
        return super()._create_payment_transaction(**values)

    # Rules

    def _is_begun(self):
        """Whether the approval alone has left its draft, payment and entry not."""
        self.ensure_one()
        return (
            self.approval_state != "draft"
            and self.state == "draft"
            and self.sudo().move_id.state != "posted"
        )

    def _is_waiting(self):
        self.ensure_one()
        return self.approval_state in WAITING_STATES and not self.is_posted

    def _lacks_leave(self, env):
        """Whether the entry is left alone by a caller: it follows its payment.

        :param env: environment of the caller, which may bring leave
        """
        self.ensure_one()
        if self.is_posted:
            return not grant.is_any_granted(env, _LEAVE, self)
        if self.approval_state == "draft" and grant.is_held(env, grant.REGISTER):
            return False
        return not grant.is_any_granted(env, _LEAVE_UNPOSTED, self)

    def _blank_decisions(self):
        return {
            name: "draft" if name == "approval_state" else False
            for name in STEP_FIELDS & self._fields.keys()
            if self._fields[name].type not in ("one2many", "many2many")
        }

    def _check_no_decision(self, vals_list):
        for vals in vals_list:
            given = {
                name
                for name in STEP_FIELDS & vals.keys()
                if vals[name] and (name, vals[name]) != ("approval_state", "draft")
            }
            if given:
                raise UserError(self._say_steps_only(given))

    def _check_decision_granted(self, names):
        if not all(
            grant.is_granted(self.env, grant.DECIDE, payment) for payment in self
        ):
            raise UserError(self._say_steps_only(names))

    def _check_born_draft(self):
        for payment in self:
            if payment.state != "draft":
                raise UserError(payment._say_unapproved())
            payment._check_own_entry()

    def _check_own_entry(self):
        """Refuse an entry that is posted, another's, or of something else."""
        move = self.sudo().move_id
        if not move:
            return
        others = (move.payment_ids | move.origin_payment_id) - self.sudo()
        if move.state != "draft" or move.move_type != "entry" or others:
            raise UserError(
                _(
                    "%(payment)s cannot have %(entry)s as its journal entry: it takes "
                    "a draft that belongs to no other payment.",
                    payment=self.display_name,
                    entry=move.display_name,
                )
            )
        self._check_entry_agrees({"state"})

    def _check_entry_kept(self, vals):
        """Refuse to change the entry of a payment that has one for another or none."""
        if "move_id" not in vals:
            return
        for payment in self.filtered(lambda one: one.move_id and not one.is_posted):
            if payment._lacks_leave(self.env) and _differs(payment, "move_id", vals):
                raise UserError(
                    _(
                        "%(payment)s keeps its journal entry %(entry)s.",
                        payment=payment.display_name,
                        entry=payment.sudo().move_id.display_name,
                    )
                )

    def _is_making_entry(self):
        return all(grant.is_granted(self.env, grant.ENTRY, payment) for payment in self)

    def _check_deletable(self):
        for payment in self:
            if payment.once_posted or payment.is_posted:
                raise UserError(
                    _(
                        "%(payment)s was posted, and a payment that was posted once "
                        "is never deleted.",
                        payment=payment.display_name,
                    )
                )
            if payment.approval_state not in _DELETABLE:
                raise UserError(
                    _(
                        "%(payment)s waits for a decision: recall it before deleting "
                        "it.",
                        payment=payment.display_name,
                    )
                )

    def _check_state_change(self, vals):
        """Refuse a change of Odoo's own state that is not the workflow's.

        :return: the payments that leave their state
        """
        moving = self.browse()
        for payment in self if "state" in vals else ():
            state = vals["state"]
            if payment.state == state or {payment.state, state} <= POSTED_STATES:
                continue
            if state in POSTED_STATES:
                if not grant.is_granted(self.env, grant.POST, payment):
                    raise UserError(payment._say_unapproved())
            elif not grant.is_any_granted(self.env, _LEAVE, payment):
                if payment.is_posted:
                    raise UserError(payment._say_no_reset())
                payment._check_withdrawal()
            moving += payment
        return moving

    def _check_withdrawal(self):
        """Refuse others to take back what waits for a decision."""
        for payment in self:
            if payment._is_waiting() and not payment._may_recall():
                raise UserError(
                    _(
                        "%(payment)s waits for a decision: only who submitted it, or a "
                        "payment manager, can take it back.",
                        payment=payment.display_name,
                    )
                )

    def _check_frozen(self, vals):
        """Refuse to change frozen fields of posted payments without leave.

        :param dict vals: values to be written
        :return: the posted payments that an override lets be changed
        """
        edited = self.browse()
        for payment in self if FROZEN_FIELDS & vals.keys() else ():
            if not (payment.is_posted and payment._lacks_leave(self.env)):
                continue
            changed = payment._changed(vals, FROZEN_FIELDS)
            if not changed:
                continue
            if changed & RECONCILED_FIELDS:
                payment._check_unmatched(changed & RECONCILED_FIELDS)
            reason = payment._use_overrides("edit")[payment.id]
            payment._check_not_fixed(changed)
            payment._log_decision("edit", reason, before=payment._states())
            edited += payment
        return edited

    def _changed(self, vals, names):
        """Return which of some fields a write would really change."""
        self.ensure_one()
        return {name for name in names & vals.keys() if _differs(self, name, vals)}

    def _check_not_fixed(self, changed):
        if changed & FIXED_FIELDS:
            raise UserError(
                _(
                    "%(fields)s of %(payment)s cannot be changed while it is posted, "
                    "by an override neither: reset it to draft first.",
                    fields=self._labels(changed & FIXED_FIELDS),
                    payment=self.display_name,
                )
            )

    def _check_unmatched(self, names=()):
        """Refuse to touch a reconciled payment.

        :param names: the fields that would change
        """
        for payment in self:
            if payment._is_matched_or_paid():
                raise UserError(payment._say_matched(names))

    def _with_overrides(self):
        """Use up the overrides that taking these payments out of the books asks for.

        :return: these payments, with leave to do so
        :raises UserError: naming the payment that is reconciled or has no override
        """
        booked = self.filtered(
            lambda one: (
                one.payment_control
                and (one.is_posted or one.sudo().move_id.state == "posted")
                and not grant.is_granted(self.env, grant.RESET, one)
            )
        )
        if not booked:
            return self
        booked._check_unmatched()
        reasons = booked._use_overrides("reset")
        return grant.with_grant(self, grant.RESET, booked, reasons)

    def _use_overrides(self, kind):
        """Use up an override for each payment.

        :return: dict of their reasons, by id of the payment
        :raises UserError: naming the payment that has none
        """
        reasons = {}
        for payment in self:
            override = self.env["payment.override"]._use(kind, payment=payment)
            if not override:
                raise UserError(
                    payment._say_no_reset()
                    if kind == "reset"
                    else payment._say_no_edit()
                )
            reasons[payment.id] = override.reason
        return reasons

    def _labels(self, names):
        return ", ".join(
            sorted(self._fields[name]._description_string(self.env) for name in names)
        )

    def _say_steps_only(self, names):
        return _(
            "%(fields)s: these are set by the steps of the approval workflow alone.",
            fields=self._labels(names),
        )

    def _say_no_edit(self):
        return _(
            "Posted payments cannot be modified (%(payment)s). A payment manager can "
            "override this with a reason.",
            payment=self.display_name,
        )

    def _say_matched(self, names):
        if not names:
            return _(
                "Cannot modify reconciled payment details (%(payment)s). Un-reconcile "
                "it first.",
                payment=self.display_name,
            )
        return _(
            "Cannot modify reconciled payment details (%(payment)s: %(fields)s). "
            "Un-reconcile it first.",
            payment=self.display_name,
            fields=self._labels(names),
        )

    def _say_no_reset(self):
        return _(
            "Posted payments cannot be reset (%(payment)s). A payment manager can "
            "override this with a reason.",
            payment=self.display_name,
        )

    def _say_entry_locked(self):
        if self.is_posted:
            return self._say_no_edit()
        return _(
            "The journal entry of %(payment)s follows its payment: change that.",
            payment=self.display_name,
        )

    # Changes

    def _rewrite_posted(self, vals):
        """Change posted payments together with their entries: both or neither.

        Odoo leaves a posted entry as it is. It is reset, follows the payment, and is
        posted again; memo and bank account are written onto it as it stands, for a
        reset would undo a reconciliation.
        """
        if not self:
            return
        payments = grant.with_grant(self, grant.EDIT, self)
        entries = payments.filtered(
            lambda one: one._changed(vals, RECONCILED_FIELDS)
        ).move_id.filtered(lambda move: move.state == "posted")
        entries.button_draft()
        payments.write(vals)
        entries.action_post()
        payments._level_with_entry()

    def _accounts_of_entries(self, vals):
        """Return the outstanding accounts of unposted entries before a write, by id."""
        if not {"payment_method_line_id", "outstanding_account_id"} & vals.keys():
            return {}
        return {
            payment.id: payment.outstanding_account_id
            for payment in self
            if payment.move_id and not payment.is_posted
        }

    def _bring_entry_along(self, vals, accounts):
        """Keep the entries of payments in line that were written or posted just now.

        :param dict accounts: as `_accounts_of_entries` returned them before
        """
        for payment in self.browse(accounts):
            payment._move_outstanding(accounts[payment.id])
        posted = vals.get("state") in POSTED_STATES and "move_id" not in vals
        if posted:
            entering = self.filtered(
                lambda one: grant.is_granted(self.env, grant.POST, one)
            )
            entering._level_with_entry()
        elif _ON_ENTRY.keys() & vals.keys():
            rest = self.filtered(lambda one: one.move_id.state in ("draft", "cancel"))
            grant.with_grant(rest, grant.SYNC, rest)._write_on_entry()
        if vals.get("move_id"):
            for payment in self.filtered(lambda one: one.state not in POSTED_STATES):
                payment._check_own_entry()

    def _move_outstanding(self, old):
        """Let an unposted entry follow to another account, which Odoo does not.

        :param old: `account.account` before
        """
        new = self.outstanding_account_id
        if new and new != old:
            bound = grant.with_grant(self, grant.SYNC, self)
            lines = bound.move_id.line_ids
            lines.filtered(lambda line: line.account_id == old).account_id = new

    def _level_with_entry(self):
        """Make posted payments and their entries equal, or refuse.

        A locked period moves the date of an entry that is posted; the payment follows.

        :raises UserError: naming the payment and the fields in which they differ
        """
        self._write_on_entry()
        for payment in self:
            move = payment.move_id
            if move and move.date != payment.date:
                payment.date = move.date
        # Once for all: Odoo searches its environments for each new one.
        for payment in self.sudo():
            payment._check_entry_agrees()

    def _check_entry_agrees(self, apart=frozenset()):
        """Refuse a payment that is not what its entry says.

        :param apart: names of fields in which they may differ
        """
        differences = self._entry_differences() - apart
        if differences:
            raise UserError(
                _(
                    "%(payment)s and its journal entry %(entry)s differ in %(fields)s: "
                    "nothing was changed.",
                    payment=self.display_name,
                    entry=self.sudo().move_id.display_name,
                    fields=self._labels(differences),
                )
            )

    def _write_on_entry(self):
        for payment in self:
            move = payment.move_id
            values = {
                on_entry: payment[name]
                for name, on_entry in _ON_ENTRY.items()
                if move and (payment[name] or False) != (move[on_entry] or False)
            }
            if values:
                move.write(
                    {
                        name: getattr(value, "id", value)
                        for name, value in values.items()
                    }
                )

    def _entry_differences(self):
        """Return the names of fields in which the entry is not what the payment says.

        Withheld taxes and write-offs may lower what leaves the bank, and nothing may
        raise it.
        """
        self.ensure_one()
        payment = self.sudo()
        move = payment.move_id
        if not move:
            return set()
        different = {
            name
            for name in ("date", "journal_id", "currency_id", "partner_id")
            if move[name] != payment[name]
        }
        if "partner_id" in different and (
            move.partner_id.commercial_partner_id
            == payment.partner_id.commercial_partner_id
        ):
            different.discard("partner_id")
        if move.state != "posted":
            different.add("state")
        if payment._is_plain_entry():
            return different
        outstanding = payment.outstanding_account_id
        if outstanding and outstanding not in move.line_ids.account_id:
            different.add("outstanding_account_id")
        if not payment._is_entry_amount_right():
            different.add("amount")
        return different

    def _is_plain_entry(self):
        """Whether the entry takes the amount from where it leaves to one other item."""
        lines = self.move_id.line_ids
        if len(lines) != 2:
            return False
        amount = self.amount if self.payment_type == "inbound" else -self.amount
        return any(
            line.amount_currency == amount
            and line.account_id == self.outstanding_account_id
            and line.currency_id == self.currency_id
            for line in lines
        )

    def _is_entry_amount_right(self):
        liquidity, counterpart, _write_off = self._seek_for_lines()
        sign = 1 if self.payment_type == "inbound" else -1
        currency = self.currency_id
        if liquidity.currency_id - currency:
            return False
        moved = sum(max(0, sign * line.amount_currency) for line in liquidity)
        if not currency.compare_amounts(moved, self.amount):
            return True
        settled = abs(sum(counterpart.mapped("amount_currency")))
        return (
            not currency.compare_amounts(settled, self.amount)
            and currency.compare_amounts(moved, self.amount) < 0
        )

    def _follow_state(self, vals, before):
        """Let the approval follow where Odoo's own state went.

        :param dict before: approval states before, by id
        """
        if not self or vals["state"] not in _FOLLOWING:
            return
        state, action = _FOLLOWING[vals["state"]]
        self._clear_decisions(state)
        for payment in self:
            reason = grant.note(self.env, grant.RESET, payment)
            payment._log_decision(action, reason, before=before)

    def _picture(self, vals):
        """Return what each payment that waits is about, by id."""
        if not FROZEN_FIELDS & vals.keys():
            return {}
        names = sorted(_DECIDED_FIELDS)
        return {
            payment.id: [payment[name] for name in names]
            for payment in self
            if payment._is_waiting()
            and not grant.is_granted(self.env, grant.POST, payment)
        }

    def _compare(self, seen):
        """Send back those whose picture changed: nobody reviewed what they are now."""
        names = sorted(_DECIDED_FIELDS)
        for payment in self:
            if payment.id not in seen or not payment._is_waiting():
                continue
            changed = [
                name
                for name, old in zip(names, seen[payment.id], strict=True)
                if payment[name] != old
            ]
            if changed:
                payment._send_back(
                    _(
                        "Changed after it was submitted: %(fields)s. It has to be "
                        "submitted again.",
                        fields=self._labels(changed),
                    )
                )


def _differs(record, name, vals):
    """Tell whether values would really change a field of one record."""
    if name not in vals:
        return False
    field = record._fields[name]
    new = field.convert_to_record(field.convert_to_cache(vals[name], record), record)
    return new != record[name]
