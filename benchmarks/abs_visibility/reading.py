"""What a member's requests ask, timed: by candidate, role and query."""

import random
import time

from abs_visibility.candidates import LEDGER, held
from abs_visibility.dataset import ACCOUNTS

MEMBERS = 50
#: Members of a role are asked until this many seconds are over, but at least so many.
ENOUGH = 1.0
LEAST = 5
TRIES = 3


def roles(values):
    """Return the members of each role, by the role's name; None is an admin."""
    draw = random.Random(42)
    agents = values["agents"]

    def one(account, policy, number=None):
        actor = agents + (account - 1) * 10 + (number or draw.randint(1, 7))
        return (account, policy, actor)

    usual = [draw.randint(2, ACCOUNTS - 1) for _member in range(MEMBERS)]
    policies = ("sa_wide", "assigned_only", "assigned_plus_unassigned")

    def several(first, count=5):
        others = [sa for sa in range(2, ACCOUNTS) if sa != first]
        chosen = [first, *draw.sample(others, count - 1)]
        return [one(sa, policies[i % 3]) for i, sa in enumerate(chosen)]

    wide, only, plus = policies
    return {
        "admin": [None] * MEMBERS,
        "sa_wide": [[one(sa, wide)] for sa in usual],
        "sa_wide, 100,000": [[one(1, wide)]] * MEMBERS,
        "sa_wide, past": [[one(200, wide)]] * MEMBERS,
        "only": [[one(sa, only)] for sa in usual],
        "only, 100,000": [[one(1, only, 1 + n % 7)] for n in range(MEMBERS)],
        "only, past": [[one(sa, only, 10)] for sa in usual],
        "plus": [[one(sa, plus, 8)] for sa in usual],
        "plus, 100,000": [[one(1, plus, 8 + n % 2)] for n in range(MEMBERS)],
        "five SAs": [several(sa) for sa in usual],
        "five SAs, 100,000": [several(1) for sa in usual],
        "three SAs, past": [
            [one(200, wide), one(sa, only, 10), one(sa % 190 + 2, only, 10)]
            for sa in usual
        ],
    }


class Facts:
    """What is true of a member, found by the ledger."""

    def __init__(self, cr, member):
        source = "sale_order"
        if member:
            condition = held(member, "account_id", "actor_id")
            source = (
                f"(SELECT * FROM sale_order WHERE id IN (SELECT order_id FROM {LEDGER}"
                f" WHERE state = 'active' AND {condition})) s"
            )
        cr.execute(f"SELECT count(*) FROM (SELECT FROM {source} LIMIT 20001) t")
        self.total = cr.fetchone()[0]
        self.depth = min(10_000, self.total // 2)
        cr.execute(
            f"SELECT id, date_order, partner_id FROM {source}"
            f" ORDER BY date_order DESC, id DESC LIMIT 20 OFFSET {self.depth}"
        )
        rows = cr.fetchall()
        self.deep = [row[0] for row in rows]
        self.order, self.date, self.partner = rows[0]
        cr.execute(
            f"SELECT id FROM {source} ORDER BY date_order DESC, id DESC LIMIT 20"
        )
        self.first = [row[0] for row in cr.fetchall()]


def queries(candidate, member, facts):
    """Return the queries of a member, by name."""
    date = f"'{facts.date}'::timestamp"
    after = (
        f"sale_order.date_order <= {date} AND (sale_order.date_order < {date}"
        f" OR sale_order.id < {facts.order})"
    )
    return {
        "page 1": candidate.page(member),
        "deep offset": candidate.page(member, offset=facts.depth),
        "deep cursor": candidate.page(member, after),
        "count": candidate.count(member),
        "one, seen": candidate.one(member, facts.order),
        "one, other": candidate.one(member, facts.first[0] - 1),
        "partner": candidate.page(member, f"sale_order.partner_id = {facts.partner}"),
        "state": candidate.page(member, "sale_order.state = 'draft'"),
        "rare state": candidate.page(member, "sale_order.state = 'cancel'"),
        "name": candidate.page(
            member, f"sale_order.name ILIKE '%{facts.order % 9000 + 1000}%'"
        ),
    }


def check(cr, candidate, member, facts):
    """Return whether a candidate shows what the ledger says."""
    asked = queries(candidate, member, facts)

    def ids(name):
        cr.execute(asked[name])
        return [row[0] for row in cr.fetchall()]

    return (
        ids("page 1") == facts.first
        and ids("deep offset") == facts.deep
        and _total(cr, asked["count"]) == min(facts.total, 10001)
    )


def _total(cr, query):
    cr.execute(query)
    return cr.fetchone()[0]


def timed(cr, query):
    """Return the milliseconds that a query takes, with its answer: the best of three.

    What else the machine does at the moment is no part of it.
    """
    times = []
    for _try in range(TRIES):
        started = time.perf_counter()
        cr.execute(query)
        cr.fetchall()
        times.append(time.perf_counter() - started)
    return 1000 * min(times)


def measure(cr, candidate, members, facts):
    """Yield `(query, 95th percentile)` of the members of one role, in milliseconds."""
    asked = [
        queries(candidate, member, fact)
        for member, fact in zip(members, facts, strict=True)
    ]
    for name in asked[0]:
        timed(cr, asked[0][name])
        times = []
        until = time.perf_counter() + ENOUGH
        for one in asked:
            times.append(timed(cr, one[name]))
            if len(times) >= LEAST and time.perf_counter() > until:
                break
        times.sort()
        yield name, times[int(0.95 * len(times))]


def facts(cr, cast):
    """Return what is true of the members of each role, by the role's name."""
    index = "bench_facts"
    cr.execute(
        f"CREATE INDEX {index} ON {LEDGER} (account_id, actor_id, order_id)"
        " WHERE state = 'active'"
    )
    known = {}
    found = {}
    for role, members in cast.items():
        for member in members:
            key = tuple(member or ())
            if key not in known:
                known[key] = Facts(cr, member)
        found[role] = [known[tuple(member or ())] for member in members]
    cr.execute(f"DROP INDEX {index}")
    return found
