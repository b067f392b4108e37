from datetime import date, datetime
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import CheckViolation, UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.device_inventory.models.guard import internal

from .settlement_common import SettlementCommon


@tagged("post_install", "-at_install")
class TestSettlementPair(SettlementCommon):
    """What shipping creates."""

    def test_each_owner_of_a_mixed_box_gets_a_pair(self):
        self._agree()
        self._agree(
            self.other_owner,
            commission_type="fixed",
            commission_rate=30,
            vendor_ids=[(6, 0, self.other_vendor.ids)],
        )
        first = self._receive(self.vendor, [100, 110])
        second = self._receive(self.other_vendor, [90])
        own = self._receive(self.customer, [80])
        prices = (200, 210.55, 150, 120)
        reports = self._ship(list(zip(first | second | own, prices, strict=True)))
        self.assertEqual(len(reports), 2)
        mine = reports.filtered(lambda r: r.owner_company_id == self.owner)
        other = reports - mine
        self.assertRecordValues(
            mine,
            [
                {
                    "report_type": "consignee",
                    "company_id": self.consignee.id,
                    "device_count": 2,
                    "total_sale_amount": 410.55,
                    "total_commission": 61.58,
                    "total_owner_amount": 348.97,
                    "state": "confirmed",
                }
            ],
        )
        self.assertEqual(other.total_owner_amount, 120)
        self.assertEqual(other.total_commission, 30)
        self.assertEqual(mine.line_ids.lot_id | other.line_ids.lot_id, first | second)

    def test_pair_shares_its_number(self):
        self._agree()
        report = self._sell_consigned([200])
        self.assertRegex(report.name, r"^SETTLE/CON/\d{4}/00001$")
        self.assertEqual(
            report.paired_report_id.name, report.name.replace("/CON/", "/OWN/")
        )
        second = self._sell_consigned([200])
        self.assertRegex(second.name, r"^SETTLE/CON/\d{4}/00002$")

    def test_each_company_has_its_own_numbers(self):
        report = self.env["consignment.settlement.report"]
        one = report._get_number_sequence(self.consignee)
        other = report._get_number_sequence(self.other_owner)
        self.assertNotEqual(one, other)
        self.assertEqual(report._get_number_sequence(self.consignee), one)

    def test_number_carries_the_year_of_the_sale(self):
        report = self.env["consignment.settlement.report"]
        number = report._next_number(
            self.consignee, date(2031, 12, 31), date(2032, 1, 4)
        )
        self.assertEqual(number, "2031/00001")
        self.consignee.settlement_publication = "periodic"
        number = report._next_number(
            self.consignee, date(2031, 12, 31), date(2032, 1, 4)
        )
        self.assertEqual(number, "2032/00001")

    def test_own_devices_are_not_settled(self):
        lots = self._receive(self.customer, [80])
        self.assertFalse(self._ship([(lots, 120)]))

    def test_a_second_call_changes_nothing(self):
        self._agree()
        report = self._sell_consigned([200])
        events = report.line_ids.sale_device_id
        again = self.env["consignment.settlement.report"]._create_pairs(events)
        self.assertFalse(again)

    def test_sale_without_agreement_is_refused_by_name(self):
        self._agree()
        box = self._pack([(self._receive(self.vendor, [100]), 200)])
        events = box.line_ids.allocation_id
        internal(events).write({"agreement_id": False})
        with self.assertRaisesRegex(UserError, events.lot_id.name):
            self.env["consignment.settlement.report"]._create_pairs(events)

    def test_every_line_adds_up_after_rounding(self):
        self._agree(commission_rate=1 / 3)
        report = self._sell_consigned([99.99, 33.34, 0.01, 1234.56])
        for line in report.line_ids:
            self.assertAlmostEqual(
                line.sale_price, line.commission_amount + line.owner_amount, 2
            )
        self.assertAlmostEqual(
            report.total_sale_amount,
            report.total_commission + report.total_owner_amount,
            2,
        )
        self.assertAlmostEqual(
            report.total_owner_amount, sum(report.line_ids.mapped("owner_amount")), 2
        )

    def test_rates_are_kept_as_they_were(self):
        agreement = self._agree(commission_rate=0.15)
        report = self._sell_consigned([200])
        agreement.commission_rate = 0.5
        self.assertAlmostEqual(report.line_ids.commission_rate, 0.15)
        self.assertEqual(report.line_ids.owner_amount, 170)

    def test_sale_in_another_currency_is_converted_at_the_day_of_sale(self):
        currency = self.env["res.currency"].create(
            {
                "name": "XTS",
                "symbol": "t",
                "rate_ids": [
                    (
                        0,
                        0,
                        {
                            "name": "2020-01-01",
                            "rate": 4.0,
                            "company_id": self.consignee.id,
                        },
                    )
                ],
            }
        )
        self._agree(commission_rate=0.25)
        pricelist = self.env["product.pricelist"].create(
            {"name": "Test", "currency_id": currency.id}
        )
        report = self._sell_consigned([400], order_vals={"pricelist_id": pricelist.id})
        self.assertEqual(report.currency_id, self.consignee.currency_id)
        self.assertEqual(report.total_sale_amount, 100)
        self.assertEqual(report.total_owner_amount, 75)
        self.assertEqual(report.vendor_bill_id.amount_total, 75)

    def test_custody_waits_for_settlement(self):
        self._agree()
        report = self._sell_consigned([200])
        custody = report.line_ids.sale_device_id.custody_id
        self.assertEqual(custody.settlement_status, "pending")

    def test_report_stays_a_draft_if_the_company_wants_to_confirm(self):
        self.consignee.settlement_auto_confirm = False
        self._agree()
        report = self._sell_consigned([200])
        self.assertEqual(report.state, "draft")
        self.assertEqual(report.paired_report_id.state, "draft")
        self.assertFalse(report.vendor_bill_id)
        self._as(self.accountant, report).action_confirm()
        self.assertEqual(report.state, "confirmed")
        self.assertEqual(report.paired_report_id.state, "confirmed")
        self.assertEqual(report.vendor_bill_id.state, "posted")

    def test_queries_do_not_grow_with_the_devices(self):
        """Beyond one batched insert of lines per hundred, no query per device."""
        self._agree()
        self.consignee.settlement_auto_confirm = False
        model = self._as(self.packer, self.env["consignment.settlement.report"])
        counts = []
        self._sell_consigned([200])
        for size in (2, 14):
            lots = self._receive(self.vendor, [100] * size)
            box = self._pack([(lot, 200) for lot in lots])
            events = box.line_ids.allocation_id
            internal(events).write({"state": "sold", "sold_date": datetime.now()})
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            model._create_pairs(events)
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2, counts)


