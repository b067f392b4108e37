import { Component } from "@odoo/owl";

const HOTKEYS = ["q", "w", "e", "r"];

/** The record's next steps. A refused one stays visible and says why. */
export class ScanActions extends Component {
    static template = "device_inventory.ScanActions";
    static props = {
        actions: Array,
        waitReason: { type: String, optional: true },
        onAction: Function,
    };

    /** @returns {string} why the action cannot run now, empty when it can */
    reasonOf(action) {
        if (!action.enabled) {
            return action.reason || "";
        }
        return this.props.waitReason || "";
    }

    isEnabled(action) {
        return action.enabled && !this.props.waitReason;
    }

    /** @returns {string[]} each reason once, with the actions that it holds up */
    get reasons() {
        return this.props.actions
            .filter((action) => this.reasonOf(action))
            .map((action) => `${action.label}: ${this.reasonOf(action)}`);
    }

    hotkeyOf(index) {
        return HOTKEYS[index];
    }
}
