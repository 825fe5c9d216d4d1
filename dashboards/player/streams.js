// Two ways to play a run of footage (stored segments of one kind), with one face:
//   open(run, ms)  begin at a programme time        seek(ms)  go there, within the run
//   position(time)  the programme time of a media time, of the picture where none is given, or null
//   jump(s)  show what is so much later; false where the run ends        close()
//   onEnd, onSkip(from, to), onTrouble(text, passing), onSilent(whether the store is) and
//   onDamage({id, from, until, gone})  are called: no picture can be had before `until`

import { before } from "./search.js";
import { say } from "./words.js";

const START_SLACK_S = 0.002;
const REACHED_S = 0.3; // of what is damaged, what is played before comes to its end
const ENDS_S = 0.25;

/** hls.js over the gateway's playlist. */
export class HlsStream {
  constructor(Hls, video, gateway, camera, proof) {
    Object.assign(this, { Hls, video, gateway, camera, proof, hls: null, fragments: [], last: -1 });
    this.damage = null; // index of the fragment that cannot be had
    this.ended = () => (this.damage === null ? this.onEnd() : this.passDamage());
    this.broken = () => this.hls && this.failedAt(this.indexAt(video.currentTime), false);
    video.addEventListener("ended", this.ended);
    video.addEventListener("error", this.broken);
  }

  open(run, ms) {
    this.drop();
    const { Hls } = this;
    // The start is known in programme time, and in media time only once the playlist is there.
    const hls = new Hls({ autoStartLoad: false, enableWorker: false, backBufferLength: 60 });
    this.hls = hls;
    hls.on(Hls.Events.LEVEL_LOADED, (_, { details }) => this.loaded(details, ms));
    hls.on(Hls.Events.FRAG_LOADED, (_, { frag, payload }) => this.prove(frag, payload));
    hls.on(Hls.Events.ERROR, (_, error) => this.failed(error));
    hls.loadSource(this.gateway.playlist(this.camera, run));
    hls.attachMedia(this.video);
  }

  /** Have enough at hand for a speed. */
  ahead(speed) {
    if (this.hls) this.hls.config.maxBufferLength = 30 * Math.max(1, speed / 2);
  }

  loaded(details, ms) {
    const begun = this.fragments.length > 0;
    this.fragments = details.fragments;
    if (begun) return;
    if (!this.fragments.length) return this.onEnd();
    this.hls.startLoad(this.mediaTime(ms));
  }

  prove(fragment, payload) {
    this.onSilent(false);
    const init = fragment.initSegment?.data;
    if (init && payload?.byteLength) this.proof.add(idOf(fragment), init, fragment.byteRangeStartOffset, payload);
  }

  /** Media time (s) of a programme time; in a gap, of what comes after it. */
  mediaTime(ms) {
    const at = before(this.fragments, (fragment) => fragment.programDateTime <= ms);
    if (at < 0) return this.fragments[0].start + START_SLACK_S;
    const fragment = this.fragments[at];
    const inside = (ms - fragment.programDateTime) / 1000;
    if (inside < fragment.duration) return fragment.start + Math.max(inside, START_SLACK_S);
    const next = this.fragments[at + 1];
    return next ? next.start + START_SLACK_S : fragment.start + fragment.duration - 0.05;
  }

  seek(ms) {
    this.last = -1;
    this.heal();
    if (this.fragments.length) this.video.currentTime = this.mediaTime(ms);
  }

  jump(seconds) {
    const end = this.fragments.at(-1)?.end ?? 0;
    const time = this.video.currentTime + seconds;
    if (time > end - ENDS_S) return false;
    this.video.currentTime = time;
    return true;
  }

  indexAt(time) {
    return before(this.fragments, (fragment) => fragment.start <= time + START_SLACK_S);
  }

  // Never a sum of durations: gaps are not in them, and cameras drift.
  position(time = this.video.currentTime) {
    const at = this.indexAt(time);
    if (at < 0) return null;
    const fragment = this.fragments[at];
    return fragment.programDateTime + Math.max(time - fragment.start, 0) * 1000;
  }

  /** Called a few times a second. */
  tick() {
    const time = this.video.currentTime;
    const at = this.indexAt(time);
    if (at >= 0) this.noticeSkip(at);
    if (this.damage !== null && time >= this.fragments[this.damage].start - REACHED_S) this.passDamage();
  }

  noticeSkip(at) {
    if (at === this.last + 1 && at > 0 && this.last >= 0) {
      const left = this.fragments[at - 1];
      this.onSkip(left.programDateTime + left.duration * 1000, this.fragments[at].programDateTime);
    }
    this.last = at;
  }

