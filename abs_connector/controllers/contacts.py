from typing import Literal

from pydantic import model_validator

from odoo import _, http

from odoo.addons.base_json_api.api import (
    Answer,
    Body,
    Example,
    Id,
    Listing,
    ListQuery,
    Maybe,
    Ref,
    SuiteAnswer,
    Text,
    Timestamp,
    problems,
)

from ..api import account_for_new, api, check_ids, named_account
from ..models.ov_serviced_account import shown_as
from .auth import Told
from .service_account_shapes import CALLERS

Kind = Literal["person", "company"]
Access = Literal["access", "assignment", "binding"]


class ContactOut(Answer):
    id: int
    name: str
    type: Kind
    email: Maybe[str]
    phone: Maybe[str]
    street: Maybe[str]
    street2: Maybe[str]
    city: Maybe[str]
    zip: Maybe[str]
    state: Maybe[Ref]
    country: Maybe[Ref]
    vat: Maybe[str]
    ref: Maybe[str]
    parent: Maybe[Ref]
    """The company that it belongs to, if the caller sees it."""
    tags: list[Ref]
    company: Maybe[Ref]
    service_account: Maybe[Ref]
    """Which of the caller's Service Accounts holds it; of several, the latest."""
    actor: Maybe[Ref]
    """Who acts for it there; null for nobody in particular."""
    access: Maybe[Access]
    """What that Service Account may do with it."""
    created: Timestamp
    updated: Timestamp


class ContactAnswer(SuiteAnswer):
    contact: ContactOut


class NewContactAnswer(ContactAnswer):
    partner_id: int


class CustomerAnswer(SuiteAnswer):
    customer: ContactOut


class AssignmentOut(Answer):
    id: int
    account: Ref
    actor: Maybe[Ref]
    access: Access
    state: Literal["active", "expired"]
    date_from: Timestamp
    date_to: Maybe[Timestamp]
    assigned_by: Maybe[Ref]


class AssignAnswer(SuiteAnswer):
    assignment: AssignmentOut
    changed: bool
    """False when it was so before."""


class HistoryAnswer(SuiteAnswer):
    assignments: list[AssignmentOut]


class ContactChange(Body):
    name: Text | None = None
    type: Kind | None = None
    email: Text | None = None
    phone: Text | None = None
    street: Text | None = None
    street2: Text | None = None
    city: Text | None = None
    zip: Text | None = None
    state_id: Id | None = None
    country_id: Id | None = None
    vat: Text | None = None
    ref: Text | None = None
    tag_ids: list[Id] | None = None

    @model_validator(mode="after")
    def _name_stays(self):
        if "name" in self.model_fields_set and self.name is None:
            raise ValueError("a contact has a name")
        return self

    def values(self):
        """Return what Odoo writes: what was given, and nothing else."""
        vals = {name: getattr(self, name) or False for name in self.model_fields_set}
        vals.pop("actor_id", None)
        if "type" in vals:
            vals["is_company"] = vals.pop("type") == "company"
        if "tag_ids" in vals:
            vals["category_id"] = [(6, 0, vals.pop("tag_ids") or [])]
        return vals


class NewContact(ContactChange):
    name: Text
    actor_id: Id | None = None
    """Who acts for it; by default a caller that is an agent, or does not see all."""


class Assigning(Body):
    actor_id: Id | None = None
    """The person of a member; null for nobody in particular."""
    account_id: Id | None = None
    """The Service Account; the one that the request is made for by default."""
    access: Access = "binding"


class ContactQuery(ListQuery):
    q: Text | None = None
    """Part of the name, e-mail, phone or reference."""
    email: Text | None = None
    phone: Text | None = None
    ref: Text | None = None
    type: Kind | None = None
    actor_id: Id | None = None
    unassigned: bool = False
    """Only those for whom nobody in particular acts."""
    updated_since: Timestamp | None = None
    """Only what was changed at or after a time: what a device has not yet."""


