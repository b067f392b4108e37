"""The path, the query and the body of a request become what the handler takes.

What cannot be read is 400, 413 or 415; what can be read and breaks a rule is 422; a
path that no record can have is 404.
"""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from pydantic import TypeAdapter, ValidationError

from odoo import _

from . import messages
from .problems import (
    BadRequest,
    Detail,
    Invalid,
    NotFound,
    Problem,
    TooLarge,
    UnsupportedMediaType,
)

if TYPE_CHECKING:
    from .call import Call

_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})
# A larger body is not read, and the connection is closed at its caller.
_DRAINED_BYTES = 16 * 1024 * 1024
_MAX_PARAMETERS = 200


def inputs(call: "Call", path_values: Mapping) -> dict[str, Any]:
    """Return what the handler is called with.

    :param path_values: what Odoo has found in the path
    :raises Problem: when the request cannot be read, or breaks a rule
    """
    endpoint = call.endpoint
    if endpoint.hidden:
        return {"call": call}
    found = _path(endpoint.params, path_values)
    wrong: list[Detail] = []
    try:
        found["query"] = _query(endpoint.query, call.request.httprequest.query_string)
    except Invalid as refused:
        wrong += refused.errors
    if call.method in _BODY_METHODS:
        try:
            found["body"] = _body(call)
        except Invalid as refused:
            wrong += refused.errors
    if wrong:
        raise Invalid(_("The request has mistakes."), errors=wrong)
    found["call"] = call
    return {name: found[name] for name in endpoint.takes}


def _path(model, values: Mapping) -> dict[str, Any]:
    try:
        return dict(model.model_validate(dict(values)))
    except ValidationError as error:
        raise NotFound(errors=_details(error)) from error


def _query(model, raw: bytes):
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAX_PARAMETERS,
        )
    except (UnicodeError, ValueError) as error:
        raise BadRequest(_("The query string cannot be read."), code="query") from error
    names = [name for name, _value in pairs]
    wrong = [
        messages.detail("repeated", (name,))
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    wrong += [
        messages.detail("nul", (name,))
        for name, value in pairs
        if "\0" in name or "\0" in value
    ]
    if wrong:
        raise Invalid(errors=wrong)
    return _validated(lambda: model.model_validate(dict(pairs)))


def _body(call: "Call"):
    raw = _raw_body(call)
    call.parsed = _parse(raw)
    if b"\\u0000" in raw and (places := list(_nul_places(call.parsed, ()))):
        raise Invalid(errors=[messages.detail("nul", place) for place in places])
    adapter: TypeAdapter = call.endpoint.body_adapter
    return _validated(lambda: adapter.validate_json(raw, strict=True))


def _raw_body(call: "Call") -> bytes:
    http = call.request.httprequest
    # Of a stream without a length no more is read, and no error raised.
    http.max_content_length = call.endpoint.max_body + 1
    if (http.content_length or 0) > call.endpoint.max_body:
        _drain(http)
        raise _too_large(call)
    raw = http.get_data()
    if len(raw) > call.endpoint.max_body:
        raise _too_large(call)
    if not raw:
        return b"{}"
    charset = http.mimetype_params.get("charset", "utf-8").lower()
    encoded = http.headers.get("Content-Encoding", "identity").lower()
    if not _is_json(http.mimetype) or charset != "utf-8" or encoded != "identity":
        raise UnsupportedMediaType()
    return raw


def _is_json(mimetype: str) -> bool:
    return mimetype == "application/json" or (
        mimetype.startswith("application/") and mimetype.endswith("+json")
    )


def _too_large(call: "Call") -> Problem:
    return TooLarge(
        _(
            "The body of the request is larger than %(bytes)s bytes.",
            bytes=call.endpoint.max_body,
        )
    )


def _drain(http) -> None:
    """Read a body that is too large: a caller that still sends hears no answer."""
    if http.content_length <= _DRAINED_BYTES:
        http.max_content_length = http.content_length
        http.get_data(cache=False)


def _parse(raw: bytes) -> Any:
    """Return what a body says, if it says one thing only.

    :raises BadRequest: when it is no JSON (RFC 8259) or an object has a key twice
    """
    try:
        return json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_no_constant,
        )
    except UnicodeDecodeError as error:
        raise BadRequest(_("The body is not UTF-8."), code="encoding") from error
    except RecursionError as error:
        raise BadRequest(_("The body is nested too deeply."), code="json") from error
    except json.JSONDecodeError as error:
        raise _no_json(error.msg, error.lineno, error.colno) from error
    except ValueError as error:
        raise BadRequest(_("A number in the body is too long."), code="json") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadRequest(
            _("An object in the body has the key “%(name)s” twice.", name=twice),
            code="duplicate_key",
        )
    return found


def _no_constant(name: str) -> None:
    raise BadRequest(
        _("%(name)s is no number in JSON.", name=name),
        code="json",
    )


def _no_json(reason: str, line: int, column: int) -> BadRequest:
    message = _(
        "The body is not JSON: %(reason)s in line %(line)s, column %(column)s.",
        reason=reason,
        line=line,
        column=column,
    )
    return BadRequest(message, code="json")


def _nul_places(value: Any, place: tuple) -> Iterator[tuple]:
    if isinstance(value, str) and "\0" in value:
        yield place
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _nul_places(key, place)
            yield from _nul_places(part, (*place, key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _nul_places(part, (*place, number))


def _validated(validate):
    try:
        return validate()
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        if found[0]["type"] == "json_invalid":
            # Python's own reader is more generous: lone surrogates, deep nesting.
            message = _("The body is not JSON: it is nested too deeply or no Unicode.")
            raise BadRequest(message, code="json") from error
        raise Invalid(errors=messages.details(found)) from error


def _details(error: ValidationError) -> list[Detail]:
    return messages.details(error.errors(include_url=False, include_input=False))
