// An account's health over time: a step line over the bands it passes, each change with what drove it.

import { h, s } from "./dom.js";
import { amount, band, BANDS, clock, day, minute, plain } from "./format.js";

const [HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [250, 32, 62, 12, 26];

/** `narrow` draws it for half the width, so that its letters stay as large. */
export function healthChart(history, narrow) {
  const WIDTH = narrow ? 440 : 860;
  const points = [...history].reverse().map((row) => ({ ...row, at: Date.parse(row.changed_at) }));
  const first = points[0].at;
  const last = Math.max(clock(), points.at(-1).at + 1);
  const x = (at) => LEFT + ((at - first) / (last - first)) * (WIDTH - LEFT - RIGHT);
  const y = (score) => TOP + (1 - score / 100) * (HEIGHT - TOP - BOTTOM);
  const latest = points.at(-1);

  let line = `M${x(first).toFixed(1)} ${y(points[0].after).toFixed(1)}`;
  for (const point of points.slice(1)) line += `H${x(point.at).toFixed(1)}V${y(point.after).toFixed(1)}`;
  line += `H${x(last).toFixed(1)}`;
  const area = `${line}V${y(0)}H${x(first).toFixed(1)}Z`;

  const mark = s("g", { class: "mark", visibility: "hidden" }, s("line", { y1: TOP, y2: HEIGHT - BOTTOM }), s("circle", { r: 4 }));
  const svg = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `Health from ${day(first)} until now: ${plain(latest.after)} of 100` },
    BANDS.map(([edge, name], place) => {
      const top = place ? BANDS[place - 1][0] : 100;
      return s("g", { class: `band ${band(edge)}` },
        s("rect", { x: LEFT, width: WIDTH - LEFT - RIGHT, y: y(top), height: y(edge) - y(top) }),
        edge > 0 && s("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(edge), y2: y(edge) }),
        s("text", { x: WIDTH - RIGHT + 8, y: (y(top) + y(edge)) / 2 + 4 }, name));
    }),
    [0, 40, 70, 100].map((score) => s("text", { class: "axis", x: LEFT - 6, y: y(score) + 4, "text-anchor": "end" }, score)),
    days(first, last, narrow ? 3 : 5).map((at) => s("text", { class: "axis", x: x(at), y: HEIGHT - 6, "text-anchor": "middle" }, day(at))),
    s("path", { class: "area", d: area }),
    s("path", { class: "line", d: line }),
    s("circle", { class: "now", cx: x(last), cy: y(latest.after), r: 3.5 }),
    mark);

  const told = h("div", { class: "told", hidden: true });
  const figure = h("figure", { class: "chart", tabindex: 0, "aria-label": "Health history; step through it with the arrow keys" }, svg, told);
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
    const at = first + (((event.clientX - frame.left) / frame.width) * WIDTH - LEFT) / (WIDTH - LEFT - RIGHT) * (last - first);
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
