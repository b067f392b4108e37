"""What callers of the API see of Service Accounts and their members, and change."""

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from odoo.addons.base_json_api.api import problems

from ..tools.member import KEY, member_of
from ..tools.visibility import answered

_NOTHING = [("id", "=", False)]


class OvSeenMixin(models.AbstractModel):
    """Part of the organisation that a caller of the API sees, by a record rule."""

    _name = "ov.seen.mixin"
    _description = "Seen by Members of Service Accounts"

    is_seen = fields.Boolean(compute="_compute_is_seen", search="_search_is_seen")

    @api.depends_context(KEY)
    def _compute_is_seen(self):
        seen = self.sudo().filtered_domain(self._domain_seen())
        for record in self:
            record.is_seen = record.sudo() in seen

    def _search_is_seen(self, operator, value):
        return answered(self, operator, value, self._domain_seen())

    @api.model
    def _domain_seen(self):
        """Return the domain of what the member in the environment sees."""
        member = member_of(self.env)
        if not member or member.partner_id:
            return _NOTHING
        if member.admin:
            return []
        if member.company_id:
            return [("company_id", "in", [False, member.company_id])]
        return [(self._seen_by, "in", [one.account_id for one in member.scopes])]


class OvServicedAccount(models.Model):
    _name = "ov.serviced_account"
    _inherit = ["ov.serviced_account", "ov.seen.mixin"]
    _seen_by = "id"

    def _with_names(self):
        """Return the same as superuser, for what it names.

        The parent, company and SA Manager of an account that is seen may be named,
        whether or not their own records are seen.
        """
        return self.sudo()

    # Who may change what

    def _may_administer(self):
        member = member_of(self.env)
        if not member:
            return False
        of_root = any(one.role_code == "admin" for one in member.scopes)
        return member.admin or of_root or bool(member.company_id)

    def _check_administered(self):
        """Refuse callers who do not administer Service Accounts: admins and keys do.

        :raises Forbidden: for others
        """
        if not self._may_administer():
            raise problems.Forbidden(
                _("Admins of the global root alone create and change Service Accounts.")
            )

    def _check_managed(self):
        """Refuse callers who do not choose the members of this Service Account.

        Its SA Manager does, and who administers it; those of the global root are
        chosen by its admins, and by keys that act for all companies.

        :raises Forbidden: for others
        """
        self.ensure_one()
        member = member_of(self.env)
        manager_id = self.sudo().sa_manager.id
        manages = member and any(
            one.membership_id == manager_id for one in member.scopes
        )
        # A key of one company must not make somebody the admin of all.
        administers = self._may_administer() and (
            not self.is_global_root or member.admin
        )
        if not (manages or administers):
            raise problems.Forbidden(
                _("The SA Manager and admins alone choose the members.")
            )

    def _check_parent_seen(self, vals):
        """Refuse a parent that the caller does not see, as if there were none."""
        wanted = vals.get("parent_id")
        if wanted and not self.search([("id", "=", wanted)]):
            message = _("Parent: no Service Account that you see has this id.")
            raise problems.Invalid.of_field("/parent_id", "not_found", message)

    # Steps of the API: the caller's right to them has just been checked, and the API's
    # user has none of its own.

    @api.model
    def _create_by_api(self, vals, leader=None, by=None):
        """Create a branch for a caller.

        :param dict vals: values of the account
        :param leader: id of the `abs.employee` who becomes its SA Manager
        :param by: `res.partner` who gives that membership
        :return: the branch
        :raises Forbidden: for callers who do not administer Service Accounts
        """
        self._check_administered()
        self._check_parent_seen(vals)
        state = vals.pop("state")
        account = self.sudo().create(vals).with_env(self.env)
        if state == "active":
            account.sudo().action_activate()
        if leader:
            account._enrol({"employee_id": leader, "role_code": "staff"}, by)
        return account

    def _write_by_api(self, vals):
        """Change an account for a caller; `sa_manager` is who leads it from now on.

        :raises Forbidden: for callers who do not administer Service Accounts
        """
        self._check_administered()
        self._check_parent_seen(vals)
        leader_id = vals.pop("sa_manager", None)
        if leader_id:
            self._member(leader_id, "/sa_manager").sudo().action_make_sa_manager()
        if vals:
            self.sudo().write(vals)

    def _activate_by_api(self):
        """Open an account for its members.

        :raises Forbidden: for callers who do not administer Service Accounts
        """
        self._check_administered()
        self.sudo().action_activate()

    def _deactivate_by_api(self, confirmed):
        """Close an account and all below it, when the caller knows what that hides.

        :raises Forbidden: for callers who do not administer Service Accounts
        :raises Conflict: naming what it hides, until it is confirmed
        """
        self._check_administered()
        account = self.sudo()
        dialog = account.action_deactivate()
        asked = account.env[dialog["res_model"]].new({"account_id": self.id})
        if not confirmed:
            raise problems.Conflict(
                _(
                    "This closes %(accounts)s Service Accounts and ends the access of "
                    "%(members)s members. Confirm it.",
                    accounts=asked.account_count,
                    members=asked.member_count,
                ),
                code="confirm",
            )
        account._deactivate()

    def _enrol(self, vals, by=None):
        """Make an employee a member for a caller.

        :param dict vals: values of the membership, with `employee_id` or
            `person_partner_id`
        :param by: `res.partner` who gives it
        :return: the membership
        :raises Forbidden: for callers who do not choose the members
        :raises Invalid: for an employee or a manager who is not there
        :raises Conflict: for who is a member already
        """
        self.ensure_one()
        self._check_managed()
        employee = self._employee_to_enrol(vals)
        if manager_id := vals.get("manager_member_id"):
            self._member(manager_id, "/manager_member_id")
        if self._members().filtered(lambda one: one.employee_id == employee):
            message = _(
                "%(person)s is a member of %(account)s already.",
                person=employee.name,
                account=self.display_name,
            )
            raise problems.Conflict(message, code="already_member")
        given = {name: value for name, value in vals.items() if value is not None}
        given.pop("person_partner_id", None)
        given |= {"account_id": self.id, "employee_id": employee.id}
        if by:
            given["assigned_by_id"] = by.id
        return self.env["ov.membership"].sudo().create(given).with_env(self.env)

    def _employee_to_enrol(self, vals):
        fields_of = {"employee_id": "id", "person_partner_id": "partner_id"}
        given = [name for name in fields_of if vals.get(name)]
        if len(given) != 1:
            message = _("Give either employee_id or person_partner_id.")
            raise problems.Invalid.of_field("/employee_id", "required", message)
        name = given[0]
        domain = [(fields_of[name], "=", vals[name])]
        if self.company_id:
            domain.append(("company_id", "=", self.company_id.id))
        found = self.env["abs.employee"].sudo().search(domain)
        if not found:
            message = _("No active employee of this company has this id.")
            raise problems.Invalid.of_field(f"/{name}", "not_found", message)
        return found

    def _members(self):
        return self.sudo().membership_ids.filtered(lambda one: one.state == "active")

    def _member(self, member_id, field):
        found = self._members().filtered(lambda one: one.id == member_id)
        if not found:
            message = _("No active member of this Service Account has this id.")
            raise problems.Invalid.of_field(field, "not_found", message)
        return found.with_env(self.env)


class OvMembership(models.Model):
    _name = "ov.membership"
    _inherit = ["ov.membership", "ov.seen.mixin"]
    _seen_by = "account_id"

    def _with_names(self):
        """Return the same as superuser, for the people whom a membership names."""
        return self.sudo()

    def _write_by_api(self, vals):
        """Change a membership for a caller who chooses the members.

        :raises Forbidden: for others
        """
        self.account_id._check_managed()
        if manager_id := vals.get("manager_member_id"):
            self.account_id._member(manager_id, "/manager_member_id")
        if vals:
            self.sudo().write(vals)

    def _revoke_by_api(self):
        """End a membership for a caller who chooses the members.

        :raises Forbidden: for others
        :raises Conflict: for one that is over
        """
        self.account_id._check_managed()
        if self.state != "active":
            raise problems.Conflict(_("This membership is over already."), code="over")
        try:
            self.sudo().action_revoke()
        except UserError as error:
            raise problems.Conflict(str(error), code="leads_others") from error
