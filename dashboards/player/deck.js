// Picture, buttons and timeline of one camera's day, and the address bar that names the moment.

import { Gateway } from "./api.js";
import { Peek } from "./peek.js";
import { Player, playable } from "./player.js";
import { clock, day, iso, span, words } from "./time.js";
import { Timeline } from "./timeline.js";

const LOOK_MS = 15_000; // how often a day that is still going on is read again
const TICK_MS = 200;
const TOLD_MS = 5_000; // how long a passing note stays
const STEP_MS = 10_000;
// What has a use of its own for arrows and letters.
const TYPED = "input, textarea, select, [contenteditable], [role=listbox], [role=slider], [role=spinbutton]";

export class Deck {
  constructor(root) {
    this.root = root;
    this.part = (name) => root.querySelector(`.${name}`);
    this.video = root.querySelector("video");
    this.gateway = new Gateway();
    this.player = new Player(this.video, this.gateway);
    this.line = new Timeline(this.part("line"), this.part("tip"));
    this.peek = new Peek(this.part("peek"), this.gateway);
    this.line.unplayable = (run) => !playable(run.mime);
    this.listen();
    this.timers = [setInterval(() => this.tick(), TICK_MS), setInterval(() => this.look(), LOOK_MS)];
  }

  /** `data`: camera, start_ms, end_ms, zone, and at_ms, where to begin (null: the newest). */
  async show(data) {
    const was = this.data;
    this.data = data;
    const same = was && was.camera === data.camera && was.start_ms === data.start_ms;
    // The page ran again: the moment in its address is one that this deck wrote there.
    if (same) return;
    if (!(await this.take(data))) return;
    this.go(data.at_ms ?? this.newest(), data.at_ms !== null);
  }

  async take(data) {
    this.player.stop();
    this.note("Loading …");
    const timeline = await this.read(data);
    if (!timeline || this.data !== data) return false;
    this.player.take(data.camera, timeline);
    this.line.at = null;
    this.line.show(timeline, data.zone);
    this.note("");
    return true;
  }

  async read({ camera, start_ms, end_ms }) {
    try {
      return await this.gateway.timeline(camera, start_ms, end_ms);
    } catch (error) {
      this.note(`${error.message}.`);
      return null;
    }
  }

  newest() {
    const last = this.player.timeline.recorded.at(-1);
    return last ? Math.max(last[1] - 30_000, last[0]) : this.data.start_ms;
  }

  /** A day that is still going on grows. */
  async look() {
    const { data } = this;
    if (!data || !this.player.timeline || data.end_ms < Date.now() - 600_000) return;
    const timeline = await this.gateway.timeline(data.camera, data.start_ms, data.end_ms).catch(() => null);
    if (!timeline || this.data !== data) return;
    this.player.update(timeline);
    this.line.show(timeline, data.zone);
    this.player.resume();
  }

  go(ms, play = this.player.going) {
    if (!this.player.timeline) return;
    this.line.mark(ms);
    this.player.seek(ms);
    if (play) this.player.play();
    this.address(ms);
  }

  step(ms) {
    const at = this.player.position();
    if (at !== null) this.go(Math.min(Math.max(at + ms, this.data.start_ms), this.data.end_ms - 1));
  }

  event(forward) {
    const at = this.player.position() ?? this.data.start_ms;
    const { events } = this.player.timeline;
    // Back goes to the event before this one, not to the start of this one for ever.
    const found = forward
      ? events.find((event) => event.start_ms > at + 1000)
      : events.findLast((event) => event.start_ms < at - 3000);
    if (found) this.go(found.start_ms, true);
    else this.pass(`No ${forward ? "later" : "earlier"} event on this day.`);
  }

  toggle() {
    if (this.video.paused) this.player.play();
    else this.player.pause();
  }

  tick() {
    const at = this.data ? this.player.position() : null;
    if (at === null || !this.player.timeline) return;
    if (Math.abs(at - (this.addressed ?? 0)) > 5_000 || !this.isNamed()) this.address(at);
    if (at === this.shown) return;
    this.shown = at;
    this.root.dataset.at = String(Math.round(at));
    this.part("clock").textContent = clock(at, this.data.zone);
    this.part("day").textContent = `${day(at, this.data.zone)} · ${this.data.zone}`;
    this.line.mark(at);
    const standIn = this.player.timeline.stand_ins.some(([start, end]) => at >= start && at < end);
    this.part("stand-in").hidden = !standIn;
  }

