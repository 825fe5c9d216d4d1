// A stretch of local time on a canvas: what was recorded, what moved, who was there, what is
// missing and why. Hover tells, click seeks, wheel and fingers zoom and move it.

import { gestures } from "./gestures.js";
import { begin, colourOf, paintMark, paintPieces, paintRuler } from "./paint.js";
import { eventAt, recordedAt, tell } from "./tell.js";
import { clock, day, DAY, HOUR, tenths } from "./time.js";

const NEAR_PX = 3;

export class Timeline extends EventTarget {
  /** Tells `seek` (ms), `hover` ({ms, x}) and `labels` (what was seen in view). */
  constructor(canvas, tip, tiles, lens) {
    super();
    Object.assign(this, { canvas, tip, tiles, lens, camera: null, zone: "UTC", at: null, hovered: null });
    this.pieces = [];
    this.facts = { damaged: [], unplayable: () => false };
    const soon = () => this.soon();
    this.sources = [[tiles, "change"], [lens, "change"]];
    for (const [source, name] of this.sources) source.addEventListener(name, soon);
    this.redraw = soon;
    this.resized = new ResizeObserver(soon);
    this.resized.observe(canvas);
    this.ended = gestures(canvas, this.acts());
  }

  acts() {
    return {
      click: (x) => this.click(this.when(x)),
      pan: (px) => this.camera && this.lens.pan(px * this.pixel),
      zoom: (factor, x) => this.camera && this.lens.zoom(factor, this.when(x)),
      hover: (x) => this.hover(x),
      leave: () => this.leave(),
    };
  }

  show(camera, zone) {
    Object.assign(this, { camera, zone });
    this.soon();
  }

  /** Move the mark of what is being shown; the view follows unless it was moved away, or is pointed at. */
  mark(ms) {
    const was = this.at;
    this.at = ms;
    if (ms !== null && was !== null && this.hovered === null && this.lens.holds(was)) this.lens.follow(ms);
    this.soon();
  }

  get pixel() {
    return this.lens.wide / Math.max(this.canvas.clientWidth, 1);
  }

  when = (x) => this.lens.from + Math.min(Math.max(x, 0), this.canvas.clientWidth) * this.pixel;

  click(ms) {
    if (!this.camera) return;
    // A person of two seconds is less than a pixel of a day: what the hand meant is the event.
    const hit = eventAt(this.pieces, ms, this.pixel * NEAR_PX);
    const inside = hit && ms >= hit.start_ms && ms < hit.end_ms;
    this.dispatchEvent(new CustomEvent("seek", { detail: hit && !inside ? hit.start_ms : ms }));
  }

  hover(x) {
    if (!this.camera) return;
    const ms = this.when(x);
    Object.assign(this, { hovered: ms, hoveredX: x });
    this.tip.hidden = false;
    this.tellHovered();
    this.dispatchEvent(new CustomEvent("hover", { detail: { ms, x } }));
    this.soon();
  }

  /** Again whenever it is drawn: what was being loaded has come. */
  tellHovered() {
    const [x, wide] = [this.hoveredX, this.canvas.clientWidth];
    const ms = (this.hovered = this.when(x));
    const text = `${this.spelled(ms)} · ${tell(this.pieces, ms, this.pixel, this.facts)}`;
    if (this.tip.textContent !== text) this.tip.textContent = text;
    const most = wide - this.tip.offsetWidth;
    this.tip.style.left = `${Math.max(Math.min(x - this.tip.offsetWidth / 2, most), 0)}px`;
  }

  spelled(ms) {
    if (this.lens.wide < HOUR / 60) return tenths(ms, this.zone);
    const time = clock(ms, this.zone);
    return this.lens.wide > DAY + HOUR ? `${day(ms, this.zone)} ${time}` : time;
  }

  leave() {
    this.tip.hidden = true;
    this.hovered = null;
    this.dispatchEvent(new CustomEvent("hover", { detail: { ms: null, x: 0 } }));
    this.soon();
  }

  recorded = (ms) => recordedAt(this.pieces, ms);

  /** Draw at the next picture, however often that is asked for. */
  soon() {
    this.drawing ??= requestAnimationFrame(() => {
      this.drawing = null;
      this.draw();
    });
  }

  draw() {
    const sheet = this.camera && begin(this.canvas);
    if (!sheet) return;
    const { from, to } = this.lens;
    this.pieces = this.tiles.of(this.camera, from, to, sheet.wide, this);
    paintPieces(sheet, this.lens, this.pieces, this.facts);
    paintRuler(sheet, this.lens, this.zone);
    paintMark(sheet, this.lens, this.hovered, "faint");
    paintMark(sheet, this.lens, this.at, "text");
    this.tellLabels();
    if (this.hovered !== null) this.tellHovered();
  }

  tellLabels() {
    const seen = (one) => one.end_ms > this.lens.from && one.start_ms < this.lens.to;
    const labels = new Set(this.pieces.flatMap(({ data }) => data.events.filter(seen).map((one) => one.label)));
    const text = [...labels].sort().join();
    if (text === this.labels) return;
    this.labels = text;
    const detail = [...labels].sort().map((name) => ({ name, colour: colourOf(name) }));
    this.dispatchEvent(new CustomEvent("labels", { detail }));
  }

  end() {
    for (const [source, name] of this.sources) source.removeEventListener(name, this.redraw);
    cancelAnimationFrame(this.drawing);
    this.ended();
    this.resized.disconnect();
  }
}
