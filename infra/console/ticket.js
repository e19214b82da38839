// One ticket: what was said and done, what was promised, and why it is judged as it is.

import { ask, path } from "./api.js";
import { empty, failure, h, loading, time } from "./dom.js";
import { ago, capital, clock, clockName, left, minute, percent, pressing, span, words } from "./format.js";
import { why } from "./why.js";

export function ticket(root, id) {
  root.replaceChildren(loading(`ticket ${id}`));
  let [before, replies] = ["", null];
  return {
    title: id,
    async refresh(signal) {
      const said = await ask(path("tickets", id), signal);
      // What could be answered is looked for once: it is for who writes now, and changes little.
      replies ??= await ask(`${path("replies", id)}?limit=3`, signal);
      const text = JSON.stringify({ ...said, similar: said.similar.map((one) => one.id) });
      if (text === before) return;
      before = text;
      const open = new Map([...root.querySelectorAll("details.why")].map((one) => [one.dataset.kind, one.open]));
      root.replaceChildren(page(said, replies.replies));
      for (const one of root.querySelectorAll("details.why")) if (open.has(one.dataset.kind)) one.open = open.get(one.dataset.kind);
    },
    failed: (error, again) => root.replaceChildren(failure(error, again)),
  };
}

function page(said, replies) {
  const promises = (one) => one.kind.startsWith("sla ") || one.kind.startsWith("breach of ");
  const triage = said.why.filter((one) => !promises(one));
  const promised = said.why.filter(promises);
  const facts = [
    ["Account", said.account ? h("a", { href: `#/account/${encodeURIComponent(said.account)}` }, said.account) : "–"],
    ["Category", said.triage_category ? `${words(said.triage_category)} (${percent(said.triage_probability)}${said.triage_confidence === "unmeasured" ? "" : `, ${said.triage_confidence}`})` : "not sure"],
    ["Priority", said.triage_priority ?? said.priority ?? "–"],
    ["Assigned to", said.assignee ?? said.group_name ?? "nobody"],
    ["Channel", said.channel],
    ["Language", said.language ?? "–"],
    ["Opened", said.opened_at ? time(said.opened_at, minute(said.opened_at)) : "–"],
    ["Satisfaction", said.csat_percent === null ? "–" : `${said.csat_percent} %`],
  ];
  return h("article", { class: "detail" },
    h("header", { class: "lead" },
      h("p", { class: "crumb" }, h("a", { href: "#/work" }, "Work"), ` / ${said.ticket}`),
      h("h1", {}, said.title || "(no title)", " ", h("span", { class: `pill ${said.status}` }, said.status)),
      h("dl", { class: "facts" }, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))))),
    h("div", { class: "two" },
      h("section", { "aria-labelledby": "course" }, h("h2", { id: "course" }, "What happened"), course(said)),
      h("div", { class: "side" },
        h("section", { class: "card", "aria-labelledby": "promises" }, h("h2", { id: "promises" }, "Promises"),
          said.clocks.length ? h("ul", { class: "clocks" }, said.clocks.map(promise)) : h("p", { class: "quiet" }, "No policy promises anything for this ticket.")),
        replies.length > 0 && h("section", { class: "card", "aria-labelledby": "answers" }, h("h2", { id: "answers" }, "What was answered on tickets like it"), answers(replies)),
        h("section", { class: "card", "aria-labelledby": "reasons" }, h("h2", { id: "reasons" }, "Why"),
          triage.map((one) => why(one)), promised.map((one) => why(one, { open: false, title: promiseTitle(one.kind) }))),
        h("section", { class: "card", "aria-labelledby": "similar" }, h("h2", { id: "similar" }, "Similar solved tickets"), similar(said.similar)))));
}

function course(said) {
  const texts = new Map(said.words.map((one) => [one.event_id, one]));
  const seen = new Set();
  const entries = said.timeline.map((entry) => {
    seen.add(entry.event_id);
    return { ...entry, words: texts.get(entry.event_id) };
  });
  for (const one of said.words) if (!seen.has(one.event_id)) entries.push({ at: one.at, event_id: one.event_id, type: one.by === "expert" ? "expert.replied" : "ticket.message_added", words: one });
  entries.sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  for (const one of said.clocks) if (one.breached_at) entries.push({ at: one.breached_at, type: "sla.breached", clock: one.clock });
  entries.sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  if (!entries.length) return empty("Nothing is kept", "What happened on this ticket lies further back than is held.");
  return h("ol", { class: "course" }, entries.map((entry) => {
    const by = entry.words?.by;
    return h("li", { class: entry.type === "sla.breached" ? "breach" : by ?? "event" },
      h("div", { class: "when" }, time(entry.at, minute(entry.at))),
      h("div", { class: "said" }, h("p", { class: "head" }, sentence(entry)), entry.words && h("blockquote", {}, body(entry, said.title))));
  }));
}

