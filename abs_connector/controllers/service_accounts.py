from odoo import http

from odoo.addons.base_json_api.api import Example, problems

from ..api import api
from ..tools.member import member_of
from .service_account_shapes import (
    CALLERS,
    AccountAnswer,
    AccountChange,
    Closing,
    NewAccount,
    account_answer,
    account_of,
    accounts_list,
    person_of,
)


class ServiceAccountController(http.Controller):
    @api.endpoint(
        "/service-accounts",
        "GET",
        auth=CALLERS,
        scope="system:read",
        query=accounts_list.query,
        answer=accounts_list.answer,
    )
    def list_service_accounts(self, query, call):
        """List Service Accounts.

        Employees see those that they are members of, admins and keys all of theirs.
        """
        domain = []
        if query.q:
            text = query.q
            domain = [
                "|",
                ("name", "ilike", text),
                ("account_code", "ilike", text),
            ]
        for name in ("state", "sa_type", "parent_id"):
            if value := getattr(query, name):
                domain.append((name, "=", value))
        if query.mine:
            scopes = member_of(call.env).scopes
            domain.append(("id", "in", [one.account_id for one in scopes]))
        return accounts_list.page(call.env, query, domain)

    @api.endpoint(
        "/service-accounts",
        "POST",
        auth=CALLERS,
        scope="accounts:write",
        body=NewAccount,
        answer=AccountAnswer,
        status=201,
        example=Example(
            body={"name": "Togo - Lomé", "account_code": "TG-LOM", "parent_id": 27}
        ),
    )
    def create_service_account(self, body, call):
        """Create a branch below a company's root or another branch."""
        vals = body.model_dump(exclude_none=True)
        leader = vals.pop("sa_manager", None)
        accounts = call.env["ov.serviced_account"]
        account = accounts._create_by_api(_odoo_vals(vals), leader, person_of(call))
        return account_answer(account)

    @api.endpoint(
        "/service-accounts/<int:account_id>",
        "GET",
        auth=CALLERS,
        scope="system:read",
        answer=AccountAnswer,
    )
    def read_service_account(self, account_id, call):
        """Read a Service Account."""
        return account_answer(account_of(call, account_id))

    @api.endpoint(
        "/service-accounts/<int:account_id>",
        "PUT",
        auth=CALLERS,
        scope="accounts:write",
        body=AccountChange,
        answer=AccountAnswer,
        example=Example(body={"approval_policy": "above", "approval_threshold": 500.0}),
    )
    def update_service_account(self, account_id, body, call):
        """Change a Service Account; what is not named stays."""
        account = account_of(call, account_id)
        account._write_by_api(_odoo_vals(body.model_dump(exclude_none=True)))
        return account_answer(account)

    @api.endpoint(
        "/service-accounts/<int:account_id>/activate",
        "POST",
        auth=CALLERS,
        scope="accounts:write",
        answer=AccountAnswer,
    )
    def activate_service_account(self, account_id, call):
        """Open a Service Account for its members."""
        account = account_of(call, account_id)
        account._activate_by_api()
        return account_answer(account)

    @api.endpoint(
        "/service-accounts/<int:account_id>/deactivate",
        "POST",
        auth=CALLERS,
        scope="accounts:write",
        body=Closing,
        answer=AccountAnswer,
        errors=(problems.Conflict,),
        example=Example(body={"confirm": True}),
    )
    def deactivate_service_account(self, account_id, body, call):
        """Close a Service Account and all below it, for all their members."""
        account = account_of(call, account_id)
        account._deactivate_by_api(body.confirm)
        return account_answer(account)


def _odoo_vals(vals):
    if "approval_category_ids" in vals:
        vals["approval_category_ids"] = [(6, 0, vals["approval_category_ids"])]
    return vals
