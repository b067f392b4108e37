from odoo import api, fields, models


class PaymentApprovalTally(models.Model):
    """A row for each payee of a company, on which payments to it take turns.

    Two transactions that post at once see nothing of each other, so that each finds the
    cumulative amount not reached. Both update the payee's row: the second one fails in
    the database, and Odoo runs it again on what the first has left.
    """

    _name = "payment.approval.tally"
    _description = "Turns of Payments to One Payee"
    _log_access = False
    _rec_name = "payee"

    company = fields.Integer("Company ID", required=True, readonly=True)
    # No link: it has to outlive nothing, and merging contacts has no row to move.
    payee = fields.Integer("Commercial Partner ID", required=True, readonly=True)
    posted_at = fields.Datetime(readonly=True)

    _sql_constraints = [
        (
            "payee_uniq",
            "UNIQUE(company, payee)",
            "A payee has one row in a company.",
        ),
    ]

    @api.model
    def _take_turns(self, payments):
        """Let no other transaction post to the payees of payments before this one ends.

        Only where rules add up: elsewhere payments are judged one by one.

        :param payments: `account.payment` that are posted, of one or more companies
        """
        payments = payments.sudo()
        roots = payments.company_id.root_id
        adding = payments.env["payment.approval.rule"]._read_group(
            [("company_id", "child_of", roots.ids), ("cumulative_amount", ">", 0)],
            ["company_id"],
        )
        adding = {company.root_id for (company,) in adding}
        tops = {one.id: one.root_id for one in payments.company_id}
        payees = {one.id: one.commercial_partner_id.id for one in payments.partner_id}
        pairs = {
            (tops[one.company_id.id], payees.get(one.partner_id.id, 0))
            for one in payments
        }
        # Always in the same order, so that no two wait for each other.
        rows = sorted((root.id, payee) for root, payee in pairs if root in adding)
        if rows:
            self.env.cr.execute(
                """
                INSERT INTO payment_approval_tally (company, payee, posted_at)
                     SELECT company, payee, now() AT TIME ZONE 'UTC'
                       FROM unnest(%s, %s) AS turn (company, payee)
                ON CONFLICT (company, payee)
                  DO UPDATE SET posted_at = EXCLUDED.posted_at
                """,
                [[root for root, _payee in rows], [payee for _root, payee in rows]],
            )
