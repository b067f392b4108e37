"""The paths by which a payment or its entry could be posted, changed, reset, deleted or
matched, each a few lines that take it as the user of a role would.

A path gets the test case and the payment in the environment of the role. It returns
nothing when the payment tells the outcome, `NOT_THERE` where it cannot be taken, or in
a word what came of it.
"""

from odoo import Command, api, fields
from odoo.exceptions import UserError
from odoo.service import model as service

NOT_THERE = "-"
# 19.0 has it with the service, 18.0 with the decorators.
_call_kw = getattr(service, "call_kw", None) or api.call_kw
#: name: function
PATHS = {}
#: Those on which the payments that are there play no part.
MAKING = set()


def path(name, making=False):
    """Register a path under the name that the table calls it.

    :param bool making: it makes payments, so that one state says it all
    """

    def register(function):
        PATHS[name] = function
        if making:
            MAKING.add(name)
        return function

    return register


def _entry(payment):
    # Of a payment that a role may not read, it still knows the entry.
    return payment.sudo().move_id.with_env(payment.env)


def _counterpart(case, payment):
    return _entry(payment).line_ids.filtered(
        lambda line: line.account_id == case.payable
    )


def _liquidity(case, payment):
    return _entry(payment).line_ids.filtered(
        lambda line: line.account_id != case.payable
    )


# Fields of the payment

FIELDS = (
    "amount",
    "currency_id",
    "partner_id",
    "partner_bank_id",
    "journal_id",
    "destination_account_id",
    "date",
    "memo",
    "payment_type",
    "payment_method_line_id",
)


def _save_in_form(name):
    def save(case, payment):
        payment.web_save({name: case.new_values[name]}, {})

    return save


for _name in FIELDS:
    path(f"form: {_name}")(_save_in_form(_name))


@path("list: amount of several")
def _edit_several(case, payment):
    both = payment | case.other.with_env(payment.env)
    if hasattr(both, "web_save_multi"):
        both.web_save_multi([{"amount": 4000}, {"amount": 4000}], {})
    else:
        both.write({"amount": 4000})


@path("import: amount")
def _import(case, payment):
    _load(payment, [".id", "amount"], [[str(payment.id), "4000"]])


@path("RPC: write amount")
def _call_write(case, payment):
    model = payment.env["account.payment"]
    _call_kw(model, "write", [payment.ids, {"amount": 4000}], {"context": case.keys})


@path("invoice: command on its payments")
def _command(case, payment):
    bill = case.bill.with_env(payment.env)
    bill.write(
        {
            "matched_payment_ids": [
                Command.link(payment.id),
                Command.update(payment.id, {"amount": 4000}),
            ]
        }
    )


@path("write: approval_state")
def _write_approval(case, payment):
    payment.write({"approval_state": "approved"})


@path("write: reviewer_id")
def _write_reviewer(case, payment):
    payment.write({"reviewer_id": payment.env.uid})


@path("write: waiting_line_ids")
def _write_waiting(case, payment):
    lines = case.bill.line_ids.ids
    payment.write({"waiting_line_ids": [Command.set(lines)], "waits_to_pay": True})


@path("write: move_id")
def _write_entry(case, payment):
    payment.write({"move_id": case.posted_entry.id})


@path("write: no move_id")
def _drop_entry(case, payment):
    payment.write({"move_id": False})


@path("write: company_id")
def _write_company(case, payment):
    payment.write({"company_id": case.branch.id})


@path("write: sent")
def _write_sent(case, payment):
    payment.mark_as_sent()


@path("chatter")
def _chatter(case, payment):
    payment.message_post(body="seen")
    payment.activity_schedule("mail.mail_activity_data_todo", user_id=payment.env.uid)


# Odoo's own state

for _state in ("draft", "in_process", "paid", "canceled", "rejected"):

    def _write_state(case, payment, state=_state):
        payment.write({"state": state})

    path(f"write: state {_state}")(_write_state)


