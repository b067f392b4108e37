"""Ways round the locks that have no place in the table: defaults, other records, master
data, crons, and two people at once.
"""

from datetime import timedelta

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, Command, api, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from ..tools import grant
from .common import MODULE
from .locks_common import LockCase as BaseCase


class LockCase(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.payable = cls.company_data["default_account_payable"]
        cls.expense = cls.company_data["default_account_expense"]

    def override(self, kind, record, user=None, minutes=0):
        """Grant a manager's override of a payment or entry."""
        user = user or self.manager
        name = "payment" if record._name == "account.payment" else "move"
        return (
            self.env["payment.override"]
            .with_user(user)
            ._grant(kind, "why", minutes=minutes, **{name: record.with_user(user)})
        )

    def entry(self, amount=7, post=True, **values):
        """Create a journal entry that is no payment's."""
        move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "line_ids": [
                    Command.create({"account_id": self.payable.id, "balance": amount}),
                    Command.create({"account_id": self.expense.id, "balance": -amount}),
                ],
                **values,
            }
        )
        if post:
            move.action_post()
        return move

    def payable_lines(self, records):
        moves = records.move_id if records._name == "account.payment" else records
        return moves.line_ids.filtered(lambda line: line.account_id == self.payable)

    def matched(self, amount=5000):
        """Return a posted payment and the bill that it pays."""
        payment = self.posted(amount)
        bill = self.init_invoice(
            "in_invoice", amounts=[amount], post=True, company=self.company
        )
        self.payable_lines(payment.move_id | bill).reconcile()
        return payment, bill


@tagged("post_install", "-at_install")
class TestBypassBirth(LockCase):
    def test_payment_without_outstanding_account_is_not_born_posted(self):
        # Odoo's own check asks only where the method has an account.
        self.journal.outbound_payment_method_line_ids.payment_account_id = False
        for state in ("in_process", "paid", "canceled", "rejected"):
            with self.refused("cannot be posted"):
                self.payment(state=state)

    def test_defaults_of_the_database_decide_nothing(self):
        defaults = self.env["ir.default"].sudo()
        defaults.set("account.payment", "approval_state", "approved", user_id=True)
        defaults.set("account.payment", "approver_id", self.approver.id)
        defaults.set("account.payment", "once_posted", True)
        payment = self.payment()
        self.assertEqual(payment.approval_state, "draft")
        self.assertFalse(payment.approver_id)
        self.assertFalse(payment.once_posted)

    def test_entry_is_not_born_posted_for_an_unapproved_payment(self):
        payment = self.payment()
        model = self.env["account.move"].with_user(self.clerk)
        with self.assertRaises(UserError):
            model.with_context(default_state="posted").create(
                {"move_type": "entry", "origin_payment_id": payment.id}
            )

    def test_entry_of_another_amount_is_refused_at_birth(self):
        lines = [
            Command.create({"account_id": self.payable.id, "balance": 9000}),
            Command.create(
                {
                    "account_id": self.env["account.payment"]
                    ._get_outstanding_account("outbound")
                    .id,
                    "balance": -9000,
                }
            ),
        ]
        with self.refused("differ in Amount"):
            self.payment(900, line_ids=lines)

    def test_write_off_may_not_hide_that_more_leaves_the_bank(self):
        outstanding = self.env["account.payment"]._get_outstanding_account("outbound")
        lines = [
            Command.create({"account_id": self.payable.id, "balance": 900}),
            Command.create({"account_id": self.expense.id, "balance": 8100}),
            Command.create({"account_id": outstanding.id, "balance": -9000}),
        ]
        with self.refused("differ in Amount"):
            self.payment(900, line_ids=lines)

    def test_context_of_a_caller_carries_no_leave(self):
        payment = self.posted()
        for forged in (True, "edit", [["edit", payment.id]], {"edit": payment.ids}):
            with self.refused("Posted payments cannot be modif"):
                payment.with_user(self.clerk).with_context(
                    **{grant.KEY: forged}
                ).memo = "forged"
        tuples = (("edit", payment.id), "edit")
        self.assertFalse(
            grant.is_granted(self.env(context={grant.KEY: tuples}), grant.EDIT, payment)
        )

    def test_leave_ends_with_the_call_that_it_was_given_for(self):
        payment = self.posted()
        self.override("reset", payment)
        reverse = payment.with_user(self.manager).move_id._reverse_moves(cancel=True)
        self.assertFalse(
            grant.is_any_granted(
                reverse.env, (grant.RESET, grant.POST, grant.EDIT), payment
            )
        )


