"""One server with two workers for all tests of the audit, and its people."""

from pathlib import Path

import pytest

from login_audit import house as houses
from login_audit.people import Office, Person
from login_audit.postbox import Postbox
from login_audit.trail import Trail
from login_audit.visitor import Visitor
from tools.suite import ports

_HERE = Path(__file__).parent
_LAST = "test_planted_secrets.py"
# Nothing of a test run leaves the machine; what the tests ask for is set in them.
_PARAMETERS = {
    "web.base.url.freeze": "True",
    "web.json.enabled": "True",
    "auth_signup.invitation_scope": "b2c",
    "auth_signup.reset_password": "True",
    "fusion_login_audit.geo_url": "http://127.0.0.1:9/{ip}",
    "fusion_login_audit.reverse_dns": "False",
}


def pytest_collection_modifyitems(items):
    """Look for planted secrets when all other tests of this folder are done."""
    places = [place for place, item in enumerate(items) if item.path.parent == _HERE]
    ours = [items[place] for place in places]
    ours.sort(key=lambda item: item.path.name == _LAST)
    for place, item in zip(places, ours, strict=True):
        items[place] = item


@pytest.fixture(scope="package")
def house():
    """The server."""
    runtime, database = houses.prepare()
    port = ports.free_port()
    address = {"web.base.url": f"http://127.0.0.1:{port}"}
    houses.set_parameters(runtime, database, {**_PARAMETERS, **address})
    with houses.served(runtime, database, port=port) as running:
        yield running
    runtime.databases.drop(database)


@pytest.fixture(scope="package")
def trail(house):
    """The audit."""
    connection = house.connect()
    yield Trail(connection)
    connection.close()


@pytest.fixture(scope="package")
def office(house, trail) -> Office:
    """The administrator."""
    return Office(house, trail)


@pytest.fixture(scope="package")
def clerk(office) -> Person:
    """An employee whom all tests share."""
    return office.hire()


@pytest.fixture(scope="package")
def former(office) -> Person:
    """One who left: the account is archived."""
    person = office.hire()
    office.dismiss(person)
    return person


@pytest.fixture(scope="package")
def visitors(house):
    """Makes clients with an address that nobody else uses."""
    return lambda: Visitor(house)


@pytest.fixture
def visitor(visitors) -> Visitor:
    """One client."""
    return visitors()


@pytest.fixture(scope="package")
def postbox(office):
    """The mail server that the database sends with."""
    box = Postbox()
    server = office.add_mail_server("postbox", box.port)
    yield box
    office.call("ir.mail_server", "unlink", [server])
    box.close()