@path("action_post")
def _post(case, payment):
    payment.action_post()


@path("action_post of several")
def _post_several(case, payment):
    (case.small.with_env(payment.env) | payment).action_post()


@path("action_validate")
def _validate(case, payment):
    payment.action_validate()


@path("action_draft")
def _draft(case, payment):
    payment.action_draft()


@path("action_cancel")
def _cancel(case, payment):
    payment.action_cancel()


@path("action_reject")
def _reject(case, payment):
    payment.action_reject()


@path("unlink")
def _unlink(case, payment):
    payment.with_context(force_delete=True, _force_unlink=True).unlink()


@path("copy")
def _copy(case, payment):
    return _tell_new(payment.copy())


@path("copy: as approved")
def _copy_approved(case, payment):
    return _tell_new(payment.copy({"approval_state": "approved"}))


@path("code: make the entry")
def _make_entry(case, payment):
    bare = case.bare.get(payment.id)
    if not bare:
        return NOT_THERE
    bare = bare.with_env(payment.env)
    bare._generate_journal_entry()
    case.assertEqual(bare.move_id.state, "draft")
    return bare.state


@path("server action: post")
def _server_post(case, payment):
    _run(case.server_post, payment)


@path("server action: state")
def _server_state(case, payment):
    _run(case.server_state, payment)


@path("server action: update")
def _server_update(case, payment):
    _run(case.server_update, payment)


# New payments


@path("create: state", making=True)
def _create_state(case, payment):
    return _create(case, payment, state="in_process")


@path("create: canceled", making=True)
def _create_canceled(case, payment):
    return _create(case, payment, state="canceled")


@path("create: default state", making=True)
def _create_default(case, payment):
    return _create(case, payment.with_context(default_state="paid"))


@path("create: default decision", making=True)
def _create_default_decision(case, payment):
    forged = payment.with_context(
        default_approval_state="approved",
        default_approver_id=payment.env.uid,
        default_once_posted=True,
    )
    return _create(case, forged)


@path("create: decision", making=True)
def _create_decision(case, payment):
    return _create(case, payment, approval_state="approved")


@path("create: over a posted entry", making=True)
def _create_over(case, payment):
    return _create(case, payment, move_id=case.posted_entry.id)


@path("create: over another's entry", making=True)
def _create_over_other(case, payment):
    return _create(case, payment, move_id=_entry(case.other).id)


@path("create: with write-off", making=True)
def _create_write_off(case, payment):
    return _create(case, payment, write_off_line_vals=[])


@path("entry: create with its payment", making=True)
def _create_from_entry(case, payment):
    case.posted_entry.with_env(payment.env).write(
        {"payment_ids": [Command.create(case.values())]}
    )
    return "made"


@path("import: new, with state", making=True)
def _import_new(case, payment):
    names = ["partner_id/.id", "journal_id/.id", "amount", "payment_type", "state"]
    row = [str(case.partner_a.id), str(case.journal.id), "5000", "Send", "In Process"]
    _load(payment, names, [row])


@path("import: new", making=True)
def _import_draft(case, payment):
    names = ["partner_id/.id", "journal_id/.id", "amount", "payment_type"]
    row = [str(case.partner_a.id), str(case.journal.id), "5000", "Send"]
    ids = _load(payment, names, [row])
    return _tell_new(payment.browse(ids))


@path("register: one bill", making=True)
def _register(case, payment):
    return _tell_registered(case, payment, case.bill)


@path("register: bills grouped", making=True)
def _register_grouped(case, payment):
    return _tell_registered(case, payment, case.bills, group_payment=True)


@path("register: bills apart", making=True)
def _register_apart(case, payment):
    return _tell_registered(case, payment, case.bills, group_payment=False)


# The entry


@path("entry: action_post")
def _entry_post(case, payment):
    _entry(payment).action_post()