_TEXTS = ("email", "phone", "street", "street2", "city", "zip", "vat", "ref")
_COLUMNS = (
    *_TEXTS,
    "name",
    "is_company",
    "state_id",
    "country_id",
    "parent_id",
    "company_id",
    "create_date",
    "write_date",
)


def serialize(contacts, _include=frozenset()):
    """Return rows of contacts, with as many queries for 200 as for one."""
    # No more of what they refer to than its names are made of.
    contacts.country_id.fetch(["name", "code"])
    contacts.state_id.fetch(["name", "country_id"])
    holders = contacts._holders()
    parents = contacts.parent_id._filtered_access("read")
    tags = contacts._tags()
    return [
        _row(one, holders.get(one.id), parents, tags.get(one.id, ()))
        for one in contacts
    ]


def _row(contact, holder, parents, tags):
    return {
        "id": contact.id,
        "name": contact.name or contact.display_name,
        "type": "company" if contact.is_company else "person",
        **{name: contact[name] for name in _TEXTS},
        "state": contact.state_id,
        "country": contact.country_id,
        "parent": contact.parent_id & parents,
        "tags": list(tags),
        "company": contact.company_id,
        **_held(holder),
        "created": contact.create_date,
        "updated": contact.write_date,
    }


def _held(holder):
    """Return what a row says of who holds the customer."""
    if not holder:
        return dict.fromkeys(("service_account", "actor", "access"))
    account = shown_as(holder.account_name, holder.account_code)
    actor = holder.actor_id and {"id": holder.actor_id, "name": holder.actor_name}
    return {
        "service_account": {"id": holder.account_id, "name": account},
        "actor": actor,
        "access": holder.access,
    }


def _assignment(entry):
    return {
        "id": entry.id,
        "account": entry.account_id,
        "actor": entry.actor_id,
        "access": entry.access,
        "state": entry.state,
        "date_from": entry.date_from,
        "date_to": entry.date_to,
        "assigned_by": entry.assigned_by_id,
    }


def _listing(rows):
    return Listing(
        "res.partner",
        rows,
        ContactOut,
        serialize,
        sort={
            "id": "id",
            "name": "complete_name",
            "created": "create_date",
            "updated": "write_date",
        },
        default_sort="name",
        query=ContactQuery,
        columns=_COLUMNS,
    )


CONTACTS = _listing("contacts")
CUSTOMERS = _listing("customers")
_EXAMPLE = Example(
    body={"name": "Marie Mensah", "phone": "+228 90 12 34 56", "city": "Lomé"}
)


