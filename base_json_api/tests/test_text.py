"""Small functions, by the examples in their docstrings."""

import doctest

from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from ..api import limits, messages
from ..api.examples import example_of


@tagged("post_install", "-at_install")
class TestText(TransactionCase):
    def test_docstrings_hold(self):
        for module in (limits, messages):
            self.assertEqual(doctest.testmod(module).failed, 0, module)

    @mute_logger("odoo.tools.translate")
    def test_every_message_has_a_sentence(self):
        for kind in (*messages._KNOWN, "date_type", "date_parsing", "value_error"):
            found = messages.detail(kind, ("a",))
            self.assertTrue(found.message.endswith("."), kind)

    def test_examples_of_schemas(self):
        def resolve(schema):
            return {"type": "integer"} if "$ref" in schema else schema

        for schema, example in (
            ({"$ref": "#/x"}, 1),
            ({"const": "a"}, "a"),
            ({"enum": ["b", "c"]}, "b"),
            ({"type": "string", "format": "date"}, "2025-06-15"),
            ({"type": "array", "items": {"type": "boolean"}}, [True]),
            ({"anyOf": [{"type": "null"}, {"type": "string"}]}, None),
            ({"type": "integer", "minimum": 3}, 3),
            ({"type": "object", "properties": {"a": {"type": "number"}}}, {"a": 1.5}),
            ({"type": "object"}, {}),
            ({"type": "string", "examples": ["mine"]}, "mine"),
            ({"type": "string", "default": "usual"}, "usual"),
        ):
            self.assertEqual(example_of(schema, resolve), example)