@tagged("post_install", "-at_install")
class TestBypassEntry(LockCase):
    def test_posting_cron_is_refused_the_entry_of_an_unapproved_payment(self):
        payment = self.payment(write_off_line_vals=[])
        self.env.flush_all()
        # Past the lock, as it may stand there from before.
        self.env.cr.execute(
            "UPDATE account_move SET auto_post = 'at_date' WHERE id = %s",
            [payment.move_id.id],
        )
        self.env.invalidate_all()
        # What the cron does to each entry, as the user that it runs as.
        with self.refused("is posted with its payment"):
            payment.move_id.with_user(SUPERUSER_ID)._post()
        with self.refused("follows its payment"):
            payment.move_id.with_user(self.clerk).auto_post = "monthly"

    def test_plain_entry_leaves_its_posted_state_by_an_override_alone(self):
        move = self.entry()
        for user in (self.bookkeeper, self.clerk, self.manager):
            own = move.with_user(user)
            for step in (
                own.button_draft,
                own.button_cancel,
                lambda own=own: own.write({"state": "draft"}),
                lambda own=own: own.write({"state": "cancel"}),
            ):
                with self.refused("Posted journal entries cannot be reset"):
                    step()
            with self.refused("entries cannot be deleted"):
                own.with_context(force_delete=True).unlink()
        self.override("reset", move)
        move.with_user(self.manager).button_draft()
        self.assertEqual(move.state, "draft")
        move.action_post()
        with self.refused("Posted journal entries cannot be res"):
            move.with_user(self.manager).button_draft()

    def test_invoices_are_reset_as_odoo_does(self):
        bill = self.init_invoice(
            "in_invoice", amounts=[10], post=True, company=self.company
        )
        bill.with_user(self.bookkeeper).button_draft()
        self.assertEqual(bill.state, "draft")

    def test_statement_line_goes_with_its_posted_entry(self):
        line = self.env["account.bank.statement.line"].create(
            {"journal_id": self.journal.id, "amount": -10, "payment_ref": "x"}
        )
        move = line.move_id
        self.assertEqual(move.state, "posted")
        line.unlink()
        self.assertFalse(move.exists())

    def test_statement_line_does_not_take_another_entry_along(self):
        payment, plain = self.posted(), self.entry()
        line = self.env["account.bank.statement.line"].create(
            {"journal_id": self.journal.id, "amount": -10, "payment_ref": "x"}
        )
        for move in (payment.move_id, plain):
            with self.refused("cannot be modified"):
                move.statement_line_id = line
            line.move_id = move
            with self.refused("never deleted|cannot be deleted"):
                line.unlink()

    def test_cancelled_payment_keeps_its_entry_and_can_be_reset(self):
        payment = self.posted()
        self.override("reset", payment)
        payment.with_user(self.manager).action_draft()
        payment.with_user(self.clerk).action_cancel()
        self.assertEqual(payment.approval_state, "cancelled")
        self.assertEqual(payment.move_id.state, "cancel")
        with self.refused("never deleted"):
            payment.with_user(self.manager).unlink()
        payment.with_user(self.clerk).action_draft()
        self.assertEqual(payment.approval_state, "draft")
        self.assertEqual(payment.move_id.state, "draft")
        payment.with_user(self.clerk).action_submit()
        payment.with_user(self.reviewer).action_review()
        payment.with_user(self.approver).action_approve()
        payment.with_user(self.poster).action_post()
        self.assertEqual(payment.move_id.state, "posted")

    def test_refused_by_the_bank_takes_the_entry_out_of_the_books(self):
        payment = self.posted()
        self.override("reset", payment)
        payment.with_user(self.manager).action_reject()
        self.assertEqual(payment.state, "rejected")
        self.assertEqual(payment.approval_state, "rejected")
        self.assertEqual(payment.move_id.state, "cancel")

    def test_entry_is_reset_through_its_payment_by_one_override(self):
        payment = self.posted()
        self.override("reset", payment)
        payment.move_id.with_user(self.manager).button_draft()
        self.assertEqual((payment.state, payment.approval_state), ("draft", "draft"))
        self.assertEqual(payment.move_id.state, "draft")

    def test_reversal_is_logged_and_the_payment_is_reconciled_with_it(self):
        payment = self.posted()
        self.override("reset", payment)
        payment.with_user(self.manager).move_id._reverse_moves(cancel=True)
        line = payment.approval_log_ids.sorted("id")[-1]
        self.assertEqual(line.action, "reset")
        self.assertIn("reversed", line.reason)
        self.assertTrue(payment._is_matched_or_paid())

    def test_locked_period_moves_payment_and_entry_together(self):
        payment = self.approved(date="2023-01-15")
        self.company.fiscalyear_lock_date = "2023-12-31"
        payment.with_user(self.poster).action_post()
        self.assertGreater(str(payment.move_id.date), "2023-12-31")
        self.assertEqual(payment.date, payment.move_id.date)
        self.assertEqual(payment.approval_state, "posted")

    def test_draft_entry_follows_its_payment_in_everything(self):
        currency = self.setup_other_currency("EUR")
        payment = self.payment(write_off_line_vals=[], memo="one")
        payment.write(
            {
                "amount": 800,
                "partner_id": self.partner_b.id,
                "currency_id": currency.id,
                "date": "2024-05-05",
                "memo": "two",
            }
        )
        move = payment.move_id
        self.assertEqual(move.partner_id, self.partner_b)
        self.assertEqual(move.currency_id, currency)
        self.assertEqual(str(move.date), "2024-05-05")
        self.assertEqual(move.ref, "two")
        self.assertEqual(payment._entry_differences(), {"state"})

    def test_draft_entry_follows_to_the_account_of_another_method(self):
        method = self.journal.outbound_payment_method_line_ids[0].copy()
        account = self.env["account.payment"]._get_outstanding_account("outbound")
        method.payment_account_id = account.copy()
        lines = [
            {
                "name": "rounding",
                "account_id": self.expense.id,
                "amount_currency": -1,
                "balance": -1,
                "currency_id": self.company.currency_id.id,
            }
        ]
        payment = self.payment(write_off_line_vals=lines)
        payment.payment_method_line_id = method
        accounts = payment.move_id.line_ids.account_id
        self.assertIn(method.payment_account_id, accounts)
        self.assertIn(self.expense, accounts)
        self.assertEqual(payment._entry_differences(), {"state"})

    def test_entry_that_another_module_made_is_taken_if_it_agrees(self):
        # As expenses do: the entry first, then the payment over it.
        outstanding = self.env["account.payment"]._get_outstanding_account("outbound")
        lines = [
            {"account_id": self.expense.id, "balance": 900},
            {"account_id": outstanding.id, "balance": -900},
        ]
        entry = {
            "move_type": "entry",
            "journal_id": self.journal.id,
            "date": "2024-01-01",
            "line_ids": [Command.create(line) for line in lines],
        }
        move = self.env["account.move"].create(entry)
        with self.refused("differ"):
            self.payment(800, move_id=move.id, date="2024-01-01", partner_id=False)
        payment = self.payment(
            900, move_id=move.id, date="2024-01-01", partner_id=False
        )
        move.update({"origin_payment_id": payment.id, "journal_id": self.journal.id})
        payment.action_post()
        self.assertEqual(move.state, "posted")


