"""The screens in a real browser: what no server-side test sees."""

import re
from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from .screen_common import ScreenCase

#: What the scenarios use. A dialog that tells of an error fails every wait.
LIBRARY = r"""
const PAUSE = 50;
const pause = (ms = PAUSE) => new Promise((resolve) => setTimeout(resolve, ms));
const find = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];
const textOf = (selector) =>
    find(selector)?.textContent.replace(/\s+/g, " ").trim() || "";

async function until(check, what) {
    for (let left = 20000; left > 0; left -= PAUSE) {
        if (find(".o_error_dialog")) {
            throw new Error(`${what}: ${textOf(".o_error_dialog")}`);
        }
        const found = check();
        if (found) {
            return found;
        }
        await pause();
    }
    throw new Error(`${what} never came. The page says: ${document.body.innerText}`);
}

function equal(found, expected, what) {
    const [left, right] = [found, expected].map((value) => JSON.stringify(value));
    if (left !== right) {
        throw new Error(`${what}: ${left} is not ${right}`);
    }
}

const rows = () => all(".o_data_row").length;
const list = (count, what) =>
    until(() => rows() === count, `${count} rows of ${what}`);
const press = async (selector) => (await until(() => find(selector), selector)).click();
const choose = async (selector, text) => {
    const named = () => all(selector).find((node) => node.textContent.trim() === text);
    (await until(named, text)).click();
};
"""
SCENARIO = """
(async () => {
    %s
    %s
})().then(
    () => console.log("test successful"),
    (error) => console.error(error.message)
);
"""


