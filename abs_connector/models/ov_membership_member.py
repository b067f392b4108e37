"""Which memberships a request is made with."""

from odoo import _, api, models

from odoo.addons.base_json_api.api.problems import Forbidden

from ..tools.member import Member, Scope


class OvMembership(models.Model):
    _inherit = "ov.membership"

    @api.model
    def _member_of(self, employee, account=None):
        """Return what an employee is now, by its effective memberships.

        Who names a Service Account is asked for as a member of this one alone. An admin
        may name any active one, and sees all of it; naming the Global Root, or none,
        everything.

        :param employee: `abs.employee`
        :param account: `ov.serviced_account` that the request names; all when empty
        :return: Member, without scopes for an employee who is no member
        :raises Forbidden: when the employee may not act in the named Service Account
        """
        member = self._member_by([("employee_id", "=", employee.id)])
        return self._narrowed(member, account.sudo()) if account else member

    @api.model
    def _member_of_user(self, user):
        """Return what the employee is now who has an Odoo user.

        :param user: `res.users`
        :return: Member, without scopes for a user who is no member
        """
        return self._member_by([("employee_id.user_id", "=", user.id)])

    def _member_by(self, domain):
        memberships = self.sudo().search_fetch(
            [*self._domain_effective(), *domain],
            ["account_id", "person_partner_id", "scope_policy", "role_code"],
        )
        scopes = tuple(one._scope() for one in memberships)
        return Member(scopes, admin=any(one.role_code == "admin" for one in scopes))

    def _scope(self):
        self.ensure_one()
        return Scope(
            account_id=self.account_id.id,
            person_id=self.person_partner_id.id,
            policy=self.scope_policy,
            role_code=self.role_code,
            membership_id=self.id,
        )

    def _narrowed(self, member, account):
        """Return a member in one Service Account alone."""
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
