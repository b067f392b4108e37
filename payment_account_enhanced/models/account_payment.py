from odoo import _, api, fields, models

APPROVAL_STATES = [
    ("draft", "Draft"),
    ("under_review", "Under Review"),
    ("for_approval", "For Approval"),
    ("approved", "Approved"),
    ("posted", "Posted"),
    ("rejected", "Rejected"),
    ("cancelled", "Cancelled"),
]
#: Fields that steps write, and nobody else.
APPROVAL_FIELDS = frozenset(
    {
        "approval_state",
        "approval_rule_ids",
        "approval_people",
        "needs_review",
        "needs_approval",
        "submitter_id",
        "submit_date",
        "reviewer_id",
        "review_date",
        "reviewed_for_id",
        "approver_id",
        "approve_date",
        "approved_for_id",
        "preparer_ids",
        "approval_since",
        "reminder",
        "poster_id",
        "post_date",
        "reject_reason",
        "once_posted",
        "bank_confirmed_by_id",
        "voucher_number",
    }
)
#: What the log notes of a payment.
_LOGGED_FIELDS = (
    "name",
    "company_id",
    "approval_state",
    "amount",
    "currency_id",
    "partner_id",
)
#: What a payment is about: a change after review asks for a new one, and a posted
#: payment keeps it.
BUSINESS_FIELDS = frozenset(
    {
        "amount",
        "currency_id",
        "partner_id",
        "partner_bank_id",
        "journal_id",
        "destination_account_id",
        "date",
        "memo",
    }
)
POSTED_STATES = frozenset({"in_process", "paid"})


class AccountPayment(models.Model):
    _inherit = "account.payment"

    approval_state = fields.Selection(
        APPROVAL_STATES,
        "Approval",
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    payment_control = fields.Boolean(related="company_id.payment_control")
    approval_rule_ids = fields.Many2many(
        "payment.approval.rule",
        string="Rules",
        readonly=True,
        copy=False,
        # A rule that was archived meanwhile still says who decides.
        context={"active_test": False},
    )
    approval_people = fields.Integer(
        "People Required",
        readonly=True,
        copy=False,
        aggregator=None,
        help="How many different people create, review, approve and post it.",
    )
    needs_review = fields.Boolean(readonly=True, copy=False)
    needs_approval = fields.Boolean(readonly=True, copy=False)
    submitter_id = fields.Many2one("res.users", readonly=True, copy=False)
    submit_date = fields.Datetime(readonly=True, copy=False)
    reviewer_id = fields.Many2one("res.users", readonly=True, copy=False)
    review_date = fields.Datetime(readonly=True, copy=False)
    approver_id = fields.Many2one("res.users", readonly=True, copy=False)
    approve_date = fields.Datetime(readonly=True, copy=False)
    poster_id = fields.Many2one("res.users", "Posted By", readonly=True, copy=False)
    post_date = fields.Datetime(readonly=True, copy=False)
    reject_reason = fields.Char(readonly=True, copy=False)
    once_posted = fields.Boolean(readonly=True, copy=False)
    approval_log_ids = fields.One2many(
        "payment.approval.log", "payment_id", "Decisions", readonly=True
    )
    is_posted = fields.Boolean(compute="_compute_is_posted")
    can_review = fields.Boolean(compute="_compute_can_decide")
    can_approve = fields.Boolean(compute="_compute_can_decide")

    @api.depends("state")
    def _compute_is_posted(self):
        for payment in self:
            payment.is_posted = payment.state in POSTED_STATES

    @api.depends_context("uid")
    @api.depends("approval_state")
    def _compute_can_decide(self):
        for payment in self:
            payment.can_review = (
                payment.approval_state == "under_review"
                and payment._why_not("review") is None
            )
            payment.can_approve = (
                payment.approval_state == "for_approval"
                and payment._why_not("approve") is None
            )

    def _is_matched_or_paid(self):
        """Whether it is reconciled: partials on its entry, or paid by a link."""
        self.ensure_one()
        lines = self.sudo().move_id.line_ids
        if lines:
            return bool(lines.matched_debit_ids or lines.matched_credit_ids)
        return self.state == "paid"

    def _log_decision(self, action, reason="", delegator=None, before=None, after=None):
        """Write a line of the decision log for each payment.

        :param str action: one of `payment_approval_log.ACTIONS`
        :param str reason: what the decider says
        :param delegator: `res.users` on whose behalf it is done
        :param dict before: approval states before, by id
        :param str after: approval state that follows, when it is passed through only
        """
        if not self:
            return
        taken = {
            "action": action,
            "user_id": self.env.uid,
            "delegator_id": delegator.id if delegator else None,
            "reason": reason or None,
        }
        self.env["payment.approval.log"]._append(
            [
                {
                    **row,
                    **taken,
                    "state_before": (before or {}).get(row["payment_id"]) or None,
                    "state_after": after or row["state_after"],
                }
                for row in self._logged_rows()
            ]
        )
        self.invalidate_recordset(["approval_log_ids"])

    def _logged_rows(self):
        """Return what the log notes of each payment itself, as the database has it."""
        self.flush_recordset(_LOGGED_FIELDS)
        self.env.cr.execute(
            """
            SELECT payment.id AS payment_id,
                   payment.id AS payment_ref,
                   COALESCE(NULLIF(payment.name, ''), %s) AS payment_name,
                   payment.company_id,
                   payment.amount,
                   payment.currency_id,
                   payment.partner_id,
                   payment.approval_state AS state_after
              FROM unnest(%s) WITH ORDINALITY AS asked (id, place)
              JOIN account_payment payment ON payment.id = asked.id
             ORDER BY place
            """,
            [_("Draft Payment"), self.ids],
        )
        return self.env.cr.dictfetchall()

    @api.model
    def _init_approval_state(self, companies=None):
        """Fill the approval of payments that were there before, and nothing else.

        Plain SQL: nothing is recomputed, tracked or dated by a migration. Decisions
        that fit Odoo's own state are left alone.

        :param companies: `res.company` whose payments are filled; all when None
        """
        self.flush_model(["state", "approval_state", "once_posted", "company_id"])
        self.env.cr.execute(
            """
            UPDATE account_payment
               SET approval_state = CASE
                       WHEN state IN ('in_process', 'paid') THEN 'posted'
                       WHEN state = 'canceled' THEN 'cancelled'
                       WHEN state = 'rejected' THEN 'rejected'
                       ELSE 'draft' END,
                   once_posted = COALESCE(once_posted, FALSE)
                       OR state IN ('in_process', 'paid')
             WHERE (%(all)s OR company_id = ANY(%(companies)s))
               AND (approval_state IS NULL
                    OR (state IN ('in_process', 'paid')) != (approval_state = 'posted')
                    OR (state = 'canceled') != (approval_state = 'cancelled')
                    OR (state = 'rejected' AND approval_state != 'rejected'))
            """,
            {
                "all": companies is None,
                "companies": companies.ids if companies else [],
            },
        )
        self.invalidate_model(["approval_state", "once_posted"])
