// What is said over the picture: instead of it, or for a while at its lower edge.

import { say } from "./words.js";

const TOLD_MS = 6_000;
const DAMAGE_MS = 15_000;

const made = (kind, facts) => Object.assign(document.createElement(kind), facts);

export class Notes {
  constructor(note, pass) {
    Object.assign(this, { note, pass });
  }

  /** Instead of the picture; "" for nothing. `file`: a download, `next`: {text, go}. */
  stand(text, file = null, next = null) {
    this.note.hidden = !text;
    this.note.textContent = text;
    if (file) this.note.append(link(file));
    if (next) this.note.append(made("button", { textContent: next.text, onclick: next.go }));
  }

  /** For a while. */
  tell(text, file = null) {
    this.pass.textContent = text;
    if (file) this.pass.append(" ", link(file));
    this.pass.hidden = false;
    clearTimeout(this.passing);
    this.passing = setTimeout(() => (this.pass.hidden = true), file ? DAMAGE_MS : TOLD_MS);
  }
}

const link = (href) => made("a", { href, textContent: say("download_segment"), download: "" });
