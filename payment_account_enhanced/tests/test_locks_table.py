"""Every path, role, approval state and reconciliation, with what comes of it.

`locks_table.csv` says so cell by cell, and `locks_methods.csv` which public method of
payments, entries, items and matches is covered by which path, or changes nothing here.
"""

import csv
import gc
import inspect
import re
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

from odoo import SUPERUSER_ID, Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.release import version_info
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PaymentCase
from .locks_paths import FIELDS, MAKING, NOT_THERE, PATHS

HERE = Path(__file__).parent
STATES = (
    "draft",
    "under_review",
    "for_approval",
    "approved",
    "posted",
    "reconciled",
    "rejected",
    "cancelled",
)
ROLES = (
    "bookkeeper",
    "user",
    "reviewer",
    "approver",
    "manager",
    "override",
    "auditor",
    "sudo",
    "root",
)
#: Whose public methods are covered.
MODELS = (
    "account.payment",
    "account.move",
    "account.move.line",
    "account.partial.reconcile",
    "account.payment.register",
)
#: Addons that they are looked up in; without one: Odoo itself.
MODULES = (
    None,
    "base",
    "web",
    "mail",
    "portal",
    "account",
    "account_payment",
    "payment_account_enhanced",
)
#: What a caller's context might try.
KEYS = {
    "payment_grants": [["edit", 1]],
    "payment_grant": True,
    "force_delete": True,
    "skip_readonly_check": True,
    "skip_account_move_synchronization": True,
    "check_move_validity": False,
    "tracking_disable": True,
    "active_test": False,
}
#: What a refusal says: its word in the table.
REFUSALS = {
    r"Posted payments cannot be modified": "locked",
    r"Posted payments cannot be reset": "no reset",
    r"Cannot modify reconciled payment details": "matched",
    r"cannot be posted: it is": "unapproved",
    r"set by the steps of the approval workflow alone": "steps only",
    r"is never deleted": "never deleted",
    r"recall it before deleting": "recall first",
    r"only who submitted it": "not yours",
    r"follows its payment: change that": "follows",
    r"is posted with its payment: post that": "post payment",
    r"it pays nothing yet": "pays nothing",
    r"it takes the group": "no group",
    r"cannot be changed while it is posted": "fixed",
    r"keeps its journal entry": "keeps entry",
    r"takes a draft that belongs to no other payment": "not its entry",
    r"reconcile anew": "undo first",
    r"nothing was changed": "differ",
    r"not allowed to|access rights|have enough access": "no access",
    # Odoo's own.
    r"Only posted/cancelled journal entries can be reset": "Odoo: draft",
    r"Only draft journal entries can be cancelled": "Odoo: no draft",
    r"must be in draft|no journal items in the draft state": "Odoo: no draft",
    r"only reconcile posted|that are cancelled|cancelled entries": "Odoo: not posted",
    r"entries that are already reconciled": "Odoo: matched",
    r"without having a journal entry": "Odoo: no entry",
    r"define a payment method line": "Odoo: no method",
}


#: What posts a payment that is approved.
POSTING = {
    "action_post",
    "action_post of several",
    "action_validate",
    "server action: post",
}
#: Open on posted payments: Odoo's own code needs it.
TECHNICAL = {
    "write: sent",
    "chatter",
    "write: state paid",
    "action_validate",
    "server action: state",
    "match: reconcile",
    "match: from the invoice",
    "match: create",
    "match: command of a line",
    "match: undo",
    "match: statement line",
}
#: Open to an override while the payment is reconciled.
WHILE_RECONCILED = {"form: memo", "form: partner_bank_id"}
#: Nothing that was decided about.
BESIDE = {"write: sent", "chatter"}


class _Undo(Exception):
    """Rolls a cell back that was allowed."""


