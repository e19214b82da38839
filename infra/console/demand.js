// What will come: tickets of the next six hours by topic, and what came in numbers that nobody expected.

import { empty, h, table } from "./dom.js";
import { capital, minute, several, whole, words } from "./format.js";

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const MOST = 8;

export function demandTold({ expected, spikes }) {
  const going = spikes.filter((row) => !row.over_at);
  const rows = [...expected].sort((one, other) => Number(other.topic === "all topics") - Number(one.topic === "all topics")).slice(0, MOST);
  return [
    going.map((row) => h("p", { class: "spike", role: "status" }, h("b", {}, capital(words(row.topic))), ` spikes since ${minute(row.began_at)}: ${several(row.tickets, "ticket")} where ${row.expected.toFixed(1)} are expected. `,
      row.event_ids.length > 0 && h("details", {}, h("summary", {}, several(row.event_ids.length, "event")), h("p", { class: "events" }, row.event_ids.map((id) => h("code", {}, id)))))),
    rows.length
      ? table("Expected tickets", ["Topic", "#Expected", "#Four times of five", "#Six hours before"], rows.map((row) => [
        row.topic === "all topics" ? h("b", {}, "All topics") : capital(words(row.topic)), row.expected.toFixed(1), `${row.low} to ${row.high}`, whole(row.came)]))
      : !going.length && empty("Not foretold yet", "From the second week of tickets on, each full hour says how many will come."),
  ];
}

export const span6 = ({ expected }) => (expected.length ? `${CLOCK.format(new Date(expected[0].from_at))} to ${CLOCK.format(new Date(expected[0].until_at))}` : "");
