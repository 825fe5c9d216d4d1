// The keyboard, wherever on the page it is pressed and nothing else has a use for it.

const TYPED = "input, textarea, select, [contenteditable], [role=listbox], [role=slider], [role=spinbutton]";

/** Calls what `acts` has for a key (`Shift+` before its name with shift); answers what ends it. */
export function keys(acts) {
  function pressed(event) {
    const target = event.composedPath()[0];
    const own = event.key === " " || event.key === "Enter" ? `${TYPED}, button, a` : TYPED;
    if (target.closest?.(own) || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = (event.shiftKey && acts[`Shift+${event.key}`]) || acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
  document.addEventListener("keydown", pressed);
  return () => document.removeEventListener("keydown", pressed);
}
