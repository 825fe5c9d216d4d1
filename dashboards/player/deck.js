// Picture, buttons and timeline of one camera, and the address bar that names the moment.

import { Address, copy } from "./address.js";
import { Gateway } from "./api.js";
import { Beside } from "./beside.js";
import { controls } from "./controls.js";
import { Lens } from "./lens.js";
import { Notes } from "./notes.js";
import { Overview } from "./overview.js";
import { SPEEDS } from "./pace.js";
import { Peek } from "./peek.js";
import { Player, playable } from "./player.js";
import { shaped } from "./shape.js";
import { Tiles } from "./tiles.js";
import { clock, DAY, day, fromInput, HOUR, localDay, SECOND, span, toInput } from "./time.js";
import { Timeline } from "./timeline.js";
import { cause, fill, label, say, speak } from "./words.js";

const LOOK_MS = 15_000; // how often it is asked whether footage came
const TICK_MS = 200;
const BEFORE_NEWEST_MS = 30 * SECOND;
const TOLD_CAUSES = 2;

export class Deck {
  constructor(root) {
    this.root = root;
    this.part = (name) => root.querySelector(`.${name}`);
    this.video = root.querySelector("video");
    shaped(this.video, this.part("stage"));
    this.gateway = new Gateway();
    this.player = new Player(this.video, this.gateway);
    this.lens = new Lens();
    this.tiles = new Tiles(this.gateway);
    this.line = new Timeline(this.part("line"), this.part("tip"), this.tiles, this.lens);
    this.line.facts.unplayable = (run) => !playable(run.mime);
    this.overview = new Overview(this.part("overview"), this.tiles, this.lens, this.line);
    this.peek = new Peek(this.part("peek"), this.gateway);
    this.beside = new Beside(this.part("stages"), this.gateway);
    this.notes = new Notes(this.part("note"), this.part("pass"));
    this.address = new Address(this.lens);
    this.listen();
    this.ended = controls(this);
    this.timers = [setInterval(() => this.tick(), TICK_MS), setInterval(() => this.look(), LOOK_MS)];
  }

  /**
   * `data`: camera, zone, words, others beside it, and at_ms, where to begin (null: the newest,
   * standing still).
   */
  async show(data) {
    speak(data.words);
    fill(this.root);
    this.paint();
    this.beside.show(data.beside);
    const was = this.data;
    this.data = data;
    this.line.show(data.camera, data.zone);
    // The page ran again: the moment in its address is one that this deck wrote there.
    if (was?.camera === data.camera) return;
    // Another camera at the same moment, unless a moment came with it.
    const kept = was ? this.player.position() : null;
    this.player.take(data.camera);
    this.line.mark(null);
    this.notes.stand(say("loading"));
    const at = data.at_ms ?? kept;
    if (at === null) return this.begin();
    if (!was) this.aim(at);
    this.go(at, data.at_ms !== null || this.player.going);
  }

  /** At the newest there is; where there is nothing, or no store that tells, it is asked again. */
  async begin() {
    const { data } = this;
    let text = say("nothing_stored");
    const at = await this.newest().catch((error) => {
      text = `${error.message}. ${say("trying_again")}`;
      return null;
    });
    if (this.data.camera !== data.camera) return;
    if (at !== null || !this.empty) this.aim(at ?? Date.now());
    this.empty = at === null;
    if (this.empty) this.notes.stand(text);
    else this.go(at);
  }

  /** Show the local day of a moment, or as much about it as the address says. */
  aim(ms) {
    const wide = Address.span();
    const [start, end] = localDay(ms, this.data.zone);
    if (wide) this.lens.show(ms - wide / 2, wide);
    else this.lens.show(start, end - start);
  }

  async newest() {
    const last = await this.gateway.next(this.data.camera, Date.now() + DAY, "footage", true);
    return last && Math.max(last.end_ms - BEFORE_NEWEST_MS, last.start_ms);
  }

  look() {
    this.line.soon();
    if (this.empty) this.begin();
    else if (this.player.going) this.player.resume();
  }

  go(ms, play = this.player.going) {
    if (!this.player.footage) return;
    this.empty = false;
    this.lens.follow(ms);
    this.line.mark(ms);
    this.player.seek(ms);
    if (play) this.player.play();
    this.address.write(this.data.camera, ms, this.data.zone);
  }

  step(ms) {
    const at = this.player.position();
    if (at !== null) this.go(at + ms);
  }

  /** To the same time of the next local day, or the one before. */
  stepDay(forward) {
    const at = this.player.position() ?? Date.now();
    const [start, end] = localDay(at, this.data.zone);
    const [from, to] = localDay(forward ? end + HOUR : start - HOUR, this.data.zone);
    const whole = Math.abs(this.lens.wide - DAY) < 2 * HOUR;
    this.go(from + at - start);
    if (whole) this.lens.show(from, to - from);
  }

  async event(forward) {
    const at = this.player.position() ?? Date.now();
    // Back goes to the event before this one, not to the start of this one for ever.
    const from = at + (forward ? SECOND : -3 * SECOND);
    const found = await this.gateway.next(this.data.camera, from, "event", !forward).catch(() => null);
    if (found) this.go(found.start_ms, true);
    else this.notes.tell(say(forward ? "no_later_event" : "no_earlier_event"));
  }

  async latest() {
    const at = await this.newest().catch((error) => this.notes.tell(`${error.message}.`));
    if (at) this.go(at);
  }

  toggle() {
    if (this.player.going) this.player.pause();
    else this.player.play();
  }

