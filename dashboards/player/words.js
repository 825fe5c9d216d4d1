// What the player says, in the language that the page chose.

let texts = {};

/** Take the texts of the page: by name, English plurals parted by `|`, facts in braces. */
export function speak(mapping) {
  texts = mapping;
}

/** A text with its facts filled in; `count` chooses between singular and plural. */
export function say(name, facts = {}) {
  let text = texts[name] ?? name.replaceAll("_", " ");
  if ("count" in facts && text.includes("|")) {
    const [one, more] = text.split("|");
    text = facts.count === 1 ? one : more;
  }
  return text.replace(/\{(\w+)\}/g, (_, key) => String(facts[key] ?? ""));
}

/** Why something is missing: a gap's cause or an account's state, in words. */
export const cause = (name) => texts[`why_${name}`] ?? name.replaceAll("_", " ");

/** A label of what was seen. */
export const label = (name) => texts[`label_${name.replaceAll(" ", "_")}`] ?? name;

/**
 * Fill in what a page's own elements say: `data-text` names what stands in one, `data-title` its
 * hint, `data-label` what it is called where that is not the hint.
 */
export function fill(root) {
  const each = (name, act) => root.querySelectorAll(`[data-${name}]`).forEach((one) => act(one, say(one.dataset[name])));
  each("text", (one, text) => (one.textContent = text));
  each("title", (one, text) => Object.assign(one, { title: text, ariaLabel: text }));
  each("label", (one, text) => (one.ariaLabel = text));
}
