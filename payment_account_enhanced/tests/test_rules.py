import doctest
from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ..tools import period
from .common import PaymentCase


@tagged("post_install", "-at_install")
class TestRules(PaymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
        cls.contact = cls.env["res.partner"].create(
            {"name": "Contact", "parent_id": cls.partner_a.id}
        )

    def add_rule(self, **values):
        """Create a rule as the payment manager, in place of the one that is there."""
        self.rule.active = False
        rules = self.env["payment.approval.rule"].with_user(self.manager)
        return rules.create({"name": "Special", **values})

    def assert_falls_under(self, payment, rule):
        self.assertEqual(payment._rules(), rule or self.rule.browse())

    # Scope

    def test_rule_begins_at_its_minimum(self):
        self.assert_falls_under(self.payment(999.99), None)
        self.assert_falls_under(self.payment(1000), self.rule)

    def test_direction_decides(self):
        rule = self.add_rule(payment_type="outbound")
        self.assert_falls_under(self.payment(), rule)
        incoming = self.payment(payment_type="inbound", partner_type="customer")
        self.assert_falls_under(incoming, None)
        rule.payment_type = "inbound"
        self.assert_falls_under(self.payment(), None)
        self.assert_falls_under(incoming, rule)
        rule.payment_type = "both"
        self.assert_falls_under(self.payment(), rule)

    def test_journals_decide_where_named(self):
        cash = self.company_data["default_journal_cash"]
        rule = self.add_rule(journal_ids=[Command.set(cash.ids)])
        self.assert_falls_under(self.payment(), None)
        self.assert_falls_under(self.payment(journal_id=cash.id), rule)

    def test_journal_without_approval_falls_under_no_rule(self):
        self.journal.payment_approval = False
        payment = self.payment()
        payment.action_post()
        self.assertEqual(payment.approval_state, "posted")

    def test_partner_is_named_with_all_its_contacts(self):
        rule = self.add_rule(partner_ids=[Command.set(self.contact.ids)])
        self.assert_falls_under(self.payment(), rule)
        self.assert_falls_under(self.payment(partner_id=self.contact.id), rule)
        self.assert_falls_under(self.payment(partner_id=self.partner_b.id), None)

    def test_tags_of_partner_company_and_tags_below_count(self):
        tags = self.env["res.partner.category"]
        risky = tags.create({"name": "Risky"})
        offshore = tags.create({"name": "Offshore", "parent_id": risky.id})
        rule = self.add_rule(partner_category_ids=[Command.set(risky.ids)])
        of_contact = self.payment(partner_id=self.contact.id)
        self.assert_falls_under(of_contact, None)
        self.partner_a.category_id = offshore
        self.assert_falls_under(of_contact, rule)
        self.partner_a.category_id = False
        self.contact.category_id = risky
        self.assert_falls_under(of_contact, rule)
        self.assert_falls_under(self.payment(), None)

    def test_leaving_out_the_partner_evades_no_rule(self):
        rule = self.add_rule(partner_ids=[Command.set(self.partner_b.ids)])
        self.assert_falls_under(self.payment(partner_id=False), rule)

    def test_branch_is_under_the_rules_of_its_company(self):
        self.company.write({"child_ids": [Command.create({"name": "Branch"})]})
        branch = self.company.child_ids
        self.clerk.company_ids += branch
        self.assertTrue(branch.payment_control)
        payment = self.payment(company_id=branch.id)
        self.assertEqual(payment.company_id, branch)
        self.assert_falls_under(payment, self.rule)

    def test_other_company_has_other_rules(self):
        other = self.setup_other_company()["company"]
        self.rule.company_id = other
        self.assert_falls_under(self.payment(), None)

    def test_foreign_amount_counts_in_the_companys_currency_at_the_payments_date(self):
        currency = self.setup_other_currency(
            "EUR", rates=[("2020-01-01", 2.0), ("2021-01-01", 4.0)]
        )
        foreign = {"currency_id": currency.id}
        self.assert_falls_under(
            self.payment(2000, date="2020-06-01", **foreign), self.rule
        )
        self.assert_falls_under(self.payment(1999, date="2020-06-01", **foreign), None)
        self.assert_falls_under(self.payment(2000, date="2021-06-01", **foreign), None)

    # Sums

    def test_amounts_to_contacts_of_one_company_add_up(self):
        self.rule.cumulative_amount = 1500
        self.payment(900).action_post()
        second = self.payment(600, partner_id=self.contact.id)
        self.assert_falls_under(second, self.rule)
        self.assert_falls_under(self.payment(599, partner_id=self.contact.id), None)
        self.assert_falls_under(self.payment(900, partner_id=self.partner_b.id), None)

    def test_payments_without_partner_add_up(self):
        self.rule.cumulative_amount = 1500
        self.payment(900, partner_id=False).action_post()
        self.assert_falls_under(self.payment(900, partner_id=False), self.rule)
        self.assert_falls_under(self.payment(900), None)

    def test_dates_before_and_after_evade_no_sum(self):
        self.rule.write({"cumulative_amount": 1500, "cumulative_days": 30})
        self.payment(900, date=self.today).action_post()
        for days, falls_under in ((29, True), (30, False)):
            for date in (
                self.today - timedelta(days=days),
                self.today + timedelta(days=days),
            ):
                with self.subTest(date=date):
                    payment = self.payment(900, date=date)
                    self.assert_falls_under(payment, falls_under and self.rule)

    def test_period_is_any_that_the_payment_lies_in_not_twice_as_long(self):
        self.rule.write({"cumulative_amount": 1500, "cumulative_days": 30})
        for days in (-20, 20):
            self.payment(500, date=self.today + timedelta(days=days)).action_post()
        self.assert_falls_under(self.payment(500, date=self.today), None)

    def test_only_what_is_under_way_or_posted_the_same_way_adds_up(self):
        self.rule.cumulative_amount = 1500
        self.payment(900)
        self.payment(900, payment_type="inbound", partner_type="customer").action_post()
        rejected = self.payment(900)
        rejected.action_submit()
        rejected.with_user(self.reviewer)._reject("No.")
        self.payment(900, date=self.today).action_submit()
        last = self.payment(500)
        self.assert_falls_under(last, None)
        self.payment(100).action_submit()
        self.assert_falls_under(last, self.rule)

    def test_foreign_amounts_add_up_in_the_companys_currency(self):
        self.rule.cumulative_amount = 1500
        currency = self.setup_other_currency("EUR", rates=[("2020-01-01", 2.0)])
        self.payment(1800, currency_id=currency.id).action_post()
        self.assert_falls_under(self.payment(600), self.rule)
        self.assert_falls_under(self.payment(599), None)
        self.assert_falls_under(self.payment(1200, currency_id=currency.id), self.rule)

    def test_what_is_submitted_together_adds_up(self):
        self.rule.cumulative_amount = 1500
        both = self.payment(900) | self.payment(900)
        both.action_submit()
        self.assertEqual(both.mapped("approval_state"), ["under_review"] * 2)

    def test_of_what_is_posted_together_nothing_is_if_it_adds_up(self):
        self.rule.cumulative_amount = 1500
        both = self.payment(900) | self.payment(900)
        with self.assertRaisesRegex(UserError, "Vendors"):
            both.action_post()
        self.assertEqual(both.mapped("state"), ["draft"] * 2)

    def test_reached_sum_counts_for_the_fourth_person_too(self):
        self.rule.cumulative_amount = 5000
        self.posted(9000)
        second = self.payment(9000)
        second.action_submit()
        self.assertEqual(second.approval_people, 4)

    # Rules that change while payments are under way

    def test_stricter_rule_asks_for_more_than_an_approved_payment_has(self):
        payment = self.payment(900)
        payment.action_submit()
        self.assertEqual(payment.approval_state, "approved")
        self.rule.with_user(self.manager).minimum_amount = 500
        with self.assertRaisesRegex(UserError, "now falls under Vendors"):
            payment.action_post()
        payment.action_recall()
        payment.action_submit()
        self.assertEqual(payment.approval_state, "under_review")

    def test_laxer_rule_lets_an_approved_payment_go(self):
        payment = self.approved()
        self.rule.with_user(self.manager).minimum_amount = 9000
        payment.with_user(self.poster).action_post()
        self.assertEqual(payment.approval_state, "posted")

    def test_laxer_rule_leaves_a_submitted_payment_its_steps(self):
        payment = self.payment()
        payment.action_submit()
        self.rule.with_user(self.manager).unlink()
        with self.assertRaises(UserError):
            payment.action_post()
        payment.with_user(self.reviewer).action_review()
        self.assertEqual(payment.approval_state, "for_approval")

    def test_archived_rule_still_says_who_decides(self):
        self.rule.reviewer_ids = self.manager
        payment = self.payment()
        payment.action_submit()
        self.rule.active = False
        with self.assertRaisesRegex(UserError, "pay_manager"):
            payment.with_user(self.reviewer).action_review()
        payment.with_user(self.manager).action_review()

    def test_new_rule_that_names_others_asks_for_their_decision(self):
        payment = self.approved()
        self.rule.copy({"approver_ids": [Command.set(self.manager.ids)]})
        with self.assertRaisesRegex(UserError, "asks for more"):
            payment.with_user(self.poster).action_post()

    def test_change_of_a_rule_is_kept_with_who_made_it(self):
        # Odoo's own test cases turn tracking off.
        self.env.flush_all()
        self.env.cr.precommit.run()
        tracked = {"tracking_disable": False, "mail_notrack": False}
        rule = self.rule.with_user(self.manager).with_context(**tracked)
        rule.minimum_amount = 7
        self.env.flush_all()
        self.env.cr.precommit.run()
        values = self.rule.message_ids.tracking_value_ids
        self.assertIn("minimum_amount", values.field_id.mapped("name"))
        self.assertEqual(values.create_uid, self.manager)

    # Whom they name

    def test_decider_is_named_by_every_rule_that_names_somebody(self):
        self.rule.approver_ids = self.approver | self.manager
        self.rule.copy({"approver_ids": [Command.set(self.manager.ids)]})
        self.rule.copy({"name": "Names nobody"})
        payment = self.payment()
        payment.action_submit()
        payment.with_user(self.reviewer).action_review()
        with self.assertRaisesRegex(UserError, "pay_manager"):
            payment.with_user(self.approver).action_approve()
        payment.with_user(self.manager).action_approve()
        self.assertEqual(payment.approval_state, "approved")

    def test_first_rule_decides_where_nobody_is_named_by_all(self):
        self.rule.approver_ids = self.approver
        self.rule.copy(
            {"sequence": 20, "approver_ids": [Command.set(self.manager.ids)]}
        )
        payment = self.payment()
        payment.action_submit()
        payment.with_user(self.reviewer).action_review()
        with self.assertRaises(UserError):
            payment.with_user(self.manager).action_approve()
        payment.with_user(self.approver).action_approve()

    # What a rule may be

    def test_rule_asks_for_a_step_and_its_amounts_and_days_are_positive(self):
        for values in (
            {"minimum_amount": -1},
            {"four_eyes_amount": -1},
            {"cumulative_amount": -1},
            {"cumulative_amount": 10, "cumulative_days": 0},
            {"needs_review": False, "needs_approval": False},
        ):
            with (
                self.subTest(values),
                self.assertRaisesRegex(ValidationError, "rule|Rule"),
            ):
                self.rule.with_user(self.manager).write(values)

    def test_examples_of_period_sums_are_right(self):
        result = doctest.testmod(period)
        self.assertTrue(result.attempted)
        self.assertFalse(result.failed)

    # Cost

    def test_many_payments_are_judged_with_as_many_queries_as_few(self):
        self.rule.write({"cumulative_amount": 10**6})
        tag = self.env["res.partner.category"].create({"name": "Risky"})
        self.rule.copy({"partner_category_ids": [Command.set(tag.ids)]})
        partners = self.env["res.partner"].create(
            [{"name": f"Vendor {number}"} for number in range(50)]
        )
        payments = self.env["account.payment"].union(
            *(self.payment(10, partner_id=partner.id) for partner in partners)
        )
        self.env.flush_all()
        counts = []
        for some in (payments[:1], payments[:10], payments):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.with_user(self.clerk)._requirements()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])
        self.assertLessEqual(counts[2], counts[0])
