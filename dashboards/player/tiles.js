// What a timeline draws, fetched in tiles: a stretch a request, coarser the more is shown. Kept,
// and given up when nobody looks there any more.

import { DAY } from "./time.js";

const STEPS = 1024; // spans that a tile can tell apart
const FINEST = 2 ** 10; // ms a step
const LONGEST = 2 ** 31; // ms: the gateway tells 31 days at once
const REST_MS = 80; // a wheel passes many levels
const FRESH_MS = 15_000; // how long a tile stands that is still growing
const SETTLED_MS = DAY; // uploads and analyses come late
const KEPT = 120;
const AT_ONCE = 3;

export class Tiles extends EventTarget {
  /** Tells `change` when there is more to draw, `trouble` with an Error when a tile failed. */
  constructor(gateway) {
    super();
    Object.assign(this, { gateway, kept: new Map(), wanted: new Map(), loading: new Map() });
  }

  /**
   * Pieces `{from, to, data}` to draw `[from, to)` of a camera on `wide` px, in that order: what is
   * there of the right tiles, before it what others know. `who` is the asker, for whom what is
   * missing is fetched, and who wants no more what they asked for before.
   */
  of(camera, from, to, wide, who) {
    const wanted = tilesOf(camera, from, to, wide);
    this.wanted.set(who, wanted);
    this.fetchSoon();
    const missing = wanted.some((tile) => !this.kept.has(tile.key));
    const others = missing ? this.others(camera, from, to, wanted) : [];
    const own = wanted.map((tile) => this.kept.get(tile.key)).filter(Boolean);
    return [...others, ...own];
  }

  others(camera, from, to, wanted) {
    const keys = new Set(wanted.map((tile) => tile.key));
    return [...this.kept.values()]
      .filter((one) => one.camera === camera && one.to > from && one.from < to && !keys.has(one.key))
      .sort((one, other) => other.to - other.from - (one.to - one.from));
  }

  fetchSoon() {
    this.resting ??= setTimeout(() => {
      this.resting = null;
      this.fetch();
    }, REST_MS);
  }

  fetch() {
    const wanted = new Map([...this.wanted.values()].flat().map((tile) => [tile.key, tile]));
    for (const [key, stop] of this.loading) if (!wanted.has(key)) stop.abort();
    for (const tile of wanted.values()) {
      if (this.loading.size >= AT_ONCE) return;
      if (!this.loading.has(tile.key) && this.stale(tile)) this.load(tile);
    }
  }

  stale({ key, from, to }) {
    const now = Date.now();
    if (from > now) return false;
    const had = this.kept.get(key);
    return !had || (to > now - SETTLED_MS && now - had.at > FRESH_MS);
  }

  async load(tile) {
    const stop = new AbortController();
    this.loading.set(tile.key, stop);
    const steps = Math.min(STEPS, Math.ceil((tile.to - tile.from) / tile.step));
    try {
      const data = await this.gateway.timeline(tile.camera, tile.from, tile.to, steps, stop.signal);
      this.keep({ ...tile, data, at: Date.now() });
    } catch (error) {
      if (!stop.signal.aborted) this.dispatchEvent(new CustomEvent("trouble", { detail: error }));
      // Not at once again: a store that is down has enough to do.
      if (!stop.signal.aborted) await new Promise((done) => setTimeout(done, 3_000));
    }
    this.loading.delete(tile.key);
    this.fetchSoon();
  }

  keep(tile) {
    this.kept.delete(tile.key);
    this.kept.set(tile.key, tile);
    if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value);
    this.dispatchEvent(new Event("change"));
  }

  end() {
    clearTimeout(this.resting);
    this.resting = -1;
    this.wanted.clear();
    for (const stop of this.loading.values()) stop.abort();
  }
}

/** The tiles of the level that fits: steps of a power of two, so that levels share none by half. */
function tilesOf(camera, from, to, wide) {
  const step = Math.max(2 ** Math.floor(Math.log2((to - from) / Math.max(wide, 1))), FINEST);
  const long = Math.min(step * STEPS, LONGEST);
  const tiles = [];
  for (let start = Math.floor(from / long) * long; start < to; start += long) {
    const key = `${camera} ${step} ${start}`;
    if (start >= 0) tiles.push({ key, camera, step, from: start, to: start + long });
  }
  return tiles;
}