@tagged("post_install", "-at_install")
class TestBypassMatching(LockCase):
    def test_unmatching_is_noted_and_opens_the_details_to_an_override(self):
        payment, _bill = self.matched()
        self.override("edit", payment)
        manager = payment.with_user(self.manager)
        with self.refused("Cannot modify reconciled payment"):
            manager.amount = 1
        self.payable_lines(payment).with_user(self.clerk).remove_move_reconcile()
        self.assertEqual(payment.approval_log_ids.sorted("id")[-1].action, "unmatch")
        manager.amount = 1
        self.assertFalse(payment._entry_differences())

    def test_memo_of_a_reconciled_payment_keeps_its_match(self):
        payment, bill = self.matched()
        self.override("edit", payment)
        payment.with_user(self.manager).write({"memo": "typo", "amount": 5000})
        self.assertEqual(payment.move_id.ref, "typo")
        self.assertIn(bill.payment_state, ("paid", "in_payment"))

    def test_match_is_not_pointed_at_another_payment(self):
        payment, bill = self.matched()
        other = self.payment(write_off_line_vals=[])
        partial = self.payable_lines(payment).matched_credit_ids
        for values in (
            {"debit_move_id": self.payable_lines(other).id},
            {"amount": 1},
            {"debit_amount_currency": 1},
        ):
            with self.refused("reconcile anew"):
                partial.with_user(self.bookkeeper).write(values)
        plain = self.entry(5000)
        self.payable_lines(payment).remove_move_reconcile()
        self.payable_lines(plain | bill).reconcile()
        partial = self.payable_lines(plain).matched_credit_ids
        with self.refused("reconcile anew"):
            partial.write({"debit_move_id": self.payable_lines(other).id})

    def test_marks_of_an_import_match_when_the_payment_is_posted(self):
        bill = self.init_invoice(
            "in_invoice", amounts=[5000], post=True, company=self.company
        )
        payment = self.payment(write_off_line_vals=[])
        lines = self.payable_lines(payment.move_id | bill)
        lines.with_context(skip_matching_number_check=True).matching_number = "I1"
        payment.action_submit()
        payment.with_user(self.reviewer).action_review()
        payment.with_user(self.approver).action_approve()
        payment.with_user(self.poster).action_post()
        self.assertIn(bill.payment_state, ("paid", "in_payment"))

    def test_exchange_differences_come_and_go_with_the_match(self):
        currency = self.setup_other_currency("EUR")
        bill = self.init_invoice(
            "in_invoice",
            amounts=[5000],
            invoice_date="2016-01-01",
            currency=currency,
            company=self.company,
            post=True,
        )
        payment = self.approved(currency_id=currency.id, date="2017-02-01")
        payment.with_user(self.poster).action_post()
        lines = self.payable_lines(payment.move_id | bill)
        lines.with_user(self.clerk).reconcile()
        exchange = lines.matched_debit_ids.exchange_move_id
        self.assertEqual(exchange.state, "posted")
        lines.with_user(self.clerk).remove_move_reconcile()
        self.assertFalse(lines.matched_debit_ids)

    def test_cash_basis_entries_come_and_go_with_the_match(self):
        self.company.tax_exigibility = True
        base = self.payable.copy({"reconcile": True, "account_type": "asset_current"})
        tax = self.env["account.tax"].create(
            {
                "name": "Cash basis",
                "amount": 10,
                "type_tax_use": "purchase",
                "company_id": self.company.id,
                "tax_exigibility": "on_payment",
                "cash_basis_transition_account_id": base.id,
            }
        )
        bill = self.init_invoice(
            "in_invoice", amounts=[5000], taxes=tax, company=self.company, post=True
        )
        payment = self.posted(5500)
        lines = self.payable_lines(payment.move_id | bill)
        lines.with_user(self.clerk).reconcile()
        moves = bill.tax_cash_basis_created_move_ids
        self.assertEqual(moves.mapped("state"), ["posted"])
        lines.with_user(self.clerk).remove_move_reconcile()
        self.assertEqual(len(bill.tax_cash_basis_created_move_ids), 2)


