// How a timeline looks: pieces of time as bars on a canvas, local time below them.

import { ticks } from "./ruler.js";

const LANES = { holds: [13, 3], events: [18, 13], motion: [33, 7], recorded: [42, 16] }; // top, height
const SMALL = { holds: [0, 2], events: [2, 6], motion: [9, 3], recorded: [13, 9] };
const FAINTEST = 0.4; // short gaps between footage must still be seen
const COLOURS = ["#1fa37a", "#c2549d", "#3c7fd0", "#b58a00", "#7a6bd1", "#c96a2b"];

/** The colour of what was seen: a person's is the first, others keep theirs by name. */
export function colourOf(label) {
  if (label === "person") return COLOURS[0];
  const sum = [...label].reduce((all, letter) => all + letter.charCodeAt(0), 0);
  return COLOURS[1 + (sum % (COLOURS.length - 1))];
}

/** A canvas as sharp as the screen, cleared, with what it is drawn by; null while it has no size. */
export function begin(canvas) {
  const [wide, high] = [canvas.clientWidth, canvas.clientHeight];
  if (!wide || !high) return null;
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(wide * scale);
  canvas.height = Math.round(high * scale);
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const style = getComputedStyle(canvas);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  return { pen, wide, high, colour, font: style.fontFamily };
}

/** Local time along the bottom of a timeline that shows `[from, to]`. */
export function paintRuler({ pen, wide, high, colour, font }, { from, to }, zone) {
  pen.font = `11px ${font}`;
  pen.textAlign = "center";
  for (const { ms, text, day } of ticks(from, to, wide, zone)) {
    const x = ((ms - from) / (to - from)) * wide;
    pen.fillStyle = colour(day ? "faint" : "line");
    pen.fillRect(Math.round(x), 12, 1, high - 30);
    pen.fillStyle = colour(day ? "text" : "faint");
    pen.fillText(text, Math.min(Math.max(x, 16), wide - 16), high - 6);
  }
}

/** Pieces of `Tiles.of` as bars; `small` for an overview. `facts`: damaged spans, unplayable(run). */
export function paintPieces(sheet, view, pieces, facts, small = false) {
  const { pen, wide, colour } = sheet;
  const lanes = small ? SMALL : LANES;
  const x = (ms) => ((ms - view.from) / (view.to - view.from)) * wide;
  const [top, high] = lanes.recorded;
  pen.fillStyle = colour("empty");
  pen.fillRect(0, top, wide, high);
  for (const piece of pieces) {
    const [left, right] = [x(Math.max(piece.from, view.from)), x(Math.min(piece.to, view.to))];
    if (right <= left) continue;
    pen.clearRect(left, lanes.holds[0], right - left, top + high - lanes.holds[0]);
    pen.fillStyle = colour("empty");
    pen.fillRect(left, top, right - left, high);
    const bar = (lane, start, end, paint, least = 1, alpha = 1) => {
      const [a, b] = [Math.max(x(start), left), Math.min(x(end), right)];
      if (b < left || a > right) return;
      pen.globalAlpha = alpha;
      pen.fillStyle = paint;
      pen.fillRect(a, lane[0], Math.max(b - a, least), lane[1]);
      pen.globalAlpha = 1;
    };
    paintData(piece.data, lanes, bar, colour, facts);
  }
  for (const [start, end] of facts.damaged) {
    pen.fillStyle = colour("text");
    pen.fillRect(x(start), top + high - 3, Math.max(x(end) - x(start), 2), 3);
  }
}

function paintData(data, lanes, bar, colour, facts) {
  const of = (lane, spans, name) => spans.forEach(([start, end]) => bar(lane, start, end, colour(name)));
  of(lanes.recorded, data.recorded, "recorded");
  of(lanes.recorded, data.stand_ins, "stand-in");
  of(lanes.recorded, data.expired, "expired");
  const middle = [lanes.recorded[0] + lanes.recorded[1] / 3, lanes.recorded[1] / 3];
  for (const run of data.runs.filter(facts.unplayable)) bar(middle, run.start_ms, run.end_ms, colour("gap"));
  for (const one of data.untold) {
    if (one.state !== "not_yet") bar(lanes.recorded, one.start_ms, one.end_ms, colour(one.state));
  }
  // Above what was recorded: from afar a minute's gap is less than a pixel.
  for (const gap of data.gaps) {
    const share = gap.missing_ms / Math.max(gap.end_ms - gap.start_ms, 1);
    bar(lanes.recorded, gap.start_ms, gap.end_ms, colour("gap"), 1, Math.max(share, FAINTEST));
  }
  of(lanes.motion, data.motion, "motion");
  of(lanes.holds, data.holds, "hold");
  for (const seen of data.events) bar(lanes.events, seen.start_ms, seen.end_ms, colourOf(seen.label), 3);
}

/** The place of a moment, `of`: what it is (a colour's name). */
export function paintMark({ pen, wide, high, colour }, view, ms, of) {
  if (ms === null || ms === undefined || ms < view.from || ms > view.to) return;
  pen.fillStyle = colour(of);
  pen.fillRect(Math.round(((ms - view.from) / (view.to - view.from)) * wide) - 1, 10, 2, high - 28);
}