@tagged("post_install", "-at_install")
class TestLocksTable(PaymentCase):
    maxDiff = None
    keys = KEYS
    taken = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_values()
        cls._set_up_records()
        cls._set_up_actions()
        cls._set_up_payments()
        cls.env.flush_all()
        cls.before = {
            state: cls.picture(payment) for state, payment in cls.fixtures.items()
        }
        cls._collect_garbage_often()
        # Of thousands of payments sent back nobody needs a mail.
        payments = cls.registry["account.payment"]
        cls.startClassPatcher(
            patch.object(payments, "_notify_thread", lambda self, *a, **k: [])
        )

    @classmethod
    def _collect_garbage_often(cls):
        """Let what a cell leaves go soon.

        Odoo looks for each new environment among all that are alive, and they hold on
        to each other until they are collected.
        """
        gc.collect()
        gc.freeze()
        cls.addClassCleanup(gc.unfreeze)

    @classmethod
    def _set_up_values(cls):
        cls.partner_a = cls._vendor("Anna")
        cls.partner_b = cls._vendor("Bert")
        cls.payable = cls.partner_a.property_account_payable_id
        journal = cls.journal.copy()
        account = cls.env["account.payment"]._get_outstanding_account("outbound")
        journal.outbound_payment_method_line_ids.payment_account_id = account
        plan, _others = cls.env["account.analytic.plan"]._get_all_plans()
        cls.analytic = cls.env["account.analytic.account"].create(
            {"name": "Project", "plan_id": plan.id}
        )
        cls.branch = cls.env["res.company"].create({"name": "Elsewhere"})
        method = cls.journal.outbound_payment_method_line_ids[0].copy()
        method.payment_account_id = account.copy()
        cls.new_values = {
            "amount": 4000,
            "currency_id": cls.setup_other_currency("EUR").id,
            "partner_id": cls.partner_b.id,
            "partner_bank_id": cls.partner_a.bank_ids[1].id,
            "journal_id": journal.id,
            "destination_account_id": cls.payable.copy().id,
            "date": "2024-03-01",
            "memo": "another",
            "payment_type": "inbound",
            "payment_method_line_id": method.id,
        }
        assert set(cls.new_values) == set(FIELDS)

    @classmethod
    def _vendor(cls, name):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "bank_ids": [
                    Command.create(
                        {"acc_number": f"{name} {number}", "allow_out_payment": True}
                    )
                    for number in (1, 2)
                ],
            }
        )

    @classmethod
    def _bill(cls, amount=5000):
        return cls.init_invoice(
            "in_invoice",
            partner=cls.partner_a,
            amounts=[amount],
            post=True,
            company=cls.company,
        )

    @classmethod
    def values(cls, **values):
        return {
            "payment_type": "outbound",
            "partner_type": "supplier",
            "partner_id": cls.partner_a.id,
            "journal_id": cls.journal.id,
            "amount": 5000,
            "date": "2024-02-01",
            "memo": "first",
            **values,
        }

    @classmethod
    def _set_up_records(cls):
        cls.bill = cls._bill()
        cls.bills = cls._bill(2000) | cls._bill(3000)
        cls.draft_entry = cls._plain_entry()
        cls.posted_entry = cls._plain_entry()
        cls.posted_entry.action_post()
        cls.statement_line = cls.env["account.bank.statement.line"].create(
            {
                "journal_id": cls.journal.id,
                "date": "2024-02-01",
                "amount": -5000,
                "payment_ref": "bank",
            }
        )

    @classmethod
    def _plain_entry(cls):
        lines = [
            {"account_id": cls.payable.id, "balance": 7},
            {"account_id": cls.company_data["default_account_expense"].id},
        ]
        lines[1]["balance"] = -7
        return cls.env["account.move"].create(
            {
                "move_type": "entry",
                "date": "2024-02-01",
                "journal_id": cls.company_data["default_journal_misc"].id,
                "line_ids": [Command.create(line) for line in lines],
            }
        )

    @classmethod
    def _set_up_actions(cls):
        model = cls.env["ir.model"]._get("account.payment")
        values = {"name": "Hostile", "model_id": model.id, "state": "code"}
        actions = cls.env["ir.actions.server"]
        cls.server_post = actions.create({**values, "code": "records.action_post()"})
        cls.server_state = actions.create(
            {**values, "code": "records.write({'state': 'paid'})"}
        )
        cls.server_update = actions.create(
            {
                **values,
                "state": "object_write",
                "update_path": "amount",
                "value": "4000",
            }
        )

    @classmethod
    def _set_up_payments(cls):
        """Make one payment for each state, and an entry to each."""
        cls.overrider = cls._person("overrider", "group_manager")
        cls.fixtures = {state: cls._entered() for state in STATES}
        cls.other = cls._entered()
        cls.small = cls._entered(amount=900)
        given = cls.fixtures
        for state in STATES[1:7]:
            given[state].action_submit()
        for state in STATES[2:6]:
            given[state].with_user(cls.reviewer).action_review()
        for state in STATES[3:6]:
            given[state].with_user(cls.approver).action_approve()
        for state in STATES[4:6]:
            given[state].with_user(cls.poster).action_post()
        given["rejected"].with_user(cls.reviewer)._reject("wrong")
        bill = cls._bill()
        (given["reconciled"].move_id.line_ids | bill.line_ids).filtered(
            lambda line: line.account_id == cls.payable
        ).reconcile()
        cls._cancel_posted(given["cancelled"])
        cls._set_up_bare()
        cls._grant_overrides()

    @classmethod
    def _entered(cls, **values):
        # As the register wizard does it, which makes the entry at once.
        return (
            cls.env["account.payment"]
            .with_user(cls.clerk)
            .create(cls.values(write_off_line_vals=[], **values))
        )

    @classmethod
    def _cancel_posted(cls, payment):
        payment.action_submit()
        payment.with_user(cls.reviewer).action_review()
        payment.with_user(cls.approver).action_approve()
        payment.with_user(cls.poster).action_post()
        manager = payment.with_user(cls.overrider)
        manager.env["payment.override"]._grant("reset", "void", payment=manager)
        manager.action_cancel()

    @classmethod
    def _set_up_bare(cls):
        """Make payments without entry, by the payment with one that they stand for."""
        cls.bare = {}
        for state in STATES[:4]:
            payment = (
                cls.env["account.payment"].with_user(cls.clerk).create(cls.values())
            )
            if state != "draft":
                payment.action_submit()
            if state in STATES[2:4]:
                payment.with_user(cls.reviewer).action_review()
            if state == "approved":
                payment.with_user(cls.approver).action_approve()
            cls.bare[cls.fixtures[state].id] = payment

    @classmethod
    def _grant_overrides(cls):
        overrides = cls.env["payment.override"].with_user(cls.overrider)
        for state in STATES:
            payment = cls.fixtures[state].with_user(cls.overrider)
            overrides._grant("edit", "typo", payment=payment)
            overrides._grant("reset", "typo", payment=payment)
            if payment.move_id:
                overrides._grant("reset", "typo", move=payment.move_id)

    # Cells

    @mute_logger("odoo.addons.base.models.ir_actions")
    def test_every_cell_of_the_table(self):
        table = self.read_table()
        wrong = [
            f"{name}, {role}, {state}: {found}, expected {expected}"
            for (name, role), cells in table.items()
            for state, expected in zip(STATES, cells, strict=True)
            if (found := self.outcome(name, role, state)) != expected
        ]
        self.assertFalse(wrong, "\n".join(wrong))

    def test_no_cell_says_what_no_rule_allows(self):
        wrong = [
            f"{name}, {role}, {state}: {cell}"
            for (name, role), cells in self.read_table().items()
            for state, cell in zip(STATES, cells, strict=True)
            if not self.is_allowed(name, role, state, cell)
        ]
        self.assertFalse(wrong, "\n".join(wrong))

    def is_allowed(self, name, role, state, cell):
        """Whether the rules know a cell, read from the table alone."""
        if cell == NOT_THERE or cell in REFUSALS.values():
            return True
        if role == "auditor":
            return False
        if state in ("posted", "reconciled"):
            # Odoo's own technical writes; else the manager's override, and of a
            # reconciled payment no more than memo and bank account.
            if cell in ("same", "new draft") or name in TECHNICAL:
                return cell in ("same", "new draft", "posted")
            unlocked = state == "posted" or name in WHILE_RECONCILED
            return role == "override" and unlocked and cell != "gone"
        if cell == "posted":
            member = role not in ("bookkeeper", "root")
            return state == "approved" and name in POSTING and member
        if state in ("under_review", "for_approval", "approved"):
            # Nobody else's decision stands on a changed payment.
            withdrawn = cell in ("draft", "cancelled", "rejected")
            return withdrawn or cell in ("same", "new draft") or name in BESIDE
        return cell not in ("under_review", "for_approval", "approved")

    def test_every_path_has_a_row_for_every_role(self):
        self.assertEqual(
            set(self.read_table()), {(name, role) for name in PATHS for role in ROLES}
        )

    def test_every_public_method_is_covered_or_changes_nothing_here(self):
        rows = self.read_rows("locks_methods.csv")
        known = {(row["method"], row["model"]) for row in rows}
        missing = [
            f"{model}.{name}"
            for model in MODELS
            for name in self.public_methods(model)
            if not {(name, "*"), (name, model)} & known
        ]
        self.assertFalse(missing, f"write them into locks_methods.csv: {missing}")
        named = {row["how"] for row in rows if row["how"].startswith("path ")}
        self.assertLessEqual(named, {f"path {name}" for name in PATHS})

    def public_methods(self, model):
        """Return the methods of a model that anybody may call from outside.

        Those of addons that are only beside Odoo's accounting say nothing here.
        """
        names = {}
        for cls in type(self.env[model]).mro():
            for name, member in vars(cls).items():
                member = getattr(member, "__func__", member)
                if inspect.isroutine(member):
                    names.setdefault(name, []).append((cls, member))
        return [
            name
            for name, definitions in names.items()
            if not name.startswith("_")
            and not any(
                getattr(member, "_api_private", False) for _cls, member in definitions
            )
            and any(
                getattr(cls, "_module", None) in MODULES for cls, _member in definitions
            )
        ]

    def read_table(self):
        """Return the cells by path and role; `*` are the roles not named before."""
        table = {}
        for row in self.read_rows("locks_table.csv"):
            if row["series"] not in ("", str(version_info[0])):
                continue
            roles = ROLES if row["roles"] == "*" else row["roles"].split()
            for role in roles:
                key = (row["path"], role)
                if key in table:
                    self.assertEqual(row["roles"], "*", f"{key} stands there twice")
                    continue
                table[key] = [row[state] for state in STATES]
        return table

    def read_rows(self, name):
        with (HERE / name).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def as_role(self, payment, role):
        """Return a payment as somebody in a role sees it, nothing cached."""
        # Without notes in the chatter, which a caller can ask for, and takes half the
        # time.
        payment = payment.browse(payment.id).with_context(tracking_disable=True)
        if role == "root":
            return payment.with_user(SUPERUSER_ID)
        if role == "sudo":
            return payment.with_user(self.clerk).sudo()
        users = {"user": self.clerk, "override": self.overrider}
        return payment.with_user(users.get(role) or getattr(self, role))

    def outcome(self, name, role, state):
        """Take a path and undo it.

        :return: word for a refusal, or the approval that the payment has then
        """
        if name in MAKING and state != "draft":
            return NOT_THERE
        payment = self.fixtures[state]
        before = self.before[state]
        result = []
        try:
            with suppress(_Undo), self.env.cr.savepoint():
                result.append(PATHS[name](self, self.as_role(payment, role)))
                self.env.flush_all()
                after = self.picture(payment)
                self.check_equal(payment, after, f"{name}, {role}, {state}")
                raise _Undo
        except (UserError, AccessError, ValidationError) as error:
            result = [self.refusal(error)]
            after = before
        self.env.invalidate_all(flush=False)
        self.taken += 1
        if not self.taken % 25:
            gc.collect()
        if result[0]:
            return result[0]
        if after is None:
            return "gone"
        return "same" if after == before else after["approval_state"]

    def refusal(self, error):
        if isinstance(error, AccessError):
            return "no access"
        message = str(error.args[0])
        for pattern, word in REFUSALS.items():
            if re.search(pattern, message):
                return word
        return f"Odoo: {' '.join(message.split())[:60]}"

    @classmethod
    def picture(cls, payment):
        """Return what the database holds of a payment, its entry and its matches.

        :return: dict; None when the payment is deleted
        """
        cls.env.cr.execute(_PICTURE, [payment.id])
        return cls.env.cr.dictfetchone()

    def check_equal(self, payment, after, cell):
        """Payment and entry say the same, whatever was done."""
        if not after or not after["move_id"]:
            return
        mine = [after[name] for name in _SAME]
        entry = [after[f"move_{name}"] for name in _SAME]
        self.assertEqual(mine, entry, f"{cell}: payment and entry differ")
        booked = (after["state"] in ("in_process", "paid"), after["move_state"])
        self.assertIn(
            booked,
            [(True, "posted"), (False, "draft"), (False, "cancel")],
            f"{cell}: payment and entry are in different states",
        )


