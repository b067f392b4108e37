"""An API with refusals in a style of its own, below the base of another one."""

from odoo.tests import tagged

from ..testing import ApiCase, ContractMixin
from . import example_other


@tagged("post_install", "-at_install")
class TestStyle(ContractMixin, ApiCase):
    api = example_other.api

    def test_handler_answers(self):
        answer = self.call("GET", "/things/7", status=200)
        self.assertEqual(answer.json, {"lago_id": "7"})
        self.assertEqual(answer.entry["api"], "test_json_api_other")

    def test_refusals_of_handlers_are_in_the_style(self):
        answer = self.call("GET", "/things/none", status=404)
        self.assertEqual(
            answer.json,
            {
                "status": 404,
                "error": "Not Found",
                "code": "thing_not_found",
                "error_details": None,
            },
        )

    def test_refusals_of_the_framework_are_in_the_style(self):
        answer = self.call("GET", "/things/7?a=1", status=422)
        self.assertEqual(answer.json["error_details"], {"a": ["unknown"]})
        answer = self.call("GET", "/nowhere", status=404, declared=False)
        self.assertEqual(answer.json["error"], "Not Found")
        answer = self.call("POST", "/things/7", {}, status=405, declared=False)
        self.assertEqual(answer.json["error"], "Method Not Allowed")
