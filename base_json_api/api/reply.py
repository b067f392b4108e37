"""What a handler may return besides the plain answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reply:
    """An answer with more to say than its body.

    :param body: what the endpoint's answer is declared as; bytes of a ``Media``
    :param status: when it differs from the endpoint's
    :param headers: headers besides
    :param exclude: what of the body is left out, as pydantic's ``exclude`` has it
    """

    body: Any
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    exclude: Any = None


@dataclass(frozen=True)
class Media:
    """An answer that is not JSON; the handler returns its bytes.

    :param content_type: what it is
    """

    content_type: str
