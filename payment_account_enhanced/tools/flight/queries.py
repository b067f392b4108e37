"""The questions to the database, spelt for the columns that it has.

17.0 keeps the state, date, journal and company of a payment on its entry. 18.0 and
19.0 have them on the payment, whose entry may be missing or may have gone apart.
"""

from dataclasses import dataclass

#: Ids that a snapshot keeps of each anomaly; the count is always the whole.
KEPT_IDS = 10000
#: Types that the deployment guide counts as posted moves in step 5.1.
INVOICE_TYPES = ("in_invoice", "in_refund", "out_invoice", "out_refund")

COLUMNS = """
    SELECT c.table_name, array_agg(c.column_name::text ORDER BY c.ordinal_position)
      FROM information_schema.columns c
     WHERE c.table_schema = current_schema()
     GROUP BY c.table_name
"""
MODULES = """
    SELECT name, state, latest_version FROM ir_module_module
     WHERE state NOT IN ('uninstalled', 'uninstallable')
"""
POSTED_MOVES = """
    SELECT move_type, count(*) FROM account_move
     WHERE state = 'posted' GROUP BY move_type
"""
RECONCILIATIONS = """
    SELECT (SELECT count(*) FROM account_partial_reconcile),
           (SELECT COALESCE(sum(amount), 0) FROM account_partial_reconcile),
           (SELECT count(*) FROM account_full_reconcile),
           (SELECT count(*) FROM account_bank_statement_line WHERE is_reconciled)
"""
_PAYMENT = """
    WITH payment AS MATERIALIZED (
        SELECT p.id, p.move_id, p.amount, p.currency_id, p.partner_id, p.payment_type,
               p.outstanding_account_id, p.destination_account_id, p.create_date,
               p.is_reconciled, {origin}.date, {origin}.journal_id,
               {origin}.company_id, {origin}.state,
               {origin}.state IN ('in_process', 'paid', 'posted') AS posted,
               {approval} AS approval_state, {once} AS once_posted
          FROM account_payment p {join}
    )
"""
_BY_STATE = """
    SELECT payment.state, payment.posted, currency.name, count(*),
           COALESCE(sum(payment.amount), 0),
           count(*) FILTER (WHERE payment.move_id IS NULL),
           count(*) FILTER (WHERE payment.is_reconciled)
      FROM payment LEFT JOIN res_currency currency ON currency.id = payment.currency_id
     GROUP BY payment.state, payment.posted, currency.name
     ORDER BY payment.state, currency.name
"""
_RECONCILED = """
    , matched AS (
        SELECT DISTINCT line.move_id
          FROM account_partial_reconcile match
         CROSS JOIN LATERAL (
               VALUES (match.debit_move_id), (match.credit_move_id)) side (line_id)
          JOIN account_move_line line ON line.id = side.line_id
    )
    SELECT count(*) FILTER (WHERE matched.move_id IS NOT NULL),
           count(*) FILTER (WHERE payment.move_id IS NULL AND payment.state = 'paid')
      FROM payment LEFT JOIN matched ON matched.move_id = payment.move_id
"""
_ONCE_POSTED = """
    SELECT COALESCE(entry.state, 'none'), count(*)
      FROM payment LEFT JOIN account_move entry ON entry.id = payment.move_id
     WHERE payment.posted OR payment.once_posted OR entry.posted_before
     GROUP BY 1
"""
_APPROVAL = """
    SELECT COALESCE(approval_state, 'NULL'), count(*),
           count(*) FILTER (
               WHERE create_date >= now() AT TIME ZONE 'UTC' - interval '90 days')
      FROM payment GROUP BY 1
"""
# The amount agrees as the addon itself has it when it posts: what leaves the bank is
# the amount, or is lowered by write-offs or withheld taxes from the settled amount.
_APART = """
    , booked AS (
        SELECT payment.id,
               sum(CASE payment.payment_type WHEN 'inbound' THEN 1 ELSE -1 END
                   * line.amount_currency)
                   FILTER (WHERE line.account_id = payment.outstanding_account_id)
                   AS moved,
               abs(sum(line.amount_currency)
                   FILTER (WHERE line.account_id = payment.destination_account_id))
                   AS settled,
               bool_or(abs(abs(line.amount_currency) - payment.amount) < 0.000001)
                   AS found
          FROM payment JOIN account_move_line line
            ON line.move_id = payment.move_id
           AND line.currency_id = payment.currency_id
         GROUP BY payment.id
    ), pair AS (
        SELECT payment.*, entry.state AS entry_state, entry.date AS entry_date,
               entry.journal_id AS entry_journal, entry.currency_id AS entry_currency,
               COALESCE(own.commercial_partner_id, own.id) AS commercial,
               COALESCE(other.commercial_partner_id, other.id) AS entry_commercial,
               COALESCE(
                   abs(booked.moved - payment.amount) < 0.000001
                   OR (abs(booked.settled - payment.amount) < 0.000001
                       AND COALESCE(booked.moved, 0) < payment.amount)
                   OR (booked.moved IS NULL AND booked.found), FALSE)
                   OR payment.amount = 0 AS amount_agrees
          FROM payment JOIN account_move entry ON entry.id = payment.move_id
          LEFT JOIN booked ON booked.id = payment.id
          LEFT JOIN res_partner own ON own.id = payment.partner_id
          LEFT JOIN res_partner other ON other.id = entry.partner_id
    )
    SELECT kind.name, count(*), (array_agg(pair.id ORDER BY pair.id))[1:{kept}]
      FROM pair CROSS JOIN LATERAL (VALUES
           ('differ.state', pair.posted != (pair.entry_state = 'posted')
                            AND pair.state != 'rejected'),
           ('differ.amount', NOT pair.amount_agrees),
           ('differ.date', pair.date IS DISTINCT FROM pair.entry_date),
           ('differ.journal', pair.journal_id IS DISTINCT FROM pair.entry_journal),
           ('differ.currency', pair.currency_id IS DISTINCT FROM pair.entry_currency),
           ('differ.partner', pair.commercial IS DISTINCT FROM pair.entry_commercial),
           ('rejected.booked', pair.state = 'rejected'
                               AND pair.entry_state = 'posted')
           ) kind (name, applies)
     WHERE kind.applies GROUP BY kind.name
"""
# What was there when the addon was installed was posted without a decision. What was
# made since and is posted has the line of its posting in the log.
_UNDECIDED = """
    , control AS (
        SELECT (SELECT min(create_date) FROM ir_model_data
                 WHERE module = 'payment_account_enhanced') AS since
    ), decided AS (
        SELECT DISTINCT payment_ref FROM payment_approval_log WHERE action = 'post'
    )
    SELECT kind.name, count(*), (array_agg(payment.id ORDER BY payment.id))[1:{kept}]
      FROM payment
     CROSS JOIN control
      LEFT JOIN decided ON decided.payment_ref = payment.id
      JOIN res_company company ON company.id = payment.company_id
     CROSS JOIN LATERAL (VALUES
           ('approval.missing', payment.approval_state IS NULL),
           ('approval.disagrees', company.payment_control AND (
               payment.posted != (payment.approval_state = 'posted')
               OR (payment.state IN ('canceled', 'cancel'))
                  != (payment.approval_state = 'cancelled')
               OR (payment.state = 'rejected'
                   AND payment.approval_state != 'rejected'))),
           ('decision.missing', company.payment_control AND payment.posted
               AND payment.create_date > control.since
               AND decided.payment_ref IS NULL)
           ) kind (name, applies)
     WHERE kind.applies GROUP BY kind.name
"""
# 48 bits of a row's hash. Sums of it, alone and times the id, tell two sets of rows
# apart, and say which row differs if only one does.
_ROWS = """
    SELECT id / {width} AS place, count(*), sum(id), sum(hash), sum(hash::numeric * id)
      FROM (SELECT id, ('x' || left(encode(sha256(convert_to(
                   ROW({columns})::text, 'UTF8')), 'hex'), 12))::bit(48)::bigint AS hash
              FROM {table}) row
     GROUP BY place ORDER BY place
"""


