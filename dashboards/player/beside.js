// Other cameras at the moment that the player shows, each in a picture of its own.

import { Player } from "./player.js";
import { shaped } from "./shape.js";
import { say } from "./words.js";

const OFF_MS = 1_500; // further away it is sought, nearer it is made up for by speed
const NEAR_MS = 150;
const STILL_MS = 60; // of pictures that stand, each is its own
const AGAIN_MS = 2_000; // a seek takes its time

const made = (kind, name) => Object.assign(document.createElement(kind), { className: name });

export class Beside {
  /** `box` is the element that holds the player's own picture, and is to hold the others. */
  constructor(box, gateway) {
    Object.assign(this, { box, gateway, others: new Map() });
  }

  show(cameras) {
    for (const [camera, other] of this.others) if (!cameras.includes(camera)) this.drop(camera, other);
    for (const camera of cameras) if (!this.others.has(camera)) this.add(camera);
    this.box.classList.toggle("many", this.others.size > 0);
  }

  add(camera) {
    const figure = made("figure", "aside");
    const video = Object.assign(made("video", ""), { muted: true, playsInline: true, preload: "auto" });
    const [name, note] = [made("figcaption", "name"), made("div", "none")];
    name.textContent = camera;
    figure.append(video, name, note);
    this.box.append(figure);
    shaped(video, figure);
    const player = new Player(video, this.gateway);
    player.take(camera);
    const other = { figure, note, player, video, said: "", waits: false, sought: 0, wanted: null, hole: null };
    player.addEventListener("say", ({ detail }) => (other.said = detail.text));
    this.others.set(camera, other);
  }

  drop(camera, { figure, player }) {
    player.stop();
    figure.remove();
    this.others.delete(camera);
  }

  /** Called a few times a second with the player that leads and the moment it shows. */
  follow(main, at) {
    for (const other of this.others.values()) this.keepUp(other, main, at);
  }

  keepUp(other, main, at) {
    const { player, video } = other;
    player.stream?.tick();
    const there = player.position();
    const ahead = there === null ? -Infinity : there - at;
    const going = main.going && !main.pace.jumping;
    // Nothing was recorded then: what comes next waits behind a word.
    other.waits = ahead > (other.waits ? NEAR_MS : OFF_MS) && !video.seeking;
    this.tell(other);
    this.settle(other, ahead);
    if (Math.abs(ahead) > (going ? OFF_MS : STILL_MS) && this.maySeek(other, at)) player.seek(at);
    if (going && !other.waits) this.run(other, main, ahead);
    else if (player.going) player.pause();
  }

  tell({ note, said, waits }) {
    const text = said || (waits ? say("nothing_then") : "");
    note.hidden = !text;
    if (note.textContent !== text) note.textContent = text;
  }

  /** Once a seek had its time: where it came out, if that is beyond a hole. */
  settle(other, ahead) {
    if (other.wanted === null || performance.now() - other.sought < AGAIN_MS) return;
    other.hole = ahead > OFF_MS ? [other.wanted, other.player.position()] : null;
    other.wanted = null;
  }

  /** Not while it is on its way there, and not again into a hole that it came out of. */
  maySeek(other, at) {
    if (other.wanted !== null) return false;
    if (other.hole && at >= other.hole[0] && at < other.hole[1]) return false;
    Object.assign(other, { sought: performance.now(), wanted: at, hole: null });
    return true;
  }

  run({ player, video }, main, ahead) {
    const haste = ahead > NEAR_MS ? 0.9 : ahead < -NEAR_MS ? 1.1 : 1;
    const rate = Math.min(main.pace.speed * haste, 16);
    if (player.pace.speed !== main.pace.speed) player.pace.set(main.pace.speed);
    if (video.playbackRate !== rate) video.playbackRate = rate;
    if (!player.going) player.play();
  }

  end() {
    for (const [camera, other] of this.others) this.drop(camera, other);
  }
}
