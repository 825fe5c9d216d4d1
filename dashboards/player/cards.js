// Events as pictures: links, so that a middle click opens a tab; a plain click stays here.

const API = new URL("/api/v1", location.origin).href;

export default function ({ parentElement, data, setTriggerValue }) {
  const grid = parentElement.querySelector(".cards");
  grid.replaceChildren(...data.cards.map((card) => draw(card, setTriggerValue)));
}

function draw(card, open) {
  const link = element("a", "card");
  link.href = `/playback?${new URLSearchParams({ camera: card.camera, at: card.at })}`;
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open("open", { camera: card.camera, at: card.at });
  });
  link.append(picture(card), line("top", card.time, card.camera), line("sub", card.title, `${card.span} · ${card.score}`));
  return link;
}

function picture(card) {
  const frame = element("div", "frame");
  const image = element("img");
  image.loading = "lazy";
  image.alt = `${card.title}, ${card.camera}, ${card.time}`;
  image.addEventListener("error", () => {
    image.remove();
    frame.append(element("span", "none", "no picture"));
  });
  image.src = `${API}/events/${encodeURIComponent(card.id)}/crop.jpg`;
  frame.append(image);
  return frame;
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
