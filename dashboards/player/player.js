// Plays a camera from any moment: picks the run of footage, goes on into the next one, and tells
// why there is no picture.
//
// Events: `say` ({text, id?, next?}: what stands over the picture, "" for nothing), `skip`
// ({from, to, missing}), `damage` ({id, from, until, gone, shown}), `state` (going or not).

import { Footage } from "./footage.js";
import { Pace } from "./pace.js";
import { Proof } from "./proof.js";
import { HlsStream, PlainStream } from "./streams.js";
import { say } from "./words.js";

// Less than this between two pieces of footage nobody sees.
const SKIP_MS = 1500;
const AGAIN_MS = 3000;
const USUAL_FPS = 25;
const LOOKED = 12; // runs ahead for one that this browser plays

let library; // the promise of hls.js, or of null where npm never brought it

function loadHls() {
  library ??= import("./hls/hls.light.min.mjs").then(
    (module) => (module.default.isSupported() ? module.default : null),
    () => null,
  );
  return library;
}

export const playable = (mime) =>
  !("MediaSource" in window) || MediaSource.isTypeSupported(`video/mp4; codecs="${mime}"`);

export class Player extends EventTarget {
  constructor(video, gateway) {
    super();
    Object.assign(this, { video, gateway, stream: null, run: null, wanted: null, turn: 0, going: false });
    this.proof = new Proof(gateway, (id) => this.spoiled(id));
    this.pace = new Pace(video, (seconds) => this.jump(seconds));
    // A new source pauses the element, whenever play() was called: the wish is kept apart.
    video.addEventListener("canplay", () => this.going && video.paused && !this.pace.jumping && this.play());
    video.addEventListener("loadeddata", () => this.pace.apply());
    this.watch();
  }

  /** The media time (s) of the picture on the screen. */
  watch() {
    this.video.requestVideoFrameCallback?.((_, { mediaTime }) => {
      this.frame = mediaTime;
      this.watch();
    });
  }

  /** Take another camera; nothing plays before `seek`. */
  take(camera) {
    this.stop();
    Object.assign(this, { camera, footage: new Footage(this.gateway, camera) });
  }

  stop() {
    this.turn += 1;
    this.stream?.close();
    Object.assign(this, { stream: null, run: null, wanted: null, frame: null });
  }

  /** Show the picture of a moment, or of the first one after it. */
  async seek(ms) {
    const turn = ++this.turn;
    this.wanted = ms;
    this.pace.forget();
    const run = await this.find(ms, turn);
    if (!run) return;
    this.say("");
    const at = Math.max(ms, run.start_ms);
    if (at > ms + SKIP_MS) this.skipped(ms, at);
    this.wanted = at;
    if (this.run && this.stream && same(run, this.run)) return this.stream.seek(at);
    await this.open(run, at);
  }

  /** The run to play from a moment; null where there is none, or something else was asked for since. */
  async find(ms, turn) {
    try {
      const run = await this.footage.at(ms);
      if (turn !== this.turn) return null;
      if (!run) this.nothing(ms);
      return run;
    } catch (error) {
      if (turn === this.turn) this.again(`${error.message}.`, () => this.seek(ms));
      return null;
    }
  }

  async open(run, ms) {
    const turn = ++this.turn;
    this.stream?.close();
    Object.assign(this, { run, stream: null, frame: null });
    if (!playable(run.mime)) return this.refuse(run, ms);
    const Hls = await loadHls();
    if (turn !== this.turn) return;
    const stream = Hls
      ? new HlsStream(Hls, this.video, this.gateway, this.camera, this.proof)
      : new PlainStream(this.video, this.gateway, this.camera);
    stream.onEnd = () => this.after();
    stream.onSkip = (from, to) => to - from > SKIP_MS && this.skipped(from, to);
    stream.onTrouble = (text, passing) => this.trouble(text, passing);
    stream.onSilent = (silent) => this.silence(silent);
    stream.onDamage = (damage) => this.damaged(damage);
    this.stream = stream;
    this.video.dataset.way = Hls ? "hls" : "plain";
    await stream.open(run, ms);
    stream.ahead(this.pace.speed);
  }

  position() {
    // While it loads, the moment asked for is the truer answer.
    if (this.stream && this.video.readyState >= 2 && !this.video.seeking) {
      this.wanted = this.stream.position() ?? this.wanted;
    }
    return this.wanted;
  }

  /** A moment that names the picture on the screen: the middle of its time. */
  moment() {
    const { video, frame } = this;
    const length = 1 / this.fps;
    const still = video.paused && frame !== null && Math.abs(video.currentTime - frame) < 2 * length;
    const middle = still && this.stream?.position(frame + length / 2);
    return middle || this.position();
  }

