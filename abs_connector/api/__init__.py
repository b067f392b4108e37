"""The API of field agents: what its endpoints have in common."""

from .accounts import account_for_new, named_account
from .definition import api
from .links import check_ids

__all__ = ["account_for_new", "api", "check_ids", "named_account"]
