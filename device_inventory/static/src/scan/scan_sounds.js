import { browser } from "@web/core/browser/browser";

const MUTED_KEY = "device_inventory.scan.muted";
const VOLUME = 0.25;

/** Tones of each family: frequency (Hz), start and length (s), wave. */
const TONES = {
    good: [
        [988, 0, 0.08, "sine"],
        [1480, 0.08, 0.14, "sine"],
    ],
    duplicate: [
        [660, 0, 0.1, "triangle"],
        [660, 0.16, 0.1, "triangle"],
        [660, 0.32, 0.1, "triangle"],
    ],
    unexpected: [
        [784, 0, 0.16, "triangle"],
        [440, 0.18, 0.28, "triangle"],
    ],
    refused: [[160, 0, 0.5, "square"]],
    queued: [[523, 0, 0.06, "sine"]],
    undone: [[392, 0, 0.08, "sine"]],
};

/** Plays one short sound for each family of results, unless muted on this device. */
export class ScanSounds {
    constructor({ storage = browser.localStorage, AudioContext = window.AudioContext } = {}) {
        this.storage = storage;
        this.AudioContext = AudioContext;
        this.context = null;
    }

    get muted() {
        return this.storage.getItem(MUTED_KEY) === "1";
    }

    /** @returns {boolean} whether sounds are muted from now on */
    toggle() {
        this.storage.setItem(MUTED_KEY, this.muted ? "0" : "1");
        return this.muted;
    }

    /**
     * Browsers start audio in suspension until the user has touched or typed, so
     * that the context is resumed each time rather than once.
     *
     * @param {string} family
     */
    play(family) {
        const tones = TONES[family];
        if (this.muted || !tones || !this.AudioContext) {
            return;
        }
        this.context ||= new this.AudioContext();
        this.context.resume();
        for (const tone of tones) {
            this._playTone(...tone);
        }
    }

    _playTone(frequency, start, length, wave) {
        const { context } = this;
        const oscillator = context.createOscillator();
        const gain = context.createGain();
        const from = context.currentTime + start;
        oscillator.type = wave;
        oscillator.frequency.value = frequency;
        // The ramps keep the loudspeaker from clicking at both ends.
        gain.gain.setValueAtTime(0.0001, from);
        gain.gain.exponentialRampToValueAtTime(VOLUME, from + 0.01);
        gain.gain.setValueAtTime(VOLUME, from + length - 0.02);
        gain.gain.exponentialRampToValueAtTime(0.0001, from + length);
        oscillator.connect(gain).connect(context.destination);
        oscillator.start(from);
        oscillator.stop(from + length);
    }

    /** Give the audio device back. */
    close() {
        this.context?.close();
        this.context = null;
    }
}
