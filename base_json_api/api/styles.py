"""How refusals are written, and what an answer of the suite looks like."""

from typing import Literal, Protocol

from .problems import Problem
from .schema import Answer


class ErrorDetail(Answer):
    """What is wrong with one field."""

    field: str
    """JSON pointer into the body, or `/name` of a parameter."""
    code: str
    """One word for programs."""
    message: str
    """A sentence for people."""


class ErrorAnswer(Answer):
    """A refusal."""

    success: Literal[False] = False
    error: str
    """A sentence for people."""
    code: str
    """One word for programs."""
    errors: list[ErrorDetail]
    """What is wrong with which field; empty when no single field is to blame."""
    request_id: str
    """Name it when you ask for help: it stands in the log."""


class ErrorStyle(Protocol):
    """How an API writes its refusals."""

    model: type[Answer]

    def render(self, problem: Problem, request_id: str) -> Answer:
        """Return the body of a refusal, an instance of ``model``."""


class SuiteErrors:
    """The suite's own way of writing refusals."""

    model = ErrorAnswer

    def render(self, problem: Problem, request_id: str) -> ErrorAnswer:
        """Return the body of a refusal."""
        return ErrorAnswer(
            error=problem.message,
            code=problem.code,
            errors=[
                ErrorDetail(field=one.field, code=one.code, message=one.message)
                for one in problem.errors
            ],
            request_id=request_id,
        )


class SuiteAnswer(Answer):
    """An answer of the suite: ``success`` beside what it is about."""

    success: Literal[True] = True
