// One camera in full: its picture as it moves, and the way to its last hour.

import { Hour } from "./live-hour.js";
import { element, filled, link } from "./live-parts.js";
import { Live } from "./live.js";
import { shaped } from "./shape.js";

const AGO_MIN = [60, 10, 1];
const CODECS = { avc1: "H.264", hvc1: "HEVC (H.265)", hev1: "HEVC (H.265)" };

export class View {
  constructor(place, data, tell) {
    Object.assign(this, { data, tell });
    this.video = element("video");
    this.note = element("p", "note", data.words.connecting);
    this.badge = element("span", "badge", data.words.live);
    this.stage = element("div", "stage");
    this.stage.append(this.video, this.badge, this.note);
    shaped(this.video, this.stage);
    this.hour = new Hour(data, (ms) => this.play(ms));
    place.replaceChildren(this.bar(), this.stage, this.hour.box, this.ways());
    this.live = new Live(this.video, data.camera);
    this.live.addEventListener("say", ({ detail }) => this.say(detail));
    this.live.start();
    this.key = (event) => event.key === "Escape" && !document.fullscreenElement && this.back();
    document.addEventListener("keydown", this.key);
  }

  bar() {
    const row = element("div", "bar");
    const back = link("back", "/live", () => this.back());
    back.textContent = `‹ ${this.data.words.back}`;
    const full = element("button", "full", this.data.words.full_screen);
    full.type = "button";
    full.addEventListener("click", () => this.fullScreen());
    row.append(back, element("span", "name", this.data.camera), full);
    return row;
  }

  ways() {
    const row = element("div", "ways");
    for (const count of AGO_MIN) {
      const ms = () => Date.now() - count * 60_000;
      const way = link("way", this.playback(ms()), () => this.play(ms()));
      way.textContent = filled(this.data.words.ago, { count });
      row.append(way);
    }
    return row;
  }

  /** A telephone's browser has full screen for a video alone. */
  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (this.stage.requestFullscreen) this.stage.requestFullscreen();
    else this.video.webkitEnterFullscreen?.();
  }

  back() {
    this.tell("open", "");
  }

  play(ms) {
    this.tell("play", { camera: this.data.camera, at: new Date(ms).toISOString() });
  }

  playback(ms) {
    const query = { camera: this.data.camera, at: new Date(ms).toISOString() };
    return `/playback?${new URLSearchParams(query)}`;
  }

  say({ name, mime }) {
    const kind = /"(\w+)/.exec(mime)?.[1];
    this.note.textContent = name ? filled(this.data.words[name] ?? name, { codec: CODECS[kind] ?? kind }) : "";
    this.note.hidden = !name;
    this.stage.classList.toggle("moving", !name);
    this.stage.dataset.said = name;
  }

  end() {
    document.removeEventListener("keydown", this.key);
    this.hour.end();
    this.live.stop();
  }
}
