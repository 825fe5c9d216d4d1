// Times on screen: local to the zone that the page names, spelled the same everywhere.

const formats = new Map();

function format(zone, options) {
  const key = zone + JSON.stringify(options);
  if (!formats.has(key)) {
    formats.set(key, new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", ...options }));
  }
  return formats.get(key);
}

export const clock = (ms, zone) =>
  format(zone, { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(ms);

export const minute = (ms, zone) => format(zone, { hour: "2-digit", minute: "2-digit" }).format(ms);

export const day = (ms, zone) =>
  format(zone, { weekday: "short", day: "numeric", month: "short", year: "numeric" }).format(ms);

/** `2 h 5 min`, `48 s`: the two largest units. */
export function span(ms) {
  const s = Math.max(Math.round(ms / 1000), 0);
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = units.findIndex(([, size]) => s >= size);
  if (first < 0) return "0 s";
  return units
    .slice(first, first + 2)
    .map(([name, size], i) => [Math.floor(i ? (s % units[first][1]) / size : s / size), name])
    .filter(([count], i) => !i || count)
    .map(([count, name]) => `${count} ${name}`)
    .join(" ");
}

export const iso = (ms) => new Date(ms).toISOString();

/** `camera_unreachable` → `camera unreachable`. */
export const words = (cause) => cause.replaceAll("_", " ");
