import { Component, onWillUnmount, status, useRef, useState } from "@odoo/owl";
import { scanBarcode } from "@web/core/barcode/barcode_dialog";
import { isBarcodeScannerSupported } from "@web/core/barcode/barcode_video_scanner";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { delay } from "@web/core/utils/concurrency";

/** A scanner types a character every few milliseconds, a hand needs 60 or more. */
const SCANNER_PACE = 40;
const SCANNER_LENGTH = 8;
const SCANNER_PAUSE = 150;
/** How long a good result is shown before the camera opens for the next device. */
const CAMERA_PAUSE = 1200;

/**
 * Typed entry and the phone's camera.
 *
 * The barcode service leaves focused inputs alone, so that what is typed here is
 * never taken twice. A scanner that shoots into the focused input, with Enter, Tab
 * or no suffix at all, is told from a hand by its pace.
 */
export class ScanEntry extends Component {
    static template = "device_inventory.ScanEntry";
    static props = { onScan: Function };

    setup() {
        this.input = useRef("input");
        this.state = useState({ code: "" });
        this.hasCamera = isBarcodeScannerSupported();
        this.burst = [];
        this.burstTimer = null;
        onWillUnmount(() => browser.clearTimeout(this.burstTimer));
    }

    get cameraTitle() {
        return this.hasCamera
            ? _t("Scan with the camera")
            : _t("The camera needs a secure connection (HTTPS) and a browser that allows it");
    }

    /** @param {InputEvent} ev */
    onInput(ev) {
        browser.clearTimeout(this.burstTimer);
        const typed = ev.inputType === "insertText" && ev.data?.length === 1;
        this.burst = typed ? [...this.burst, ev.timeStamp] : [];
        if (this._isScanner()) {
            this.burstTimer = browser.setTimeout(() => this.submit(), SCANNER_PAUSE);
        }
    }

    /** @param {KeyboardEvent} ev */
    onKeydown(ev) {
        if (ev.key === "Enter" || (ev.key === "Tab" && this._isScanner())) {
            ev.preventDefault();
            this.submit();
        } else if (ev.key === "Escape") {
            this._clear();
            this.input.el.blur();
        }
    }

    submit() {
        const code = this.state.code.trim();
        this._clear();
        if (code) {
            this.props.onScan(code);
        }
    }

    /** Scan with the camera, one device after the other while all goes well. */
    async openCamera() {
        let goOn = true;
        while (goOn && status(this) === "mounted") {
            // Closing the dialog leaves this promise open for ever: the loop ends.
            goOn = await this.props.onScan(await scanBarcode(this.env));
            await delay(CAMERA_PAUSE);
        }
    }

    _isScanner() {
        const count = this.burst.length;
        if (count < SCANNER_LENGTH || count !== this.state.code.length) {
            return false;
        }
        return (this.burst.at(-1) - this.burst[0]) / (count - 1) <= SCANNER_PACE;
    }

    _clear() {
        browser.clearTimeout(this.burstTimer);
        this.burst = [];
        this.state.code = "";
        // Typed and cleared within one frame, the value never changed for Owl.
        this.input.el.value = "";
    }
}
