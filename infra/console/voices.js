// Feedback: what waits for an answer, what is spoken of and by how much revenue, how each scale was answered.

import { ask } from "./api.js";
import { columns, empty, failure, fillBox, h, loading, panel } from "./dom.js";
import { capital, day, money, month, several, tick, whole, words } from "./format.js";
import { loop, turnedOut } from "./loops.js";
import { typed } from "./typed.js";

// What the ends of each scale are called, and what its value is.
const SCALES = {
  nps: { name: "NPS", low: "detractors", high: "promoters", unit: "score" },
  csat: { name: "CSAT", low: "1–2", high: "4–5", unit: "% satisfied" },
  stars: { name: "Stars", low: "1–2", high: "4–5", unit: "% with 4 or 5" },
  ces: { name: "CES", low: "1–3", high: "5–7", unit: "% found it easy" },
  criticality: { name: "Criticality", low: "below 0", high: "above 0", unit: "% above 0" },
};
const MONTHS = 6;
const LOOPS = 50;

export function voices(root) {
  const boxes = Object.fromEntries(["loops", "themes", "steps", "scales", "severe"].map((name) => [name, h("div", { class: "body" }, loading("what was said"))]));
  const list = (kind, label) => h("ol", { class: kind, "aria-label": label });
  const lists = { loops: list("rows loops", "Feedback to be answered"), themes: list("rows themes", "Themes"), severe: list("rows said", "Severe feedback"), scales: list("scales", "Scales") };
  const counts = { loops: h("span", { class: "count number" }), lately: h("span", { class: "quiet" }) };
  root.replaceChildren(h("div", { class: "overview voices" },
    h("div", { class: "stack" },
      panel("loops", "To be answered", counts.loops, columns("loops", ["Due in", "What was said", "Next", "Steps"]), boxes.loops),
      panel("themes", "Spoken of", counts.lately, columns("themes", ["Theme", "Lately", "Severe", "Accounts", "Their revenue"]), boxes.themes)),
    h("div", { class: "stack" }, panel("steps", "How answers came", null, boxes.steps), panel("scales", "Scales by month", null, boxes.scales), panel("severe", "Severe, the latest first", null, boxes.severe))));

  async function refresh(signal) {
    const [said, asked] = await Promise.all([ask("v1/themes", signal), ask(`v1/feedback?open=true&limit=${LOOPS}`, signal)]);
    counts.loops.textContent = asked.loops.length < LOOPS ? whole(asked.loops.length) : `the first ${LOOPS}`;
    fillBox(boxes.loops, lists.loops, asked.loops, (row) => row.feedback, (row) => loop(row, SCALES), () =>
      empty("Nothing waits for an answer", "What is severe or mild, or speaks of a topic that is asked after, is followed here until the customer is told what came of it."));
    if (boxes.steps.said !== JSON.stringify(asked.steps)) {
      boxes.steps.said = JSON.stringify(asked.steps);
      boxes.steps.replaceChildren(asked.steps.length ? turnedOut(asked.steps) : empty("No answers yet", ["A step is told by ", h("code", {}, "feedback.routed"), ", ", h("code", {}, "acknowledged"), ", ", h("code", {}, "acted_on"), " or ", h("code", {}, "told_back"), "."]));
    }
    counts.lately.textContent = said.themes.length ? `the last ${said.lately_days} days beside the ${said.lately_days} before` : "";
    const most = Math.max(1, ...said.themes.filter((row) => row.topic !== "unknown").flatMap((row) => [row.lately, row.before]));
    fillBox(boxes.themes, lists.themes, said.themes.map((row) => ({ ...row, most })), (row) => row.topic, theme, () =>
      empty("Nobody has said anything yet", "Answers and texts come in like this:", typed("feedback")));
    fillBox(boxes.scales, lists.scales, byScale(said.scales), (row) => row.scale, scale, () => empty("No answers yet", "Scales are shown apart: NPS, CSAT, CES, stars and criticality."));
    fillBox(boxes.severe, lists.severe, said.severe, (row) => row.feedback, quote, () => empty("Nothing severe", "Texts in the lowest fifth of their scale, or read as severe, appear here."));
    tick(root);
  }
  function failed(error, again) {
    for (const box of Object.values(boxes)) { box.replaceChildren(); box.said = null; }
    boxes.themes.replaceChildren(failure(error, again));
  }
  return { title: "Feedback", refresh, failed, rest: 5000 };
}

