"""Declarations: what does not fit together cannot be imported."""

from types import SimpleNamespace
from unittest.mock import patch

from pydantic.errors import PydanticSchemaGenerationError

from odoo.tests import TransactionCase, tagged

from ..api import PUBLIC, DeclarationError, Media, registry
from . import example
from .common import ExampleCase

TEXT = Media("text/plain")


def handler(self):
    """Do something."""


@tagged("post_install", "-at_install")
class TestDeclaration(TransactionCase):
    def declare(self, path="/a", method="GET", function=handler, **declared):
        """Declare an endpoint of the example."""
        declared = {"auth": ("user",), "answer": TEXT, **declared}
        example.api.endpoint(path, method, **declared)(function)

    def refused(self, words, *args, **declared):
        """Assert that a declaration is refused, with these words."""
        with self.assertRaisesRegex(DeclarationError, words):
            self.declare(*args, **declared)
        self.assertNotIn("handler", example.api.endpoints)

    def test_access_and_answer_have_no_default(self):
        with self.assertRaises(TypeError):
            example.api.endpoint("/a", "GET", answer=TEXT)
        with self.assertRaises(TypeError):
            example.api.endpoint("/a", "GET", auth=PUBLIC)

    def test_access_is_of_known_schemes(self):
        self.refused("no scheme robot", auth=("robot",))
        self.refused("tuple of schemes", auth="user")
        self.refused("tuple of schemes", auth=None)

    def test_scope_belongs_to_somebody(self):
        self.refused("nobody has a scope", auth=PUBLIC, scope="a")

    def test_rate_is_of_a_known_group(self):
        self.refused("no rate limits 'some'", rate="some")

    def test_handler_is_documented(self):
        self.refused("docstring", function=lambda self: None)

    def test_handler_takes_what_is_declared(self):
        self.refused("handler takes", path="/a/<int:thing_id>")
        self.refused("handler takes", query=example.TellQuery)
        self.refused("handler takes", method="POST", body=example.NewThing)

        def handler(self, body):
            """Take a body."""

        self.refused("has no body", function=handler, body=example.NewThing)

    def test_methods_and_converters_are_known(self):
        self.refused("is none of GET", method="TRACE")

        def handler(self, thing):
            """Take a record."""

        path = "/a/<model('res.partner'):thing>"
        self.refused("path_types says nothing", path=path, function=handler)

    def test_paths_begin_with_a_slash_and_end_without(self):
        for path in ("a", "/", "/a/"):
            self.refused("slash", path=path)

    def test_query_is_a_query(self):
        self.refused("inherits from Query", query=example.NewThing)

    def test_key_is_for_what_is_written_by_somebody(self):
        self.refused("a key is for", idempotent=True)
        self.refused("a key is for", method="POST", auth=PUBLIC, idempotent=True)

    def test_no_answer_is_status_204(self):
        self.refused("status 204", answer=None)
        self.refused("status 204", status=204)

    def test_answer_has_a_schema(self):
        with self.assertRaises(PydanticSchemaGenerationError):
            self.declare(answer=TransactionCase)

    def test_names_are_unique_in_an_api(self):
        def list_things(self):
            """List something else."""

        self.refused("two endpoints list_things", function=list_things)

    def test_name_of_an_api_is_its_own(self):
        other = SimpleNamespace(name="test_json_api", module="other")
        with self.assertRaisesRegex(ValueError, "test_json_api"):
            registry.add(other)


@tagged("post_install", "-at_install")
class TestRoutes(ExampleCase):
    def test_route_below_the_base_that_nobody_declared_is_found(self):
        rule = SimpleNamespace(
            rule="/test_json_api/back_door",
            endpoint=SimpleNamespace(routing={"type": "http"}),
        )
        routes = SimpleNamespace(iter_rules=lambda: [rule])
        with patch.object(self.registry["ir.http"], "routing_map", lambda self: routes):
            self.assertEqual(
                registry.undeclared_routes(self.env), ["/test_json_api/back_door"]
            )

    def test_declared_endpoint_that_is_not_routed_is_found(self):
        routes = SimpleNamespace(iter_rules=list)
        with patch.object(self.registry["ir.http"], "routing_map", lambda self: routes):
            found = registry.unrouted_endpoints(self.env)
        self.assertIn("POST /test_json_api/things", found)

    def test_longest_base_has_the_path(self):
        longer = SimpleNamespace(base="/test_json_api/more")
        longer.contains = example.api.contains.__func__.__get__(longer)
        with patch.dict(registry._apis, {"longer": longer}):
            self.assertIs(registry.find_api("/test_json_api/more/a"), longer)
            self.assertIs(registry.find_api("/test_json_api/moreover"), example.api)
        self.assertIsNone(registry.find_api("/test_json_apis"))