function body(entry, title) {
  const text = entry.words.text;
  return entry.type === "ticket.opened" && title && text.startsWith(`${title}\n`) ? text.slice(title.length + 1).trim() : text.trim();
}

function sentence(entry) {
  const who = entry.expert ?? entry.by ?? entry.author;
  switch (entry.type) {
    case "ticket.opened": return h("b", {}, `Opened by ${entry.requester ?? "the customer"} by ${entry.channel ?? "?"}`);
    case "expert.replied": return h("b", {}, `${entry.expert ?? "Expert"} replied${entry.public === false ? ", internally" : ""}`);
    case "ticket.message_added": return h("b", {}, `${capital(entry.author ?? entry.words?.by ?? "somebody")} wrote`);
    case "ticket.status_changed": return [`${entry.by ?? "Somebody"} set it to `, h("b", {}, entry.status)];
    case "ticket.priority_changed": return ["Priority set to ", h("b", {}, entry.priority)];
    case "ticket.assigned": return ["Assigned to ", h("b", {}, entry.assignee ?? entry.group ?? "nobody")];
    case "ticket.resolved": return [h("b", {}, "Solved"), entry.by ? ` by ${entry.by}` : "", entry.category ? ` as ${words(entry.category)}` : ""];
    case "ticket.closed": return h("b", {}, "Closed");
    case "ticket.reopened": return h("b", {}, "Reopened");
    case "ticket.merged": return ["Merged into ", h("a", { href: `#/ticket/${encodeURIComponent(entry.into)}` }, entry.into)];
    case "ticket.csat_answered": return ["Satisfaction answered: ", h("b", {}, `${entry.score} %`)];
    case "sla.breached": return h("b", {}, `${clockName(entry.clock)} promise broken`);
    default: return capital(words(entry.type.split(".").at(-1))) + (who ? ` by ${who}` : "");
  }
}

function promiseTitle(kind) {
  if (kind.startsWith("sla ")) return clockName(kind.slice(4));
  const [name, likely] = kind.slice("breach of ".length).split(" ");
  return `${clockName(name)}: likely to break ${likely}`;
}

const STATES = { fulfilled: "kept", breached: "broken", running: "running", paused: "paused", cancelled: "dropped" };

function promise(one) {
  const share = one.state === "running" && one.due_at
    ? (clock() - Date.parse(one.started_at)) / (Date.parse(one.due_at) - Date.parse(one.started_at))
    : one.elapsed_seconds / one.target_seconds;
  const state = one.state === "running" ? pressing(one) : one.state;
  const after = one.fulfilled_at && one.breached_at ? ", then kept" : "";
  const told = one.state === "running" && one.due_at
    ? [h("span", { class: "number", "data-due": one.due_at }, left(one.due_at).text), " left"]
    : `${STATES[one.state] ?? one.state}${after} · ${span(one.elapsed_seconds)} of ${span(one.target_seconds)}`;
  const likely = one.breach_probability === null ? "" : `, ${percent(one.breach_probability)} likely to break`;
  const times = one.state === "running" ? `due ${one.due_at ? minute(one.due_at) : "–"}${likely}`
    : one.breached_at ? `broken ${ago(one.breached_at)}` : one.fulfilled_at ? `kept ${minute(one.fulfilled_at)}` : "";
  return h("li", { class: state, title: `Policy ${one.policy}, calendar ${one.calendar}` },
    h("p", {}, h("b", {}, clockName(one.clock), one.cycle ? h("small", {}, ` ${one.cycle + 1}`) : ""), h("span", {}, told)),
    h("i", { class: "meter", "aria-hidden": "true", vars: { "--share": `${Math.max(1, Math.min(1, share) * 100)}%` } }),
    h("p", { class: "basis" }, h("span", {}, `${one.policy} · ${one.calendar}`), h("span", {}, times)));
}

function answers(replies) {
  return h("ol", { class: "similar" }, replies.map((one) => h("li", {},
    h("p", {}, h("a", { href: `#/ticket/${encodeURIComponent(one.ticket)}` }, one.ticket), h("span", {}, [one.outcome, one.times > 1 && `answered so on ${one.times} tickets`].filter(Boolean).join(" · "))),
    h("p", { class: "answer" }, one.answer))));
}

function similar(hits) {
  if (!hits.length) return h("p", { class: "quiet" }, "None was solved that reads like this one.");
  return h("ol", { class: "similar" }, hits.map((hit) => h("li", {},
    h("p", {}, h("a", { href: `#/ticket/${encodeURIComponent(hit.id)}` }, hit.id), h("span", {}, [hit.outcome, hit.category && words(hit.category)].filter(Boolean).join(" · "))),
    h("p", { class: "text" }, hit.text.replaceAll("\n", " ")),
    hit.answer && h("p", { class: "answer" }, hit.answer))));
}
