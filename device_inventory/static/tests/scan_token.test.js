import { describe, expect, test } from "@odoo/hoot";
import { makeScanToken } from "@device_inventory/scan/scan_token";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

describe.current.tags("headless");

test("tokens are UUIDs and never the same", () => {
    const tokens = Array.from({ length: 100 }, () => makeScanToken());
    expect(new Set(tokens).size).toBe(100);
    expect(tokens[0]).toMatch(UUID);
});

test("an origin without TLS has no randomUUID and gets the same kind of token", () => {
    const insecure = {
        getRandomValues: (bytes) => bytes.fill(255),
    };
    expect(makeScanToken(insecure)).toBe("ffffffff-ffff-4fff-bfff-ffffffffffff");
});
