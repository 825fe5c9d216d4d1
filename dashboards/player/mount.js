// Mounts player and timeline into the element that Streamlit gives a component, and keeps them
// through reruns: the page may run again at any moment, the picture must not stop for it.

import { Deck } from "./deck.js";

const decks = new WeakMap();

/** Called at every change of `data`; returns what Streamlit calls when the element goes. */
export function mount({ parentElement, data }) {
  let deck = decks.get(parentElement);
  if (!deck) {
    deck = new Deck(parentElement.querySelector(".deck"));
    decks.set(parentElement, deck);
  }
  deck.show(data);
  return () => {
    decks.delete(parentElement);
    deck.end();
  };
}
