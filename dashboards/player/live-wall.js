// Cameras side by side, each as a picture a second while it can be seen.

import { Hour } from "./live-hour.js";
import { element, filled, link } from "./live-parts.js";

const EVERY_MS = 1_000;
const MOST_HOURS = 6; // so many tiles tell their last hour too; each asks for it
const [GAP_PX, NAME_PX, HOUR_PX, LEAST_PX, EDGE_PX] = [10, 34, 26, 160, 32];
const SHAPE = 16 / 9;

export class Wall {
  constructor(place, data, tell) {
    this.data = data;
    this.tiles = data.cameras.map((camera) => new Tile(camera, data, tell));
    this.grid = element("div", "wall");
    this.grid.append(...this.tiles.map((tile) => tile.place));
    place.replaceChildren(this.grid);
    this.fits = () => this.fit(place);
    this.sized = new ResizeObserver(this.fits);
    this.sized.observe(place);
    addEventListener("resize", this.fits);
    this.watch = new IntersectionObserver((seen) => {
      for (const one of seen) this.tiles.find((tile) => tile.box === one.target).visible = one.isIntersecting;
      this.look();
    });
    this.tiles.forEach((tile) => this.watch.observe(tile.box));
    this.timer = setInterval(() => this.look(), EVERY_MS);
    this.wake = () => this.look();
    document.addEventListener("visibilitychange", this.wake);
  }

  /** As many side by side as make tiles largest, all in sight where that leaves any room. */
  fit(place) {
    const { width, top } = place.getBoundingClientRect();
    const count = this.tiles.length;
    const below = innerHeight - Math.max(top, 0) - EDGE_PX;
    const under = GAP_PX + NAME_PX + (count <= MOST_HOURS ? HOUR_PX : 0);
    let [across, widest] = [1, 0];
    for (let some = 1; some <= count; some += 1) {
      const tall = (below / Math.ceil(count / some) - under) * SHAPE;
      const wide = Math.min((width - GAP_PX * (some - 1)) / some, Math.max(tall, LEAST_PX));
      if (wide >= widest) [across, widest] = [some, wide];
    }
    this.grid.style.setProperty("--across", across);
    this.grid.style.maxWidth = widest > LEAST_PX ? `${Math.ceil(across * widest + GAP_PX * (across - 1))}px` : "";
  }

  look() {
    if (!document.hidden) this.tiles.filter((tile) => tile.visible).forEach((tile) => tile.refresh());
  }

  end() {
    clearInterval(this.timer);
    this.watch.disconnect();
    this.sized.disconnect();
    removeEventListener("resize", this.fits);
    document.removeEventListener("visibilitychange", this.wake);
    this.tiles.forEach((tile) => tile.end());
  }
}

class Tile {
  constructor(camera, data, tell) {
    Object.assign(this, { camera, data, visible: false, busy: false, said: "" });
    this.address = new URL(`/api/v1/cameras/${encodeURIComponent(camera)}/snapshot.jpg`, location.origin);
    this.box = link("tile", `/live?${new URLSearchParams({ camera })}`, () => tell("open", camera));
    this.image = element("img");
    this.image.alt = camera;
    this.note = element("span", "note", data.words.connecting);
    const frame = element("span", "frame");
    frame.append(this.image, this.note);
    this.box.append(frame, element("span", "name", camera));
    this.place = element("div", "place");
    this.place.append(this.box);
    if (data.cameras.length > MOST_HOURS) return;
    const play = (ms) => tell("play", { camera, at: new Date(ms).toISOString() });
    this.hour = new Hour({ ...data, camera }, play);
    this.place.append(this.hour.box);
  }

  /** Fetch the picture of now, unless the one before is still on its way. */
  async refresh() {
    if (this.busy) return;
    this.busy = true;
    try {
      const answer = await fetch(this.address, { cache: "no-store" });
      if (!answer.ok) throw new Error(answer.status);
      await this.show(URL.createObjectURL(await answer.blob()));
      this.say(answer.headers.get("Livecam-Source") === "live" ? "" : this.asOf(answer));
    } catch {
      this.say(this.image.src ? this.data.words.reconnecting : this.data.words.no_picture);
    } finally {
      this.busy = false;
    }
  }

  async show(address) {
    const had = this.image.src;
    this.image.src = address;
    await this.image.decode().catch(() => {});
    if (had) URL.revokeObjectURL(had);
  }

  asOf(answer) {
    const options = { timeZone: this.data.zone, dateStyle: "medium", timeStyle: "short" };
    const time = new Date(answer.headers.get("Livecam-Taken"));
    const text = new Intl.DateTimeFormat(this.data.language, options).format(time);
    return filled(this.data.words.as_of, { time: text });
  }

  say(text) {
    this.note.textContent = text;
    this.note.hidden = !text;
    this.box.classList.toggle("old", Boolean(text));
  }

  end() {
    this.hour?.end();
    if (this.image.src) URL.revokeObjectURL(this.image.src);
  }
}