@tagged("post_install", "-at_install")
class TestBypassMasterData(LockCase):
    def test_merged_contact_sends_waiting_payments_back_and_leaves_posted_ones(self):
        waiting, posted = self.payment(), self.posted(4000)
        waiting.action_submit()
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.partner_a | self.partner_b).ids, self.partner_b
        )
        self.assertEqual(waiting.partner_id, self.partner_b)
        self.assertEqual(waiting.approval_state, "draft")
        self.assertIn("merged", waiting.approval_log_ids.sorted("id")[-1].reason)
        self.assertEqual(posted.partner_id, self.partner_b)
        self.assertEqual(posted.approval_state, "posted")
        self.assertEqual(posted.approval_log_ids.sorted("id")[-1].action, "merge")
        self.assertFalse(posted._entry_differences())

    def test_contact_takes_a_parent_and_lines_of_its_payments_follow(self):
        partner = self.env["res.partner"].create({"name": "Branch office"})
        posted = self.approved(partner_id=partner.id)
        posted.with_user(self.poster).action_post()
        waiting = self.payment(partner_id=partner.id, write_off_line_vals=[])
        waiting.action_submit()
        parent = self.env["res.partner"].create({"name": "Head", "is_company": True})
        partner.parent_id = parent
        self.assertEqual((posted.move_id | waiting.move_id).line_ids.partner_id, parent)
        self.assertEqual(waiting.approval_state, "under_review")
        self.assertFalse(posted._entry_differences())

    def test_changed_bank_account_sends_the_payment_back(self):
        bank = self.env["res.partner.bank"].create(
            {
                "partner_id": self.partner_a.id,
                "acc_number": "OLD",
                "allow_out_payment": False,
            }
        )
        payment = self.payment(partner_bank_id=bank.id)
        payment.action_submit()
        bank.acc_number = "NEW"
        self.assertEqual(payment.approval_state, "draft")

    def test_company_is_not_left_to_leave_its_control(self):
        other = self.env["res.company"].create({"name": "Uncontrolled"})
        other.payment_control = False
        payment = self.posted()
        with self.assertRaises(UserError):
            payment.with_user(self.manager).company_id = other
        # And not entered with what was posted elsewhere.
        self.assertIn(
            "company_id",
            type(payment)._check_posted_is_approved._constrains,
        )

    def test_control_turned_on_locks_what_was_posted_without_it(self):
        self.company.payment_control = False
        posted, draft = self.payment(), self.payment()
        posted.action_post()
        self.assertEqual(posted.approval_state, "draft")
        self.company.payment_control = True
        self.assertEqual(posted.approval_state, "posted")
        self.assertTrue(posted.once_posted)
        self.assertEqual(draft.approval_state, "draft")
        with self.refused("Posted payments cannot be modified"):
            posted.memo = "x"
        bill = self.init_invoice(
            "in_invoice", amounts=[5000], post=True, company=self.company
        )
        self.payable_lines(posted.move_id | bill).reconcile()
        self.assertIn(bill.payment_state, ("paid", "in_payment"))

    def test_control_turned_off_and_on_keeps_decisions(self):
        payment = self.payment()
        payment.action_submit()
        self.company.payment_control = False
        self.company.payment_control = True
        self.assertEqual(payment.approval_state, "under_review")

    def test_changed_while_control_was_off_it_is_submitted_again(self):
        payment = self.payment()
        payment.action_submit()
        self.company.payment_control = False
        payment.amount = 9000
        self.company.payment_control = True
        self.assertEqual(payment.approval_state, "draft")

    def test_without_control_the_addon_is_not_there(self):
        self.company.payment_control = False
        payment = self.payment()
        payment.action_post()
        payment.amount = 4000
        payment.action_draft()
        payment.action_cancel()
        payment.action_draft()
        payment.unlink()
        self.assertFalse(payment.exists())