_SAME = ("amount", "currency_id", "partner_id", "journal_id", "date", "memo")
_PICTURE = """
SELECT payment.approval_state, payment.state, payment.amount, payment.currency_id,
       payment.partner_id, payment.journal_id, payment.date, payment.memo,
       payment.partner_bank_id, payment.destination_account_id, payment.payment_type,
       payment.payment_method_line_id, payment.move_id,
       payment.company_id, payment.is_sent, payment.reviewer_id, payment.waits_to_pay,
       move.state AS move_state,
       move.currency_id AS move_currency_id,
       move.partner_id AS move_partner_id,
       move.journal_id AS move_journal_id,
       move.date AS move_date,
       move.ref AS move_memo,
       move.partner_bank_id AS move_bank,
       move.origin_payment_id,
       move.statement_line_id,
       (SELECT SUM(ABS(line.amount_currency)) / 2
          FROM account_move_line line WHERE line.move_id = move.id) AS move_amount,
       (SELECT ARRAY_AGG((line.account_id, line.partner_id, line.balance)::text
                         ORDER BY line.id)
          FROM account_move_line line WHERE line.move_id = move.id) AS lines,
       (SELECT SUM(partial.amount)
          FROM account_partial_reconcile partial, account_move_line line
         WHERE line.move_id = move.id
           AND line.id IN (partial.debit_move_id, partial.credit_move_id)) AS matched,
       (SELECT COUNT(*) FROM mail_message message
         WHERE message.model = 'account.payment' AND message.res_id = payment.id
           AND message.body LIKE '%%seen%%') AS seen
  FROM account_payment payment
  LEFT JOIN account_move move ON move.id = payment.move_id
 WHERE payment.id = %s
"""
