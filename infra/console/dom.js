// Elements out of plain calls. Text is always set as text: nothing that people wrote is ever read as markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "vars") for (const [key, said] of Object.entries(value)) element.style.setProperty(key, said);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const h = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);
export const s = (name, attributes, ...children) => fill(document.createElementNS(SVG, name), attributes, children);

export function time(instant, text) {
  return h("time", { datetime: instant, title: new Date(instant).toLocaleString() }, text);
}

/** Makes a list show these items. Rows whose item did not change stay the very elements they are. */
export function keep(list, items, keyOf, make) {
  const before = new Map([...list.children].map((row) => [row.dataset.key, row]));
  const first = !list.dataset.kept;
  list.dataset.kept = "yes";
  const rows = items.map((item) => {
    const key = keyOf(item);
    const said = JSON.stringify(item);
    const old = before.get(key);
    if (old && old.said === said) return old;
    const row = make(item);
    row.dataset.key = key;
    row.said = said;
    if (!first) row.classList.add("changed");
    if (old) stay(old, row);
    return row;
  });
  const wanted = new Set(rows);
  for (const row of [...list.children]) if (!wanted.has(row)) row.remove();
  rows.forEach((row, place) => {
    if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
  });
}

const REACHED = "a, button, summary, select, input, [tabindex]";

/** What the reader had opened stays open, and what had the focus keeps it, when `row` takes the place of `old`. */
function stay(old, row) {
  const opened = [...row.querySelectorAll("details")];
  [...old.querySelectorAll("details")].forEach((one, place) => { if (opened[place]) opened[place].open = one.open; });
  const here = document.activeElement;
  if (!old.contains(here)) return;
  const place = [...old.querySelectorAll(REACHED)].indexOf(here);
  queueMicrotask(() => ([...row.querySelectorAll(REACHED)][place] ?? row.querySelector(REACHED))?.focus({ preventScroll: true }));
}

/** A place's box of rows: the rows where there are any, else what to do about it. */
export function fillBox(box, list, rows, keyOf, make, none) {
  if (!rows.length) return box.replaceChildren(none());
  if (list.parentNode !== box) box.replaceChildren(list);
  keep(list, rows, keyOf, make);
}

/** A figure table: names of columns (a `#` before one stands it to the right), and rows of what stands in them. */
export function table(label, columns, rows) {
  const right = columns.map((name) => name.startsWith("#"));
  const cell = (name, text, place) => h(name, { class: right[place] ? "number right" : null, scope: name === "th" ? "col" : null }, text);
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label },
    h("table", { "aria-label": label },
      h("thead", {}, h("tr", {}, columns.map((name, place) => cell("th", name.replace("#", ""), place)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map((text, place) => cell("td", text, place)))))));
}

export const panel = (id, title, ...content) => h("section", { class: "panel", "aria-labelledby": `${id}-title` },
  h("header", {}, h("h1", { id: `${id}-title` }, title), content.shift()), content);

export const columns = (kind, names) => h("div", { class: `columns ${kind}`, "aria-hidden": "true" }, names.map((name) => h("span", {}, name)));

/** Buttons of which one holds: `[name, text, count?]` each. */
export const chips = (label, choices, chosen, choose) => choices.map(([name, text, count]) =>
  h("button", { type: "button", class: "chip", "aria-pressed": String(chosen === name), onclick: () => choose(name) },
    text, count !== undefined && h("b", { class: "number" }, count)));

export function failure(error, again) {
  return h("div", { class: "state error", role: "alert" },
    h("h2", {}, error.title ?? "This did not work"),
    h("p", {}, error.detail || error.message || "No answer came."),
    again && h("button", { onclick: again }, "Try again"),
    h("a", { href: "#/" }, "To the overview"));
}

export const empty = (title, text, ...more) => h("div", { class: "state" }, h("h3", {}, title), h("p", {}, text), more);

export const loading = (what) =>
  h("div", { class: "state loading", "aria-busy": "true" }, h("p", {}, `Loading ${what}…`), h("i"), h("i"), h("i"));
