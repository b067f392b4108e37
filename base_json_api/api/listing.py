"""A list of records: paged, sorted, trimmed and widened, with as many queries for 200
rows as for one.

One key sorts, and the id after it, so that the order is total. A page is found by its
number, or behind a cursor: then no row is missed or seen twice when others come and go.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, Field, GetJsonSchemaHandler, create_model

from odoo import _, models
from odoo.tools import SQL
from odoo.tools import Query as OdooQuery

from . import cursor as cursors
from .problems import Detail, Invalid
from .reply import Reply
from .schema import Query, Words, included
from .styles import SuiteAnswer

TOTAL_CAP = 10_000
#: Context key of the `Rest` that a page is searched in.
REST = "json_api_rest"
#: Where a query that is put together for one page has what makes the query of all
#: rows; others are counted as they are, without order and limit.
WHOLE = "json_api_whole"
_SORTABLE = frozenset(
    {"char", "text", "integer", "float", "monetary", "date", "datetime"}
)
# Read as they are written, unlike moments and numbers.
_TEXTS = frozenset({"char", "text"})
# Columns that are never empty although their fields do not say so.
_FILLED = frozenset({"id", "create_date", "write_date"})

Row = TypeVar("Row", bound=BaseModel)


class ListQuery(Query):
    """Base of a list's parameters; `Listing` adds paging, order and fields."""

    page: int = Field(1, ge=1, le=1_000_000)
    """Number of the page, from 1. Use `cursor` for long lists."""
    limit: int = Field(20, ge=1)
    """Rows of a page."""
    cursor: str | None = Field(None, max_length=2000)
    """`next_cursor` of the last answer: the page behind it."""
    total: Literal["capped", "exact", "none"] = "capped"
    """Count all rows: up to 10,000, all of them, or not at all."""


class ListAnswer(SuiteAnswer):
    """Base of a list's answer; `Listing` adds the rows."""

    total: int | None = Field(examples=[1])
    """Rows on all pages; null when they were not counted."""
    total_capped: bool = Field(examples=[False])
    """Whether there are more than `total`."""
    page: int | None = Field(examples=[1])
    """Number of this page; null behind a cursor."""
    limit: int = Field(examples=[20])
    """Rows that a page may have."""
    has_more: bool = Field(examples=[False])
    """Whether there are rows behind this page."""
    next_cursor: str | None = Field(examples=[None])
    """What `cursor` is for the next page; null on the last one."""


@dataclass(frozen=True)
class Slice:
    """A page of records, however it is answered.

    :param records: the records, in order
    :param total: how many there are on all pages; ``None`` when not counted
    :param total_capped: whether there are more than ``total``
    :param page: its number, ``None`` behind a cursor
    :param limit: how many it may have
    :param next_cursor: where the next one begins, ``None`` for the last
    """

    records: models.BaseModel
    total: int | None
    total_capped: bool
    page: int | None
    limit: int
    next_cursor: str | None

    @property
    def has_more(self) -> bool:
        """Whether there are records behind it."""
        return self.next_cursor is not None


@dataclass(frozen=True, eq=False)
class Rest:
    """A part of a list behind a row, in which a page is searched.

    A model whose `_search` puts a page together from several queries finds it in the
    context, under `REST`, and narrows each: the page is narrowed afterwards.

    :param model: the model of the list
    :param condition: makes the condition for a query
    """

    model: str
    condition: Callable[[OdooQuery], SQL]

    def narrow(self, query: OdooQuery) -> None:
        """Leave the other rows out of a query of the model."""
        query.add_where(self.condition(query))


class _Trimmed:
    """Marks rows of which only the fields asked for are answered."""

    def __get_pydantic_json_schema__(self, core_schema, handler: GetJsonSchemaHandler):
        full = handler.resolve_ref_schema(handler(core_schema))
        return {key: value for key, value in full.items() if key != "required"}


