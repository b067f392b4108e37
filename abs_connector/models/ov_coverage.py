from odoo import _, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from .account_move import CUSTOMER_TYPES

KINDS = [
    ("customer", "Customers"),
    ("order", "Sales Orders"),
    ("delivery", "Deliveries"),
    ("invoice", "Invoices"),
    ("payment", "Payments"),
]
#: Which records of a kind a Service Account should hold: their model, and a domain.
#: In the order in which one kind inherits from the one before.
_GOVERNED = {
    "customer": (
        "res.partner",
        [("customer_rank", ">", 0), ("ref_company_ids", "=", False)],
    ),
    "order": ("sale.order", [("state", "!=", "cancel")]),
    "delivery": (
        "stock.picking",
        [("sale_id", "!=", False), ("state", "!=", "cancel")],
    ),
    "invoice": (
        "account.move",
        [("move_type", "in", CUSTOMER_TYPES), ("state", "!=", "cancel")],
    ),
    "payment": (
        "account.payment",
        [
            ("payment_type", "=", "inbound"),
            ("partner_type", "=", "customer"),
            ("state", "not in", ("canceled", "rejected")),
        ],
    ),
}
#: Above every id of a company: rows have ids of their kind and company.
_KIND_STEP = 1_000_000


class OvGovernanceCoverage(models.Model):
    """How many records of each kind and company no Service Account holds."""

    _name = "ov.governance_coverage"
    _description = "Coverage by Service Accounts"
    _auto = False
    _order = "id"
    _rec_name = "kind"

    kind = fields.Selection(KINDS, readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    total_count = fields.Integer("Records", readonly=True)
    governed_count = fields.Integer("Governed", readonly=True)
    ungoverned_count = fields.Integer("Ungoverned", readonly=True)
    ended_count = fields.Integer(
        "Ended",
        readonly=True,
        help="Somebody held them once, and the assignment was ended. Bringing records "
        "under the Service Account of their source leaves these alone.",
    )

    @property
    def _table_query(self):
        return SQL(" UNION ALL ").join(
            self._coverage(number, kind) for number, (kind, _label) in enumerate(KINDS)
        )

    def _coverage(self, number, kind):
        """Return the query of one kind: a row for each company."""
        model, domain = _GOVERNED[kind]
        native = self.env[model].sudo()
        ledger = self.env[native._ledger]
        query = native._search(domain)
        columns = (
            SQL.identifier(query.table, name)
            for name in ("id", "company_id", "x_sa_id")
        )
        return SQL(
            """
            SELECT %(first)s + coalesce(company_id, 0) AS id, %(kind)s AS kind,
                   company_id, count(*) AS total_count,
                   count(x_sa_id) AS governed_count,
                   count(*) - count(x_sa_id) AS ungoverned_count,
                   count(*) FILTER (WHERE x_sa_id IS NULL AND EXISTS (
                       SELECT FROM %(ledger)s entry WHERE entry.%(record)s = native.id
                   )) AS ended_count
              FROM (%(records)s) native
          GROUP BY company_id
            """,
            first=number * _KIND_STEP,
            kind=kind,
            ledger=SQL.identifier(ledger._table),
            record=SQL.identifier(ledger._record_field),
            records=query.select(*columns),
        )

    def action_open_ungoverned(self):
        """Show the records that nobody holds.

        :return: action that opens their list
        """
        self.ensure_one()
        model, domain = _GOVERNED[self.kind]
        return {
            "type": "ir.actions.act_window",
            "name": _("Ungoverned: %(kind)s", kind=self._kind_label(self.kind)),
            "res_model": model,
            "view_mode": "list,form",
            "domain": [
                *domain,
                ("company_id", "=", self.company_id.id),
                ("x_sa_id", "=", False),
            ],
            "context": {"create": False},
        }

    def _kind_label(self, kind):
        return dict(self._fields["kind"]._description_selection(self.env))[kind]

    def action_backfill(self):
        """Bring the records of one's companies under who holds their source.

        :return: notification of how many of each kind are governed now
        :raises AccessError: for who is no governance manager
        """
        counts = self._backfill(self.env.companies)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if any(counts.values()) else "info",
                "title": _("Brought under a Service Account"),
                "message": ", ".join(
                    f"{self._kind_label(kind)}: {count}"
                    for kind, count in counts.items()
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _backfill(self, companies):
        """Backfill every ledger, each after the one that it inherits from.

        :param companies: `res.company`
        :return: number of newly governed records by kind
        """
        manager = "abs_connector.group_governance_manager"
        if not self.env.su and not self.env.user.has_group(manager):
            raise AccessError(
                _("Records are brought under Service Accounts by governance managers.")
            )
        counts = dict.fromkeys(_GOVERNED, 0)
        for kind, (model, _domain) in _GOVERNED.items():
            ledger = self.env[self.env[model]._ledger].sudo()
            for company in companies:
                counts[kind] += ledger._backfill(company)
        return counts
