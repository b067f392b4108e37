from lxml import etree

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import PaymentCase

MODULE = "payment_account_enhanced"
ROLES = (
    "clerk",
    "reviewer",
    "approver",
    "poster",
    "manager",
    "auditor",
    "bookkeeper",
)
#: Field that shows a button: the method of the button.
BUTTONS = {
    "can_submit": "action_submit",
    "can_review": "action_review",
    "can_approve": "action_approve",
    "can_post": "action_post",
    "can_recall": "action_recall",
    "can_cancel": "action_cancel",
}
#: Menus of each role under Payments.
MENUS = {
    "clerk": {"Waiting for Me", "Payments", "Approval Dashboard", "Decision Log"},
    "reviewer": {"Waiting for Me", "Delegations"},
    "manager": {"Approval Rules", "Overrides", "Delegations"},
    "auditor": {"Approval Rules", "Overrides", "Delegations", "Decision Log"},
    "bookkeeper": {"Payments", "Approval Dashboard", "Decision Log"},
}


class ScreenCase(PaymentCase):
    def users(self):
        return {role: getattr(self, role) for role in ROLES}

    def states(self):
        """Return a payment in each state, by a name of it."""
        rejected = self.payment()
        rejected.action_submit()
        rejected.with_user(self.reviewer)._reject("wrong")
        refused = self.posted().with_user(self.manager)
        refused.env["payment.override"]._grant("reset", "closed", payment=refused)
        refused.action_reject()
        cancelled = self.payment()
        cancelled.action_cancel()
        reviewed = self.payment()
        reviewed.action_submit()
        waiting = reviewed.copy()
        waiting.with_user(self.clerk).action_submit()
        reviewed.with_user(self.reviewer).action_review()
        return {
            "draft": self.payment(),
            "small draft": self.payment(10),
            "under review": waiting,
            "for approval": reviewed,
            "approved": self.approved(),
            "approved, strict": self.approved(20000),
            "posted": self.posted(),
            "rejected": rejected,
            "refused by the bank": refused,
            "cancelled": cancelled,
        }


@tagged("post_install", "-at_install")
class TestButtons(ScreenCase):
    """A button is there exactly when the server would do what it says."""

    def server_takes(self, call):
        """Whether a step succeeds, without leaving a trace of it."""
        savepoint = self.env.cr.savepoint()
        try:
            call()
            self.env.flush_all()
        except (UserError, AccessError, ValidationError):
            return False
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()
        return True

    def test_each_button_shows_for_whom_the_server_allows_its_step(self):
        for state, payment in self.states().items():
            for role, user in self.users().items():
                mine = payment.with_user(user)
                for field, method in BUTTONS.items():
                    if (state, field) in (
                        # One person alone posts it: there is nothing to submit.
                        ("small draft", "can_submit"),
                        # Again: allowed by Odoo, and pointless.
                        ("posted", "can_post"),
                        ("cancelled", "can_cancel"),
                        ("refused by the bank", "can_cancel"),
                    ):
                        self.assertFalse(mine[field])
                        continue
                    with self.subTest(state=state, role=role, button=field):
                        shown = mine[field]
                        taken = self.server_takes(getattr(mine, method))
                        self.assertEqual(shown, taken)

    def test_reject_shows_for_whom_the_server_allows_it(self):
        for state, payment in self.states().items():
            for role, user in self.users().items():
                mine = payment.with_user(user)
                with self.subTest(state=state, role=role):
                    shown = mine.can_reject
                    taken = self.server_takes(lambda mine=mine: mine._reject("wrong"))
                    self.assertEqual(shown, taken)

    def test_overrides_are_offered_to_managers_on_posted_payments_alone(self):
        for state, payment in self.states().items():
            for role, user in self.users().items():
                with self.subTest(state=state, role=role):
                    self.assertEqual(
                        payment.with_user(user).can_override,
                        (state, role) == ("posted", "manager"),
                    )

    def test_buttons_follow_the_amount_while_a_payment_is_typed(self):
        with Form(self.env["account.payment"].with_user(self.clerk)) as form:
            form.partner_id = self.partner_a
            form.amount = 10
            self.assertTrue(form.can_post)
            self.assertFalse(form.can_submit)
            form.amount = 5000
            self.assertFalse(form.can_post)
            self.assertTrue(form.can_submit)
            self.assertIn("three different people", form.approval_hint)
            form.amount = 50000
            self.assertIn("four different people", form.approval_hint)

    def test_held_back_payment_offers_the_confirmation_instead_of_the_approval(self):
        self.company.payment_quarantine_days = 7
        bank = self.env["res.partner.bank"].create(
            {"acc_number": "NEW-1", "partner_id": self.partner_a.id}
        )
        payment = self.payment(partner_bank_id=bank.id)
        payment.action_submit()
        payment.with_user(self.reviewer).action_review()
        mine = payment.with_user(self.approver)
        self.assertFalse(mine.can_approve)
        self.assertTrue(mine.can_confirm_bank)
        self.assertIn("NEW-1", mine.bank_quarantine)
        mine.action_confirm_bank()
        self.assertTrue(mine.can_approve)


