// Cameras' hours as a table of links. Arrow keys move between them, so that the whole of it is
// one stop of the tab key; what a cell holds is said in words by its label and by the tip.

const drawn = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".hours");
  const text = JSON.stringify(data);
  // The page runs again every few seconds: what is the same keeps its focus and its tip.
  if (drawn.get(root) === text) return;
  drawn.set(root, text);
  const held = place(root, root.getRootNode().activeElement);
  const told = place(root, root.querySelector(".hour.told"));
  const tip = element("div", "tip");
  tip.hidden = true;
  const scroll = element("div", "scroll");
  const left = root.querySelector(".scroll")?.scrollLeft;
  scroll.append(table(data, tip, setTriggerValue));
  root.replaceChildren(scroll, legend(data.legend), tip);
  if (left === undefined) toNewest(scroll);
  else scroll.scrollLeft = left;
  const first = cell(root, ...(held ?? [0, data.heads.length - 1])) ?? cell(root, 0, 0);
  if (first) first.tabIndex = 0;
  if (held && first) first.focus();
  if (told) cell(root, ...told)?.dispatchEvent(new Event("pointerenter"));
}

/** Where there is no room for all hours, the newest are what one came for. */
function toNewest(scroll) {
  const ends = [...scroll.querySelectorAll("tbody .hour[href]")].map((one) => one.getBoundingClientRect().right);
  const beyond = Math.max(...ends) - scroll.getBoundingClientRect().right;
  if (beyond > 0) scroll.scrollLeft = beyond + 60; // the sum beside it too
}

function table(data, tip, open) {
  const made = element("table");
  made.setAttribute("role", "grid");
  made.setAttribute("aria-label", data.words.grid);
  const head = element("thead");
  head.append(days(data.days), line(["", ...data.heads, data.words.sum].map((text) => heading(text, "col"))));
  const body = element("tbody");
  for (const row of data.rows) {
    const sum = element("td", "sum", row.sum);
    sum.setAttribute("role", "gridcell");
    body.append(line([heading(row.camera, "row"), ...row.cells.map((one) => hour(one, row.camera, tip, open)), sum]));
  }
  made.append(head, body);
  made.addEventListener("keydown", (event) => move(event, made));
  return made;
}

function days(days) {
  const cells = days.map(([name, count]) => {
    const made = heading("", "colgroup");
    made.append(element("span", "", name));
    made.colSpan = count;
    return made;
  });
  return line([heading("", "col"), ...cells]);
}

function hour(one, camera, tip, open) {
  const made = element("td");
  made.setAttribute("role", "gridcell");
  const link = element("a", "hour");
  link.tabIndex = -1;
  link.setAttribute("aria-label", one.tip.join(", "));
  link.append(...one.fills.map(([kind, share]) => part(kind, share)), said(one));
  if (one.at) {
    const moment = { camera, at: one.at };
    link.href = `/playback?${new URLSearchParams(moment)}`;
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open("open", moment);
    });
  } else {
    link.setAttribute("role", "link");
    link.setAttribute("aria-disabled", "true");
  }
  for (const name of ["pointerenter", "focus"]) link.addEventListener(name, () => show(tip, link, one.tip));
  for (const name of ["pointerleave", "blur"]) link.addEventListener(name, () => hide(tip, link));
  made.append(link);
  return made;
}

function part(kind, share) {
  const made = element("div", `part ${kind}`);
  made.style.height = `${share * 100}%`;
  return made;
}

function said({ mark, text }) {
  const made = element("div", "said");
  made.setAttribute("aria-hidden", "true");
  if (mark) made.append(element("span", "mark", mark));
  if (text) made.append(element("span", "", text));
  return made;
}

function show(tip, link, lines) {
  tip.replaceChildren(...lines.map((text) => element("div", "", text)));
  tip.hidden = false;
  link.getRootNode().querySelector(".hour.told")?.classList.remove("told");
  link.classList.add("told");
  const [around, at] = [tip.offsetParent.getBoundingClientRect(), link.getBoundingClientRect()];
  const left = Math.min(at.left - around.left, around.width - tip.offsetWidth);
  tip.style.left = `${Math.max(left, 0)}px`;
  tip.style.top = `${at.bottom - around.top + 6}px`;
}

function hide(tip, link) {
  tip.hidden = true;
  link.classList.remove("told");
}

function legend(rows) {
  const made = element("ul", "legend");
  for (const [kind, mark, words] of rows) {
    const sample = element("span", "hour");
    sample.append(part(kind, 1), said({ mark }));
    const row = element("li");
    row.append(sample, element("span", "", words));
    made.append(row);
  }
  return made;
}

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -1e3], End: [0, 1e3] };

function move(event, made) {
  const step = STEPS[event.key];
  const at = place(made, event.target);
  if (!step || !at) return;
  event.preventDefault();
  const last = made.querySelector("tbody tr").querySelectorAll(".hour").length - 1;
  const next = cell(made, at[0] + step[0], Math.min(Math.max(at[1] + step[1], 0), last));
  if (!next) return;
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

function place(root, link) {
  const rows = [...root.querySelectorAll("tbody tr")];
  const row = rows.findIndex((one) => one.contains(link));
  return row < 0 ? null : [row, [...rows[row].querySelectorAll(".hour")].indexOf(link)];
}

function cell(root, row, column) {
  return root.querySelectorAll("tbody tr")[row]?.querySelectorAll(".hour")[column];
}

function line(cells) {
  const made = element("tr");
  made.append(...cells);
  return made;
}

function heading(text, scope) {
  const made = element("th", "", text);
  made.scope = scope;
  return made;
}

function element(kind, name = "", text = "") {
  const made = document.createElement(kind);
  made.className = name;
  made.textContent = text;
  return made;
}
