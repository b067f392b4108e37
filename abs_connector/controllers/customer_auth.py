from pydantic import Field

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
    problems,
)

from ..api import api
from .auth import Told


class WantedCode(Body):
    email: Text


class Code(WantedCode):
    code: str = Field(pattern=r"^\d{6}$", examples=["491377"])
    """The six digits of the mail."""


class CustomerOut(Answer):
    id: int
    name: str
    email: Maybe[str]
    phone: Maybe[str]
    company: Maybe[Ref]


class CustomerAnswer(SuiteAnswer):
    customer: CustomerOut


class CustomerLoginAnswer(CustomerAnswer):
    access_token: str
    token_type: str
    expires_in: int
    """Seconds that the access token is valid for."""


class CustomerAuthController(http.Controller):
    @api.endpoint(
        "/customer/auth/request-code",
        "POST",
        auth=PUBLIC,
        body=WantedCode,
        answer=Told,
        rate="auth",
        errors=(problems.TooManyRequests,),
        example=Example(body={"email": "marie@example.com"}),
    )
    def request_customer_code(self, body, call):
        """Have a code mailed to a customer's address.

        The answer is the same for an address of nobody. A code is valid for ten
        minutes and five tries, and ends the one before it.
        """
        secrets = call.env(su=True)["abs.mailed.secret"]
        secrets._request("code", body.email, call.ip)
        return {"message": _("If this is a customer's address, a code is on its way.")}

    @api.endpoint(
        "/customer/auth/verify",
        "POST",
        auth=PUBLIC,
        body=Code,
        answer=CustomerLoginAnswer,
        rate="auth",
        errors=(problems.Unauthorized,),
        example=Example(body={"email": "marie@example.com", "code": "491377"}),
    )
    def verify_customer_code(self, body, call):
        """Log in as a customer with the code that was mailed."""
        secrets = call.env(su=True)["abs.mailed.secret"]
        customer = secrets._take_code(body.email, body.code)
        return {**customer._customer_tokens(), "customer": _customer(customer)}

    @api.endpoint("/customer/auth/me", "GET", auth=("customer",), answer=CustomerAnswer)
    def customer_me(self, call):
        """Tell which customer is logged in."""
        return {"customer": _customer(call.principal.data)}


def _customer(customer):
    return {
        "id": customer.id,
        "name": customer.name,
        "email": customer.email,
        "phone": customer.phone,
        "company": customer.company_id,
    }
