// Mounts the Live page's grid, or one camera in full, and keeps it through reruns of the page.

import { View } from "./live-view.js";
import { Wall } from "./live-wall.js";

const shown = new WeakMap();

/** Called at every change of `data`; returns what Streamlit calls when the element goes. */
export function mount({ parentElement, data, setTriggerValue }) {
  const place = parentElement.querySelector(".live");
  const had = shown.get(parentElement);
  if (had && had.camera === data.camera && had.key === JSON.stringify(data)) return had.end;
  had?.part.end();
  const part = data.camera ? new View(place, data, setTriggerValue) : new Wall(place, data, setTriggerValue);
  const end = () => {
    shown.delete(parentElement);
    part.end();
  };
  shown.set(parentElement, { camera: data.camera, key: JSON.stringify(data), part, end });
  return end;
}
