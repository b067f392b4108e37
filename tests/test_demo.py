"""The demo as people meet it: logins work, nothing on the first page is broken."""

import json
import time

import pytest

from tools.suite import demo, server
from tools.suite.errors import SuiteError

# Twice what a machine at rest needs: CI machines are busy.
SECOND_CALL_SECONDS = 60


@pytest.fixture
def browser(running_demo, user):
    """A session of the demo user."""
    browser = running_demo.browser()
    landed = browser.log_in(user["login"], user["password"])
    assert "/web/login" not in landed
    return browser


def test_demo_user_logs_in_and_the_web_client_loads_with_its_assets(browser):
    status, _url, page = browser.get("/web")
    assert status == 200
    bundles = browser.assets_of(page)
    assert bundles
    for bundle in bundles:
        status, _url, text = browser.get(bundle)
        assert status == 200
        assert text.strip(), f"{bundle} is empty"


def test_demo_user_sees_the_main_menu(running_demo, browser):
    suffix = "" if running_demo.runtime.odoo.major >= 19 else "/1"
    status, _url, text = browser.get(f"/web/webclient/load_menus{suffix}")
    assert status == 200
    assert json.loads(text)["root"]["children"]


def test_demo_user_is_in_the_company_that_the_list_names(browser, user):
    info = browser.rpc("/web/session/get_session_info", {})["result"]
    companies = info["user_companies"]["allowed_companies"].values()
    names = {company["name"] for company in companies}
    assert info["username"] == user["login"]
    if user["company"] in ("both", "all"):
        assert len(names) > 1
    else:
        assert user["company"] in names


def test_wrong_password_stays_on_the_login_page(running_demo):
    landed = running_demo.browser().log_in("admin", "not the password")
    assert "/web/login" in landed


def test_database_list_is_closed(running_demo):
    answer = running_demo.browser().rpc("/web/database/list", {})
    assert "error" in answer


def test_second_call_finds_the_demo_running_and_answers_at_once(running_demo):
    started = time.monotonic()
    assert demo.up(running_demo.runtime, running_demo.settings)
    assert time.monotonic() - started < SECOND_CALL_SECONDS


def test_demo_that_was_stopped_starts_again_with_everything(running_demo):
    before = _counts(running_demo)
    assert demo.stop(running_demo.settings)
    assert not server.answers(running_demo.settings.port)
    started = time.monotonic()
    assert not demo.up(running_demo.runtime, running_demo.settings)
    assert time.monotonic() - started < SECOND_CALL_SECONDS
    assert _counts(running_demo) == before


def test_playing_the_stories_again_changes_nothing(running_demo):
    before = _counts(running_demo)
    log = running_demo.runtime.layout.log("e2e-story")
    demo.play_stories(running_demo.runtime, running_demo.settings.database, log)
    assert _counts(running_demo) == before


def test_database_that_another_checkout_made_is_left_alone(running_demo, tmp_path):
    settings = demo.Settings(
        database=running_demo.settings.database,
        port=running_demo.settings.port,
        state_file=tmp_path / "none.json",
    )
    with pytest.raises(SuiteError, match="this checkout did not make"):
        demo.up(running_demo.runtime, settings)


def _counts(running_demo) -> dict[str, int]:
    """Return how many records of the business there are."""
    browser = running_demo.browser()
    browser.log_in("admin", "admin")
    models = ("stock.lot", "sale.order", "purchase.order", "account.move", "res.users")
    context = {"active_test": False}
    return {
        model: browser.call(model, "search_count", [], context=context)
        for model in models
    }
