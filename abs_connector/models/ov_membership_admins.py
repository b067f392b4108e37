from odoo import _, api, models
from odoo.exceptions import UserError


class OvMembership(models.Model):
    _inherit = "ov.membership"

    @api.model
    def _enrol_global_admins(self, people, company_name=None, invite=False):
        """Make people admins of the Global Root; who is one already stays as it is.

        :param people: pairs of name and work e-mail; the name may be empty for an
            employee who is there
        :param str company_name: company of new employees; the first one when empty
        :param bool invite: mail each new admin how to set a password
        :return: list of pairs of e-mail and whether the membership is new
        :raises UserError: naming the e-mail or the company that is wrong
        """
        company = self._company_named(company_name)
        employees = [self._employee_named(*person, company) for person in people]
        root = self.env["ov.serviced_account"]._global_root()
        enrolled = []
        for employee in employees:
            known = self.search_count(
                [
                    *self._domain_effective(),
                    ("account_id", "=", root.id),
                    ("employee_id", "=", employee.id),
                    ("role_code", "=", "admin"),
                ],
                limit=1,
            )
            if not known:
                self.create(
                    {
                        "employee_id": employee.id,
                        "account_id": root.id,
                        "role_code": "admin",
                    }
                )
                if invite:
                    employee.action_invite()
            enrolled.append((employee.email, not known))
        return enrolled

    def _company_named(self, name):
        companies = self.env["res.company"]
        if not name:
            return companies.search([], order="id", limit=1)
        company = companies.search([("name", "=", name)])
        if len(company) != 1:
            raise UserError(_("Company: none is called “%(name)s”.", name=name))
        return company

    def _employee_named(self, name, email, company):
        """Return the employee of an e-mail, made when it is missing."""
        employees = self.env["abs.employee"]
        employee = employees.search([("email", "=", employees._normalized(email))])
        if employee:
            return employee
        if not name:
            raise UserError(
                _(
                    "%(email)s: no employee has this e-mail. To make one, write: Name "
                    "<%(email)s>",
                    email=email,
                )
            )
        return employees.create(
            {"name": name, "email": email, "company_id": company.id}
        )
