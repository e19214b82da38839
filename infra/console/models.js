// Models: who answers, how right and how sure of itself each is, who taught it, what would teach most next, and what no category fits.

import { ask } from "./api.js";
import { columns, empty, failure, fillBox, h, loading, panel, s, table } from "./dom.js";
import { ago, capital, day, minute, percent, several, span, whole, words } from "./format.js";
import { advised, unfiled } from "./topics.js";
import { typed } from "./typed.js";

// Groups and pairs are worked out when asked, so they are asked for seldom.
const ANEW_MS = 60_000;
const NAMES = { category: "Category of a ticket", team: "Team of a ticket", "feedback.topic": "Topic of feedback", "feedback.severity": "Severity of feedback" };

export function models(root) {
  const boxes = Object.fromEntries(["models", "teachers", "promotions", "suggested", "unfiled", "advised"].map((name) => [name, h("div", { class: "body" }, loading("the models"))]));
  const cards = h("ol", { class: "models", "aria-label": "Models" });
  const suggestions = h("ol", { class: "rows suggested", "aria-label": "Tickets that would teach most" });
  root.replaceChildren(h("div", { class: "stack" },
    h("section", { "aria-label": "Models" }, boxes.models),
    h("div", { class: "overview models-place" },
      panel("suggested", "Would teach most", h("span", { class: "quiet" }, h("code", {}, "millrace teach TICKET CATEGORY")), columns("suggested", ["Ticket", "Perhaps", "Distance"]), boxes.suggested),
      h("div", { class: "stack" }, panel("promotions", "What changed", null, boxes.promotions), panel("teachers", "Who taught", null, boxes.teachers))),
    panel("unfiled", "Asked without a category", null, boxes.unfiled),
    panel("advised", "Categories to look at", null, boxes.advised)));
  let seldom = -ANEW_MS;

  const once = (box, rows, make) => {
    const said = JSON.stringify(rows);
    if (box.said === said) return;
    box.said = said;
    box.replaceChildren(make());
  };

  async function refresh(signal) {
    const [said, { tickets }] = await Promise.all([ask("v1/models", signal), ask("v1/teach/suggested?limit=20", signal)]);
    const order = [...said.models].sort((one, other) => Number(Boolean(other.state)) - Number(Boolean(one.state)));
    fillBox(boxes.models, cards, order, (row) => row.model, model, () =>
      empty("No model has predicted yet", "The first ticket is read by hint words and a shared prior; labels teach from then on:", typed("ticket"), typed("label")));
    fillBox(boxes.suggested, suggestions, tickets, (row) => row.ticket, suggestion, () =>
      empty("Nothing to ask", "Every ticket has its category, or none was read yet."));
    once(boxes.teachers, said.teachers, () => (said.teachers.length
      ? table("Who taught", ["Who", "Model", "#Said", "#Learned", "#Corrections", "#Held", "Lately about", "#Last"], said.teachers.map((row) => [row.person, row.model, whole(row.said), whole(row.learned), whole(row.corrections), whole(row.held), row.labels.map(words).join(", "), day(row.last_at)]))
      : empty("Nobody yet", "A correction teaches at once:", typed("label"))));
    once(boxes.promotions, [said.promotions, said.drifts, said.unlearned], () => changes(said));
    if (performance.now() - seldom < ANEW_MS) return;
    const [asked, advice] = await Promise.all([ask("v1/models/topics?limit=10", signal), ask("v1/models/advice?limit=10", signal)]);
    seldom = performance.now();
    once(boxes.unfiled, asked, () => unfiled(asked));
    once(boxes.advised, advice, () => advised(advice));
  }
  function failed(error, again) {
    for (const box of Object.values(boxes)) { box.replaceChildren(); box.said = null; }
    seldom = -ANEW_MS;
    boxes.models.replaceChildren(failure(error, again));
  }
  return { title: "Models", refresh, failed, rest: 5000 };
}

function name(model) {
  if (NAMES[model]) return NAMES[model];
  const [kind, what] = [model.slice(0, model.indexOf(".")), model.slice(model.indexOf(".") + 1)];
  if (kind === "churn") return `Leaves within ${what} days`;
  if (kind === "breach") return `Breaks ${words(what)}`;
  return capital(words(model));
}

const SERVES = { model: "its own model", rule: "the rule", settled: "the model without its latest lessons" };
const SHORT = { model: "own model", rule: "rule", settled: "settled" };