@dataclass(frozen=True)
class Spelling:
    """How payments are asked for in a database.

    :param columns: names of columns by table, as `COLUMNS` returns them
    """

    columns: dict[str, list[str]]

    @property
    def has_approval(self):
        """Whether the addon's columns are there."""
        return "approval_state" in self.columns["account_payment"]

    @property
    def by_state(self):
        """State, whether posted, currency, number, sum, without entry, flagged."""
        return self._payments + _BY_STATE

    @property
    def reconciled(self):
        """Number of matched payments, and of those paid without an entry."""
        return self._payments + _RECONCILED

    @property
    def once_posted(self):
        """State of the entry, and number of payments that were ever posted."""
        return self._payments + _ONCE_POSTED

    @property
    def approval(self):
        """Approval, number of payments, number of those of the last 90 days."""
        return self._payments + _APPROVAL

    @property
    def anomalies(self):
        """Statements that return kind, number and ids of payments that are odd."""
        parts = [_APART] + ([_UNDECIDED] if self.has_approval else [])
        return [self._payments + part.format(kept=KEPT_IDS) for part in parts]

    @property
    def _payments(self):
        own = self.columns["account_payment"]
        on_entry = "JOIN account_move e ON e.id = p.move_id"
        return _PAYMENT.format(
            origin="p" if "state" in own else "e",
            join="" if "state" in own else on_entry,
            approval="p.approval_state" if self.has_approval else "NULL::varchar",
            once="p.once_posted" if "once_posted" in own else "FALSE",
        )


def rows(table, columns, width):
    """Return the statement that folds the rows of a table, group by group.

    :param table: its name, as the database has it
    :param columns: what is hashed of each row
    :param int width: how many ids in a row make a group
    """
    return _ROWS.format(
        table=_quoted(table), columns=", ".join(map(_quoted, columns)), width=int(width)
    )


def _quoted(name):
    return '"{}"'.format(name.replace('"', '""'))
