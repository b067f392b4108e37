"""What a request may be refused with: one class per status, raised by handlers."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from odoo import _


@dataclass(frozen=True)
class Detail:
    """What is wrong with one field.

    :param field: JSON pointer into the body (``/lines/0/qty``), or ``/name`` of a
        parameter of the path or the query
    :param code: one word for programs, such as ``required``
    :param message: a sentence for people
    """

    field: str
    code: str
    message: str


class Problem(Exception):
    """A refusal with its HTTP status; rolls back what the request has done.

    :param message: a sentence for people; the class's own when not given
    :param code: one word for programs; the class's own when not given
    :param errors: what is wrong with which field
    :param headers: headers that the answer carries besides
    """

    status = 500
    code = "internal_error"
    # Odoo logs exceptions at this level; the access log has the line that counts.
    loglevel = logging.DEBUG

    def __init__(
        self,
        message: str = "",
        *,
        code: str = "",
        errors: Sequence[Detail] = (),
        headers: Mapping[str, str] | None = None,
    ):
        self.message = message or self.default_message()
        self.code = code or self.code
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        super().__init__(self.message)

    @classmethod
    def default_message(cls) -> str:
        """Return the sentence for people, in the language of the request."""
        return _("Something went wrong on our side. Nothing was changed.")


class BadRequest(Problem):
    """The request cannot be read: its syntax is wrong, whatever it means."""

    status = 400
    code = "bad_request"

    @classmethod
    def default_message(cls) -> str:
        return _("The request cannot be read.")


class Unauthorized(Problem):
    """Nobody is identified, or not by what was presented.

    :param challenge: the value of ``WWW-Authenticate`` (RFC 9110, 11.6.1)
    """

    status = 401
    code = "unauthorized"

    def __init__(self, message: str = "", *, challenge: str = "Bearer", **more):
        super().__init__(message, **more)
        self.headers.setdefault("WWW-Authenticate", challenge)

    @classmethod
    def default_message(cls) -> str:
        return _("Who you are is not known: a valid token or key is needed.")


class Forbidden(Problem):
    """The caller is known and may not do this."""

    status = 403
    code = "forbidden"

    @classmethod
    def default_message(cls) -> str:
        return _("You are not allowed to do this.")


class NotFound(Problem):
    """There is no such thing, or none that the caller may know of."""

    status = 404
    code = "not_found"

    @classmethod
    def default_message(cls) -> str:
        return _("There is nothing here that you can see.")


class MethodNotAllowed(Problem):
    """The address exists, but not for this method.

    :param allowed: the methods that it exists for
    """

    status = 405
    code = "method_not_allowed"

    def __init__(self, message: str = "", *, allowed: Sequence[str] = (), **more):
        super().__init__(message, **more)
        if allowed:
            self.headers.setdefault("Allow", ", ".join(allowed))

    @classmethod
    def default_message(cls) -> str:
        return _("This address does not take this method.")


class Conflict(Problem):
    """It does not fit the present state, or somebody was faster."""

    status = 409
    code = "conflict"

    @classmethod
    def default_message(cls) -> str:
        return _("This does not fit the present state of the record.")


class TooLarge(Problem):
    """The body is larger than the endpoint takes."""

    status = 413
    code = "too_large"

    @classmethod
    def default_message(cls) -> str:
        return _("The body of the request is too large.")


class UnsupportedMediaType(Problem):
    """The body is not JSON."""

    status = 415
    code = "unsupported_media_type"

    def __init__(self, message: str = "", **more):
        super().__init__(message, **more)
        self.headers.setdefault("Accept", "application/json")

    @classmethod
    def default_message(cls) -> str:
        return _("Send the body as application/json in UTF-8.")


class Invalid(Problem):
    """The request can be read and breaks a rule."""

    status = 422
    code = "invalid"

    @classmethod
    def default_message(cls) -> str:
        return _("The request breaks a rule.")

    @classmethod
    def of_field(cls, field: str, code: str, message: str) -> "Invalid":
        """Return the refusal of one field, which says nothing besides.

        :param field: as `Detail` has it
        :param code: one word for programs
        :param message: a sentence for people
        """
        return cls(message, errors=[Detail(field, code, message)])


class TooManyRequests(Problem):
    """The caller has used up what it may ask.

    :param retry_after: seconds until it may ask again
    """

    status = 429
    code = "too_many_requests"

    def __init__(self, message: str = "", *, retry_after: int = 1, **more):
        super().__init__(message, **more)
        self.headers.setdefault("Retry-After", str(max(1, retry_after)))

    @classmethod
    def default_message(cls) -> str:
        return _("Too many requests. Wait a little, then try again.")


# Every refusal that a status stands for; the statuses that no handler raises as well.
BY_STATUS = {
    kind.status: kind
    for kind in (
        BadRequest,
        Unauthorized,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        Conflict,
        TooLarge,
        UnsupportedMediaType,
        Invalid,
        TooManyRequests,
        Problem,
    )
}
