from typing import Literal

from pydantic import Field

from odoo import http

from odoo.addons.base_json_api.api import (
    Answer,
    Body,
    Example,
    Id,
    Listing,
    ListQuery,
    Maybe,
    Query,
    Ref,
    SuiteAnswer,
    Text,
    Timestamp,
    problems,
)

from ..api import api
from ..tools.member import member_of

CALLERS = ("employee", "key")
Role = Literal["admin", "staff", "agent"]
Policy = Literal["sa_wide", "assigned_plus_unassigned", "assigned_only"]
State = Literal["draft", "active", "inactive"]
Approval = Literal["company", "always", "above", "never"]


class AccountOut(Answer):
    """A Service Account."""

    id: int
    name: str
    account_code: str
    sa_type: Literal["global_root", "seed", "branch"]
    is_global_root: bool
    state: State
    parent: Maybe[Ref]
    company: Maybe[Ref]
    """Null for the global root alone."""
    source_company: Maybe[Ref]
    """The company whose root it is."""
    sa_manager: Maybe[Ref]
    """The membership at the top of its members."""
    member_count: int
    approval_policy: Approval
    approval_threshold: float
    currency: Ref
    approval_categories: list[Ref]


class NodeOut(AccountOut):
    """A Service Account with those below it."""

    depth: int
    """0 for the top of what is shown."""
    children: list["NodeOut"] = Field(examples=[[]])
    """Those below it; empty in a flat list, where they follow it."""


class MemberOut(Answer):
    id: int
    account: Ref
    employee: Ref
    person: Ref
    """Whom assignments name."""
    role_code: Role
    scope_policy: Policy
    is_sa_manager: bool
    manager_member: Maybe[Ref]
    state: Literal["active", "revoked", "expired"]
    date_from: Timestamp
    date_to: Maybe[Timestamp]
    assigned_by: Maybe[Ref]


class AccountAnswer(SuiteAnswer):
    service_account: AccountOut


class MemberAnswer(SuiteAnswer):
    member: MemberOut


class RootAnswer(SuiteAnswer):
    exists: bool
    id: int | None
    name: str | None
    account_code: str | None
    is_global_root: bool
    company: Maybe[Ref]
    parent: Maybe[Ref]
    source_company: Maybe[Ref]
    state: State | None


class HierarchyAnswer(SuiteAnswer):
    total: int
    service_accounts: list[NodeOut]


class HierarchyQuery(Query):
    flat: bool = False
    """One list in the order of the tree, instead of branches within their parent."""


class AccountQuery(ListQuery):
    q: Text | None = None
    """Part of the name or the code."""
    state: State | None = None
    sa_type: Literal["global_root", "seed", "branch"] | None = None
    parent_id: Id | None = None
    mine: bool = False
    """Only those that the caller is a member of."""


class MemberQuery(ListQuery):
    state: Literal["active", "revoked", "expired", "all"] = "active"
    role_code: Role | None = None


class Approving(Body):
    approval_policy: Approval | None = None
    approval_threshold: float | None = Field(None, ge=0)
    approval_category_ids: list[Id] | None = None


class NewAccount(Approving):
    name: Text
    account_code: Text
    parent_id: Id
    state: Literal["draft", "active"] = "active"
    sa_manager: Id | None = None
    """The employee who becomes its SA Manager."""


class AccountChange(Approving):
    name: Text | None = None
    account_code: Text | None = None
    parent_id: Id | None = None
    sa_manager: Id | None = None
    """The staff membership that leads it from now on."""


class Closing(Body):
    confirm: bool = False
    """Without it the answer says what would be hidden, and nothing happens."""


class Enrolment(Body):
    employee_id: Id | None = None
    person_partner_id: Id | None = None
    """Instead of `employee_id`: the person that the employee is."""
    role_code: Role = "agent"
    scope_policy: Policy | None = None
    """What the role sees, when not given."""
    manager_member_id: Id | None = None
    """The SA Manager, when not given."""
    date_from: Timestamp | None = None
    date_to: Timestamp | None = None


