"""What logins promise whoever serves them: one worker, or two at once."""

from statistics import median

from abs_api.people import AGENT, OTHER_AGENT

UNKNOWN = "nobody@oves.example.com"
SAMPLES = 12
# Hashing a password takes most of the time: without it there would be a tenth left.
TOLERANCE = 0.4


def _log_in(phone, email=AGENT):
    answer = phone.log_in(email)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _refresh_by_both_workers(house, phones, token):
    """Use one refresh token many times at once; return the answers."""
    answers = house.call_until_all_workers_serve(
        "/api/auth/refresh", lambda: phones().refresh(token)
    )
    assert {answer.status_code for answer in answers} == {200}
    return [answer.json() for answer in answers]


def test_twins_of_a_refresh_all_go_on(house, phones, phone):
    tokens = _refresh_by_both_workers(house, phones, _log_in(phone)["refresh_token"])
    assert len({one["refresh_token"] for one in tokens}) == len(tokens)
    assert all(phone.is_known_by(one["access_token"]) for one in tokens)
    assert {phone.refresh(one["refresh_token"]).status_code for one in tokens} == {200}


def test_reuse_after_the_grace_ends_the_login_of_all_twins(house, phones, phone, query):
    first = _log_in(phone)
    twins = _refresh_by_both_workers(house, phones, first["refresh_token"])
    query("UPDATE abs_session_token SET used_at = used_at - interval '1 minute'")
    refused = phone.refresh(first["refresh_token"])
    assert (refused.status_code, refused.json()["code"]) == (
        401,
        "invalid_refresh_token",
    )
    # The request was refused, and what it did was rolled back: not so the end.
    reasons = query("SELECT end_reason FROM abs_session ORDER BY id DESC LIMIT 1")
    assert reasons == [("reuse",)]
    for one in (first, *twins):
        assert not phone.is_known_by(one["access_token"])
        assert phone.refresh(one["refresh_token"]).status_code == 401


def test_reuse_after_the_grace_leaves_other_logins_alone(phone, query):
    stolen, other = _log_in(phone), _log_in(phone)
    assert phone.refresh(stolen["refresh_token"]).status_code == 200
    query("UPDATE abs_session_token SET used_at = used_at - interval '1 minute'")
    assert phone.refresh(stolen["refresh_token"]).status_code == 401
    assert phone.is_known_by(other["access_token"])


def test_wrong_password_and_unknown_email_cost_and_read_the_same(phones, queries_of):
    answers = {OTHER_AGENT: [], UNKNOWN: []}
    for _number in range(SAMPLES):
        # Each from another address, which would have to wait otherwise.
        for email, found in answers.items():
            found.append(phones().log_in(email, "wrong horse battery"))
    known, unknown = answers.values()
    assert {one.status_code for one in (*known, *unknown)} == {401}
    assert _told(known) == _told(unknown)
    assert min(queries_of(known)) == min(queries_of(unknown))
    seconds = [
        median(one.elapsed.total_seconds() for one in found)
        for found in (known, unknown)
    ]
    assert max(seconds) - min(seconds) < TOLERANCE * min(seconds), seconds


def _told(answers):
    """Return what answers say, but for the id that each has."""
    said = (one.text.replace(one.headers["X-Request-ID"], "") for one in answers)
    return set(said)
