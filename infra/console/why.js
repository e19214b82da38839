// Why: signed bars around a common zero, which sum to the number they explain.

import { h } from "./dom.js";
import { amount, capital, plain, reason, several, span } from "./format.js";

const UNITS = { points: "points", "log-odds": "log-odds", s: "of working time", urgency: "urgency" };

export function why(explanation, { open = true, title } = {}) {
  const { terms, total, unit, basis, kind } = explanation;
  const seconds = unit === "s";
  const written = (number) => (seconds ? (number < 0 ? "−" : "") + span(number) : amount(number));
  const largest = Math.max(...terms.map((term) => Math.abs(term.amount)), 1e-9);
  const low = Math.min(0, ...terms.map((term) => term.amount)) / largest;
  const high = Math.max(0, ...terms.map((term) => term.amount)) / largest;
  const width = high - low || 1;
  const rows = terms.map((term) => {
    const share = term.amount / largest;
    const from = ((Math.min(0, share) - low) / width) * 100;
    const ids = term.event_ids;
    const row = [h("span", { class: "label", title: reason(term.label) }, reason(term.label)),
      h("span", { class: "bar", "aria-hidden": "true", vars: { "--zero": `${(-low / width) * 100}%` } },
        h("i", { vars: { "--from": `${from}%`, "--size": `${(Math.abs(share) / width) * 100}%` } })),
      h("span", { class: "number" }, written(term.amount))];
    return h("li", { class: share < 0 ? "minus" : "plus" }, ids.length
      ? h("details", { class: "term" }, h("summary", { class: "line" }, row), h("p", { class: "events" }, h("span", {}, several(ids.length, "event")), ids.map((id) => h("code", {}, id))))
      : h("div", { class: "line" }, row));
  });
  const sum = seconds ? span(total) : unit === "points" || unit === "urgency" ? plain(total) : amount(total);
  return h("details", { class: "why", open, "data-kind": kind },
    h("summary", {}, h("span", {}, title ?? capital(kind)), h("b", { class: "number" }, `${sum} ${UNITS[unit] ?? unit}`)),
    rows.length
      ? h("ol", {}, rows, h("li", { class: "total" }, h("div", { class: "line" }, h("span", { class: "label" }, "Sum"), h("span", { class: "bar" }), h("span", { class: "number" }, sum))))
      : h("p", { class: "quiet" }, "There are no reasons on record."),
    h("p", { class: "basis" }, basis));
}
