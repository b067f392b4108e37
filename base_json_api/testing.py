"""A client for the tests of APIs: each answer is held to what is declared of it.

from odoo.addons.base_json_api.testing import ApiCase

class TestThings(ApiCase):
    api = things.api

    def test_list(self):
        answer = self.call("GET", "/things", token=self.token, queries=6)
        self.assertEqual(answer.json["total"], 2)
"""

import json
import logging
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from odoo.tests import HttpCase

from .api import Api, registry

_ACCESS_LOG = "odoo.addons.base_json_api.access"


@dataclass(frozen=True)
class Answered:
    """An answer over HTTP.

    :param status: its status
    :param headers: its headers, whatever their case
    :param content: its body
    :param entry: the entry of the access log
    """

    status: int
    headers: Any
    content: bytes
    entry: dict

    @property
    def json(self) -> Any:
        """The body as JSON says it."""
        return json.loads(self.content)

    @property
    def code(self) -> str:
        """The code of a refusal in the suite's own style."""
        return self.json["code"]

    @property
    def wrong(self) -> dict[str, str]:
        """The code of what is wrong with each field."""
        return {error["field"]: error["code"] for error in self.json["errors"]}


class _Entries(logging.Handler):
    """Keeps what is written to the access log, which may be after the answer."""

    def __init__(self):
        super().__init__()
        self._found: list[dict] = []
        self._changed = threading.Condition()

    def emit(self, record):
        with self._changed:
            self._found.append(json.loads(record.getMessage()))
            self._changed.notify_all()

    def of(self, request_id: str) -> dict:
        """Return the entry of a request as soon as it is there."""

        def found():
            return next(
                (one for one in self._found if one["request_id"] == request_id), None
            )

        with self._changed:
            return self._changed.wait_for(found, timeout=10)


class ApiCase(HttpCase):
    """Calls an API over HTTP and checks its answers."""

    api: ClassVar[Api]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # An API that stands in tests is imported after the routes are made.
        cls.env.registry.clear_cache("routing")
        document, _etag = cls.env["ir.http"]._json_api_document(cls.api.name)
        cls.document = json.loads(document)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = "",
        headers: dict | None = None,
        params: dict | None = None,
        raw: bytes | None = None,
        status: int | None = None,
        queries: int | None = None,
        declared: bool = True,
    ) -> Answered:
        """Call an endpoint.

        :param path: below the API's base
        :param body: sent as JSON
        :param token: sent as bearer token
        :param params: the query string
        :param raw: bytes sent as they are, instead of ``body``
        :param status: what the status has to be
        :param queries: how many queries it may make at most
        :param declared: whether it has to be what the endpoint declares
        """
        data = raw if raw is not None or body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"} if data is not None else {}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        with self._entries() as entries:
            response = self.opener.request(
                method,
                f"{self.base_url()}{self.api.base}{path}",
                data=data,
                params=params,
                headers={**sent, **(headers or {})},
                timeout=30,
                allow_redirects=False,
            )
            self.assertIn("X-Request-ID", response.headers)
            entry = entries.of(response.headers["X-Request-ID"])
        answer = Answered(
            response.status_code, response.headers, response.content, entry
        )
        self._check(answer, method, status, queries, declared)
        return answer

    def _check(self, answer, method, status, queries, declared):
        if status is not None:
            self.assertEqual(answer.status, status, answer.content[:2000])
        self.assertNotIn("Set-Cookie", answer.headers)
        if queries is not None:
            self.assertLessEqual(answer.entry["queries"], queries)
        if declared and method != "OPTIONS":
            self._check_declared(answer, method)

    def _check_declared(self, answer, method):
        route = answer.entry["route"]
        endpoint = next(
            one
            for one in registry.routed(self.env, self.api)
            if (one.route, one.method) == (route, method)
        )
        operation = self.document["paths"][endpoint.public_path][method.lower()]
        self.assertIn(str(answer.status), operation["responses"], answer.content[:2000])
        content = operation["responses"][str(answer.status)].get("content", {})
        if schema := content.get("application/json", {}).get("schema"):
            self.check_schema(answer.json, schema)

    def check_schema(self, value: Any, schema: dict) -> None:
        """Check a value against a schema of the API's document."""
        components = {"components": self.document["components"]}
        validator = Draft202012Validator({**schema, **components})
        wrong = [error.message for error in validator.iter_errors(value)]
        self.assertFalse(wrong)

    @contextmanager
    def _entries(self):
        logger = logging.getLogger(_ACCESS_LOG)
        keeper, level = _Entries(), logger.level
        logger.addHandler(keeper)
        logger.setLevel(logging.INFO)
        try:
            yield keeper
        finally:
            logger.removeHandler(keeper)
            logger.setLevel(level)


class ContractMixin:
    """What holds for every API; a test class of an addon inherits it with `ApiCase`.

    class TestContract(ContractMixin, ApiCase):
        api = things.api
    """

    allow_inherited_tests_method = True

    def test_every_route_below_the_base_is_declared(self):
        self.assertEqual(registry.undeclared_routes(self.env), [])

    def test_every_declared_endpoint_is_routed(self):
        self.assertEqual(registry.unrouted_endpoints(self.env), [])

    def test_document_is_valid_openapi(self):
        OpenAPIV31SpecValidator(self.document).validate()

    def test_document_has_every_endpoint_with_its_access(self):
        documented = {
            (method.upper(), path): {name for way in one["security"] for name in way}
            for path, operations in self.document["paths"].items()
            for method, one in operations.items()
        }
        routed = {
            (one.method, one.public_path): set(one.auth)
            for one in registry.routed(self.env, self.api)
        }
        self.assertEqual(documented, routed)

    def test_examples_are_as_the_document_describes_them(self):
        for path, operations in self.document["paths"].items():
            for method, operation in operations.items():
                for content in self._contents(operation):
                    with self.subTest(path=path, method=method):
                        self.check_schema(content["example"], content["schema"])

    def test_requests_are_as_the_examples_show_them(self):
        for endpoint in registry.routed(self.env, self.api):
            operation = self.document["paths"][endpoint.public_path]
            body = operation[endpoint.method.lower()].get("requestBody")
            if body:
                example = body["content"]["application/json"]["example"]
                with self.subTest(endpoint=endpoint.name):
                    raw = json.dumps(example).encode()
                    endpoint.body_adapter.validate_json(raw, strict=True)

    @staticmethod
    def _contents(operation):
        bodies = [operation.get("requestBody"), *operation["responses"].values()]
        for body in filter(None, bodies):
            for content in body.get("content", {}).values():
                if "example" in content:
                    yield content
