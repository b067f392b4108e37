"""The voucher's number, and what it prints."""

from odoo import _, api, fields, models
from odoo.tools import groupby

SEQUENCES = {"outbound": "PV", "inbound": "RV"}


class AccountPayment(models.Model):
    _inherit = "account.payment"

    voucher_number = fields.Char(
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Taken when the payment is posted for the first time, and never changed.",
    )

    def action_print_voucher(self):
        """Print vouchers; those of payments that are not posted are marked as drafts.

        :return: action of the report
        """
        report = self.env.ref("payment_account_enhanced.action_report_voucher")
        return report.report_action(self)

    def _number_vouchers(self):
        """Give a number to those that are posted and have none yet."""
        numbers = self.filtered("is_posted")._draw_voucher_numbers()
        if not numbers:
            return
        self.env.cr.execute(
            """
            UPDATE account_payment
               SET voucher_number = given.number
              FROM unnest(%s::int[], %s::varchar[]) AS given (id, number)
             WHERE account_payment.id = given.id
            """,
            [list(numbers), list(numbers.values())],
        )
        self.invalidate_recordset(["voucher_number"])

    def _draw_voucher_numbers(self):
        """Draw a number for each payment that has none, in one query of a sequence.

        :return: dict of the numbers by id
        """
        numbers = {}
        for (company, direction), payments in groupby(
            self.filtered(lambda payment: not payment.voucher_number),
            lambda payment: (payment.company_id, payment.payment_type),
        ):
            sequence = company._voucher_sequence(direction)
            drawn = sequence._draw_numbers([payment.date for payment in payments])
            numbers.update(zip((one.id for one in payments), drawn, strict=True))
        return numbers

    # What the voucher prints

    def _voucher_title(self):
        self.ensure_one()
        if self.payment_type == "inbound":
            return _("Receipt Voucher")
        return _("Payment Voucher")

    def _voucher_watermark(self):
        """Return what is printed across a voucher that proves nothing."""
        self.ensure_one()
        if self.is_posted:
            return ""
        return {
            "canceled": _("CANCELLED"),
            "rejected": _("REJECTED"),
        }.get(self.state) or _("DRAFT")

    def _voucher_signatures(self):
        """Return who took part, in the order of the flow.

        :return: list of dicts of `role`, `name`, `time` and `behalf`
        """
        self.ensure_one()
        # Whoever prints may not see the other users.
        payment = self.sudo()
        nobody = payment.env["res.users"]
        signed = [
            (_("Created by"), payment.create_uid, payment.create_date, nobody),
            (_("Submitted by"), payment.submitter_id, payment.submit_date, nobody),
            (
                _("Reviewed by"),
                payment.reviewer_id,
                payment.review_date,
                payment.reviewed_for_id,
            ),
            (
                _("Approved by"),
                payment.approver_id,
                payment.approve_date,
                payment.approved_for_id,
            ),
            (_("Posted by"), payment.poster_id, payment.post_date, nobody),
        ]
        return [
            {"role": role, "name": user.name, "time": moment, "behalf": behalf.name}
            for role, user, moment, behalf in signed
        ]

    def _voucher_changes(self):
        """Return the changes by override since it was posted, the first one first.

        :return: lines of the decision log
        """
        self.ensure_one()
        lines = self.sudo().approval_log_ids.sorted("id")
        posted = lines.filtered(lambda line: line.action == "post")[-1:]
        return lines.filtered(
            lambda line: line.action == "edit" and line.id > posted.id
        )

    def _voucher_entry_lines(self):
        """Return the items of the journal entry, debits first."""
        self.ensure_one()
        lines = self.move_id.line_ids.filtered(
            lambda line: line.display_type not in ("line_section", "line_note")
        )
        return lines.sorted(lambda line: (-line.debit, line.id))

    def _voucher_no_entry(self):
        """Return why there is no journal entry."""
        self.ensure_one()
        if self.is_posted:
            return _(
                "This payment has no journal entry: its payment method has no "
                "outstanding account, and the bank statement books the amount."
            )
        return _("The journal entry is made when the payment is posted.")

    def _voucher_invoices(self):
        """Return the invoices that are paid, with how much of each.

        :return: list of dicts of `move`, `paid` (None where the books do not say) and
            `currency`
        """
        self.ensure_one()
        rows = {}
        for line, paid in self._matched_items():
            row = rows.setdefault(
                line.move_id, {"paid": 0.0, "currency": line.currency_id}
            )
            row["paid"] += paid
        for move in self._linked_invoices() - self.env["account.move"].union(*rows):
            rows[move] = {"paid": None, "currency": move.currency_id}
        if len(rows) == 1 and not self.move_id:
            # Without an entry nothing is matched, yet one invoice takes all of it.
            row = next(iter(rows.values()))
            row.update(paid=self.amount, currency=self.currency_id)
        moves = self.env["account.move"].union(*rows)
        return [
            {"move": move, **rows[move]}
            for move in moves.sorted(lambda one: (one.invoice_date or one.date, one.id))
        ]

    def _matched_items(self):
        """Yield each item that is matched, and by how much in its currency."""
        _liquidity, counterpart, _other = self._seek_for_lines()
        for own in counterpart:
            for part in own.matched_debit_ids:
                yield part.debit_move_id, part.debit_amount_currency
            for part in own.matched_credit_ids:
                yield part.credit_move_id, part.credit_amount_currency

    def _linked_invoices(self):
        """Return the invoices that the payment is linked to, matched or not."""
        moves = self.reconciled_invoice_ids | self.reconciled_bill_ids
        waiting = self.waiting_line_ids.move_id
        return (moves | self.invoice_ids | waiting).filtered("invoice_date")


