"""Logins and API calls with fusion_login_audit, beside the same ones without it.

Three databases are copied from one: two stay without the audit, one gets it. Each is
served by a threaded server of its own, and every round asks all three, in an order
that is drawn. Fifty accounts log in one after the other. The servers are started anew
several times, because two processes that do the same differ by more than the audit
costs.

The baseline of a time is that without the audit; the baseline of what the audit adds is
what the second server without it adds, which is nothing but noise. The interval comes
from drawing starts and rounds anew (bootstrap). On a machine that does other things
too, the 10th percentile and the CPU that the server's process used say more than the
median.

Checking a password takes a quarter of a second and varies by more than the audit costs.
So the logins are measured a second time on servers that hash passwords in one round:
everything else in them is the same.
"""

import configparser
import random
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import cycle
from pathlib import Path

from login_audit import bases, sample
from login_audit.accounts import PASSWORD, PEOPLE
from login_audit.traffic import Client

MINUTES = 10
LOGIN_LIMIT_MS = 2.0
CALL_LIMIT_MS = 0.3
WAYS = ("without", "again", "with")
# How often the servers are started, and what is counted each time.
STARTS = 6
WARM_UP = 10
LOGINS = 20
CHEAP_LOGINS = 80
CALLS = 250

_PARTS = Path(__file__).parent / "login_audit"


def measure(suite):
    """Measure logins, refused logins, bearer calls and `execute_kw`."""
    databases, account = _prepare(suite)
    real, cheap = sample.Samples(WAYS), sample.Samples(WAYS)
    take = partial(_take, suite, order=random.Random(1))
    for _ in range(STARTS):
        _refresh(suite, databases, account["real"])
        with _served(suite, databases) as clients:
            take(real, clients, _logins(clients), LOGINS)
            take(real, clients, _calls(suite, clients, databases, account), CALLS)
        _refresh(suite, databases, account["cheap"])
        with _served(suite, databases, *_cheap(suite)) as clients:
            take(cheap, clients, _logins(clients), CHEAP_LOGINS)
    for title in real.titles():
        limit = CALL_LIMIT_MS if "repeated" in title else LOGIN_LIMIT_MS
        yield from real.compare(title, limit)
    for title in cheap.titles():
        yield from cheap.compare(title, LOGIN_LIMIT_MS, " (hash of one round)")


def _prepare(suite):
    """Return the database of each way, and the account that calls."""
    plain = bases.without_audit(suite)
    account = suite.inside(plain, _PARTS / "people.py", "hire")[0]
    databases = {"without": plain, "again": suite.clone(plain, "again")}
    databases["with"] = suite.clone(plain, "audited")
    suite.install(databases["with"], [bases.ADDON])
    return databases, account


def _refresh(suite, databases, password):
    """Give all accounts a hashed password, and the planner its statistics.

    Autovacuum gathers those within a minute; a benchmark cannot wait for it.
    """
    query = suite.runtime.databases.query
    for database in databases.values():
        query(
            "UPDATE res_users SET password = %s WHERE login LIKE %s",
            [password, "bench-%"],
            database,
        )
        query("ANALYZE", database=database)


@contextmanager
def _served(suite, databases, *options):
    """Serve the databases while the block runs; give a client of each."""
    with ExitStack() as stack:
        yield {
            way: Client(stack.enter_context(suite.served(databases[way], *options)))
            for way in WAYS
        }


def _cheap(suite):
    """Return the options of a server that hashes passwords in one round."""
    config = configparser.ConfigParser()
    config.read(suite.runtime.layout.runtime / "odoo.conf")
    path = config["options"]["addons_path"]
    return f"--addons-path={path},{_PARTS}", "--load=base,web,cheap_passwords"


def _logins(clients):
    """Return logins, logins with a wrong password, and logins that nobody has."""
    return {
        title: {
            way: _in_turn(client, logins, password) for way, client in clients.items()
        }
        for title, logins, password in (
            ("login", PEOPLE, PASSWORD),
            ("wrong password", PEOPLE, "wrong"),
            ("unknown user", [f"no-{login}" for login in PEOPLE], "wrong"),
        )
    }


def _in_turn(client, logins, password):
    """Return a function that logs in as the next of some accounts."""
    logins = cycle(logins)
    right = password == PASSWORD
    return lambda: client.login(next(logins), password, right=right)


def _calls(suite, clients, databases, account):
    """Return calls that bring their key or password along."""
    series = suite.runtime.odoo.major
    asked = {
        "bearer call, repeated": {
            way: partial(client.bearer, account["key"], series)
            for way, client in clients.items()
        }
    }
    for name, secret in (("password", PASSWORD), ("API key", account["key"])):
        asked[f"execute_kw with {name}, repeated"] = {
            way: partial(client.execute_kw, databases[way], account["value"], secret)
            for way, client in clients.items()
        }
    return asked


def _take(suite, samples, clients, asked, size, *, order):
    """Ask all ways in turn, `size` times after the warm-up, and keep the times."""
    for title, ways in asked.items():
        samples.begin(title)
        for _ in range(WARM_UP):
            for ask in ways.values():
                ask()
        for way, client in clients.items():
            samples.add_cpu(title, way, -client.served.cpu())
        for number in range(size):
            suite.progress(f"{title}, {number} of {size}")
            for way in order.sample(WAYS, len(WAYS)):
                samples.add(title, way, ways[way]())
        for way, client in clients.items():
            samples.add_cpu(title, way, client.served.cpu())
