/**
 * Make a token that is unique for one scan. The server answers a token that it
 * has seen before with its first reply, so that a repeat changes nothing.
 *
 * `crypto.randomUUID` exists on secure origins only; a warehouse often serves
 * Odoo over plain HTTP, where `getRandomValues` is still there.
 *
 * @param {Crypto} [source]
 * @returns {string} a random UUID (RFC 9562, version 4)
 */
export function makeScanToken(source = globalThis.crypto) {
    if (source.randomUUID) {
        return source.randomUUID();
    }
    const bytes = source.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
