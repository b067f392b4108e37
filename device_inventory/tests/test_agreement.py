from datetime import date

from freezegun import freeze_time
from psycopg2.errors import CheckViolation, ExclusionViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .settlement_common import SettlementCommon


@tagged("post_install", "-at_install")
class TestAgreement(SettlementCommon):
    def _create(self, **vals):
        return self._as(self.keeper, self.env["device.consignment.agreement"]).create(
            {
                "name": "Draft Agreement",
                "owner_company_id": self.owner.id,
                "consignee_company_id": self.consignee.id,
                **vals,
            }
        )

    # -- terms -----------------------------------------------------------------

    def test_percentage_is_a_fraction_and_not_over_one(self):
        with self.assertRaisesRegex(ValidationError, r"15\.0.*0\.15 for 15 %"):
            self._create(commission_type="percentage", commission_rate=15)

    def test_commission_is_not_negative(self):
        with self.assertRaisesRegex(ValidationError, "cannot be negative"):
            self._create(commission_type="fixed", commission_rate=-1)

    def test_fixed_commission_may_exceed_one(self):
        agreement = self._create(commission_type="fixed", commission_rate=25)
        self.assertEqual(agreement.commission_rate, 25)

    def test_type_and_rate_change_in_one_step(self):
        agreement = self._create(commission_type="fixed", commission_rate=25)
        agreement.write({"commission_type": "percentage", "commission_rate": 0.2})
        agreement.invalidate_recordset()
        self.assertEqual(agreement.commission_type, "percentage")
        self.assertEqual(agreement.commission_rate, 0.2)

    def test_other_terms_stay_when_one_changes(self):
        agreement = self._create(
            commission_type="percentage",
            commission_rate=0.2,
            accounting_mode="off_balance",
            vendor_ids=[(6, 0, self.vendor.ids)],
        )
        agreement.commission_rate = 0.3
        agreement.invalidate_recordset()
        self.assertEqual(agreement.accounting_mode, "off_balance")
        self.assertEqual(agreement.vendor_ids, self.vendor)

    def test_defaults(self):
        agreement = self._create()
        self.assertEqual(agreement.commission_type, "none")
        self.assertEqual(agreement.accounting_mode, "on_receipt")
        self.assertTrue(agreement.owner_sees_device_status)
        self.assertFalse(agreement.owner_sees_commission_earned)
        self.assertEqual(agreement.state, "draft")
        self.assertFalse(agreement.date_end)

    def test_form_keeps_what_was_typed(self):
        # The parties are of two companies: an agreement is entered by someone of both.
        self.keeper.company_ids += self.owner
        form = Form(self._as(self.keeper, self.env["device.consignment.agreement"]))
        form.name = "By Hand"
        form.owner_company_id = self.owner
        form.consignee_company_id = self.consignee
        form.commission_type = "percentage"
        form.commission_rate = 0.12
        form.owner_sees_commission_earned = True
        agreement = form.save()
        self.assertEqual(agreement.commission_rate, 0.12)
        self.assertEqual(agreement.commission_type, "percentage")

    def test_changes_of_the_commission_are_logged_with_the_terms(self):
        agreement = self._create(commission_type="fixed", commission_rate=25)
        self.env.flush_all()
        self.cr.precommit.run()
        agreement.commission_rate = 30
        self.env.flush_all()
        self.cr.precommit.run()
        terms = self.env["device.consignment.terms"].search(
            [("agreement_id", "=", agreement.id)]
        )
        values = terms.message_ids.tracking_value_ids
        self.assertEqual(values.mapped("new_value_float"), [30])

    def test_copy_keeps_the_terms_and_is_a_draft(self):
        agreement = self._agree(commission_rate=0.25)
        duplicate = agreement.copy()
        self.assertEqual(duplicate.state, "draft")
        self.assertEqual(duplicate.commission_rate, 0.25)

    # -- commission ------------------------------------------------------------

    def _commission(self, price, **vals):
        agreement = self._create(**vals)
        result = agreement._prepare_commission_vals(price, self.consignee.currency_id)
        return result["commission_amount"], result["owner_amount"]

    def test_no_commission_leaves_the_price_to_the_owner(self):
        self.assertEqual(self._commission(100), (0, 100))

    def test_percentage_of_the_price_is_rounded_to_the_cent(self):
        self.assertEqual(
            self._commission(99.99, commission_type="percentage", commission_rate=0.15),
            (15.0, 84.99),
        )

    def test_fixed_amount_per_device(self):
        self.assertEqual(
            self._commission(99.99, commission_type="fixed", commission_rate=20),
            (20, 79.99),
        )

    def test_fixed_amount_is_converted_to_the_currency_of_the_sale(self):
        currency = self.env["res.currency"].create(
            {
                "name": "XTS",
                "symbol": "t",
                "rate_ids": [
                    (0, 0, {"name": "2020-01-01", "rate": 2.0, "company_id": False})
                ],
            }
        )
        agreement = self._create(commission_type="fixed", commission_rate=20)
        vals = agreement._prepare_commission_vals(100, currency)
        self.assertEqual(vals["commission_amount"], 40)
        self.assertEqual(vals["owner_amount"], 60)

    def test_without_agreement_there_is_no_commission(self):
        nobody = self.env["device.consignment.agreement"]
        with self.assertRaisesRegex(UserError, "No active agreement"):
            nobody._prepare_commission_vals(100, self.consignee.currency_id)

    def test_warns_of_a_commission_of_zero(self):
        agreement = self._create()
        self.assertIn("not active", agreement.warning)
        agreement.action_activate()
        self.assertIn("No commission", agreement.warning)
        agreement.commission_type = "percentage"
        self.assertIn("rate is zero", agreement.warning)
        agreement.commission_rate = 0.1
        self.assertFalse(agreement.warning)

    # -- one at a time ----------------------------------------------------------

    def test_second_active_agreement_in_the_same_dates_is_refused(self):
        self._agree()
        other = self._create(name="Second")
        with self.assertRaisesRegex(
            ValidationError, "already has the active agreement"
        ):
            other.action_activate()

    def test_owner_has_one_consignee(self):
        self._agree()
        another = self.env["res.company"].create({"name": "Other Consignee"})
        agreement = self.env["device.consignment.agreement"].create(
            {
                "name": "Elsewhere",
                "owner_company_id": self.owner.id,
                "consignee_company_id": another.id,
            }
        )
        with self.assertRaisesRegex(ValidationError, "one consignee"):
            agreement.action_activate()

    def test_agreements_may_follow_each_other(self):
        self._agree(date_start="2020-01-01", date_end="2099-12-31")
        later = self._agree(date_start="2100-01-01")
        self.assertEqual(later.state, "active")

    def test_two_owners_may_share_a_consignee(self):
        self._agree()
        self.assertEqual(self._agree(self.other_owner).state, "active")

    def test_database_refuses_overlapping_active_agreements(self):
        self._agree(date_start="2020-01-01", date_end="2099-12-31")
        later = self._agree(date_start="2100-01-01")
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(ExclusionViolation),
            self.cr.savepoint(),
        ):
            later.date_start = "2099-12-31"
            later.flush_recordset()

    def test_owner_and_consignee_differ(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            self._create(owner_company_id=self.consignee.id)

    def test_end_is_not_before_start(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            self._create(date_start="2026-02-01", date_end="2026-01-31")

    # -- life -------------------------------------------------------------------

    def test_state_is_not_written_by_hand(self):
        agreement = self._create()
        with self.assertRaisesRegex(UserError, "cannot be edited"):
            agreement.state = "active"
        with self.assertRaisesRegex(UserError, "cannot be edited"):
            self._create(state="active")
        forged = agreement.with_context(device_internal=True)
        with self.assertRaisesRegex(UserError, "cannot be edited"):
            forged.state = "active"

    def test_suspended_agreement_is_not_active_and_may_resume(self):
        agreement = self._as(self.keeper, self._agree())
        agreement.action_suspend()
        self.assertFalse(agreement._get_active(self.owner, self.consignee))
        agreement.action_activate()
        self.assertEqual(
            agreement._get_active(self.owner, self.consignee).id, agreement.id
        )

    def test_terminated_agreement_stays_terminated(self):
        agreement = self._as(self.keeper, self._agree())
        agreement.action_terminate()
        with self.assertRaisesRegex(UserError, "is Terminated"):
            agreement.action_activate()

    def test_agreement_that_is_over_is_not_activated(self):
        agreement = self._create(date_start="2020-01-01", date_end="2020-12-31")
        with self.assertRaisesRegex(UserError, "2020-12-31 is over"):
            agreement.action_activate()

    def test_parties_do_not_change_after_signing(self):
        agreement = self._as(self.keeper, self._agree())
        with self.assertRaisesRegex(UserError, "Owner: the parties"):
            agreement.owner_company_id = self.other_owner.id

    def test_running_agreement_is_not_archived(self):
        agreement = self._as(self.keeper, self._agree())
        with self.assertRaisesRegex(UserError, "terminate an agreement before"):
            agreement.action_archive()
        agreement.action_terminate()
        agreement.action_archive()
        self.assertFalse(agreement.active)

    def test_signed_agreement_is_not_deleted(self):
        agreement = self._as(self.keeper, self._agree())
        with self.assertRaisesRegex(UserError, "only a draft"):
            agreement.unlink()
        self._create(name="Never signed").unlink()

    def test_historical_agreements_are_hidden_by_default(self):
        action = self.env.ref("device_inventory.action_device_consignment_agreement")
        self.assertIn("search_default_current", action.context)
        view = self.env.ref("device_inventory.view_device_consignment_agreement_search")
        self.assertIn("[('state', '!=', 'terminated')]", view.arch)

    # -- who is active ------------------------------------------------------------

    def test_active_within_its_dates_only(self):
        agreement = self._agree(date_start="2026-01-10", date_end="2099-01-20")
        model = self.env["device.consignment.agreement"]

        def active(day):
            return model._get_active(self.owner, self.consignee, day)

        self.assertFalse(active(date(2026, 1, 9)))
        self.assertEqual(active(date(2026, 1, 10)), agreement.sudo())
        self.assertEqual(active(date(2099, 1, 20)), agreement.sudo())
        self.assertFalse(active(date(2099, 1, 21)))

    def test_salesman_sells_under_an_agreement_he_cannot_read(self):
        agreement = self._agree()
        model = self._as(self.salesman, self.env["device.consignment.agreement"])
        with self.assertRaises(AccessError):
            model.browse(agreement.id).read(["name"])
        found = model._get_active(self.owner, self.consignee)
        vals = model.browse(found.id)._prepare_commission_vals(
            100, self.consignee.currency_id
        )
        self.assertEqual(vals["owner_amount"], 85)

    def test_vendor_names_the_owner_of_what_is_ordered(self):
        agreement = self._agree()
        model = self.env["device.consignment.agreement"]
        contact = self.env["res.partner"].create(
            {"name": "Sales Desk", "parent_id": self.vendor.id}
        )
        for partner in (self.vendor, contact):
            found = model._get_active_by_vendor(partner, self.consignee)
            self.assertEqual(found, agreement.sudo())
        self.assertFalse(model._get_active_by_vendor(self.other_vendor, self.consignee))
        self.assertFalse(model._get_active_by_vendor(self.vendor, self.other_owner))

    def test_cron_terminates_what_is_over_and_only_that(self):
        over = self._agree(date_end="2030-06-30")
        open_ended = self._agree(self.other_owner)
        with freeze_time("2030-06-30 12:00:00"):
            self.env["device.consignment.agreement"]._cron_terminate_expired()
            self.assertEqual(over.state, "active")
        with freeze_time("2030-07-01 12:00:00"):
            self.assertFalse(over._get_active(self.owner, self.consignee))
            self.env["device.consignment.agreement"]._cron_terminate_expired()
        self.assertEqual(over.state, "terminated")
        self.assertEqual(open_ended.state, "active")

    # -- rights --------------------------------------------------------------------

    def test_owner_reads_its_agreement_without_the_terms(self):
        agreement = self._agree(commission_rate=0.137)
        for user in (self.axis_user, self.axis_manager):
            seen = self._as(user, agreement)
            self.assertEqual(seen.name, agreement.name)
            self.assertFalse(seen.commission_rate)
            self.assertFalse(seen.commission_type)
            self.assertFalse(seen.accounting_mode)
            self.assertFalse(seen.vendor_ids)
            self.assertFalse(seen.warning)
            self.assertFalse(
                seen.search([("commission_rate", "=", 0.137)]),
                "A search must not answer what a read refuses.",
            )

    def test_owner_knows_the_commission_if_the_agreement_says_so(self):
        agreement = self._agree(commission_rate=0.137)
        seen = self._as(self.axis_user, agreement)
        self.assertFalse(seen.commission_rate)
        agreement.owner_sees_commission_earned = True
        self.assertEqual(seen.commission_rate, 0.137)
        self.assertEqual(seen.commission_type, "percentage")
        self.assertFalse(seen.accounting_mode)
        self.assertFalse(seen.vendor_ids)

    def test_cached_terms_of_one_user_are_not_shown_to_another(self):
        agreement = self._agree(commission_rate=0.137)
        self.assertEqual(self._as(self.keeper, agreement).commission_rate, 0.137)
        self.assertFalse(self._as(self.axis_user, agreement).commission_rate)

    def test_owner_changes_nothing(self):
        agreement = self._as(self.axis_manager, self._agree())
        for vals in ({"name": "x"}, {"owner_sees_commission_earned": True}):
            with self.assertRaises(AccessError):
                agreement.write(vals)
        with self.assertRaises(AccessError):
            agreement.action_suspend()
        with self.assertRaises(AccessError):
            agreement.action_view_terms()

    def test_second_owner_sees_nothing(self):
        agreement = self._agree()
        self.axis_user.write(
            {
                "company_ids": [(6, 0, self.other_owner.ids)],
                "company_id": self.other_owner.id,
            }
        )
        model = self._as(self.axis_user, agreement)
        self.assertFalse(model.search([]))

    def test_packer_does_not_change_agreements(self):
        agreement = self._as(self.packer, self._agree())
        self.assertTrue(agreement.name)
        with self.assertRaises(AccessError):
            agreement.name = "x"
