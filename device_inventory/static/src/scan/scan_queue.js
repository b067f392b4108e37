import { browser } from "@web/core/browser/browser";
import {
    ConnectionAbortedError,
    ConnectionLostError,
    RPCError,
} from "@web/core/network/rpc";
import { Mutex } from "@web/core/utils/concurrency";
import { makeScanToken } from "./scan_token";

const REPLY_TIMEOUT = 15000;
const RETRY_DELAYS = [2000, 4000, 8000, 15000, 30000];
const BUSY_ATTEMPTS = 3;
const SESSION_EXPIRED = "odoo.http.SessionExpiredException";

/** The server did not answer in time; what it did is unknown. */
export class ReplyTimeoutError extends Error {}

/**
 * Tell what a failed call means for the scan that it carried.
 *
 * @param {Error} error
 * @returns {"lost"|"expired"|"busy"|"refused"} `lost`: no reply, send again with
 *  the same token; `expired`: log in first; `busy`: the database gave up, worth a
 *  few repeats; `refused`: the server's answer is final
 */
export function scanErrorKind(error) {
    if (
        error instanceof ConnectionLostError ||
        error instanceof ConnectionAbortedError ||
        error instanceof ReplyTimeoutError
    ) {
        return "lost";
    }
    if (!(error instanceof RPCError)) {
        return "refused";
    }
    if (error.exceptionName === SESSION_EXPIRED) {
        return "expired";
    }
    return error.exceptionName?.startsWith("psycopg2.") ? "busy" : "refused";
}

/**
 * Scans on their way to the server, kept in the browser's storage until the
 * server has answered: first in, first out, one at a time, each with its token.
 * A reload, a crash of the browser or a lost reply loses nothing and counts
 * nothing twice.
 */
export class ScanQueue {
    /**
     * @param {Object} params
     * @param {string} params.key where the scans are kept in the storage
     * @param {(code: string, token: string) => Promise<Object>} params.send
     * @param {Object} [params.handlers]
     * @param {(entry: Object, reply: Object) => void} [params.handlers.onReply]
     * @param {(entry: Object, error: Error) => void} [params.handlers.onRefused]
     * @param {(entry: Object) => void} [params.handlers.onQueued] first lost reply
     * @param {(error: Error) => void} [params.handlers.onExpired]
     * @param {() => void} [params.handlers.onChange] entries or connection changed
     * @param {Storage} [params.storage]
     */
    constructor({ key, send, handlers = {}, storage = browser.localStorage }) {
        this.key = key;
        this.send = send;
        this.handlers = handlers;
        this.storage = storage;
        this.mutex = new Mutex();
        this.lost = false;
        this.stopped = false;
        this.failures = 0;
        this.retryTimer = null;
        this.sending = false;
        this.drained = Promise.resolve();
    }

    /** @returns {{token: string, code: string, time: string, offline: boolean}[]} */
    get entries() {
        return JSON.parse(this.storage.getItem(this.key) || "[]");
    }

    /**
     * Keep a scan and start sending.
     *
     * @param {string} code as scanned or typed
     * @returns {Object} the entry that was kept
     */
    add(code) {
        const entry = {
            token: makeScanToken(),
            code,
            time: new Date().toISOString(),
            attempts: 0,
            offline: this.lost,
        };
        this._save([...this.entries, entry]);
        this.flush();
        return entry;
    }

    /**
     * Send what is kept, in order, until nothing is left or the connection is lost.
     *
     * @returns {Promise<void>}
     */
    flush() {
        browser.clearTimeout(this.retryTimer);
        if (!this.sending) {
            this.sending = true;
            this.drained = this._drain();
        }
        return this.drained;
    }

    /**
     * Run another call of the same record between two scans, never beside one.
     *
     * @param {() => Promise<T>} call
     * @returns {Promise<T>}
     * @template T
     */
    between(call) {
        return this.mutex.exec(() => this._inTime(call()));
    }

    /** Throw away what was not sent. */
    discard() {
        this._save([]);
        this._setLost(false);
    }

    /** Send no more and tell nobody; what is kept stays for the next time. */
    stop() {
        this.stopped = true;
        this.handlers = {};
        browser.clearTimeout(this.retryTimer);
    }

    async _drain() {
        try {
            let goOn = true;
            while (goOn && !this.stopped && this.entries.length) {
                const [entry] = this.entries;
                goOn = await this.mutex.exec(() => this._deliver(entry));
            }
        } finally {
            this.sending = false;
        }
    }

    async _deliver(entry) {
        let reply;
        try {
            reply = await this._inTime(this.send(entry.code, entry.token));
        } catch (error) {
            return this._onError(entry, error);
        }
        this.failures = 0;
        this._setLost(false);
        this._remove(entry);
        this.handlers.onReply?.(entry, reply);
        return true;
    }

    /** @returns {boolean} whether the next scan may be sent now */
    _onError(entry, error) {
        const kind = scanErrorKind(error);
        if (kind === "expired") {
            this.handlers.onExpired?.(error);
            return false;
        }
        if (kind === "lost" || (kind === "busy" && entry.attempts + 1 < BUSY_ATTEMPTS)) {
            this._keep(entry, kind);
            return false;
        }
        this.failures = 0;
        this._setLost(false);
        this._remove(entry);
        this.handlers.onRefused?.(entry, error);
        return true;
    }

    _keep(entry, kind) {
        const first = !entry.offline && kind === "lost";
        const kept = {
            ...entry,
            attempts: entry.attempts + 1,
            offline: entry.offline || kind === "lost",
        };
        this._save(this.entries.map((other) => (other.token === kept.token ? kept : other)));
        this._setLost(kind === "lost");
        this._retryLater();
        if (first) {
            this.handlers.onQueued?.(kept);
        }
    }

    _retryLater() {
        if (this.stopped) {
            return;
        }
        const delay = RETRY_DELAYS[Math.min(this.failures, RETRY_DELAYS.length - 1)];
        this.failures++;
        browser.clearTimeout(this.retryTimer);
        this.retryTimer = browser.setTimeout(() => this.flush(), delay);
    }

    /** A request that hangs on a half-open connection must not hold up the line. */
    _inTime(promise) {
        let timer;
        const timeout = new Promise((_resolve, reject) => {
            timer = browser.setTimeout(
                () => reject(new ReplyTimeoutError("The server did not answer in time")),
                REPLY_TIMEOUT
            );
        });
        return Promise.race([promise, timeout]).finally(() => browser.clearTimeout(timer));
    }

    _remove({ token }) {
        this._save(this.entries.filter((entry) => entry.token !== token));
    }

    _save(entries) {
        if (entries.length) {
            this.storage.setItem(this.key, JSON.stringify(entries));
        } else {
            this.storage.removeItem(this.key);
        }
        this.handlers.onChange?.();
    }

    _setLost(lost) {
        if (this.lost !== lost) {
            this.lost = lost;
            this.handlers.onChange?.();
        }
    }
}