@tagged("post_install", "-at_install")
class TestSettlementBill(SettlementCommon):
    """How the owner is billed."""

    def _lines(self, bill):
        return sorted(
            (line.account_id.name, line.quantity, line.price_unit)
            for line in bill.invoice_line_ids
        )

    def test_valued_on_receipt_clears_stock_input_and_puts_the_rest_on_cogs(self):
        self._agree(commission_type="none", commission_rate=0)
        report = self._sell_consigned([150, 160, 200], costs=[100, 100, 120])
        bill = report.vendor_bill_id
        self.assertEqual(bill.state, "posted")
        self.assertEqual(bill.move_type, "in_invoice")
        self.assertEqual(bill.partner_id, self.owner.partner_id)
        self.assertEqual(bill.journal_id, self.purchase_journal)
        self.assertEqual(
            self._lines(bill),
            [
                ("Device Costs", 1, 80),
                ("Device Costs", 1, 110),
                ("Devices Received", 1, 120),
                ("Devices Received", 2, 100),
            ],
        )
        self.assertEqual(bill.amount_total, 510)
        self.assertFalse(bill.amount_tax)

    def test_off_balance_debits_the_consignment_cost(self):
        self._agree(accounting_mode="off_balance", commission_rate=0.1)
        report = self._sell_consigned([150, 160], costs=[100, 120])
        self.assertEqual(self._lines(report.vendor_bill_id), [("Agency Cost", 1, 279)])
        for account in (self.stock_input, self.valuation, self.cogs):
            self.assertEqual(self._balance(account), 0)

    def test_lines_are_grouped_by_product_and_cost(self):
        self._agree()
        phones = self._receive(self.vendor, [100] * 6)
        tablets = self._receive(self.vendor, [100] * 4, self.tablet)
        report = self._ship([(lot, 200) for lot in phones | tablets])
        self.assertEqual(len(report.vendor_bill_id.invoice_line_ids), 4)

    def test_purchase_taxes_of_the_accounts_are_not_charged(self):
        tax = self.env["account.tax"].search(
            [
                ("company_id", "=", self.consignee.id),
                ("type_tax_use", "=", "purchase"),
            ],
            limit=1,
        )
        self.cogs.tax_ids = tax
        self.stock_input.tax_ids = tax
        self._agree()
        report = self._sell_consigned([200])
        self.assertFalse(report.vendor_bill_id.invoice_line_ids.tax_ids)
        self.assertEqual(report.vendor_bill_id.amount_total, 170)

    def test_after_paid_stock_input_is_zero_and_cost_is_the_owner_amount(self):
        """Decision 2, for a mixed box: own, valued on receipt and off balance."""
        self._agree(commission_rate=0.137)
        self._agree(
            self.other_owner,
            accounting_mode="off_balance",
            commission_rate=0.2,
            vendor_ids=[(6, 0, self.other_vendor.ids)],
        )
        valued = self._receive(self.vendor, [100, 217.35])
        agency = self._receive(self.other_vendor, [90])
        own = self._receive(self.customer, [80])
        reports = self._ship(
            list(zip(valued | agency | own, (199.99, 432.1, 150, 99), strict=True))
        )
        for report in reports:
            self._pay(report.vendor_bill_id)
            self._as(self.accountant, report).action_mark_paid()
        total_owner = sum(reports.mapped("total_owner_amount"))
        # The own device's order is not billed here, so its cost waits in Stock Input.
        self.assertEqual(self._balance(self.stock_input), -80)
        self.assertEqual(self._balance(self.valuation), 0)
        self.assertAlmostEqual(
            self._balance(self.cogs) + self._balance(self.consignment_cost),
            total_owner + 80,
            2,
        )
        custodies = reports.line_ids.sale_device_id.custody_id
        self.assertEqual(set(custodies.mapped("settlement_status")), {"settled"})

    def test_total_commission_still_clears_stock_input(self):
        self._agree(commission_rate=1)
        report = self._sell_consigned([200], costs=[100])
        self.assertEqual(report.total_owner_amount, 0)
        self.assertEqual(report.vendor_bill_id.amount_total, 0)
        self.assertEqual(self._balance(self.stock_input), 0)
        self._as(self.accountant, report).action_mark_paid()
        self.assertEqual(report.state, "paid")

    def test_nothing_to_bill_is_said_and_can_be_closed(self):
        self._agree(accounting_mode="off_balance", commission_rate=1)
        report = self._sell_consigned([200])
        self.assertFalse(report.vendor_bill_id)
        self.assertFalse(report.bill_warning)
        self.assertIn("nothing to bill", str(report.message_ids.mapped("body")))
        self._as(self.accountant, report).action_mark_paid()
        self.assertEqual(report.state, "paid")

    def test_missing_setting_is_named_and_the_shipment_goes_on(self):
        self.consignee.settlement_journal_id = False
        self._agree()
        report = self._sell_consigned([200])
        self.assertEqual(report.state, "confirmed")
        self.assertFalse(report.vendor_bill_id)
        self.assertIn("Settlement Journal", report.bill_warning)
        self.assertIn("Settlement Journal", str(report.message_ids.mapped("body")))
        self.assertNotIn("Settlement", str(report.paired_report_id.message_ids))

    def test_each_missing_account_of_the_mode_is_named(self):
        self._agree(accounting_mode="off_balance")
        self.consignee.device_consignment_cost_account_id = False
        report = self._sell_consigned([200])
        self.assertIn("Consignment Cost Account", report.bill_warning)

    def test_retry_creates_the_missing_bill_once(self):
        self.consignee.settlement_journal_id = False
        self._agree()
        report = self._as(self.accountant, self._sell_consigned([200]))
        action = report.action_retry_vendor_bill()
        self.assertEqual(action["params"]["type"], "warning")
        self.consignee.settlement_journal_id = self.purchase_journal
        action = report.action_retry_vendor_bill()
        self.assertEqual(action["params"]["type"], "success")
        bill = report.vendor_bill_id
        self.assertEqual(bill.amount_total, report.total_owner_amount)
        self.assertFalse(report.bill_warning)
        report._create_settlement_vendor_bill()
        self.assertEqual(report.vendor_bill_id, bill)
        self.assertEqual(
            self.env["account.move"].search_count([("ref", "=", report.name)]), 1
        )

    def test_bill_that_cannot_be_posted_does_not_stop_the_shipment(self):
        self.consignee.fiscalyear_lock_date = "2020-01-01"
        self.purchase_journal.restrict_mode_hash_table = False
        self._agree()
        with patch.object(
            type(self.env["account.move"]),
            "action_post",
            autospec=True,
            side_effect=self._refuse_bills(),
        ):
            report = self._sell_consigned([200])
        self.assertIn("The books are closed", report.bill_warning)
        self.assertFalse(report.vendor_bill_id)
        self.assertFalse(
            self.env["account.move"].search([("move_type", "=", "in_invoice")])
            & self.env["account.move"].search([("ref", "=", report.name)])
        )
        report._create_settlement_vendor_bill()
        self.assertEqual(report.vendor_bill_id.state, "posted")

    def _refuse_bills(self):
        post = type(self.env["account.move"]).action_post

        def refuse(moves):
            if moves.move_type == "in_invoice":
                raise UserError(self.env._("The books are closed."))
            return post(moves)

        return refuse

    def test_cancelled_bill_may_be_replaced(self):
        self._agree()
        report = self._sell_consigned([200])
        bill = report.vendor_bill_id
        bill.button_draft()
        bill.button_cancel()
        report._create_settlement_vendor_bill()
        self.assertNotEqual(report.vendor_bill_id, bill)
        self.assertEqual(report.vendor_bill_id.state, "posted")

    def test_owner_is_not_told_what_is_noted_on_its_bill(self):
        self._agree()
        report = self._sell_consigned([200])
        self.assertNotIn(
            self.owner.partner_id, report.vendor_bill_id.message_partner_ids
        )


