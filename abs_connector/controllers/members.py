from odoo import http

from odoo.addons.base_json_api.api import Example, problems

from ..api import api
from .service_account_shapes import (
    CALLERS,
    Enrolment,
    MemberAnswer,
    MemberChange,
    account_of,
    member_rows,
    members_list,
    person_of,
)


class MemberController(http.Controller):
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
        domain = [("account_id", "=", account_of(call, account_id).id)]
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


def _member(call, account_id, member_id):
    found = call.record("ov.membership", member_id)
    if found.account_id != account_of(call, account_id):
        raise problems.NotFound()
    return found


def _enrolled(call, account_id, body):
    account = account_of(call, account_id)
    member = account._enrol(body.model_dump(), person_of(call))
    return _member_answer(member)


def _member_answer(member):
    return {"member": member_rows(member)[0]}
