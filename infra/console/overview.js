// The page one leaves open: promises by time left, and the accounts likeliest to leave.

import { ask } from "./api.js";
import { empty, failure, h, keep, loading } from "./dom.js";
import { band, capital, clockName, day, left, mainly, money, percent, pressing, tick, words } from "./format.js";

const MOST = 200;
const SHOWN_ACCOUNTS = 40;
const FILTERS = [["all", "All"], ["soon", "Soon"], ["broken", "Broken"], ["calm", "In time"]];
// What can still be kept comes first, what is broken and still waits next.
const GROUPS = [["soon", "Soon"], ["broken", "Broken, and still waiting"], ["calm", "In time"]];

let filter = "all";

export function overview(root) {
  const queue = h("ol", { class: "rows queue", "aria-label": "Promises by time left" });
  const accounts = h("ol", { class: "rows accounts", "aria-label": "Accounts by risk" });
  const chips = h("div", { class: "chips", role: "group", "aria-label": "Which promises" });
  const queueBox = h("div", { class: "body" }, loading("the queue"));
  const accountsBox = h("div", { class: "body" }, loading("the accounts"));
  root.replaceChildren(h("div", { class: "overview" },
    h("section", { class: "panel", "aria-labelledby": "queue-title" },
      h("header", {}, h("h1", { id: "queue-title" }, "Breach queue"), chips),
      h("div", { class: "columns queue", "aria-hidden": "true" }, ["Left", "Promise", "Ticket", "Priority", "Account"].map((name) => h("span", {}, name))),
      queueBox),
    h("section", { class: "panel", "aria-labelledby": "accounts-title" },
      h("header", {}, h("h1", { id: "accounts-title" }, "Accounts at risk")),
      h("div", { class: "columns accounts", "aria-hidden": "true" }, ["Leaves in 90 d", "Account", "Health", "Recurring"].map((name) => h("span", {}, name))),
      accountsBox)));

  let promises = [];

  function show() {
    const counts = { all: promises.length, broken: 0, soon: 0, calm: 0 };
    for (const row of promises) counts[pressing(row)]++;
    chips.replaceChildren(...FILTERS.map(([name, text]) =>
      h("button", { class: `chip ${name}`, "aria-pressed": String(filter === name), onclick: () => { filter = name; show(); } },
        text, h("b", { class: "number" }, counts[name]))));
    const shown = GROUPS.filter(([name]) => filter === "all" || filter === name).flatMap(([name, group]) => {
      const rows = promises.filter((row) => pressing(row) === name);
      return rows.length && filter === "all" ? [{ group }, ...rows] : rows;
    });
    if (!shown.length) {
      queueBox.replaceChildren(promises.length
        ? empty("None of these", "No promise is in this state.")
        : empty("Nothing is due", "No promise on a waiting ticket is running. New ones appear here by themselves."));
      return;
    }
    if (queue.parentNode !== queueBox) queueBox.replaceChildren(queue);
    keep(queue, shown, (row) => row.group ?? `${row.ticket} ${row.clock}`, (row) => (row.group ? h("li", { class: "group" }, row.group) : promise(row)));
    tick(queue);
  }

  async function refresh(signal) {
    const [due, likely] = await Promise.all([ask(`v1/breaches?limit=${MOST}`, signal), ask(`v1/accounts?limit=${SHOWN_ACCOUNTS}`, signal)]);
    promises = due.breaches;
    show();
    const staying = likely.accounts.filter((row) => !row.churned_at);
    if (!staying.length) accountsBox.replaceChildren(empty("No accounts yet", "Accounts appear here once they are told of."));
    else {
      if (accounts.parentNode !== accountsBox) accountsBox.replaceChildren(accounts);
      keep(accounts, staying, (row) => row.account, account);
    }
  }

  function failed(error, again) {
    queueBox.replaceChildren(failure(error, again));
    accountsBox.replaceChildren();
  }
  return { title: "Overview", refresh, failed };
}

function promise(row) {
  const state = pressing(row);
  const likely = row.breach_probability === null ? "" : ` · ${percent(row.breach_probability)} likely to break`;
  return h("li", { "data-pressing": state, "data-target": row.target_seconds },
    h("a", { href: `#/ticket/${encodeURIComponent(row.ticket)}` },
      h("span", { class: "left number", "data-due": row.due_at, title: `Due ${new Date(row.due_at).toLocaleString()}` }, left(row.due_at).text),
      h("span", { class: "promise" }, clockName(row.clock)),
      h("span", { class: "what" }, h("b", {}, row.title || "(no title)"), h("small", {}, `${row.ticket} · ${[row.category, row.assignee ?? "nobody"].filter(Boolean).map(words).join(" · ")}${likely}`)),
      h("span", { class: `priority ${row.priority ?? ""}` }, row.priority ?? "–"),
      h("span", { class: "whose" }, row.account ?? "–")));
}

function account(row) {
  const said = mainly(row.churn_terms).join(", ");
  const renewal = row.renewal_at ? `renews ${day(row.renewal_at)}` : "";
  return h("li", {},
    h("a", { href: `#/account/${encodeURIComponent(row.account)}` },
      h("span", { class: "leaves" },
        h("b", { class: "number" }, percent(row.churn_probability_90)),
        h("i", { class: "meter", "aria-hidden": "true", vars: { "--share": `${(row.churn_probability_90 ?? 0) * 100}%` } })),
      h("span", { class: "what" }, h("b", {}, row.name ?? row.account), h("small", {}, [row.tier, renewal].filter(Boolean).join(" · ")),
        said && h("small", { class: "reasons" }, capital(said))),
      row.health === null ? h("span", { class: "health quiet" }, "–")
        : h("span", { class: `health ${band(row.health)}`, title: `Health ${row.health.toFixed(1)} of 100: ${row.health_band}` }, h("b", { class: "number" }, row.health.toFixed(0)), h("small", {}, row.health_band)),
      h("span", { class: "money number" }, money(row.recurring_minor, row.currency))));
}
