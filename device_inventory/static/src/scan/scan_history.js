import { Component } from "@odoo/owl";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { familyLabel, familyLook, familyOf } from "./scan_families";

/** The scans that wait to be sent, then the last ten that were answered. */
export class ScanHistory extends Component {
    static template = "device_inventory.ScanHistory";
    static props = {
        scans: Array,
        queued: Array,
        undoingId: { type: [Number, Boolean], optional: true },
        canUndo: Boolean,
        onUndo: Function,
    };

    look(scan) {
        return familyLook(familyOf(scan));
    }

    label(scan) {
        return familyLabel(familyOf(scan));
    }

    /** @returns {string} the scan's time of day, in the user's zone and format */
    timeOf(scan) {
        return scan.time
            ? formatDateTime(deserializeDateTime(scan.time), { format: "TT" })
            : "";
    }

    /** Only the newest scan that can still be undone answers to the shortcut. */
    hotkeyOf(scan) {
        return scan === this.props.scans.find((other) => other.undoable) ? "z" : undefined;
    }
}