function model(row) {
  const known = (number) => number !== null && number !== undefined;
  const figures = [
    ["Right", percent(row.accuracy), known(row.judged) && `of ${whole(row.judged)}`, "Of the predictions whose outcome is known"],
    known(row.commonest) && ["Commonest alone", percent(row.commonest), null, "How often the commonest answer alone would have been right"],
    row.abstained > 0 && ["Where it answers", percent(row.accuracy_of_answers), `held back ${percent(row.abstained)}`, "Right where it did not hold its answer back"],
    known(row.calibration_error) && ["Off by", `${(100 * row.calibration_error).toFixed(1)} %`, null, "Between what it says and what happens, on average"],
    row.judged > 0 && known(row.median_label_delay_seconds) && ["Labels take", span(row.median_label_delay_seconds), null, "From the prediction to its outcome, in the middle"],
    ["Lessons", whole(row.lessons), null, "How many labels it had learned"],
  ].filter(Boolean);
  const state = row.state;
  return h("li", { class: "card model" },
    h("div", {},
      h("h2", {}, name(row.model), h("small", {}, row.model)),
      state && h("p", { class: "serving" }, "Answers: ", h("b", {}, SERVES[state.serving] ?? state.serving)),
      state && state.judged > 0 && h("ul", { class: "contest", "aria-label": "Right lately" }, [["rule", state.accuracy_rule], ["model", state.accuracy_model], ["settled", state.accuracy_settled]].filter(([, share]) => share !== null && share !== undefined).map(([who, share]) =>
        h("li", { class: who === state.serving ? "serves" : null }, h("span", { title: SERVES[who] }, SHORT[who]), h("i", { class: "meter", "aria-hidden": "true", vars: { "--share": `${share * 100}%` } }), h("b", { class: "number" }, percent(share))))),
      h("dl", { class: "figures" }, figures.map(([what, value, note, meaning]) => h("div", { title: meaning }, h("dt", {}, what), h("dd", {}, h("b", { class: "number" }, value), note && h("small", {}, note))))),
      state && (state.held > 0 || state.withdrawn > 0) && h("p", { class: "basis" }, [state.held > 0 && `${several(state.held, "lesson")} held`, state.withdrawn > 0 && `${several(state.withdrawn, "lesson")} taken back`].filter(Boolean).join(", "))),
    row.calibration?.length ? curve(row) : null);
}

const [SIZE, EDGE] = [150, 22];

/** What was said against what happened: on the line it is as sure as it is right. */
function curve(row) {
  const at = (share) => EDGE + share * (SIZE - EDGE - 6);
  const x = (share) => at(share).toFixed(1);
  const y = (share) => (SIZE - at(share)).toFixed(1);
  const most = Math.max(...row.calibration.map((one) => one.predictions));
  const label = row.calibration.map((one) => `said ${percent(one.said)}, happened ${percent(one.happened)} of ${whole(one.predictions)}`).join("; ");
  return h("figure", { class: "curve" }, s("svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, role: "img", "aria-label": `Calibration: ${label}` },
    s("path", { class: "frame", d: `M${x(0)} ${y(1)}V${y(0)}H${x(1)}` }),
    s("path", { class: "even", d: `M${x(0)} ${y(0)}L${x(1)} ${y(1)}` }),
    s("path", { class: "course-line", d: row.calibration.map((one, place) => `${place ? "L" : "M"}${x(one.said)} ${y(one.happened)}`).join("") }),
    row.calibration.map((one) => s("circle", { cx: x(one.said), cy: y(one.happened), r: (1.6 + 3.6 * Math.sqrt(one.predictions / most)).toFixed(1) },
      s("title", {}, `said ${percent(one.said)}, happened ${percent(one.happened)}, ${several(one.predictions, "time")}`))),
    s("text", { x: x(0.5), y: SIZE - 5, "text-anchor": "middle" }, "said"),
    s("text", { x: 10, y: y(0.5), "text-anchor": "middle", transform: `rotate(-90 10 ${y(0.5)})` }, "happened")));
}

function changes({ promotions, drifts, unlearned }) {
  const rows = [...promotions.map((row) => ({ at: row.promoted_at, row: [h("time", { datetime: row.promoted_at }, minute(row.promoted_at)), name(row.model),
    `${capital(SERVES[row.before] ?? row.before)} (${percent(row.accuracy_before)}) gave way to ${SERVES[row.after] ?? row.after} (${percent(row.accuracy_after)}), of ${whole(Math.round(row.judged))} judged`] })),
  ...drifts.map((row) => ({ at: row.drifted_at, row: [h("time", { datetime: row.drifted_at }, minute(row.drifted_at)), name(row.model),
    [h("b", { class: "high" }, `Right ${percent(row.accuracy_after)} instead of ${percent(row.accuracy_before)}`), `, of ${several(row.labels_after, "label")} since; most missed: ${row.missed.map(words).join(", ")}`]] })),
  ...unlearned.map((row) => ({ at: row.unlearned_at, row: [h("time", { datetime: row.unlearned_at }, minute(row.unlearned_at)), name(row.model),
    `${several(row.lessons, "lesson")} of ${row.person} taken back: ${row.answers_changed} of ${row.asked} answers changed${row.reason ? `; “${row.reason}”` : ""}`] }))];
  if (!rows.length) return empty("Nothing yet", "Here stands when a model takes the rule's place, when it is wrong more often than before, and what was taken back.");
  rows.sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
  return table("What changed", ["When", "Model", "How"], rows.map((one) => one.row));
}

function suggestion(row) {
  return h("li", {}, h("a", { href: `#/ticket/${encodeURIComponent(row.ticket)}` },
    h("span", { class: "what" }, h("b", {}, row.title || "(no title)"), h("small", {}, [row.ticket, row.account, ago(row.classified_at)].filter(Boolean).join(" · "))),
    h("span", { class: "perhaps" }, row.candidates.slice(0, 2).map(([category, chance]) => h("span", {}, h("span", {}, words(category)), h("b", { class: "number" }, percent(chance))))),
    h("span", { class: "number right", title: "How much likelier the first is than the second" }, `${(100 * row.margin).toFixed(1)} %`)));
}
