// A camera's last hour as a strip: recorded, missing, moving, seen; a click plays from there.

import { element, filled } from "./live-parts.js";

const [HOUR_MS, EVERY_MS] = [3_600_000, 30_000];
const MARKS = [["recorded", "recorded"], ["gaps", "gap"], ["motion", "motion"], ["events", "event"]];

export class Hour {
  constructor(data, play) {
    Object.assign(this, { data, end_ms: Date.now() });
    this.box = element("div", "hour");
    this.strip = element("button", "strip");
    this.strip.type = "button";
    this.strip.setAttribute("aria-label", `${data.camera}: ${data.words.last_hour}`);
    const ends = element("div", "ends");
    ends.append(element("span", "", filled(data.words.ago, { count: 60 })));
    ends.append(element("span", "", data.words.last_hour), element("span", "", data.words.now));
    this.box.append(this.strip, ends);
    this.strip.addEventListener("click", (event) => {
      play(this.at(event));
    });
    this.strip.addEventListener("pointermove", (event) => (this.strip.title = this.clock(this.at(event))));
    this.timer = setInterval(() => document.hidden || this.draw(), EVERY_MS);
    this.draw();
  }

  /** The moment under the pointer; of a key, which has no place, the hour's beginning. */
  at({ clientX }) {
    const { left, width } = this.strip.getBoundingClientRect();
    return this.end_ms - HOUR_MS + Math.min(Math.max((clientX - left) / width, 0), 1) * HOUR_MS;
  }

  clock(ms) {
    const options = { timeZone: this.data.zone, timeStyle: "short" };
    return new Intl.DateTimeFormat(this.data.language, options).format(ms);
  }

  async draw() {
    const end = Date.now();
    const query = { start: new Date(end - HOUR_MS).toISOString(), end: new Date(end).toISOString() };
    const path = `/api/v1/timelines/${encodeURIComponent(this.data.camera)}`;
    try {
      const answer = await fetch(new URL(`${path}?${new URLSearchParams(query)}`, location.origin));
      if (!answer.ok) return;
      const told = await answer.json();
      this.end_ms = end;
      this.strip.replaceChildren(...MARKS.flatMap(([of, name]) => told[of].map((one) => this.mark(one, name))));
    } catch {
      // What was drawn before is still true.
    }
  }

  mark(one, name) {
    const [start, end] = Array.isArray(one) ? one : [one.start_ms, one.end_ms];
    const made = element("span", name);
    const share = (ms) => Math.min(Math.max((ms - this.end_ms + HOUR_MS) / HOUR_MS, 0), 1) * 100;
    made.style.left = `${share(start)}%`;
    made.style.width = `max(2px, ${share(end) - share(start)}%)`;
    return made;
  }

  end() {
    clearInterval(this.timer);
  }
}
