// Which stretch of time a timeline shows: from ten seconds to a month.

import { DAY, SECOND } from "./time.js";

export const [NARROWEST, WIDEST] = [10 * SECOND, 31 * DAY];
const AHEAD = DAY; // so much of what is to come can be looked at

export class Lens extends EventTarget {
  /** Tells `change` whenever `from` or `to` (ms) do. */
  constructor() {
    super();
    Object.assign(this, { from: 0, to: DAY });
  }

  get wide() {
    return this.to - this.from;
  }

  show(from, wide) {
    const width = Math.min(Math.max(wide, NARROWEST), WIDEST);
    const last = Date.now() + AHEAD;
    const start = Math.max(Math.min(from, last - width), 0);
    if (start === this.from && width === this.wide) return;
    Object.assign(this, { from: start, to: start + width });
    this.dispatchEvent(new Event("change"));
  }

  /** Show `factor` times as much as now; `about` stays where it is. */
  zoom(factor, about) {
    const wide = Math.min(Math.max(this.wide * factor, NARROWEST), WIDEST);
    const share = (about - this.from) / this.wide;
    this.show(about - share * wide, wide);
  }

  pan(ms) {
    this.show(this.from + ms, this.wide);
  }

  /** Bring a moment into view, its neighbourhood mostly ahead of it. */
  follow(ms) {
    if (ms < this.from || ms >= this.to) this.show(ms - this.wide * 0.1, this.wide);
  }

  holds = (ms) => ms >= this.from && ms < this.to;
}
