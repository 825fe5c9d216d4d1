// Whether the bytes that are played are those that were recorded: a segment's id ends in the
// first half of its SHA-256. A page without a secure address has no digests, and tells nothing.

const HELD = 3; // segments, some MB each

export class Proof {
  /** `tell(id)` is called for a segment whose bytes are others. */
  constructor(gateway, tell) {
    Object.assign(this, { gateway, tell, held: new Map(), told: new Set(), last: null });
    this.spoiled = new Set();
  }

  /** Take in a range of a segment as it was fetched, and the init section before it. */
  add(id, init, offset, data) {
    if (!globalThis.crypto?.subtle || this.told.has(id)) return;
    if (this.last !== null && this.last !== id) this.prove(this.last);
    this.last = id;
    const parts = this.held.get(id) ?? new Map([[0, init]]);
    parts.set(offset, new Uint8Array(data.slice(0)));
    this.held.set(id, parts);
    if (this.held.size > HELD) this.held.delete(this.held.keys().next().value);
  }

  /** All that was fetched of a segment, and what was not because playing began in its middle. */
  async prove(id) {
    const parts = this.held.get(id);
    this.held.delete(id);
    if (!parts || this.told.has(id)) return;
    this.told.add(id);
    try {
      const whole = await this.whole(id, parts);
      // Footage of other writers has an index behind its pictures, which is nobody's range.
      if ((await matches(id, whole)) || (await this.matchesWithRest(id, whole))) return;
      this.spoiled.add(id);
      this.tell(id);
    } catch {
      this.told.delete(id); // the store is away: at another time
    }
  }

  async whole(id, parts) {
    const made = [];
    let reached = 0;
    for (const [offset, data] of [...parts].sort(([one], [other]) => one - other)) {
      if (offset > reached) made.push(new Uint8Array(await this.gateway.bytes(id, reached, offset)));
      made.push(data);
      reached = offset + data.length;
    }
    return new Uint8Array(await new Blob(made).arrayBuffer());
  }

  async matchesWithRest(id, whole) {
    const rest = await this.gateway.bytes(id, whole.length);
    if (!rest.byteLength) return false;
    return matches(id, new Uint8Array(await new Blob([whole, rest]).arrayBuffer()));
  }
}

async function matches(id, bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = [...digest.slice(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return id.endsWith(hex);
}