class Listing(Generic[Row]):
    """A list that an endpoint serves.

    :param model: name of the model
    :param rows: key of the rows in the answer, such as ``things``
    :param row: model of a row; its ``Included`` fields are what ``include`` may name
    :param serialize: makes rows, dicts or ``row``, of records; it is told which
        includes are asked for, and makes no query for each record
    :param sort: names that ``sort`` may have, with the stored field of each
    :param default_sort: one of them, with ``-`` before it for descending
    :param query: model of its filters
    :param limit: rows of a page unless asked otherwise
    :param max_limit: rows of a page at most
    :param columns: names of the stored fields that rows are made of; they are read with
        the page, by which the caller's rules are asked once
    """

    def __init__(
        self,
        model: str,
        rows: str,
        row: type[Row],
        serialize: Callable[[models.BaseModel, frozenset[str]], Sequence],
        *,
        sort: Mapping[str, str],
        default_sort: str,
        query: type[ListQuery] = ListQuery,
        limit: int = 20,
        max_limit: int = 100,
        columns: Sequence[str] = (),
    ):
        self._model = model
        self._rows = rows
        self._serialize = serialize
        self._sort = dict(sort)
        self._columns = tuple(columns)
        self._fields = frozenset(row.model_fields)
        self._includes = frozenset(included(row))
        self.query = self._make_query(query, default_sort, limit, max_limit)
        self.answer = self._make_answer(row)

    def page(self, env, query: ListQuery, domain: Iterable = ()) -> Reply:
        """Return what the endpoint answers in the suite's own shape.

        :param query: an instance of ``self.query``
        :param domain: which records belong to the list
        """
        found = self.slice(env, query, domain)
        body = {
            "total": found.total,
            "total_capped": found.total_capped,
            "page": found.page,
            "limit": found.limit,
            "has_more": found.has_more,
            "next_cursor": found.next_cursor,
            self._rows: self.rows(found.records, query),
        }
        return Reply(body, exclude=self._left_out(query))

    def rows(self, records: models.BaseModel, query: ListQuery) -> Sequence:
        """Return the rows of records, widened as the query asks."""
        return self._serialize(records, frozenset(query.include))

    def slice(self, env, query: ListQuery, domain: Iterable = ()) -> Slice:
        """Return the page that a query asks for, for answers of another shape."""
        model = env[self._model]
        order = _Order(model, self._sort, query.sort, self._columns)
        if query.cursor:
            offset, whole = 0, partial(order.all, domain)
            key = self._decoded(env, query)
            found = order.behind([*domain], query.limit + 1, *key)
        else:
            offset = (query.page - 1) * query.limit
            found, whole = order.page([*domain], query.limit + 1, offset)
        more = len(found) > query.limit
        found = found[: query.limit]
        # The last page tells how many there are.
        seen = offset + len(found) if not more and (found or not offset) else None
        total, capped = self._total(query, seen, whole)
        return Slice(
            records=found,
            total=total,
            total_capped=capped,
            page=None if query.cursor else query.page,
            limit=query.limit,
            next_cursor=self._encoded(query, order, found[-1]) if more else None,
        )

    def _total(self, query, seen: int | None, whole: Callable[[], OdooQuery]):
        """Return how many rows there are, and whether there are more than that.

        :param seen: how many there are on all pages, when this one tells it
        :param whole: makes the query of all rows
        """
        if query.total == "none" or (query.cursor and query.total != "exact"):
            return None, False
        if seen is not None and not query.cursor:
            return seen, False
        rows = whole()
        if query.total == "exact":
            return len(rows), False
        rows.limit = TOTAL_CAP + 1
        count = len(rows)
        return min(count, TOTAL_CAP), count > TOTAL_CAP

    def _decoded(self, env, query):
        if "page" in query.model_fields_set:
            message = _("Give either a page or a cursor.")
            raise Invalid(errors=[Detail("/page", "conflict", message)])
        return cursors.decode(env, self._name, query.sort, query.cursor)

    def _encoded(self, query, order, last) -> str:
        key = order.key_of(last)
        return cursors.encode(last.env, self._name, query.sort, key, last.id)

    @property
    def _name(self) -> str:
        return f"{self._model}/{self._rows}"

    def _left_out(self, query):
        if not query.fields:
            return None
        left_out = self._fields - set(query.fields) - set(query.include)
        return {self._rows: {"__all__": left_out}}

    def _make_query(self, base, default_sort: str, limit: int, max_limit: int):
        orders = [f"{sign}{name}" for name in self._sort for sign in ("", "-")]
        if default_sort not in orders:
            raise TypeError(f"{default_sort} is none of {orders}")
        extras = {
            "fields": _choice(self._fields, "The fields of a row that are wanted"),
            "include": _choice(self._includes, "What rows have besides when asked"),
        }
        return create_model(
            base.__name__,
            __base__=base,
            __module__=base.__module__,
            limit=(
                int,
                Field(limit, ge=1, le=max_limit, description="Rows of a page."),
            ),
            sort=(
                Literal[tuple(orders)],
                Field(default_sort, description="Order; with `-` descending."),
            ),
            **extras,
        )

    def _make_answer(self, row: type[Row]):
        return create_model(
            f"{row.__name__}List",
            __base__=ListAnswer,
            __module__=row.__module__,
            **{self._rows: (list[Annotated[row, _Trimmed()]], ...)},
        )


