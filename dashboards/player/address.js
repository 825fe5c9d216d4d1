// The address bar: camera, moment and how much is shown, so that a link shared is a moment shared.

import { iso, localDay, SECOND } from "./time.js";

const OFTEN_MS = 2_000; // browsers refuse a hundred in half a minute

export class Address {
  /** `lens` is what is shown, `zone` whose days are the usual width. */
  constructor(lens) {
    Object.assign(this, { lens, written: null, at: 0, wrote: 0 });
  }

  /** How much the address says is to be shown (ms); null where it says nothing sensible. */
  static span() {
    const told = Number(new URLSearchParams(location.search).get("span"));
    return told > 0 && Number.isFinite(told) ? told * SECOND : null;
  }

  url(camera, ms, zone) {
    const url = new URL(location.href);
    url.searchParams.set("camera", camera);
    url.searchParams.set("at", iso(ms));
    const [start, end] = localDay(this.lens.from, zone);
    if (this.lens.from === start && this.lens.to === end) url.searchParams.delete("span");
    else url.searchParams.set("span", String(Math.round(this.lens.wide / SECOND)));
    return url;
  }

  // Streamlit reads the address at its next run; nothing runs again for a moment that passed.
  write(camera, ms, zone) {
    const url = this.url(camera, ms, zone);
    Object.assign(this, { written: url.search, at: ms, wide: this.lens.wide, wrote: performance.now() });
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  /** The same while it plays; Streamlit writes the address too, late and without the moment. */
  keep(camera, ms, zone) {
    const looked = location.search !== this.written || this.lens.wide !== this.wide;
    const moved = looked || Math.abs(ms - this.at) > SECOND;
    if (moved && performance.now() - this.wrote > OFTEN_MS) this.write(camera, ms, zone);
  }
}

/** Put a text where it can be pasted from; a page without a secure address has an older way only. */
export async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) {
    try {
      return await navigator.clipboard.writeText(text);
    } catch {
      // Not allowed here: the older way.
    }
  }
  const area = Object.assign(document.createElement("textarea"), { value: text });
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
  return undefined;
}
