"""Which memberships a request is made with."""

from odoo import _, api, models
from odoo.tools import SQL

from odoo.addons.base_json_api.api.problems import Forbidden

from ..tools.columns import column
from ..tools.member import Member, Scope
from .ov_membership import SCOPE_COLUMNS


class OvMembership(models.Model):
    _inherit = "ov.membership"

    @api.model
    def _member_of(self, employee):
        """Return what an employee is now, by its effective memberships.

        :param employee: `abs.employee`; nobody when empty
        :return: Member, without scopes for an employee who is no member
        """
        return self._member_by(SQL("%s", employee.id or None))

    @api.model
    def _member_of_user(self, user):
        """Return what the employee is now who has an Odoo user.

        :param user: `res.users`
        :return: Member, without scopes for a user who is no member
        """
        user_id = column(self.env["abs.employee"], "user_id")
        employee = SQL("(SELECT id FROM abs_employee WHERE %s = %s)", user_id, user.id)
        return self._member_by(employee)

    def _member_by(self, employee):
        """Return what an employee is, whose id is SQL."""
        rows = self.env.execute_query(
            SQL(
                "SELECT %s FROM %s AND %s = %s ORDER BY member.id",
                self._scope_columns(),
                self._sql_effective(),
                column(self, "employee_id", "member"),
                employee,
            )
        )
        return self._member_of_rows(rows)

    @api.model
    def _scope_columns(self):
        """Return the columns of `_sql_effective` that `_member_of_rows` takes."""
        names = (*SCOPE_COLUMNS, "id")
        return SQL(", ").join(column(self, name, "member") for name in names)

    @api.model
    def _member_of_rows(self, rows):
        """Return what memberships make somebody.

        :param rows: of `_scope_columns`
        """
        scopes = tuple(Scope(*row) for row in rows)
        return Member(scopes, admin=any(one.role_code == "admin" for one in scopes))

    @api.model
    def _narrowed(self, member, account):
        """Return a member as who names a Service Account: in this one alone.

        An admin may name any active one, and sees all of it; naming the Global Root,
        everything.

        :param Member member: with all of its memberships
        :param account: `ov.serviced_account` that the request names
        :return: Member
        :raises Forbidden: when it may not act there
        """
        account = account.sudo()
        for scope in member.scopes:
            if scope.account_id == account.id:
                return Member((scope,), admin=scope.role_code == "admin")
        admin = next((one for one in member.scopes if one.role_code == "admin"), None)
        if not admin or not account.exists() or account.state != "active":
            raise Forbidden(
                _("X-SA-ID: you have no active membership in this Service Account.")
            )
        scope = Scope(
            account.id, admin.person_id, "sa_wide", "admin", admin.membership_id
        )
        return Member((scope,))
