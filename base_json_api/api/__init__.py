"""What other addons import: the whole of it.

    from odoo.addons.base_json_api.api import Api, Answer, Query, bearer, problems

`readme/USAGE.md` has a complete endpoint; `docs/design/base_json_api.md` the reasons.
"""

from . import problems
from .call import Call
from .definition import Api, Header
from .dispatcher import JsonApiDispatcher
from .endpoint import PUBLIC, DeclarationError, Endpoint, Example
from .limits import Limit
from .listing import REST, WHOLE, ListAnswer, Listing, ListQuery, Rest, Slice
from .principal import Principal, Scheme, bearer, header_key
from .registry import apis, find_api, routed, undeclared_routes, unrouted_endpoints
from .reply import Media, Reply
from .schema import (
    Answer,
    Body,
    Id,
    Included,
    Maybe,
    Query,
    Ref,
    Text,
    Timestamp,
    older,
)
from .styles import ErrorDetail, ErrorStyle, SuiteAnswer, SuiteErrors
from .tokens import Key, Keyring
