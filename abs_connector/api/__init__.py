"""The API of field agents: what its endpoints have in common."""

from .definition import api
from .principals import Caller

__all__ = ["Caller", "api"]