@tagged("post_install", "-at_install")
class TestBypassOverride(LockCase):
    def test_override_is_for_one_user_kind_record_and_time(self):
        payment, other = self.posted(), self.posted(4000)
        second = self._person("second", "group_manager")
        self.override("reset", payment)
        self.override("edit", other)
        self.override("edit", payment, user=second)
        manager = payment.with_user(self.manager)
        with self.refused("Posted payments cannot be modified"):
            manager.amount = 1
        override = self.override("edit", payment)
        override.sudo().expires_at = fields.Datetime.now() - timedelta(seconds=1)
        with self.refused("Posted payments cannot be modified"):
            manager.amount = 1
        payment.with_user(second).amount = 1
        self.assertEqual(payment.amount, 1)

    def test_override_of_who_is_no_manager_any_more_is_void(self):
        payment = self.posted()
        self.override("edit", payment)
        group = self.env.ref(f"{MODULE}.group_manager")
        self.manager.write({"groups_id": [Command.unlink(group.id)]})
        with self.refused("Posted payments cannot be modified"):
            payment.with_user(self.manager).amount = 1

    def test_override_is_a_managers_of_the_company(self):
        payment = self.posted()
        overrides = self.env["payment.override"]
        for user in (self.clerk, self.approver, self.auditor):
            with self.assertRaises(AccessError):
                overrides.with_user(user)._grant(
                    "edit", "why", payment=payment.with_user(user)
                )
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self._person("stranger", "group_manager")
        stranger.write(
            {"company_ids": [Command.set(elsewhere.ids)], "company_id": elsewhere.id}
        )
        with self.assertRaises(AccessError):
            overrides.with_user(stranger)._grant(
                "edit", "why", payment=payment.with_user(stranger)
            )
        with self.refused("needs a reason"):
            overrides.with_user(self.manager)._grant("edit", " ", payment=payment)

    def test_nobody_writes_overrides_by_hand(self):
        payment = self.posted()
        for user in (self.clerk, self.manager):
            with self.assertRaises(AccessError):
                self.env["payment.override"].with_user(user).create(
                    {
                        "payment_id": payment.id,
                        "company_id": self.company.id,
                        "kind": "edit",
                        "user_id": user.id,
                        "reason": "why",
                        "expires_at": "2099-01-01",
                    }
                )

    def test_failed_change_leaves_the_override_live(self):
        payment = self.posted()
        override = self.override("edit", payment)
        with self.refused("reset it to draft first"):
            payment.with_user(self.manager).outstanding_account_id = self.expense
        self.assertFalse(override.used_at)
        payment.with_user(self.manager).memo = "typo"
        self.assertTrue(override.used_at)

    def test_each_of_several_payments_takes_its_own_override(self):
        one, two = self.posted(), self.posted(4000)
        self.override("edit", one)
        both = (one | two).with_user(self.manager)
        with self.refused("Posted payments cannot be modified"):
            both.write({"memo": "typo"})
        self.override("edit", two)
        both.write({"memo": "typo"})
        self.assertEqual((one | two).move_id.mapped("ref"), ["typo", "typo"])

    def test_edit_of_every_field_leaves_payment_and_entry_equal(self):
        payment = self.posted()
        values = {
            "amount": 4321,
            "partner_id": self.partner_b.id,
            "currency_id": self.setup_other_currency("EUR").id,
            "date": fields.Date.today().replace(day=1),
            "memo": "all of it",
        }
        self.override("edit", payment)
        payment.with_user(self.manager).write(values)
        self.assertFalse(payment._entry_differences())
        self.assertEqual(payment.move_id.state, "posted")
        self.assertEqual(payment.move_id.ref, "all of it")
        self.assertEqual(payment.approval_state, "posted")