@tagged("post_install", "-at_install")
class TestHints(ScreenCase):
    """The form says what a payment waits for, and what is unusual about it."""

    def hint(self, payment, user):
        return payment.with_user(user).approval_hint or ""

    def test_hint_names_step_people_and_rule(self):
        payment = self.states()["under review"]
        hint = self.hint(payment, self.clerk)
        for text in ("review", self.reviewer.name, "Vendors", "three different"):
            self.assertIn(text, hint)

    def test_rejected_payment_shows_who_rejected_it_and_why(self):
        hint = self.hint(self.states()["rejected"], self.clerk)
        self.assertIn(f"Rejected by {self.reviewer.name}: wrong", hint)

    def test_payment_that_the_bank_refused_is_reset_before_it_is_submitted(self):
        hint = self.hint(self.states()["refused by the bank"], self.clerk)
        self.assertIn("Refused by the bank: closed. Reset it to draft", hint)
        self.assertNotIn("Submit it", hint)

    def test_posted_payment_says_who_can_still_change_it(self):
        payment = self.posted()
        self.assertIn("A payment manager can", self.hint(payment, self.clerk))
        self.assertIn("As a payment manager", self.hint(payment, self.manager))
        mine = payment.with_user(self.manager)
        mine.env["payment.override"]._grant("edit", "typo", payment=mine)
        mine.invalidate_recordset()
        self.assertIn("typo", self.hint(payment, self.manager))

    def test_relaxed_pair_of_the_company_shows_on_each_payment_it_concerns(self):
        states = self.states()
        payment = states["under review"]
        self.assertFalse(payment.with_user(self.reviewer).approval_warning)
        self.company.payment_relax_creator_review = True
        payment.invalidate_recordset()
        warning = payment.with_user(self.reviewer).approval_warning
        self.assertIn("Segregation of duties is relaxed", warning)
        self.assertIn("may review it", warning)
        self.assertFalse(states["small draft"].approval_warning)

    def test_registered_payment_names_the_bills_that_wait(self):
        bill = self.init_invoice(
            "in_invoice", amounts=[5000], post=True, company=self.company
        )
        wizard = (
            self.env["account.payment.register"]
            .with_user(self.clerk)
            .with_context(active_model="account.move", active_ids=bill.ids)
            .create({"journal_id": self.journal.id})
        )
        payment = wizard._create_payments()
        self.assertIn(bill.name, self.hint(payment, self.reviewer))


@tagged("post_install", "-at_install")
class TestWaitingForMe(ScreenCase):
    def found(self, user):
        payments = self.env["account.payment"].with_user(user)
        return payments.search([("waiting_for_me", "=", True)])

    def test_each_finds_the_payments_whose_next_step_is_theirs(self):
        states = self.states()
        expected = {
            "clerk": {"approved", "rejected", "refused by the bank"},
            "reviewer": {"under review"},
            "approver": {"under review", "for approval"},
            "poster": {"approved, strict"},
            "manager": {"under review", "for approval", "approved, strict"},
            "auditor": set(),
            "bookkeeper": set(),
        }
        for role, user in self.users().items():
            mine = self.found(user)
            names = {name for name, payment in states.items() if payment in mine}
            with self.subTest(role=role):
                self.assertEqual(names, expected[role])

    def test_field_and_search_agree(self):
        payments = self.env["account.payment"].browse().union(*self.states().values())
        for user in self.users().values():
            mine = payments.with_user(user)
            self.assertEqual(mine.filtered("waiting_for_me"), mine & self.found(user))
            others = mine.search(
                [("waiting_for_me", "=", False), ("id", "in", mine.ids)]
            )
            self.assertEqual(others & self.found(user), mine.browse())


