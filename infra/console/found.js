// What a search found.

import { ask } from "./api.js";
import { empty, failure, h, loading, time } from "./dom.js";
import { day, words } from "./format.js";

const KINDS = { ticket: "Ticket", answer: "Answer", feedback: "Feedback" };

export function found(root, text) {
  root.replaceChildren(loading("what was found"));
  return {
    title: `Search: ${text}`,
    async refresh(signal) {
      const { hits } = await ask(`v1/search?limit=30&q=${encodeURIComponent(text)}`, signal);
      const id = /^[\w.:-]+$/.test(text) && /\d/.test(text);
      root.replaceChildren(h("article", { class: "detail" },
        h("header", { class: "lead" },
          h("p", { class: "crumb" }, h("a", { href: "#/" }, "Overview"), " / search"),
          h("h1", {}, text),
          id && h("p", {}, "Open it as a ", h("a", { href: `#/ticket/${encodeURIComponent(text)}` }, "ticket"), " or an ", h("a", { href: `#/account/${encodeURIComponent(text)}` }, "account"), ".")),
        hits.length
          ? h("ol", { class: "rows hits" }, hits.map(hit))
          : empty("Nothing was found", "No ticket, answer or feedback holds these words.")));
    },
    failed: (error, again) => root.replaceChildren(failure(error, again)),
  };
}

function hit(one) {
  const target = one.kind === "feedback" ? one.account && `#/account/${encodeURIComponent(one.account)}` : `#/ticket/${encodeURIComponent(one.id)}`;
  const said = [one.status, one.category && words(one.category), one.outcome !== "open" && one.outcome, one.scale && `${one.scale} ${one.score}`];
  return h("li", {}, h(target ? "a" : "span", { href: target || null },
    h("span", { class: `kind ${one.kind}` }, KINDS[one.kind] ?? one.kind),
    h("span", { class: "what" }, h("b", {}, one.text.split("\n")[0].slice(0, 140)), h("small", {}, one.text.split("\n").slice(1).join(" ").trim()),
      h("small", {}, [one.id, one.account, ...said].filter(Boolean).join(" · "))),
    time(one.happened_at, day(one.happened_at))));
}
