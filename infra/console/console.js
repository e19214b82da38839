// The console: finds out who asks, shows the page the address names, and keeps it fresh while facts change.

import { account } from "./account.js";
import { accounts } from "./accounts.js";
import { ask, dropKey, follow, hasKey, setKey, setTenant, takeKey, tenant } from "./api.js";
import { failure, h } from "./dom.js";
import { clock, minute, percent, setClock, stands, tick, whole } from "./format.js";
import { found } from "./found.js";
import { models } from "./models.js";
import { overview } from "./overview.js";
import { ticket } from "./ticket.js";
import { voices } from "./voices.js";
import { work } from "./work.js";

// Facts are heard of when they are said; the tables show them up to two seconds later, so one looks again.
const SOON = 700;
const AGAIN = 2300;
const EVERY = 60_000;

// Places by the first word of their address, and the place that each kind of page belongs to.
const PLACES = { work: () => work(main), accounts: (owner) => accounts(main, owner), feedback: () => voices(main), models: () => models(main) };
const WITHIN = { "": "overview", account: "accounts", ticket: "work" };

const main = document.querySelector("#main");
const head = document.querySelector("#head");
const totals = document.querySelector("#totals");
const words = document.querySelector("#words");
const live = document.querySelector("#live");
const places = [...document.querySelectorAll("#places a")];
let view = null;
let asking = new AbortController();
let following = new AbortController();

function route() {
  const [, kind = "", ...rest] = location.hash.split("/");
  const named = decodeURIComponent(rest.join("/"));
  asking.abort();
  asking = new AbortController();
  for (const timer of waits.values()) clearTimeout(timer);
  waits.clear();
  if (kind === "ticket" && named) view = ticket(main, named);
  else if (kind === "account" && named) view = account(main, named);
  else if (kind === "search" && named) view = found(main, named);
  else view = (PLACES[kind] ?? (() => overview(main)))(named);
  words.value = kind === "search" ? named : "";
  document.body.dataset.view = kind || "overview";
  const place = WITHIN[kind] ?? kind;
  for (const link of places) {
    if (link.dataset.place === place) link.setAttribute("aria-current", kind === place || !kind ? "page" : "true");
    else link.removeAttribute("aria-current");
  }
  refresh();
}

let running = null;
async function refresh() {
  const [shown, signal] = [view, asking.signal];
  if (running) await running;
  if (shown !== view) return;
  running = (async () => {
    try {
      await count(signal);
      await shown.refresh(signal);
      shown.asked = Date.now();
      if (shown === view) document.title = `${shown.title} · Millrace`;
    } catch (error) {
      if (error.name === "AbortError" || shown !== view) return;
      if (error.status === 401) return askForKey("This key is not valid any more.");
      if (error.status === 0 && shown.seen) return;
      shown.failed(error, refresh);
    }
    shown.seen = true;
  })();
  await running;
  running = null;
}

async function count(signal) {
  const said = await ask("v1/totals", signal);
  setClock(said.now, said.live);
  const shown = [
    ["Waiting tickets", whole(said.waiting), `of ${whole(said.tickets)}`],
    ["Promises broken", whole(said.breaches), "in all"],
    ["Accounts", whole(said.accounts), ""],
    ["In poor health", whole(said.at_risk), "", said.at_risk > 0 && "warn"],
    ["Category right", percent(said.accuracy), said.accuracy === null ? "no labels yet" : "of the last 1,000"],
    ["Dead letters", whole(said.dead_letters), ""],
  ];
  totals.replaceChildren(...shown.map(([name, value, note, mark]) => h("div", { class: mark || null }, h("dt", {}, name), h("dd", {}, h("b", { class: "number" }, value), note && h("small", {}, ` ${note}`)))));
  const [waits, risen] = [said.queued, said.escalated];
  const badge = document.querySelector("#places [data-place=work] b");
  badge.textContent = waits + risen || "";
  badge.title = `${whole(waits)} wait for an expert, ${whole(risen)} escalated`;
  if (stands()) totals.append(h("div", {}, h("dt", {}, "Clock of this history"), h("dd", { title: new Date(clock()).toLocaleString() }, h("b", { class: "number" }, minute(clock())))));
}

