"""What members do with customers: register, hand over, archive."""

from typing import NamedTuple

from odoo import _, api, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL

from ..tools.member import member_of, with_member
from ..tools.visibility import sees
from .ov_visibility import DELETES

#: What is told of who holds a customer.
_ENTRY_FIELDS = (
    "partner_id",
    "account_id",
    "actor_id",
    "access",
    "state",
    "date_from",
    "date_to",
    "assigned_by_id",
)


class Holder(NamedTuple):
    """Who holds a customer.

    :param access: what the Service Account may do with it
    :param account_id: the Service Account
    :param account_name: its name
    :param account_code: its code
    :param actor_id: the person who acts; None for nobody in particular
    :param actor_name: that person's name
    """

    access: str
    account_id: int
    account_name: str
    account_code: str
    actor_id: int | None
    actor_name: str | None


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model
    def _register_customer(self, vals, account=None, actor=None):
        """Create a customer, held at once by the Service Account it is created for.

        :param dict vals: values of the contact
        :param account: `ov.serviced_account`; none for a contact that nobody holds
        :param actor: `res.partner` of the member who acts for it, none when empty
        :return: the customer
        :raises ValidationError: when the actor is no member there
        """
        if account:
            account._check_acts_here(actor)
        self.check_access("create")
        company = account.company_id if account else self.env.company
        vals = {**vals, "customer_rank": 1, "company_id": company.id}
        # Addons that extend contacts take whoever writes them for a colleague. For no
        # member: who holds it is said below, once.
        customer = with_member(self.sudo(), None).create(vals).with_env(self.env)
        if account:
            customer._assign_to(account, actor)
        return customer

    def _change_customer(self, vals):
        """Change customers that the caller may change.

        :param dict vals: values of the contact
        :raises AccessError: when the caller may only see one of them
        """
        self.check_access("write")
        self.sudo().write(vals)

    def _hand_over(self, account, actor=None, access="binding"):
        """Let a Service Account hold a customer, and somebody act for it there.

        :param account: `ov.serviced_account`, which the caller may act in
        :param actor: `res.partner` of a member of it, nobody in particular when empty
        :param str access: one of `ov_assignment.ACCESS`
        :return: the active row of the ledger, and whether it is new
        :raises AccessError: without the binding of the customer
        :raises ValidationError: when the actor is no member there
        """
        self.ensure_one()
        self._check_bound()
        account._check_acts_here(actor)
        changed = bool(self._assign_to(account, actor, access))
        return self._entries_seen("active").filtered(
            lambda entry: entry.account_id == account
        ), changed

    def _archive_customer(self):
        """End what holds a customer for the caller, and archive it unless others do.

        :raises AccessError: without the binding of the customer
        """
        self.ensure_one()
        self._check_bound()
        ledger = self.env[self._ledger].sudo()
        for account in self._entries_bound().account_id:
            ledger._expire(self, account)
        # Whoever ended the last assignment does not see the customer any more.
        customer = self.sudo()
        if not customer.x_sa_id:
            customer.active = False

    def _check_bound(self):
        if not self.x_is_deletable:
            raise AccessError(
                _(
                    "%(customer)s: to hand over or archive a customer takes its "
                    "binding.",
                    customer=self.display_name,
                )
            )

    def _entries_bound(self):
        """Return the active rows of the ledger that the caller may end."""
        entries, member = self._entries_seen("active"), self._bound_member()
        if not member or not member.scopes:
            return entries
        return entries.filtered(
            lambda one: (
                one.access in DELETES
                and any(
                    sees(scope, one.account_id.id, one.actor_id.id)
                    for scope in member.scopes
                )
            )
        )

    def _entries_seen(self, state=None):
        """Return the rows of the ledger that the caller may know of, the newest first.

        Of whoever else holds a customer, members of a Service Account learn nothing.

        :param str state: `active` or `expired`; both when empty
        :return: `ov.sa_customer_assignment`, as superuser
        """
        domain = [("partner_id", "in", self.ids)]
        if state:
            domain.append(("state", "=", state))
        accounts = self._accounts_seen()
        if accounts is not None:
            domain.append(("account_id", "in", accounts))
        return self.env[self._ledger].sudo().search_fetch(domain, _ENTRY_FIELDS)

    def _holders(self):
        """Return for the caller who holds each of these; of several, the latest.

        One query with the names, which by records were three.

        :return: Holder by the customer's id
        """
        ledger, accounts = self.env[self._ledger], self.env["ov.serviced_account"]
        ledger.flush_model(_ENTRY_FIELDS)
        accounts.flush_model(["name", "account_code"])
        self.flush_model(["complete_name"])
        seen = self._accounts_seen()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (entry.partner_id)
                       entry.partner_id, entry.access,
                       account.id, account.name, account.account_code,
                       entry.actor_id, (SELECT complete_name FROM res_partner
                                         WHERE id = entry.actor_id)
                  FROM ov_sa_customer_assignment entry
                  JOIN ov_serviced_account account ON account.id = entry.account_id
                 WHERE entry.state = 'active' AND entry.partner_id = ANY(%s) AND %s
                 ORDER BY entry.partner_id, entry.date_from DESC, entry.id DESC
                """,
                self.ids,
                SQL("TRUE") if seen is None else SQL("account.id = ANY(%s)", seen),
            )
        )
        return {customer_id: Holder(*of_it) for customer_id, *of_it in rows}

    def _tags(self):
        """Return the tags of those of these that have any.

        Most have none, and to see that takes a third of what it takes to read them.

        :return: dict of `res.partner.category` by the contact's id
        """
        field = self._fields["category_id"]
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT %s FROM %s WHERE %s = ANY(%s)",
                SQL.identifier(field.column1),
                SQL.identifier(field.relation),
                SQL.identifier(field.column1),
                self.ids,
            )
        )
        # The caller has read these contacts; their tags follow no rules.
        tagged = self.sudo().browse(id_ for (id_,) in rows)
        return {one.id: one.category_id for one in tagged}

    @api.model
    def _domain_acted_for(self, person_id):
        """Return the domain of the customers for whom somebody acts, or nobody.

        :param int person_id: `res.partner` of a member; None for nobody in particular
        """
        conditions = [
            SQL("actor_id = %s", person_id) if person_id else SQL("actor_id IS NULL")
        ]
        accounts = self._accounts_seen()
        if accounts is not None:
            conditions.append(SQL("account_id = ANY(%s)", accounts))
        return [("id", "in", SQL("(%s)", self.env[self._ledger]._held(*conditions)))]

    def _accounts_seen(self):
        """Return ids of the accounts whose assignments the caller knows; None: all."""
        member = member_of(self.env)
        if member and member.scopes and not member.admin:
            return [scope.account_id for scope in member.scopes]
        return None


class OvServicedAccount(models.Model):
    _inherit = "ov.serviced_account"

    def _check_acts_here(self, person):
        """Refuse somebody who acts for customers without being a member now.

        :param person: `res.partner`; nobody when empty
        :raises ValidationError: naming the person and the Service Account
        """
        self.ensure_one()
        if not person:
            return
        memberships = self.env["ov.membership"].sudo()
        if not memberships.search_count(
            [
                *memberships._domain_effective(),
                ("account_id", "=", self.id),
                ("person_partner_id", "=", person.id),
            ],
            limit=1,
        ):
            raise ValidationError(
                _(
                    "Actor: %(person)s has no active membership in %(account)s.",
                    person=person.sudo().exists().name or person.id,
                    account=self.sudo().name,
                )
            )
