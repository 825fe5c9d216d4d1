// The day, or the month, around what the timeline shows: where one is, and a way to go elsewhere.

import { begin, paintMark, paintPieces } from "./paint.js";
import { DAY, HOUR, localDay, midnight } from "./time.js";

const MONTH_DAYS = 31;

export class Overview {
  constructor(canvas, tiles, lens, line) {
    Object.assign(this, { canvas, tiles, lens, line, held: false, from: 0, to: DAY });
    this.redraw = () => this.soon();
    for (const source of [tiles, lens]) source.addEventListener("change", this.redraw);
    this.resized = new ResizeObserver(this.redraw);
    this.resized.observe(canvas);
    canvas.addEventListener("pointerdown", (event) => this.take(event));
    canvas.addEventListener("pointermove", (event) => this.held && this.look(event));
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, () => (this.held = false));
    }
  }

  take(event) {
    if (!this.line.camera) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.held = true;
    this.look(event);
  }

  /** Bring what is under the pointer to the middle of the timeline. */
  look(event) {
    const box = this.canvas.getBoundingClientRect();
    const ms = this.from + ((event.clientX - box.left) / box.width) * (this.to - this.from);
    this.lens.show(ms - this.lens.wide / 2, this.lens.wide);
  }

  /** While it is held it stays: what is dragged would run away. */
  span() {
    if (this.held) return [this.from, this.to];
    const { from, to, wide } = this.lens;
    const zone = this.line.zone;
    const middle = (from + to) / 2;
    const today = localDay(middle, zone);
    const whole = wide > 12 * HOUR || from < today[0] - HOUR || to > today[1] + HOUR;
    if (!whole) return today;
    const days = Math.max(MONTH_DAYS, Math.ceil(wide / DAY));
    const start = Math.min(midnight(middle, zone) - Math.floor(days / 2) * DAY, from);
    return [start, Math.max(start + days * DAY, to)];
  }

  soon() {
    this.drawing ??= requestAnimationFrame(() => {
      this.drawing = null;
      this.draw();
    });
  }

  draw() {
    const sheet = this.line.camera && begin(this.canvas);
    if (!sheet) return;
    [this.from, this.to] = this.span();
    const pieces = this.tiles.of(this.line.camera, this.from, this.to, sheet.wide, this);
    paintPieces(sheet, this, pieces, this.line.facts, true);
    paintMark({ ...sheet, high: sheet.high + 28 }, this, this.line.at, "text");
    this.frame(sheet);
  }

  frame({ pen, wide, high, colour }) {
    const x = (ms) => ((ms - this.from) / (this.to - this.from)) * wide;
    const [left, right] = [x(this.lens.from), Math.max(x(this.lens.to), x(this.lens.from) + 3)];
    pen.fillStyle = colour("shade");
    pen.fillRect(0, 0, left, high);
    pen.fillRect(right, 0, wide - right, high);
    pen.strokeStyle = colour("text");
    pen.strokeRect(left + 0.5, 0.5, Math.max(right - left - 1, 2), high - 1);
  }

  end() {
    for (const source of [this.tiles, this.lens]) source.removeEventListener("change", this.redraw);
    cancelAnimationFrame(this.drawing);
    this.resized.disconnect();
  }
}
