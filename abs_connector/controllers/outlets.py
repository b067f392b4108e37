from odoo import http

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
)

from ..api import api
from .service_account_shapes import CALLERS


class OutletOut(Answer):
    """A place where goods are sold."""

    id: int
    name: str
    code: Maybe[str]
    active: bool
    company: Ref
    channel_partner: Maybe[Ref]
    """The company that owns or runs it."""
    site_partner: Maybe[Ref]
    """The contact whose address is where it stands."""
    city: Maybe[str]
    country: Maybe[Ref]
    warehouse: Maybe[Ref]


class OutletAnswer(SuiteAnswer):
    outlet: OutletOut


class OutletQuery(ListQuery):
    q: Text | None = None
    """Part of the name or the code."""
    channel_partner_id: Id | None = None
    warehouse_id: Id | None = None


class OutletChange(Body):
    name: Text | None = None
    code: Text | None = None
    channel_partner_id: Id | None = None
    site_partner_id: Id | None = None
    warehouse_id: Id | None = None


class NewOutlet(OutletChange):
    name: Text


def _rows(outlets, _include=frozenset()):
    return [
        {
            "id": one.id,
            "name": one.name,
            "code": one.code,
            "active": one.active,
            "company": one.company_id,
            "channel_partner": one.channel_partner_id,
            "site_partner": one.site_partner_id,
            "city": one.city,
            "country": one.country_id,
            "warehouse": one.warehouse_id,
        }
        for one in outlets._with_names()
    ]


outlets_list = Listing(
    "ov.outlet",
    "outlets",
    OutletOut,
    _rows,
    sort={"name": "name", "code": "code"},
    default_sort="name",
    query=OutletQuery,
)


class OutletController(http.Controller):
    @api.endpoint(
        "/outlets",
        "GET",
        auth=CALLERS,
        scope="contacts:read",
        query=outlets_list.query,
        answer=outlets_list.answer,
    )
    def list_outlets(self, query, call):
        """List the outlets of the company."""
        domain = []
        if query.q:
            domain = ["|", ("name", "ilike", query.q), ("code", "ilike", query.q)]
        for name in ("channel_partner_id", "warehouse_id"):
            if value := getattr(query, name):
                domain.append((name, "=", value))
        return outlets_list.page(call.env, query, domain)

    @api.endpoint(
        "/outlets",
        "POST",
        auth=CALLERS,
        scope="contacts:write",
        body=NewOutlet,
        answer=OutletAnswer,
        status=201,
        example=Example(
            body={"name": "Lomé Market", "code": "LOM-1", "channel_partner_id": 10}
        ),
    )
    def create_outlet(self, body, call):
        """Create an outlet; staff, admins and keys do."""
        vals = body.model_dump(exclude_none=True)
        return _answer(call.env["ov.outlet"]._create_by_api(vals))

    @api.endpoint(
        "/outlets/<int:outlet_id>",
        "GET",
        auth=CALLERS,
        scope="contacts:read",
        answer=OutletAnswer,
    )
    def read_outlet(self, outlet_id, call):
        """Read an outlet."""
        return _answer(call.record("ov.outlet", outlet_id))

    @api.endpoint(
        "/outlets/<int:outlet_id>",
        "PUT",
        auth=CALLERS,
        scope="contacts:write",
        body=OutletChange,
        answer=OutletAnswer,
        example=Example(body={"name": "Lomé Grand Market"}),
    )
    def update_outlet(self, outlet_id, body, call):
        """Change an outlet; what is not named stays, null empties."""
        outlet = call.record("ov.outlet", outlet_id)
        outlet._write_by_api(body.model_dump(exclude_unset=True))
        return _answer(outlet)

    @api.endpoint(
        "/outlets/<int:outlet_id>",
        "DELETE",
        auth=CALLERS,
        scope="contacts:write",
        answer=OutletAnswer,
    )
    def archive_outlet(self, outlet_id, call):
        """Archive an outlet: its orders keep it."""
        outlet = call.record("ov.outlet", outlet_id)
        outlet._write_by_api({"active": False})
        return _answer(outlet)


def _answer(outlet):
    return {"outlet": _rows(outlet)[0]}
