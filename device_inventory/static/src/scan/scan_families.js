import { _t } from "@web/core/l10n/translation";

/**
 * What the operator sees and feels for each kind of result. `good`, `duplicate`,
 * `unexpected` and `refused` come from the server; the others are the screen's.
 */
const FAMILIES = {
    good: { color: "success", icon: "fa-check-circle", vibration: [60] },
    duplicate: { color: "warning", icon: "fa-clone", vibration: [60, 60, 60] },
    unexpected: { color: "info", icon: "fa-question-circle", vibration: [120, 80, 120] },
    refused: { color: "danger", icon: "fa-ban", vibration: [350] },
    queued: { color: "secondary", icon: "fa-hourglass-half", vibration: [30] },
    pending: { color: "light", icon: "fa-circle-o-notch fa-spin", vibration: [] },
    undone: { color: "secondary", icon: "fa-undo", vibration: [30] },
    ready: { color: "light", icon: "fa-barcode", vibration: [] },
};

const CODE_FAMILIES = new Set(["good", "duplicate", "unexpected"]);

/**
 * @param {Object} result a scan of the history or the reply to a scan
 * @returns {"good"|"duplicate"|"unexpected"|"refused"}
 */
export function familyOf({ family, code, ok }) {
    if (family in FAMILIES) {
        return family;
    }
    if (CODE_FAMILIES.has(code)) {
        return code;
    }
    return ok ? "good" : "refused";
}

/**
 * @param {string} family
 * @returns {{color: string, icon: string, vibration: number[]}}
 */
export function familyLook(family) {
    return FAMILIES[family];
}

/**
 * @param {string} family
 * @returns {string} the family's name in the user's language
 */
export function familyLabel(family) {
    return {
        good: _t("Good"),
        duplicate: _t("Duplicate"),
        unexpected: _t("Unexpected"),
        refused: _t("Refused"),
        queued: _t("Queued"),
        pending: _t("Checking…"),
        undone: _t("Undone"),
        ready: _t("Ready to scan"),
    }[family].toString();
}