@path("entry: validate wizard")
def _entry_validate(case, payment):
    move = _entry(payment)
    wizard = move.env["validate.account.move"].with_context(
        active_model="account.move", active_ids=move.ids
    )
    wizard.create({"force_post": True}).validate_move()


@path("entry: posting cron")
def _entry_cron(case, payment):
    move = _entry(payment)
    move.write({"auto_post": "at_date", "checked": True})
    case.env["account.move"]._autopost_draft_entries()


@path("entry: button_draft")
def _entry_draft(case, payment):
    _entry(payment).button_draft()


@path("entry: button_cancel")
def _entry_cancel(case, payment):
    _entry(payment).button_cancel()


@path("entry: unlink")
def _entry_unlink(case, payment):
    _entry(payment).with_context(force_delete=True, _force_unlink=True).unlink()


for _state in ("draft", "posted", "cancel"):

    def _write_entry_state(case, payment, state=_state):
        _entry(payment).write({"state": state})

    path(f"entry: write state {_state}")(_write_entry_state)


@path("entry: write ref")
def _entry_ref(case, payment):
    _entry(payment).write({"ref": "another"})


@path("entry: write date and partner")
def _entry_date(case, payment):
    values = {"date": "2020-01-15", "partner_id": case.partner_b.id}
    _forced(_entry(payment)).write(values)


@path("entry: write amount_total")
def _entry_total(case, payment):
    _forced(_entry(payment)).write({"amount_total": 4000})


@path("entry: write line_ids")
def _entry_lines(case, payment):
    move = _forced(_entry(payment))
    move.write(
        {
            "line_ids": [
                Command.update(line.id, _resized(line, 4000)) for line in move.line_ids
            ]
        }
    )


@path("entry: write origin_payment_id")
def _entry_origin(case, payment):
    _entry(payment).write({"origin_payment_id": False})


@path("entry: take its payment away")
def _entry_payments(case, payment):
    _entry(payment).write({"payment_ids": [Command.unlink(payment.id)]})


@path("entry: take the payment of another")
def _entry_takes(case, payment):
    case.draft_entry.with_env(payment.env).write(
        {"payment_ids": [Command.link(payment.id)]}
    )


@path("entry: write statement_line_id")
def _entry_statement(case, payment):
    _entry(payment).write({"statement_line_id": case.statement_line.id})


@path("entry: reversal wizard")
def _entry_reverse(case, payment):
    move = _entry(payment)
    if move.state != "posted":
        return NOT_THERE
    wizard = move.env["account.move.reversal"].with_context(
        active_model="account.move", active_ids=move.ids
    )
    wizard.create({"journal_id": move.journal_id.id}).reverse_moves()
    return None


@path("entry: reversal posted later")
def _entry_reverse_later(case, payment):
    move = _entry(payment)
    if move.state != "posted":
        return NOT_THERE
    move._reverse_moves().action_post()
    return None


@path("statement line: over the entry")
def _statement_over(case, payment):
    payment.env["account.bank.statement.line"].create(
        {
            "move_id": _entry(payment).id,
            "journal_id": case.journal.id,
            "amount": -5000,
            "payment_ref": "over",
        }
    )


@path("statement line: deletes its payments")
def _statement_undo(case, payment):
    line = case.statement_line.with_env(payment.env)
    line.write({"payment_ids": [Command.link(payment.id)]})
    line.action_undo_reconciliation()


# Lines and matching


@path("line: balance")
def _line_balance(case, payment):
    lines = _forced(_entry(payment).line_ids)
    for line in lines:
        line.write(_resized(line, 4000))


@path("line: account")
def _line_account(case, payment):
    _counterpart(case, payment).write(
        {"account_id": case.new_values["destination_account_id"]}
    )


@path("line: partner")
def _line_partner(case, payment):
    _entry(payment).line_ids.write({"partner_id": case.partner_b.id})


@path("line: create")
def _line_create(case, payment):
    payment.env["account.move.line"].create(
        {
            "move_id": _entry(payment).id,
            "account_id": case.payable.id,
            "name": "more",
            "balance": 0,
        }
    )


