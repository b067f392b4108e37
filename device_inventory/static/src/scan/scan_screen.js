import { Component, onMounted, onWillStart, onWillUnmount, useRef, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { serializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useBus, useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { session } from "@web/session";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { ScanActions } from "./scan_actions";
import { ScanCounts } from "./scan_counts";
import { ScanEntry } from "./scan_entry";
import { familyLook, familyOf } from "./scan_families";
import { ScanFeedback } from "./scan_feedback";
import { ScanHistory } from "./scan_history";
import { ScanQueue, scanErrorKind } from "./scan_queue";
import { ScanSounds } from "./scan_sounds";

const { DateTime } = luxon;

const HISTORY_LENGTH = 10;
const IDLE_DELAY = 10000;
const QUEUE_PREFIX = "device_inventory.scan.queue";
const UNDOABLE = new Set(["good", "unexpected"]);
/** Codes that the `barcodes` module reads as commands of its own. */
const COMMAND_CODE = /^(OBT|OCD|O-BTN|O-CMD)/;

/**
 * @param {string} resModel
 * @param {number} resId
 * @returns {string} where this user's unsent scans of this record are kept
 */
export function scanQueueKey(resModel, resId) {
    return [QUEUE_PREFIX, session.db, user.userId, resModel, resId].join(":");
}

/** @param {{done: number, expected: number}} counts */
function isComplete({ done, expected }) {
    return expected > 0 && done >= expected;
}

function leftOf({ done, expected }) {
    return Math.max(0, expected - done);
}

/**
 * Full-screen scanning into one record: a manifest, a box or a task.
 *
 * The record's model answers `scan_state()`, `scan_device(code, token)` and
 * `scan_undo(scan_id)`; it holds every rule, this screen asks and shows.
 */
export class ScanScreen extends Component {
    static template = "device_inventory.ScanScreen";
    static components = { ScanActions, ScanCounts, ScanEntry, ScanFeedback, ScanHistory };
    static props = { ...standardActionServiceProps };
    static target = "fullscreen";
    static path = "device-scan";
    static displayName = _t("Scan");

    setup() {
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.orm = useService("orm");
        this.ui = useService("ui");
        this.root = useRef("root");
        this._setupTarget();
        this._setupState();
        this._setupQueue();
        this.sounds = new ScanSounds();
        this.state.muted = this.sounds.muted;
        this.loadWhenIdle = useDebounced(() => this.load(), IDLE_DELAY);
        useBus(useService("barcode").bus, "barcode_scanned", (ev) => this.onWedge(ev.detail));
        this._listen();
        onWillStart(() => this.load());
        onMounted(() => {
            this.root.el.focus();
            this.queue.flush();
        });
        onWillUnmount(() => {
            this.queue.stop();
            this.sounds.close();
        });
    }

    /** The button's params name the record; after a reload the URL does. */
    _setupTarget() {
        const params = this.props.action.params || {};
        this.resModel = params.model || params.res_model;
        this.resId = params.res_id || params.resId || this.props.resId;
        this.props.updateActionState?.({ resId: this.resId, res_model: this.resModel });
    }

    _setupState() {
        this.scanSerial = 0;
        this.repliesSeen = 0;
        this.awaited = new Map();
        this.state = useState({
            loaded: false,
            title: this.props.action.name || "",
            subtitle: "",
            counts: { done: 0, expected: 0, unexpected: 0, duplicate: 0 },
            linesLeft: 0,
            canScan: true,
            blockedReason: "",
            actions: [],
            history: [],
            result: { family: "ready" },
            queued: [],
            lost: false,
            muted: false,
            undoingId: false,
            runningAction: false,
        });
    }

    _setupQueue() {
        // Not the component's protected service: a reply that comes after the
        // screen was left must still take its scan off the queue.
        const orm = this.env.services.orm.silent;
        this.call = (method, ...args) =>
            orm.call(this.resModel, method, [[this.resId], ...args]);
        this.queue = new ScanQueue({
            key: scanQueueKey(this.resModel, this.resId),
            send: (code, token) => this.call("scan_device", code, token),
            handlers: {
                onReply: (entry, reply) => this._onReply(entry, reply),
                onRefused: (entry, error) => this._onReply(entry, this._refusal(error)),
                onQueued: (entry) => this._showQueued(entry),
                onExpired: (error) => Promise.reject(error),
                onChange: () => this._onQueueChange(),
            },
        });
        this._onQueueChange();
    }

    _listen() {
        const catchUp = () => this.catchUp();
        const catchUpWhenSeen = () => document.visibilityState === "visible" && catchUp();
        onMounted(() => {
            browser.addEventListener("online", catchUp);
            document.addEventListener("visibilitychange", catchUpWhenSeen);
        });
        onWillUnmount(() => {
            browser.removeEventListener("online", catchUp);
            document.removeEventListener("visibilitychange", catchUpWhenSeen);
        });
    }

    // ------------------------------------------------------------------ state

    /** Read the record's whole state; without a connection scans still queue. */
    async load() {
        const seen = this.repliesSeen;
        let state;
        try {
            state = await this.orm.silent.call(this.resModel, "scan_state", [[this.resId]]);
        } catch (error) {
            if (scanErrorKind(error) !== "lost") {
                throw error;
            }
            return;
        }
        if (seen === this.repliesSeen) {
            this._applyState(state);
        } else {
            await this.load();
        }
    }

    _applyState(state) {
        this.state.loaded = true;
        this.state.title = state.title;
        this.state.subtitle = state.subtitle || "";
        this.state.counts = state.counts;
        this.state.linesLeft = state.lines_left ?? leftOf(state.counts);
        this.state.canScan = state.can_scan;
        this.state.blockedReason = state.blocked_reason || "";
        this.state.actions = state.actions;
        this.state.history = state.recent.slice(0, HISTORY_LENGTH);
        this.env.config.setDisplayName?.(state.title);
    }

    /**
     * Take the counts of a reply. What the record offers changes with the first and
     * the last device and with an unexpected one: the whole state is read again
     * there, and once the operator pauses, but not for each scan.
     */
    _applyCounts(counts) {
        if (!counts) {
            return;
        }
        const before = this.state.counts;
        this.state.counts = counts;
        this.state.linesLeft = leftOf(counts);
        const crossed =
            !before.done !== !counts.done || isComplete(before) !== isComplete(counts);
        if (crossed || before.unexpected !== counts.unexpected) {
            this.load();
        } else {
            this.loadWhenIdle();
        }
    }

    _onQueueChange() {
        this.state.queued = this.queue.entries;
        this.state.lost = this.queue.lost;
    }

    get offlineMessage() {
        return _t("No connection. Scans are kept on this device: queued (%(count)s)", {
            count: this.state.queued.length,
        });
    }

    get sendingMessage() {
        return _t("Sending: queued (%(count)s)", { count: this.state.queued.length });
    }

    // --------------------------------------------------------------- scanning

    /**
     * A code from the hand scanner.
     *
     * @param {{barcode: string}} detail
     */
    onWedge({ barcode }) {
        if (COMMAND_CODE.test(barcode)) {
            return;
        }
        if (this.ui.activeElement !== document) {
            this._show({
                family: "refused",
                code: barcode,
                message: _t("Not counted: close the open window first.").toString(),
            });
            return;
        }
        this.scan(barcode);
    }

    /**
     * @param {string} barcode as scanned or typed; the server cleans it up
     * @returns {Promise<boolean>} whether the operator may go on to the next device,
     *  once the result is shown
     */
    scan(barcode) {
        const code = barcode.trim();
        if (!code) {
            return Promise.resolve(false);
        }
        this._show({ family: "pending", code });
        const entry = this.queue.add(code);
        const shown = new Promise((resolve) => this.awaited.set(entry.token, resolve));
        if (entry.offline) {
            this._showQueued(entry);
        }
        return shown;
    }

    _onReply(entry, reply) {
        const family = familyOf(reply);
        this.repliesSeen++;
        this._remember(entry, reply, family);
        this._applyCounts(reply.counts);
        this._show({
            family,
            code: entry.code,
            imei: reply.imei,
            device: reply.device,
            message: reply.message,
        });
        this._settle(entry, family === "good" && !isComplete(this.state.counts));
        if (entry.offline) {
            this._onLateReply(entry, reply, family);
        }
    }

    _refusal(error) {
        return {
            ok: false,
            family: "refused",
            code: "error",
            message: error.data?.message || error.message,
        };
    }

    /**
     * The operator has moved on since, and may not be looking any more. A reply
     * given twice carries the counts of the first time: read them again.
     */
    _onLateReply(entry, reply, family) {
        if (family !== "good") {
            this.notification.add(reply.message || "", {
                title: reply.imei || entry.code,
                type: "danger",
                sticky: true,
            });
        }
        if (!this.queue.entries.length) {
            this.load();
        }
    }

    _remember(entry, reply, family) {
        const scan = {
            id: reply.scan_id || false,
            token: entry.token,
            imei: reply.imei || entry.code,
            device: reply.device,
            code: reply.code,
            family,
            ok: reply.ok,
            message: reply.message,
            time: serializeDateTime(DateTime.fromISO(entry.time)),
            undoable: reply.undoable ?? Boolean(reply.scan_id && UNDOABLE.has(family)),
        };
        const others = this.state.history.filter(({ token }) => token !== scan.token);
        this.state.history = [scan, ...others].slice(0, HISTORY_LENGTH);
    }

    _showQueued(entry) {
        this._show({
            family: "queued",
            code: entry.code,
            message: _t("No connection. The scan is kept on this device and sent later.").toString(),
        });
        this._settle(entry, true);
    }

    _settle({ token }, goOn) {
        this.awaited.get(token)?.(goOn);
        this.awaited.delete(token);
    }

    _show(result) {
        this.state.result = { ...result, serial: ++this.scanSerial };
        this.sounds.play(result.family);
        const { vibration } = familyLook(result.family);
        if (vibration.length) {
            browser.navigator.vibrate?.(vibration);
        }
    }

    /** @param {Object} scan one of the history that is `undoable` */
    async undo(scan) {
        this.state.undoingId = scan.id;
        try {
            this._onUndone(scan, await this.queue.between(() => this.call("scan_undo", scan.id)));
        } catch (error) {
            this._onUndoFailed(error);
        } finally {
            this.state.undoingId = false;
        }
    }

    _onUndone(scan, reply) {
        this.repliesSeen++;
        if (reply.recent) {
            this.state.history = reply.recent.slice(0, HISTORY_LENGTH);
        }
        this._applyCounts(reply.counts);
        this._show({
            family: reply.ok ? "undone" : "refused",
            code: scan.imei,
            imei: reply.imei,
            device: reply.device,
            message: reply.message,
        });
    }

    _onUndoFailed(error) {
        if (scanErrorKind(error) === "expired") {
            throw error;
        }
        const message =
            scanErrorKind(error) === "lost"
                ? _t("Not undone: there is no connection. Try again when it is back.").toString()
                : this._refusal(error).message;
        this._show({ family: "refused", message });
    }

    // ---------------------------------------------------------------- actions

    /** @returns {string} why every action has to wait, empty when none has to */
    get waitReason() {
        if (this.state.queued.length) {
            return _t("scans not sent yet: %(count)s", {
                count: this.state.queued.length,
            }).toString();
        }
        return this.state.runningAction ? _t("Please wait").toString() : "";
    }

    /**
     * Run an action as the record offers it now: what it asks, and whether it may
     * run at all, can have changed since the last full state.
     *
     * @param {{name: string}} clicked
     */
    async onAction(clicked) {
        await this.load();
        const action = this.state.actions.find(({ name }) => name === clicked.name);
        if (!action?.enabled) {
            return;
        }
        if (!action.confirm) {
            return this.run(action);
        }
        this.dialog.add(ConfirmationDialog, {
            title: action.label,
            body: action.confirm,
            confirmLabel: action.label,
            confirm: () => this.run(action),
            cancel: () => {},
        });
    }

    async run(action) {
        this.state.runningAction = true;
        try {
            const next = await this.orm.call(this.resModel, action.name, [[this.resId]]);
            if (next && typeof next === "object" && next.type) {
                await this.action.doAction(next, { onClose: () => this.load() });
            }
        } finally {
            this.state.runningAction = false;
        }
        await this.load();
    }

    toggleSound() {
        this.state.muted = this.sounds.toggle();
        this.sounds.play("good");
    }

    /** Send what waits, and read the state if the screen opened without it. */
    catchUp() {
        this.queue.flush();
        if (!this.state.loaded) {
            this.load();
        }
    }

    discardQueue() {
        this.dialog.add(ConfirmationDialog, {
            title: _t("Discard unsent scans"),
            body: _t(
                "Scans that were never sent: %(count)s. Discarded, they have to be scanned again.",
                { count: this.state.queued.length }
            ).toString(),
            confirmLabel: _t("Discard"),
            confirmClass: "btn-danger",
            confirm: () => this.queue.discard(),
            cancel: () => {},
        });
    }

    /** Back where the operator came from, or to the record when that is unknown. */
    back() {
        if (this.env.config.breadcrumbs?.length > 1) {
            return this.env.config.historyBack();
        }
        return this.action.doAction(
            {
                type: "ir.actions.act_window",
                res_model: this.resModel,
                res_id: this.resId,
                views: [[false, "form"]],
            },
            { clearBreadcrumbs: true }
        );
    }
}

registry.category("actions").add("device_inventory.scan", ScanScreen);