@tagged("post_install", "-at_install")
class TestScreens(ScreenCase, HttpCase):
    """As a settings administrator, unless a name says otherwise."""

    browser_size = "1366x768"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        now = fields.Datetime.now()
        for age in range(4):
            event = cls.event(at=now - timedelta(days=age, minutes=5))
            cls.place(event, "CA", "Canada", "Toronto")
        cls.event("failure", reason="bad_password", at=now - timedelta(minutes=10))
        cls.event("failure", login="x@example.com", at=now - timedelta(days=2))

    def play(self, path, scenario, user=None):
        """Open a page and run a scenario, which throws what is wrong.

        :param str path: the page
        :param str scenario: body of an async function in JavaScript
        """
        login = (user or self.admin).login
        code = SCENARIO % (LIBRARY, scenario)
        self.browser_js(path, re.sub(r"\s*\n\s*", "\n", code), login=login, timeout=90)

    def open(self, xmlid):
        return f"/odoo/action-fusion_login_audit.{xmlid}"

    def test_filters_by_time_and_result_find_their_events(self):
        self.play(
            self.open("action_login_audit"),
            """
            await until(() => rows() >= 6, "the events");
            equal(Boolean(find(".o_list_button_add")), false, "a button to create");
            const filter = async (name) => {
                if (!find(".o_search_bar_menu")) {
                    await press(".o_searchview_dropdown_toggler");
                }
                await choose(".o_search_bar_menu .o-dropdown-item", name);
            };
            await filter("Failures");
            await list(2, "failures");
            await filter("Last 24 Hours");
            await list(1, "failures of 24 hours");
            equal(textOf(".o_data_row [name=failure_reason]"), "Wrong password", "why");
            """,
        )

    def test_failed_logins_of_24_hours_and_the_form_of_one(self):
        self.play(
            self.open("action_login_audit_failed"),
            """
            await list(1, "failures of 24 hours");
            await press(".o_data_row [name=result]");
            await until(() => find(".o_form_view [name=user_agent_raw]"), "the form");
            equal(Boolean(find(".o_form_button_create")), false, "a button to create");
            await press("button[name=action_events_of_user]");
            await list(5, "events of the user");
            """,
        )

    def test_the_export_of_a_list_arrives_as_csv(self):
        self.play(
            self.open("action_login_audit_failed"),
            """
            await list(1, "failures of 24 hours");
            const open = XMLHttpRequest.prototype.open;
            let answer;
            XMLHttpRequest.prototype.open = function (method, url, ...rest) {
                if (url.endsWith("/fusion_login_audit/export")) {
                    answer = this;
                }
                return open.call(this, method, url, ...rest);
            };
            await press("button[name=action_export_csv]");
            await until(() => answer?.readyState === XMLHttpRequest.DONE, "the file");
            equal(answer.status, 200, "the status");
            const text = await answer.response.text();
            equal(text.split("\\r\\n").length, 3, "a header, an event, the end");
            equal(text.includes("Wrong password"), true, "the event");
            await until(() => !find(".o_blockUI"), "the screen again");
            """,
        )

    def test_the_dashboard_counts_draws_and_opens_what_it_counts(self):
        self.play(
            self.open("action_login_dashboard"),
            """
            const tile = (name) => `.o_login_dashboard_tile[data-name=${name}]`;
            const value = (name) => textOf(`${tile(name)} .o_login_dashboard_value`);
            await until(() => all(".o_login_dashboard canvas").length === 4, "charts");
            equal(value("failure"), "2", "failures of 7 days");
            await press("[data-days='1']");
            await until(() => value("failure") === "1", "failures of 24 hours");
            await press(tile("failure"));
            await list(1, "failures of 24 hours");
            await press(".o_back_button, .breadcrumb-item a");
            await until(() => value("failure") === "1", "the period that was chosen");
            await press("#o_login_dashboard_tables");
            const reasons = ".o_login_dashboard_chart[data-name=reasons] tbody";
            await press(`${reasons} button`);
            await list(1, "wrong passwords");
            """,
        )

    def test_a_bar_of_the_dashboard_opens_its_events(self):
        self.play(
            self.open("action_login_dashboard"),
            """
            const chart = ".o_login_dashboard_chart[data-name=reasons] canvas";
            const canvas = await until(() => find(chart), "the reasons");
            await until(() => Chart.getChart(canvas), "the chart");
            const labels = Chart.getChart(canvas).data.labels;
            const bar = Chart.getChart(canvas).getDatasetMeta(0).data[
                labels.indexOf("Unknown user")
            ];
            const box = canvas.getBoundingClientRect();
            const [clientX, clientY] = [box.x + bar.x - 4, box.y + bar.y];
            canvas.dispatchEvent(
                new MouseEvent("click", { bubbles: true, clientX, clientY })
            );
            await list(1, "unknown users");
            equal(textOf(".o_data_row [name=attempted_login]"), "x@example.com", "who");
            """,
        )

    def test_the_form_of_a_user_leads_to_its_history(self):
        self.play(
            f"/odoo/users/{self.user.id}",
            """
            await until(() => find("a[name=login_activity]"), "the tab");
            await press("a[name=login_activity]");
            await list(5, "recent events");
            equal(textOf("[name=x_fc_last_login_ip]"), "203.0.113.7", "last address");
            const button = ".oe_stat_button[name=action_fc_login_audit]";
            if (find(button)) {
                equal(textOf(`${button} .o_stat_value`), "5", "logins on the button");
            }
            const history = ".tab-pane.active button[name=action_fc_login_audit]";
            (await until(() => find(history), "View full history")).click();
            await until(() => !find(".o_form_view"), "the history");
            await list(5, "all events");
            """,
        )

    def test_the_list_of_users_finds_who_was_not_seen(self):
        self.play(
            "/odoo/users",
            """
            await until(() => rows() >= 2, "the users");
            const name = () => all(".o_data_row [name=login]").map(
                (cell) => cell.textContent.trim()
            );
            equal(name().includes("ada@example.com"), true, "Ada among the users");
            await press(".o_searchview_dropdown_toggler");
            await choose(".o_search_bar_menu .o-dropdown-item", "Not Seen for 90 Days");
            await until(() => !name().includes("ada@example.com"), "users not seen");
            """,
        )

    def test_the_settings_show_what_belongs_to_a_switch_while_it_is_on(self):
        self.play(
            "/odoo/settings",
            """
            const input = (name) => find(`[name=x_fc_login_audit_${name}] input`);
            await until(() => input("retention_days"), "the section");
            equal(input("retention_days").value, "365", "the retention");
            equal(Boolean(input("alert_hours_from")), false, "hours while off");
            input("alert_off_hours").click();
            await until(() => input("alert_hours_from"), "hours while on");
            input("alert_enabled").click();
            await until(() => !input("alert_off_hours"), "no kinds of alerts");
            await press(".o_form_button_cancel");
            await until(() => input("alert_off_hours"), "the kinds again");
            """,
        )

    def test_an_employee_finds_the_own_events_in_the_preferences(self):
        self.let_employees_see_their_own()
        self.play(
            "/odoo",
            """
            await press(".o_user_menu button");
            await press("[data-menu=preferences], [data-menu=settings]");
            await press("a[name=own_login_activity]");
            await until(() => rows() >= 5, "the own events");
            equal(textOf(".o_data_row [name=result]"), "Success", "the login of now");
            """,
            user=self.user,
        )

    def test_cards_fit_a_phone(self):
        self.browser_size = "390x844"
        self.touch_enabled = True
        self.play(
            self.open("action_login_audit"),
            """
            await until(() => all(".o_login_audit_card").length >= 6, "the cards");
            const outcomes = [".o_login_audit_failure", ".o_login_audit_success"];
            for (const outcome of outcomes) {
                await until(() => find(outcome), outcome);
            }
            const widest = Math.max(
                ...all(".o_login_audit_card").map((card) => card.offsetWidth)
            );
            equal(widest <= 390, true, "the width of the widest card");
            """,
        )