@tagged("post_install", "-at_install")
class TestBypassAtOnce(TransactionCase):
    """Two managers' browsers, each with a transaction of its own."""

    def test_two_transactions_use_an_override_once(self):
        with self._committed() as override_id:
            used = []
            with self.registry.cursor() as one, self.registry.cursor() as two:
                first = self._find(one, override_id)
                second = self._find(two, override_id)
                used.append(first._is_free())
                first.used_at = fields.Datetime.now()
                used.append(second._is_free())
                first.env.flush_all()
                one.commit()
                with mute_logger("odoo.sql_db"):
                    try:
                        used.append(second._is_free())
                    except SerializationFailure:
                        used.append(False)
                two.rollback()
            self.assertEqual(used, [True, False, False])

    def _committed(self):
        return _Override(self.registry)

    @staticmethod
    def _find(cr, override_id):
        env = api.Environment(cr, SUPERUSER_ID, {})
        override = env["payment.override"].browse(override_id)
        self_read = override.read(["used_at"])
        assert self_read
        return override


class _Override:
    """An override that other transactions see; taken away afterwards."""

    def __init__(self, registry):
        self.registry = registry

    def __enter__(self):
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            override = env["payment.override"].create(
                {
                    "company_id": env.company.id,
                    "kind": "edit",
                    "user_id": SUPERUSER_ID,
                    "reason": "why",
                    "expires_at": "2099-01-01",
                }
            )
            self.id = override.id
        return self.id

    def __exit__(self, *error):
        with self.registry.cursor() as cr:
            cr.execute("DELETE FROM payment_override WHERE id = %s", [self.id])


