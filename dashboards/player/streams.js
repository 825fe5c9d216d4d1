// Two ways to play a run of footage (stored segments of one kind), with one face:
//   open(run, ms)  begin at a programme time        seek(ms)  go there, within the run
//   position()     the programme time of the picture, or null       close()
//   onEnd, onSkip(from, to), onTrouble(text, fatal)  are called

const START_SLACK_S = 0.002;

/** hls.js over the gateway's playlist. */
export class HlsStream {
  constructor(Hls, video, gateway, camera) {
    Object.assign(this, { Hls, video, gateway, camera, hls: null, fragments: [], last: -1 });
    this.ended = () => this.onEnd();
    video.addEventListener("ended", this.ended);
  }

  open(run, ms) {
    this.drop();
    const { Hls } = this;
    // The start is known in programme time, and in media time only once the playlist is there.
    const hls = new Hls({ autoStartLoad: false, enableWorker: false, backBufferLength: 60 });
    this.hls = hls;
    this.recovered = false;
    hls.on(Hls.Events.LEVEL_LOADED, (_, { details }) => this.loaded(details, ms));
    hls.on(Hls.Events.ERROR, (_, error) => this.failed(error));
    hls.loadSource(this.gateway.playlist(this.camera, run));
    hls.attachMedia(this.video);
  }

  loaded(details, ms) {
    const begun = this.fragments.length > 0;
    this.fragments = details.fragments;
    if (begun) return;
    if (!this.fragments.length) return this.onEnd();
    this.hls.startLoad(this.mediaTime(ms));
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
    if (this.fragments.length) this.video.currentTime = this.mediaTime(ms);
  }

  // Never a sum of durations: gaps are not in them, and cameras drift.
  position() {
    const time = this.video.currentTime;
    const at = before(this.fragments, (fragment) => fragment.start <= time + START_SLACK_S);
    if (at < 0) return null;
    this.noticeSkip(at);
    const fragment = this.fragments[at];
    return fragment.programDateTime + Math.max(time - fragment.start, 0) * 1000;
  }

  noticeSkip(at) {
    if (at === this.last + 1 && at > 0 && this.last >= 0) {
      const left = this.fragments[at - 1];
      this.onSkip(left.programDateTime + left.duration * 1000, this.fragments[at].programDateTime);
    }
    this.last = at;
  }

  failed({ fatal, type, details, response }) {
    if (!fatal) return;
    const { NETWORK_ERROR, MEDIA_ERROR } = this.Hls.ErrorTypes;
    if (type === MEDIA_ERROR && !this.recovered) {
      this.recovered = true;
      this.hls.recoverMediaError();
    } else if (type === NETWORK_ERROR) {
      const gone = response && (response.code === 404 || response.code === 410);
      this.onTrouble(gone ? "This footage is no longer stored." : "The store does not answer.", !gone);
    } else {
      this.onTrouble(`The browser cannot play this footage (${details}).`, false);
    }
  }

  drop() {
    this.hls?.destroy();
    Object.assign(this, { hls: null, fragments: [], last: -1 });
  }

  close() {
    this.video.removeEventListener("ended", this.ended);
    this.drop();
  }
}

/** Without hls.js: one segment after the other, as the browser itself plays a file. */
export class PlainStream {
  constructor(video, gateway, camera) {
    Object.assign(this, { video, gateway, camera, segments: [], at: -1 });
    this.ended = () => this.next();
    this.broken = () => this.at >= 0 && this.onTrouble("The browser cannot play this file.", false);
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

  seek(ms) {
    if (!this.segments.length) return;
    let at = Math.max(before(this.segments, (segment) => segment.start <= ms), 0);
    const { start, media } = this.segments[at];
    if (ms >= start + media && at + 1 < this.segments.length) at += 1;
    this.play(at, Math.max(ms - this.segments[at].start, 0));
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

  position() {
    return this.at < 0 ? null : this.segments[this.at].start + this.video.currentTime * 1000;
  }

  close() {
    this.at = -1;
    this.video.removeEventListener("ended", this.ended);
    this.video.removeEventListener("error", this.broken);
    this.video.removeAttribute("src");
    this.video.load();
  }
}

/** Index of the last item that holds; -1 where none does. Items that hold come first. */
function before(items, holds) {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(items[middle])) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
