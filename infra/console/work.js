// Work: who waits for an expert and why, what somebody senior should see, and who is there with what in hand.

import { ask } from "./api.js";
import { demandTold, span6 } from "./demand.js";
import { chips, columns, empty, failure, fillBox, h, keep, loading, panel, table } from "./dom.js";
import { ago, capital, day, left, mainly, money, percent, pressing, several, span, tick, whole, words } from "./format.js";
import { typed } from "./typed.js";

const MOST = 200;

let team = null;

export function work(root) {
  const boxes = Object.fromEntries(["waiting", "escalated", "teams", "demand", "experts"].map((name) => [name, h("div", { class: "body" }, loading(name))]));
  const lists = {
    waiting: h("ol", { class: "rows waiting", "aria-label": "Tickets that wait for an expert" }),
    escalated: h("ol", { class: "rows escalated", "aria-label": "Escalated tickets" }),
    experts: h("ol", { class: "rows experts", "aria-label": "Experts" }),
  };
  const counts = { waiting: h("span", { class: "count number" }), escalated: h("span", { class: "count number" }), demand: h("span", { class: "count number" }) };
  const filter = h("div", { class: "chips", role: "group", "aria-label": "Which team" });
  let people = [];

  root.replaceChildren(h("div", { class: "overview work" },
    h("div", { class: "stack" },
      panel("waiting", "Waiting for an expert", counts.waiting, columns("waiting", ["Due in", "Ticket", "Team", "Priority", "Account"]), boxes.waiting),
      panel("escalated", "Escalated", counts.escalated, columns("escalated", ["Points", "Ticket", "Priority", "Account"]), boxes.escalated)),
    h("div", { class: "stack" },
      panel("teams", "Teams", null, boxes.teams),
      panel("demand", "Tickets to come", counts.demand, boxes.demand),
      panel("experts", "Experts", filter, columns("experts", ["Expert", "In hand", "Tired", "Answers in", "As advised", "Quality"]), boxes.experts))));

  function show() {
    const teams = [...new Set(people.map((row) => row.group_name ?? ""))].sort();
    if (team !== null && !teams.includes(team)) team = null;
    const choices = [["every", "All", people.length], ...teams.map((name) => [name, name || "no team", people.filter((row) => (row.group_name ?? "") === name).length])];
    filter.replaceChildren(...(teams.length > 1 ? chips("Which team", choices, team ?? "every", (name) => { team = name === "every" ? null : name; show(); }) : []));
    const shown = people.filter((row) => team === null || (row.group_name ?? "") === team);
    fillBox(boxes.experts, lists.experts, shown, (row) => row.expert, expert, () =>
      empty("Nobody is known yet", "Experts appear once they say that they are there:", typed("expert")));
  }

  async function refresh(signal) {
    const [queue, escalations, desk, demand] = await Promise.all([
      ask(`v1/queue?limit=${MOST}`, signal), ask(`v1/escalations?limit=${MOST}`, signal), ask("v1/experts", signal), ask("v1/demand", signal)]);
    counts.waiting.textContent = told(queue.waiting);
    counts.escalated.textContent = told(escalations.escalations);
    fillBox(boxes.waiting, lists.waiting, queue.waiting, (row) => row.ticket, waits, () =>
      empty("Nobody waits", desk.experts.length ? "Every open ticket has somebody who could take it." : "Routing begins once the first expert says to be there."));
    fillBox(boxes.escalated, lists.escalated, escalations.escalations, (row) => row.ticket, escalated, () =>
      empty("Nothing is escalated", ["Tickets appear here once tier, priority, words and broken promises add up to the edge of ", h("code", {}, "settings.escalation_changed"), "."]));
    const rows = desk.teams.map((row) => [row.team || "no team", `${row.online} of ${row.experts}`, whole(row.capacity), whole(row.tickets),
      row.fatigue_percent === null ? "–" : `${row.fatigue_percent} %`, row.waiting ? h("b", {}, whole(row.waiting)) : "0", row.due_at ? h("span", { "data-due": row.due_at }, left(row.due_at).text) : "–"]);
    const said = JSON.stringify(desk.teams);
    if (boxes.teams.said !== said) {
      boxes.teams.said = said;
      boxes.teams.replaceChildren(rows.length ? table("Teams", ["Team", "#There", "#Their room", "#In hand", "#Tired", "#Waiting", "#First due in"], rows) : empty("No team yet", "Teams are the groups of experts and of tickets that wait."));
    }
    const coming = JSON.stringify(demand);
    if (boxes.demand.said !== coming) {
      boxes.demand.said = coming;
      counts.demand.textContent = span6(demand);
      boxes.demand.replaceChildren(...demandTold(demand).flat().filter(Boolean));
    }
    people = desk.experts;
    show();
    tick(root);
  }

  function failed(error, again) {
    for (const box of Object.values(boxes)) box.replaceChildren();
    boxes.teams.said = boxes.demand.said = null;
    boxes.waiting.replaceChildren(failure(error, again));
  }
  return { title: "Work", refresh, failed };
}

