// Feedback that asks for something: which step of its answer is next, when it is due, and which came too late.

import { h, table } from "./dom.js";
import { capital, clock, left, minute, pressing, whole, words } from "./format.js";

const STEPS = ["routed", "acknowledged", "acted_on", "told_back"];
const TO_DO = { routed: "route it", acknowledged: "acknowledge it", acted_on: "act on it", told_back: "tell back" };

/** What became of a step: done in time, done too late, overdue, next, or later. */
function standing(row, step) {
  const late = row.missed.includes(step);
  if (row[`${step}_at`]) return late ? ["late", "too late"] : ["done", "in time"];
  const due = row[`${step}_due_at`];
  if (late || (due && Date.parse(due) < clock())) return ["overdue", "overdue"];
  return row.step === step ? ["next", "next"] : ["later", "not yet"];
}

export function loop(row, scales) {
  const about = [row.name ?? row.account, row.owner ?? "nobody", row.reason, row.scale && `${scales[row.scale]?.name ?? row.scale} ${row.score}`, row.ticket].filter(Boolean).join(" · ");
  const steps = STEPS.map((step) => [step, ...standing(row, step)]);
  const said = steps.map(([step, , told]) => `${words(step)} ${told}`).join(", ");
  const inner = [
    row.due_at ? h("span", { class: "left number", "data-due": row.due_at, title: `${capital(words(row.step))} due ${minute(row.due_at)}` }, left(row.due_at).text) : h("span", { class: "left quiet" }, "no target"),
    h("span", { class: "what" }, h("b", {}, row.text || "(no words)"), h("small", {}, about)),
    h("span", { class: "promise" }, TO_DO[row.step] ?? words(row.step)),
    h("span", { class: "steps", role: "img", "aria-label": said, title: said }, steps.map(([, kind]) => h("i", { class: kind }))),
  ];
  return h("li", { "data-pressing": row.due_at ? pressing({ ...row, state: "running", target_seconds: 0 }) : "calm", "data-target": 0 },
    row.account ? h("a", { href: `#/account/${encodeURIComponent(row.account)}` }, inner) : h("span", {}, inner));
}

export const turnedOut = (steps) => table("How steps turned out", ["Step", "#In time", "#Too late", "#Overdue", "#Not yet"],
  steps.map((row) => [capital(words(row.step)), whole(row.in_time), whole(row.too_late), row.overdue ? h("b", { class: "number high" }, whole(row.overdue)) : "0", whole(row.not_yet)]));