class MemberChange(Body):
    role_code: Literal["staff", "agent"] | None = None
    scope_policy: Policy | None = None
    manager_member_id: Id | None = None
    date_to: Timestamp | None = None


def _account_rows(accounts, _include=frozenset()):
    return [
        {
            "id": one.id,
            "name": one.name,
            "account_code": one.account_code,
            "sa_type": one.sa_type,
            "is_global_root": one.is_global_root,
            "state": one.state,
            "parent": one.parent_id,
            "company": one.company_id,
            "source_company": one.source_company_id,
            "sa_manager": one.sa_manager,
            "member_count": one.member_count,
            "approval_policy": one.approval_policy,
            "approval_threshold": one.approval_threshold,
            "currency": one.currency_id,
            "approval_categories": list(one.approval_category_ids),
        }
        for one in accounts._with_names()
    ]


def _member_rows(members, _include=frozenset()):
    return [
        {
            "id": one.id,
            "account": one.account_id,
            "employee": one.employee_id,
            "person": one.person_partner_id,
            "role_code": one.role_code,
            "scope_policy": one.scope_policy,
            "is_sa_manager": one.is_sa_manager,
            "manager_member": one.manager_member_id,
            "state": one.state,
            "date_from": one.date_from,
            "date_to": one.date_to,
            "assigned_by": one.assigned_by_id,
        }
        for one in members._with_names()
    ]


accounts_list = Listing(
    "ov.serviced_account",
    "service_accounts",
    AccountOut,
    _account_rows,
    sort={"path": "parent_path", "name": "name", "account_code": "account_code"},
    default_sort="path",
    query=AccountQuery,
)
members_list = Listing(
    "ov.membership",
    "members",
    MemberOut,
    _member_rows,
    sort={"id": "id", "date_from": "date_from"},
    default_sort="id",
    query=MemberQuery,
)


class SystemController(http.Controller):
    @api.endpoint(
        "/system/global-root",
        "GET",
        auth=CALLERS,
        scope="system:read",
        answer=RootAnswer,
    )
    def read_global_root(self, call):
        """Tell whether the Service Account above all companies exists."""
        root = call.env["ov.serviced_account"]._global_root()
        return {
            "exists": bool(root),
            "id": root.id or None,
            "name": root.name or None,
            "account_code": root.account_code or None,
            "is_global_root": root.is_global_root,
            "company": root.company_id,
            "parent": root.parent_id,
            "source_company": root.source_company_id,
            "state": root.state or None,
        }

    @api.endpoint(
        "/system/sa-hierarchy",
        "GET",
        auth=CALLERS,
        scope="system:read",
        query=HierarchyQuery,
        answer=HierarchyAnswer,
    )
    def read_sa_hierarchy(self, query, call):
        """Show the tree of the Service Accounts that the caller sees."""
        accounts = call.env["ov.serviced_account"].search([], order="parent_path, id")
        return {
            "total": len(accounts),
            "service_accounts": _nodes(_account_rows(accounts), query.flat),
        }


