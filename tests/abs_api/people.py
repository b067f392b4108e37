"""Run inside Odoo: a branch with a lead and two agents, who all have one password."""

PASSWORD = "correct horse battery"
AGENT = "esi@oves.example.com"
OTHER_AGENT = "yao@oves.example.com"
_STAFF = {"kofi@oves.example.com": "staff", AGENT: "agent", OTHER_AGENT: "agent"}


def enrol(env):
    """Create a branch and its members; commit."""
    accounts = env["ov.serviced_account"]
    root = accounts.search([("source_company_id", "=", env.company.id)])
    lome = accounts.create(
        {"name": "Togo - Lomé", "account_code": "TG-LOM", "parent_id": root.id}
    )
    lome.action_activate()
    for email, role in _STAFF.items():
        name = email.partition("@")[0].title()
        employee = env["abs.employee"].create(
            {"name": name, "email": email, "password": PASSWORD}
        )
        env["ov.membership"].create(
            {"employee_id": employee.id, "account_id": lome.id, "role_code": role}
        )
    env.cr.commit()
