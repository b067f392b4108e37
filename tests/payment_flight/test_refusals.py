"""What cannot be done is said in words, with an exit code of its own."""

import json
from contextlib import closing

import pytest

from payment_flight.place import edited


def test_database_that_is_not_there(place):
    report = place.preflight("no_such_database")
    assert report.code == 2
    assert '"no_such_database" does not exist' in report.error
    assert "Traceback" not in report.error


def test_database_without_accounting(place):
    report = place.preflight("postgres")
    assert report.code == 2
    assert "it lacks the tables account_payment" in report.error


def test_server_that_does_not_answer(place, plain):
    report = place.run("preflight", "--dsn", f"dbname={plain} host=127.0.0.1 port=1")
    assert report.code == 2
    assert "does not answer" in report.error


def test_connection_string_is_taken_instead_of_a_name(place, plain):
    assert place.run("preflight", "--dsn", f"dbname={plain}").code == 0


@pytest.mark.parametrize("options", [[], ["--database", "x", "--dsn", "y"]])
def test_database_is_named_in_one_way(place, options):
    report = place.run("preflight", *options)
    assert report.code == 2
    assert "usage:" in report.error


@pytest.mark.parametrize("option", ["--before", "--log"])
def test_file_that_is_not_there(place, installed, option):
    report = place.postflight(installed, option, place.folder / "missing")
    assert report.code == 2
    assert "missing cannot be read: No such file" in report.error


def test_file_that_cannot_be_written(place, plain):
    report = place.preflight(plain, "--output", place.folder / "no" / "file.json")
    assert report.code == 2
    assert "cannot be written" in report.error


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "holds no snapshot"), ("[]", "holds no snapshot"), ("{}", "no snapshot")],
)
def test_file_that_is_no_snapshot(place, installed, text, said):
    path = place.folder / "broken.json"
    path.write_text(text, encoding="utf-8")
    report = place.postflight(installed, "--before", path)
    assert report.code == 2
    assert said in report.error


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("version", 99, "has format version 99"),
        ("series", "12.0", "was taken on Odoo 12.0"),
    ],
)
def test_snapshot_of_another_kind(place, installed, before, key, value, said):
    other = edited(
        before, place.folder / "other.json", lambda one: one.update({key: value})
    )
    report = place.postflight(installed, "--before", other)
    assert report.code == 2
    assert said in report.error


def test_time_that_is_none(place, plain):
    report = place.preflight(plain, "--since", "yesterday")
    assert report.code == 2
    assert "--since" in report.error


def test_question_that_takes_too_long_is_given_up(place, plain):
    """A table that somebody rewrites is waited for, and not for ever."""
    with closing(place.connect(plain)) as connection:
        connection.cursor().execute("LOCK TABLE account_payment")
        report = place.preflight(plain, "--timeout", 1)
    assert report.code == 2
    assert "more than 1 s: allow more with --timeout" in report.error


def test_nothing_is_written(place, plain):
    """The session can only read: a write in it would be refused."""
    statement = "SELECT json_agg(row_to_json(p) ORDER BY id) FROM account_payment p"
    was = place.query(plain, statement)
    place.preflight(plain)
    assert json.dumps(was, default=str) == json.dumps(
        place.query(plain, statement), default=str
    )
