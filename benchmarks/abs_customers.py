"""Lists of 2,000,000 customers over the API, beside Odoo's own JSON-RPC.

Two hundred Service Accounts, one of which holds 100,000 customers (see
`abs_customers/dataset.py`). Members of every role and policy, and an API key, ask a
server with one worker for the first page with its total, the page behind a cursor, and
one customer. Each time an internal user of Odoo asks the same worker for the same:
`web_search_read` with its count, `search_read` and `read`, of the same fields, with
what the stamps say as an ordinary domain; customers that a second Service Account holds
are missing in it.

The limits are those of the specification, for the 95th percentile of what the server
has logged; the time of an answer is the client's, and that of a list is limited by
JSON-RPC's.
`COUNT=20000 make bench BENCH=abs_customers` is a short run.
"""

import os
from pathlib import Path

from abs_customers import log
from abs_customers.accounts import LOGIN, PASSWORD
from abs_customers.traffic import Client

MINUTES = 12
COUNT = int(os.environ.get("COUNT") or 2_000_000)
WARM_UP = 3
ROUNDS = 40
# The 95th percentile, in milliseconds.
LIST_SQL_MS = 10
LIST_MS = 60
ONE_MS = 40
_HERE = Path(__file__)
_MANY = ("page of 20", "page of 100")
_SCALARS = (
    "name",
    "is_company",
    "email",
    "phone",
    "street",
    "street2",
    "city",
    "zip",
    "vat",
    "ref",
    "category_id",
    "create_date",
    "write_date",
)
_RELATIONS = (
    "state_id",
    "country_id",
    "parent_id",
    "company_id",
    "x_sa_id",
    "x_actor_id",
)
_FIELDS = [*_SCALARS, *_RELATIONS]
_ORDER = "complete_name, id"
_COUNT_LIMIT = 10_001


def measure(suite):
    """Measure lists and single customers over HTTP, then what governance costs."""
    database = suite.database("customers", ["sale_management", "sale_stock"])
    suite.install(database, ["abs_connector"])
    callers = suite.inside(database, _HERE, "fill")
    # With a filter Odoo lists all databases for each request that has no session.
    with suite.served(database, "--db-filter=", workers=1) as served:
        client = Client(served.port)
        client.log_in(database, LOGIN, PASSWORD)
        taken = {role: _taken(suite, client, role, callers) for role in _roles(callers)}
    logged = log.read(served.log)
    for role, calls in taken.items():
        yield from _told(role, calls, logged)
    yield from suite.inside(database, _HERE, "cost")


def fill(env):
    """Fill the database of `env` and yield who calls, each with its headers."""
    # Odoo is imported by these.
    from abs_customers import dataset, people

    cast = people.Cast(env, dataset.fill(env, COUNT))
    cast.hire_user()
    callers = [*cast.callers()]
    env.cr.commit()
    for role, headers, domain in callers:
        name = f"caller: {role}"
        result = {"name": name, "value": 0, "unit": "", "role": role}
        yield {**result, "headers": headers, "domain": domain}


def cost(env):
    """Yield what authentication and governance add to a request."""
    from abs_customers import governance

    yield from governance.measure(env)


def _roles(callers):
    return dict.fromkeys(caller["role"] for caller in callers)


class Calls:
    """What was asked: times of the client, and names that the log knows.

    :ivar dict api: by title, pairs of both for each call of the API
    :ivar dict rpc: the same for the calls that they are compared with
    """

    def __init__(self):
        self.api = {}
        self.rpc = {}

    def round(self, client, caller, behind=False):
        """Ask for everything once, each by the API and by Odoo's own way.

        :param client: the client that asks
        :param dict caller: as `fill` yields it
        :param bool behind: ask Odoo first, as in every other round: an expensive
            request leaves caches cold for the one that follows it
        """
        headers, domain = caller["headers"], caller["domain"]
        page = {"order": _ORDER, "limit": 20}

        def api(title, path):
            elapsed, name, answer = client.api(path, headers)
            self.api.setdefault(title, []).append((elapsed, name))
            return answer

        def both(title, path, method, args, **options):
            answer = None if behind else api(title, path)
            elapsed, name, _result = client.rpc("res.partner", method, args, **options)
            self.rpc.setdefault(title, []).append((elapsed, name))
            return answer or api(title, path)

        first = both(
            "page and total",
            "/customers?limit=20",
            "web_search_read",
            [domain],
            specification=_specification(),
            count_limit=_COUNT_LIMIT,
            **page,
        )
        if cursor := first["next_cursor"]:
            path = f"/customers?limit=20&cursor={cursor}"
            args = [domain, _FIELDS]
            both("page behind a cursor", path, "search_read", args, offset=20, **page)
        one = first["customers"][0]["id"]
        both("one", f"/customers/{one}", "read", [[one], _FIELDS])
        api(_MANY[0], "/customers?limit=20&total=none")
        api(_MANY[1], "/customers?limit=100&total=none")


def _specification():
    """Return the fields as `web_search_read` takes them."""
    scalars = {name: {} for name in _SCALARS}
    relation = {"fields": {"display_name": {}}}
    return {**scalars, **dict.fromkeys(_RELATIONS, relation)}


def _taken(suite, client, role, callers):
    """Return what the callers of one role have asked, in turn."""
    ours = [caller for caller in callers if caller["role"] == role]
    for _number in range(WARM_UP):
        for caller in ours:
            Calls().round(client, caller)
    calls = Calls()
    for number in range(ROUNDS):
        suite.progress(f"{role}, {number} of {ROUNDS}")
        caller = ours[number // 2 % len(ours)]
        calls.round(client, caller, behind=bool(number % 2))
    return calls


def _told(role, calls, logged):
    """Yield the results of one role."""
    for title, limits in (
        ("page and total", (LIST_SQL_MS, LIST_MS)),
        ("page behind a cursor", (LIST_SQL_MS, LIST_MS)),
        ("one", (LIST_SQL_MS, ONE_MS)),
    ):
        if title not in calls.api:
            # In a short run some have no second page.
            continue
        api, rpc = calls.api[title], calls.rpc[title]
        for what, key, limit in (
            ("SQL", "sql_ms", limits[0]),
            ("server", "ms", limits[1]),
        ):
            yield {
                "name": f"{role}, {title}: {what}",
                "value": _percentile([logged[name][key] for _ms, name in api]),
                "unit": "ms",
                "baseline": _percentile([logged[name][key] for _ms, name in rpc]),
                "limit": limit,
            }
        baseline = _median(elapsed for elapsed, _name in rpc)
        yield {
            "name": f"{role}, {title}: answer, median",
            "value": _median(elapsed for elapsed, _name in api),
            "unit": "ms",
            "baseline": baseline,
            # What has to be as fast is a list.
            **({} if title == "one" else {"limit": round(baseline, 1)}),
        }
    twenty, hundred = (
        max(logged[name]["queries"] for _ms, name in calls.api[title])
        for title in _MANY
    )
    yield {
        "name": f"{role}: queries of a page of 100, beside one of 20",
        "value": hundred,
        "unit": "",
        "baseline": twenty,
        "limit": twenty,
    }


def _percentile(values):
    return sorted(values)[int(0.95 * (len(values) - 1))]


def _median(values):
    values = sorted(values)
    return values[len(values) // 2]
