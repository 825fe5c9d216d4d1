// What grid and full view draw with.

export function element(kind, name = "", text = "") {
  const made = document.createElement(kind);
  made.className = name;
  made.textContent = text;
  return made;
}

/** `As of {time}` with its facts. */
export const filled = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");

/** A link, so that a middle click opens a tab; a plain click is `act`'s. */
export function link(name, href, act) {
  const made = element("a", name);
  made.href = href;
  made.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    act();
  });
  return made;
}
