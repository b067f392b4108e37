"""The OpenAPI 3.1 document of an API, made of its declared endpoints."""

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from . import problems
from .endpoint import Endpoint, NoQuery
from .examples import example_of
from .idempotency import HEADER as IDEMPOTENCY_KEY
from .problems import Problem
from .reply import Media

if TYPE_CHECKING:
    from .definition import Api

_REF = "#/components/schemas/{model}"
_REQUEST_ID = "0b9e2d6c4f7a4b0f8c1d2e3f4a5b6c7d"
_EXPECTED = {
    problems.BadRequest: "The request cannot be read.",
    problems.Unauthorized: "Nobody is identified.",
    problems.Forbidden: "The caller may not do this.",
    problems.NotFound: "There is no such thing, or none that the caller may see.",
    problems.Conflict: "It does not fit the present state, or somebody was faster.",
    problems.TooLarge: "The body is too large.",
    problems.UnsupportedMediaType: "The body is not JSON.",
    problems.Invalid: "The request breaks a rule.",
    problems.TooManyRequests: "The caller has used up what it may ask.",
    Problem: "Something went wrong on the server.",
}


def written(api: "Api", endpoints: Iterable[Endpoint]) -> bytes:
    """Return the document as JSON."""
    return json.dumps(document(api, endpoints), ensure_ascii=False).encode()


def document(api: "Api", endpoints: Iterable[Endpoint]) -> dict:
    """Return the document of an API.

    :param endpoints: those that are served
    """
    ordered = sorted(endpoints, key=lambda one: (one.tag, one.public_path, one.method))
    schemas = _Schemas(api, ordered)
    paths: dict[str, dict] = {}
    for endpoint in ordered:
        operations = paths.setdefault(endpoint.public_path, {})
        operations[endpoint.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": api.title,
            "version": api.version,
            "description": api.description,
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(one.tag for one in ordered)],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {
                name: dict(scheme.openapi) for name, scheme in api.schemes.items()
            },
        },
    }


def expected(endpoint: Endpoint) -> dict[int, type[Problem]]:
    """Return the refusals that an endpoint may answer with, by status.

    Those of its own come first; the others follow from what is declared of it.
    """
    kinds: list[type[Problem]] = [*endpoint.errors, problems.BadRequest, Problem]
    kinds += [problems.Invalid]
    if endpoint.auth:
        kinds += [problems.Unauthorized, problems.Forbidden]
    if "<" in endpoint.path:
        kinds.append(problems.NotFound)
    if endpoint.method in ("POST", "PUT", "PATCH"):
        kinds += [problems.TooLarge, problems.UnsupportedMediaType]
    if not endpoint.readonly:
        kinds.append(problems.Conflict)
    if endpoint.api.limits[endpoint.rate]:
        kinds.append(problems.TooManyRequests)
    return {kind.status: kind for kind in reversed(kinds)}


class _Schemas:
    """JSON schemas of all models of an API, each named once."""

    def __init__(self, api: "Api", endpoints: Iterable[Endpoint]):
        wanted = [(api.style.model, "serialization")]
        for endpoint in endpoints:
            wanted += [(endpoint.params, "validation"), (endpoint.query, "validation")]
            if endpoint.has_body:
                wanted.append((endpoint.body, "validation"))
            if endpoint.answer and not isinstance(endpoint.answer, Media):
                wanted.append((endpoint.answer, "serialization"))
        self._by_model, self._all = _generate(dict.fromkeys(wanted))
        self.components = self._without_parameters(endpoints)

    def of(self, model: Any, mode: str) -> dict:
        """Return the schema of a model, a reference where it has a name."""
        return self._by_model[model, mode]

    def properties(self, model: Any) -> tuple[dict[str, dict], list[str]]:
        """Return the properties of a model and the names of those required."""
        schema = self.resolve(self.of(model, "validation"))
        return schema.get("properties", {}), schema.get("required", [])

    def resolve(self, schema: Mapping) -> Mapping:
        """Follow a reference."""
        reference = schema.get("$ref")
        return self._all[reference.rsplit("/", 1)[-1]] if reference else schema

    def _without_parameters(self, endpoints: Iterable[Endpoint]) -> dict[str, dict]:
        parameters = {model for one in endpoints for model in (one.params, one.query)}
        left_out = {
            self.of(model, "validation").get("$ref", "").rsplit("/", 1)[-1]
            for model in parameters
        }
        return {
            name: schema for name, schema in self._all.items() if name not in left_out
        }


class _WithoutTitles(GenerateJsonSchema):
    """Leaves away titles that say no more than the name of the field."""

    def field_title_should_be_set(self, schema) -> bool:
        return False


