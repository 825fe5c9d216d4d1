// A stretch of local time on a canvas: what was recorded, what moved, who was there, what is
// missing and why. Hover tells, click seeks.

import { clock, minute, span, words } from "./time.js";

const HEIGHT = 76;
const LANES = { events: [18, 14], motion: [35, 8], recorded: [46, 12] }; // top, height
const STEPS_MIN = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360];
const NARROWEST_MS = 120_000;

export class Timeline extends EventTarget {
  constructor(canvas, tip) {
    super();
    Object.assign(this, { canvas, tip, data: null, at: null, from: 0, to: 1, unplayable: () => false });
    canvas.addEventListener("pointermove", (event) => this.hover(event));
    canvas.addEventListener("pointerleave", () => this.leave());
    canvas.addEventListener("click", (event) => this.click(event));
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(canvas);
  }

  show(data, zone) {
    const same = this.data && this.data.start_ms === data.start_ms && this.data.end_ms === data.end_ms;
    Object.assign(this, { data, zone });
    if (!same) Object.assign(this, { from: data.start_ms, to: data.end_ms });
    this.draw();
  }

  /** Move the mark of what is being shown; the view follows it. */
  mark(ms) {
    const was = this.at;
    this.at = ms;
    const wide = this.to - this.from;
    if (ms !== null && wide < this.data.end_ms - this.data.start_ms) {
      const left = was !== null && was >= this.from && was < this.to;
      if (left && (ms < this.from || ms >= this.to)) this.look(ms - wide * 0.1, wide);
    }
    this.draw();
  }

  /** Show `factor` times as much as now, about the mark. */
  zoom(factor) {
    const middle = this.at ?? (this.from + this.to) / 2;
    const all = this.data.end_ms - this.data.start_ms;
    const wide = Math.min(Math.max((this.to - this.from) * factor, NARROWEST_MS), all);
    this.look(middle - wide / 2, wide);
    this.draw();
  }

  look(from, wide) {
    const { start_ms, end_ms } = this.data;
    this.from = Math.min(Math.max(from, start_ms), end_ms - wide);
    this.to = this.from + wide;
  }

  x = (ms) => ((ms - this.from) / (this.to - this.from)) * this.canvas.clientWidth;

  when(event) {
    const box = this.canvas.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    return this.from + share * (this.to - this.from);
  }

  click(event) {
    if (!this.data) return;
    const ms = this.when(event);
    // A person of two seconds is less than a pixel of a day: what the hand meant is the event.
    const hit = this.eventNear(ms);
    this.dispatchEvent(new CustomEvent("seek", { detail: hit ? hit.start_ms : ms }));
  }

  eventNear(ms) {
    const slack = ((this.to - this.from) / this.canvas.clientWidth) * 3;
    const inside = (event) => ms >= event.start_ms && ms < event.end_ms;
    if (this.data.events.some(inside)) return null;
    return this.data.events.find((e) => ms >= e.start_ms - slack && ms < e.end_ms + slack);
  }

  hover(event) {
    if (!this.data) return;
    const ms = this.when(event);
    this.tip.hidden = false;
    this.tip.textContent = `${clock(ms, this.zone)} · ${this.tell(ms)}`;
    const box = this.canvas.getBoundingClientRect();
    const left = event.clientX - box.left - this.tip.offsetWidth / 2;
    this.tip.style.left = `${Math.min(Math.max(left, 0), box.width - this.tip.offsetWidth)}px`;
    this.hovered = ms;
    this.dispatchEvent(new CustomEvent("hover", { detail: { ms, x: event.clientX - box.left } }));
    this.draw();
  }

  leave() {
    this.tip.hidden = true;
    this.hovered = null;
    this.dispatchEvent(new CustomEvent("hover", { detail: { ms: null, x: 0 } }));
    this.draw();
  }

  recorded = (ms) => this.data.recorded.some(([start, end]) => ms >= start && ms < end);