@path("line: unlink")
def _line_unlink(case, payment):
    _forced(_entry(payment).line_ids).unlink()


@path("line: moved in from another entry")
def _line_move(case, payment):
    lines = _forced(case.draft_entry.with_env(payment.env).line_ids)
    lines.write({"move_id": _entry(payment).id})


@path("line: analytic distribution")
def _line_analytic(case, payment):
    _counterpart(case, payment).write(
        {"analytic_distribution": {str(case.analytic.id): 100}}
    )


@path("match: reconcile")
def _match(case, payment):
    (_counterpart(case, payment) | _open_lines(case, payment)).reconcile()


@path("match: from the invoice")
def _match_from_invoice(case, payment):
    line = _counterpart(case, payment)
    case.bill.with_env(payment.env).js_assign_outstanding_line(line.id)


@path("match: create")
def _match_create(case, payment):
    payment.env["account.partial.reconcile"].create(_match_values(case, payment))


@path("match: command of a line")
def _match_command(case, payment):
    values = _match_values(case, payment)
    debit = payment.env["account.move.line"].browse(values.pop("debit_move_id"))
    debit.write({"matched_credit_ids": [Command.create(values)]})


@path("match: rewrite")
def _match_rewrite(case, payment):
    partials = _counterpart(case, payment).matched_credit_ids
    if not partials:
        return NOT_THERE
    partials.write({"amount": 1})
    return None


@path("match: undo")
def _match_undo(case, payment):
    if not _counterpart(case, payment).sudo().matched_credit_ids:
        return NOT_THERE
    _counterpart(case, payment).remove_move_reconcile()
    return None


@path("match: statement line")
def _match_statement(case, payment):
    line = _liquidity(case, payment)
    moves = case.statement_line.move_id.with_env(payment.env)
    suspense = moves.line_ids.filtered(
        lambda one: one.account_id == case.journal.suspense_account_id
    )
    suspense.write({"account_id": line.account_id.id})
    (suspense | line).reconcile()


# Pieces


def _load(payment, names, rows):
    result = payment.env["account.payment"].load(names, rows)
    if not result["ids"]:
        raise UserError(result["messages"][0]["message"])
    return result["ids"]


def _run(action, payment):
    action.with_env(payment.env).with_context(
        active_model="account.payment", active_id=payment.id, active_ids=payment.ids
    ).run()


def _create(case, payment, **values):
    model = payment.env["account.payment"]
    return _tell_new(model.create({**case.values(), **values}))


def _tell_new(payment):
    """Say what a new payment is: nobody has decided anything about it."""
    stamped = payment.approver_id or payment.reviewer_id or payment.once_posted
    return f"new {payment.approval_state}{' stamped' if stamped else ''}"


def _tell_registered(case, payment, bills, **values):
    model = payment.env["account.payment.register"].with_context(
        active_model="account.move", active_ids=bills.ids
    )
    wizard = model.create({"journal_id": case.journal.id, **values})
    payments = wizard._create_payments()
    return " ".join(sorted({one.registration_result() for one in payments}))


def _forced(records):
    return records.with_context(
        check_move_validity=False,
        skip_readonly_check=True,
        skip_account_move_synchronization=True,
        force_delete=True,
        dynamic_unlink=True,
        tracking_disable=True,
    )


def _resized(line, amount):
    amount = amount if line.balance > 0 else -amount
    return {"balance": amount, "amount_currency": amount}


def _open_lines(case, payment):
    return case.bill.line_ids.with_env(payment.env).filtered(
        lambda line: line.account_id == case.payable
    )


def _match_values(case, payment):
    return {
        "debit_move_id": _counterpart(case, payment).id,
        "credit_move_id": _open_lines(case, payment).id,
        "amount": 5000,
        "debit_amount_currency": 5000,
        "credit_amount_currency": 5000,
        "max_date": fields.Date.today(),
    }
