"""Who asks: members of every role and policy, an API key, and an Odoo user."""

from abs_customers.accounts import LOGIN, PASSWORD
from abs_customers.dataset import LARGE

#: Places of Service Accounts of the usual size.
_USUAL = (17, 58, 121)
_FIVE = ((17, 58, 90, 121, 150), (LARGE, 30, 58, 90, 121))
_POLICIES = ("sa_wide", "assigned_only", "assigned_plus_unassigned")
_PARAMETERS = {
    "abs_connector.access_token_minutes": "600",
    # They count as always, and refuse nobody.
    "abs_connector.rate_limit.default": "principal 1000000/60, ip 1000000/60",
}


class Cast:
    """Enrols members in a filled database.

    :param env: as superuser
    :param dict values: what `dataset.fill` returned
    """

    def __init__(self, env, values):
        self._env = env(context={**env.context, "tracking_disable": True})
        self._values = values
        for name, value in _PARAMETERS.items():
            env["ir.config_parameter"].set_param(name, value)
        self._lead()

    def callers(self):
        """Yield `(role, headers, domain)` of each who calls.

        The domain is that of the customers whose stamps let them be seen, as a user of
        Odoo asks for them.
        """
        everything = [("customer_rank", ">", 0)]
        yield "admin", self._admin(), everything
        yield "API key", self._key(), everything
        for policy in _POLICIES:
            for place in _USUAL:
                yield policy, *self._member({place: policy})
            yield f"{policy}, 100,000", *self._member({LARGE: policy})
        for places in _FIVE:
            several = {
                place: _POLICIES[number % 3] for number, place in enumerate(places)
            }
            title = "five accounts" + (", 100,000" if LARGE in places else "")
            yield title, *self._member(several)

    def hire_user(self):
        """Create an internal user of Odoo."""
        users = self._env["res.users"].with_context(no_reset_password=True)
        users.create({"name": LOGIN, "login": LOGIN, "password": PASSWORD})

    def _lead(self):
        """Let a staff member stand at the top of every Service Account."""
        for place in {*_USUAL, LARGE, *(place for five in _FIVE for place in five)}:
            self._enrol(self._employee(f"lead-{place}"), place, "staff", "sa_wide")

    def _member(self, policies):
        """Enrol somebody new.

        :param dict policies: policy by place of the Service Account
        """
        name = "-".join(map(str, policies)) + "-" + "-".join(policies.values())
        place, policy = next(iter(policies.items()))
        number = 1 + _POLICIES.index(policy) + 3 * (len(policies) > 1)
        person = self._values["agents"] + (place - 1) * 10 + number
        employee = self._employee(name, person)
        for place, policy in policies.items():
            role = "staff" if policy == "sa_wide" else "agent"
            self._enrol(employee, place, role, policy)
        domain = ["|"] * (len(policies) - 1)
        for place, policy in policies.items():
            domain += self._stamped(place, policy, person)
        return self._bearer(employee), domain

    def _stamped(self, place, policy, person):
        held = ("x_sa_id", "=", self._values["account"] + place)
        if policy == "sa_wide":
            return [held]
        mine = ("x_actor_id", "=", person)
        if policy == "assigned_only":
            return ["&", held, mine]
        return ["&", held, "|", mine, ("x_actor_id", "=", False)]

    def _admin(self):
        employee = self._employee("admin")
        root = self._env.ref("abs_connector.global_root")
        self._env["ov.membership"].create(
            {
                "employee_id": employee.id,
                "account_id": root.id,
                "role_code": "admin",
            }
        )
        return self._bearer(employee)

    def _key(self):
        scope = self._env["abs.api.scope"].search([("code", "=", "contacts:read")])
        key = self._env["abs.api.key"].create(
            {"name": "Reader", "scope_ids": [(6, 0, scope.ids)]}
        )
        return {"X-API-KEY": key.action_generate()["context"]["default_key"]}

    def _employee(self, name, person=False):
        email = f"{name}@bench.example.com".lower()
        return self._env["abs.employee"].create(
            {"name": name, "email": email, "partner_id": person}
        )

    def _enrol(self, employee, place, role, policy):
        self._env["ov.membership"].create(
            {
                "employee_id": employee.id,
                "account_id": self._values["account"] + place,
                "role_code": role,
                "scope_policy": policy,
            }
        )

    def _bearer(self, employee):
        token = self._env["abs.session"]._open(employee)["access_token"]
        return {"Authorization": f"Bearer {token}"}
