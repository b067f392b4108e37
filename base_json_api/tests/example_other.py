"""An API below the example's base, that writes its refusals in a way of its own."""

from http import HTTPStatus

from odoo import http

from odoo.addons.base_json_api.api import PUBLIC, Answer, Api, problems

from . import example


class Refusal(Answer):
    """As another product writes it."""

    status: int
    error: str
    code: str
    error_details: dict[str, list[str]] | None = None


class OtherErrors:
    """How the other product writes refusals."""

    model = Refusal

    def render(self, problem, request_id):
        """Return the body of a refusal."""
        details = {}
        for one in problem.errors:
            details.setdefault(one.field.strip("/"), []).append(one.code)
        return Refusal(
            status=problem.status,
            error=HTTPStatus(problem.status).phrase,
            code=problem.code,
            error_details=details or None,
        )


api = Api(
    __name__,
    f"{example.BASE}/other/v1",
    title="Other things",
    version="1.0.0",
    name="test_json_api_other",
    style=OtherErrors(),
)


class Thing(Answer):
    lago_id: str


class OtherController(http.Controller):
    @api.endpoint(
        "/things/<code>",
        "GET",
        auth=PUBLIC,
        answer=Thing,
        errors=(problems.NotFound,),
        rate="default",
    )
    def read_other_thing(self, code):
        """Read a thing of the other kind."""
        if code == "none":
            raise problems.NotFound("No such thing.", code="thing_not_found")
        return {"lago_id": code}
