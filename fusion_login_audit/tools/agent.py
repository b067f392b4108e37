"""What a User-Agent header says of browser, system and device."""

from functools import lru_cache
from typing import NamedTuple

from user_agents import parse


class Agent(NamedTuple):
    """Browser, operating system and kind of device, as the audit stores them."""

    browser: str = ""
    os: str = ""
    device_type: str = "unknown"


@lru_cache(maxsize=1024)
def describe(header):
    """Return the :class:`Agent` of a header.

    :param str header: the header's text, empty when there was none
    :return: `Agent`, all unknown when the parser cannot read the header
    """
    if not header:
        return Agent()
    try:
        agent = parse(header)
    except Exception:
        # A header is a stranger's text: whatever it does to the parser, the login and
        # its record go on. The raw header stands in the record.
        return Agent()
    return Agent(_name(agent.browser), _name(agent.os), _device_type(agent))


def _name(part):
    """Return family and major version, such as ``Chrome 140``."""
    if part.family == "Other":
        return ""
    major = part.version_string.partition(".")[0]
    return f"{part.family} {major}".strip()[:64]


def _device_type(agent):
    for kind in ("bot", "tablet", "mobile"):
        if getattr(agent, f"is_{kind}"):
            return kind
    return "desktop" if agent.is_pc else "unknown"