@tagged("post_install", "-at_install")
class TestBypassProvider(LockCase):
    """Money that a provider has collected; with `account_payment`, as always."""

    def setUp(self):
        super().setUp()
        if "payment.transaction" not in self.env:
            self.skipTest("account_payment is not installed")
        provider = self.env["payment.provider"].sudo().search([], limit=1)
        self.provider = provider.copy({"company_id": self.company.id})
        self.provider.journal_id = self.journal
        methods = self.env["payment.method"].sudo().with_context(active_test=False)
        method = methods.search([], limit=1)
        self.deal = (
            self.env["payment.transaction"]
            .sudo()
            .create(
                {
                    "provider_id": self.provider.id,
                    "payment_method_id": method.id,
                    "reference": "deal",
                    "amount": 5000,
                    "currency_id": self.company.currency_id.id,
                    "partner_id": self.partner_a.id,
                    "state": "done",
                }
            )
        )

    def collected(self, amount=5000, **values):
        return self.payment(
            amount,
            payment_type="inbound",
            partner_type="customer",
            payment_transaction_id=self.deal.id,
            **values,
        )

    def test_collected_payment_needs_nobody(self):
        payment = self.collected(write_off_line_vals=[])
        payment.action_post()
        self.assertEqual(payment.approval_state, "posted")

    def test_transaction_of_something_else_is_no_way_round(self):
        for values in (
            {"amount": 6000},
            {"partner_id": self.partner_b.id},
            {"currency_id": self.setup_other_currency("EUR").id},
        ):
            with self.refused("Vendors"):
                self.collected(**values).action_post()
        with self.refused("Vendors"):
            self.payment(payment_transaction_id=self.deal.id).action_post()
        self.deal.state = "pending"
        with self.refused("Vendors"):
            self.collected().action_post()

    def test_one_transaction_excuses_one_payment(self):
        self.collected().action_post()
        with self.refused("Vendors"):
            self.collected().action_post()

    def test_unapproved_payment_charges_no_token(self):
        payment = self.payment(payment_type="inbound", partner_type="customer")
        with self.refused("cannot be posted"):
            payment.sudo()._create_payment_transaction()