@tagged("post_install", "-at_install")
class TestMassActions(ScreenCase):
    def take(self, user, method, payments):
        action = getattr(payments.with_user(user), method)()
        return self.env["payment.batch.result"].with_user(user).browse(action["res_id"])

    def test_refused_payment_does_not_hold_up_the_others_and_says_why(self):
        states = self.states()
        payments = states["under review"] | states["draft"] | states["posted"]
        result = self.take(self.reviewer, "action_batch_review", payments)
        self.assertEqual((result.done_count, result.refused_count), (1, 2))
        outcome = {line.payment_id: line for line in result.line_ids}
        self.assertTrue(outcome[states["under review"].with_user(self.reviewer)].done)
        refused = outcome[states["draft"].with_user(self.reviewer)]
        self.assertIn("this step starts from Under Review", refused.message)
        self.assertEqual(states["under review"].approval_state, "for_approval")
        self.assertEqual(states["draft"].approval_state, "draft")

    def test_every_step_is_taken_of_many(self):
        payments = self.payment(2000) | self.payment(3000)
        for user, method, state in (
            (self.clerk, "action_batch_submit", "under_review"),
            (self.clerk, "action_batch_recall", "draft"),
            (self.clerk, "action_batch_submit", "under_review"),
            (self.reviewer, "action_batch_review", "for_approval"),
            (self.approver, "action_batch_approve", "approved"),
            (self.clerk, "action_batch_post", "posted"),
        ):
            result = self.take(user, method, payments)
            with self.subTest(method=method):
                self.assertEqual((result.done_count, result.refused_count), (2, 0))
                self.assertEqual(set(payments.mapped("approval_state")), {state})

    def test_without_control_posting_many_is_odoos_own(self):
        self.company.payment_control = False
        payments = self.payment(2000) | self.payment(3000)
        self.assertIsNone(payments.action_batch_post())
        self.assertLessEqual(set(payments.mapped("state")), {"in_process", "paid"})


@tagged("post_install", "-at_install")
class TestDialogs(ScreenCase):
    def answer(self, action, user, **values):
        """Fill the dialog that an action opens, and confirm it."""
        model = self.env["payment.reason"].with_user(user)
        wizard = model.with_context(**action["context"]).create(values)
        return wizard.action_confirm()

    def test_manager_is_asked_before_a_change_and_the_change_goes_through(self):
        payment = self.posted().with_user(self.manager)
        action = payment.action_ask_edit({"memo": "other"})
        self.assertEqual(action["res_model"], "payment.reason")
        done = self.answer(action, self.manager, reason="typo")
        self.assertEqual(done["infos"], {"granted": True})
        self.assertFalse(payment.action_ask_edit({"memo": "other"}))
        payment.memo = "other"
        self.assertEqual(payment.memo, "other")
        self.assertTrue(payment.action_ask_edit({"memo": "third"}))

    def test_nobody_is_asked_where_the_server_refuses_anyway(self):
        payment = self.posted()
        asked = {"memo": "other"}
        self.assertFalse(payment.with_user(self.clerk).action_ask_edit(asked))
        mine = payment.with_user(self.manager)
        self.assertFalse(mine.action_ask_edit({"memo": payment.memo}))
        self.assertFalse(mine.action_ask_edit({"is_sent": True}))
        draft = self.payment().with_user(self.manager)
        self.assertFalse(draft.action_ask_edit(asked))

    def test_manager_is_asked_before_each_way_out_of_the_books(self):
        for method, state in (
            ("action_ask_draft", "draft"),
            ("action_ask_cancel", "canceled"),
            ("action_ask_bank_rejection", "rejected"),
        ):
            payment = self.posted().with_user(self.manager)
            action = getattr(payment, method)()
            self.assertIn(payment.state, ("in_process", "paid"))
            self.answer(action, self.manager, reason="paid twice")
            with self.subTest(method=method):
                self.assertEqual(payment.state, state)
                self.assertIn("paid twice", payment.approval_log_ids.mapped("reason"))

    def test_others_get_the_message_instead_of_the_dialog(self):
        payment = self.posted()
        for user in (self.clerk, self.approver):
            for method in ("action_ask_draft", "action_ask_cancel"):
                with self.assertRaisesRegex(
                    UserError, "Posted payments cannot be reset"
                ):
                    getattr(payment.with_user(user), method)()

    def test_rejection_needs_its_reason_and_returns_the_payment(self):
        payment = self.states()["under review"].with_user(self.reviewer)
        action = payment.action_reject_approval()
        with self.assertRaisesRegex(UserError, "needs a reason"):
            self.answer(action, self.reviewer, reason=" ")
        self.answer(action, self.reviewer, reason="not ours")
        self.assertEqual(payment.approval_state, "rejected")

    def test_dialog_starts_with_the_companys_minutes_and_bounds_them(self):
        self.company.payment_override_minutes = 7
        payment = self.posted().with_user(self.manager)
        action = payment.action_override_edit()
        model = self.env["payment.reason"].with_user(self.manager)
        model = model.with_context(**action["context"])
        self.assertEqual(model.create({"reason": "x"}).minutes, 7)
        for minutes in (0, -1, 100000):
            with self.assertRaisesRegex(UserError, "is not between 1 and"):
                model.create({"reason": "x", "minutes": minutes}).action_confirm()

    def test_posted_entry_is_reset_by_a_manager_with_a_reason(self):
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "line_ids": [
                    Command.create(
                        {
                            "account_id": self.company_data[key].id,
                            "balance": balance,
                        }
                    )
                    for key, balance in (
                        ("default_account_expense", 10),
                        ("default_account_assets", -10),
                    )
                ],
            }
        )
        entry.action_post()
        self.assertTrue(entry.reset_is_guarded)
        with self.assertRaisesRegex(UserError, "journal entries cannot be reset"):
            entry.with_user(self.clerk).action_ask_draft()
        action = entry.with_user(self.manager).action_ask_draft()
        self.answer(action, self.manager, reason="wrong account")
        self.assertEqual(entry.state, "draft")

    def test_entry_of_a_payment_is_reset_with_the_payment(self):
        payment = self.posted()
        action = payment.move_id.with_user(self.manager).action_ask_draft()
        self.answer(action, self.manager, reason="wrong vendor")
        self.assertEqual((payment.state, payment.move_id.state), ("draft", "draft"))

    def test_invoice_is_reset_as_odoo_does(self):
        bill = self.init_invoice(
            "in_invoice", amounts=[10], post=True, company=self.company
        )
        self.assertFalse(bill.reset_is_guarded)


