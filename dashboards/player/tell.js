// What a timeline knows of a moment, in a few words.

import { span } from "./time.js";
import { cause, label, say } from "./words.js";

const inside = (ms) => ([start, end]) => ms >= start && ms < end;
const covers = (ms) => (one) => ms >= one.start_ms && ms < one.end_ms;

/** Of several pieces the one that is drawn last is the closest look. */
export const pieceAt = (pieces, ms) => pieces.findLast((one) => ms >= one.from && ms < one.to);

/** The event at a moment, or the nearest one that is at most `slack` ms away. */
export function eventAt(pieces, ms, slack) {
  const events = pieceAt(pieces, ms)?.data.events ?? [];
  const away = (one) => Math.max(one.start_ms - ms, ms - one.end_ms, 0);
  const near = events.filter((one) => away(one) <= slack);
  return near.sort((one, other) => away(one) - away(other))[0] ?? null;
}

export const recordedAt = (pieces, ms) => Boolean(pieceAt(pieces, ms)?.data.recorded.some(inside(ms)));

/** The tip of a moment. `facts`: damaged spans, unplayable(run). */
export function tell(pieces, ms, slack, facts) {
  if (ms > Date.now()) return say("tip_not_yet");
  const piece = pieceAt(pieces, ms);
  if (!piece) return say("loading");
  const { data } = piece;
  const parts = [];
  if (facts.damaged.some(inside(ms))) parts.push(say("tip_damaged"));
  if (data.stand_ins.some(inside(ms))) parts.push(say("tip_stand_in"));
  const seen = eventAt(pieces, ms, slack);
  if (seen) parts.push(tellEvent(seen));
  parts.push(tellFootage(data, ms, slack, facts, parts.length > 0));
  if (data.holds.some(inside(ms))) parts.push(say("tip_held"));
  return parts.filter(Boolean).join(" · ");
}

function tellEvent(seen) {
  const many = seen.count > 1 ? `, ${say("tip_at_once", { count: seen.count })}` : "";
  return `${label(seen.label)} ${Math.round(seen.score * 100)} %${many}`;
}

function tellFootage(data, ms, slack, { unplayable }, brief) {
  const gap = data.gaps.find(covers(ms)) ?? data.gaps.find((one) => near(one, ms, slack));
  if (gap) return say("tip_missing", { span: span(gap.missing_ms), why: cause(gap.cause) });
  if (data.recorded.some(inside(ms))) {
    const run = data.runs.find(covers(ms));
    if (run && unplayable(run)) return say("tip_unplayable", { codec: run.codec });
    if (brief) return "";
    return say(data.motion.some(inside(ms)) ? "tip_motion" : "tip_recorded");
  }
  if (data.expired.some(inside(ms))) return say("tip_expired");
  const told = data.untold.find(covers(ms));
  if (told) return told.state === "not_yet" ? say("tip_before") : cause(told.state);
  return say("tip_nothing");
}

// A gap of a second is less than a pixel of a day.
const near = (gap, ms, slack) => ms >= gap.start_ms - slack && ms < gap.end_ms + slack;