@tagged("post_install", "-at_install")
class TestSettlementPayment(SettlementCommon):
    """Mark as Paid, its refusals and its override."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._agree()
        cls.report = cls._sell_consigned([200])

    def test_unpaid_bill_refuses_and_says_so(self):
        report = self._as(self.accountant, self.report)
        self.assertIn("is not paid yet", report.paid_refusal)
        with self.assertRaisesRegex(UserError, "is not paid yet"):
            report.action_mark_paid()
        self.assertEqual(report.state, "confirmed")

    def test_missing_bill_refuses_and_says_so(self):
        internal(self.report).write({"vendor_bill_id": False})
        with self.assertRaisesRegex(UserError, "has no vendor bill yet"):
            self._as(self.accountant, self.report).action_mark_paid()

    def test_bill_in_draft_refuses_and_says_so(self):
        self.report.vendor_bill_id.button_draft()
        with self.assertRaisesRegex(UserError, "is not posted"):
            self._as(self.accountant, self.report).action_mark_paid()

    def test_bill_of_another_amount_refuses_and_says_so(self):
        bill = self.report.vendor_bill_id
        bill.button_draft()
        bill.invoice_line_ids[:1].price_unit += 1
        bill.action_post()
        with self.assertRaisesRegex(UserError, "differs from the owner amount"):
            self._as(self.accountant, self.report).action_mark_paid()

    def test_partly_paid_bill_is_not_paid(self):
        self._as(self.accountant, self.env["account.payment.register"]).with_context(
            active_model="account.move", active_ids=self.report.vendor_bill_id.ids
        ).create({"amount": 50}).action_create_payments()
        with self.assertRaisesRegex(UserError, "is not paid yet"):
            self._as(self.accountant, self.report).action_mark_paid()

    def test_paid_bill_closes_both_sides_and_settles_the_devices(self):
        self._pay(self.report.vendor_bill_id)
        self._as(self.accountant, self.report).action_mark_paid()
        self.assertEqual(self.report.state, "paid")
        self.assertEqual(self.report.paired_report_id.state, "paid")
        custody = self.report.line_ids.sale_device_id.custody_id
        self.assertEqual(custody.settlement_status, "settled")
        with self.assertRaisesRegex(UserError, "is Paid"):
            self._as(self.accountant, self.report).action_mark_paid()

    def test_every_settling_role_may_mark_as_paid(self):
        for user in (self.keeper, self.sales_manager):
            with self.assertRaisesRegex(UserError, "is not paid yet"):
                self._as(user, self.report).action_mark_paid()

    def test_other_roles_may_not(self):
        for user in (self.packer, self.auditor):
            report = self._as(user, self.report)
            for method in (
                "action_mark_paid",
                "action_cancel",
                "action_retry_vendor_bill",
                "action_override_paid",
            ):
                with self.assertRaisesRegex(AccessError, "changed by"):
                    getattr(report, method)()

    def test_manager_overrides_with_a_reason_that_is_kept(self):
        report = self._as(self.sales_manager, self.report)
        wizard = self._as(self.sales_manager, self.env["settlement.paid.wizard"])
        action = report.action_override_paid()
        entry = wizard.with_context(**action["context"]).create({"reason": "Set off"})
        self.assertIn("is not paid yet", entry.refusal)
        entry.action_confirm()
        self.assertEqual(report.state, "paid")
        self.assertEqual(report.paired_report_id.sudo().state, "paid")
        self.assertEqual(report.paid_override_reason, "Set off")
        self.assertEqual(report.paid_override_user_id, self.sales_manager)
        self.assertIn("Set off", str(report.message_ids.mapped("body")))

    def test_override_needs_a_reason(self):
        with self.assertRaisesRegex(UserError, "Reason: say why"):
            self._as(self.keeper, self.report)._override_paid("  ")

    def test_accountant_is_no_manager(self):
        with self.assertRaisesRegex(AccessError, "changed by"):
            self._as(self.accountant, self.report)._override_paid("x")

    def test_owner_side_is_not_changed_by_hand(self):
        report = self._as(self.axis_manager, self.report.paired_report_id)
        for method in ("action_mark_paid", "action_cancel", "action_confirm"):
            with self.assertRaisesRegex(UserError, "follows the consignee's"):
                getattr(report, method)()

    def test_consignee_side_is_not_reached_by_the_owner(self):
        report = self._as(self.axis_manager, self.report)
        for method in ("action_mark_paid", "action_cancel", "action_recreate"):
            with self.assertRaises(AccessError):
                getattr(report, method)()


@tagged("post_install", "-at_install")
class TestSettlementLife(SettlementCommon):
    """Cancelling, clawbacks and what the database refuses."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreement = cls._agree()
        cls.report = cls._sell_consigned([200, 300])
        cls.sold_for_300 = cls.report.line_ids.filtered(
            lambda line: line.sale_price == 300
        )

    def _return(self, lines):
        """Take the devices of settled lines back, as the return flow does."""
        lines.sale_device_id._take_back("RETURN/1")

    def _get_pending(self, owner=None):
        return self.report._get_pending_clawbacks(self.consignee, owner or self.owner)

    def _cancel(self, report):
        report.vendor_bill_id.filtered(lambda b: b.state == "posted").button_draft()
        self._as(self.accountant, report).action_cancel()

    # -- cancel -----------------------------------------------------------------

    def test_billed_report_is_not_cancelled(self):
        with self.assertRaisesRegex(UserError, "is posted: reverse it"):
            self._as(self.accountant, self.report).action_cancel()

    def test_cancel_reaches_the_owner_side_and_a_bill_in_draft(self):
        self._cancel(self.report)
        self.assertEqual(self.report.state, "cancelled")
        self.assertEqual(self.report.paired_report_id.state, "cancelled")
        self.assertEqual(self.report.vendor_bill_id.state, "cancel")

    def test_create_again_settles_the_sales_of_a_cancelled_report(self):
        self._cancel(self.report)
        report = self._as(self.accountant, self.report)
        self.assertTrue(report.can_recreate)
        new = report.browse(report.action_recreate()["res_id"])
        self.assertEqual(new.total_owner_amount, report.total_owner_amount)
        self.assertNotEqual(new.name, report.name)
        self.assertEqual(new.sudo().vendor_bill_id.state, "posted")
        report.invalidate_recordset()
        self.assertFalse(report.can_recreate)
        with self.assertRaisesRegex(UserError, "Every sale of this report"):
            report.action_recreate()

    def test_paid_report_is_not_cancelled(self):
        self._pay(self.report.vendor_bill_id)
        report = self._as(self.accountant, self.report)
        report.action_mark_paid()
        with self.assertRaisesRegex(UserError, "is Paid"):
            report.action_cancel()

    # -- clawback ---------------------------------------------------------------

    def test_return_is_taken_back_on_the_next_pair(self):
        self._return(self.sold_for_300)
        second = self._sell_consigned([400])
        clawback = second.line_ids.filtered(lambda line: line.line_type == "clawback")
        self.assertRecordValues(
            clawback,
            [
                {
                    "imei": self.sold_for_300.imei,
                    "sale_price": -300,
                    "commission_amount": -45,
                    "owner_amount": -255,
                    "purchase_cost": 100,
                }
            ],
        )
        self.assertEqual(second.total_owner_amount, 340 - 255)
        self.assertEqual(second.clawback_count, 1)
        self.assertEqual(second.device_count, 1)
        self.assertEqual(second.vendor_bill_id.amount_total, 85)
        owner_lines = second.paired_report_id.line_ids
        self.assertEqual(sorted(owner_lines.mapped("owner_amount")), [-255, 340])
        self.assertFalse(self._get_pending(), "A return is taken back once.")

    def test_clawback_puts_the_cost_back_into_stock_input(self):
        self._return(self.sold_for_300)
        self.assertEqual(self._balance(self.valuation), 100)
        second = self._sell_consigned([300], costs=[100])
        self.assertEqual(second.total_owner_amount, 0)
        self.assertEqual(second.vendor_bill_id.amount_total, 0)
        self.assertEqual(self._balance(self.stock_input), -100)
        self.assertEqual(self._balance(self.valuation), 100)
        self.assertEqual(self._balance(self.cogs), 170 + 255)

    def test_negative_total_becomes_a_refund(self):
        self._return(self.sold_for_300)
        second = self._sell_consigned([200], costs=[90])
        refund = second.vendor_bill_id
        self.assertEqual(second.total_owner_amount, -85)
        self.assertEqual(refund.move_type, "in_refund")
        self.assertEqual(refund.amount_total, 85)
        self.assertEqual(refund.state, "posted")
        self.assertEqual(self._balance(self.stock_input), -100)
        with self.assertRaisesRegex(UserError, "is not paid yet"):
            self._as(self.accountant, second).action_mark_paid()
        self._pay(refund)
        self._as(self.accountant, second).action_mark_paid()
        self.assertEqual(second.state, "paid")

    def test_other_owner_does_not_pay_for_a_return(self):
        self._return(self.sold_for_300)
        self.assertEqual(self._get_pending(), self.sold_for_300.sudo())
        self.assertFalse(self._get_pending(self.other_owner))

    def test_report_is_not_cancelled_under_its_clawback(self):
        self._return(self.sold_for_300)
        second = self._sell_consigned([400])
        with self.assertRaisesRegex(UserError, "takes back devices"):
            self._cancel(self.report)
        self._cancel(second)
        self._cancel(self.report)
        self.assertEqual(
            self.report._get_recreatable_events(),
            (self.report.line_ids - self.sold_for_300).sale_device_id,
            "What the customer returned is not settled again.",
        )

    def test_clawback_of_a_cancelled_report_waits_for_the_next(self):
        self._return(self.sold_for_300)
        second = self._sell_consigned([400])
        self.assertFalse(self._get_pending())
        self._cancel(second)
        self.assertEqual(self._get_pending(), self.sold_for_300)

    def test_last_returns_are_taken_back_when_the_agreement_is_over(self):
        self._return(self.sold_for_300)
        settle = self.report._cron_settle_last_returns
        self.assertFalse(settle(), "The next shipment will carry it.")
        self.agreement.action_terminate()
        self.assertEqual(settle(), 1)
        last = self.report.search([("total_owner_amount", "=", -255)])
        self.assertEqual(sorted(last.mapped("report_type")), ["consignee", "owner"])
        report = last.filtered(lambda r: r.report_type == "consignee")
        self.assertEqual(report.device_count, 0)
        self.assertEqual(report.vendor_bill_id.move_type, "in_refund")
        self.assertFalse(settle(), "Once.")

    # -- guards -------------------------------------------------------------------

    def test_reports_are_not_made_or_changed_by_hand(self):
        report = self.report
        for user in (self.keeper, self.sales_manager, self.accountant):
            seen = self._as(user, report)
            with self.assertRaises(UserError):
                seen.create({"name": "SETTLE/CON/1"})
            with self.assertRaises(UserError):
                seen.write({"state": "paid"})
            with self.assertRaises(UserError):
                seen.unlink()
            with self.assertRaises(UserError):
                seen.line_ids.write({"owner_amount": 1})
            with self.assertRaises(UserError):
                seen.line_ids.unlink()

    def test_rights_alone_do_not_open_the_reports(self):
        """The guard holds even where access rights were given away."""
        access = self.env["ir.model.access"].search(
            [("model_id.model", "like", "consignment.settlement.%")]
        )
        access.write({"perm_write": True, "perm_create": True, "perm_unlink": True})
        report = self._as(self.keeper, self.report)
        with self.assertRaisesRegex(UserError, "cannot be edited"):
            report.write({"total_owner_amount": 1})
        with self.assertRaisesRegex(UserError, "cannot be edited"):
            report.with_context(device_internal=True).write({"state": "paid"})
        with self.assertRaisesRegex(UserError, "cannot be edited"):
            report.line_ids.write({"owner_amount": 1})
        with self.assertRaisesRegex(UserError, "never deleted"):
            report.unlink()

    def test_notes_and_activities_remain_possible(self):
        report = self._as(self.accountant, self.report)
        message = report.message_post(body="Called the owner.")
        self.assertEqual(message.model, report._name)
        report.activity_schedule("mail.mail_activity_data_todo", summary="Pay")
        self.assertTrue(report.activity_ids)

    # -- database -------------------------------------------------------------------

    def test_database_allows_one_live_line_per_sale(self):
        report = self.report
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(UniqueViolation),
            self.cr.savepoint(),
        ):
            internal(report.line_ids[:1]).copy({"report_id": report.id})

    def _assert_owner_column_refused(self, record, column, value):
        self.env.flush_all()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(CheckViolation),
            self.cr.savepoint(),
        ):
            self.cr.execute(
                f"UPDATE {record._table} SET {column} = %s WHERE id = %s",
                [value, record.id],
            )

    def test_database_keeps_the_owner_side_free_of_the_sale(self):
        report = self.report
        owner_report = report.paired_report_id
        for column, value in (
            ("sale_order_id", report.sale_order_id.id),
            ("packing_box_id", report.packing_box_id.id),
            ("vendor_bill_id", report.vendor_bill_id.id),
            ("paired_report_id", report.id),
            ("agreement_id", report.agreement_id.id),
            ("total_sale_amount", 200),
            ("total_commission", 30),
            ("bill_warning", "x"),
            ("paid_override_reason", "x"),
        ):
            self._assert_owner_column_refused(owner_report, column, value)
        line, sold = owner_report.line_ids[:1], report.line_ids[:1]
        for column, value in (
            ("sale_device_id", sold.sale_device_id.id),
            ("lot_id", sold.lot_id.id),
            ("product_id", sold.product_id.id),
            ("sale_price", 200),
            ("commission_amount", 30),
            ("commission_rate", 0.15),
            ("purchase_cost", 100),
            ("accounting_mode", "on_receipt"),
        ):
            self._assert_owner_column_refused(line, column, value)

    def test_salesman_sees_the_settlements_of_his_orders(self):
        report = self.report
        report.sale_order_id.user_id = self.salesman
        self.assertTrue(self._as(self.salesman, report).search([]))
        self.assertTrue(self._as(self.salesman, report).line_ids.mapped("imei"))
        self.assertFalse(self._as(self.seller, report).search([]))
        for user in (
            self.sales_manager,
            self.packer,
            self.accountant,
            self.auditor,
        ):
            self.assertEqual(self._as(user, report).search([]), report)


