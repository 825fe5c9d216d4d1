// Plays a camera's day from any moment: picks the run of footage, goes on into the next one,
// and says in plain words why there is no picture.

import { HlsStream, PlainStream } from "./streams.js";

// Less than this between two pieces of footage nobody sees.
const SKIP_MS = 1500;

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
    // A new source pauses the element, whenever play() was called: the wish is kept apart.
    video.addEventListener("canplay", () => this.going && video.paused && this.play());
  }

  /** Take another camera or day; nothing plays before `seek`. */
  take(camera, timeline) {
    this.stop();
    Object.assign(this, { camera, timeline });
  }

  /** The same day with more in it. */
  update(timeline) {
    this.timeline = timeline;
  }

  stop() {
    this.turn += 1;
    this.stream?.close();
    Object.assign(this, { stream: null, run: null, wanted: null });
  }

  /** Show the picture of a moment, or of the first one after it. */
  async seek(ms) {
    const run = this.runAt(ms);
    this.say("");
    if (!run) return this.nothing(ms);
    const at = Math.max(ms, run.start_ms);
    if (at > ms + SKIP_MS) this.skipped(ms, at);
    this.wanted = at;
    if (this.run && this.stream && same(run, this.run)) return this.stream.seek(at);
    await this.open(run, at);
  }

  runAt(ms) {
    return this.timeline.runs.find((run) => run.end_ms > ms) || null;
  }

  async open(run, ms) {
    const turn = ++this.turn;
    this.stream?.close();
    Object.assign(this, { run, stream: null });
    if (!playable(run.mime)) return this.refuse(run, ms);
    const Hls = await loadHls();
    if (turn !== this.turn) return;
    const stream = Hls
      ? new HlsStream(Hls, this.video, this.gateway, this.camera)
      : new PlainStream(this.video, this.gateway, this.camera);
    stream.onEnd = () => this.after();
    stream.onSkip = (from, to) => to - from > SKIP_MS && this.skipped(from, to);
    stream.onTrouble = (text, passing) => this.trouble(text, passing);
    this.stream = stream;
    this.video.dataset.way = Hls ? "hls" : "plain";
    await stream.open(run, ms);
  }

  position() {
    // While it loads, the moment asked for is the truer answer.
    if (this.stream && this.video.readyState >= 2 && !this.video.seeking) {
      this.wanted = this.stream.position() ?? this.wanted;
    }
    return this.wanted;
  }

  play() {
    this.going = true;
    return this.video.play().catch((error) => {
      // No click came before: a browser then plays without sound only.
      if (error.name !== "NotAllowedError" || this.video.muted) return;
      this.video.muted = true;
      return this.video.play().catch(() => {});
    });
  }

  pause() {
    this.going = false;
    this.video.pause();
  }

  /** The run is over: on with what it has grown by, or the next one, or wait for more. */
  async after() {
    const ended = this.run.end_ms;
    const run = this.runAt(ended);
    if (!run) return this.nothing(ended);
    const at = Math.max(ended, run.start_ms);
    if (at - ended > SKIP_MS) this.skipped(ended, at);
    this.say("");
    this.wanted = at;
    await this.open(run, at);
  }

  /** The day has grown: go on where it stood at the end. */
  resume() {
    if (this.video.ended && this.run && this.runAt(this.run.end_ms)) this.after();
  }

  nothing(ms) {
    this.wanted = ms;
    const later = this.timeline.runs.length ? "after this moment" : "of this camera on this day";
    this.say(`Nothing is stored ${later}.`);
  }

  async refuse(run, ms) {
    this.video.pause();
    const kind = run.codec === "hevc" ? "HEVC (H.265)" : run.codec;
    const found = await this.gateway.segmentAt(this.camera, ms).catch(() => null);
    const link = found && { href: this.gateway.file(found.id), text: "Download this segment" };
    if (this.run !== run) return;
    const next = this.timeline.runs.find((one) => one.start_ms >= run.end_ms && playable(one.mime));
    this.say(`This footage is ${kind}, which this browser cannot decode.`, link, next?.start_ms);
  }

  trouble(text, passing) {
    if (!passing) return this.say(text);
    this.say(`${text} Trying again …`);
    const [turn, at] = [this.turn, this.position()];
    setTimeout(() => {
      if (turn === this.turn && this.run) this.open(this.run, at);
    }, 3000);
  }

  skipped(from, to) {
    this.dispatchEvent(new CustomEvent("skip", { detail: { from, to } }));
  }

  say(text, link = null, next = null) {
    this.dispatchEvent(new CustomEvent("say", { detail: { text, link, next } }));
  }
}

const same = (one, other) =>
  one === other || (one.start_ms === other.start_ms && one.end_ms === other.end_ms && one.mime === other.mime);
