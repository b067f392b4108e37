import logging
from collections import defaultdict

from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import date_utils

from .device_consignment_terms import ACCOUNTING_MODES, COMMISSION_TYPES
from .guard import check_protected, internal
from .isolate import run_isolated

_logger = logging.getLogger(__name__)

# What the owner may know when the agreement says so.
COMMISSION_FIELDS = ("commission_type", "commission_rate")
# Kept as signed once the agreement was in force.
SIGNED_FIELDS = {"owner_company_id", "consignee_company_id"}
# Changed by the buttons and the cron alone.
PROTECTED = {"state", "published_until"}


class DeviceConsignmentAgreement(models.Model):
    """An owner lets a consignee sell its devices.

    Both companies read this row; `device.consignment.terms` holds what only the
    consignee knows, and the fields of that name here show it to those who may read it.
    """

    _name = "device.consignment.agreement"
    _description = "Consignment Agreement"
    _order = "date_start desc, id desc"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    owner_company_id = fields.Many2one(
        "res.company", "Owner", required=True, index=True, ondelete="restrict"
    )
    consignee_company_id = fields.Many2one(
        "res.company",
        "Consignee",
        required=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(
        "res.currency", compute="_compute_currency_id", compute_sudo=True
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("active", "Active"),
            ("suspended", "Suspended"),
            ("terminated", "Terminated"),
        ],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        index=True,
    )
    date_start = fields.Date(
        "Start Date", required=True, default=fields.Date.context_today
    )
    date_end = fields.Date("End Date", copy=False, help="Empty: open-ended.")
    owner_sees_device_status = fields.Boolean(default=True)
    owner_sees_commission_earned = fields.Boolean(
        help="The owner sees commission and rate, and can then work out every sale "
        "price."
    )
    terms = fields.Html("Terms & Conditions", help="Both companies read this text.")
    published_until = fields.Date(
        readonly=True,
        copy=False,
        help="Last day whose reports and device statuses the owner has been shown, "
        "where publication is periodic.",
    )
    commission_type = fields.Selection(
        COMMISSION_TYPES,
        compute="_compute_commission_type",
        inverse="_inverse_terms",
        search="_search_commission_type",
        default="none",
        copy=True,
    )
    commission_rate = fields.Float(
        digits=(16, 6),
        compute="_compute_commission_rate",
        inverse="_inverse_terms",
        search="_search_commission_rate",
        copy=True,
        help="Percentage: the fraction of the sale price that the consignee keeps "
        "(0.15 is 15 %). Fixed: the amount it keeps for each device, in its currency.",
    )
    accounting_mode = fields.Selection(
        ACCOUNTING_MODES,
        compute="_compute_accounting_mode",
        inverse="_inverse_terms",
        search="_search_accounting_mode",
        default="on_receipt",
        copy=True,
        help="Valued on receipt: consigned devices stand in the stock value from their "
        "receipt. Off balance: they never do, and their owner amount is a cost when "
        "they are settled.",
    )
    vendor_ids = fields.Many2many(
        "res.partner",
        string="Vendors",
        compute="_compute_vendor_ids",
        inverse="_inverse_terms",
        search="_search_vendor_ids",
        copy=True,
        help="Purchase orders to these vendors receive devices of the owner.",
    )
    can_read_terms = fields.Boolean(compute="_compute_can_read_terms", default=True)
    warning = fields.Char(compute="_compute_warning")

    _sql_constraints = [
        (
            "two_companies",
            "CHECK(owner_company_id <> consignee_company_id)",
            "Owner and Consignee: an agreement is between two different companies.",
        ),
        (
            "date_order",
            "CHECK(date_end IS NULL OR date_end >= date_start)",
            "End Date: an agreement cannot end before its Start Date.",
        ),
        # A company as a range of one: core's GiST operators compare ranges without
        # an extension of the database. The consignee takes no part, because an owner
        # has one consignee at a time.
        (
            "one_active",
            "EXCLUDE USING gist ("
            "int4range(owner_company_id, owner_company_id, '[]') WITH &&, "
            "daterange(date_start, date_end, '[]') WITH &&) "
            "WHERE (state = 'active')",
            "This owner already has an active agreement within these dates. An owner "
            "has one consignee and one agreement at a time.",
        ),
    ]

    # -- terms, for those who may read them -----------------------------------

    @api.depends("consignee_company_id")
    def _compute_currency_id(self):
        for agreement in self:
            agreement.currency_id = agreement.consignee_company_id.currency_id

    def _get_readable_terms(self):
        """Map the agreements' ids to their terms, as far as the user may read them."""
        Terms = self.env["device.consignment.terms"]
        if not Terms.has_access("read"):
            return {}
        terms = Terms.search([("agreement_id", "in", self._origin.ids)])
        return {row.agreement_id.id: row for row in terms}

    def _get_disclosed_terms(self):
        """Map agreements that disclose the commission to the owner to their terms."""
        disclosing = self._origin.filtered("owner_sees_commission_earned")
        # The agreement says that its readers, the owner among them, may know it.
        terms = (
            self.env["device.consignment.terms"]
            .sudo()
            .search([("agreement_id", "in", disclosing.ids)])
        )
        return {row.agreement_id.id: row for row in terms}

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_can_read_terms(self):
        readable = self._get_readable_terms()
        for agreement in self:
            agreement.can_read_terms = (
                not agreement._origin or agreement._origin.id in readable
            )

    def _compute_from_terms(self, name):
        """Show one field of the terms; empty to those who may not read it."""
        shown = self._get_readable_terms()
        if name in COMMISSION_FIELDS:
            shown = {**self._get_disclosed_terms(), **shown}
        nothing = self.env["device.consignment.terms"]
        for agreement in self:
            agreement[name] = shown.get(agreement._origin.id, nothing)[name]

    def _inverse_terms(self):
        """Write the terms as the user: their access rights and rules decide."""
        existing = self._get_readable_terms()
        for agreement in self:
            vals = agreement._prepare_terms_vals()
            terms = existing.get(agreement.id)
            if terms:
                terms.write(vals)
            else:
                self.env["device.consignment.terms"].create(
                    {"agreement_id": agreement.id, **vals}
                )

    def _prepare_terms_vals(self):
        return {
            "commission_type": self.commission_type or "none",
            "commission_rate": self.commission_rate,
            "accounting_mode": self.accounting_mode or "on_receipt",
            "vendor_ids": [(6, 0, self.vendor_ids.ids)],
        }

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_commission_type(self):
        self._compute_from_terms("commission_type")

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_commission_rate(self):
        self._compute_from_terms("commission_rate")

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_accounting_mode(self):
        self._compute_from_terms("accounting_mode")

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_vendor_ids(self):
        self._compute_from_terms("vendor_ids")

    @api.model
    def _search_terms(self, field, operator, value):
        """Agreements by their terms; nobody finds what they may not read."""
        Terms = self.env["device.consignment.terms"]
        if not Terms.has_access("read"):
            return [("id", "=", 0)]
        return [("id", "in", Terms.search([(field, operator, value)]).agreement_id.ids)]

    @api.model
    def _search_commission_type(self, operator, value):
        return self._search_terms("commission_type", operator, value)

    @api.model
    def _search_commission_rate(self, operator, value):
        return self._search_terms("commission_rate", operator, value)

    @api.model
    def _search_accounting_mode(self, operator, value):
        return self._search_terms("accounting_mode", operator, value)

    @api.model
    def _search_vendor_ids(self, operator, value):
        return self._search_terms("vendor_ids", operator, value)

    @api.depends("state", "commission_type", "commission_rate", "can_read_terms")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_warning(self):
        for agreement in self:
            agreement.warning = agreement.can_read_terms and agreement._get_warning()

    def _get_warning(self):
        if self.state != "active":
            return _(
                "The agreement is not active: the consignee cannot allocate or sell "
                "the owner's devices."
            )
        if self.commission_type == "none":
            return _("No commission: the owner receives the whole sale price.")
        if not self.commission_rate:
            return _("The commission rate is zero: the owner receives the whole price.")
        return False

    # -- guards ---------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            check_protected(self, vals, PROTECTED)
        return super().create(vals_list)

    def write(self, vals):
        check_protected(self, vals, PROTECTED)
        self._check_signed(vals)
        if vals.get("active") is False:
            self._check_archive()
        result = super().write(vals)
        if "owner_sees_commission_earned" in vals:
            # No dependency: it would undo a rate being edited in the same form.
            self.invalidate_recordset(COMMISSION_FIELDS)
        return result

    def _check_signed(self, vals):
        signed = self.filtered(lambda a: a.state != "draft")
        for name in SIGNED_FIELDS.intersection(vals):
            if any(agreement[name].id != vals[name] for agreement in signed):
                raise UserError(
                    _(
                        "%(field)s: the parties of %(names)s cannot change after the "
                        "agreement was activated. Terminate it and make a new one.",
                        field=self._fields[name].string,
                        names=", ".join(signed.mapped("name")),
                    )
                )

    def _check_archive(self):
        running = self.filtered(lambda a: a.state in ("active", "suspended"))
        if running:
            raise UserError(
                _(
                    "%(names)s: terminate an agreement before you archive it.",
                    names=", ".join(running.mapped("name")),
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_signed(self):
        signed = self.filtered(lambda a: a.state != "draft")
        if signed:
            raise UserError(
                _(
                    "%(names)s: only a draft agreement can be deleted.",
                    names=", ".join(signed.mapped("name")),
                )
            )

    # -- life -----------------------------------------------------------------

    def action_activate(self):
        """Put draft or suspended agreements in force.

        :raises UserError: when one is terminated, over, or meets another active one
        """
        self._check_state(("draft", "suspended"), _("activated"))
        self._check_not_over()
        for agreement in self:
            agreement._check_other_active()
            agreement._set_state("active")
        self._ensure_settlement_sequences()

    def action_suspend(self):
        """Stop new allocations and sales for a while.

        :raises UserError: when one is not active
        """
        self._check_state(("active",), _("suspended"))
        self._set_state("suspended")

    def action_terminate(self):
        """End agreements for good.

        :raises UserError: when one is terminated already
        """
        self._check_state(("draft", "active", "suspended"), _("terminated"))
        self._terminate()

    def _terminate(self):
        self._set_state("terminated")

    def action_view_settlements(self):
        """Open the reports of the agreements' owners, as far as the user may read."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "device_inventory.action_consignment_settlement_report"
        )
        action["domain"] = [("owner_company_id", "in", self.owner_company_id.ids)]
        action["context"] = {}
        return action

    def action_view_terms(self):
        """Open the terms with the log of their changes.

        :raises AccessError: when the user may not read the terms
        """
        self.ensure_one()
        # Found for everybody, so that the check can refuse by name.
        terms = (
            self.env["device.consignment.terms"]
            .sudo()
            .search([("agreement_id", "=", self.id)])
            .sudo(False)
        )
        terms.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": _("Terms History"),
            "res_model": terms._name,
            "res_id": terms.id,
            "view_mode": "form",
        }

    def _set_state(self, state):
        self.check_access("write")
        labels = dict(self._fields["state"]._description_selection(self.env))
        internal(self).write({"state": state})
        # The log stands with the terms, which the owner does not read.
        terms = self.env["device.consignment.terms"].sudo()
        for row in terms.search([("agreement_id", "in", self.ids)]):
            row._message_log(body=_("Agreement: %(state)s.", state=labels[state]))

    def _check_state(self, allowed, action):
        refused = self.filtered(lambda a: a.state not in allowed)
        if refused:
            raise UserError("\n".join(a._get_state_refusal(action) for a in refused))

    def _get_state_refusal(self, action):
        labels = dict(self._fields["state"]._description_selection(self.env))
        return _(
            "%(name)s is %(state)s and cannot be %(action)s.",
            name=self.name,
            state=labels[self.state],
            action=action,
        )

    def _check_not_over(self):
        today = fields.Date.context_today(self)
        over = self.filtered(lambda a: a.date_end and a.date_end < today)
        if over:
            raise UserError("\n".join(a._get_over_refusal() for a in over))

    def _get_over_refusal(self):
        return _(
            "%(name)s: its End Date %(date)s is over. Move the date before you "
            "activate it.",
            name=self.name,
            date=self.date_end,
        )

    def _check_other_active(self):
        """An owner has one agreement, so one consignee, at a time."""
        # An agreement with a consignee whose rows the user may not read counts too;
        # only its name and dates are told.
        other = self.sudo().search(
            [
                ("id", "!=", self.id),
                ("owner_company_id", "=", self.owner_company_id.id),
                ("state", "=", "active"),
                "|",
                ("date_end", "=", False),
                ("date_end", ">=", self.date_start),
                *([("date_start", "<=", self.date_end)] if self.date_end else []),
            ],
            limit=1,
        )
        if other:
            raise ValidationError(
                _(
                    "%(name)s: the owner already has the active agreement %(other)s "
                    "(%(start)s to %(end)s). An owner has one consignee and one "
                    "agreement at a time.",
                    name=self.name,
                    other=other.name,
                    start=other.date_start,
                    end=other.date_end or _("open end"),
                )
            )

    def _ensure_settlement_sequences(self):
        Report = self.env["consignment.settlement.report"]
        for company in self.consignee_company_id:
            Report._get_number_sequence(company)

    @api.model
    def _cron_terminate_expired(self):
        """Terminate the agreements whose end date is over, each on its own.

        :return: number terminated
        """
        expired = self.search(
            [
                ("state", "in", ("active", "suspended")),
                ("date_end", "<", fields.Date.context_today(self)),
            ]
        )
        done = sum(
            run_isolated(agreement, agreement._terminate) for agreement in expired
        )
        _logger.info("%s of %s expired agreements terminated", done, len(expired))
        return done

    @api.model
    def _publish_due_statuses(self):
        """Show owners the statuses of their devices, once after each period.

        For consignees whose publication is periodic; each pair of companies on its
        own savepoint.

        :return: number of owners published to
        """
        agreements = self.with_context(active_test=False).search(
            [
                ("state", "!=", "draft"),
                ("consignee_company_id.settlement_publication", "=", "periodic"),
            ]
        )
        by_parties = defaultdict(self.browse)
        for agreement in agreements:
            parties = agreement.owner_company_id, agreement.consignee_company_id
            by_parties[parties] |= agreement
        due = [group for group in by_parties.values() if group._is_status_due()]
        done = sum(run_isolated(group, group._publish_statuses) for group in due)
        _logger.info("Device statuses of %s of %s owners published", done, len(due))
        return done

    def _get_last_period_end(self):
        """Last day of the period before today's, of the agreements' consignee."""
        Report = self.env["consignment.settlement.report"]
        today = fields.Date.today()
        start, _end = Report._get_period(self.consignee_company_id, today)
        return date_utils.subtract(start, days=1)

    def _is_status_due(self):
        last_day = self._get_last_period_end()
        return any((a.published_until or a.date_start) < last_day for a in self)

    def _publish_statuses(self):
        """Publish the statuses of one owner's devices at one consignee."""
        self.env["stock.lot"]._publish_owner_status(
            self.owner_company_id, self.consignee_company_id
        )
        internal(self).write({"published_until": self._get_last_period_end()})

    # -- for the flows --------------------------------------------------------

    @api.model
    def _get_active_domain(self, consignee_company, date=None):
        date = date or fields.Date.context_today(self)
        return [
            ("consignee_company_id", "=", consignee_company.id),
            ("state", "=", "active"),
            ("date_start", "<=", date),
            "|",
            ("date_end", "=", False),
            ("date_end", ">=", date),
        ]

    @api.model
    def _get_active(self, owner_company, consignee_company, date=None):
        """Return the agreement by which a consignee may sell an owner's devices.

        :param owner_company: `res.company` that owns devices
        :param consignee_company: `res.company` that sells them
        :param date date: the day asked about, by default today
        :return: `device.consignment.agreement` in superuser mode, empty if none is in
            force: read facts from it, do not hand it to a screen
        """
        # Whoever receives, allocates or ships acts under the agreement without the
        # right to read it.
        return self.sudo().search(
            [
                ("owner_company_id", "=", owner_company.id),
                *self._get_active_domain(consignee_company, date),
            ],
            limit=1,
        )

    @api.model
    def _get_active_by_vendor(self, vendor_partner, consignee_company, date=None):
        """Return the agreement whose vendors include a partner or its company.

        :param vendor_partner: `res.partner` of a purchase order
        :param consignee_company: `res.company` that orders
        :param date date: the day asked about, by default today
        :return: `device.consignment.agreement` in superuser mode, empty if none
        """
        if not vendor_partner:
            return self.sudo().browse()
        partners = vendor_partner | vendor_partner.commercial_partner_id
        # A buyer orders for the owner without the right to read the agreement.
        terms = (
            self.env["device.consignment.terms"]
            .sudo()
            .search(
                [
                    ("company_id", "=", consignee_company.id),
                    ("vendor_ids", "in", partners.ids),
                ]
            )
        )
        domain = [
            ("id", "in", terms.agreement_id.ids),
            *self._get_active_domain(consignee_company, date),
        ]
        return self.sudo().search(domain, limit=1)

    def _prepare_commission_vals(self, price, currency, date=None):
        """Return the commission of one device sold at a price.

        Percentage: price x rate, a fraction. Fixed: an amount for each device.
        The owner amount is the price less the commission.

        :param float price: price of one device
        :param currency: `res.currency` of the price
        :param date date: day whose exchange rate converts a fixed commission
        :return: dict(agreement_id, commission_type, commission_rate,
            commission_amount, owner_amount); the amounts are rounded in `currency`
        :raises UserError: when called without an agreement
        """
        if not self:
            raise UserError(
                _("No active agreement lets this company sell the owner's devices.")
            )
        self.ensure_one()
        # The seller's document keeps the commission; the salesman may not read rates.
        agreement = self.sudo()
        commission = agreement._get_commission(
            price, currency, date or fields.Date.context_today(self)
        )
        return {
            "agreement_id": self.id,
            "commission_type": agreement.commission_type,
            "commission_rate": agreement.commission_rate,
            "commission_amount": commission,
            "owner_amount": currency.round(price - commission),
        }

    def _get_commission(self, price, currency, date):
        """What the consignee keeps of a price: the one place that rounds it."""
        if self.commission_type == "percentage":
            return currency.round(price * self.commission_rate)
        if self.commission_type == "fixed":
            return self.currency_id._convert(
                self.commission_rate, currency, self.consignee_company_id, date
            )
        return 0.0
