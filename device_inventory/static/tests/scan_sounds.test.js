import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { ScanSounds } from "@device_inventory/scan/scan_sounds";

class FakeParam {
    setValueAtTime() {}
    exponentialRampToValueAtTime() {}
}

class FakeAudioContext {
    currentTime = 0;
    destination = {};
    resume() {}
    close() {}
    createGain() {
        return { gain: new FakeParam(), connect: () => {} };
    }
    createOscillator() {
        const oscillator = {
            frequency: {},
            connect: (node) => node,
            start: (from) =>
                played.push(`${oscillator.type} ${oscillator.frequency.value} @${from}`),
            stop() {},
        };
        return oscillator;
    }
}

let played;
let items;

function makeSounds() {
    const storage = {
        getItem: (key) => items[key] ?? null,
        setItem: (key, value) => {
            items[key] = value;
        },
    };
    return new ScanSounds({ storage, AudioContext: FakeAudioContext });
}

describe.current.tags("headless");

beforeEach(() => {
    played = [];
    items = {};
});

test("each family of results has a sound of its own", () => {
    const sounds = makeSounds();
    const heard = ["good", "duplicate", "unexpected", "refused"].map((family) => {
        played = [];
        sounds.play(family);
        return played.join();
    });
    expect(heard.every(Boolean)).toBe(true);
    expect(new Set(heard).size).toBe(4);
});

test("muting is kept on the device and silences every family", () => {
    expect(makeSounds().toggle()).toBe(true);
    const sounds = makeSounds();
    expect(sounds.muted).toBe(true);
    sounds.play("refused");
    expect(played).toEqual([]);
    expect(sounds.toggle()).toBe(false);
    sounds.play("refused");
    expect(played.length).toBe(1);
});

test("a browser without audio stays silent", () => {
    const sounds = new ScanSounds({ storage: { getItem: () => null }, AudioContext: undefined });
    sounds.play("good");
    expect(played).toEqual([]);
});