class PaymentVoucherReport(models.AbstractModel):
    _name = "report.payment_account_enhanced.report_voucher"
    _description = "Payment Voucher"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Number those that were posted before vouchers were numbered."""
        payments = self.env["account.payment"].browse(docids)
        payments.check_access("read")
        payments.filtered("payment_control")._number_vouchers()
        return {"doc_ids": docids, "doc_model": payments._name, "docs": payments}


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model_create_multi
    def create(self, vals_list):
        """Create companies with the sequences of their vouchers."""
        companies = super().create(vals_list)
        companies._create_voucher_sequences()
        return companies

    @api.model
    def _install_voucher_sequences(self):
        self.sudo().search([])._create_voucher_sequences()

    def _create_voucher_sequences(self):
        for company in self:
            for direction in SEQUENCES:
                company._voucher_sequence(direction)

    def _voucher_sequence(self, direction):
        """Return the sequence of a company's vouchers, made when it is missing.

        :param str direction: `outbound` or `inbound`
        """
        self.ensure_one()
        # Numbers are the system's to give, whoever posts.
        sequences = self.env["ir.sequence"].sudo()
        code = f"payment.voucher.{direction}"
        found = sequences.search(
            [("code", "=", code), ("company_id", "=", self.id)], limit=1
        )
        return found or sequences.create(
            {
                "name": _("Payment Vouchers")
                if direction == "outbound"
                else _("Receipt Vouchers"),
                "code": code,
                "company_id": self.id,
                "prefix": f"{SEQUENCES[direction]}/%(year)s/",
                "padding": 5,
            }
        )


class IrSequence(models.Model):
    _inherit = "ir.sequence"

    def _draw_numbers(self, dates):
        """Draw a number for each of some dates.

        In one query where the sequence allows it: a batch of payments is numbered at
        once.

        :param list dates: dates that the numbers name
        :return: list of the numbers, in that order
        """
        self.ensure_one()
        if self.implementation != "standard" or self.use_date_range:
            return [self.next_by_id(sequence_date=date) for date in dates]
        self.env.cr.execute(
            "SELECT nextval(%s) FROM generate_series(1, %s)",
            [f"ir_sequence_{self.id:03d}", len(dates)],
        )
        drawn = sorted(number for (number,) in self.env.cr.fetchall())
        affixes = {date: self._get_prefix_suffix(date=date) for date in set(dates)}
        return [
            f"{affixes[date][0]}{number:0{self.padding}d}{affixes[date][1]}"
            for date, number in zip(dates, drawn, strict=True)
        ]
