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
    const focused = old?.contains(document.activeElement) || old === document.activeElement;
    if (focused) queueMicrotask(() => (row.matches("a") ? row : row.querySelector("a"))?.focus());
    return row;
  });
  const wanted = new Set(rows);
  for (const row of [...list.children]) if (!wanted.has(row)) row.remove();
  rows.forEach((row, place) => {
    if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
  });
}

export function failure(error, again) {
  return h("div", { class: "state error", role: "alert" },
    h("h2", {}, error.title ?? "This did not work"),
    h("p", {}, error.detail || error.message || "No answer came."),
    again && h("button", { onclick: again }, "Try again"),
    h("a", { href: "#/" }, "To the overview"));
}

export const empty = (title, text) => h("div", { class: "state" }, h("h3", {}, title), h("p", {}, text));

export const loading = (what) =>
  h("div", { class: "state loading", "aria-busy": "true" }, h("p", {}, `Loading ${what}…`), h("i"), h("i"), h("i"));
