"""Screens, sealing and retention of fusion_login_audit on 5,000,000 login events.

The events are written by SQL, as a year of an attacked company of 2,000 users (see
`login_audit/dataset.py`). Filters, groups and columns are read from the addon's views
and asked for as the web client does: 80 rows with the list's columns, counted up to
10,001. Each figure is the median of several calls; no call finds records in memory, and
the largest first call of all is told as well. PostgreSQL keeps what it read, but its
buffers hold a third of the table.

The baseline is the same call on a table of 1,000 events: what the screen costs without
the search. For a login's row during retention it is the same row without retention.
"""

from pathlib import Path

from login_audit import bases

MINUTES = 8

_TABLE = Path(__file__).parent / "login_audit" / "table.py"


def measure(suite):
    """Measure the large table beside the small one."""
    small = bases.without_audit(suite)
    suite.install(small, [bases.ADDON])
    large = suite.clone(small, "large")
    baselines = {
        result["name"]: result["value"]
        for result in suite.inside(small, _TABLE, "small")
    }
    for result in suite.inside(large, _TABLE, "large"):
        yield {"baseline": baselines.get(result["name"]), **result}
