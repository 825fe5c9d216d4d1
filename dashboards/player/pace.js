// How fast it plays. What a machine cannot decode is shown in jumps, at the speed asked for; how
// fast it really is, is measured.

const WINDOW_MS = 2_000;
const ENOUGH = 0.7; // of the speed asked for
const SLOW_WINDOWS = 2; // one may be the network's
const FASTEST = 16; // that browsers take

export const SPEEDS = [0.5, 1, 2, 4, 8, 16];

export class Pace {
  /** `jump(s)` shows what is so many seconds of footage later. */
  constructor(video, jump) {
    Object.assign(this, { video, jump, speed: 1, jumping: false, slow: 0, window: null, real: null });
    // What is sought is no footage that was played.
    video.addEventListener("seeking", () => this.jumping || this.forget());
    video.addEventListener("loadeddata", () => this.forget());
  }

  set(speed) {
    Object.assign(this, { speed, jumping: false, slow: 0, window: null, real: null });
    this.apply();
  }

  /** A new source begins at its own rate. */
  apply() {
    const rate = this.jumping ? 1 : Math.min(this.speed, FASTEST);
    this.video.defaultPlaybackRate = rate;
    this.video.playbackRate = rate;
    this.video.preservesPitch = this.speed <= 2;
    this.leapt = performance.now();
  }

  /** Begin to count anew: somebody went elsewhere. */
  forget() {
    this.window = this.real = null;
  }

  /** Called a few times a second while it should play. */
  tick(now = performance.now()) {
    const { video } = this;
    if (this.jumping) this.leap(now);
    const time = video.currentTime;
    if (!this.window || time < this.window.time) this.window = { now, time, advanced: 0, last: time };
    this.window.advanced += Math.max(time - this.window.last, 0);
    this.window.last = time;
    const lasted = now - this.window.now;
    if (lasted < WINDOW_MS) return;
    this.real = (this.window.advanced * 1000) / lasted;
    this.window = { now, time, advanced: 0, last: time };
    this.judge(now);
  }

  judge(now) {
    const late = this.real < this.speed * ENOUGH && this.speed > 1 && this.video.readyState >= 3;
    this.slow = late ? this.slow + 1 : 0;
    if (this.jumping || this.slow < SLOW_WINDOWS) return;
    this.jumping = true;
    this.video.pause();
    this.apply();
    this.leapt = now;
  }

  leap(now) {
    if (this.video.seeking || this.video.readyState < 2) return;
    const passed = (now - this.leapt) / 1000;
    this.leapt = now;
    this.jump(passed * this.speed);
  }
}
