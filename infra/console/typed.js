// What to type where there is nothing yet: one event as a line that `millrace append` takes as it stands.

import { tenant } from "./api.js";
import { h } from "./dom.js";

const EVENTS = {
  expert: { type: "expert.availability_changed", data: { expert: "anna", status: "online", capacity: 5, group: "first-line" } },
  account: { type: "account.updated", account: "acct-1", data: { name: "Example Ltd", tier: "premium", recurring_minor: 120000, currency: "EUR", owner: "kim" } },
  churned: { type: "account.churned", account: "acct-1", data: { reason: "price" } },
  label: { type: "expert.corrected", account: "acct-1", data: { ticket: "T-1", expert: "anna", field: "category", value: "billing" } },
  feedback: { type: "feedback.given", account: "acct-1", data: { feedback: "F-1", form: "survey", scale: "nps", score: 3, text: "The export is too slow." } },
  ticket: { type: "ticket.opened", account: "acct-1", data: { ticket: "T-1", title: "The export stops", text: "The export stops at half.", channel: "email", priority: "normal" } },
};

export function typed(name) {
  const { type, data, ...more } = EVENTS[name];
  const event = { specversion: "1.0", id: `${name}-${Date.now()}`, source: "typed", type, time: new Date().toISOString(), ...more, data };
  const whose = tenant() ? ` --tenant ${tenant()}` : "";
  return h("pre", { class: "typed", tabindex: 0, "aria-label": "What to type" }, `millrace append${whose} <<'END'\n${JSON.stringify(event)}\nEND`);
}
