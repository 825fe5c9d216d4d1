// A wheel, a finger, two fingers: what hands do on a timeline, told in its own words.

const MOVED_PX = 5; // less is a click
const WHEEL = 0.0016; // share of a zoom per px that a wheel turns

/**
 * Calls `act.click(x)`, `act.pan(px)`, `act.zoom(factor, x)`, `act.hover(x)` and `act.leave()`;
 * `x` in px from the element's left. Answers a function that ends it.
 */
export function gestures(element, act) {
  const down = new Map();
  let moved = 0; // px, at most, since the first finger came down
  let [begun, before] = [null, null];

  const at = (event) => event.clientX - element.getBoundingClientRect().left;

  function shape() {
    const xs = [...down.values()];
    const middle = xs.reduce((sum, x) => sum + x, 0) / xs.length;
    return { middle, apart: xs.length > 1 ? Math.max(Math.abs(xs[0] - xs[1]), 10) : 0 };
  }

  const listeners = {
    pointerdown(event) {
      if (event.button) return;
      element.setPointerCapture(event.pointerId);
      if (!down.size) moved = 0;
      down.set(event.pointerId, at(event));
      begun = before = shape();
    },
    pointermove(event) {
      if (!down.has(event.pointerId)) return act.hover(at(event));
      down.set(event.pointerId, at(event));
      const now = shape();
      moved = Math.max(moved, Math.abs(now.middle - begun.middle), now.apart ? MOVED_PX : 0);
      if (moved < MOVED_PX) return undefined;
      if (now.apart && before.apart) act.zoom(before.apart / now.apart, now.middle);
      act.pan(before.middle - now.middle);
      before = now;
      return undefined;
    },
    pointerup(event) {
      if (!down.delete(event.pointerId)) return;
      if (down.size) begun = before = shape();
      else if (moved < MOVED_PX) act.click(at(event));
    },
    pointercancel(event) {
      down.delete(event.pointerId);
      if (down.size) before = shape();
    },
    pointerleave() {
      if (!down.size) act.leave();
    },
    wheel(event) {
      event.preventDefault();
      const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      const scale = event.deltaMode === 1 ? 16 : 1; // lines, not px
      if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) act.pan(sideways * scale);
      else act.zoom(Math.exp(event.deltaY * scale * WHEEL), at(event));
    },
  };
  for (const [name, listener] of Object.entries(listeners)) {
    element.addEventListener(name, listener, { passive: false });
  }
  return () => {
    for (const [name, listener] of Object.entries(listeners)) element.removeEventListener(name, listener);
  };
}
