"""The way of a request: who calls, how often, with what; its answer or refusal.

Odoo calls `pre_dispatch`, `dispatch` and `post_dispatch` within its transaction, and
again when the transaction fails with a serialization error; what they raise rolls back
and comes to `handle_error`.
"""

from odoo import SUPERUSER_ID
from odoo.api import Environment
from odoo.exceptions import UserError
from odoo.http import Dispatcher, Response, root

from . import access_log, cors, limits, reading, settings
from .call import Call
from .documentation import methods_of
from .idempotency import Once
from .principal import Principal
from .problems import Forbidden, NotFound, Problem, Unauthorized
from .registry import find_api
from .reply import Media, Reply


class JsonApiDispatcher(Dispatcher):
    """Serves the routes of type ``json_api``: those that an ``Api`` declares."""

    routing_type = "json_api"
    mimetypes = ("application/json",)

    @classmethod
    def is_compatible_with(cls, request):
        """Tell whether a request is one of an API."""
        return find_api(request.httprequest.path) is not None

    def __init__(self, request):
        super().__init__(request)
        # Before 18.0 each try makes a dispatcher; the call is the same.
        if not hasattr(request, "json_api"):
            request.json_api = Call(request, find_api(request.httprequest.path))
        self.call: Call = request.json_api
        self._cors: dict[str, str] = {}

    def pre_dispatch(self, rule, args):
        """Take what a refusal needs too, while the cursor works; keep no session."""
        self.request.session.can_save = False
        # Other addons look at them behind an answer, a preflight's too.
        self.request.params = {}
        self.call.endpoint = rule.endpoint.routing["json_api"]
        self._cors = cors.answer_headers(self.call, self.request.env)

    def dispatch(self, endpoint, args):
        """Answer a request."""
        if self.call.method == "OPTIONS":
            return self._preflight()
        _authenticate_and_count(self.call)
        self.request.params = reading.inputs(self.call, args)
        if not Once.wanted(self.call):
            return self._answer(endpoint)
        once = Once(self.call)
        response = once.earlier()
        if response is None:
            response = self._answer(endpoint)
            once.keep(response)
        return response

    def post_dispatch(self, response):
        """Complete an answer. The session is not saved, no cookie is set."""
        self._complete(response)

    def handle_error(self, exc: Exception):
        """Return the answer that refuses a request; the transaction is lost."""
        call = self.call
        call.problem = problem = call.api.problem_of(exc)
        if problem.status < 500:
            # Odoo logs what it does not know as an error of the server.
            exc.loglevel = Problem.loglevel
        else:
            call.error = type(exc).__name__
            if hasattr(exc, "add_note"):
                exc.add_note(f"request {call.request_id}")
        body = call.api.style.render(problem, call.request_id)
        response = Response(
            body.model_dump_json(by_alias=True),
            status=problem.status,
            content_type="application/json",
        )
        response.headers.update(problem.headers)
        self._complete(response)
        return response

    def _preflight(self) -> Response:
        methods = methods_of(self.call)
        if not methods:
            raise NotFound()
        response = Response(status=204)
        response.headers["Allow"] = ", ".join((*methods, "OPTIONS"))
        response.headers.update(cors.preflight_headers(self.call, methods))
        return response

    def _answer(self, endpoint) -> Response:
        result = self.request.registry["ir.http"]._dispatch(endpoint)
        reply = result if isinstance(result, Reply) else Reply(result)
        declared = self.call.endpoint
        response = Response(
            _written(declared, reply),
            status=reply.status or declared.status,
            content_type=_content_type(declared),
        )
        response.headers.update(reply.headers)
        return response

    def _complete(self, response: Response) -> None:
        headers = response.headers
        if response.status_code in (204, 304):
            headers.remove("Content-Type")
        headers.update(self._cors_headers())
        headers.update(self.call.headers)
        headers["X-Request-ID"] = self.call.request_id
        headers.setdefault("Cache-Control", "no-store")
        root.set_csp(response)
        access_log.write_when_sent(self.call, response)

    def _cors_headers(self) -> dict[str, str]:
        if not self._cors:
            # Refused before `pre_dispatch`: the cursor may be closed or broken.
            with self.request.registry.cursor() as cr:
                env = Environment(cr, SUPERUSER_ID, {})
                self._cors = cors.answer_headers(self.call, env)
        return self._cors


def _authenticate_and_count(call: Call) -> None:
    """Find out who calls; count it, also when that fails."""
    try:
        call.principal = principal = _identify(call)
    except (Problem, UserError):
        # Not an error of the database: Odoo tries those again.
        _count(call)
        raise
    _count(call)
    context = {**call.env.context, **principal.context}
    if principal.company_id:
        context.setdefault("allowed_company_ids", [principal.company_id])
    call.request.update_env(user=principal.uid, context=context)
    if not principal.may(call.endpoint.scope):
        challenge = f'Bearer error="insufficient_scope", scope="{call.endpoint.scope}"'
        headers = {"WWW-Authenticate": challenge}
        raise Forbidden(code="insufficient_scope", headers=headers)


def _count(call: Call) -> None:
    group = call.endpoint.rate
    limits.count(call, settings.limits(call.api, call.env, group))


def _identify(call: Call) -> Principal:
    schemes = [call.api.schemes[name] for name in call.endpoint.auth]
    if not schemes:
        return call.api.public_principal(call.env)
    refused = None
    for scheme in schemes:
        try:
            if principal := scheme.identify(call):
                return principal
        except Unauthorized as error:
            # It may be valid for the next scheme, such as another audience's token.
            refused = refused or error
    raise refused or Unauthorized()


def _written(declared, reply: Reply) -> bytes:
    if declared.answer is None:
        return b""
    if isinstance(declared.answer, Media):
        return reply.body
    adapter = declared.answer_adapter
    answer = adapter.validate_python(reply.body)
    return adapter.dump_json(answer, by_alias=True, exclude=reply.exclude)


def _content_type(declared) -> str:
    if isinstance(declared.answer, Media):
        return declared.answer.content_type
    return "application/json"
