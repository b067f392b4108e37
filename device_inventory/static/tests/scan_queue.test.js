import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { advanceTime, Deferred } from "@odoo/hoot-mock";
import { ConnectionLostError, RPCError } from "@web/core/network/rpc";
import { ScanQueue, scanErrorKind } from "@device_inventory/scan/scan_queue";

const KEY = "scans";

let server;
let storage;

/** A server that answers each call when the test says so, in the order of calls. */
class FakeServer {
    constructor() {
        this.calls = [];
        this.replies = [];
    }

    send(code, token) {
        const reply = new Deferred();
        this.calls.push({ code, token });
        this.replies.push(reply);
        return reply;
    }

    get codes() {
        return this.calls.map(({ code }) => code);
    }

    /** Answer the last call. */
    async answer() {
        await settle();
        this.replies.at(-1).resolve({ ok: true });
        await settle();
    }

    /** Let the last call fail. */
    async fail(error) {
        await settle();
        this.replies.at(-1).reject(error);
        await settle();
    }
}

class FakeStorage {
    constructor() {
        this.items = new Map();
    }
    getItem(key) {
        return this.items.get(key) ?? null;
    }
    setItem(key, value) {
        this.items.set(key, value);
    }
    removeItem(key) {
        this.items.delete(key);
    }
}

/** Run the promises that are due; no timer passes. */
async function settle() {
    for (let i = 0; i < 20; i++) {
        await Promise.resolve();
    }
}

function serverError(exceptionName) {
    const error = new RPCError("Odoo Server Error");
    error.exceptionName = exceptionName;
    return error;
}

function makeQueue() {
    return new ScanQueue({
        key: KEY,
        storage,
        send: (code, token) => server.send(code, token),
        handlers: {
            onReply: (entry) => expect.step(`reply ${entry.code}`),
            onRefused: (entry) => expect.step(`refused ${entry.code}`),
            onQueued: (entry) => expect.step(`queued ${entry.code}`),
            onExpired: () => expect.step("expired"),
        },
    });
}

function codes(queue) {
    return queue.entries.map(({ code }) => code);
}

describe.current.tags("headless");

beforeEach(() => {
    server = new FakeServer();
    storage = new FakeStorage();
});

test("scans are sent one at a time and in order", async () => {
    const queue = makeQueue();
    queue.add("A");
    queue.add("B");
    queue.add("C");
    await settle();
    expect(server.codes).toEqual(["A"]);
    await server.answer();
    expect(server.codes).toEqual(["A", "B"]);
    await server.answer();
    await server.answer();
    expect.verifySteps(["reply A", "reply B", "reply C"]);
    expect(queue.entries).toEqual([]);
    expect(storage.getItem(KEY)).toBe(null);
});

test("each scan has a token of its own", async () => {
    const queue = makeQueue();
    const tokens = ["A", "A", "A"].map((code) => queue.add(code).token);
    expect(new Set(tokens).size).toBe(3);
});

test("a lost reply is asked for again with the same token", async () => {
    const queue = makeQueue();
    const { token } = queue.add("A");
    await server.fail(new ConnectionLostError("/scan"));
    expect.verifySteps(["queued A"]);
    expect(queue.lost).toBe(true);
    await advanceTime(2000);
    await server.answer();
    expect(server.calls).toEqual([
        { code: "A", token },
        { code: "A", token },
    ]);
    expect(queue.lost).toBe(false);
    expect.verifySteps(["reply A"]);
});

test("scans made without a connection go out in order when it is back", async () => {
    const queue = makeQueue();
    queue.add("A");
    await server.fail(new ConnectionLostError("/scan"));
    expect(queue.add("B").offline).toBe(true);
    await server.fail(new ConnectionLostError("/scan"));
    queue.add("C");
    await server.fail(new ConnectionLostError("/scan"));
    expect(codes(queue)).toEqual(["A", "B", "C"]);
    server.calls = [];
    queue.flush();
    await server.answer();
    await server.answer();
    await server.answer();
    expect(server.codes).toEqual(["A", "B", "C"]);
    expect.verifySteps(["queued A", "reply A", "reply B", "reply C"]);
});

test("a reload keeps unsent scans with their tokens", async () => {
    const before = makeQueue();
    const { token } = before.add("A");
    before.stop();
    await settle();

    const after = makeQueue();
    expect(codes(after)).toEqual(["A"]);
    after.flush();
    await server.answer();
    expect(server.calls.at(-1)).toEqual({ code: "A", token });
    expect.verifySteps(["reply A"]);
});

test("a reply that comes after the screen was left takes its scan off the queue", async () => {
    const queue = makeQueue();
    queue.add("A");
    queue.stop();
    await server.answer();
    expect(makeQueue().entries).toEqual([]);
    expect.verifySteps([]);
});

test("a refusal of the server is final and lets the next scan through", async () => {
    const queue = makeQueue();
    queue.add("A");
    queue.add("B");
    await server.fail(serverError("odoo.exceptions.UserError"));
    await server.answer();
    await advanceTime(60000);
    expect(server.codes).toEqual(["A", "B"]);
    expect.verifySteps(["refused A", "reply B"]);
});

test("a database that gives up is tried three times, then the scan is refused", async () => {
    const queue = makeQueue();
    const error = serverError("psycopg2.errors.SerializationFailure");
    queue.add("A");
    await server.fail(error);
    await advanceTime(2000);
    await server.fail(error);
    await advanceTime(4000);
    expect.verifySteps([]);
    await server.fail(error);
    expect.verifySteps(["refused A"]);
    expect(queue.entries).toEqual([]);
    await advanceTime(60000);
    expect(server.codes).toEqual(["A", "A", "A"]);
});

test("an expired session keeps the scans and is not repeated by itself", async () => {
    const queue = makeQueue();
    queue.add("A");
    await server.fail(serverError("odoo.http.SessionExpiredException"));
    expect.verifySteps(["expired"]);
    await advanceTime(60000);
    expect(server.codes).toEqual(["A"]);
    expect(codes(queue)).toEqual(["A"]);
});

test("a server that never answers is asked again with the same token", async () => {
    const queue = makeQueue();
    const { token } = queue.add("A");
    await settle();
    await advanceTime(15000);
    await settle();
    expect.verifySteps(["queued A"]);
    await advanceTime(2000);
    await server.answer();
    expect(server.calls.map((call) => call.token)).toEqual([token, token]);
    expect.verifySteps(["reply A"]);
});

test("another call waits for the scan that is on its way", async () => {
    const queue = makeQueue();
    queue.add("A");
    const undo = queue.between(() => {
        expect.step("undo");
        return Promise.resolve("undone");
    });
    await settle();
    expect.verifySteps([]);
    await server.answer();
    expect(await undo).toBe("undone");
    expect.verifySteps(["reply A", "undo"]);
});

test("discarded scans are not sent", async () => {
    const queue = makeQueue();
    queue.add("A");
    await server.fail(new ConnectionLostError("/scan"));
    queue.discard();
    await advanceTime(60000);
    expect(server.codes).toEqual(["A"]);
    expect(queue.lost).toBe(false);
    expect.verifySteps(["queued A"]);
});

test("records and users do not share a queue", async () => {
    makeQueue().add("A");
    const other = new ScanQueue({ key: "other", storage, send: () => new Deferred() });
    expect(other.entries).toEqual([]);
});

test("an error of the page itself is not repeated", () => {
    expect(scanErrorKind(new TypeError("undefined"))).toBe("refused");
});