const waits = new Map();
function later(milliseconds) {
  if (waits.has(milliseconds)) return;
  // Some places ask for much and change slowly: `rest` is how long they are left as they are.
  const rest = view?.asked ? (view.rest ?? 0) - (Date.now() - view.asked) : 0;
  waits.set(milliseconds, setTimeout(() => { waits.delete(milliseconds); if (!document.hidden) refresh(); }, Math.max(milliseconds, rest)));
}

function listen() {
  following.abort();
  following = new AbortController();
  follow(() => { later(SOON); later(AGAIN); }, (state, detail) => {
    live.className = state;
    live.textContent = { live: "Live", lost: `Reconnecting in ${detail} s`, refused: "No longer allowed" }[state];
    if (state === "live") later(SOON);
    if (state === "refused") askForKey("This key is not valid any more.");
  }, following.signal);
}

function askForKey(reason) {
  following.abort();
  dropKey();
  head.classList.add("locked");
  totals.replaceChildren();
  const field = h("input", { type: "password", id: "key", autocomplete: "off", required: true, spellcheck: "false" });
  main.replaceChildren(h("form", { class: "state key", onsubmit: (event) => { event.preventDefault(); setKey(field.value.trim().replace(/^.*#token=/, "")); start(); } },
    h("h2", {}, "Which key?"),
    h("p", {}, reason),
    h("label", { for: "key" }, "The address that ", h("code", {}, "millrace serve"), " prints, or a key with the scope ", h("code", {}, "read")),
    h("div", {}, field, h("button", {}, "Open"))));
  field.focus();
}

async function start() {
  head.classList.remove("locked");
  if (!hasKey()) return askForKey("Every answer needs one; it stays in this tab.");
  try {
    const { tenants } = await ask("v1/tenants");
    if (!tenants.includes(tenant())) {
      if (tenants.length) setTenant(tenants[0]);
      else return main.replaceChildren(failure({ title: "No tenant yet", detail: "Nothing was taken so far: try `millrace demo`, or send a first event." }, start));
    }
    pick(tenants);
  } catch (error) {
    if (error.status === 400) sessionStorage.removeItem("millrace.tenant");
    if (error.status === 401 || error.status === 403) return askForKey(`${error.title}: ${error.detail}`);
    return main.replaceChildren(failure(error, start));
  }
  listen();
  route();
}

function pick(tenants) {
  const box = document.querySelector("#tenant");
  const choice = box.querySelector("select");
  box.hidden = tenants.length < 2;
  choice.replaceChildren(...tenants.map((name) => h("option", { value: name, selected: name === tenant() }, name)));
  choice.onchange = () => {
    setTenant(choice.value);
    if (location.hash !== "#/") location.hash = "#/";
    else route();
    listen();
  };
}

function move(by) {
  const rows = [...main.querySelectorAll(".rows > li > a, .rows > li > details > summary")];
  const place = rows.indexOf(document.activeElement);
  rows[place < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, place + by))]?.focus();
}

document.querySelector("#search").addEventListener("submit", (event) => {
  event.preventDefault();
  if (words.value.trim()) location.hash = `#/search/${encodeURIComponent(words.value.trim())}`;
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches?.("input, select, textarea");
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
    if (typing) event.target.blur();
    else if (!head.classList.contains("locked")) location.hash = "#/";
    return;
  }
  if (typing || head.classList.contains("locked")) return;
  if (event.key === "/") { event.preventDefault(); words.focus(); words.select(); }
  else if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (places[Number(event.key) - 1]) location.hash = places[Number(event.key) - 1].hash;
  else if (event.key === "?") document.querySelector("#keys").showModal();
});

addEventListener("hashchange", () => {
  if (location.hash.startsWith("#token=")) { takeKey(); start(); }
  else if (location.hash.startsWith("#/") && hasKey()) { route(); scrollTo(0, 0); }
});
document.addEventListener("visibilitychange", () => { if (!document.hidden && view && hasKey()) refresh(); });
setInterval(() => { if (!document.hidden) tick(); }, 1000);
setInterval(() => { if (!document.hidden && view && hasKey()) refresh(); }, EVERY);

takeKey();
start();
