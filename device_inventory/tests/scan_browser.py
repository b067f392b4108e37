"""A headless browser that plays a scenario on the scan screen, across page reloads."""

import base64
import json
from pathlib import Path
from unittest.mock import patch

from odoo.tests import HttpCase
from odoo.tests.common import ChromeBrowser
from odoo.tools import config

from .common import DeviceCase

#: What a scenario may use. `type` and `scan` press keys as a hand scanner does, with
#: no field focused; `network.mode` is "up", "down" (no call of the screen leaves the
#: page) or "deaf" (the server is reached, its reply is lost).
LIBRARY = r"""
const PAUSE = 50;
const pause = (ms = PAUSE) => new Promise((resolve) => setTimeout(resolve, ms));
const find = (selector) => document.querySelector(selector);
const textOf = (selector) =>
    find(selector)?.textContent.replace(/\s+/g, " ").trim() || "";

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

function equal(found, expected, what) {
    const [left, right] = [found, expected].map((value) => JSON.stringify(value));
    if (left !== right) {
        throw new Error(`${what}: ${left} is not ${right}`);
    }
}

const network = { mode: "up", sent: [] };
const xhrOpen = XMLHttpRequest.prototype.open;
const xhrSend = XMLHttpRequest.prototype.send;
XMLHttpRequest.prototype.open = function (method, url, ...rest) {
    this.scanUrl = url;
    return xhrOpen.call(this, method, url, ...rest);
};
XMLHttpRequest.prototype.send = function (body) {
    if (this.scanUrl.endsWith("/scan_device")) {
        const [, code, token] = JSON.parse(body).params.args;
        network.sent.push({ code, token, mode: network.mode });
    }
    if (network.mode === "up" || !this.scanUrl.includes("/scan_")) {
        return xhrSend.call(this, body);
    }
    const lose = () => this.dispatchEvent(new ProgressEvent("error"));
    if (network.mode === "down") {
        setTimeout(lose, 10);
        return;
    }
    const other = new XMLHttpRequest();
    xhrOpen.call(other, "POST", this.scanUrl);
    other.setRequestHeader("Content-Type", "application/json");
    other.addEventListener("load", lose);
    xhrSend.call(other, body);
};

function type(code, suffix = "Enter") {
    for (const key of suffix ? [...code, suffix] : code) {
        document.body.dispatchEvent(
            new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })
        );
    }
}

/** Scan and wait for the result, which must be of this family. */
async function scan(code, family, suffix = "Enter") {
    type(code, suffix);
    await shows(code, family);
}

async function shows(code, family) {
    const result = `section[data-family="${family}"][data-code="${code}"]`;
    await until(() => find(result), `${family} for ${code}`);
}

const screen = () => until(() => find(".o_device_scan_actions"), "the scan screen");
const counts = () => [textOf(".o_device_scan_done"), textOf(".o_device_scan_expected")];
const waiting = () => [...document.querySelectorAll(".o_device_scan_waiting")].length;

/** Ask the test for a picture of the page. */
async function picture(name) {
    await pause(300);
    console.log(`[picture] ${name}`);
    await pause(700);
}
"""

PLAYER = """
(() => {
    if (!location.pathname.startsWith("/odoo") || window.scanScenario) {
        return;
    }
    window.scanScenario = true;
    %(library)s
    const data = %(data)s;
    const stages = [%(stages)s];
    const stage = Number(sessionStorage.getItem("stage") || 0);
    const play = async () => {
        await stages[stage]();
        sessionStorage.setItem("stage", stage + 1);
        if (stage + 1 < stages.length) {
            location.reload();
        } else {
            console.log("test successful");
        }
    };
    document.addEventListener("DOMContentLoaded", () =>
        play().catch((error) => console.error(error.message))
    );
})();
"""


def build_scenario(stages, data):
    """Return the script of a scenario; the page is reloaded between its stages.

    :param list stages: bodies of async functions in JavaScript
    :param dict data: known to the stages as `data`
    """
    return PLAYER % {
        "library": LIBRARY,
        "data": json.dumps(data),
        "stages": ",".join(f"async () => {{{stage}}}" for stage in stages),
    }


def artifacts_dir():
    """Return the folder that keeps pictures of the screens, beside Odoo's own."""
    folder = Path(config["screenshots"], "device_inventory")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class ScanBrowser(ChromeBrowser):
    """Runs the test's `scenario` in each page it opens and keeps its pictures."""

    def navigate_to(self, url, wait_stop=False):
        self._websocket_request(
            "Page.addScriptToEvaluateOnNewDocument",
            params={"source": self.test_case.scenario},
        )
        return super().navigate_to(url, wait_stop=wait_stop)

    def _handle_console(self, **event):
        args = event.get("args")
        text = str(args[0].get("value", "")) if args else ""
        if text.startswith("[picture] "):
            self._take_picture(text.removeprefix("[picture] "))
        return super()._handle_console(**event)

    def _take_picture(self, name):
        target = artifacts_dir() / f"{name}.png"

        def keep(future):
            target.write_bytes(base64.b64decode(future.result()["data"]))

        self._websocket_send(
            "Page.captureScreenshot", with_future=True
        ).add_done_callback(keep)


class ScanCase(DeviceCase, HttpCase):
    """Plays scenarios in a real browser, as an ordinary warehouse user."""

    browser_size = "1366x768"
    scenario = ""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse.password = cls.warehouse.login

    def play(self, record, stages, path=None, **data):
        """Play a scenario on a record's scan screen.

        :param list stages: JavaScript, the page being reloaded between them
        :param str path: page to start from, by default the scan screen itself
        """
        self.scenario = build_scenario(stages, {"id": record.id, **data})
        path = path or f"/odoo/device-scan/{record.id}?res_model={record._name}"
        with patch("odoo.tests.common.ChromeBrowser", ScanBrowser):
            self.browser_js(path, "", "", login=self.warehouse.login, timeout=120)
        self.env.invalidate_all()
