// Accounts: whom to call today and why, by the revenue that is at risk; and who left.

import { ask } from "./api.js";
import { chips, columns, empty, failure, fillBox, h, loading, panel } from "./dom.js";
import { band, capital, clock, day, mainly, money, percent, several, words } from "./format.js";
import { typed } from "./typed.js";

const MOST = 500;
const SHOWN = 100;
const ORDERS = [["risk", "Revenue at risk"], ["won", "Can be won back"], ["renewal", "Renews next"], ["likely", "Likeliest to leave"]];
const BY = {
  risk: (one, other) => usual(other, other.at_risk_minor) - usual(one, one.at_risk_minor),
  won: (one, other) => usual(other, other.winnable_minor) - usual(one, one.winnable_minor),
  renewal: (one, other) => renews(one) - renews(other),
  likely: (one, other) => other.probability_90 - one.probability_90,
};

let order = "risk";

/** `owner` narrows it to one owner's accounts; it stands in the address, so that it can be kept as a bookmark. */
export function accounts(root, owner) {
  const boxes = { risk: h("div", { class: "body" }, loading("the accounts")), lost: h("div", { class: "body" }, loading("who left")) };
  const lists = { risk: h("ol", { class: "rows calls", "aria-label": "Accounts at risk" }), lost: h("ol", { class: "rows lost", "aria-label": "Accounts that left" }) };
  const ordering = h("div", { class: "chips", role: "group", "aria-label": "In which order" });
  const choice = h("select", { "aria-label": "Whose accounts", onchange: () => { location.hash = choice.value ? `#/accounts/${encodeURIComponent(choice.value)}` : "#/accounts"; } });
  const sums = h("dl", { class: "sums", "aria-label": "Sums" });
  let [staying, gone] = [[], []];

  root.replaceChildren(h("div", { class: "overview accounts-place" },
    panel("calls", "Whom to call", h("div", { class: "controls" }, choice, ordering), sums,
      columns("calls", ["At risk", "Account and why", "Leaves in 90 d", "Can be won", "Health", "Recurring"]), boxes.risk),
    panel("lost", "Left", null, columns("lost", ["When", "Account and why", "Recurring"]), boxes.lost)));

  function show() {
    const owners = [...new Set([...staying, ...gone].map((row) => row.owner).filter(Boolean))].sort((one, other) => one.localeCompare(other, undefined, { numeric: true }));
    if (owner && !owners.includes(owner)) owners.push(owner);
    const theirs = (name) => staying.filter((row) => !name || row.owner === name).length;
    const said = JSON.stringify([owners, owners.map(theirs), theirs()]);
    if (choice.said !== said) {
      choice.said = said;
      choice.replaceChildren(h("option", { value: "" }, `Everybody's accounts (${theirs()})`), ...owners.map((name) => h("option", { value: name, selected: name === owner }, `${name} (${theirs(name)})`)));
    }
    choice.hidden = !owners.length;
    ordering.replaceChildren(...chips("In which order", ORDERS, order, (name) => { order = name; show(); ordering.querySelector('[aria-pressed="true"]').focus(); }));
    const mine = staying.filter((row) => !owner || row.owner === owner);
    const left = gone.filter((row) => !owner || row.owner === owner);
    sums.replaceChildren(...mine.length ? summed(mine) : []);
    const shown = order === "won" ? mine.filter((row) => row.winnable_minor > 0) : order === "renewal" ? mine.filter((row) => renews(row) < Infinity) : mine;
    fillBox(boxes.risk, lists.risk, [...shown].sort(BY[order]).slice(0, SHOWN), (row) => row.account, (row) => call(row, owner), () => (mine.length
      ? empty("None of these", order === "won" ? "What speaks for leaving is nothing that people could change." : "No renewal is known to come.")
      : empty("Nothing is at risk yet", owner ? `No account of ${owner} is known.` : "Accounts appear once they are told of, and are judged by what they do:", !owner && typed("account"))));
    fillBox(boxes.lost, lists.lost, left.slice(0, SHOWN), (row) => `${row.account} ${row.churned_at}`, lost, () =>
      empty("Nobody left", "Who leaves is told like this:", !owner && typed("churned")));
  }

  async function refresh(signal) {
    const [risk, left] = await Promise.all([ask(`v1/at-risk?limit=${MOST}`, signal), ask(`v1/lost-accounts?limit=${MOST}`, signal)]);
    [staying, gone] = [risk.accounts, left.accounts];
    show();
  }
  function failed(error, again) {
    boxes.risk.replaceChildren(failure(error, again));
    boxes.lost.replaceChildren();
  }
  return { title: owner ? `Accounts of ${owner}` : "Accounts", refresh, failed };
}