function theme(row) {
  const bar = (name, count) => h("i", { class: `meter ${name}`, "aria-hidden": "true", vars: { "--share": `${Math.min(100, (count / row.most) * 100)}%` } });
  const moved = row.lately - row.before;
  return h("li", {}, h("details", { class: "theme" },
    h("summary", {},
      h("span", { class: "what" }, h("b", {}, row.topic === "unknown" ? "Nobody can say" : capital(words(row.topic))), h("small", {}, several(row.answers, "text"))),
      h("span", { class: "lately", title: `${row.lately} lately, ${row.before} before` },
        h("span", { class: "number" }, whole(row.lately)), h("span", { class: "bars" }, bar("now", row.lately), bar("then", row.before)), h("small", { class: "number" }, moved === 0 ? "±0" : `${moved > 0 ? "+" : "−"}${Math.abs(moved)}`)),
      h("span", { class: `number right ${row.severe ? "high" : "quiet"}` }, whole(row.severe)),
      h("span", { class: "number right" }, whole(row.accounts)),
      h("span", { class: "money number" }, row.revenue.filter((one) => one.recurring_minor > 0).map((one) => h("span", {}, money(one.recurring_minor, one.currency))))),
    row.examples.length > 0 && h("ul", { class: "examples" }, row.examples.map((one) => h("li", {}, spoken(one))))));
}

const spoken = (one) => [h("blockquote", {}, one.text || "(no words)"),
  h("small", {}, one.account && h("a", { href: `#/account/${encodeURIComponent(one.account)}` }, one.name ?? one.account), ` · ${[day(one.given_at), one.scale && `${SCALES[one.scale]?.name ?? one.scale} ${one.score}`, one.severity && one.severity !== "none" && one.severity, `topic by ${one.topic_by}`, one.feedback].filter(Boolean).join(" · ")}`,
    one.ticket && [" · ", h("a", { href: `#/ticket/${encodeURIComponent(one.ticket)}` }, one.ticket)])];

function quote(one) {
  const inner = [
    h("span", { class: "number quiet" }, day(one.given_at)),
    h("span", { class: "what" }, h("b", { class: "wraps" }, one.text || "(no words)"), h("small", {}, [one.name ?? one.account, one.topic !== "unknown" && words(one.topic), one.scale && `${SCALES[one.scale]?.name ?? one.scale} ${one.score}`].filter(Boolean).join(" · ")))];
  return h("li", {}, one.account ? h("a", { href: `#/account/${encodeURIComponent(one.account)}` }, inner) : h("span", {}, inner));
}

function byScale(rows) {
  const scales = new Map();
  for (const row of rows) scales.set(row.scale, [...(scales.get(row.scale) ?? []), row]);
  return [...scales].map(([name, months]) => ({ scale: name, months: months.slice(-MONTHS) }));
}

function scale({ scale: name, months }) {
  const told = SCALES[name] ?? { name, low: "low", high: "high", unit: "% high" };
  const value = (row) => Math.round((100 * (row.high - (name === "nps" ? row.low : 0))) / row.given);
  return h("li", {},
    h("h2", {}, told.name, h("small", {}, told.unit)),
    h("ol", {}, months.map((row) => h("li", { title: `${whole(row.low)} ${told.low}, ${whole(row.middle)} between, ${whole(row.high)} ${told.high}` },
      h("span", { class: "quiet" }, month(row.month)),
      h("span", { class: "shares", role: "img", "aria-label": `${row.low} ${told.low}, ${row.middle} between, ${row.high} ${told.high}` },
        ["low", "middle", "high"].map((part) => h("i", { class: part, vars: { "--share": `${(100 * row[part]) / row.given}%` } }))),
      h("b", { class: "number" }, `${value(row) < 0 ? "−" : ""}${Math.abs(value(row))}`),
      h("small", { class: "number" }, several(row.given, "answer"))))));
}
