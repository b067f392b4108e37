"""Who calls the API, and what is known of them while they do."""

from dataclasses import dataclass
from typing import Any

from odoo.addons.base_json_api.api import Principal


@dataclass(frozen=True)
class Caller:
    """An employee who calls.

    :param session: the `abs.session` of its token, as superuser
    :param employee: its `abs.employee`, as superuser
    """

    session: Any
    employee: Any


def employee_of(call, token):
    """Return who presents an access token; its state is asked at each request.

    :raises Unauthorized: when the token, its session or its employee is not valid
    """
    session = call.env["abs.session"].sudo()._of_token(token)
    employee = session.employee_id
    return Principal(
        "employee",
        employee.id,
        call.env.ref("abs_connector.user_api").id,
        employee.company_id.id,
        data=Caller(session, employee),
    )