// So that amounts of several currencies compare: how often the usual account of its currency pays this.
const usual = (row, amount) => amount / (row.usual_minor || 1);

const renews = (row) => (row.renewal_at && Date.parse(row.renewal_at) >= clock() ? Date.parse(row.renewal_at) : Infinity);

function summed(rows) {
  const currencies = new Map();
  for (const row of rows) {
    if (!row.currency) continue;
    const sum = currencies.get(row.currency) ?? { risk: 0, won: 0, all: 0 };
    sum.risk += row.at_risk_minor;
    sum.won += row.winnable_minor;
    sum.all += row.recurring_minor ?? 0;
    currencies.set(row.currency, sum);
  }
  return [...currencies].sort().map(([currency, sum]) => h("div", {},
    h("dt", {}, `At risk in ${currency}`),
    h("dd", {}, h("b", { class: "number" }, money(sum.risk, currency)), h("small", { class: "number" }, ` of ${money(sum.all, currency)}; ${money(sum.won, currency)} can be won back`))));
}

function call(row, owner) {
  const why = mainly(row.terms).join(", ");
  const days = row.renewal_at && Math.ceil((Date.parse(row.renewal_at) - clock()) / 86_400_000);
  const renewal = row.renewal_at && h("span", { class: days >= 0 && days <= 30 ? "near" : null, title: new Date(row.renewal_at).toLocaleDateString() }, days < 0 ? `ran out ${day(row.renewal_at)}` : `renews in ${several(days, "day")}`);
  const about = [renewal, row.tier, row.plan, row.owner !== owner && row.owner].filter(Boolean).flatMap((each, place) => (place ? [" · ", each] : [each]));
  return h("li", {}, h("a", { href: `#/account/${encodeURIComponent(row.account)}` },
    h("span", { class: "money number strong" }, money(row.at_risk_minor, row.currency)),
    h("span", { class: "what" }, h("b", {}, row.name ?? row.account), h("small", {}, about),
      why && h("small", { class: "reasons" }, row.cause && row.cause !== "other" && h("span", { class: "cause" }, words(row.cause)), capital(why))),
    h("span", { class: "leaves", title: `Within 30 days ${percent(row.probability_30)}, 60 days ${percent(row.probability_60)}, 90 days ${percent(row.probability_90)}` },
      h("b", { class: "number" }, percent(row.probability_90)), h("i", { class: "meter", "aria-hidden": "true", vars: { "--share": `${row.probability_90 * 100}%` } })),
    h("span", { class: "money number", title: row.winnable_percent === null ? null : `${row.winnable_percent} % of the reasons can be changed by people` }, row.winnable_minor ? money(row.winnable_minor, row.currency) : "–"),
    row.health === null ? h("span", { class: "health quiet" }, "–")
      : h("span", { class: `health ${band(row.health)}`, title: `Health ${row.health.toFixed(2)} of 100: ${row.health_band}` }, h("b", { class: "number" }, row.health.toFixed(0)), h("small", {}, row.health_band)),
    h("span", { class: "money number" }, money(row.recurring_minor, row.currency))));
}

function lost(row) {
  const before = mainly(row.terms).join(", ");
  const looked = row.probability_90 === null ? "not predicted before" : `${percent(row.probability_90)} was said before`;
  return h("li", {}, h("a", { href: `#/account/${encodeURIComponent(row.account)}` },
    h("span", { class: "number quiet", title: new Date(row.churned_at).toLocaleString() }, day(row.churned_at)),
    h("span", { class: "what" }, h("b", {}, row.name ?? row.account), h("small", {}, row.reason ? `“${row.reason}”` : "no reason given", row.owner && ` · ${row.owner}`),
      h("small", { class: "reasons", title: row.model }, row.cause && row.cause !== "other" && h("span", { class: "cause" }, words(row.cause)), capital([looked, before].filter(Boolean).join(": ")))),
    h("span", { class: "money number" }, money(row.recurring_minor, row.currency))));
}
