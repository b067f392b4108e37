"""Who calls the API, and what is known of them while they do.

All of it is read at each request: nothing of a caller is remembered between two.
"""

from odoo import _

from odoo.addons.base_json_api.api import Principal, bearer, header_key, problems

from ..models.abs_api_key import EVERY_COMPANY
from ..tools.member import KEY, Member

SA_HEADER = "X-SA-ID"
_MAX_ID = 2**31 - 1


def login_of(call, token):
    """Return who presents an access token, member of something or not.

    :raises Unauthorized: when the token, its session or its employee is not valid
    :raises BadRequest: when `X-SA-ID` is no id
    """
    caller = _caller(call, token)
    # None is asked for here; what is no id is refused all the same.
    _account(call)
    return _principal(call, "employee", caller.employee.id, Member(), caller)


def employee_of(call, token):
    """Return who presents an access token, with the memberships that it acts under.

    :raises Unauthorized: when the token, its session or its employee is not valid
    :raises BadRequest: when `X-SA-ID` is no id
    :raises Forbidden: for an employee without membership, there or at all
    """
    caller = _caller(call, token)
    account = _account(call)
    member = caller.member
    if account:
        member = call.env["ov.membership"]._narrowed(member, account)
    if not (member.scopes or member.admin):
        raise problems.Forbidden(
            _("You are no member of a Service Account any more."), code="no_membership"
        )
    return _principal(call, "employee", caller.employee.id, member, caller, account)


def key_of(call, key):
    """Return which system presents a key.

    :raises Unauthorized: when the key is not valid
    :raises BadRequest: when `X-SA-ID` is sent with it
    """
    found = call.env["abs.api.key"]._find(key)
    if not found:
        raise problems.Unauthorized(
            _("The key is not valid."), code="invalid_key", challenge="ApiKey"
        )
    if call.header(SA_HEADER):
        raise problems.BadRequest(
            _("X-SA-ID: a key is no member of a Service Account; leave it out."),
            code="sa_of_key",
        )
    found.key._note_use_apart(found.last_used)
    everywhere = EVERY_COMPANY in found.scopes
    member = Member(admin=everywhere, company_id=found.company_id.id)
    return _principal(call, "key", found.key.id, member, found, scopes=found.scopes)


def customer_of(call, token):
    """Return which customer presents an access token of its own.

    :raises Unauthorized: when the token or its customer is not valid
    """
    partner = call.env["res.partner"].sudo()._of_customer_token(token)
    member = Member(partner_id=partner.id)
    return _principal(call, "customer", partner.id, member, partner)


SCHEMES = {
    "employee": bearer(
        employee_of, description="Of `POST /api/auth/login`; a member of something."
    ),
    "login": bearer(login_of, description="Of `POST /api/auth/login`."),
    "customer": bearer(customer_of, description="Of `POST /api/customer/auth/verify`."),
    "key": header_key("X-API-KEY", key_of, description="Of another system."),
}


def _caller(call, token):
    return call.env["abs.session"].sudo()._caller_of(token)


def _account(call):
    """Return the Service Account that a request names; none when it names none."""
    text = call.header(SA_HEADER)
    accounts = call.env["ov.serviced_account"]
    if not text:
        return accounts
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= _MAX_ID):
        raise problems.BadRequest(
            _("X-SA-ID: the id of a Service Account is a whole number above 0."),
            code="sa_id",
        )
    return accounts.browse(int(text))


def _principal(call, kind, key, member, data, account=None, scopes=None):
    # Asked for so, it costs no query.
    user_id = call.env["ir.model.data"]._xmlid_to_res_id("abs_connector.user_api")
    user = call.env["res.users"].sudo().browse(user_id)
    companies = _companies(user, member, data, account)
    return Principal(
        kind,
        key,
        user_id,
        companies[0],
        scopes,
        {KEY: member, "allowed_company_ids": companies},
        data,
    )


def _companies(user, member, data, account):
    """Return ids of the companies that a caller acts in, the first one by default."""
    company_id = _company(data, account) or user.company_id.id
    every = member.admin or (member.partner_id and not data.company_id)
    if not every:
        return [company_id]
    others = [one for one in user._get_company_ids() if one != company_id]
    return [company_id, *others]


def _company(data, account):
    if account and (company := account.sudo().company_id):
        return company.id
    return data.company_id.id
