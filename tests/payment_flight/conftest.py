"""One plain database, its snapshot, and one with the addon, for all tests here."""

import pytest

from payment_flight import place as places


@pytest.fixture(scope="package")
def place(tmp_path_factory):
    """The runtime, and where databases and files are made."""
    made = places.make(tmp_path_factory.mktemp("flight"))
    yield made
    made.drop_all()


@pytest.fixture(scope="package")
def plain(place) -> str:
    """A database with `account` and payments in every state, without the addon."""
    return place.make_books()


@pytest.fixture(scope="package")
def before(place, plain):
    """The file of preflight's snapshot of the plain database."""
    path = place.folder / "before.json"
    report = place.preflight(plain, "--output", path)
    assert report.code == 0, report
    return path


@pytest.fixture(scope="package")
def install_log(place, plain, before):
    """The log of installing the addon in the database `installed`."""
    return place.install(place.clone(plain, "installed"))


@pytest.fixture(scope="package")
def installed(place, install_log) -> str:
    """The plain database after the addon was installed; no test changes it."""
    return place.name("installed")