@tagged("post_install", "-at_install")
class TestMenusAndViews(ScreenCase):
    def visible_menus(self, user):
        loaded = self.env["ir.ui.menu"].with_user(user).load_menus(False)
        own = self.env["ir.model.data"].search(
            [
                ("module", "=", MODULE),
                ("model", "=", "ir.ui.menu"),
                ("res_id", "in", [menu_id for menu_id in loaded if menu_id != "root"]),
            ]
        )
        return self.env["ir.ui.menu"].browse(own.mapped("res_id")).filtered("action")

    def test_each_role_sees_the_menus_of_its_work(self):
        for role, names in MENUS.items():
            with self.subTest(role=role):
                menus = self.visible_menus(getattr(self, role))
                self.assertLessEqual(names, set(menus.mapped("name")))

    def test_overrides_and_rules_are_not_for_everybody(self):
        names = set(self.visible_menus(self.clerk).mapped("name"))
        self.assertFalse({"Overrides", "Approval Rules"} & names)

    def test_each_menu_a_role_sees_opens_for_it(self):
        for role, user in self.users().items():
            for menu in self.visible_menus(user):
                with self.subTest(role=role, menu=menu.complete_name):
                    action = menu.action.sudo()._get_action_dict()
                    model = self.env[action["res_model"]].with_user(user)
                    self.assertTrue(model.has_access("read"))
                    search = action["search_view_id"]
                    views = model.get_views(
                        [*action["views"], (search and search[0], "search")]
                    )
                    self.read_list(model, views)

    def read_list(self, model, views):
        """Read what the list shows."""
        arch = etree.fromstring(views["views"]["list"]["arch"])
        names = arch.xpath("//field[not(ancestor::field)]/@name")
        model.search([], limit=5).web_read({name: {} for name in names})

    def test_whole_form_of_a_payment_is_read_by_every_role_in_every_state(self):
        for state, payment in self.states().items():
            for role, user in self.users().items():
                with self.subTest(state=state, role=role):
                    mine = payment.with_user(user)
                    arch = etree.fromstring(mine.get_view(view_type="form")["arch"])
                    names = arch.xpath("//field[not(ancestor::field)]/@name")
                    mine.web_read({name: {} for name in names})

    def test_list_shows_no_approval_where_no_company_controls_payments(self):
        model = self.env["account.payment"].with_user(self.clerk)

        def hidden():
            arch = etree.fromstring(model.get_view(view_type="list")["arch"])
            return arch.xpath("//field[@name='approval_state']/@column_invisible")

        self.assertFalse(hidden())
        self.company.payment_control = False
        self.assertEqual(hidden(), ["1"])

    def test_without_control_a_payment_has_none_of_the_buttons(self):
        self.company.payment_control = False
        payment = self.payment()
        for field in (*BUTTONS, "can_reject", "can_override"):
            self.assertFalse(payment[field])
        self.assertFalse(payment.approval_hint)
        payment.action_post()
        self.assertFalse(payment.voucher_number)

    def test_decisions_and_overrides_cannot_be_made_on_their_screens(self):
        for name in ("payment.approval.log", "payment.override"):
            model = self.env[name].with_user(self.manager)
            self.assertFalse(model.has_access("create"))
            self.assertFalse(model.has_access("unlink"))

    def test_rule_tells_in_words_what_it_asks_for(self):
        self.rule.cumulative_amount = 3000
        summary = self.rule.summary.replace("\N{NO-BREAK SPACE}", " ")
        for text in ("1,000.00", "3,000.00", "30 days", "10,000.00", "fourth person"):
            self.assertIn(text, summary)

    def test_states_of_overrides_and_delegations_are_shown_and_searched_alike(self):
        payment = self.posted().with_user(self.manager)
        overrides = self.env["payment.override"].with_user(self.manager)
        live = overrides._grant("edit", "typo", payment=payment)
        used = overrides._grant("edit", "typo", payment=payment)
        expired = overrides._grant("edit", "typo", payment=payment)
        now = fields.Datetime.now()
        used.sudo().used_at = now
        expired.sudo().expires_at = fields.Datetime.subtract(now, minutes=1)
        for status, override in (("live", live), ("used", used), ("expired", expired)):
            found = overrides.search(
                [("status", "=", status), ("payment_id", "=", payment.id)]
            )
            self.assertEqual((found, found.status), (override, status))
        delegations = self.env["payment.approval.delegation"].with_user(self.manager)
        for start, end, status in ((1, 2, "coming"), (-1, 1, "running")):
            one = delegations.create(
                {
                    "delegator_id": self.manager.id,
                    "delegate_id": self.clerk.id,
                    "company_id": self.company.id,
                    "date_from": fields.Datetime.add(now, days=start),
                    "date_to": fields.Datetime.add(now, days=end),
                    "reason": "leave",
                }
            )
            self.assertEqual(one.status, status)
            self.assertIn(one, delegations.search([("status", "=", status)]))


