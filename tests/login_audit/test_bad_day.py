"""What must not happen to logins when something else fails, and what must still."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from login_audit import house as houses
from login_audit.outside import Silence, refusing_port
from login_audit.people import PASSWORD, WRONG_PASSWORD, Person
from login_audit.trail import wait_for
from login_audit.visitor import Visitor

PARALLEL_LOGINS = 200
CLIENTS = 24
BURST = 5
# What hangs does so for three seconds and more.
PATIENCE_SECONDS = 1.0
CRON_PATIENCE_SECONDS = 15
# Where a service would look it up; the others are private.
PUBLIC_ADDRESS = "9.9.9.9"
WAYS_IN = {
    "form": Visitor.log_in,
    "web client": Visitor.open_session,
    "xmlrpc": Visitor.xmlrpc_authenticate,
    "jsonrpc": Visitor.jsonrpc_authenticate,
}


@pytest.fixture
def victim(office) -> Person:
    """Somebody whose password is being guessed."""
    return office.hire()


@pytest.fixture
def table_away(trail):
    """The table of the audit, under another name."""
    trail.query("ALTER TABLE fusion_login_audit RENAME TO fusion_login_audit_away")
    yield
    trail.query("ALTER TABLE fusion_login_audit_away RENAME TO fusion_login_audit")


@pytest.fixture
def table_locked(house):
    """The table of the audit, held by a transaction that does not end."""
    connection = house.connect()
    connection.autocommit = False
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE fusion_login_audit IN ACCESS EXCLUSIVE MODE")
    yield
    connection.close()


def complaints(house, visitor: Visitor | None = None) -> int:
    """Return how many logins the server's log says it could not record.

    :param visitor: whose; everybody's when not given
    """
    ending = f" from {visitor.ip}:" if visitor else ""
    return sum(
        " ERROR " in line and "fusion_login_audit: a login was" in line
        for line in house.logged().splitlines()
        if ending in line
    )


def timed(action, *arguments) -> tuple[bool, float]:
    """Return the result of an action and how long it took."""
    started = time.monotonic()
    return action(*arguments), time.monotonic() - started


def limit(log_in, house, person: Person) -> float:
    """Return how long a login may take: twice as long as now, and a little more."""
    inside, seconds = timed(log_in, Visitor(house), person.login, PASSWORD)
    assert inside
    return 2 * seconds + PATIENCE_SECONDS


def test_parallel_bad_logins_leave_a_row_each_and_one_alert(
    trail, house, office, victim
):
    office.weaken_password(victim)

    def guess(_number):
        return Visitor(house).jsonrpc_authenticate(victim.login, WRONG_PASSWORD)

    with trail.rows(PARALLEL_LOGINS) as rows, ThreadPoolExecutor(CLIENTS) as pool:
        assert not any(pool.map(guess, range(PARALLEL_LOGINS)))
    assert {row["failure_reason"] for row in rows} == {"bad_password"}
    assert {row["user_id"] for row in rows} == {victim.uid}
    assert len({row["ip_address"] for row in rows}) == PARALLEL_LOGINS
    assert len(trail.alerts("failure_burst", victim.login)) == 1


def test_parallel_bad_logins_of_nobody_leave_a_row_each_and_one_alert(trail, house):
    login = "nobody-at-all@example.com"

    def guess(_number):
        return Visitor(house).xmlrpc_login(login, WRONG_PASSWORD)

    with trail.rows(PARALLEL_LOGINS) as rows, ThreadPoolExecutor(CLIENTS) as pool:
        assert not any(pool.map(guess, range(PARALLEL_LOGINS)))
    assert {row["failure_reason"] for row in rows} == {"unknown_user"}
    assert len(trail.alerts("failure_burst", login)) == 1


@pytest.mark.parametrize("way_in", WAYS_IN)
@pytest.mark.parametrize("trouble", ["table_away", "table_locked"])
def test_login_goes_on_when_its_row_cannot_be_written(
    request, house, visitor, clerk, way_in, trouble
):
    log_in = WAYS_IN[way_in]
    longest = limit(log_in, house, clerk)
    request.getfixturevalue(trouble)
    inside, seconds = timed(log_in, visitor, clerk.login, PASSWORD)
    assert inside
    assert seconds < longest
    stranger = visitor.neighbour()
    inside, seconds = timed(log_in, stranger, clerk.login, WRONG_PASSWORD)
    assert not inside
    assert seconds < longest
    assert wait_for(lambda: complaints(house, visitor) == 2)


def test_secret_typed_as_the_login_is_not_logged_when_its_row_cannot_be_written(
    request, house, visitor
):
    before = len(house.logged())
    request.getfixturevalue("table_away")
    assert not visitor.log_in(PASSWORD, PASSWORD)
    wait_for(lambda: "fusion_login_audit" in house.logged()[before:])
    of_audit = [
        line
        for line in house.logged()[before:].splitlines()
        if "fusion_login_audit:" in line
    ]
    assert of_audit
    assert not any(PASSWORD[3:-3] in line for line in of_audit)


def test_calls_and_keys_go_on_without_the_table(
    table_away, visitor, house, office, clerk
):
    key = office.give_key(clerk)
    assert visitor.jsonrpc_call(clerk.uid, key)
    assert not visitor.jsonrpc_call(clerk.uid, WRONG_PASSWORD)
    assert visitor.bearer_call(key).status_code == 200
    assert visitor.bearer_call(key[::-1]).status_code == 401


def test_second_factor_goes_on_without_the_table(table_away, visitor, office):
    person = office.hire()
    app = office.give_authenticator(person)
    assert not visitor.log_in(person.login, PASSWORD)
    assert not visitor.give_code(app.wrong())
    assert visitor.give_code(app.right())


def test_logins_are_recorded_again_when_the_table_is_back(trail, visitor, clerk):
    with trail.row(result="success", user_id=clerk.uid, ip_address=visitor.ip):
        assert visitor.log_in(clerk.login, PASSWORD)


def test_login_without_a_free_connection_leaves_its_row_or_a_line_in_the_log(
    trail, house, clerk
):
    # With one connection a login from the web client works since 19.0 only.
    ways = ["xmlrpc", "jsonrpc"] + (["web client"] if house.major >= 19 else [])
    options = ["--db_maxconn=1", "--max-cron-threads=0"]
    mark = trail.count()
    with houses.served(
        house.runtime, house.database, workers=0, options=options, name="one_connection"
    ) as narrow:
        for way_in in ways:
            assert WAYS_IN[way_in](Visitor(narrow), clerk.login, PASSWORD)
            assert not WAYS_IN[way_in](Visitor(narrow), clerk.login, WRONG_PASSWORD)
        wait_for(
            lambda: trail.count() - mark + complaints(narrow) == 2 * len(ways),
        )
        assert trail.count() - mark + complaints(narrow) == 2 * len(ways)
        if house.major >= 19:
            assert complaints(narrow)


def test_logins_do_not_wait_for_a_geo_service_that_never_answers(
    trail, house, office, clerk
):
    limits = {name: limit(WAYS_IN[name], house, clerk) for name in ("form", "jsonrpc")}
    silence = Silence()
    office.set_parameter(
        "fusion_login_audit.geo_url", f"http://127.0.0.1:{silence.port}/{{ip}}"
    )
    visitor = Visitor(house, ip=PUBLIC_ADDRESS)
    with trail.row(geo_lookup_state="pending", ip_address=PUBLIC_ADDRESS):
        assert visitor.log_in(clerk.login, PASSWORD)
    try:
        office.run_cron("cron_geo_enrich")
        assert wait_for(lambda: silence.callers, CRON_PATIENCE_SECONDS)
        for way_in, longest in limits.items():
            other = Visitor(house, ip=PUBLIC_ADDRESS)
            inside, seconds = timed(WAYS_IN[way_in], other, clerk.login, PASSWORD)
            assert inside
            assert seconds < longest
    finally:
        silence.close()
        office.set_parameter("fusion_login_audit.geo_url", "http://127.0.0.1:9/{ip}")


def test_alert_is_kept_and_logins_do_not_wait_when_the_mail_server_is_down(
    trail, house, office, victim
):
    longest = limit(Visitor.log_in, house, victim)
    server = office.add_mail_server("down", refusing_port(), first=True)
    try:
        visitor = Visitor(house)
        with trail.rows(BURST):
            for _time in range(BURST):
                inside, seconds = timed(
                    visitor.jsonrpc_authenticate, victim.login, WRONG_PASSWORD
                )
                assert not inside
                assert seconds < longest
        assert wait_for(lambda: trail.alerts("failure_burst", victim.login))
        office.run_cron("cron_alert_deliver")
        inside, seconds = timed(visitor.log_in, victim.login, PASSWORD)
        assert inside
        assert seconds < longest
        assert len(trail.alerts("failure_burst", victim.login)) == 1
    finally:
        office.call("ir.mail_server", "unlink", [server])
