// Events as pictures: links, so that a middle click opens a tab; a plain click stays here. Where
// they can be marked, keys do all of it: j and k move, Enter plays, r marks.

const API = new URL("/api/v1", location.origin).href;
const walks = new WeakMap();

/** `data`: `cards`, `marks`, `days` (whether each day has a heading), `words`. */
export default function ({ parentElement, data, setTriggerValue }) {
  const grid = parentElement.querySelector(".cards");
  const at = walks.get(grid)?.at ?? null;
  walks.get(grid)?.end();
  const draw = new Draw(data, setTriggerValue);
  grid.replaceChildren(...draw.all());
  const walk = new Walk(grid, draw, at);
  walks.set(grid, walk);
  return () => walk.end();
}

class Draw {
  constructor({ cards, marks, days, words }, tell) {
    Object.assign(this, { cards, marks, days, words, tell });
  }

  all() {
    const made = [];
    let day = "";
    for (const card of this.cards) {
      if (this.days && card.day !== day) made.push(element("h3", "day", (day = card.day)));
      made.push(this.card(card));
    }
    if (this.marks && this.cards.length) made.push(element("p", "keys", this.words.keys));
    return made;
  }

  card(card) {
    const made = element("div", "card");
    made.dataset.id = card.id;
    const link = element("a", "way");
    link.href = `/playback?${new URLSearchParams({ camera: card.camera, at: card.at })}`;
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.tell("open", { camera: card.camera, at: card.at });
    });
    link.append(
      this.picture(card),
      line("top", card.time, card.camera),
      line("sub", card.title, `${card.span} · ${card.score}`),
    );
    made.append(link);
    if (card.new) made.append(element("span", "new", this.words.new));
    if (this.marks) made.append(this.button(card, made));
    else if (card.reviewed) made.append(element("span", "done", this.words.reviewed));
    this.shown(card, made);
    return made;
  }

  picture(card) {
    const frame = element("div", "frame");
    const image = element("img");
    image.loading = "lazy";
    image.alt = `${card.title}, ${card.camera}, ${card.time}`;
    image.addEventListener("error", () => {
      image.remove();
      frame.append(element("span", "none", this.words.no_picture));
    });
    image.src = `${API}/events/${encodeURIComponent(card.id)}/crop.jpg`;
    frame.append(image);
    return frame;
  }

  button(card, made) {
    const button = element("button", "mark");
    button.type = "button";
    button.tabIndex = -1;
    button.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 12.5 9.5 18 20 6.5"/></svg>';
    button.addEventListener("click", () => this.mark(card, made));
    return button;
  }

  /** The page is told, and what it will show is shown at once. */
  mark(card, made) {
    card.reviewed = card.reviewed ? null : "me";
    this.shown(card, made);
    this.tell("mark", { id: card.id, reviewed: Boolean(card.reviewed) });
  }

  shown(card, made) {
    made.classList.toggle("reviewed", Boolean(card.reviewed));
    const button = made.querySelector(".mark");
    if (!button) return;
    button.title = button.ariaLabel = card.reviewed ? this.words.unmark : this.words.mark;
    button.setAttribute("aria-pressed", String(Boolean(card.reviewed)));
  }
}

/** Keys over the cards; `at` is the one that they stand on, null before the first key. */
class Walk {
  constructor(grid, draw, at) {
    Object.assign(this, { grid, draw, at });
    this.pressed = (event) => this.key(event);
    if (draw.marks) document.addEventListener("keydown", this.pressed);
    if (at !== null) this.stand(at, false);
  }

  end() {
    document.removeEventListener("keydown", this.pressed);
  }

  key(event) {
    const typing = event.composedPath().some((one) => /^(input|textarea|select)$/i.test(one.tagName));
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !this.draw.cards.length) return;
    if (event.key === "j") this.stand(this.at === null ? 0 : this.at + 1);
    else if (event.key === "k") this.stand(this.at === null ? 0 : this.at - 1);
    else if (event.key === "r" && this.at !== null) this.draw.mark(this.draw.cards[this.at], this.card());
    else return;
    event.preventDefault();
  }

  card() {
    return this.grid.querySelectorAll(".card")[this.at];
  }

  stand(at, moved = true) {
    this.at = Math.min(Math.max(at, 0), this.draw.cards.length - 1);
    for (const card of this.grid.querySelectorAll(".card.stood")) card.classList.remove("stood");
    const card = this.card();
    if (!card) return;
    card.classList.add("stood");
    const link = card.querySelector(".way");
    link.focus({ preventScroll: !moved });  // Enter follows it, as any link
    if (moved) card.scrollIntoView({ block: "nearest" });
  }
}

function line(name, left, right) {
  const row = element("div", name);
  row.append(element("span", "", left), element("span", "", right));
  return row;
}

function element(kind, name = "", text = "") {
  const made = document.createElement(kind);
  made.className = name;
  made.textContent = text;
  return made;
}
