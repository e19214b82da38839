// What is asked that no category fits, and which categories are taken for each other, with tickets to look at.

import { empty, h, table } from "./dom.js";
import { capital, day, percent, several, whole, words } from "./format.js";

const link = ({ ticket, title }) => h("a", { href: `#/ticket/${encodeURIComponent(ticket)}`, title: title || null }, ticket);
const gain = (share) => `+${(100 * share).toFixed(1)} %`;
const links = (examples) => examples.flatMap((one, place) => (place ? [", ", link(one)] : [link(one)]));

export function unfiled({ held_back, topics }) {
  if (!topics.length) return empty("Nothing new", held_back ? `Of ${several(held_back, "ticket")} held back, no three are alike.` : "No ticket's category was held back lately.");
  return table("Asked without a category", ["They say", "#Tickets", "#Accounts", "#Since", "Comes near", "Filed as", "For example"], topics.map((row) => [
    row.words.join(", "), whole(row.tickets), whole(row.accounts), day(row.first_at), row.nearest ? words(row.nearest) : "–",
    row.filed_as.map(([name, count]) => `${words(name)} (${count})`).join(", ") || "–", links(row.examples)]));
}

export function advised({ judged, right, pairs, splits }) {
  const rows = [
    ...pairs.map((row) => [capital(row.advice), row.categories.map(words).join(" and "), `taken for each other ${several(row.taken, "time")}, ${row.by_chance.toFixed(1)} by chance`, gain(row.gain), links(row.examples)]),
    ...splits.map((row) => ["Split", words(row.category), `“${row.words.join(", ")}”: ${whole(row.missed)} of ${whole(row.tickets)} missed, of the rest ${whole(row.rest_missed)} of ${whole(row.rest)}`, gain(row.gain), links(row.examples)]),
  ];
  if (rows.length) return table("Taken for each other", ["Advice", "Category", "Why", "#Would gain", "For example"], rows);
  return empty("Nothing to change", judged ? `Of ${several(judged, "ticket")} judged ${percent(right / judged)} were right, and no two categories are taken for each other more often than by chance.` : "No ticket was judged yet.");
}