const told = (rows) => (rows.length < MOST ? whole(rows.length) : `the first ${MOST}`);

/** Who is there and cannot, counted by the reason. */
function hindered(exclusions, group) {
  const counted = new Map();
  for (const one of exclusions) {
    const said = one.slice(one.indexOf(": ") + 2);
    const text = said === `not of group ${group}` ? "in other teams" : said.replace(/^has \d+ of \d+ .*$/, "with no room");
    counted.set(text, (counted.get(text) ?? 0) + 1);
  }
  return [...counted].sort((one, other) => other[1] - one[1]).map(([text, number]) => `${number} ${text}`).join(", ");
}

function waits(row) {
  const about = [row.ticket, row.category && words(row.category), row.expected_minutes !== null && `${row.expected_minutes} min of work`, row.channel, row.language].filter(Boolean).join(" · ");
  const why = [row.reason, hindered(row.exclusions, row.group_name)].filter(Boolean).join(": ");
  return h("li", { "data-pressing": row.due_at ? pressing({ ...row, target_seconds: 0 }) : "calm", "data-target": 0 },
    h("a", { href: `#/ticket/${encodeURIComponent(row.ticket)}` },
      row.due_at ? h("span", { class: "left number", "data-due": row.due_at, title: `Due ${new Date(row.due_at).toLocaleString()}` }, left(row.due_at).text)
        : h("span", { class: "left quiet" }, "no promise"),
      h("span", { class: "what" }, h("b", {}, row.title || "(no title)"), h("small", {}, h("span", { "data-ago": row.queued_at }, ago(row.queued_at)), ` · ${about}`),
        h("small", { class: "reasons", title: row.exclusions.join("\n") || null }, capital(why))),
      h("span", { class: "promise" }, row.group_name ?? "any team"),
      h("span", { class: `priority ${row.priority}` }, row.priority),
      whose(row, row.tier)));
}

const whose = (row, more) => h("span", { class: "whose", title: row.account }, row.name ?? row.account ?? "–", h("small", { class: "number" }, more ?? ""));

function escalated(row) {
  const spoke = row.terms.map(([label, by]) => `${label} (${by})`).join("\n");
  return h("li", {}, h("a", { href: `#/ticket/${encodeURIComponent(row.ticket)}` },
    h("span", { class: "points number", title: spoke }, row.points),
    h("span", { class: "what" }, h("b", {}, row.title || "(no title)"), h("small", {}, `${row.ticket} · ${row.assignee ?? "nobody"} · since ${day(row.escalated_at)}`),
      h("small", { class: "reasons", title: spoke }, capital(mainly(row.terms).map((label) => label.replaceAll("_", " ")).join("; ")))),
    h("span", { class: `priority ${row.priority ?? ""}` }, row.priority ?? "–"),
    whose(row, row.recurring_minor ? money(row.recurring_minor, row.currency) : "")));
}

function expert(row) {
  const room = row.capacity ? Math.min(1, row.tickets / row.capacity) : 1;
  const quality = row.applicable ? row.passed / row.applicable : null;
  const right = row.judged ? row.correct / row.judged : null;
  const notes = [row.dropped && "quality dropped", row.suspicions > 0 && several(row.suspicions, "suspicion")].filter(Boolean);
  return h("li", {}, h("span", { class: row.status === "online" ? "there" : "away" },
    h("span", { class: "what" }, h("b", {}, h("i", { class: `presence ${row.status}`, "aria-hidden": "true" }), row.expert), h("small", {}, [row.group_name, row.status].filter(Boolean).join(" · ")),
      notes.length > 0 && h("small", { class: "reasons" }, capital(notes.join(", ")))),
    h("span", { class: "gauge", title: `${row.tickets} of ${row.capacity} tickets` }, h("span", { class: "number" }, `${row.tickets} of ${row.capacity}`), h("i", { class: `meter ${row.tickets > row.capacity ? "over" : ""}`, "aria-hidden": "true", vars: { "--share": `${room * 100}%` } })),
    h("span", { class: `number right ${row.fatigue_percent >= 75 ? "high" : ""}`, title: `${row.handled_minutes} minutes without a break` }, `${row.fatigue_percent} %`),
    h("span", { class: "number right" }, row.usual_answer_seconds === null ? "–" : span(row.usual_answer_seconds)),
    h("span", { class: "number right", title: row.judged ? `${row.correct} of ${row.judged} decisions` : null }, percent(right)),
    h("span", { class: "number right", title: row.applicable ? `${row.passed} of ${row.applicable} items` : null }, percent(quality))));
}
