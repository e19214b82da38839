// One account: its score over time with what drove it, its risk, and its tickets.

import { ask, path } from "./api.js";
import { healthChart } from "./chart.js";
import { failure, h, loading, time } from "./dom.js";
import { ago, band, day, money, percent, words } from "./format.js";
import { why } from "./why.js";

export function account(root, id) {
  root.replaceChildren(loading(`account ${id}`));
  let before = "";
  return {
    title: id,
    async refresh(signal) {
      const said = await ask(path("accounts", id), signal);
      const text = JSON.stringify(said);
      if (text === before) return;
      before = text;
      const open = new Map([...root.querySelectorAll("details.why")].map((one) => [one.dataset.kind, one.open]));
      const charted = document.activeElement?.matches?.(".chart");
      root.replaceChildren(page(said));
      for (const one of root.querySelectorAll("details.why")) if (open.has(one.dataset.kind)) one.open = open.get(one.dataset.kind);
      if (charted) root.querySelector(".chart")?.focus();
      this.title = said.name ?? id;
    },
    failed: (error, again) => root.replaceChildren(failure(error, again)),
  };
}

function page(said) {
  const facts = [
    ["Recurring", money(said.recurring_minor, said.currency)],
    ["Plan", said.plan ?? "–"],
    ["Tier", said.tier ?? "–"],
    ["Seats", said.seats ?? "–"],
    ["Renews", said.renewal_at ? time(said.renewal_at, `${day(said.renewal_at)} (${ago(said.renewal_at)})`) : "–"],
    ["Owner", said.owner ?? "–"],
    ["Region", said.region ? words(said.region).replaceAll("-", " ") : "–"],
    ["Customer since", said.created_at ? time(said.created_at, day(said.created_at)) : "–"],
  ];
  const shown = said.why.filter((one) => !one.kind.startsWith("health change"));
  return h("article", { class: "detail" },
    h("header", { class: "lead" },
      h("p", { class: "crumb" }, h("a", { href: "#/" }, "Overview"), ` / ${said.account}`),
      h("h1", {}, said.name ?? said.account, " ", said.churned_at && h("span", { class: "pill broken" }, `left ${day(said.churned_at)}${said.churn_reason ? `: ${words(said.churn_reason)}` : ""}`)),
      h("dl", { class: "facts" }, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))))),
    h("div", { class: "two" },
      h("div", {},
        h("section", { class: "card", "aria-labelledby": "score" },
          h("h2", { id: "score" }, "Health", said.health !== null && said.health !== undefined && h("span", { class: `score ${band(said.health)}` }, h("b", { class: "number" }, said.health.toFixed(1)), " of 100 · ", said.health_band)),
          said.health_history.length ? healthChart(said.health_history, innerWidth < 640) : h("p", { class: "quiet" }, "The score has not changed yet, so there is no course to draw."),
          said.health_history.length >= 200 && h("p", { class: "basis" }, "The last 200 changes.")),
        h("section", { "aria-labelledby": "tickets" }, h("h2", { id: "tickets" }, "Tickets"), tickets(said.tickets))),
      h("div", { class: "side" },
        h("section", { class: "card", "aria-labelledby": "risk" }, h("h2", { id: "risk" }, "Risk of leaving"), risk(said)),
        h("section", { class: "card", "aria-labelledby": "reasons" }, h("h2", { id: "reasons" }, "Why"),
          shown.length ? shown.map((one) => why(one)) : h("p", { class: "quiet" }, "Nothing is judged yet.")))));
}

function risk(said) {
  if (said.churn_probability_90 === null || said.churn_probability_90 === undefined) return h("p", { class: "quiet" }, "Not predicted yet.");
  return h("ul", { class: "risks" }, [30, 60, 90].map((days) => {
    const share = said[`churn_probability_${days}`];
    return h("li", {}, h("span", {}, `within ${days} days`),
      h("i", { class: "meter", "aria-hidden": "true", vars: { "--share": `${Math.max(0.5, share * 100)}%` } }),
      h("b", { class: "number" }, percent(share)));
  }));
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