def _nodes(rows, flat):
    """Return rows in the order of the tree with their depth, nested unless flat."""
    known, tops = {}, []
    for row in rows:
        parent = known.get(row["parent"].id)
        row |= {"depth": parent["depth"] + 1 if parent else 0, "children": []}
        known[row["id"]] = row
        if parent and not flat:
            parent["children"].append(row)
        else:
            tops.append(row)
    return tops


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
        account = accounts._create_by_api(_odoo_vals(vals), leader, _person(call))
        return _account_answer(account)

    @api.endpoint(
        "/service-accounts/<int:account_id>",
        "GET",
        auth=CALLERS,
        scope="system:read",
        answer=AccountAnswer,
    )
    def read_service_account(self, account_id, call):
        """Read a Service Account."""
        return _account_answer(_account(call, account_id))

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
        account = _account(call, account_id)
        account._write_by_api(_odoo_vals(body.model_dump(exclude_none=True)))
        return _account_answer(account)

    @api.endpoint(
        "/service-accounts/<int:account_id>/activate",
        "POST",
        auth=CALLERS,
        scope="accounts:write",
        answer=AccountAnswer,
    )
    def activate_service_account(self, account_id, call):
        """Open a Service Account for its members."""
        account = _account(call, account_id)
        account._activate_by_api()
        return _account_answer(account)

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
        account = _account(call, account_id)
        account._deactivate_by_api(body.confirm)
        return _account_answer(account)

    @api.endpoint(
        "/service-accounts/<int:account_id>/members",
        "GET",
        auth=CALLERS,
        scope="system:read",
        query=members_list.query,
        answer=members_list.answer,
    )
    def list_members(self, account_id, query, call):
        """List the members of a Service Account."""
        domain = [("account_id", "=", _account(call, account_id).id)]
        if query.state != "all":
            domain.append(("state", "=", query.state))
        if query.role_code:
            domain.append(("role_code", "=", query.role_code))
        return members_list.page(call.env, query, domain)

    @api.endpoint(
        "/service-accounts/<int:account_id>/members",
        "POST",
        auth=CALLERS,
        scope="accounts:write",
        body=Enrolment,
        answer=MemberAnswer,
        status=201,
        errors=(problems.Conflict,),
        example=Example(body={"person_partner_id": 88, "role_code": "admin"}),
    )
    def create_member(self, account_id, body, call):
        """Enrol an employee, named by its person or its own id."""
        return _enrolled(call, account_id, body)

    @api.endpoint(
        "/service-accounts/<int:account_id>/enroll",
        "POST",
        auth=CALLERS,
        scope="accounts:write",
        body=Enrolment,
        answer=MemberAnswer,
        status=201,
        errors=(problems.Conflict,),
        example=Example(
            body={"employee_id": 7, "role_code": "staff", "scope_policy": "sa_wide"}
        ),
    )
    def enroll_member(self, account_id, body, call):
        """Enrol an employee: the other name of the same."""
        return _enrolled(call, account_id, body)

    @api.endpoint(
        "/service-accounts/<int:account_id>/members/<int:member_id>",
        "PUT",
        auth=CALLERS,
        scope="accounts:write",
        body=MemberChange,
        answer=MemberAnswer,
        example=Example(body={"scope_policy": "assigned_plus_unassigned"}),
    )
    def update_member(self, account_id, member_id, body, call):
        """Change what a member is or sees; what is not named stays."""
        member = _member(call, account_id, member_id)
        member._write_by_api(body.model_dump(exclude_none=True))
        return _member_answer(member)

    @api.endpoint(
        "/service-accounts/<int:account_id>/members/<int:member_id>",
        "DELETE",
        auth=CALLERS,
        scope="accounts:write",
        answer=MemberAnswer,
        errors=(problems.Conflict,),
    )
    def revoke_member(self, account_id, member_id, call):
        """Revoke a membership: it gives no access from the next request on."""
        member = _member(call, account_id, member_id)
        member._revoke_by_api()
        return _member_answer(member)


def _account(call, account_id):
    return call.record("ov.serviced_account", account_id)


def _member(call, account_id, member_id):
    found = call.record("ov.membership", member_id)
    if found.account_id != _account(call, account_id):
        raise problems.NotFound()
    return found


def _enrolled(call, account_id, body):
    account = _account(call, account_id)
    member = account._enrol(body.model_dump(), _person(call))
    return _member_answer(member)


def _person(call):
    """Return the person who calls; none for a key."""
    if call.principal.kind == "employee":
        return call.principal.data.employee.partner_id
    return None


def _odoo_vals(vals):
    if "approval_category_ids" in vals:
        vals["approval_category_ids"] = [(6, 0, vals["approval_category_ids"])]
    return vals


def _account_answer(account):
    return {"service_account": _account_rows(account)[0]}


def _member_answer(member):
    return {"member": _member_rows(member)[0]}