class OwnerWalk(SettlementCommon):
    """Reads every value that a user of the owner can reach."""

    SECRET_TEXTS = ("Zebulon", "Quillfeather", "SETTLE/CON")
    SECRET_NUMBERS = (432.1, 59.2, 0.137, 217.35)
    MODELS = (
        "device.consignment.agreement",
        "device.consignment.terms",
        "consignment.settlement.report",
        "consignment.settlement.line",
        "settlement.paid.wizard",
        "sale.order.line.device",
        "sale.order",
        "packing.box",
        "device.custody",
        "account.move",
        "account.move.line",
        "mail.message",
        "mail.tracking.value",
        "mail.activity",
        "ir.attachment",
        "ir.sequence",
    )

    def _read_everything(self, user):
        """Every value that a user can read of the models around a settlement.

        :return: list of (model, field, value)
        """
        found = []
        for name in self.MODELS:
            model = self._as(user, self.env[name]).with_context(active_test=False)
            if not model.has_access("read"):
                continue
            records = model.search([])
            for field in model._fields:
                found += self._read_field(records, field)
            found += [(name, "display_name", r.display_name) for r in records]
        return found

    def _read_field(self, records, field):
        try:
            values = records.read([field], load="_classic_read")
        except AccessError:
            return []
        return [(records._name, field, vals[field]) for vals in values]

    def _assert_no_secret(self, user, secrets):
        values = self._read_everything(user)
        models = {name for name, _field, _value in values}
        self.assertIn("consignment.settlement.line", models, "The walk saw nothing.")
        for name, field, value in values:
            for secret in secrets:
                if isinstance(secret, float):
                    if isinstance(value, float):
                        self.assertNotAlmostEqual(
                            abs(value), secret, 3, f"{name}.{field}"
                        )
                else:
                    self.assertNotIn(secret, str(value), f"{name}.{field}")

    def _get_secrets(self, report):
        return (
            *self.SECRET_TEXTS,
            report.name,
            report.sale_order_id.name,
            report.packing_box_id.name,
            report.vendor_bill_id.name,
            *self.SECRET_NUMBERS,
        )


