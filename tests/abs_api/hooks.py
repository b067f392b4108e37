"""What Schemathesis cannot know of the API."""

import json
import os
import re
from itertools import count

import schemathesis

#: Ids of records that are there, by the name of the parameter.
_THERE = json.loads(os.environ.get("ABS_API_IDS", "{}"))
_LARGEST = 2**31 - 1
_KEY = "Idempotency-Key"
_VALID_KEY = re.compile(r"[!-~]{1,240}")
_NUMBERS = count(1)


@schemathesis.hook
def map_query(_context, query):
    """Leave out `cursor`: it is signed, and comes from an answer only."""
    return {name: value for name, value in (query or {}).items() if name != "cursor"}


@schemathesis.hook
def before_call(_context, case, _options):
    """Name records that are there, but for every fourth id; use no key twice."""
    for name, value in (case.path_parameters or {}).items():
        known = _THERE.get(name)
        if known and type(value) is int and 0 < value <= _LARGEST and value % 4:
            case.path_parameters[name] = known[value % len(known)]
    key = (case.headers or {}).get(_KEY)
    if isinstance(key, str) and _VALID_KEY.fullmatch(key):
        case.headers[_KEY] = f"{key}-{next(_NUMBERS)}"
