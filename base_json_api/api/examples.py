"""An example of what a JSON schema describes, for documents that have none."""

from collections.abc import Callable, Mapping
from typing import Any

_FORMATS = {
    "date": "2025-06-15",
    "date-time": "2025-06-15T08:00:00Z",
    "time": "08:00:00",
    "email": "ada@example.com",
    "uri": "https://example.com/",
    "uuid": "7d9f1c8e-2b5a-4f6e-9a3b-1c2d3e4f5a6b",
}
_KINDS: Mapping[str, Any] = {
    "string": "text",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "null": None,
}


def example_of(schema: Mapping, resolve: Callable[[Mapping], Mapping]) -> Any:
    """Return an example: the schema's own, its default, or the plainest value.

    :param resolve: follows a reference
    """
    schema = resolve(schema)
    if examples := schema.get("examples"):
        return examples[0]
    if "const" in schema:
        return schema["const"]
    if schema.get("default") is not None:
        return schema["default"]
    if "enum" in schema:
        return schema["enum"][0]
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return example_of(schema[word][0], resolve)
    return _of_type(schema, resolve)


def _of_type(schema: Mapping, resolve: Callable[[Mapping], Mapping]) -> Any:
    kind = schema.get("type")
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: example_of(part, resolve) for name, part in properties.items()}
    if kind == "array":
        return [example_of(schema.get("items", {}), resolve)]
    if kind == "string":
        return _FORMATS.get(schema.get("format"), _KINDS["string"])
    if kind in ("integer", "number"):
        return schema.get("minimum", _KINDS[kind])
    return _KINDS.get(kind)
