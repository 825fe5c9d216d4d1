// Times on screen: local to the zone that the page names, spelled the same everywhere.

import { say } from "./words.js";

export const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];

const formats = new Map();
const offsets = new Map();

function format(zone, options, language = "en-GB") {
  const key = language + zone + JSON.stringify(options);
  if (!formats.has(key)) {
    formats.set(key, new Intl.DateTimeFormat(language, { timeZone: zone, hourCycle: "h23", ...options }));
  }
  return formats.get(key);
}

const two = { hour: "2-digit", minute: "2-digit" };

export const clock = (ms, zone) => format(zone, { ...two, second: "2-digit" }).format(ms);

/** With tenths, for where a second is many pixels wide. */
export const tenths = (ms, zone) =>
  format(zone, { ...two, second: "2-digit", fractionalSecondDigits: 1 }).format(ms);

export const minute = (ms, zone) => format(zone, two).format(ms);

export const day = (ms, zone) =>
  format(zone, { weekday: "short", day: "numeric", month: "short", year: "numeric" }, say("language")).format(ms);

/** `2 Nov`. */
export const date = (ms, zone) => format(zone, { day: "numeric", month: "short" }, say("language")).format(ms);

/** `2 h 5 min`, `48 s`: the two largest units. */
export function span(ms) {
  const s = Math.max(Math.round(ms / SECOND), 0);
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = units.findIndex(([, size]) => s >= size);
  if (first < 0) return say("unit_s", { n: 0 });
  return units
    .slice(first, first + 2)
    .map(([name, size], i) => [Math.floor(i ? (s % units[first][1]) / size : s / size), name])
    .filter(([count], i) => !i || count)
    .map(([n, name]) => say(`unit_${name}`, { n }))
    .join(" ");
}

/** As short as it can be: `2026-11-01T10:00:00Z`, with `.250` where it is no whole second. */
export const iso = (ms) => new Date(Math.floor(ms)).toISOString().replace(".000Z", "Z");

/** How far the zone's clock is ahead of UTC at a moment (ms). Zones change on quarters of an hour. */
export function offset(ms, zone) {
  const key = `${zone}${Math.floor(ms / (15 * MINUTE))}`;
  if (!offsets.has(key)) offsets.set(key, measured(ms, zone));
  return offsets.get(key);
}

function measured(ms, zone) {
  const whole = { year: "numeric", month: "2-digit", day: "2-digit", ...two, second: "2-digit" };
  const parts = format(zone, whole).formatToParts(ms);
  const told = Object.fromEntries(parts.map(({ type, value }) => [type, Number(value)]));
  const { year, month, day, hour, minute, second } = told;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / SECOND) * SECOND;
}

/** The moment at which the zone's clock shows `local` (ms as if it were UTC). */
export function moment(local, zone) {
  const guess = local - offset(local, zone);
  return local - offset(guess, zone);
}

/** When the zone's day began that holds a moment. */
export function midnight(ms, zone) {
  const local = ms + offset(ms, zone);
  return moment(Math.floor(local / DAY) * DAY, zone);
}

/** The zone's day that holds a moment, `[start, end)`: 23 to 25 hours. */
export function localDay(ms, zone) {
  const start = midnight(ms, zone);
  return [start, midnight(start + 36 * HOUR, zone)];
}

/** What an input of type datetime-local shows of a moment, and the moment that one says. */
export const toInput = (ms, zone) => new Date(ms + offset(ms, zone)).toISOString().slice(0, 19);

export function fromInput(text, zone) {
  const local = Date.parse(`${text}Z`);
  return Number.isNaN(local) ? null : moment(local, zone);
}
