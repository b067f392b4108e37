"""The ledger: which Service Account holds which record, and who acts for it there.

One table for each kind of record, all alike. Rows are facts of a time: they expire,
and are never changed otherwise, reactivated or deleted. The stamps on the records
follow the ledger, and nothing else writes them.
"""

from odoo import _, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.member import member_of

STATES = [("active", "Active"), ("expired", "Expired")]
ACCESS = [
    ("access", "Read"),
    ("assignment", "Read and change"),
    ("binding", "All, and hand over"),
]
#: The strongest first: which of several rows stamps the record.
_STRENGTH = {"binding": 0, "assignment": 1, "access": 2}


def strongest_first():
    """Return what orders rows by their access, the strongest first."""
    ranks = SQL(" ").join(
        SQL("WHEN %s THEN %s", access, rank) for access, rank in _STRENGTH.items()
    )
    return SQL("CASE access %s END", ranks)


class OvAssignmentMixin(models.AbstractModel):
    """What the ledgers have in common; `_record_field` says what theirs is about."""

    _name = "ov.assignment.mixin"
    _description = "Assignment to a Service Account"
    _order = "date_from desc, id desc"
    _record_field = None

    account_id = fields.Many2one(
        "ov.serviced_account",
        "Service Account",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    actor_id = fields.Many2one(
        "res.partner",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The person of the member who acts. Empty: nobody in particular.",
    )
    state = fields.Selection(STATES, required=True, default="active", readonly=True)
    access = fields.Selection(ACCESS, required=True, default="binding", readonly=True)
    date_from = fields.Datetime(
        "From", required=True, readonly=True, default=fields.Datetime.now
    )
    date_to = fields.Datetime("Until", readonly=True)
    assigned_by_id = fields.Many2one("res.partner", readonly=True, ondelete="restrict")
    is_stamped = fields.Boolean(
        readonly=True, help="The stamps of the record show this assignment."
    )

    def init(self):
        """Allow one active row of a record in a Service Account, and serve lists."""
        if self._abstract:
            return
        record = self._record_field
        active = SQL("WHERE state = 'active'")
        # What the stamps do not show is little, and is asked for with every list.
        second = SQL("%s AND is_stamped IS NOT TRUE", active)
        for name, kind, columns, where in (
            ("active_unique", "UNIQUE INDEX", (record, "account_id"), active),
            ("account", "INDEX", ("account_id", "actor_id", record), active),
            ("second", "INDEX", ("account_id", "actor_id", record), second),
            ("history", "INDEX", (record, "date_from"), SQL()),
        ):
            self.env.cr.execute(
                SQL(
                    "CREATE %s IF NOT EXISTS %s ON %s (%s) %s",
                    SQL(kind),
                    SQL.identifier(f"{self._table}_{name}_idx"),
                    SQL.identifier(self._table),
                    SQL(", ").join(map(SQL.identifier, columns)),
                    where,
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse: rows are written by `_assign` alone.

        :raises UserError: unless nothing is created
        """
        if vals_list:
            self._refuse()
        return super().create(vals_list)

    def write(self, vals):
        """Refuse: rows expire by `_expire` alone.

        :raises UserError: unless nothing is changed
        """
        if self and vals:
            self._refuse()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        self._refuse()

    def _refuse(self):
        raise UserError(
            _("Assignments are history: assign the record anew, or end the assignment.")
        )

    # Writing the ledger

    @api.model
    def _assign(self, records, account, actor=None, access="binding"):
        """Let a Service Account hold records, from now on.

        What it holds in the same way already stays as it is, so a retry changes
        nothing. The caller has checked that the user may do this.

        :param records: of the model that this ledger is about
        :param account: `ov.serviced_account`
        :param actor: `res.partner` of the member who acts, none when empty
        :param str access: one of `ACCESS`
        :return: the records for which something changed
        """
        if not records:
            return records
        actor_id = actor.id if actor else None
        now = fields.Datetime.now()
        self.flush_model()
        self._close(
            records,
            now,
            SQL(
                "account_id = %s AND (actor_id IS DISTINCT FROM %s OR access != %s)",
                account.id,
                actor_id,
                access,
            ),
        )
        rows = SQL(
            "SELECT unnest(%s) AS record_id, %s::integer AS account_id,"
            " %s::integer AS actor_id, %s AS access",
            records.ids,
            account.id,
            actor_id,
            access,
        )
        changed = records.browse(self._insert_missing(now, rows))
        self._written(changed)
        self._follow(changed)
        return changed

    @api.model
    def _expire(self, records, account=None, actor=None):
        """End what holds records; who held them stays on record.

        :param account: `ov.serviced_account`; every one when empty
        :param actor: `res.partner`: only rows in which this one acts
        :return: the records for which something changed
        """
        if not records:
            return records
        self.flush_model()
        conditions = [SQL("TRUE")]
        if account:
            conditions.append(SQL("account_id = %s", account.id))
        if actor:
            conditions.append(SQL("actor_id = %s", actor.id))
        ids = self._close(records, fields.Datetime.now(), SQL(" AND ").join(conditions))
        changed = records.browse(ids)
        self._written(changed)
        self._follow(changed)
        return changed

    def _insert_missing(self, now, rows):
        """Write the rows that are not active yet; return the ids of their records.

        :param datetime now: since when they hold
        :param SQL rows: query of record_id, account_id, actor_id and access
        """
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO %(table)s
                    (%(record)s, account_id, actor_id, state, access, is_stamped,
                     date_from, assigned_by_id, create_uid, create_date, write_uid,
                     write_date)
                SELECT record_id, account_id, actor_id, 'active', access, FALSE,
                       %(now)s, %(by)s, %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM (%(rows)s) missing
                ON CONFLICT (%(record)s, account_id) WHERE state = 'active' DO NOTHING
                RETURNING %(record)s
                """,
                table=SQL.identifier(self._table),
                record=SQL.identifier(self._record_field),
                now=now,
                by=self._assigning_person_id(),
                uid=self.env.uid,
                rows=rows,
            )
        )
        return [row[0] for row in self.env.cr.fetchall()]

    def _assigning_person_id(self):
        """Return the person who assigns: of the API's user, for whom it works."""
        member = member_of(self.env)
        people = {scope.person_id for scope in member.scopes} if member else ()
        return next(iter(people)) if len(people) == 1 else self.env.user.partner_id.id

    def _close(self, records, now, condition):
        """Expire active rows of records; return the ids of these."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE %(table)s
                   SET state = 'expired', date_to = %(now)s,
                       write_uid = %(uid)s, write_date = %(now)s
                 WHERE %(record)s = ANY(%(ids)s) AND state = 'active' AND %(condition)s
                RETURNING %(record)s
                """,
                table=SQL.identifier(self._table),
                record=SQL.identifier(self._record_field),
                now=now,
                uid=self.env.uid,
                ids=records.ids,
                condition=condition,
            )
        )
        return [row[0] for row in self.env.cr.fetchall()]

    def _written(self, records):
        """Bring the stamps of records in line with the ledger."""
        self.invalidate_model()
        if records:
            self._stamp(records)

    def _stamp(self, records):
        """Write onto records who holds them: of several, the strongest, newest row.

        The ledger notes which row that is: what lists need besides is then little.
        """
        self.env.cr.execute(
            SQL(
                """
                WITH held AS MATERIALIZED (
                     SELECT wanted.id AS record_id, strongest.*
                       FROM unnest(%(ids)s) AS wanted(id)
                  LEFT JOIN LATERAL (
                            SELECT id, account_id, actor_id FROM %(table)s
                             WHERE %(record)s = wanted.id AND state = 'active'
                          ORDER BY %(strength)s, date_from DESC, id DESC
                             LIMIT 1) strongest ON TRUE),
                     noted AS (
                     UPDATE %(table)s entry
                        SET is_stamped = (entry.id IS NOT DISTINCT FROM held.id)
                       FROM held
                      WHERE entry.%(record)s = held.record_id
                        AND entry.is_stamped
                            IS DISTINCT FROM (entry.id IS NOT DISTINCT FROM held.id))
                UPDATE %(native)s record
                   SET x_sa_id = held.account_id, x_actor_id = held.actor_id
                  FROM held
                 WHERE record.id = held.record_id
                   AND (record.x_sa_id, record.x_actor_id)
                       IS DISTINCT FROM (held.account_id, held.actor_id)
                """,
                native=SQL.identifier(records._table),
                table=SQL.identifier(self._table),
                record=SQL.identifier(self._record_field),
                strength=strongest_first(),
                ids=records.ids,
            )
        )
        self.invalidate_model(["is_stamped"])
        records._forget_stamps()


