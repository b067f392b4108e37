import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

/** How far the record is: done of expected, a progress bar, what does not fit. */
export class ScanCounts extends Component {
    static template = "device_inventory.ScanCounts";
    static props = {
        counts: Object,
        linesLeft: Number,
    };

    get expected() {
        return this.props.counts.expected || 0;
    }

    get done() {
        return this.props.counts.done || 0;
    }

    /** @returns {number} 0 to 100 */
    get percent() {
        return this.expected ? Math.min(100, Math.round((100 * this.done) / this.expected)) : 0;
    }

    get isComplete() {
        return this.expected > 0 && this.done >= this.expected;
    }

    get leftLabel() {
        return _t("%(count)s left", { count: this.props.linesLeft });
    }

    get unexpectedLabel() {
        return _t("%(count)s unexpected", { count: this.props.counts.unexpected });
    }

    get duplicateLabel() {
        return _t("%(count)s duplicate", { count: this.props.counts.duplicate });
    }
}
