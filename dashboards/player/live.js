// A camera as it is now: fragments from a WebSocket into a video element, kept at the newest picture.

const TICKS = 90_000; // a second of the fragments' times
const AIM_S = 0.15; // behind the newest picture: what a network's unevenness takes
const LATE_S = 0.3; // from here on it plays faster
const LOST_S = 1; // from here on it jumps
const SETTLED_MS = 500; // what came since the newest keyframe comes at once
const SOUND_MS = 5_000; // whoever plays for so long is tried again at once
const KEPT_S = 10; // of what was played
const SILENT_MS = 15_000; // the gateway speaks up earlier where it is the camera
const WAITS_MS = [300, 1_000, 2_000, 4_000, 8_000];

const Source = globalThis.ManagedMediaSource || globalThis.MediaSource;

/** Fires `say` with a name of `LiveWords`, "" once a picture is shown, and the browser's `mime`. */
export class Live extends EventTarget {
  constructor(video, camera) {
    super();
    Object.assign(this, { video, camera, socket: null, failures: 0, timer: 0, wanted: false });
    Object.assign(video, { muted: true, playsInline: true, disableRemotePlayback: true });
    this.seen = () => (document.hidden ? this.close() : this.wanted && this.open());
    video.addEventListener("error", () => this.buffer && this.broken());
    video.addEventListener("playing", () => this.say(""));
  }

  /** Show it, again and again, until `stop`; nothing is fetched while nobody looks at the tab. */
  start() {
    this.wanted = true;
    document.addEventListener("visibilitychange", this.seen);
    if (!document.hidden) this.open();
  }

  stop() {
    this.wanted = false;
    document.removeEventListener("visibilitychange", this.seen);
    this.close();
  }

  open() {
    this.close();
    this.say("connecting");
    const address = new URL(`/ws/stream/${encodeURIComponent(this.camera)}`, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => this.hear(data);
    socket.onclose = () => this.again("reconnecting");
    this.socket = socket;
    this.listen();
  }

  /** Let go of the connection; what was shown last stays. */
  close() {
    clearTimeout(this.timer);
    if (this.socket) {
      this.socket.onclose = this.socket.onmessage = null;
      this.socket.close();
    }
    Object.assign(this, { socket: null, told: null, buffer: null, queue: [] });
  }

  again(why) {
    this.close();
    this.say(why);
    if (!this.wanted || document.hidden) return;
    const wait = WAITS_MS[Math.min(this.failures, WAITS_MS.length - 1)];
    this.failures += 1;
    this.timer = setTimeout(() => this.open(), wait);
  }

  listen() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.again("reconnecting"), SILENT_MS);
  }

  hear(data) {
    this.listen();
    if (typeof data === "string") return this.hearWords(JSON.parse(data));
    if (this.told) this.begin(data);
    else if (this.queue.length || this.buffer) this.take(data);
  }

  hearWords(told) {
    if (!told.mime) return this.say(told.trouble);
    if (Source?.isTypeSupported(told.mime)) {
      this.told = told;
      return;
    }
    this.close();
    this.say("codec", told.mime);
  }

  /** Another stream: browsers want another source for it. */
  begin(init) {
    const [source, { mime }] = [new Source(), this.told];
    Object.assign(this, { told: null, source, buffer: null, queue: [init], newest: 0, settled: false });
    source.addEventListener("sourceopen", () => {
      URL.revokeObjectURL(this.video.src);
      if (this.source !== source || !this.socket) return;
      this.buffer = source.addSourceBuffer(mime);
      this.began = performance.now();
      this.buffer.addEventListener("updateend", () => this.source === source && this.kept());
      this.append();
    }, { once: true });
    this.video.src = URL.createObjectURL(source);
    this.video.play().catch(() => {});
  }

  take(fragment) {
    this.newest = shownAt(fragment);
    this.queue.push(fragment);
    this.append();
  }

  append() {
    if (!this.buffer || this.buffer.updating || !this.queue.length) return;
    try {
      this.buffer.appendBuffer(joined(this.queue.splice(0)));
    } catch {
      this.broken();
    }
  }

  /** What was appended is there: stay close to its end, and forget what was played. */
  kept() {
    const { video, buffer } = this;
    if (!buffer) return;
    if (!buffer.buffered.length) return this.append();
    this.follow(buffer.buffered);
    const old = buffer.buffered.start(0);
    if (this.queue.length || video.currentTime - old < 2 * KEPT_S) return this.append();
    buffer.remove(old, video.currentTime - KEPT_S);
  }

  follow(ranges) {
    const { video } = this;
    const start = ranges.start(ranges.length - 1);
    const late = this.newest - video.currentTime;
    const burst = !this.settled && performance.now() - this.began > SETTLED_MS;
    this.settled ||= burst;
    if (late > (burst ? LATE_S : LOST_S) || video.currentTime < start) {
      video.currentTime = Math.max(start, this.newest - AIM_S);
      video.playbackRate = 1;
    } else if (late > LATE_S) video.playbackRate = 1.1;
    else if (late < AIM_S) video.playbackRate = 1;
    if (video.paused) video.play().catch(() => {});
    if (performance.now() - this.began > SOUND_MS) this.failures = 0;
  }

  broken() {
    this.again("broken");
  }

  say(name, mime = "") {
    if (this.said === name) return;
    this.said = name;
    this.dispatchEvent(new CustomEvent("say", { detail: { name, mime } }));
  }
}

/** When a fragment's picture is shown, in seconds: the box layout is the node's, always the same. */
function shownAt(fragment) {
  const view = new DataView(fragment);
  return (Number(view.getBigUint64(60)) + view.getInt32(100)) / TICKS;
}

function joined(pieces) {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(new Uint8Array(piece), at);
    at += piece.byteLength;
  }
  return whole;
}