  // Streamlit writes the address too, late and without the moment, when a widget changed it.
  isNamed() {
    return new URLSearchParams(location.search).get("at") === this.written;
  }

  // Streamlit reads the address at its next run; nothing runs again for a moment that passed.
  address(ms) {
    this.addressed = ms;
    this.written = iso(Math.floor(ms / 1000) * 1000).replace(".000Z", "Z");
    const url = new URL(location.href);
    url.searchParams.set("camera", this.data.camera);
    url.searchParams.set("at", this.written);
    history.replaceState(history.state, "", url);
  }

  note(text, link = null, next = null) {
    const box = this.part("note");
    box.hidden = !text;
    box.textContent = text;
    if (link) box.append(made("a", { href: link.href, textContent: link.text, download: "" }));
    if (next === null) return;
    const onclick = () => this.go(next, true);
    box.append(made("button", { textContent: `Go on at ${clock(next, this.data.zone)}`, onclick }));
  }

  pass(text) {
    this.part("pass").textContent = text;
    this.part("pass").hidden = false;
    clearTimeout(this.passing);
    this.passing = setTimeout(() => (this.part("pass").hidden = true), TOLD_MS);
  }

  skipped({ from, to }) {
    const { gaps } = this.player.timeline;
    const gap = gaps.find((one) => one.start_ms < to && one.end_ms > from);
    this.pass(`Skipped ${span(to - from)} without footage${gap ? `: ${words(gap.cause)}` : ""}.`);
  }

  async download() {
    const at = this.player.position();
    const found = at !== null && (await this.gateway.segmentAt(this.data.camera, at).catch(() => null));
    if (!found) return this.pass("No segment holds this moment.");
    made("a", { href: this.gateway.file(found.id), download: "" }).click();
  }

  listen() {
    const on = (name, act) => this.part(name).addEventListener("click", act);
    on("play", () => this.toggle());
    on("back", () => this.step(-STEP_MS));
    on("forth", () => this.step(STEP_MS));
    on("previous", () => this.event(false));
    on("next", () => this.event(true));
    on("wider", () => this.line.data && this.line.zoom(4));
    on("closer", () => this.line.data && this.line.zoom(1 / 4));
    on("save", () => this.download());
    on("full", () => this.part("stage").requestFullscreen?.());
    this.part("speed").addEventListener("change", (event) => this.pace(Number(event.target.value)));
    this.video.addEventListener("click", () => this.toggle());
    for (const name of ["play", "pause"]) this.video.addEventListener(name, () => this.paint());
    this.video.addEventListener("loadeddata", () => this.pace(Number(this.part("speed").value)));
    this.line.addEventListener("seek", (event) => this.go(event.detail));
    this.line.addEventListener("hover", ({ detail }) => this.hover(detail));
    this.player.addEventListener("say", ({ detail }) => this.note(detail.text, detail.link, detail.next));
    this.player.addEventListener("skip", ({ detail }) => this.skipped(detail));
    this.keys = (event) => this.key(event);
    document.addEventListener("keydown", this.keys);
  }

  hover({ ms, x }) {
    const shown = ms !== null && this.line.recorded(ms);
    this.peek.at(this.data?.camera, shown ? ms : null, x);
  }

  pace(speed) {
    this.video.playbackRate = speed;
    this.video.defaultPlaybackRate = speed;
  }

  paint() {
    const { paused } = this.video;
    this.root.classList.toggle("going", !paused);
    this.part("play").setAttribute("aria-label", paused ? "Play" : "Pause");
  }

  key(event) {
    const target = event.composedPath()[0];
    const mine = target.closest?.(event.key === " " ? `${TYPED}, button, a` : TYPED);
    if (mine || event.ctrlKey || event.metaKey || event.altKey || !this.player.timeline) return;
    const act = {
      " ": () => this.toggle(),
      ArrowLeft: () => this.step(event.shiftKey ? -60_000 : -STEP_MS),
      ArrowRight: () => this.step(event.shiftKey ? 60_000 : STEP_MS),
      ArrowUp: () => this.event(false),
      ArrowDown: () => this.event(true),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  end() {
    this.timers.forEach(clearInterval);
    this.peek.end();
    document.removeEventListener("keydown", this.keys);
    this.line.end();
    this.player.stop();
  }
}

const made = (kind, facts) => Object.assign(document.createElement(kind), facts);
