"""What a record inherits: the Service Accounts of the document that it comes from.

A ledger says in one query what its records come from; all else is the same for all.
"""

from odoo import api, fields, models
from odoo.tools import SQL

from .ov_assignment import strongest_first


class OvAssignmentMixin(models.AbstractModel):
    _inherit = "ov.assignment.mixin"

    #: Fields of other models that `_sources` reads, by model: flushed before.
    _source_fields = {}

    def _sources(self):
        """Return the query of what records come from.

        Its columns are record_id, rank, account_id, actor_id and access, a row for each
        Service Account that holds a source now. It reads the records from `wanted(id)`.
        Of a record's sources those of the lowest rank count.

        :return: SQL, None when records of this ledger come from nothing
        """
        return None

    @api.model
    def _inherit_from_sources(self, records, follow=False):
        """Let records be held by who holds what they come from.

        What holds them already stays, so a retry changes nothing.

        :param records: of the model that this ledger is about
        :param bool follow: end what their sources do not give, too
        :return: the records for which something changed
        """
        if not records or not self._flush_sources():
            return records.browse()
        now = fields.Datetime.now()
        inherited = self._inherited(SQL("SELECT unnest(%s) AS id", records.ids))
        ended = self._close_stale(records, now, inherited) if follow else []
        given = self._insert_missing(now, inherited)
        changed = records.browse(set(ended) | set(given))
        self._written(changed)
        if follow:
            self._follow(changed)
        return changed

    @api.model
    def _backfill(self, company=None):
        """Bring records that nobody ever held under who holds what they come from.

        Whose assignments were ended is left alone: that was meant. A second run finds
        nothing to do.

        :param company: `res.company`; every one when empty
        :return: number of records that are governed now
        """
        if not self._flush_sources():
            return 0
        native = self.env[self._fields[self._record_field].comodel_name]
        inherited = self._inherited(self._never_held(native, company))
        count = 0
        # What is governed now may be the source of others, such as of a backorder.
        while ids := self._insert_missing(fields.Datetime.now(), inherited):
            self._written(native.browse(set(ids)))
            count += len(set(ids))
        return count

    def _never_held(self, native, company):
        """Return the query of the records that the ledger does not know."""
        return SQL(
            """
            SELECT native.id FROM %(native)s native
             WHERE %(company)s AND NOT EXISTS (
                   SELECT FROM %(table)s entry WHERE entry.%(record)s = native.id)
            """,
            native=SQL.identifier(native._table),
            table=SQL.identifier(self._table),
            record=SQL.identifier(self._record_field),
            company=SQL(
                "(native.company_id = %s OR native.company_id IS NULL)", company.id
            )
            if company
            else SQL("TRUE"),
        )

    def _flush_sources(self):
        """Write what `_sources` reads; return whether there is a source."""
        if self._sources() is None:
            return False
        self.flush_model()
        for model, names in self._source_fields.items():
            self.env[model].flush_model(names)
        return True

    def _inherited(self, wanted):
        """Return the query of the rows that the wanted records are to have.

        One for each Service Account: with the strongest access, and with the person
        who acts only where all sources agree.
        """
        return SQL(
            """
            WITH wanted AS MATERIALIZED (%(wanted)s),
                 source AS (
                 SELECT sources.*, min(rank) OVER (PARTITION BY record_id) AS nearest
                   FROM (%(sources)s) sources)
            SELECT record_id, account_id,
                   CASE WHEN count(DISTINCT coalesce(actor_id, 0)) = 1
                        THEN max(actor_id) END AS actor_id,
                   (array_agg(access ORDER BY %(strength)s))[1]
                   AS access
              FROM source
             WHERE rank = nearest
          GROUP BY record_id, account_id
            """,
            wanted=wanted,
            sources=self._sources(),
            strength=strongest_first(),
        )

    def _close_stale(self, records, now, inherited):
        """Expire what the sources do not give; return the ids of the records."""
        kept = SQL(
            """
            NOT EXISTS (
            SELECT FROM (%(inherited)s) inherited
             WHERE inherited.record_id = %(table)s.%(record)s
               AND inherited.account_id = %(table)s.account_id
               AND inherited.actor_id IS NOT DISTINCT FROM %(table)s.actor_id
               AND inherited.access = %(table)s.access)
            """,
            inherited=inherited,
            table=SQL.identifier(self._table),
            record=SQL.identifier(self._record_field),
        )
        return self._close(records, now, kept)

    def _follow(self, records):
        """Bring the open documents of records in line; nothing comes of these."""


class OvGovernedMixin(models.AbstractModel):
    _inherit = "ov.governed.mixin"

    def _inherit_governance(self):
        """Let these records be held by who holds what they come from."""
        self.env[self._ledger].sudo()._inherit_from_sources(self)

    def _follow_governance(self):
        """The same, and end what their sources do not give any more."""
        self.env[self._ledger].sudo()._inherit_from_sources(self, follow=True)