  faster(steps) {
    const chosen = this.part("speed");
    const at = SPEEDS.indexOf(Number(chosen.value)) + steps;
    chosen.value = String(SPEEDS[Math.min(Math.max(at, 0), SPEEDS.length - 1)]);
    this.player.speed(Number(chosen.value));
    this.notes.tell(say("speed_now", { speed: chosen.value }));
  }

  zoom(factor) {
    const { at } = this.line;
    const middle = (this.lens.from + this.lens.to) / 2;
    this.lens.zoom(factor, at !== null && this.lens.holds(at) ? at : middle);
  }

  /** Show a month, a day, an hour, a minute about the moment. */
  showWide(ms) {
    const at = this.line.at ?? (this.lens.from + this.lens.to) / 2;
    const [start, end] = localDay(at, this.data.zone);
    if (ms === DAY) this.lens.show(start, end - start);
    else this.lens.show(at - ms / 2, ms);
  }

  tick() {
    const at = this.data ? this.player.position() : null;
    if (at === null) return;
    this.player.tick();
    this.beside.follow(this.player, at);
    this.tellPace();
    this.address.keep(this.data.camera, this.player.moment(), this.data.zone);
    if (at === this.shown) return;
    this.shown = at;
    const { zone } = this.data;
    this.root.dataset.at = String(Math.round(at));
    this.part("clock").textContent = clock(at, zone);
    this.part("day").textContent = `${day(at, zone)} · ${zone}`;
    if (this.root.getRootNode().activeElement !== this.part("jump")) this.part("jump").value = toInput(at, zone);
    this.line.mark(at);
    this.overview.soon();
    this.part("stand-in").hidden = !this.player.footage.isStandIn(at);
  }

  /** How fast it really is, where that is not what was asked for. */
  tellPace() {
    const { real, speed, jumping } = this.player.pace;
    const off = this.player.going && real !== null && Math.abs(real / speed - 1) > 0.15;
    const text = this.player.going && jumping ? "pace_jumping" : off ? "pace_real" : null;
    const shown = text ? say(text, { speed: (real ?? speed).toFixed(1).replace(".0", "") }) : "";
    if (this.part("real").textContent !== shown) this.part("real").textContent = shown;
  }

  skipped({ from, to, missing }) {
    const seen = missing.filter(({ ms }) => ms >= SECOND / 2);
    const told = (seen.length ? seen : missing).slice(0, TOLD_CAUSES);
    const alone = told.length === 1;
    const why = told.map(({ why, ms }) => (alone ? cause(why) : `${cause(why)} ${span(ms)}`)).join(", ");
    const length = span(to - from);
    this.notes.tell(why ? say("skipped_why", { span: length, why }) : say("skipped", { span: length }));
  }

  damaged({ id, from, until, gone, shown }) {
    const text = gone ? "damaged_gone" : shown ? "damaged_shown" : "damaged_passed";
    this.notes.tell(say(text, { id }), this.gateway.file(id));
    if (from !== undefined) this.line.facts.damaged.push([from, until ?? from + SECOND]);
    this.line.soon();
  }

  async download() {
    const at = this.player.position();
    const found = at !== null && (await this.gateway.segmentAt(this.data.camera, at).catch(() => null));
    if (!found) return this.notes.tell(say("no_segment"));
    Object.assign(document.createElement("a"), { href: this.gateway.file(found.id), download: "" }).click();
  }

  async link() {
    const at = this.player.moment();
    if (at === null) return;
    this.address.write(this.data.camera, at, this.data.zone);
    await copy(location.href);
    this.notes.tell(say("link_copied"));
  }

  listen() {
    this.player.addEventListener("state", () => {
      this.tick();
      this.paint();
    });
    this.player.addEventListener("say", ({ detail }) => this.stand(detail));
    this.player.addEventListener("skip", ({ detail }) => this.skipped(detail));
    this.player.addEventListener("damage", ({ detail }) => this.damaged(detail));
    this.line.addEventListener("seek", (event) => this.go(event.detail));
    this.line.addEventListener("hover", ({ detail }) => this.hover(detail));
    this.line.addEventListener("labels", ({ detail }) => this.legend(detail));
    this.tiles.addEventListener("trouble", ({ detail }) => this.notes.tell(`${detail.message}.`));
    this.lens.addEventListener("change", () => this.paintWide());
  }

  stand({ text, id, next }) {
    const file = id ? this.gateway.file(id) : null;
    const on = next && { text: say("go_on_at", { time: clock(next, this.data.zone) }), go: () => this.go(next, true) };
    this.notes.stand(text, file, on);
  }

  jump(text) {
    const at = fromInput(text, this.data.zone);
    if (at !== null && at > 0 && at < Date.now() + DAY) this.go(at);
  }

  hover({ ms, x }) {
    const shown = ms !== null && this.line.recorded(ms);
    this.peek.at(this.data?.camera, shown ? ms : null, x);
  }

  legend(labels) {
    const made = labels.map(({ name, colour }) => {
      const one = Object.assign(document.createElement("span"), { textContent: label(name), className: "of" });
      one.style.setProperty("--of", colour);
      return one;
    });
    this.part("labels").replaceChildren(...made);
  }

  paint() {
    const { going } = this.player;
    this.root.classList.toggle("going", going);
    this.part("play").setAttribute("aria-label", say(going ? "pause" : "play"));
  }

  paintWide() {
    this.part("wide").textContent = span(this.lens.wide);
    const at = this.player.position();
    if (at !== null && this.data) this.address.keep(this.data.camera, this.player.moment(), this.data.zone);
  }

  help() {
    this.part("keys").hidden = !this.part("keys").hidden;
  }

  end() {
    this.timers.forEach(clearInterval);
    this.peek.end();
    this.beside.end();
    this.ended();
    this.line.end();
    this.overview.end();
    this.tiles.end();
    this.player.stop();
  }
}
