// Where a timeline's marks stand: whole seconds, minutes, hours or days of local time.

import { clock, date, DAY, HOUR, midnight, MINUTE, minute, moment, offset, SECOND } from "./time.js";

const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14].map((n) => n * DAY),
];

/**
 * `{ms, text, day}` of each mark of `[from, to]` on `wide` px; `day`: a local day begins there, among
 * marks of hours.
 */
export function ticks(from, to, wide, zone) {
  const pixel = wide / (to - from);
  const step = STEPS.find((one) => one * pixel >= room(one)) ?? STEPS.at(-1);
  const made = [];
  const first = Math.ceil((from + offset(from, zone)) / step) * step;
  for (let local = first; made.length < 200; local += step) {
    const ms = moment(local, zone);
    if (ms > to) break;
    if (ms >= from) made.push(tick(ms, step, zone));
  }
  return made;
}

const room = (step) => (step < MINUTE ? 66 : 50); // px

function tick(ms, step, zone) {
  const begins = ms === midnight(ms, zone);
  const text = begins ? date(ms, zone) : step < MINUTE ? clock(ms, zone) : minute(ms, zone);
  return { ms, text, day: begins && step < DAY };
}
