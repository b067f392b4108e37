"""What each API has by itself: its document, its page, and an answer to wrong paths."""

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from odoo import http

from .endpoint import METHODS, PUBLIC, Endpoint
from .problems import MethodNotAllowed, NotFound, Problem
from .reply import Media, Reply

if TYPE_CHECKING:
    from .call import Call
    from .definition import Api

_LIBRARY = "/base_json_api/static/lib/swagger-ui"
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_PAGE = Markup("""<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{title}</title>
    <link rel="stylesheet" href="{library}/swagger-ui.css">
    <link rel="icon" href="data:,">
  </head>
  <body>
    <div id="swagger-ui" data-url="{url}"></div>
    <script src="{library}/swagger-ui-bundle.js"></script>
    <script src="/base_json_api/static/src/docs/docs.js"></script>
  </body>
</html>
""")


def documentation_controller(api: "Api") -> type[http.Controller]:
    """Return the controller of an API's own endpoints, in the name of its addon.

    Odoo routes a controller when the addon of its module is installed, so this class
    is declared as if it stood in the module that declares the API.
    """

    def openapi(self, call):
        """The OpenAPI document of this API."""
        document, etag = call.env["ir.http"]._json_api_document(api.name)
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if call.header("If-None-Match") == etag:
            return Reply(b"", status=304, headers=headers)
        return Reply(document, headers=headers)

    def docs(self):
        """The documentation as a page that can try things out."""
        url = f"{api.base}/openapi.json"
        page = _PAGE.format(title=api.title, library=_LIBRARY, url=url)
        headers = {"Content-Security-Policy": _PAGE_POLICY}
        return Reply(page.encode(), headers=headers)

    def nothing_here(self, call):
        """Whatever no endpoint serves."""
        raise _nothing(call)

    def nothing_at_base(self, call):
        """The base itself, where no endpoint serves it."""
        raise _nothing(call)

    json, html = Media("application/json"), Media("text/html; charset=utf-8")
    shown = {"auth": PUBLIC, "tag": "documentation"}
    members: dict[str, Any] = {
        "__module__": api.import_name,
        "openapi": api.endpoint(
            "/openapi.json", "GET", answer=json, also=(304,), **shown
        )(openapi),
        "docs": api.endpoint("/docs", "GET", answer=html, **shown)(docs),
        "nothing_here": api.catch_all(nothing_here, "/<path:rest>"),
        "nothing_at_base": api.catch_all(nothing_at_base, ""),
    }
    return type(f"{api.name}_documentation", (http.Controller,), members)


def methods_of(call: "Call") -> tuple[str, ...]:
    """Return the methods that the path of a call has endpoints for."""
    http_request = call.request.httprequest
    router = call.env["ir.http"].routing_map().bind_to_environ(http_request.environ)
    return tuple(
        method
        for method in METHODS
        if not _matched(router, http_request.path, method).hidden
    )


def _nothing(call: "Call") -> Problem:
    if allowed := methods_of(call):
        return MethodNotAllowed(allowed=allowed)
    return NotFound()


def _matched(router, path: str, method: str) -> Endpoint:
    rule, _values = router.match(path, method, return_rule=True)
    return rule.endpoint.routing["json_api"]
