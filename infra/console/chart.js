// A score over time: a step line over the bands it passes, each change with what drove it, and where it goes.

import { h, s } from "./dom.js";
import { amount, clock, day, minute, plain } from "./format.js";

const [HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [250, 32, 62, 12, 26];

const DAY = 86_400_000;

/**
 * `bands` are [from, name, class] from the highest down, `forecast` is where it goes with a range that holds four times of
 * five, `versions` are the rules that came into force. `narrow` draws it for half the width, so that its letters stay as large.
 */
export function healthChart(history, { bands, forecast, versions, narrow }) {
  const WIDTH = narrow ? 440 : 860;
  const points = [...history].reverse().map((row) => ({ ...row, at: Date.parse(row.changed_at) }));
  const first = points[0].at;
  const last = Math.max(clock(), points.at(-1).at + 1);
  const ahead = forecast && { from: (forecast.made_day + 1) * DAY, until: (forecast.due_day + 1) * DAY };
  const end = Math.max(last, ahead?.until ?? 0);
  const x = (at) => LEFT + ((at - first) / (end - first)) * (WIDTH - LEFT - RIGHT);
  const y = (score) => TOP + (1 - score / 100) * (HEIGHT - TOP - BOTTOM);
  const latest = points.at(-1);

  let line = `M${x(first).toFixed(1)} ${y(points[0].after).toFixed(1)}`;
  for (const point of points.slice(1)) line += `H${x(point.at).toFixed(1)}V${y(point.after).toFixed(1)}`;
  line += `H${x(last).toFixed(1)}`;
  const area = `${line}V${y(0)}H${x(first).toFixed(1)}Z`;

  const mark = s("g", { class: "mark", visibility: "hidden" }, s("line", { y1: TOP, y2: HEIGHT - BOTTOM }), s("circle", { r: 4 }));
  const svg = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `Score from ${day(first)} until now: ${plain(latest.after)} of 100${forecast ? `; in 30 days ${forecast.expected}, from ${forecast.low} to ${forecast.high}` : ""}` },
    bands.map(([edge, name, kind], place) => {
      const top = place ? bands[place - 1][0] : 100;
      return s("g", { class: `band ${kind}` },
        s("rect", { x: LEFT, width: WIDTH - LEFT - RIGHT, y: y(top), height: y(edge) - y(top) }),
        edge > 0 && s("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(edge), y2: y(edge) }),
        s("text", { x: WIDTH - RIGHT + 8, y: (y(top) + y(edge)) / 2 + 4 }, name));
    }),
    [...new Set([100, ...bands.map(([edge]) => edge)])].map((score) => s("text", { class: "axis", x: LEFT - 6, y: y(score) + 4, "text-anchor": "end" }, score)),
    days(first, end, narrow ? 3 : 5).map((at) => s("text", { class: "axis", x: x(at), y: HEIGHT - 6, "text-anchor": "middle" }, day(at))),
    s("path", { class: "area", d: area }),
    s("path", { class: "line", d: line }),
    versions.filter((one) => Date.parse(one.holds_from_at) > first && Date.parse(one.holds_from_at) < last).map((one) =>
      s("path", { class: "version", d: `M${x(Date.parse(one.holds_from_at)).toFixed(1)} ${TOP}v${HEIGHT - TOP - BOTTOM}` }, s("title", {}, `Another rule since ${minute(one.holds_from_at)}: ${one.event_id}`))),
    ahead && s("g", { class: "ahead" },
      s("path", { class: "fan", d: `M${x(ahead.from)} ${y(forecast.value)}L${x(ahead.until)} ${y(forecast.high)}V${y(forecast.low)}Z` }),
      s("path", { class: "expected", d: `M${x(ahead.from)} ${y(forecast.value)}L${x(ahead.until)} ${y(forecast.expected)}` }),
      s("circle", { cx: x(ahead.until), cy: y(forecast.expected), r: 3 })),
    s("circle", { class: "now", cx: x(last), cy: y(latest.after), r: 3.5 }),
    mark);

  const told = h("div", { class: "told", hidden: true });
  const figure = h("figure", { class: "chart", tabindex: 0, "aria-label": "Course of the score; step through it with the arrow keys" }, svg, told);
  let shown = points.length;

  function show(place) {
    shown = Math.max(0, Math.min(points.length - 1, place));
    const point = points[shown];
    const [line_, circle] = mark.children;
    mark.setAttribute("visibility", "visible");
    for (const name of ["x1", "x2"]) line_.setAttribute(name, x(point.at));
    circle.setAttribute("cx", x(point.at));
    circle.setAttribute("cy", y(point.after));
    told.hidden = false;
    const share = x(point.at) / WIDTH;
    told.style.setProperty("--at", `${share * 100}%`);
    told.dataset.side = share > 0.6 ? "left" : "right";
    told.replaceChildren(
      h("b", {}, `${plain(point.before)} → ${plain(point.after)}`, h("span", {}, minute(point.at))),
      h("ul", {}, point.terms.map(([label, by]) => h("li", { class: by < 0 ? "minus" : "plus" }, h("span", {}, label), h("span", { class: "number" }, amount(by))))));
  }
  function hide() {
    mark.setAttribute("visibility", "hidden");
    told.hidden = true;
  }
  svg.addEventListener("pointermove", (event) => {
    const frame = svg.getBoundingClientRect();
    const at = first + (((event.clientX - frame.left) / frame.width) * WIDTH - LEFT) / (WIDTH - LEFT - RIGHT) * (end - first);
    let nearest = 0;
    points.forEach((point, place) => {
      if (Math.abs(point.at - at) < Math.abs(points[nearest].at - at)) nearest = place;
    });
    show(nearest);
  });
  svg.addEventListener("pointerleave", hide);
  figure.addEventListener("blur", hide);
  figure.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") show(shown - 1);
    else if (event.key === "ArrowRight") show(shown + 1);
    else return;
    event.preventDefault();
  });
  return figure;
}

function days(first, last, count) {
  return Array.from({ length: count }, (_, place) => first + ((last - first) * (place + 0.5)) / count);
}
