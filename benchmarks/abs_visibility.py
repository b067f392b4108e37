"""Which of 1,000,000 orders a member sees: the chosen way, beside the plain ledger.

Two hundred Service Accounts, 2,000,000 contacts, all policies (see
`abs_visibility/dataset.py`). A list page is the query for 20 orders and the one for
their number, counted up to 10,001. Each figure is the 95th percentile over 50 members
of one role, the best of three calls, with PostgreSQL's memory warm; the baseline is the
same by a sub-query on the ledger. Other candidates, and why they are not used, stand
in `docs/design/abs_connector_visibility.md`.
"""

from contextlib import contextmanager
from pathlib import Path

from abs_visibility import candidates, dataset, reading, writing

MINUTES = 8
LIMIT = 10
_HERE = Path(__file__)
_TOLD = (
    ("page 1", "count"),
    ("deep cursor",),
    ("one, seen",),
    ("partner",),
    ("state",),
)


def measure(suite):
    """Fill a database and measure both in it."""
    database = suite.database("visibility", ["sale_management", "sale_stock"])
    yield from suite.inside(database, _HERE, "compare")


def compare(env):
    """Fill the database of `env` and yield the figures of both ways."""
    values = dataset.fill(env)
    cast = reading.roles(values)
    facts = reading.facts(env.cr, cast)
    with _indexed(env.cr, candidates.Ledger()) as ledger:
        plain = _read(env.cr, ledger, cast, facts)
    with _indexed(env.cr, candidates.Branches()) as branches:
        chosen = _read(env.cr, branches, cast, facts)
        written = list(writing.measure(env.cr, values))
    for role, queries in chosen.items():
        for names in _TOLD:
            yield {
                "name": f"{role}: {' and '.join(names)}",
                "value": sum(queries[name] for name in names),
                "unit": "ms",
                "baseline": sum(plain[role][name] for name in names),
                "limit": LIMIT,
            }
    for name, milliseconds in written:
        yield {"name": name, "value": milliseconds, "unit": "ms"}


@contextmanager
def _indexed(cr, candidate):
    """Give a candidate its indexes while the block runs."""
    candidate.setup(cr)
    cr.commit()
    dataset.vacuum(cr, "sale_order", candidates.LEDGER)
    yield candidate
    candidate.clean(cr)
    cr.commit()


def _read(cr, candidate, cast, facts):
    """Return the 95th percentiles of all queries, by role and query."""
    for role, members in cast.items():
        if not reading.check(cr, candidate, members[0], facts[role][0]):
            raise AssertionError(f"{role}: not what the ledger says")
    return {
        role: dict(reading.measure(cr, candidate, members, facts[role]))
        for role, members in cast.items()
    }