  tell(ms) {
    const { events, gaps, motion, runs, stand_ins: standIns } = this.data;
    const covers = (one) => ms >= one.start_ms && ms < one.end_ms;
    const inside = ([start, end]) => ms >= start && ms < end;
    if (standIns.some(inside)) return "a stand-in: the camera could not be opened";
    const seen = events.find(covers) || this.eventNear(ms);
    if (seen) {
      const many = seen.count > 1 ? `, ${seen.count} at once` : "";
      return `${seen.label} ${Math.round(seen.score * 100)} %${many}`;
    }
    if (this.recorded(ms)) {
      const run = runs.find(covers);
      if (run && this.unplayable(run)) return `recorded as ${run.codec}: not playable here`;
      return motion.some(inside) ? "motion" : "recorded";
    }
    const gap = gaps.find(covers);
    if (gap) return `nothing for ${span(gap.end_ms - gap.start_ms)}: ${words(gap.cause)}`;
    return ms > Date.now() ? "not yet" : "nothing recorded";
  }

  draw() {
    if (!this.data || !this.canvas.clientWidth) return;
    const scale = window.devicePixelRatio || 1;
    const wide = this.canvas.clientWidth;
    this.canvas.width = Math.round(wide * scale);
    this.canvas.height = Math.round(HEIGHT * scale);
    const pen = this.canvas.getContext("2d");
    pen.scale(scale, scale);
    const style = getComputedStyle(this.canvas);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    this.hours(pen, colour, style.fontFamily);
    this.spans(pen, colour);
    for (const [ms, name] of [[this.hovered, "faint"], [this.at, "text"]]) {
      if (ms === null || ms === undefined) continue;
      pen.fillStyle = colour(name);
      pen.fillRect(Math.round(this.x(ms)) - 1, 14, 2, 48);
    }
  }

  hours(pen, colour, font) {
    const room = (this.canvas.clientWidth / (this.to - this.from)) * 60_000; // px a minute
    const step = (STEPS_MIN.find((minutes) => minutes * room >= 48) || 360) * 60_000;
    pen.font = `11px ${font}`;
    pen.textAlign = "center";
    // Counted from the day's start, so that hours are local ones in any zone.
    const first = Math.ceil((this.from - this.data.start_ms) / step) * step + this.data.start_ms;
    for (let ms = first; ms <= this.to; ms += step) {
      const x = this.x(ms);
      pen.fillStyle = colour("line");
      pen.fillRect(Math.round(x), 16, 1, 44);
      pen.fillStyle = colour("faint");
      pen.fillText(minute(ms, this.zone), Math.min(Math.max(x, 15), this.canvas.clientWidth - 15), 72);
    }
  }

  spans(pen, colour) {
    const { events, gaps, motion, recorded, runs, stand_ins: standIns } = this.data;
    const bar = ([top, high], start, end, paint, least = 1) => {
      if (end <= this.from || start >= this.to) return;
      const x = this.x(Math.max(start, this.from));
      pen.fillStyle = paint;
      pen.fillRect(x, top, Math.max(this.x(Math.min(end, this.to)) - x, least), high);
    };
    bar(LANES.recorded, this.from, this.to, colour("empty"));
    for (const gap of gaps) bar(LANES.recorded, gap.start_ms, gap.end_ms, colour("gap"));
    for (const [start, end] of recorded) bar(LANES.recorded, start, end, colour("recorded"));
    for (const [start, end] of standIns) bar(LANES.recorded, start, end, colour("stand-in"));
    for (const run of runs.filter(this.unplayable)) {
      bar([LANES.recorded[0] + 4, 4], run.start_ms, run.end_ms, colour("gap"));
    }
    for (const [start, end] of motion) bar(LANES.motion, start, end, colour("motion"));
    for (const seen of events) bar(LANES.events, seen.start_ms, seen.end_ms, colour("person"), 3);
  }

  end() {
    this.resized.disconnect();
  }
}
