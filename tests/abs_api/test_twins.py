"""The same request from two phones at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from abs_api.people import AGENT

ROUNDS = 8


@pytest.fixture
def token(phone):
    """An access token of the agent."""
    return phone.log_in(AGENT).json()["access_token"]


def test_two_create_a_customer_with_one_key_and_one_is_created(
    house, phones, token, query
):
    for number in range(ROUNDS):
        answers = _at_once(phones, token, f"Twin {number}", f"key-{number}")
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].json() == answers[1].json()
        replayed = [answer.headers.get("Idempotent-Replayed") for answer in answers]
        assert sorted(replayed, key=str) == [None, "true"]
        assert _customers(query, f"Twin {number}") == 1
    assert len(house.workers_that_logged("POST /api/contacts")) == 2


def test_two_with_keys_of_their_own_create_two(phones, token, query):
    answers = _at_once(phones, token, "Sibling", "key-a", "key-b")
    assert [answer.status_code for answer in answers] == [201, 201]
    assert _customers(query, "Sibling") == 2


def _at_once(phones, token, name, key, other_key=""):
    """Have two phones create a customer at the same moment; return their answers."""
    start = Barrier(2)

    def create(one):
        start.wait(timeout=30)
        headers = {"Idempotency-Key": one}
        return phones().post("/contacts", {"name": name}, token, **headers)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(create, (key, other_key or key)))


def _customers(query, name):
    """Return how many customers of a name there are, each held once."""
    return query(
        "SELECT count(*) FROM res_partner customer"
        "  JOIN ov_sa_customer_assignment entry ON entry.partner_id = customer.id"
        " WHERE customer.name = %s",
        [name],
    )[0][0]
