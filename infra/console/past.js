// Past scores: what they were at an instant, by the rules of then or by one version, beside what users saw.

import { ask, path } from "./api.js";
import { h } from "./dom.js";
import { day, minute, plain, words } from "./format.js";
import { why } from "./why.js";

export function past(account, versions) {
  const at = h("input", { type: "datetime-local", id: "as-of" });
  const rule = h("select", { id: "rule" }, h("option", { value: "" }, "the rules of then"), h("option", { value: "default" }, "health by the default weights"),
    [...versions].reverse().map((one) => h("option", { value: one.event_id }, `${words(one.score)} since ${day(one.holds_from_at)}${one.retired ? " (retired)" : ""}: ${one.event_id}`)));
  const answer = h("div", { class: "answered", "aria-live": "polite" });
  let number = 0;
  async function look(event) {
    event.preventDefault();
    const mine = ++number;
    const asked = new URLSearchParams();
    if (at.value) asked.set("as_of", new Date(at.value).toISOString());
    if (rule.value) asked.set("config", rule.value);
    try {
      const { scores } = await ask(`${path("health", account)}?${asked}`);
      if (mine === number) answer.replaceChildren(...(scores.length ? scores.map(told) : [h("p", { class: "quiet" }, "No score was told then.")]));
    } catch (error) {
      if (mine === number) answer.replaceChildren(h("p", { class: "quiet", role: "alert" }, error.detail || error.title));
    }
  }
  return [h("h2", { id: "past" }, "At another time, by another rule"),
    h("form", { class: "past", onsubmit: look }, h("label", { for: "as-of" }, "At", at), h("label", { for: "rule" }, "by", rule), h("button", {}, "Reckon")), answer];
}

function told(one) {
  const terms = one.terms.map((term) => ({ ...term, event_ids: [] }));
  const seen = one.seen === null ? "nobody saw a score then" : one.difference ? `users saw ${plain(one.seen)}` : "just what users saw";
  return why({ kind: `past ${one.score}`, terms, total: one.value, unit: "points", basis: `${one.band}; ${seen}; ${minute(one.as_of)}, rule ${one.config}` }, { title: words(one.score) });
}
