"""The document and its page: what is declared, and nothing from elsewhere."""

from odoo.tests import tagged
from odoo.tools import file_open

from ..testing import ContractMixin
from . import example
from .common import ExampleCase


@tagged("post_install", "-at_install")
class TestContract(ContractMixin, ExampleCase):
    """The example keeps what every API promises."""


@tagged("post_install", "-at_install")
class TestDocumentation(ExampleCase):
    def operation(self, method, path):
        """Return what the document says of an operation."""
        return self.document["paths"][f"{self.api.base}{path}"][method]

    def test_document_is_served_to_everybody(self):
        answer = self.call("GET", "/openapi.json", status=200)
        self.assertEqual(answer.json, self.document)
        self.assertEqual(answer.json["openapi"], "3.1.0")
        self.assertEqual(answer.headers["Content-Type"], "application/json")

    def test_document_is_not_sent_twice(self):
        etag = self.call("GET", "/openapi.json").headers["ETag"]
        headers = {"If-None-Match": etag}
        answer = self.call("GET", "/openapi.json", headers=headers)
        self.assertEqual((answer.status, answer.content), (304, b""))

    def test_operation_is_what_is_declared(self):
        operation = self.operation("post", "/things")
        self.assertEqual(operation["operationId"], "create_thing")
        self.assertEqual(operation["summary"], "Create a thing")
        self.assertEqual(operation["tags"], ["things"])
        self.assertEqual(operation["security"], [{"user": ["things:write"]}])
        content = operation["requestBody"]["content"]["application/json"]
        self.assertEqual(content["schema"], {"$ref": "#/components/schemas/NewThing"})
        self.assertEqual(content["example"], {"name": "Kettle"})
        names = {one["name"] for one in operation["parameters"]}
        self.assertEqual(names, {"X-SA-ID", "Idempotency-Key"})
        statuses = "201 400 401 403 409 413 415 422 429 500"
        self.assertEqual(" ".join(operation["responses"]), statuses)

    def test_statuses_follow_from_the_declaration(self):
        statuses = " ".join(self.operation("get", "/things")["responses"])
        self.assertEqual(statuses, "200 400 401 403 422 429 500")
        statuses = " ".join(self.operation("get", "/tell/{text}")["responses"])
        self.assertEqual(statuses, "200 400 404 422 429 500")
        statuses = " ".join(self.operation("get", "/raw")["responses"])
        self.assertEqual(statuses, "200 400 422 500")

    def test_public_operations_need_no_security(self):
        self.assertEqual(self.operation("get", "/tell/{text}")["security"], [])

    def test_either_of_several_schemes_will_do(self):
        security = self.operation("get", "/things/{thing_id}")["security"]
        self.assertEqual(security, [{"user": []}, {"key": []}])
        schemes = self.document["components"]["securitySchemes"]
        self.assertEqual(schemes["user"]["scheme"], "bearer")
        self.assertEqual(schemes["key"]["name"], "X-API-KEY")

    def test_parameters_are_the_models(self):
        parameters = {
            one["name"]: one for one in self.operation("get", "/things")["parameters"]
        }
        self.assertEqual(parameters["limit"]["schema"]["maximum"], 50)
        self.assertEqual(parameters["name"]["description"], "Part of the name.")
        self.assertFalse(parameters["fields"]["explode"])
        path = self.operation("get", "/things/{thing_id}")["parameters"][0]
        self.assertEqual((path["name"], path["required"]), ("thing_id", True))
        self.assertEqual(path["schema"]["maximum"], 2147483647)

    def test_fields_that_may_be_left_out_are_not_required(self):
        schemas = self.document["components"]["schemas"]
        thing = schemas["Thing"]
        self.assertEqual(
            thing["required"], ["id", "name", "email", "country", "created"]
        )
        self.assertEqual(thing["properties"]["children"]["type"], "array")
        rows = self.document["components"]["schemas"]["ThingList"]["properties"][
            "things"
        ]
        self.assertNotIn("required", rows["items"])

    def test_endpoint_of_the_readme_is_complete(self):
        with file_open("base_json_api/readme/USAGE.md") as readme:
            blocks = readme.read().split("```python\n")[1:]
        declaration, endpoint = (block.partition("```")[0] for block in blocks)
        self.assertLessEqual(len(endpoint.splitlines()), 15)
        module = {
            "__name__": "odoo.addons.base_json_api.tests.readme",
            "who_has_token": example.who_has_token,
        }
        exec(declaration, module)
        exec(endpoint, module)
        self.env.registry.clear_cache("routing")
        response = self.opener.post(
            f"{self.base_url()}/api/things",
            json={"name": "Kettle"},
            headers={"Authorization": f"Bearer {self.token}"},
        )
        self.assertEqual(response.status_code, 200, response.text)
        self.assertEqual(response.json()["thing"]["name"], "Kettle")
        # The base has an endpoint, and other methods of it are refused all the same.
        response = self.opener.put(f"{self.base_url()}/api/things")
        self.assertEqual(response.status_code, 405, response.text)
        self.assertEqual(response.headers["Allow"], "POST")

    def test_page_takes_nothing_from_elsewhere(self):
        answer = self.call("GET", "/docs", status=200)
        page = answer.content.decode()
        self.assertNotIn("http:", page)
        self.assertNotIn("https:", page)
        self.assertNotIn("<script>", page)
        policy = answer.headers["Content-Security-Policy"]
        self.assertTrue(policy.startswith("default-src 'none'; script-src 'self';"))
        for line in page.splitlines():
            if "/static/" in line:
                address = line.split('"')[-2]
                self.assertEqual(self.url_open(address).status_code, 200, address)

    def test_page_shows_every_endpoint_under_its_policy(self):
        code = f"""(async () => {{
            const refused = [];
            const note = (reports) => refused.push(...reports);
            const options = {{ types: ["csp-violation"], buffered: true }};
            const observer = new ReportingObserver(note, options);
            observer.observe();
            const found = async (selector) => {{
                while (!document.querySelector(selector)) {{
                    await new Promise(requestAnimationFrame);
                }}
                return document.querySelector(selector);
            }};
            const shown = document.querySelectorAll(".opblock").length;
            (await found("#operations-things-read_thing button")).click();
            (await found(".try-out__btn")).click();
            (await found("input[placeholder=thing_id]")).focus();
            await found(".btn.execute");
            note(observer.takeRecords());
            for (const report of refused) {{
                console.error(JSON.stringify(report.body));
            }}
            if (shown !== {len(self.api.endpoints)}) {{
                console.error(`${{shown}} endpoints are shown`);
            }}
            console.log("test successful");
        }})()"""
        ready = "document.querySelector('.opblock') !== null"
        self.browser_js(f"{self.api.base}/docs", code, ready=ready)
