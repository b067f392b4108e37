"""A small API that stands in the tests only. Its things are contacts."""

from collections.abc import Callable
from typing import Literal

from pydantic import Field

from odoo import http
from odoo.exceptions import AccessDenied

from odoo.addons.base_json_api.api import (
    PUBLIC,
    Answer,
    Api,
    Body,
    Example,
    Header,
    Included,
    Limit,
    Listing,
    ListQuery,
    Maybe,
    Media,
    Principal,
    Query,
    Ref,
    Reply,
    SuiteAnswer,
    Text,
    Timestamp,
    bearer,
    header_key,
    older,
    problems,
)

BASE = "/test_json_api"
# Whom a token stands for: id of the user, and scopes.
TOKENS: dict[str, tuple[int, frozenset | None]] = {}
# What a test has handlers do before they answer, and what they were called for.
TROUBLE: list[Callable] = []
CALLS: list[str] = []
OBSERVED: list[dict] = []


def who_has_token(call, token):
    if token == "denied":
        raise AccessDenied()
    if token not in TOKENS:
        raise problems.Unauthorized(code="invalid_token")
    uid, scopes = TOKENS[token]
    company = call.env["res.users"].sudo().browse(uid).company_id
    return Principal("user", uid, uid, company.id, scopes)


def _key(call, key):
    if key not in TOKENS:
        raise problems.Unauthorized(code="invalid_key", challenge="ApiKey")
    return Principal("key", 7, TOKENS[key][0])


def _own_error(error):
    if isinstance(error, ZeroDivisionError) and "teapot" in str(error):
        return problems.Conflict("A teapot.", code="teapot")
    return None


api = Api(
    __name__,
    BASE,
    title="Things",
    version="1.0.0",
    description="An API of the tests.",
    name="test_json_api",
    schemes={
        "user": bearer(who_has_token, description="A user's token."),
        "key": header_key("X-API-KEY", _key, description="A key."),
    },
    limits={
        "few": (Limit("principal", 3, 3600), Limit("ip", 1000, 3600)),
        "login": (Limit("ip", 3, 3600),),
        "none": (),
    },
    headers={"X-SA-ID": Header("The service account.")},
    max_body=20_000,
    map_error=_own_error,
    observe=OBSERVED.append,
)
USERS = ("user",)


class Thing(Answer):
    """A thing."""

    id: int
    name: str
    email: Maybe[str]
    """Where it gets its mail."""
    country: Maybe[Ref]
    created: Timestamp
    children: Included[list[Ref]]
    """The things below it."""


class ThingAnswer(SuiteAnswer):
    thing: Thing


class Line(Body):
    qty: float = older("qty", "quantity", gt=0, examples=[2])
    lot: Text | None = None


class NewThing(Body):
    name: Text
    """What people call it."""
    email: str | None = None
    kind: Literal["person", "company"] = "person"
    born: Timestamp | None = None
    lines: list[Line] = []


class ThingQuery(ListQuery):
    name: str | None = None
    """Part of the name."""
    kind: Literal["person", "company"] | None = None


class Told(SuiteAnswer):
    message: str


class TellQuery(Query):
    """How it is told."""

    loud: bool = False
    times: int = Field(1, ge=1, le=100)


def serialize(things, include=frozenset()):
    rows = []
    for thing in things:
        row = {
            "id": thing.id,
            "name": thing.name,
            "email": thing.email,
            "country": thing.country_id,
            "created": thing.create_date,
        }
        if "children" in include:
            row["children"] = list(thing.child_ids)
        rows.append(row)
    return rows


things = Listing(
    "res.partner",
    "things",
    Thing,
    serialize,
    sort={"name": "name", "created": "create_date", "ref": "ref", "color": "color"},
    default_sort="name",
    query=ThingQuery,
    limit=5,
    max_limit=50,
)


class ThingController(http.Controller):
    @api.endpoint(
        "/things", "GET", auth=USERS, query=things.query, answer=things.answer
    )
    def list_things(self, query, call):
        """List things.

        Those whose `ref` says that they are things.
        """
        domain = [("ref", "=like", "thing%")]
        if query.name:
            domain.append(("name", "ilike", query.name))
        return things.page(call.env, query, domain)

    @api.endpoint(
        "/things/<int:thing_id>", "GET", auth=("user", "key"), answer=ThingAnswer
    )
    def read_thing(self, thing_id, call):
        """Read a thing."""
        thing = call.record("res.partner", thing_id)
        return {"thing": serialize(thing)[0]}

    @api.endpoint(
        "/things",
        "POST",
        auth=USERS,
        scope="things:write",
        body=NewThing,
        answer=ThingAnswer,
        status=201,
        example=Example(body={"name": "Kettle"}),
    )
    def create_thing(self, body, call):
        """Create a thing."""
        CALLS.append(body.name)
        for trouble in TROUBLE:
            trouble(call)
        thing = call.env["res.partner"].create(
            {"name": body.name, "email": body.email, "ref": "thing"}
        )
        headers = {"Location": f"{BASE}/things/{thing.id}"}
        return Reply({"thing": serialize(thing)[0]}, headers=headers)

    @api.endpoint(
        "/things/<int:thing_id>", "DELETE", auth=USERS, answer=None, status=204
    )
    def delete_thing(self, thing_id, call):
        """Delete a thing."""
        call.record("res.partner", thing_id).unlink()

    @api.endpoint(
        "/things/<int:thing_id>/poke",
        "POST",
        auth=USERS,
        answer=Told,
        errors=(problems.Conflict,),
    )
    def poke_thing(self, thing_id, call):
        """Poke a thing."""
        CALLS.append("poke")
        call.env["res.partner"].browse(thing_id).ref = "poked"
        for trouble in TROUBLE:
            trouble(call)
        return {"message": "Ouch"}

    @api.endpoint("/tell/<text>", "GET", auth=PUBLIC, query=TellQuery, answer=Told)
    def tell(self, text, query):
        """Tell something."""
        return {"message": (text.upper() if query.loud else text) * query.times}

    @api.endpoint(
        "/raw",
        "GET",
        auth=PUBLIC,
        answer=Media("text/plain; charset=utf-8"),
        rate="none",
    )
    def raw(self):
        """Answer no JSON."""
        return b"raw"

    @api.endpoint("/trouble", "GET", auth=PUBLIC, answer=Told, rate="none")
    def trouble(self, call):
        """Get into the trouble that the test wants."""
        CALLS.append("trouble")
        for trouble in TROUBLE:
            trouble(call)
        return {"message": "none"}

    @api.endpoint("/sloppy", "GET", auth=PUBLIC, answer=Told, rate="none")
    def sloppy(self):
        """Answer something else than declared."""
        return {"message": "hello", "password": "secret"}

    @api.endpoint("/few", "GET", auth=USERS, answer=Told, rate="few")
    def few(self):
        """Be asked a few times."""
        return {"message": "hello"}

    @api.endpoint(
        "/login",
        "POST",
        auth=PUBLIC,
        body=NewThing,
        answer=Told,
        rate="login",
        errors=(problems.Unauthorized,),
    )
    def login(self, body):
        """Be guessed at a few times."""
        raise problems.Unauthorized()


class PoliteController(ThingController):
    """Extends a handler as another addon does."""

    @http.route()
    def raw(self):
        return super().raw() + b", please"
