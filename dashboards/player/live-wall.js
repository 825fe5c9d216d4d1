// Cameras side by side, each as a picture a second while it can be seen.

import { element, filled, link } from "./live-parts.js";

const EVERY_MS = 1_000;

export class Wall {
  constructor(place, data, tell) {
    this.data = data;
    this.tiles = data.cameras.map((camera) => new Tile(camera, data, () => tell("open", camera)));
    const grid = element("div", "wall");
    grid.style.setProperty("--across", Math.min(Math.ceil(Math.sqrt(data.cameras.length)), 4));
    grid.append(...this.tiles.map((tile) => tile.box));
    place.replaceChildren(grid);
    this.watch = new IntersectionObserver((seen) => {
      for (const one of seen) this.tiles.find((tile) => tile.box === one.target).visible = one.isIntersecting;
      this.look();
    });
    this.tiles.forEach((tile) => this.watch.observe(tile.box));
    this.timer = setInterval(() => this.look(), EVERY_MS);
    this.wake = () => this.look();
    document.addEventListener("visibilitychange", this.wake);
  }

  look() {
    if (!document.hidden) this.tiles.filter((tile) => tile.visible).forEach((tile) => tile.refresh());
  }

  end() {
    clearInterval(this.timer);
    this.watch.disconnect();
    document.removeEventListener("visibilitychange", this.wake);
    this.tiles.forEach((tile) => tile.end());
  }
}

class Tile {
  constructor(camera, data, open) {
    Object.assign(this, { camera, data, visible: false, busy: false, said: "" });
    this.address = new URL(`/api/v1/cameras/${encodeURIComponent(camera)}/snapshot.jpg`, location.origin);
    this.box = link("tile", `/live?${new URLSearchParams({ camera })}`, open);
    this.image = element("img");
    this.image.alt = camera;
    this.note = element("span", "note", data.words.connecting);
    this.box.append(this.image, element("span", "name", camera), this.note);
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
    if (this.image.src) URL.revokeObjectURL(this.image.src);
  }
}
