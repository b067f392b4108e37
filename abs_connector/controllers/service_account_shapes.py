"""How Service Accounts and memberships are asked for, and answered."""

from typing import Literal

from pydantic import Field

from odoo.addons.base_json_api.api import (
    Answer,
    Body,
    Id,
    Listing,
    ListQuery,
    Maybe,
    Query,
    Ref,
    SuiteAnswer,
    Text,
    Timestamp,
)

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


def account_rows(accounts, _include=frozenset()):
    """Return the rows of Service Accounts, in as many queries for many as for one."""
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


def member_rows(members, _include=frozenset()):
    """Return the rows of memberships, in as many queries for many as for one."""
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
    account_rows,
    sort={"path": "parent_path", "name": "name", "account_code": "account_code"},
    default_sort="path",
    query=AccountQuery,
)
members_list = Listing(
    "ov.membership",
    "members",
    MemberOut,
    member_rows,
    sort={"id": "id", "date_from": "date_from"},
    default_sort="id",
    query=MemberQuery,
)


def account_of(call, account_id):
    """Return a Service Account that the caller sees, or refuse with 404."""
    return call.record("ov.serviced_account", account_id)


def person_of(call):
    """Return the person who calls; none for a key."""
    if call.principal.kind == "employee":
        return call.principal.data.employee.partner_id
    return None


def account_answer(account):
    """Return what is answered about one Service Account."""
    return {"service_account": account_rows(account)[0]}
