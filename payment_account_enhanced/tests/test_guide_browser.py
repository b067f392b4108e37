from odoo.tests import tagged

from .payment_browser import PaymentBrowserCase


@tagged("post_install", "-at_install")
class TestGuideSteps(PaymentBrowserCase):
    """Steps 4.3 to 4.6 of the deployment guide, clicked as they are written."""

    def reconciled(self):
        """Return a posted payment that is reconciled with its bill."""
        bill = self.init_invoice(
            "in_invoice", amounts=[900], post=True, company=self.company
        )
        wizard = (
            self.env["account.payment.register"]
            .with_user(self.clerk)
            .with_context(active_model="account.move", active_ids=bill.ids)
            .create({"journal_id": self.journal.id})
        )
        return wizard._create_payments()

    def test_4_3_regular_user_meets_the_locks_and_prints_the_voucher(self):
        payment = self.posted(memo="before")
        self.play(
            self.clerk,
            """
            await openPayment(data.name);
            await type("memo", "after");
            await save();
            await refused("Posted payments cannot be modified");
            await discard();
            await press(button("action_ask_draft"));
            await refused("Posted payments cannot be reset");
            await until(
                () => withText(button("action_print_voucher"), "Print Voucher"),
                "Print Voucher"
            );
            """,
            name=payment.name,
        )
        self.assertEqual(payment.memo, "before")
        self.assertIn(payment.state, ("in_process", "paid"))

    def test_4_4_manager_changes_with_a_reason_reverts_and_may_reset(self):
        payment = self.posted(memo="before")
        self.play(
            self.manager,
            """
            await openPayment(data.name);
            await type("memo", "after");
            await save();
            await giveReason("order number was missing", "Open for One Change");
            await saved();
            if (valueOf("memo") !== "after") {
                throw new Error(`The memo is ${valueOf("memo")}`);
            }
            await type("memo", "before");
            await save();
            await giveReason("it was right", "Open for One Change");
            await saved();
            await press(button("action_ask_draft"));
            await until(
                () => withText(".modal", "Reset a Posted Payment"),
                "the dialog of a reset"
            );
            await pressText(".modal .modal-footer button", "Discard");
            await until(() => !visible(".modal"), "the form");
            await status("Posted");
            """,
            name=payment.name,
        )
        self.assertEqual(payment.memo, "before")
        self.assertIn(payment.state, ("in_process", "paid"))
        edits = payment.approval_log_ids.filtered(lambda one: one.action == "edit")
        self.assertEqual(
            edits.sorted("id").mapped("reason"),
            ["order number was missing", "it was right"],
        )
        overrides = self.env["payment.override"].search(
            [("payment_id", "=", payment.id)]
        )
        self.assertEqual(len(overrides), 2)
        self.assertTrue(all(overrides.mapped("used_at")))

    def test_4_4_without_a_reason_nothing_is_changed(self):
        payment = self.posted(memo="before")
        self.play(
            self.manager,
            """
            await openPayment(data.name);
            await type("memo", "after");
            await save();
            await until(() => withText(".modal", "Change a Posted Payment"), "dialog");
            await pressText(".modal .modal-footer button", "Discard");
            await until(() => !visible(".modal"), "the form");
            await until(() => visible(".o_form_button_save"), "the unsaved change");
            await discard();
            """,
            name=payment.name,
        )
        self.assertEqual(payment.memo, "before")
        self.assertFalse(
            self.env["payment.override"].search([("payment_id", "=", payment.id)])
        )

    def test_4_5_new_payment_is_submitted_by_one_and_reviewed_by_another(self):
        self.play(
            self.reviewer,
            """
            await list();
            await press(".o_list_button_add");
            await form();
            await choose("partner_id", data.partner);
            await type("amount", "5000");
            await until(() => valueOf("destination_account_id"), "the account");
            await press(button("action_submit"));
            await status("Under Review");
            """,
            partner=self.partner_a.name,
        )
        payment = self.env["account.payment"].search(
            [("create_uid", "=", self.reviewer.id)]
        )
        self.assertEqual(payment.approval_state, "under_review")
        to_it = """
            await filter("Under Review");
            await until(() => all(".o_data_row").length === 1, "the only payment");
        """
        self.play(
            self.reviewer,
            to_it
            + """
            await press(".o_data_row .o_list_record_selector input");
            await until(() => visible(".o_data_row_selected"), "the selected payment");
            await pressExactly(".o_control_panel button", "Review");
            await until(
                () => withText(".modal .o_data_row", "took part as creator"),
                "the refusal"
            );
            await pressText(".modal .modal-footer button", "Close");
            await until(() => !visible(".modal"), "the list");
            await settle();
            await pressText(".o_data_row .o_data_cell", data.partner);
            await status("Under Review");
            if (visible(button("action_review"))) {
                throw new Error("The creator is offered the review");
            }
            """,
            partner=self.partner_a.name,
        )
        self.assertEqual(payment.approval_state, "under_review")
        self.play(
            self.approver,
            to_it
            + """
            await pressText(".o_data_row .o_data_cell", data.partner);
            await form();
            await press(button("action_review"));
            await status("For Approval");
            await press("a[name=approval]");
            await until(
                () => says(visible(".o_field_widget[name=review_date]")),
                "the date of the review"
            );
            """,
            partner=self.partner_a.name,
        )
        self.assertEqual(payment.approval_state, "for_approval")
        self.assertEqual(payment.reviewer_id, self.approver)
        self.assertTrue(payment.review_date)

    def test_4_6_reconciled_payment_keeps_its_details_for_everybody(self):
        payment = self.reconciled()
        account = self.company_data["default_account_payable"].copy()
        before = payment.read(["amount", "partner_id", "destination_account_id"])
        for user in (self.clerk, self.manager):
            self.play(
                user,
                """
                await openPayment(data.name);
                const refusal = "Cannot modify reconciled payment details";
                await type("amount", "1");
                await save();
                await refused(refusal);
                await discard();
                await choose("partner_id", data.partner);
                await save();
                await refused(refusal);
                await discard();
                await choose("destination_account_id", data.account);
                await save();
                await refused(refusal);
                await discard();
                """,
                name=payment.name,
                partner=self.partner_b.name,
                account=account.name,
            )
        self.assertEqual(
            payment.read(["amount", "partner_id", "destination_account_id"]), before
        )
