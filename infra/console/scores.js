// An account's scores: each with its course, its peers, where it goes, what it is made of, and what moved it.

import { healthChart } from "./chart.js";
import { chips, h } from "./dom.js";
import { amount, BANDS, capital, clock, day, dayNumbered, looks, plain, several, whole, words } from "./format.js";
import { why } from "./why.js";

const DAY = 86_400_000;
const PERIODS = [["7", "7 days"], ["30", "30 days"], ["all", "all shown"]];
const KEPT = 200;

/** `chosen` is what the reader looks at: `{ score, period }`. `again` shows the card anew after it was changed. */
export function scoresCard({ scores, history, versions }, chosen, again) {
  const one = scores.find((each) => each.score === chosen.score) ?? scores[0];
  if (!one) return [h("h2", { id: "score" }, "Health"), h("p", { class: "quiet" }, "Nothing is scored yet. The score comes with the account's first event.")];
  const course = one.history ?? history;
  const rules = versions.filter((each) => each.score === one.score);
  const rule = rules.filter((each) => Date.parse(each.holds_from_at) <= clock()).at(-1);
  const bands = looks(rule?.bands?.length ? [...rule.bands].sort((a, b) => b[1] - a[1]).map(([name, from]) => [from, name]) : BANDS);
  const kind = bands.find(([edge]) => one.value >= edge)?.[2] ?? "risk";
  const pick = (change) => { Object.assign(chosen, change); again(); };
  return [
    h("h2", { id: "score" }, capital(words(one.score)), h("span", { class: `score ${kind}` }, h("b", { class: "number" }, plain(one.value)), " of 100 · ", one.band)),
    scores.length > 1 && h("div", { class: "chips", role: "group", "aria-label": "Which score" }, chips("Which score", scores.map((each) => [each.score, words(each.score), plain(each.value)]), one.score, (score) => pick({ score }))),
    course.length ? healthChart(course, { bands, forecast: one.forecast, versions: rules, narrow: innerWidth < 640 }) : h("p", { class: "quiet" }, "The score has not changed yet, so there is no course to draw."),
    h("dl", { class: "facts standing" }, stands(one).map(([name, value, note]) => h("div", {}, h("dt", {}, name), h("dd", {}, value, note && h("small", {}, note))))),
    why({ kind: `made of ${one.score}`, terms: explained(one.terms), total: one.value, unit: "points", basis: rule ? `rule said by ${rule.event_id} on ${day(rule.holds_from_at)}` : "the default weights" }, { title: "What it is made of" }),
    course.length > 0 && h("div", { class: "moved" },
      h("div", { class: "chips", role: "group", "aria-label": "Since when" }, chips("Since when", PERIODS, chosen.period, (period) => pick({ period }))),
      moved(course, chosen.period, one.value)),
  ];
}

function stands({ standing, forecast, judged, held }) {
  const said = [];
  if (standing) said.push(["Among its peers", `${amount(standing.difference)} points`, `from the middle (${plain(standing.median)}) of ${whole(standing.size)} of ${standing.peers}; ${standing.below} are below, ${standing.level} level`]);
  else said.push(["Among its peers", "–", "told once there are enough peers"]);
  if (forecast) {
    said.push(["Goes by", `${amount(forecast.slope_per_week)} a week`, `from ${amount(forecast.slope_low)} to ${amount(forecast.slope_high)}, four times of five`]);
    said.push([`On ${dayNumbered(forecast.due_day)}`, plain(forecast.expected), `from ${plain(forecast.low)} to ${plain(forecast.high)}; ${forecast.way}${judged ? `. Of ${judged} earlier ones ${held} came within theirs` : ""}`]);
  } else said.push(["In 30 days", "–", "told once a week, as soon as 14 days are known"]);
  return said;
}

/** What moved it since then, by driver: whole quarter points, so that they sum to the change. */
function moved(course, period, now) {
  const since = period === "all" ? -Infinity : clock() - Number(period) * DAY;
  const within = course.filter((row) => Date.parse(row.changed_at) > since);
  if (!within.length) return h("p", { class: "quiet" }, "Nothing moved it in this time.");
  const total = within.reduce((sum, row) => sum + row.after - row.before, 0);
  const drivers = new Map();
  for (const row of within) for (const [label, by, ids] of row.terms) {
    const driver = drivers.get(label) ?? { label, amount: 0, event_ids: new Set() };
    driver.amount += by;
    for (const id of ids) driver.event_ids.add(id);
    drivers.set(label, driver);
  }
  const terms = [...drivers.values()].map((one) => ({ ...one, event_ids: [...one.event_ids] })).sort((one, other) => Math.abs(other.amount) - Math.abs(one.amount));
  const cut = within.length === course.length && course.length >= KEPT ? `; the last ${KEPT} changes are kept here` : "";
  return why({ kind: "moved", terms, total, unit: "points", basis: `${plain(now - total)} before ${day(within.at(-1).changed_at)}, ${plain(now)} now; ${several(within.length, "change")}${cut}` }, { title: "What moved it" });
}

const explained = (terms) => (terms ?? []).map(([label, by, ids]) => ({ label, amount: by, event_ids: ids }));
