"""Words for lists and forms of rules, decisions, overrides and delegations."""

from odoo import _, api, fields, models
from odoo.tools import format_amount


class PaymentApprovalRule(models.Model):
    _inherit = "payment.approval.rule"

    summary = fields.Text("In Words", compute="_compute_summary")

    @api.depends_context("lang")
    @api.depends(
        "payment_type",
        "minimum_amount",
        "four_eyes_amount",
        "cumulative_amount",
        "cumulative_days",
        "needs_review",
        "needs_approval",
        "currency_id",
    )
    def _compute_summary(self):
        for rule in self:
            rule.summary = " ".join(rule._sentences())

    def _sentences(self):
        """Return what the rule asks for, a sentence each."""
        self.ensure_one()
        sentences = [self._tell_scope()]
        if self.cumulative_amount:
            sentences.append(
                _(
                    "So does every further payment to a partner whose payments of "
                    "%(days)s days reach %(amount)s.",
                    days=self.cumulative_days,
                    amount=self._tell(self.cumulative_amount),
                )
            )
        if self.four_eyes_amount:
            sentences.append(
                _(
                    "Above %(amount)s, who posts it is a fourth person.",
                    amount=self._tell(self.four_eyes_amount),
                )
            )
        return sentences

    def _tell_scope(self):
        kinds = {
            "outbound": _("A payment that sends"),
            "inbound": _("A payment that receives"),
            "both": _("A payment of"),
        }
        if self.needs_review and self.needs_approval:
            steps = _("a reviewer and an approver besides its creator")
        elif self.needs_review:
            steps = _("a reviewer besides its creator")
        else:
            steps = _("an approver besides its creator")
        return _(
            "%(kind)s %(amount)s or more needs %(steps)s.",
            kind=kinds.get(self.payment_type, kinds["both"]),
            amount=self._tell(self.minimum_amount),
            steps=steps,
        )

    def _tell(self, amount):
        return format_amount(self.env, amount, self.currency_id)


class PaymentApprovalLog(models.Model):
    _inherit = "payment.approval.log"

    change = fields.Char("Approval", compute="_compute_change")

    @api.depends_context("lang")
    @api.depends("state_before", "state_after")
    def _compute_change(self):
        field = self.env["account.payment"]._fields["approval_state"]
        words = dict(field._description_selection(self.env))
        for line in self:
            states = [line.state_before, line.state_after]
            shown = [words.get(state, state) for state in states if state]
            line.change = " → ".join(dict.fromkeys(shown))

    def action_open_payment(self):
        """Open the payment that the decision is about."""
        self.ensure_one()
        return self.payment_id._get_records_action()


class PaymentOverride(models.Model):
    _inherit = "payment.override"

    record_name = fields.Char("Overridden", compute="_compute_record_name")
    status = fields.Selection(
        [("live", "Live"), ("used", "Used"), ("expired", "Expired unused")],
        compute="_compute_status",
        search="_search_status",
    )

    @api.depends("payment_id", "move_id")
    def _compute_record_name(self):
        for override in self:
            # Who reads overrides may not read every entry; its number says enough.
            record = override.sudo().payment_id or override.sudo().move_id
            override.record_name = record.display_name

    @api.depends("used_at", "expires_at")
    def _compute_status(self):
        now = fields.Datetime.now()
        for override in self:
            live = override.expires_at and override.expires_at > now
            override.status = "used" if override.used_at else "expired"
            if live and not override.used_at:
                override.status = "live"

    @api.model
    def _search_status(self, operator, value):
        now = fields.Datetime.now()
        domains = {
            "used": [("used_at", "!=", False)],
            "live": ["&", ("used_at", "=", False), ("expires_at", ">", now)],
            "expired": ["&", ("used_at", "=", False), ("expires_at", "<=", now)],
        }
        return _join_states(domains, operator, value)


class PaymentApprovalDelegation(models.Model):
    _inherit = "payment.approval.delegation"

    status = fields.Selection(
        [("coming", "Coming"), ("running", "Running"), ("over", "Over")],
        compute="_compute_status",
        search="_search_status",
    )

    @api.depends("date_from", "date_to", "active")
    def _compute_status(self):
        now = fields.Datetime.now()
        for one in self:
            over = not one.active or (one.date_to and one.date_to <= now)
            coming = one.date_from and one.date_from > now
            one.status = "over" if over else "coming" if coming else "running"

    @api.model
    def _search_status(self, operator, value):
        now = fields.Datetime.now()
        active = ("active", "=", True)
        begun, open_ = ("date_from", "<=", now), ("date_to", ">", now)
        domains = {
            "coming": ["&", active, ("date_from", ">", now)],
            "running": ["&", "&", active, begun, open_],
            "over": ["|", ("active", "=", False), ("date_to", "<=", now)],
        }
        return _join_states(domains, operator, value)


def _join_states(domains, operator, value):
    """Return the domain of a search by a state that time changes.

    :param dict domains: each state's own, in prefix notation
    """
    wanted = {value} if isinstance(value, str) else set(value or ())
    if operator in ("!=", "not in"):
        wanted = domains.keys() - wanted
    parts = [domain for state, domain in domains.items() if state in wanted]
    if not parts:
        return [(0, "=", 1)]
    return ["|"] * (len(parts) - 1) + [term for part in parts for term in part]
