import logging
from collections import defaultdict
from functools import partial

from odoo import SUPERUSER_ID, _, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import date_utils
from odoo.tools.misc import clean_context

from .guard import check_protected, internal
from .isolate import run_isolated

_logger = logging.getLogger(__name__)

PREFIXES = {"consignee": "SETTLE/CON/", "owner": "SETTLE/OWN/"}
SETTLING_GROUPS = (
    "account.group_account_invoice",
    "sales_team.group_sale_manager",
    "stock.group_stock_manager",
)
OVERRIDING_GROUPS = (
    "account.group_account_manager",
    "sales_team.group_sale_manager",
    "stock.group_stock_manager",
)
PAID_STATES = ("paid", "in_payment")


class ConsignmentSettlementReport(models.Model):
    """What a consignee owes an owner for devices sold: one report for each side.

    The consignee's report knows sale, customer and bill. The owner's report is a
    snapshot without any relation to them; only the consignee's side knows the pair.
    Reports come from shipments and retail sales alone and change through their
    methods alone.
    """

    _name = "consignment.settlement.report"
    _description = "Consignment Settlement Report"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _mail_post_access = "read"
    _order = "id desc"

    name = fields.Char("Reference", required=True, readonly=True)
    report_type = fields.Selection(
        [("owner", "Owner"), ("consignee", "Consignee")],
        "Side",
        required=True,
        readonly=True,
        index=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    owner_company_id = fields.Many2one(
        "res.company", "Owner", required=True, readonly=True, index=True
    )
    consignee_company_id = fields.Many2one(
        "res.company", "Consignee", required=True, readonly=True, index=True
    )
    counterparty_name = fields.Char(
        "Counterparty", readonly=True, help="Name of the other company, as it was."
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("confirmed", "Confirmed"),
            ("paid", "Paid"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="draft",
        readonly=True,
        index=True,
        tracking=True,
    )
    period_start = fields.Date("Period From", required=True, readonly=True)
    period_end = fields.Date("Period To", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    line_ids = fields.One2many(
        "consignment.settlement.line", "report_id", "Devices", readonly=True
    )
    device_count = fields.Integer("Devices Sold", readonly=True)
    clawback_count = fields.Integer("Clawbacks", readonly=True)
    total_owner_amount = fields.Monetary("Owner Amount", readonly=True)
    total_commission = fields.Monetary("Commission", readonly=True)
    commission_disclosed = fields.Boolean(
        readonly=True, help="The agreement lets the owner see the commission earned."
    )

    # The consignee's side only: empty on owners' reports, by a database constraint.
    agreement_id = fields.Many2one("device.consignment.agreement", readonly=True)
    total_sale_amount = fields.Monetary("Sale Amount", readonly=True)
    paired_report_id = fields.Many2one(
        "consignment.settlement.report",
        "Owner's Report",
        readonly=True,
        index="btree_not_null",
    )
    sale_order_id = fields.Many2one("sale.order", readonly=True, index="btree_not_null")
    packing_box_id = fields.Many2one(
        "packing.box", readonly=True, index="btree_not_null"
    )
    vendor_bill_id = fields.Many2one(
        "account.move", readonly=True, index="btree_not_null"
    )
    bill_warning = fields.Text(readonly=True)
    paid_override_reason = fields.Text(readonly=True)
    paid_override_user_id = fields.Many2one(
        "res.users", "Paid Without Bill By", readonly=True
    )

    bill_payment_state = fields.Selection(
        related="vendor_bill_id.payment_state", string="Bill Payment", tracking=False
    )
    paid_refusal = fields.Text(compute="_compute_paid_refusal")
    is_unpublished = fields.Boolean(compute="_compute_is_unpublished")
    can_read_pair = fields.Boolean(compute="_compute_can_read_pair")
    can_recreate = fields.Boolean(compute="_compute_can_recreate")

    _sql_constraints = [
        (
            "name_uniq",
            "UNIQUE(consignee_company_id, report_type, name)",
            "The number of a settlement report is taken.",
        ),
        (
            "owner_is_snapshot",
            "CHECK(report_type = 'consignee' OR ("
            "agreement_id IS NULL AND total_sale_amount IS NULL "
            "AND paired_report_id IS NULL AND sale_order_id IS NULL "
            "AND packing_box_id IS NULL AND vendor_bill_id IS NULL "
            "AND bill_warning IS NULL AND paid_override_reason IS NULL "
            "AND paid_override_user_id IS NULL "
            "AND (commission_disclosed OR total_commission IS NULL)))",
            "An owner's report holds nothing of the sale.",
        ),
        (
            "company_of_side",
            "CHECK(company_id = CASE report_type WHEN 'owner' THEN owner_company_id "
            "ELSE consignee_company_id END)",
            "A report belongs to the company of its side.",
        ),
    ]

    # -- computed -------------------------------------------------------------

    @api.depends("state", "vendor_bill_id", "report_type")
    def _compute_paid_refusal(self):
        for report in self:
            report.paid_refusal = (
                report.report_type == "consignee"
                and report.state == "confirmed"
                and report._get_paid_refusal()
            )

    @api.depends("paired_report_id", "report_type", "state")
    def _compute_is_unpublished(self):
        for report in self:
            report.is_unpublished = (
                report.report_type == "consignee"
                and report.state != "cancelled"
                and not report.paired_report_id
            )

    @api.depends("paired_report_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_can_read_pair(self):
        readable = self.search([("id", "in", self.paired_report_id.ids)])
        for report in self:
            report.can_read_pair = bool(report.paired_report_id & readable)

    @api.depends("state", "line_ids")
    def _compute_can_recreate(self):
        for report in self:
            report.can_recreate = report.state == "cancelled" and bool(
                report._get_recreatable_events()
            )

    # -- guards ---------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            check_protected(self, vals, set(self._fields))
        return super().create(vals_list)

    def write(self, vals):
        check_protected(self, vals, self._get_protected_fields())
        return super().write(vals)

    @api.model
    def _get_protected_fields(self):
        """Every field but those of chatter and activities."""
        return {
            name
            for name in self._fields
            if not name.startswith(("message_", "activity_", "my_activity_"))
        }

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            _(
                "%(names)s: a settlement report is never deleted. Cancel it.",
                names=", ".join(self.mapped("name")),
            )
        )

    def _check_may_settle(self, groups=SETTLING_GROUPS):
        """Let only those change a report who may read it and settle.

        :raises AccessError: naming the groups
        :raises UserError: for an owner's report, which follows the consignee's
        """
        self.check_access("read")
        if not self.env.su and not any(self.env.user.has_group(g) for g in groups):
            # Names of groups are no secret; users may not read the model of groups.
            names = [self.env.ref(g).sudo().full_name for g in groups]
            raise AccessError(
                _(
                    "Settlement reports are changed by: %(groups)s.",
                    groups=", ".join(names),
                )
            )
        owners = self.filtered(lambda r: r.report_type == "owner")
        if owners:
            raise UserError(
                _(
                    "%(names)s: an owner's report follows the consignee's report.",
                    names=", ".join(owners.mapped("name")),
                )
            )

    def _check_state(self, allowed, action):
        refused = self.filtered(lambda r: r.state not in allowed)
        if refused:
            raise UserError("\n".join(r._get_state_refusal(action) for r in refused))

    def _get_state_refusal(self, action):
        labels = dict(self._fields["state"]._description_selection(self.env))
        return _(
            "%(name)s is %(state)s and cannot be %(action)s.",
            name=self.name,
            state=labels[self.state],
            action=action,
        )

    def _lock(self):
        """Lock the reports' rows and read them again, so that the state is certain."""
        if self:
            self.flush_recordset()
            self.env.cr.execute(
                "SELECT id FROM consignment_settlement_report WHERE id IN %s "
                "ORDER BY id FOR UPDATE",
                [tuple(self.ids)],
            )
            self.invalidate_recordset()

    def _as_flow(self):
        """The reports for our own writes: with rights, without the client's defaults.

        Warehouse staff settle by shipping, with no rights on settlements or bills.
        """
        context = {**clean_context(self.env.context), "mail_create_nosubscribe": True}
        return internal(self.with_env(self.env(su=True, context=context)))

    def _as_system(self):
        """The reports as the system sees them, for everything on the owner's side.

        No user, no tracking and no context of the seller leaves a trace there.
        """
        context = {
            "tracking_disable": True,
            "mail_create_nolog": True,
            "mail_create_nosubscribe": True,
        }
        env = self.env(user=SUPERUSER_ID, context=context)
        return internal(self.with_env(env))

    # -- creation -------------------------------------------------------------

    @api.model
    def _create_pairs(self, sale_devices):
        """Settle devices just sold: one pair of reports for each owner.

        Sales that have a live settlement line are left out, so that a second call
        changes nothing. Returns of the owner that wait for a pair are taken back on
        this one. Where publication is periodic the owner's report follows by cron.

        :param sale_devices: `sale.order.line.device` of consigned devices, sold; of any
            number of owners. Own devices are left out
        :return: the consignee's `consignment.settlement.report` records
        :raises UserError: when a sale has no agreement
        """
        flow = self._as_flow()
        events = flow._get_unsettled_events(sale_devices.sudo().with_prefetch())
        reports = flow.browse()
        for (company, owner, *_shipment), group in flow._group_events(events).items():
            reports |= flow._create_consignee_report(company, owner, group)
        events.custody_id._set_settlement_status("pending")
        reports._release()
        return self.browse(reports.ids)

    def _release(self):
        """Publish and confirm new reports, as far as the company wants it at once."""
        self._publish_if_immediate()
        for report in self.filtered("company_id.settlement_auto_confirm"):
            report._confirm()

    @api.model
    def _get_unsettled_events(self, events):
        """Of these sales, those of consigned devices that no live line settles."""
        consigned = events.filtered(
            lambda e: e.owner_company_id and e.owner_company_id != e.company_id
        )
        lines = self.env["consignment.settlement.line"].search(
            [
                ("sale_device_id", "in", consigned.ids),
                ("line_type", "=", "sale"),
                ("is_live", "=", True),
            ]
        )
        unsettled = consigned - lines.sale_device_id
        missing = unsettled.filtered(lambda e: not e.agreement_id)
        if missing:
            raise UserError(
                _(
                    "No active agreement covers the sale of %(imeis)s: it cannot be "
                    "settled with the owner.",
                    imeis=", ".join(missing.lot_id.mapped("name")),
                )
            )
        return unsettled

    @api.model
    def _group_events(self, events):
        """One report for each owner and shipment.

        :return: dict of a key to `sale.order.line.device`, in the order of `events`
        """
        groups = defaultdict(list)
        for event in events:
            groups[self._get_group_key(event)].append(event.id)
        return {key: events.browse(ids) for key, ids in groups.items()}

    @api.model
    def _get_group_key(self, event):
        return (
            event.company_id,
            event.owner_company_id,
            event.order_id,
            event.packing_box_id,
        )

    @api.model
    def _create_consignee_report(self, company, owner, events):
        """Create the consignee's report on sales of one owner in one shipment.

        :param company: `res.company` that sold
        :param owner: `res.company` whose devices they were
        :param events: `sale.order.line.device`; empty to take returns back alone
        :return: `consignment.settlement.report`
        """
        flow = self.with_company(company).with_context(
            lang=company.partner_id.lang or self.env.lang
        )
        Line = flow.env["consignment.settlement.line"]
        clawbacks = flow._get_pending_clawbacks(company, owner)
        lines = [Line._prepare_sale_vals(e) for e in events.with_env(flow.env)]
        lines += [line._prepare_clawback_vals() for line in clawbacks]
        vals = flow._prepare_consignee_vals(events, company, owner)
        return flow._create_report(vals, lines)

    @api.model
    def _get_pending_clawbacks(self, company, owner):
        """Lines that settled a sale whose device came back, not taken back so far.

        :return: `consignment.settlement.line` of live sales
        """
        settled = [
            ("company_id", "=", company.id),
            ("report_id.owner_company_id", "=", owner.id),
            ("is_live", "=", True),
        ]
        Line = self.env["consignment.settlement.line"]
        returned = Line.search(
            [
                *settled,
                ("line_type", "=", "sale"),
                ("sale_device_id.is_returned", "=", True),
            ]
        )
        taken_back = Line.search(
            [
                ("line_type", "=", "clawback"),
                ("is_live", "=", True),
                ("sale_device_id", "in", returned.sale_device_id.ids),
            ]
        )
        done = taken_back.sale_device_id
        return returned.filtered(lambda line: line.sale_device_id not in done)

    @api.model
    def _prepare_consignee_vals(self, events, company, owner):
        """Values of a consignee's report without its totals."""
        sold = events.filtered("sold_date").mapped("sold_date")
        day = max(sold).date() if sold else fields.Date.today()
        period_start, period_end = self._get_period(company, day)
        agreement = events.agreement_id[-1:] or self._get_last_agreement(company, owner)
        return {
            "name": PREFIXES["consignee"] + self._next_number(company, day, period_end),
            "report_type": "consignee",
            "company_id": company.id,
            "consignee_company_id": company.id,
            "owner_company_id": owner.id,
            "counterparty_name": owner.name,
            "currency_id": company.currency_id.id,
            "period_start": period_start,
            "period_end": period_end,
            "agreement_id": agreement.id,
            "commission_disclosed": agreement.owner_sees_commission_earned,
            "sale_order_id": events.order_id[:1].id,
            "packing_box_id": events.packing_box_id[:1].id,
        }

    @api.model
    def _get_last_agreement(self, company, owner):
        return (
            self.env["device.consignment.agreement"]
            .with_context(active_test=False)
            .search(
                [
                    ("consignee_company_id", "=", company.id),
                    ("owner_company_id", "=", owner.id),
                    ("state", "!=", "draft"),
                ],
                limit=1,
            )
        )

    @api.model
    def _create_report(self, vals, lines):
        """Create a report with its totals and lines; two batches of queries.

        :param dict vals: values of the report
        :param list lines: values of its lines, without the report's
        """
        sold = [line for line in lines if line["line_type"] == "sale"]
        totals = {
            "device_count": len(sold),
            "clawback_count": len(lines) - len(sold),
            "total_owner_amount": sum(line["owner_amount"] for line in lines),
        }
        if vals["report_type"] == "consignee":
            totals["total_sale_amount"] = sum(line["sale_price"] for line in lines)
            totals["total_commission"] = sum(
                line["commission_amount"] for line in lines
            )
        report = self.create({**vals, **totals})
        common = {
            "report_id": report.id,
            "report_type": report.report_type,
            "company_id": report.company_id.id,
            "currency_id": report.currency_id.id,
        }
        if report.report_type == "consignee":
            common["is_live"] = True
        self.env["consignment.settlement.line"].create(
            [{**common, **line} for line in lines]
        )
        return report

    # -- period and number ----------------------------------------------------

    @api.model
    def _get_period(self, company, day):
        """First and last day of the settlement period that holds a day.

        :param company: consignee's `res.company`; its setting says week or month
        :param date day: a day, in UTC
        """
        granularity = company.settlement_period or "month"
        return (
            date_utils.start_of(day, granularity),
            date_utils.end_of(day, granularity),
        )

    @api.model
    def _get_number_sequence(self, company):
        """The sequence that a company's pairs share, made when first asked for.

        Activating an agreement asks, before anything can be sold under it. Numbers
        of a shipment that fails are lost: a gap means nothing.
        """
        # The technical model of sequences is closed to the roles that ship.
        Sequence = self.env["ir.sequence"].sudo()
        sequence = Sequence.search(
            [
                ("code", "=", "consignment.settlement"),
                ("company_id", "=", company.id),
            ],
            limit=1,
        )
        return sequence or Sequence.create(
            {
                "name": _("Consignment Settlement"),
                "code": "consignment.settlement",
                "company_id": company.id,
                "prefix": "%(year)s/",
                "padding": 5,
                "use_date_range": True,
            }
        )

    @api.model
    def _next_number(self, company, day, period_end):
        """Next number of a company, as ``2026/00001``.

        The year is the sale's. Where publication is periodic it is that of the
        period's end: in a week across New Year it would tell the owner on which side
        of it the sale was.
        """
        periodic = company.settlement_publication == "periodic"
        day = period_end if periodic else day
        sequence = self._get_number_sequence(company)
        return sequence.with_context(ir_sequence_date=str(day)).next_by_id()

    # -- publication to the owner ---------------------------------------------

    def _publish_if_immediate(self):
        self.filtered(
            lambda r: r.company_id.settlement_publication != "periodic"
        )._publish()

    def _publish(self):
        """Create the owners' reports of these consignee's reports, under their numbers.

        :return: the owners' `consignment.settlement.report` records
        """
        published = self.browse()
        for report in self.filtered("is_unpublished"):
            system = report._as_system()
            owner_report = system._create_report(
                system._prepare_owner_vals(),
                [line._prepare_owner_vals() for line in system.line_ids],
            )
            internal(report).write({"paired_report_id": owner_report.id})
            published |= owner_report
        return published

    def _prepare_owner_vals(self):
        """Values of the owner's report: nothing that tells of the sale."""
        self.ensure_one()
        number = self.name.removeprefix(PREFIXES["consignee"])
        vals = {
            "name": PREFIXES["owner"] + number,
            "report_type": "owner",
            "company_id": self.owner_company_id.id,
            "consignee_company_id": self.consignee_company_id.id,
            "owner_company_id": self.owner_company_id.id,
            "counterparty_name": self.consignee_company_id.name,
            "currency_id": self.currency_id.id,
            "period_start": self.period_start,
            "period_end": self.period_end,
            "state": self.state,
            "commission_disclosed": self.commission_disclosed,
        }
        if self.commission_disclosed:
            vals["total_commission"] = self.total_commission
        return vals

    @api.model
    def _cron_publish_owner_reports(self):
        """Show the owners what happened in the periods that are over.

        Each report and each owner's statuses stand on their own savepoint; what fails
        is logged and due again at the next run.

        :return: number of reports published
        """
        # Periods are of UTC days, whoever runs this: so is the day of a sale.
        today = fields.Date.today()
        due = self.search(
            [
                ("report_type", "=", "consignee"),
                ("state", "!=", "cancelled"),
                ("paired_report_id", "=", False),
                ("period_end", "<", today),
            ],
            order="id",
        )
        done = sum(run_isolated(report, report._publish) for report in due)
        _logger.info("%s of %s owner reports published", done, len(due))
        self.env["device.consignment.agreement"]._publish_due_statuses()
        return done

    @api.model
    def _cron_settle_last_returns(self):
        """Take back returns of owners whose agreement is over, on a pair of their own.

        No shipment follows that would carry them.

        :return: number of pairs created
        """
        flow = self._as_flow()
        parties = flow._get_parties_without_agreement()
        done = sum(
            run_isolated(owner, partial(flow._settle_returns, company, owner))
            for company, owner in parties
        )
        _logger.info("Last returns of %s of %s owners settled", done, len(parties))
        return done

    @api.model
    def _get_parties_without_agreement(self):
        """Pairs of (consignee, owner) with returns to take back and no agreement."""
        returned = self.env["consignment.settlement.line"].search(
            [
                ("line_type", "=", "sale"),
                ("is_live", "=", True),
                ("sale_device_id.is_returned", "=", True),
                ("report_id.agreement_id.state", "=", "terminated"),
            ]
        )
        parties = {(r.company_id, r.owner_company_id) for r in returned.report_id}
        running = self.env["device.consignment.agreement"].search(
            [("state", "in", ("active", "suspended"))]
        )
        served = {(a.consignee_company_id, a.owner_company_id) for a in running}
        return [
            parties_of_report
            for parties_of_report in sorted(parties, key=lambda p: (p[0].id, p[1].id))
            if parties_of_report not in served
            and self._get_pending_clawbacks(*parties_of_report)
        ]

    def _settle_returns(self, company, owner):
        events = self.env["sale.order.line.device"]
        self._create_consignee_report(company, owner, events)._release()

    # -- life -----------------------------------------------------------------

    def action_confirm(self):
        """Confirm draft reports and bill the owner.

        :raises AccessError: when the user may not settle
        :raises UserError: when one is not a consignee's draft
        """
        self._check_may_settle()
        self._lock()
        self._check_state(("draft",), _("confirmed"))
        self._as_flow()._confirm()

    def _confirm(self):
        self._set_state("confirmed")
        self._create_settlement_vendor_bill()

    def action_mark_paid(self):
        """Close reports whose bill is posted and paid, the owner's side included.

        :raises AccessError: when the user may not settle
        :raises UserError: when one is not confirmed or not paid, saying why
        """
        self._check_may_settle()
        self._lock()
        self._check_state(("confirmed",), _("marked as paid"))
        refusals = [reason for r in self if (reason := r._get_paid_refusal())]
        if refusals:
            raise UserError("\n".join(refusals))
        self._as_flow()._set_paid()

    def _get_paid_refusal(self):
        """Why the report cannot be marked as paid: a text, or False when it can."""
        self.ensure_one()
        # Whoever may settle sees how far the bill is, with or without accounting.
        report = self.sudo()
        bill = report.vendor_bill_id
        values = {"name": self.name, "bill": bill.name}
        if not bill and report._has_nothing_to_bill():
            return False
        if not bill:
            return _("%(name)s has no vendor bill yet. Create it with Retry.", **values)
        if bill.state != "posted":
            return _("%(name)s: its bill %(bill)s is not posted.", **values)
        if not self._is_bill_total_right(bill):
            return _(
                "%(name)s: its bill %(bill)s differs from the owner amount.", **values
            )
        if bill.payment_state not in PAID_STATES:
            return _("%(name)s: its bill %(bill)s is not paid yet.", **values)
        return False

    def action_override_paid(self):
        """Ask a manager for the reason why a report is paid without its bill."""
        self._check_may_settle(OVERRIDING_GROUPS)
        return {
            "type": "ir.actions.act_window",
            "name": _("Mark as Paid Without Bill"),
            "res_model": "settlement.paid.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_report_id": self.id},
        }

    def _override_paid(self, reason):
        """Close a report although its bill is not paid.

        :param str reason: why; kept on the report and in its chatter
        :raises AccessError: when the user is not a manager
        :raises UserError: when the report is not confirmed or no reason is given
        """
        self.ensure_one()
        self._check_may_settle(OVERRIDING_GROUPS)
        self._lock()
        self._check_state(("confirmed",), _("marked as paid"))
        if not (reason or "").strip():
            raise UserError(_("Reason: say why the report is paid without its bill."))
        report = self._as_flow()
        report.write(
            {"paid_override_reason": reason, "paid_override_user_id": self.env.uid}
        )
        report._log_seller(_("Paid without a paid bill: %(reason)s", reason=reason))
        report._set_paid()

    def _set_paid(self):
        self._set_state("paid")
        self._get_sale_lines().sale_device_id.custody_id._set_settlement_status(
            "settled"
        )

    def action_cancel(self):
        """Cancel reports that are not billed, the owner's side included.

        The sales are free to be settled again, by *Create Again*.

        :raises AccessError: when the user may not settle
        :raises UserError: when one is paid, has a posted bill, or has a sale that
            another report takes back
        """
        self._check_may_settle()
        self._lock()
        self._check_state(("draft", "confirmed"), _("cancelled"))
        flow = self._as_flow()
        flow._check_not_billed()
        flow._check_not_taken_back()
        flow.vendor_bill_id.filtered(lambda b: b.state == "draft").button_cancel()
        internal(flow.line_ids).write({"is_live": False})
        flow.write({"bill_warning": False})
        flow._set_state("cancelled")

    def _check_not_billed(self):
        posted = self.vendor_bill_id.filtered(lambda bill: bill.state == "posted")
        if posted:
            raise UserError(
                _(
                    "The bill %(bills)s is posted: reverse it and reset it to draft "
                    "before you cancel the report.",
                    bills=", ".join(posted.mapped("name")),
                )
            )

    def _check_not_taken_back(self):
        clawbacks = self.env["consignment.settlement.line"].search(
            [
                ("line_type", "=", "clawback"),
                ("is_live", "=", True),
                ("report_id", "not in", self.ids),
                ("sale_device_id", "in", self._get_sale_lines().sale_device_id.ids),
            ]
        )
        if clawbacks:
            raise UserError(
                _(
                    "%(reports)s takes back devices of this report: cancel it first.",
                    reports=", ".join(clawbacks.report_id.mapped("name")),
                )
            )

    def action_recreate(self):
        """Settle the sales of cancelled reports again.

        :return: action on the new reports
        :raises UserError: when one is not cancelled, or nothing is left to settle
        """
        self._check_may_settle()
        self._check_state(("cancelled",), _("created again"))
        events = self._as_flow()._get_recreatable_events()
        reports = self._create_pairs(events)
        if not reports:
            raise UserError(
                _("Every sale of this report is settled by another one, or returned.")
            )
        return reports._get_records_action()

    def _get_sale_lines(self):
        return self.line_ids.filtered(lambda line: line.line_type == "sale")

    def _get_recreatable_events(self):
        """Sales of these reports that nothing settles and that were not returned."""
        # Whether a sale is settled elsewhere does not depend on who asks.
        events = self.sudo()._get_sale_lines().sale_device_id
        kept = events.filtered(lambda e: e.state == "sold" and not e.is_returned)
        return self.sudo()._get_unsettled_events(kept)

    # -- smart buttons --------------------------------------------------------

    def action_view_vendor_bill(self):
        self.ensure_one()
        return self.vendor_bill_id._get_records_action(name=_("Vendor Bill"))

    def action_view_pair(self):
        self.ensure_one()
        return self.paired_report_id._get_records_action(name=_("Owner's Report"))

    def action_view_sale_order(self):
        self.ensure_one()
        return self.sale_order_id._get_records_action(name=_("Sales Order"))

    def action_view_devices(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "device_inventory.action_consignment_settlement_line"
        )
        action["domain"] = [("report_id", "in", self.ids)]
        return action

    # -- both sides -----------------------------------------------------------

    def _set_state(self, state):
        """Write the state on both sides; the owner's without a trace of who did it."""
        internal(self).write({"state": state})
        # A pending write is stored under the name of whoever flushes it: the seller's
        # goes first, the owner's at once, so that the system signs it.
        self.flush_recordset()
        owner_reports = self.paired_report_id._as_system()
        owner_reports.write({"state": state})
        owner_reports.flush_recordset()

    def _log_seller(self, body):
        """Note something in the chatter of consignees' reports."""
        for report in self:
            report._message_log(body=body)
