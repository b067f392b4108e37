"""Rate limits: so many requests in so many seconds, from one caller or address."""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from .problems import TooManyRequests

if TYPE_CHECKING:
    from .call import Call

_logger = logging.getLogger(__name__)

_LIMIT = re.compile(r"^(principal|ip) (\d+)/(\d+)$")


@dataclass(frozen=True)
class Limit:
    """So many requests in so many seconds.

    :param by: whose requests are counted together
    :param count: how many pass
    :param seconds: how long they are counted, from the first of them
    """

    by: Literal["principal", "ip"]
    count: int
    seconds: int


@dataclass(frozen=True)
class Use:
    """How far a limit is used up.

    :param limit: the limit
    :param hits: requests counted, this one included
    :param reset: seconds until they are forgotten
    """

    limit: Limit
    hits: int
    reset: int

    @property
    def remaining(self) -> int:
        """How many requests would still pass."""
        return max(0, self.limit.count - self.hits)

    @property
    def exceeded(self) -> bool:
        """Whether this request is one too many."""
        return self.hits > self.limit.count

    @property
    def headers(self) -> dict[str, str]:
        """The headers that tell it (draft-ietf-httpapi-ratelimit-headers)."""
        name, quota, window = self.limit.by, self.limit.count, self.limit.seconds
        return {
            "RateLimit-Policy": f'"{name}";q={quota};w={window}',
            "RateLimit": f'"{name}";r={self.remaining};t={self.reset}',
        }


@lru_cache(maxsize=256)
def parse_limits(text: str) -> tuple[Limit, ...]:
    """Read limits as an administrator writes them; what is wrong is logged and left.

    >>> parse_limits("principal 600/60, ip 1200/60")[1]
    Limit(by='ip', count=1200, seconds=60)
    >>> parse_limits("off")
    ()
    """
    found = []
    for part in text.split(","):
        words = " ".join(part.split())
        match = _LIMIT.match(words)
        if match and int(match[3]):
            found.append(Limit(match[1], int(match[2]), int(match[3])))
        elif words != "off":
            _logger.warning("a rate limit is not understood and is left out: %r", words)
    return tuple(found)


def count(call: "Call", limits: Iterable[Limit]) -> None:
    """Count a request; a refused one counts as well.

    :raises TooManyRequests: when it is one too many
    """
    buckets = {_bucket(call, limit): limit for limit in limits if _whose(call, limit)}
    if call.counted or not buckets:
        return
    rates = call.env["base.json.api.rate"]
    rows = rates._hit([(name, buckets[name].seconds) for name in buckets])
    call.counted = True
    uses = [Use(buckets[name], hits, reset) for name, hits, reset in rows]
    tightest = min(uses, key=lambda use: (use.remaining, -use.reset))
    call.headers.update(tightest.headers)
    if late := [use.reset for use in uses if use.exceeded]:
        raise TooManyRequests(retry_after=max(late))


def _whose(call: "Call", limit: Limit) -> str:
    if limit.by == "ip":
        return call.ip
    principal = call.principal
    return principal.key if principal and not principal.anonymous else ""


def _bucket(call: "Call", limit: Limit) -> str:
    group = f"{call.api.name}/{call.endpoint.rate}"
    return f"{group}/{limit.count}/{limit.seconds}/{limit.by}/{_whose(call, limit)}"
