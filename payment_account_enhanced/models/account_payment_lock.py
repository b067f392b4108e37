"""What may be done to a payment, asked on the few ways that every path goes through.

`docs/design/payment_bypass_paths.md` lists the paths. The rules stand here; entry, lines
and matching ask them for the payments that they belong to.
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
_DELETABLE = frozenset({"draft", "rejected", "cancelled"})


class AccountPayment(models.Model):
    _inherit = "account.payment"

    # Ways in

    @api.model_create_multi
    def create(self, vals_list):
        """Create drafts: decisions and posted states are no values to be given."""
        self._check_no_decision(vals for vals in vals_list)
        payments = super().create(vals_list)
        payments._check_born_draft()
        return payments

    def write(self, vals):
        """Write, as far as state, approval and reconciliation of each payment allow.

        :raises UserError: naming the payment and the rule that is in the way
        """
        if APPROVAL_FIELDS & vals.keys():
            self._check_decision_granted()
        if not (FROZEN_FIELDS & vals.keys() or "state" in vals):
            return super().write(vals)
        controlled = self.filtered("payment_control")
        if not controlled:
            return super().write(vals)
        if "state" in vals and controlled._is_making_entry():
            vals = {name: vals[name] for name in vals if name != "state"}
        if "state" in vals:
            controlled._check_state_change(vals["state"])
        edited = controlled._check_frozen(vals)
        seen = controlled._picture()
        if edited:
            res = edited._rewrite_posted(vals)
            others = self - edited
            if others:
                res = super(AccountPayment, others).write(vals)
        else:
            res = super().write(vals)
        controlled._compare(seen)
        return res

    def unlink(self):
        """Delete drafts only; what was posted once stays for good.

        :raises UserError: naming the payment
        """
        for payment in self.filtered("payment_control"):
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
        return super().unlink()

    @api.constrains("state")
    def _check_posted_is_approved(self):
        """Whatever way a state came, nothing is posted that was not approved."""
        for payment in self.filtered("payment_control"):
            if payment.state in POSTED_STATES and payment.approval_state not in (
                "approved",
                "posted",
            ):
                raise ValidationError(payment._say_unapproved())

    # Core's own steps

    def action_validate(self):
        """Mark as paid; a draft is posted first, with all that posting asks for."""
        drafts = self.filtered(
            lambda payment: payment.payment_control and not payment.is_posted
        )
        drafts.action_post()
        return super().action_validate()

    def action_draft(self):
        """Reset to draft; a posted payment needs its manager's override.

        :raises UserError: without one, or while it is reconciled
        """
        controlled = self.filtered("payment_control")
        posted = controlled.filtered("is_posted")
        posted._check_unmatched()
        reasons = posted._use_overrides("reset")
        before = self._states()
        res = super(
            AccountPayment, grant.with_grant(self, grant.RESET, posted)
        ).action_draft()
        for payment in controlled:
            payment._clear_decisions("draft")
            payment._log_decision("reset", reasons.get(payment.id, ""), before=before)
        return res

    def action_cancel(self):
        """Cancel; a posted payment needs its manager's override."""
        return self._end("cancel", "cancelled", super().action_cancel)

    def action_reject(self):
        """Note the bank's refusal; a posted payment needs its manager's override."""
        return self._end("reject", "rejected", super().action_reject)

    def _end(self, action, state, end):
        """End payments by a step of Odoo's that takes them out of the books."""
        controlled = self.filtered("payment_control")
        posted = controlled.filtered("is_posted")
        posted._check_unmatched()
        reasons = posted._use_overrides("reset")
        before = self._states()
        bound = grant.with_grant(self, grant.RESET, posted)
        res = end.__func__(bound) if hasattr(end, "__func__") else end()
        for payment in controlled:
            payment._decide(approval_state=state)
            payment._log_decision(action, reasons.get(payment.id, ""), before=before)
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

    # Rules

    def _check_no_decision(self, vals_list):
        for vals in vals_list:
            given = APPROVAL_FIELDS & vals.keys()
            if given - {"approval_state"} or vals.get("approval_state", "draft") != (
                "draft"
            ):
                raise UserError(_say_no_decision(self, given))

    def _check_decision_granted(self):
        if not all(
            grant.is_granted(self.env, grant.DECIDE, payment) for payment in self
        ):
            raise UserError(_say_no_decision(self, APPROVAL_FIELDS))

    def _check_born_draft(self):
        for payment in self.filtered("payment_control"):
            if payment.is_posted or payment.move_id.state == "posted":
                raise UserError(payment._say_unapproved())
            if payment.approval_state != "draft":
                # A default of the context or of the database is a value given too.
                payment._decide(approval_state="draft")

    def _is_making_entry(self):
        return all(grant.is_granted(self.env, grant.ENTRY, payment) for payment in self)

    def _check_state_change(self, state):
        """Refuse a change of Odoo's own state that is not the workflow's."""
        for payment in self:
            if payment.state == state or {payment.state, state} <= POSTED_STATES:
                continue
            if state in POSTED_STATES:
                if not grant.is_granted(self.env, grant.POST, payment):
                    raise UserError(payment._say_unapproved())
            elif payment.is_posted and not grant.is_granted(
                self.env, grant.RESET, payment
            ):
                raise UserError(payment._say_no_reset())

    def _check_frozen(self, vals):
        """Refuse to change frozen fields of posted payments without leave.

        :param dict vals: values to be written
        :return: the posted payments that an override lets be changed
        """
        edited = self.browse()
        for payment in self.filtered("is_posted"):
            if any(
                grant.is_granted(self.env, action, payment)
                for action in (grant.POST, grant.RESET, grant.EDIT, grant.ENTRY)
            ):
                continue
            changed = payment._changed(vals, FROZEN_FIELDS)
            if not changed:
                continue
            if changed & RECONCILED_FIELDS:
                payment._check_unmatched(changed & RECONCILED_FIELDS)
            reason = payment._use_overrides("edit")[payment.id]
            payment._log_decision("edit", reason)
            edited |= payment
        return edited

    def _changed(self, vals, names):
        """Return which of some fields a write would really change."""
        self.ensure_one()
        changed = set()
        for name in names & vals.keys():
            field = self._fields[name]
            new = field.convert_to_record(
                field.convert_to_cache(vals[name], self), self
            )
            if new != self[name]:
                changed.add(name)
        return changed

    def _check_unmatched(self, names=()):
        """Refuse to touch a reconciled payment.

        :param names: the fields that would change
        """
        for payment in self:
            if payment._is_matched_or_paid():
                labels = ", ".join(
                    sorted(
                        self._fields[name]._description_string(self.env)
                        for name in names
                    )
                )
                raise UserError(
                    _(
                        "Cannot modify reconciled payment details (%(payment)s%(what)s"
                        "). Un-reconcile it first.",
                        payment=payment.display_name,
                        what=f": {labels}" if labels else "",
                    )
                )

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

    def _say_no_edit(self):
        return _(
            "Posted payments cannot be modified (%(payment)s). A payment manager can "
            "override this with a reason.",
            payment=self.display_name,
        )

    def _say_no_reset(self):
        return _(
            "Posted payments cannot be reset (%(payment)s). A payment manager can "
            "override this with a reason.",
            payment=self.display_name,
        )

    # Changes

    def _rewrite_posted(self, vals):
        """Change posted payments together with their entries: both or neither.

        Odoo leaves a posted entry as it is. It is reset, follows the payment, and is
        posted again; where only the memo changes, the entry's reference follows.
        """
        payments = grant.with_grant(self, grant.EDIT, self)
        entries = payments.move_id.filtered(lambda move: move.state == "posted")
        synced = set(self._get_trigger_fields_to_synchronize()) & vals.keys()
        if synced:
            entries.button_draft()
        res = super(AccountPayment, payments).write(vals)
        if "memo" in vals:
            entries.write({"ref": vals["memo"]})
        if synced:
            entries.action_post()
        return res

    def _picture(self):
        """Return what each reviewed payment is about, by id."""
        names = sorted(BUSINESS_FIELDS)
        return {
            payment.id: [payment[name] for name in names]
            for payment in self
            if payment.approval_state in ("under_review", "for_approval", "approved")
            and not payment.is_posted
        }

    def _compare(self, seen):
        """Send back those whose picture changed: nobody reviewed what they are now."""
        names = sorted(BUSINESS_FIELDS)
        for payment in self:
            if payment.id not in seen or payment.is_posted:
                continue
            changed = [
                self._fields[name]._description_string(self.env)
                for name, old in zip(names, seen[payment.id], strict=True)
                if payment[name] != old
            ]
            if changed:
                payment._send_back(
                    _(
                        "Changed after it was submitted: %(fields)s. It has to be "
                        "submitted again.",
                        fields=", ".join(changed),
                    )
                )


def _say_no_decision(records, names):
    labels = sorted(
        records._fields[name]._description_string(records.env) for name in names
    )
    return _(
        "%(fields)s: these are set by the steps of the approval workflow alone.",
        fields=", ".join(labels),
    )