class OvGovernedMixin(models.AbstractModel):
    """A native record that Service Accounts hold. `_ledger` names its ledger."""

    _name = "ov.governed.mixin"
    _description = "Governed by Service Accounts"
    _ledger = None

    # Written by the ledger alone, for readers who know no ledger.
    x_sa_id = fields.Many2one(
        "ov.serviced_account",
        "Service Account",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    x_actor_id = fields.Many2one(
        "res.partner", "Acting Person", readonly=True, copy=False, ondelete="restrict"
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Create; stamps are no values to be given.

        :raises UserError: for a value of a stamp
        """
        for vals in vals_list:
            self._check_no_stamp(vals)
        return super().create(vals_list)

    def write(self, vals):
        """Write; stamps follow the ledger.

        :raises UserError: for a value of a stamp
        """
        self._check_no_stamp(vals)
        return super().write(vals)

    def _forget_stamps(self):
        """Forget what follows the ledger."""
        self.invalidate_recordset(self._stamp_fields())

    def _stamp_fields(self):
        """Return the names of the fields that follow the ledger."""
        return ["x_sa_id", "x_actor_id"]

    def _check_no_stamp(self, vals):
        if vals.get("x_sa_id") or vals.get("x_actor_id"):
            raise UserError(
                _(
                    "Service Account: who holds a record follows from its assignments "
                    "and is not written."
                )
            )

    def _assign_to(self, account, actor=None, access="binding"):
        """Let a Service Account hold these records; see the ledger's `_assign`."""
        return self.env[self._ledger].sudo()._assign(self, account, actor, access)