@tagged("post_install", "-at_install")
class TestOwnerSide(OwnerWalk):
    """What the owner learns of a sale, where publication is immediate."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreement = cls._agree(commission_rate=0.137)
        cls.report = cls._sell_secretly()

    @classmethod
    def _sell_secretly(cls):
        report = cls._sell_consigned([432.1], costs=[217.35])
        cls.env.flush_all()
        cls.cr.precommit.run()
        cls.env.invalidate_all()
        return report

    def test_owner_reads_its_report_and_amount(self):
        report = self.report
        seen = self._as(self.axis_user, self.env["consignment.settlement.report"])
        mine = seen.search([])
        self.assertEqual(mine, report.paired_report_id)
        self.assertEqual(mine.total_owner_amount, 372.9)
        self.assertEqual(mine.device_count, 1)
        self.assertRecordValues(
            mine.line_ids,
            [
                {
                    "imei": report.line_ids.imei,
                    "product_name": "Test Phone",
                    "storage": "128 GB",
                    "grade": self.grade.name,
                    "owner_amount": 372.9,
                }
            ],
        )

    def test_owner_reads_no_secret_anywhere(self):
        secrets = self._get_secrets(self.report)
        for user in (self.axis_user, self.axis_manager):
            self._assert_no_secret(user, secrets)

    def test_the_walk_would_find_the_secrets(self):
        """The same walk as the consignee's manager meets every planted secret."""
        report = self.report
        values = self._read_everything(self.keeper)
        text = str(values)
        for secret in (report.name, report.sale_order_id.name, "432.1", "59.2"):
            self.assertIn(secret, text)

    def test_second_owner_sees_no_report(self):
        self.axis_user.write(
            {
                "company_ids": [(6, 0, self.other_owner.ids)],
                "company_id": self.other_owner.id,
            }
        )
        for name in self.MODELS[:4]:
            model = self._as(self.axis_user, self.env[name])
            self.assertFalse(model.has_access("read") and model.search([]))

    def test_totals_grouped_by_the_owner_hold_no_sale(self):
        for name, measures in (
            (
                "consignment.settlement.report",
                ["total_sale_amount:sum", "total_commission:sum"],
            ),
            (
                "consignment.settlement.line",
                ["sale_price:sum", "commission_amount:sum", "purchase_cost:sum"],
            ),
        ):
            model = self._as(self.axis_manager, self.env[name])
            ((*sums,),) = model._read_group([], [], measures)
            self.assertFalse(any(sums), (name, sums))

    def test_searches_by_the_owner_tell_nothing(self):
        report = self.report
        model = self._as(self.axis_manager, self.env["consignment.settlement.report"])
        for domain in (
            [("line_ids.sale_price", ">", 1)],
            [("total_sale_amount", ">", 1)],
            [("sale_order_id", "!=", False)],
            [("vendor_bill_id", "!=", False)],
            [("name", "=", report.name)],
        ):
            self.assertFalse(model.search_count(domain), domain)

    def _assert_no_trace(self, owner_report):
        for records in (owner_report, owner_report.line_ids):
            self.assertEqual(records.create_uid.id, 1)
            self.assertEqual(records.write_uid.id, 1)
        self.assertFalse(owner_report.message_ids)
        self.assertFalse(owner_report.message_follower_ids)

    def test_owner_report_is_made_by_the_system_without_a_trace(self):
        report = self.report
        self._assert_no_trace(report.paired_report_id)
        self._pay(report.vendor_bill_id)
        self._as(self.accountant, report).action_mark_paid()
        self.env.flush_all()
        self.cr.precommit.run()
        report.invalidate_recordset()
        self._assert_no_trace(report.paired_report_id)

    def test_commission_is_shown_only_if_the_agreement_says_so(self):
        self.assertFalse(self.report.paired_report_id.total_commission)
        self.agreement.owner_sees_commission_earned = True
        report = self._sell_secretly()
        self.assertEqual(report.paired_report_id.total_commission, 59.2)
        self.assertFalse(report.paired_report_id.total_sale_amount)
        self.assertFalse(report.paired_report_id.line_ids.commission_amount)

    def test_pdf_of_each_side_shows_what_that_side_knows(self):
        report = self.report
        renderer = self.env["ir.actions.report"]
        html, _type = self._as(self.axis_user, renderer)._render_qweb_html(
            "device_inventory.action_report_settlement", report.paired_report_id.ids
        )
        html = html.decode()
        self.assertIn("372.90", html)
        self.assertIn(report.line_ids.imei, html)
        self.assertIn("Test Consignee", html)
        for secret in ("432.10", "59.20", report.name, report.sale_order_id.name):
            self.assertNotIn(secret, html)
        html, _type = self._as(self.accountant, renderer)._render_qweb_html(
            "device_inventory.action_report_settlement", report.ids
        )
        for shown in ("432.10", "59.20", "372.90", report.sale_order_id.name):
            self.assertIn(shown, html.decode())


