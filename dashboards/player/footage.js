// What of a camera can be played, and why something can't: asked in stretches of two hours, so
// that the playlist of a moment is short.

import { HOUR } from "./time.js";

const STRETCH = 2 * HOUR;
const GROWING_MS = 10 * 60_000; // until so long ago footage may still come
const FRESH_MS = 5_000;
const LONGEST_MS = 31 * 24 * HOUR; // that the gateway tells at once

export class Footage {
  constructor(gateway, camera) {
    Object.assign(this, { gateway, camera, known: new Map() });
  }

  /** The run of footage that holds a moment, or the first after it; null where none comes. */
  async at(ms) {
    const index = Math.floor(ms / STRETCH);
    const found = (await this.stretch(index)).runs.find((run) => run.end_ms > ms);
    if (found) return found;
    const after = (index + 1) * STRETCH;
    const next = await this.gateway.next(this.camera, after, "footage");
    if (!next) return null;
    const there = Math.max(next.start_ms, after);
    const { runs } = await this.stretch(Math.floor(there / STRETCH), true);
    return runs.find((run) => run.end_ms > there) ?? null;
  }

  /** The timeline of a stretch; `anew` where it must not be one of before. */
  stretch(index, anew = false) {
    const had = this.known.get(index);
    const growing = (index + 1) * STRETCH > Date.now() - GROWING_MS;
    if (had && !anew && !(growing && Date.now() - had.at > FRESH_MS)) return had.told;
    const told = this.gateway.timeline(this.camera, index * STRETCH, (index + 1) * STRETCH);
    const entry = { told, at: Date.now(), data: had?.data ?? null };
    this.known.set(index, entry);
    told.then(
      (data) => (entry.data = data),
      () => this.known.delete(index),
    );
    return told;
  }

  /** Whether something else than the camera was recorded then, as far as that was asked. */
  isStandIn(ms) {
    const spans = this.known.get(Math.floor(ms / STRETCH))?.data?.stand_ins ?? [];
    return spans.some(([start, end]) => ms >= start && ms < end);
  }

  /** What is missing of `[from, to)`: `{why, ms}`, the longest first. */
  async missing(from, to) {
    if (to - from > LONGEST_MS) return [];
    const told = await this.gateway.timeline(this.camera, from, to, 100);
    const sums = new Map();
    const add = (why, ms) => ms > 0 && sums.set(why, (sums.get(why) ?? 0) + ms);
    const within = (one) => Math.min(one.end_ms, to) - Math.max(one.start_ms, from);
    for (const gap of told.gaps) add(gap.cause, Math.min(gap.missing_ms, within(gap)));
    for (const one of told.untold) add(one.state, one.end_ms - one.start_ms);
    for (const [start, end] of told.expired) add("expired", end - start);
    return [...sums].map(([why, ms]) => ({ why, ms })).sort((one, other) => other.ms - one.ms);
  }
}
