"""What Schemathesis cannot know of the API."""

import schemathesis


@schemathesis.hook
def map_query(_context, query):
    """Leave out `cursor`: it is signed, and comes from an answer only."""
    return {name: value for name, value in (query or {}).items() if name != "cursor"}
