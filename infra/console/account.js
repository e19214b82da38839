// One account: its scores with what drove them, its risk, and its tickets.

import { ask, path } from "./api.js";
import { failure, h, keep, loading, time } from "./dom.js";
import { ago, day, money, percent, words } from "./format.js";
import { past } from "./past.js";
import { scoresCard } from "./scores.js";
import { why } from "./why.js";

// Explanations that the scores' own card tells.
const OF_SCORES = /^(health$|health change|score |standing of|forecast of)/;

export function account(root, id) {
  root.replaceChildren(loading(`account ${id}`));
  const chosen = { score: "health", period: "30" };
  const page = h("article", { class: "detail" });
  const sides = [h("div", {}), h("div", { class: "side" })];
  let said = null;

  function show() {
    if (!page.firstChild) page.append(h("div", {}), h("div", { class: "two" }, sides));
    if (page.parentNode !== root) root.replaceChildren(page);
    // Each part is made anew only where what it shows has changed; the rest stays the very elements they are.
    keep(page.firstChild, [{ key: "lead", ...lead(said) }], (part) => part.key, head);
    const scores = { key: "score", scores: said.scores, history: said.health_history, versions: said.score_versions, chosen: { ...chosen } };
    keep(sides[0], [scores, { key: "tickets", tickets: said.tickets }], (part) => part.key, (part) => (part.key === "score"
      ? h("section", { class: "card", "aria-labelledby": "score" }, scoresCard(part, chosen, show))
      : h("section", { "aria-labelledby": "tickets" }, h("h2", { id: "tickets" }, "Tickets"), tickets(part.tickets))));
    const risks = [30, 60, 90].map((days) => said[`churn_probability_${days}`] ?? null);
    const reasons = said.why.filter((one) => !OF_SCORES.test(one.kind)).map((one) => ({ ...one, position: 0 }));
    keep(sides[1], [{ key: "risk", risks, at: said.churn_predicted_at }, { key: "reasons", reasons }, { key: "past", versions: said.score_versions }], (part) => part.key, (part) => side(part, id));
  }
  return {
    title: id,
    async refresh(signal) {
      said = await ask(path("accounts", id), signal);
      show();
      this.title = said.name ?? id;
    },
    failed: (error, again) => root.replaceChildren(failure(error, again)),
    rest: 2000,
  };
}

const lead = (said) => Object.fromEntries(["account", "name", "recurring_minor", "currency", "plan", "tier", "seats", "renewal_at", "owner", "region", "parent", "created_at", "churned_at", "churn_reason"].map((name) => [name, said[name]]));

function head(said) {
  const facts = [
    ["Recurring", money(said.recurring_minor, said.currency)],
    ["Plan", said.plan ?? "–"],
    ["Tier", said.tier ?? "–"],
    ["Seats", said.seats ?? "–"],
    ["Renews", said.renewal_at ? time(said.renewal_at, [day(said.renewal_at), " (", h("span", { "data-ago": said.renewal_at }, ago(said.renewal_at)), ")"]) : "–"],
    ["Owner", said.owner ? h("a", { href: `#/accounts/${encodeURIComponent(said.owner)}` }, said.owner) : "–"],
    ["Region", said.region ? words(said.region).replaceAll("-", " ") : "–"],
    said.parent && ["Parent", h("a", { href: `#/account/${encodeURIComponent(said.parent)}` }, said.parent)],
    ["Customer since", said.created_at ? time(said.created_at, day(said.created_at)) : "–"],
  ].filter(Boolean);
  return h("header", { class: "lead" },
    h("p", { class: "crumb" }, h("a", { href: "#/accounts" }, "Accounts"), ` / ${said.account}`),
    h("h1", {}, said.name ?? said.account, " ", said.churned_at && h("span", { class: "pill broken" }, `left ${day(said.churned_at)}${said.churn_reason ? `: ${words(said.churn_reason)}` : ""}`)),
    h("dl", { class: "facts" }, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))));
}

function side(part, id) {
  switch (part.key) {
    case "risk": return h("section", { class: "card", "aria-labelledby": "risk" }, h("h2", { id: "risk" }, "Risk of leaving", part.at && h("small", {}, "told ", h("span", { "data-ago": part.at }, ago(part.at)))), risk(part.risks));
    case "reasons": return h("section", { class: "card", "aria-labelledby": "reasons" }, h("h2", { id: "reasons" }, "Why"),
      part.reasons.length ? part.reasons.map((one) => why(one)) : h("p", { class: "quiet" }, "Nothing is judged yet."));
    default: return h("section", { class: "card", "aria-labelledby": "past" }, past(id, part.versions));
  }
}

function risk(shares) {
  if (shares[2] === null) return h("p", { class: "quiet" }, "Not predicted.");
  return h("ul", { class: "risks" }, [30, 60, 90].map((days, place) => h("li", {}, h("span", {}, `within ${days} days`),
    h("i", { class: "meter", "aria-hidden": "true", vars: { "--share": `${Math.max(0.5, shares[place] * 100)}%` } }),
    h("b", { class: "number" }, percent(shares[place])))));
}

function tickets(rows) {
  if (!rows.length) return h("p", { class: "quiet" }, "None.");
  return h("ol", { class: "rows tickets" }, rows.map((row) => h("li", {},
    h("a", { href: `#/ticket/${encodeURIComponent(row.ticket)}` },
      h("span", { class: "number quiet" }, row.opened_at ? day(row.opened_at) : "–"),
      h("span", { class: "what" }, h("b", {}, row.title || "(no title)"), h("small", {}, [row.ticket, row.triage_category && words(row.triage_category)].filter(Boolean).join(" · "))),
      h("span", { class: `priority ${row.priority ?? ""}` }, row.priority ?? "–"),
      h("span", { class: `pill ${row.status}` }, row.status)))));
}