@tagged("post_install", "-at_install")
class TestPeriodicPublication(OwnerWalk):
    """The owner learns of a sale when its period is over."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.consignee.settlement_publication = "periodic"
        cls.agreement = cls._agree(commission_rate=0.137)
        lots = cls._receive(cls.vendor, [217.35, 217.35])
        cls.report, cls.second = [
            cls._sell_on(lot, day)
            for lot, day in zip(
                lots, ("2031-03-07 10:00:00", "2031-03-08 10:00:00"), strict=True
            )
        ]

    @classmethod
    def _sell_on(cls, lot, moment):
        box = cls._pack([(lot, 432.1)])
        with freeze_time(moment):
            cls._as(cls.packer, box).action_mark_shipped()
        return box.settlement_report_ids

    def _run_cron(self, moment):
        with (
            freeze_time(moment),
            patch.object(self.cr, "now", lambda: datetime.fromisoformat(moment)),
        ):
            # A time zone ahead of UTC must not end the period early.
            self.env["consignment.settlement.report"].with_context(
                tz="Pacific/Auckland"
            )._cron_publish_owner_reports()

    def _get_owner_reports(self):
        model = self._as(self.axis_user, self.env["consignment.settlement.report"])
        return model.search([])

    def test_report_appears_at_the_end_of_the_month(self):
        report = self.report
        self.assertEqual(report.state, "confirmed")
        self.assertTrue(report.vendor_bill_id)
        self.assertTrue(report.is_unpublished)
        self.assertEqual(report.period_start, date(2031, 3, 1))
        self.assertEqual(report.period_end, date(2031, 3, 31))
        self._run_cron("2031-03-31 23:00:00")
        self.assertFalse(self._get_owner_reports())
        self._run_cron("2031-04-01 00:01:00")
        published = self._get_owner_reports()
        self.assertEqual(
            published, (report | self.second).paired_report_id.sorted("id", True)
        )
        mine = report.paired_report_id
        self.assertEqual(mine.name, report.name.replace("/CON/", "/OWN/"))
        self.assertEqual(mine.state, "confirmed")
        self.assertEqual(mine.create_date, datetime(2031, 4, 1, 0, 1))
        self.assertEqual(mine.line_ids.create_date, datetime(2031, 4, 1, 0, 1))
        self.assertFalse(report.is_unpublished)

    def test_publication_runs_once(self):
        self._run_cron("2031-04-01 00:01:00")
        first = self.report.paired_report_id
        self._run_cron("2031-04-02 00:01:00")
        self.assertEqual(self.report.paired_report_id, first)
        self.assertEqual(len(self._get_owner_reports()), 2)

    def test_weeks_end_on_sunday(self):
        self.consignee.settlement_period = "week"
        self.assertEqual(
            self.report._get_period(self.consignee, date(2031, 3, 7)),
            (date(2031, 3, 3), date(2031, 3, 9)),
        )

    def test_cancelled_before_publication_is_never_shown(self):
        self.report.vendor_bill_id.button_draft()
        self._as(self.accountant, self.report).action_cancel()
        self._run_cron("2031-04-01 00:01:00")
        self.assertFalse(self.report.paired_report_id)
        self.assertTrue(self.second.paired_report_id)

    def test_paid_before_publication_is_shown_as_paid(self):
        self._pay(self.report.vendor_bill_id)
        self._as(self.accountant, self.report).action_mark_paid()
        self._run_cron("2031-04-01 00:01:00")
        self.assertEqual(self.report.paired_report_id.state, "paid")

    @mute_logger("odoo.addons.device_inventory.models.isolate")
    def test_one_failing_report_does_not_stop_the_others(self):
        bad, good = self.report, self.second
        model = type(self.env["consignment.settlement.report"])
        prepare = model._prepare_owner_vals

        def fail(report):
            if report.id == bad.id:
                raise ValueError("broken")
            return prepare(report)

        with patch.object(model, "_prepare_owner_vals", fail):
            self._run_cron("2031-04-01 00:01:00")
        self.assertFalse(bad.paired_report_id)
        self.assertTrue(good.paired_report_id)
        self._run_cron("2031-04-02 00:01:00")
        self.assertTrue(bad.paired_report_id)

    def test_statuses_are_published_once_per_period(self):
        lot = self._as(self.axis_user, self.report.line_ids.lot_id)
        self.assertNotEqual(lot.device_status, "sold")
        self._run_cron("2031-04-01 00:01:00")
        self.assertEqual(self.agreement.published_until, date(2031, 3, 31))
        lot.invalidate_recordset()
        self.assertEqual(lot.device_status, "sold")
        with patch.object(
            type(self.env["stock.lot"]), "_publish_owner_status"
        ) as publish:
            self._run_cron("2031-04-02 00:01:00")
            publish.assert_not_called()
            self._run_cron("2031-05-01 00:01:00")
            publish.assert_called_once()

    def test_immediate_company_publishes_no_status_by_cron(self):
        self.consignee.settlement_publication = "immediate"
        with patch.object(
            type(self.env["stock.lot"]), "_publish_owner_status"
        ) as publish:
            self._run_cron("2031-04-01 00:01:00")
            publish.assert_not_called()

    def test_owner_reads_no_secret_after_publication(self):
        self._run_cron("2031-04-01 00:01:00")
        secrets = (*self._get_secrets(self.report), "2031-03-07")
        for user in (self.axis_user, self.axis_manager):
            self._assert_no_secret(user, secrets)
