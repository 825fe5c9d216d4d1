// The gateway, as the player asks it.

import { iso } from "./time.js";

export class Gateway {
  constructor(base = "/api/v1") {
    this.base = new URL(base, location.origin).href;
  }

  /** Raises Error with the gateway's own words; `signal` gives the request up. */
  async get(path, query, signal = null) {
    const answer = await fetch(`${this.base}/${path}?${new URLSearchParams(query)}`, { signal });
    if (answer.ok) return answer.json();
    const problem = await answer.json().catch(() => ({}));
    throw new Error(problem.detail || `the gateway answered ${answer.status}`);
  }

  /** With `steps` in about as many spans, else as it is, a week at most. */
  timeline(camera, start, end, steps = null, signal = null) {
    const query = { start: iso(start), end: iso(end), ...(steps && { steps }) };
    return this.get(`timelines/${camera}`, query, signal);
  }

  /** The footage that holds a moment or comes after it, the next event or the one before: or null. */
  async next(camera, ms, of, backwards = false) {
    return (await this.get(`timelines/${camera}/next`, { at: iso(ms), of, backwards })).found;
  }

  /** The segment that holds a moment, or null. */
  async segmentAt(camera, ms) {
    const query = { camera, from: iso(ms), to: iso(ms + 1), limit: 1 };
    return (await this.get("segments", query)).segments[0] || null;
  }

  /** All segments of a stretch, page by page. */
  async segments(camera, start, end) {
    const query = { camera, from: iso(start), to: iso(end), limit: 1000 };
    const all = [];
    for (let next = ""; next !== null; ) {
      const page = await this.get("segments", next ? { ...query, cursor: next } : query);
      all.push(...page.segments);
      next = page.next;
    }
    return all;
  }

  playlist(camera, run) {
    const query = { start: iso(run.start_ms), end: iso(run.end_ms), mime: run.mime };
    return `${this.base}/playlists/${camera}.m3u8?${new URLSearchParams(query)}`;
  }

  /** The address of a blob: the sprite sheet of the minute that holds a moment. */
  async sprites(camera, ms) {
    const answer = await fetch(`${this.base}/sprites/${camera}.jpg?${new URLSearchParams({ at: iso(ms) })}`);
    if (!answer.ok) throw new Error(`the gateway answered ${answer.status}`);
    return URL.createObjectURL(await answer.blob());
  }

  /** Bytes of a segment from `first` on, up to `end`; none where it has no such. */
  async bytes(id, first, end = null) {
    const headers = { Range: `bytes=${first}-${end === null ? "" : end - 1}` };
    const answer = await fetch(this.media(id), { headers });
    if (answer.status === 416) return new ArrayBuffer(0);
    if (!answer.ok) throw new Error(`the gateway answered ${answer.status}`);
    return answer.arrayBuffer();
  }

  media = (id) => `${this.base}/segments/${id}/media`;
  file = (id) => `${this.base}/segments/${id}/file`;
}
