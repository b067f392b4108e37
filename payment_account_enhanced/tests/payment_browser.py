"""A headless browser in which a role clicks through payments."""

import json

from odoo.tests import HttpCase
from odoo.tools import mute_logger

from .common import PaymentCase

#: What a scenario may use. Whatever does not come within 20 seconds fails the test with
#: what the page says instead.
LIBRARY = r"""
const PAUSE = 50;
const pause = (ms = PAUSE) => new Promise((resolve) => setTimeout(resolve, ms));
const all = (selector) => [...document.querySelectorAll(selector)];
const isShown = (node) => node.checkVisibility({ visibilityProperty: true });
const visible = (selector) => all(selector).find(isShown);
const says = (node) => (node?.textContent || "").replace(/\s+/g, " ").trim();
const withText = (selector, text) =>
    all(selector).find((node) => isShown(node) && says(node).includes(text));

async function until(check, what) {
    for (let left = 20000; left > 0; left -= PAUSE) {
        const found = check();
        if (found) {
            return found;
        }
        await pause();
    }
    throw new Error(`${what} never came. The page says: ${document.body.innerText}`);
}

const press = async (selector) =>
    (await until(() => visible(selector), selector)).click();
const pressText = async (selector, text) =>
    (await until(() => withText(selector, text), `${selector}: ${text}`)).click();
const pressExactly = async (selector, text) =>
    (
        await until(
            () => all(selector).find((node) => isShown(node) && says(node) === text),
            `${selector}: ${text}`
        )
    ).click();
const button = (name) => `.o_statusbar_buttons button[name=${name}]`;
const form = () => until(() => visible(".o_form_view .o_statusbar_status"), "the form");
const list = () => until(() => visible(".o_list_view"), "the list");
const status = (text) =>
    until(
        () => withText(".o_statusbar_status .o_arrow_button_current", text),
        `status ${text}`
    );

/** Wait until the page has shown what it last asked for. */
async function settle() {
    await pause(300);
    await until(() => !visible(".o_loading_indicator"), "the answer");
}

/** Filter the list of payments by the name of a filter. */
async function filter(name) {
    await list();
    await press(".o_searchview_dropdown_toggler");
    await pressExactly(".o_menu_item", name);
    await until(() => withText(".o_facet_values", name), `the filter ${name}`);
    await press(".o_searchview_dropdown_toggler");
    await until(() => !visible(".o_search_bar_menu"), "the list behind the filters");
    await settle();
}

/** Open a payment from the list of payments. */
async function openPayment(text) {
    await list();
    await settle();
    await pressText(".o_data_row .o_data_cell", text);
    await form();
    await settle();
}

const input = (name) =>
    until(
        () => visible(`.o_field_widget[name=${name}] input`),
        `the input of ${name}`
    );

async function type(name, value) {
    const field = await input(name);
    field.focus();
    field.value = value;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
    field.blur();
    await pause(300);
}

/** Choose a record by the beginning of its name. */
async function choose(name, text) {
    const field = await input(name);
    field.focus();
    field.click();
    field.value = text;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    const item = ".o-autocomplete--dropdown-item";
    await until(
        () => withText(item, text) && !withText(item, "Loading"),
        `${text} to choose`
    );
    await pressText(item, text);
    await pause(300);
}

const valueOf = (name) => visible(`.o_field_widget[name=${name}] input`)?.value;
const save = () => press(".o_form_button_save");
const saved = () =>
    until(() => !visible(".o_form_button_save") && !visible(".modal"), "the save");

async function discard() {
    await press(".o_form_button_cancel");
    await until(() => !visible(".o_form_button_cancel"), "the form as it was");
}

/** Wait for an error with this message, and close it. */
async function refused(message) {
    await until(() => withText(".modal", message), message);
    await press(".modal .modal-footer button");
    await until(() => !visible(".modal"), "the page behind the message");
}

/** Answer the dialog that asks for the reason of an override. */
async function giveReason(reason, confirm) {
    await until(() => visible(".modal .o_field_widget[name=reason] input"), "a dialog");
    await type("reason", reason);
    await pressText(".modal .modal-footer button", confirm);
    await until(() => !visible(".modal"), "the page behind the dialog");
}
"""

SCENARIO = """
(async () => {
    %(library)s
    const data = %(data)s;
    %(script)s
})().then(
    () => console.log("test successful"),
    (error) => console.error(error.message)
);
"""


class PaymentBrowserCase(PaymentCase, HttpCase):
    """Plays scenarios in a real browser, as a person of a role."""

    browser_size = "1366x768"
    payments_path = "/odoo/action-payment_account_enhanced.action_payment_all"

    def play(self, user, script, path=None, **data):
        """Play a scenario, by default from the list of payments.

        :param user: `res.users` who plays it
        :param str script: body of an async function in JavaScript
        :param str path: page to start from
        :param data: known to the script as `data`
        """
        user.sudo().password = user.login
        self.env.flush_all()
        code = SCENARIO % {
            "library": LIBRARY,
            "data": json.dumps(data),
            "script": script,
        }
        # Refusals, which the scenarios are about, are warnings in the log of requests.
        with mute_logger("odoo.http"):
            self.browser_js(
                path or self.payments_path,
                code,
                "!!document.querySelector('.o_action_manager .o_view_controller')",
                login=user.login,
                timeout=120,
            )
        self.env.invalidate_all()
