from odoo import _, http

from odoo.addons.base_json_api.api import (
    PUBLIC,
    Answer,
    Body,
    Example,
    Maybe,
    Ref,
    SuiteAnswer,
    Text,
    Timestamp,
    problems,
)

from ..api import api


class Login(Body):
    email: Text
    """The work e-mail, in any case."""
    password: str


class Refresh(Body):
    refresh_token: str


class NewPassword(Body):
    current_password: str
    new_password: str


class WantedReset(Body):
    email: Text


class Reset(Body):
    token: Text
    """Of the mail that invites, or that resets the password."""
    new_password: str


class EmployeeOut(Answer):
    id: int
    name: str
    email: str
    phone: Maybe[str]
    company: Ref
    partner: Ref
    """The person that assignments name."""


class MembershipOut(Answer):
    id: int
    account: Ref
    account_code: str
    role_code: str
    scope_policy: str
    is_sa_manager: bool
    date_from: Timestamp
    date_to: Maybe[Timestamp]


class Tokens(SuiteAnswer):
    access_token: str
    refresh_token: str
    """For one use: the answer has the next one."""
    token_type: str
    expires_in: int
    """Seconds that the access token is valid for."""


class MeAnswer(SuiteAnswer):
    employee: EmployeeOut
    memberships: list[MembershipOut]


class LoginAnswer(MeAnswer, Tokens):
    pass


class Told(SuiteAnswer):
    message: str


class AuthController(http.Controller):
    @api.endpoint(
        "/auth/login",
        "POST",
        auth=PUBLIC,
        body=Login,
        answer=LoginAnswer,
        rate="auth",
        errors=(problems.Unauthorized, problems.TooManyRequests),
        example=Example(body={"email": "ama@example.com", "password": "correct horse"}),
    )
    def login(self, body, call):
        """Log in with a work e-mail and a password."""
        env = call.env(su=True)
        employee = env["abs.employee"]._authenticate(body.email, body.password, call.ip)
        tokens = env["abs.session"]._open(employee, call.ip, call.header("User-Agent"))
        return {**tokens, **_person(employee)}

    @api.endpoint(
        "/auth/refresh",
        "POST",
        auth=PUBLIC,
        body=Refresh,
        answer=Tokens,
        rate="auth",
        errors=(problems.Unauthorized,),
    )
    def refresh(self, body, call):
        """Get new tokens for a refresh token, which is used up.

        A refresh token that comes a second time ends the login.
        """
        return call.env(su=True)["abs.session"]._refresh(body.refresh_token)

    @api.endpoint(
        "/auth/logout", "POST", auth=("login",), answer=Told, idempotent=False
    )
    def logout(self, call):
        """End this login: its tokens are worth nothing any more."""
        call.principal.data.session._end("logout")
        return {"message": _("You are logged out.")}

    @api.endpoint("/auth/me", "GET", auth=("login",), answer=MeAnswer)
    def me(self, call):
        """Tell who is logged in, and in which Service Accounts."""
        return _person(call.principal.data.employee)

    @api.endpoint(
        "/auth/change-password",
        "POST",
        auth=("login",),
        body=NewPassword,
        answer=Told,
        rate="auth",
        idempotent=False,
    )
    def change_password(self, body, call):
        """Change the password; all other logins end."""
        caller = call.principal.data
        caller.employee._change_password(
            body.current_password, body.new_password, call.ip
        )
        (caller.employee.session_ids - caller.session)._end("password")
        return {"message": _("Your password is changed.")}

    @api.endpoint(
        "/auth/request-reset",
        "POST",
        auth=PUBLIC,
        body=WantedReset,
        answer=Told,
        rate="auth",
        errors=(problems.TooManyRequests,),
        example=Example(body={"email": "ama@example.com"}),
    )
    def request_reset(self, body, call):
        """Have a mail sent that lets one set a new password.

        The answer is the same for an address of nobody.
        """
        secrets = call.env(su=True)["abs.mailed.secret"]
        secrets._request("reset", body.email, call.ip)
        return {"message": _("If this is an employee's address, a mail is on its way.")}

    @api.endpoint(
        "/auth/reset", "POST", auth=PUBLIC, body=Reset, answer=Told, rate="auth"
    )
    def reset_password(self, body, call):
        """Set a password with the token of an invitation or a reset; all logins end."""
        employee = call.env(su=True)["abs.mailed.secret"]._take_token(body.token)
        employee._reset_password(body.new_password)
        return {"message": _("Your password is set. Log in with it.")}


def _person(employee):
    memberships = employee.membership_ids
    memberships = memberships.search(
        [*memberships._domain_effective(), ("employee_id", "=", employee.id)]
    )
    return {
        "employee": {
            "id": employee.id,
            "name": employee.name,
            "email": employee.email,
            "phone": employee.phone,
            "company": employee.company_id,
            "partner": employee.partner_id,
        },
        "memberships": [
            {
                "id": one.id,
                "account": one.account_id,
                "account_code": one.account_id.account_code,
                "role_code": one.role_code,
                "scope_policy": one.scope_policy,
                "is_sa_manager": one.is_sa_manager,
                "date_from": one.date_from,
                "date_to": one.date_to,
            }
            for one in memberships
        ],
    }
