// Buttons and keys of a deck: each does what the deck has a word for.

import { keys } from "./keys.js";
import { MINUTE, SECOND } from "./time.js";

const STEP_MS = 10 * SECOND;

const clicks = (deck) => ({
  play: () => deck.toggle(),
  back: () => deck.step(-STEP_MS),
  forth: () => deck.step(STEP_MS),
  previous: () => deck.event(false),
  next: () => deck.event(true),
  "frame-back": () => deck.player.step(false),
  "frame-on": () => deck.player.step(true),
  "day-before": () => deck.stepDay(false),
  "day-after": () => deck.stepDay(true),
  latest: () => deck.latest(),
  wider: () => deck.zoom(4),
  closer: () => deck.zoom(1 / 4),
  link: () => deck.link(),
  save: () => deck.download(),
  full: () => deck.part("stage").requestFullscreen?.(),
  help: () => deck.help(),
});

const presses = (deck) => ({
  " ": () => deck.toggle(),
  ArrowLeft: () => deck.step(-STEP_MS),
  ArrowRight: () => deck.step(STEP_MS),
  "Shift+ArrowLeft": () => deck.step(-MINUTE),
  "Shift+ArrowRight": () => deck.step(MINUTE),
  ArrowUp: () => deck.event(false),
  ArrowDown: () => deck.event(true),
  ",": () => deck.player.step(false),
  ".": () => deck.player.step(true),
  j: () => deck.faster(-1),
  k: () => deck.toggle(),
  l: () => deck.faster(1),
  "+": () => deck.zoom(1 / 2),
  "=": () => deck.zoom(1 / 2),
  "-": () => deck.zoom(2),
  "?": () => deck.help(),
});

/** Answers what takes the keys away again; nothing acts before there is a camera. */
export function controls(deck) {
  const ready = (act) => () => deck.player.footage && act();
  for (const [name, act] of Object.entries(clicks(deck))) deck.part(name).addEventListener("click", ready(act));
  for (const one of deck.root.querySelectorAll("[data-wide]")) {
    one.addEventListener("click", ready(() => deck.showWide(Number(one.dataset.wide) * SECOND)));
  }
  deck.part("speed").addEventListener("change", (event) => deck.player.speed(Number(event.target.value)));
  deck.part("jump").addEventListener("change", (event) => deck.jump(event.target.value));
  deck.video.addEventListener("click", ready(() => deck.toggle()));
  const acts = Object.entries(presses(deck)).map(([name, act]) => [name, ready(act)]);
  return keys(Object.fromEntries(acts));
}