def _choice(names: frozenset[str], text: str) -> tuple:
    """Return the declaration of a parameter that names some of several."""
    kind = Literal[tuple(sorted(names))] if names else str
    description = f"{text}, separated by commas."
    most = None if names else 0
    return Words[kind], Field([], max_length=most, description=description)


class _Order:
    """How a list is sorted, and where in it a row stands.

    PostgreSQL puts what is empty last, and first when descending; a row with nothing
    to sort by is behind or before all others accordingly.
    """

    def __init__(
        self,
        model: models.BaseModel,
        sort: Mapping[str, str],
        asked: str,
        columns: Iterable[str],
    ):
        self._field = model._fields[sort[asked.lstrip("-")]]
        self._columns = [model._fields[name] for name in columns]
        if self._field.type in _TEXTS and self._field not in self._columns:
            self._columns.append(self._field)
        self._descending = asked.startswith("-")
        self._model = model
        if not self._field.store or self._field.type not in _SORTABLE:
            raise TypeError(f"{self._field} is not stored as what can be sorted")

    @property
    def sql_order(self) -> str:
        """The order as Odoo takes it."""
        way = "desc" if self._descending else "asc"
        return f"{self._field.name} {way}, id {way}"

    def page(
        self, domain: list, limit: int, offset: int
    ) -> tuple[models.BaseModel, Callable[[], OdooQuery]]:
        """Return the records of a page, and what makes the query of all."""
        query = self._model._search(domain, offset, limit, self.sql_order)
        whole = _whole(query)
        return self._fetch(query), whole

    def behind(
        self, domain: list, limit: int, key: str | None, last_id: int
    ) -> models.BaseModel:
        """Return the first records behind a row.

        :param key: what the row is sorted by, as the database writes it
        :param last_id: the row
        """
        found = self._model
        for rest in self._rests(key, last_id):
            if len(found) < limit:
                model = self._model.with_context(**{REST: rest})
                left = limit - len(found)
                query = model._search(domain, 0, left, self.sql_order)
                if not query.is_empty():
                    rest.narrow(query)
                found += self._fetch(query)
        return found

    def all(self, domain: Iterable) -> OdooQuery:
        """Return the query of all records."""
        return self._model._search([*domain])

    def key_of(self, record: models.BaseModel) -> str | None:
        """Return what a record is sorted by, as the database writes it."""
        if self._field.type in _TEXTS:
            value = record[self._field.name]
            return None if value is False else value
        query = OdooQuery(record.env, record._table, SQL.identifier(record._table))
        query.add_where(SQL("%s = %s", SQL.identifier(record._table, "id"), record.id))
        key = query.select(SQL("%s::text", self._column(query)))
        return record.env.execute_query(key)[0][0]

    def _fetch(self, query):
        if query.is_empty():
            return self._model
        return self._model._fetch_query(query, self._columns)

    def _rests(self, key: str | None, last_id: int) -> list[Rest]:
        """Return the parts of the list behind a row, one after the other.

        What is empty is a part by itself: no index serves both in order.
        """
        empty = self._rest(lambda column, _id: SQL("%s IS NULL", column))
        beyond = SQL("<") if self._descending else SQL(">")
        if key is None:
            others = self._rest(lambda column, _id: SQL("%s IS NOT NULL", column))
            left = self._rest(
                lambda column, row_id: SQL(
                    "%s IS NULL AND %s %s %s", column, row_id, beyond, last_id
                )
            )
            return [left, others] if self._descending else [left]
        cast = SQL(self._field.column_type[0])
        left = self._rest(
            lambda column, row_id: SQL(
                "(%s, %s) %s (%s::%s, %s)", column, row_id, beyond, key, cast, last_id
            )
        )
        filled = self._field.required or self._field.name in _FILLED
        return [left] if self._descending or filled else [left, empty]

    def _rest(self, condition: Callable[[SQL, SQL], SQL]) -> Rest:
        """Return a part of the list, by a condition on the key's column and the id."""
        return Rest(
            self._model._name,
            lambda query: condition(
                self._column(query), SQL.identifier(query.table, "id")
            ),
        )

    def _column(self, query) -> SQL:
        return self._model._field_to_sql(query.table, self._field.name, query)


def _whole(query: OdooQuery) -> Callable[[], OdooQuery]:
    """Return what makes the query of all rows, of a query that has a page of them.

    It knows the rules already, which would be asked again to count.
    """

    def copied() -> OdooQuery:
        whole.order = whole.limit = whole.offset = None
        return whole

    # Before the page is fetched: then a query may know its ids.
    whole = copy(query)
    return getattr(query, WHOLE, copied)
