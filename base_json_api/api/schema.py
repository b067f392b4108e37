"""The models that requests and answers are declared with, and the kinds of fields."""

from datetime import datetime, timezone
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from odoo import models

T = TypeVar("T")

_MAX_ID = 2**31 - 1
_STAMP = "%Y-%m-%d %H:%M:%S"


class Body(BaseModel):
    """Base of what a request carries in its body: unknown keys are refused."""

    model_config = ConfigDict(
        extra="forbid",
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )


class Query(Body):
    """Base of the parameters in a query string: unknown ones are refused."""


class Answer(BaseModel):
    """Base of what is answered: a key that is not declared is a mistake of ours."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_serialization_defaults_required=True,
    )

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema, handler):
        schema = handler(core_schema)
        described = handler.resolve_ref_schema(schema)
        for name in included(cls):
            _describe_included(described, name)
        return schema


def included(model: type[BaseModel]) -> list[str]:
    """Return the fields of a row that are answered only when asked for."""
    fields = model.model_fields.items()
    return [name for name, field in fields if field.exclude_if]


def _describe_included(schema: dict, name: str) -> None:
    """Say of a field that it may be absent, and is not null when it is there."""
    if name in schema.get("required", ()):
        schema["required"].remove(name)
    described = schema["properties"][name]
    described.pop("default", None)
    kinds = [kind for kind in described.pop("anyOf", ()) if kind.get("type") != "null"]
    for kind in kinds[:1]:
        described.update(kind)


def older(name: str, *older_names: str, **field) -> Any:
    """Declare a field of a request that was named otherwise before.

    :param name: the name that counts, which the documentation shows
    :param older_names: names that are accepted as well
    :param field: what pydantic's ``Field`` takes, such as ``default``
    """
    note = ", ".join(f"`{one}`" for one in older_names)
    extra = {"x-older-names": note}
    return Field(
        validation_alias=AliasChoices(name, *older_names),
        json_schema_extra=extra,
        **field,
    )


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("NUL")
    return text


def _empty_is_none(value: Any) -> Any:
    if value is False or (isinstance(value, models.BaseModel) and not value):
        return None
    return value


def _split(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return [word.strip() for word in value.split(",") if word.strip()]


def _read_stamp(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    moment = datetime.fromisoformat(value)
    return moment.astimezone(timezone.utc) if moment.tzinfo else moment


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None, microsecond=0)


Id = Annotated[int, Field(ge=1, le=_MAX_ID)]
"""The id of a record."""

Text = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_without_nul)]
"""A line of text that the database can hold."""

Maybe = Annotated[T | None, BeforeValidator(_empty_is_none)]
"""A value of Odoo's that is ``False``, or no record, when it is empty: then null."""

Words = Annotated[list[T], BeforeValidator(_split)]
"""Several values of a query parameter, separated by commas."""

Included = Annotated[
    T | None, Field(default=None, exclude_if=lambda value: value is None)
]
"""A field of a row that is answered only when ``include`` names it."""

Timestamp = Annotated[
    datetime,
    BeforeValidator(_read_stamp),
    AfterValidator(_naive),
    PlainSerializer(lambda moment: moment.strftime(_STAMP), return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$",
            "examples": ["2025-06-15 08:00:00"],
            "description": "UTC. Requests may use ISO 8601 as well.",
        }
    ),
]
"""A moment, written as Odoo writes it, in UTC."""


class Ref(Answer):
    """A record that another one points to."""

    id: int
    name: str

    @model_validator(mode="before")
    @classmethod
    def _of_record(cls, value: Any) -> Any:
        if isinstance(value, models.BaseModel):
            return {"id": value.id, "name": value.display_name}
        return value