@tagged("post_install", "-at_install")
class TestBoard(ScreenCase):
    def card(self, state, user=None):
        board = self.env["payment.approval.board"].with_user(user or self.manager)
        return board.search(
            [("company_id", "=", self.company.id), ("approval_state", "=", state)]
        )

    def test_cards_count_and_sum_what_waits_and_since_when(self):
        first = self.payment(2000)
        first.action_submit()
        second = self.payment(3000)
        second.action_submit()
        received = self.payment(4000, payment_type="inbound", partner_type="customer")
        received.action_submit()
        card = self.card("under_review")
        self.assertEqual(card.payment_count, 3)
        self.assertEqual((card.amount_out, card.amount_in), (5000, 4000))
        self.assertEqual(card.oldest_payment_id, first.with_user(self.manager))
        self.assertEqual(card.oldest_days, 0)
        self.assertEqual(self.card("for_approval").payment_count, 0)

    def test_card_tells_each_how_many_are_theirs(self):
        payment = self.payment()
        payment.action_submit()
        self.assertEqual(self.card("under_review", self.reviewer).mine_count, 1)
        self.assertEqual(self.card("under_review", self.clerk).mine_count, 0)

    def test_card_opens_the_payments_that_it_counts(self):
        states = self.states()
        for card in self.env["payment.approval.board"].search(
            [("company_id", "=", self.company.id)]
        ):
            action = card.action_open()
            found = self.env["account.payment"].search(action["domain"])
            self.assertEqual(len(found), card.payment_count)
        oldest = self.card("approved").action_open_oldest()
        self.assertEqual(oldest["res_id"], states["approved"].id)

    def test_companies_without_control_or_of_others_have_no_cards(self):
        other = self.env["res.company"].create({"name": "Another"})
        other.payment_control = True
        boards = self.env["payment.approval.board"].with_user(self.manager)
        self.assertEqual(boards.search([]).company_id, self.company)
        self.company.payment_control = False
        self.assertFalse(boards.search([]))