  failed({ fatal, type, details, frag, response }) {
    const { NETWORK_ERROR } = this.Hls.ErrorTypes;
    const gone = [404, 410, 416].includes(response?.code);
    const at = frag ? this.fragments.findIndex((one) => one.sn === frag.sn) : -1;
    // A range that cannot be taken apart is not better at the second try.
    const broken = ["fragParsingError", "bufferAppendError"].includes(details);
    if (at >= 0 && (broken || gone)) return this.failedAt(at, gone);
    if (!fatal && type === NETWORK_ERROR && details !== "aborted") this.onSilent(true);
    if (!fatal) return undefined;
    if (type !== NETWORK_ERROR) return this.failedAt(at >= 0 ? at : this.indexAt(this.video.currentTime), false);
    return this.onTrouble(say(gone ? "gone" : "store_silent"), !gone);
  }

  /** Keep in mind that a fragment has no picture: what is at hand before it is played first. */
  failedAt(at, gone) {
    if (at < 0) return this.onTrouble(say("cannot_play"), false);
    if (this.damage !== null && this.damage <= at) return undefined;
    Object.assign(this, { damage: at, gone });
    this.hls?.stopLoad();
    if (this.video.error || this.video.readyState < 2) this.passDamage();
    return undefined;
  }

  heal() {
    if (this.damage === null) return;
    this.damage = null;
    this.hls?.startLoad(this.video.currentTime);
  }

  passDamage() {
    const at = this.damage;
    this.damage = null;
    const id = idOf(this.fragments[at]);
    const whole = this.gone || this.proof.spoiled.has(id);
    const next = this.fragments.findIndex((one, n) => n > at && (!whole || idOf(one) !== id));
    const until = next < 0 ? null : this.fragments[next].programDateTime;
    this.onDamage({ id, until, gone: this.gone, from: this.fragments[at].programDateTime });
  }

  /** The programme time of a segment. */
  spanOf(id) {
    const own = this.fragments.filter((one) => idOf(one) === id);
    const last = own.at(-1);
    return last && { from: own[0].programDateTime, until: last.programDateTime + last.duration * 1000 };
  }

  drop() {
    this.hls?.destroy();
    Object.assign(this, { hls: null, fragments: [], last: -1, damage: null });
  }

  close() {
    this.video.removeEventListener("ended", this.ended);
    this.video.removeEventListener("error", this.broken);
    this.drop();
  }
}

/** Without hls.js: one segment after the other, as the browser itself plays a file. */
export class PlainStream {
  constructor(video, gateway, camera) {
    Object.assign(this, { video, gateway, camera, segments: [], at: -1 });
    this.ended = () => this.next();
    this.broken = () => this.at >= 0 && this.pass();
    video.addEventListener("ended", this.ended);
    video.addEventListener("error", this.broken);
  }

  async open(run, ms) {
    this.at = -1;
    this.segments = (await this.gateway.segments(this.camera, run.start_ms, run.end_ms)).map(
      (row) => ({ id: row.id, start: Date.parse(row.start_utc), media: row.media_ms }),
    );
    this.seek(ms);
  }

  ahead() {}

  tick() {}

  seek(ms) {
    if (!this.segments.length) return;
    let at = Math.max(before(this.segments, (segment) => segment.start <= ms), 0);
    const { start, media } = this.segments[at];
    if (ms >= start + media && at + 1 < this.segments.length) at += 1;
    this.play(at, Math.max(ms - this.segments[at].start, 0));
  }

  jump(seconds) {
    const { video } = this;
    if (video.currentTime + seconds < this.segments[this.at].media / 1000) video.currentTime += seconds;
    else if (this.at + 1 < this.segments.length) this.next();
    else return false;
    return true;
  }

  play(at, offset) {
    const there = () => (this.video.currentTime = offset / 1000);
    if (at === this.at) return there();
    this.at = at;
    this.video.src = this.gateway.media(this.segments[at].id);
    this.video.addEventListener("loadedmetadata", there, { once: true });
  }

  next() {
    if (this.at + 1 >= this.segments.length) return this.onEnd();
    const left = this.segments[this.at];
    this.onSkip(left.start + left.media, this.segments[this.at + 1].start);
    this.play(this.at + 1, 0);
  }

  /** A file that cannot be played, or is gone. */
  pass() {
    const { id, start } = this.segments[this.at];
    this.onDamage({ id, from: start, until: this.segments[this.at + 1]?.start ?? null, gone: false });
  }

  position(time = this.video.currentTime) {
    return this.at < 0 ? null : this.segments[this.at].start + time * 1000;
  }

  close() {
    this.at = -1;
    this.video.removeEventListener("ended", this.ended);
    this.video.removeEventListener("error", this.broken);
    this.video.removeAttribute("src");
    this.video.load();
  }
}

const idOf = (fragment) => new URL(fragment.url, location.href).pathname.split("/").at(-2);
