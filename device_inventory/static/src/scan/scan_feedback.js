import { Component } from "@odoo/owl";
import { familyLabel, familyLook } from "./scan_families";

/** The result of the last scan, large, in its family's colour, read out aloud. */
export class ScanFeedback extends Component {
    static template = "device_inventory.ScanFeedback";
    static props = {
        result: {
            type: Object,
            shape: {
                family: String,
                code: { type: String, optional: true },
                imei: { type: [String, Boolean], optional: true },
                device: { type: [String, Boolean], optional: true },
                message: { type: [String, Boolean], optional: true },
                serial: { type: Number, optional: true },
            },
        },
    };

    get look() {
        return familyLook(this.props.result.family);
    }

    get label() {
        return familyLabel(this.props.result.family);
    }

    get identity() {
        return this.props.result.imei || this.props.result.code || "";
    }
}