def _generate(wanted: Iterable[tuple[Any, str]]) -> tuple[dict, dict]:
    """Return the schemas of models by model and mode, and those that have a name."""
    inputs = [((model, mode), mode, TypeAdapter(model)) for model, mode in wanted]
    made, named = TypeAdapter.json_schemas(
        inputs, ref_template=_REF, schema_generator=_WithoutTitles
    )
    return {key: schema for (key, _mode), schema in made.items()}, named.get(
        "$defs", {}
    )


def _operation(endpoint: Endpoint, schemas: _Schemas) -> dict:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "description": endpoint.description,
        "tags": [endpoint.tag],
        "parameters": _parameters(endpoint, schemas),
        "responses": {
            str(endpoint.status): _answer(endpoint, schemas),
            **{
                str(status): _also(status, endpoint, schemas)
                for status in endpoint.also
            },
            **_refusals(endpoint, schemas),
        },
        "security": [
            {name: [endpoint.scope] if endpoint.scope else []} for name in endpoint.auth
        ],
    }
    if endpoint.has_body:
        operation["requestBody"] = _body(endpoint, schemas)
    return operation


def _parameters(endpoint: Endpoint, schemas: _Schemas) -> list[dict]:
    found = _of_model(endpoint.params, "path", schemas)
    if endpoint.query is not NoQuery:
        found += _of_model(endpoint.query, "query", schemas)
    if endpoint.auth:
        found += [
            {
                "name": name,
                "in": "header",
                "description": header.description,
                "schema": header.schema,
            }
            for name, header in endpoint.api.headers.items()
        ]
    if endpoint.idempotent:
        found.append(_IDEMPOTENCY_PARAMETER)
    return found


_TEXT = {"type": "string"}
_IDEMPOTENCY_PARAMETER = {
    "name": IDEMPOTENCY_KEY,
    "in": "header",
    "description": "A text that no other request has, such as a UUID. When the same "
    "request comes again with it within 24 hours, it is not done again: the answer to "
    "the first one is given again.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}


def _of_model(model, place: str, schemas: _Schemas) -> list[dict]:
    properties, required = schemas.properties(model)
    found = []
    for name, schema in properties.items():
        parameter = {
            "name": name,
            "in": place,
            "required": place == "path" or name in required,
            "description": schema.get("description", ""),
            "schema": _without_null(schema),
        }
        if schema.get("type") == "array":
            parameter.update(style="form", explode=False)
        found.append(parameter)
    return found


def _without_null(schema: Mapping) -> dict:
    """Return the schema of a parameter: an absent one is not there, it is not null."""
    kept = {key: value for key, value in schema.items() if key != "description"}
    if kept.get("default", 0) is None:
        del kept["default"]
    kinds = [kind for kind in kept.pop("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) == 1:
        return {**kinds[0], **kept}
    return {"anyOf": kinds, **kept} if kinds else kept


def _body(endpoint: Endpoint, schemas: _Schemas) -> dict:
    schema = schemas.of(endpoint.body, "validation")
    example = endpoint.example.body or example_of(schema, schemas.resolve)
    required = bool(schemas.resolve(schema).get("required"))
    content = {"application/json": {"schema": schema, "example": example}}
    return {"required": required, "content": content}


def _answer(endpoint: Endpoint, schemas: _Schemas) -> dict:
    described = {"description": "Done.", "headers": _HEADERS}
    if endpoint.answer is None:
        return described
    if isinstance(endpoint.answer, Media):
        kind = endpoint.answer.content_type.partition(";")[0]
        content: dict[str, dict] = {kind: {}}
    else:
        schema = schemas.of(endpoint.answer, "serialization")
        example = endpoint.example.answer or example_of(schema, schemas.resolve)
        content = {"application/json": {"schema": schema, "example": example}}
    return {**described, "content": content}


def _also(status: int, endpoint: Endpoint, schemas: _Schemas) -> dict:
    if status in (204, 304):
        return {"description": HTTPStatus(status).phrase, "headers": _HEADERS}
    return _answer(endpoint, schemas)


_HEADERS = {
    "X-Request-ID": {
        "description": "Name it when you ask for help.",
        "schema": _TEXT,
    }
}


def _refusals(endpoint: Endpoint, schemas: _Schemas) -> dict[str, dict]:
    style = endpoint.api.style
    schema = schemas.of(style.model, "serialization")
    found = {}
    for status, kind in sorted(expected(endpoint).items()):
        text = _description(kind)
        refusal = style.render(kind(text), _REQUEST_ID)
        example = refusal.model_dump(mode="json", by_alias=True)
        found[str(status)] = {
            "description": text,
            "headers": _HEADERS,
            "content": {"application/json": {"schema": schema, "example": example}},
        }
    return found


def _description(kind: type[Problem]) -> str:
    return _EXPECTED.get(kind) or (kind.__doc__ or "").strip().splitlines()[0]