  get fps() {
    return this.run?.fps || USUAL_FPS;
  }

  /** Called a few times a second. */
  tick() {
    this.stream?.tick();
    if (this.going && this.stream) this.pace.tick();
  }

  play() {
    this.going = true;
    this.told();
    this.pace.forget();
    if (this.pace.jumping) return Promise.resolve();
    return this.video.play().catch((error) => {
      // No click came before: a browser then plays without sound only.
      if (error.name !== "NotAllowedError" || this.video.muted) return undefined;
      this.video.muted = true;
      return this.video.play().catch(() => {});
    });
  }

  pause() {
    this.going = false;
    this.video.pause();
    this.told();
  }

  speed(speed) {
    this.pace.set(speed);
    this.stream?.ahead(speed);
    if (this.going) this.play();
  }

  /** Show the next picture, or the one before: standing still. */
  step(forward) {
    this.pause();
    if (!this.stream) return;
    const length = 1 / this.fps;
    const from = this.frame ?? this.video.currentTime;
    const to = Math.max(from + (forward ? 1.5 : -0.5) * length, 0);
    if (to < this.video.duration) this.video.currentTime = to;
    else this.after();
  }

  jump(seconds) {
    if (this.stream && !this.stream.jump(seconds)) this.after();
  }

  /** The run is over: on with what it has grown by, or the next one, or wait for more. */
  async after() {
    if (!this.run) return;
    await this.goOn(this.run.end_ms);
  }

  async goOn(ended) {
    const turn = ++this.turn;
    const run = await this.find(ended, turn);
    if (!run) return;
    const at = Math.max(ended, run.start_ms);
    if (at - ended > SKIP_MS) this.skipped(ended, at);
    this.say("");
    this.wanted = at;
    await this.open(run, at);
  }

  /** Footage may have come: go on where it stood at the end. */
  resume() {
    if (this.video.ended && this.run) this.after();
  }

  nothing(ms) {
    this.wanted = ms;
    this.say(say("nothing_after"));
  }

  async refuse(run, ms) {
    this.video.pause();
    const kind = run.codec === "hevc" ? "HEVC (H.265)" : run.codec;
    const found = await this.gateway.segmentAt(this.camera, ms).catch(() => null);
    if (this.run !== run) return;
    const next = await this.nextPlayable(run.end_ms).catch(() => null);
    if (this.run === run) this.say(say("cannot_decode", { codec: kind }), found?.id, next);
  }

  async nextPlayable(ms) {
    for (let [at, tries] = [ms, LOOKED]; tries > 0; tries -= 1) {
      const run = await this.footage.at(at);
      if (!run || playable(run.mime)) return run?.start_ms ?? null;
      at = run.end_ms;
    }
    return null;
  }

  trouble(text, passing) {
    if (!passing) return this.say(text);
    const [run, at] = [this.run, this.position()];
    return this.again(text, () => this.open(run, at));
  }

  /** The store is asked again and again: said where the picture waits for it. */
  silence(silent) {
    if (silent && this.video.readyState < 3) this.say(`${say("store_silent")} ${say("trying_again")}`);
    else if (!silent && this.silent) this.say("");
    this.silent = silent && this.video.readyState < 3;
  }

  again(text, act) {
    this.say(`${text} ${say("trying_again")}`);
    const { turn } = this;
    setTimeout(() => turn === this.turn && act(), AGAIN_MS);
  }

  /** What cannot be shown is told, and playing goes on behind it. */
  damaged({ id, from, until, gone }) {
    this.dispatchEvent(new CustomEvent("damage", { detail: { id, from, until, gone, shown: false } }));
    const { run } = this;
    this.wanted = until ?? run.end_ms;
    if (until === null) this.goOn(run.end_ms);
    else this.open(run, until);
  }

  spoiled(id) {
    const span = this.stream?.spanOf?.(id) ?? {};
    this.dispatchEvent(new CustomEvent("damage", { detail: { ...span, id, gone: false, shown: true } }));
  }

  async skipped(from, to) {
    const missing = await this.footage.missing(from, to).catch(() => []);
    this.dispatchEvent(new CustomEvent("skip", { detail: { from, to, missing } }));
  }

  told() {
    this.dispatchEvent(new Event("state"));
  }

  say(text, id = null, next = null) {
    this.dispatchEvent(new CustomEvent("say", { detail: { text, id, next } }));
  }
}

const same = (one, other) =>
  one === other || (one.start_ms === other.start_ms && one.end_ms === other.end_ms && one.mime === other.mime);