class ContactController(http.Controller):
    @api.endpoint(
        "/contacts",
        "GET",
        auth=CALLERS,
        scope="contacts:read",
        query=CONTACTS.query,
        answer=CONTACTS.answer,
    )
    def contacts(self, query, call):
        """List the customers that the caller sees."""
        return CONTACTS.page(call.env, query, _domain(call, query))

    @api.endpoint(
        "/customers",
        "GET",
        auth=CALLERS,
        scope="contacts:read",
        query=CUSTOMERS.query,
        answer=CUSTOMERS.answer,
    )
    def customers(self, query, call):
        """List the customers that the caller sees."""
        return CUSTOMERS.page(call.env, query, _domain(call, query))

    @api.endpoint(
        "/contacts",
        "POST",
        auth=CALLERS,
        scope="contacts:write",
        body=NewContact,
        answer=NewContactAnswer,
        status=201,
        errors=(problems.BadRequest, problems.Forbidden),
        example=_EXAMPLE,
    )
    def create_contact(self, body, call):
        """Create a customer, who is held by the Service Account of the request.

        What a key creates is held by nobody until it is assigned.
        """
        _check_links(call, body)
        account, actor = account_for_new(call, body.actor_id)
        partners = call.env["res.partner"]
        contact = partners._register_customer(body.values(), account, actor)
        return {"partner_id": contact.id, "contact": serialize(contact)[0]}

    @api.endpoint(
        "/contacts/<int:contact_id>",
        "GET",
        auth=CALLERS,
        scope="contacts:read",
        answer=ContactAnswer,
    )
    def contact(self, contact_id, call):
        """Show a customer."""
        return {"contact": serialize(_found(call, contact_id))[0]}

    @api.endpoint(
        "/customers/<int:customer_id>",
        "GET",
        auth=CALLERS,
        scope="contacts:read",
        answer=CustomerAnswer,
    )
    def customer(self, customer_id, call):
        """Show a customer."""
        return {"customer": serialize(_found(call, customer_id))[0]}

    @api.endpoint(
        "/contacts/<int:contact_id>",
        "PUT",
        auth=CALLERS,
        scope="contacts:write",
        body=ContactChange,
        answer=ContactAnswer,
        errors=(problems.Forbidden,),
    )
    def change_contact(self, contact_id, body, call):
        """Change a customer; what is not named stays, and null empties it."""
        contact = _found(call, contact_id)
        _check_links(call, body)
        contact._change_customer(body.values())
        return {"contact": serialize(contact)[0]}

    @api.endpoint(
        "/contacts/<int:contact_id>",
        "DELETE",
        auth=CALLERS,
        scope="contacts:write",
        answer=Told,
        errors=(problems.Forbidden,),
    )
    def archive_contact(self, contact_id, call):
        """End what holds a customer for the caller; archive it if nobody else holds it.

        It takes the binding. The history stays.
        """
        _found(call, contact_id)._archive_customer()
        return {"message": _("The customer is archived.")}

    @api.endpoint(
        "/contacts/<int:contact_id>/assign",
        "POST",
        auth=("employee",),
        body=Assigning,
        answer=AssignAnswer,
        errors=(problems.BadRequest, problems.Forbidden),
        example=Example(body={"actor_id": 55}),
    )
    def assign_contact(self, contact_id, body, call):
        """Say who acts for a customer, in the caller's Service Account or another.

        The former assignment there expires; the same again changes nothing. It takes
        the binding.
        """
        contact = _found(call, contact_id)
        account = named_account(call, body.account_id)
        actor = call.env["res.partner"].browse(body.actor_id or ())
        entry, changed = contact._hand_over(account, actor, body.access)
        return {"assignment": _assignment(entry), "changed": changed}

    @api.endpoint(
        "/contacts/<int:contact_id>/assignments",
        "GET",
        auth=CALLERS,
        scope="contacts:read",
        answer=HistoryAnswer,
    )
    def assignments(self, contact_id, call):
        """Show who held a customer when, as far as the caller's accounts go."""
        entries = _found(call, contact_id)._entries_seen()
        return {"assignments": [_assignment(entry) for entry in entries]}


def _partners(call):
    """Return the model, with what it takes to search in it."""
    call.env.companies._fetch_asked_often()
    return call.env["res.partner"]


def _found(call, contact_id):
    domain = [("id", "=", contact_id), ("x_is_governed", "=", True)]
    found = _partners(call).search_fetch(domain, _COLUMNS)
    if not found:
        raise problems.NotFound()
    return found


def _check_links(call, body):
    """Refuse ids that are of nothing, each by the name of its field."""
    check_ids(call, "country_id", "res.country", body.country_id)
    check_ids(call, "state_id", "res.country.state", body.state_id)
    check_ids(call, "tag_ids", "res.partner.category", body.tag_ids)


def _domain(call, query):
    partners = _partners(call)
    domain = [("x_is_governed", "=", True)]
    if query.q:
        names = ("complete_name", "email", "phone", "ref")
        domain += ["|"] * (len(names) - 1)
        domain += [(name, "ilike", query.q) for name in names]
    domain += [
        (name, "=", value)
        for name in ("phone", "ref")
        if (value := getattr(query, name))
    ]
    if query.email:
        domain.append(("email_normalized", "=", query.email.strip().lower()))
    if query.type:
        domain.append(("is_company", "=", query.type == "company"))
    if query.actor_id:
        domain += partners._domain_acted_for(query.actor_id)
    if query.unassigned:
        domain += partners._domain_acted_for(None)
    if query.updated_since:
        domain.append(("write_date", ">=", query.updated_since))
    return domain
