// Charts: curves and bars. Their twin is parts.py.

import { make, makeSvg, write, each } from "./page.js";
import { asList } from "./arrays.js";
import { written } from "./symbols.js";
import { answerFor } from "./parts.js";

const CHART = { width: 340, height: 200, left: 46, right: 12, top: 12, bottom: 30 };
const [BOTTOM, RIGHT] = [CHART.height - CHART.bottom, CHART.width - CHART.right];
const ROOM = 40;

/** The unbroken pieces of a curve, each as [x0, y0, x1, y1, ...]. */
function runsOf(across, up) {
  const runs = [[]];
  up.forEach((y, i) => {
    if (Number.isFinite(y)) runs.at(-1).push(across[i], y);
    else if (runs.at(-1).length) runs.push([]);
  });
  return runs.filter((run) => run.length).map((run) => (run.length > 2 ? run : [...run, ...run]));
}

/** Which labels of an axis have room: from the left, and always the last. */
function spaced(across) {
  const [kept, last] = [[0], across.length - 1];
  across.forEach((x, i) => {
    if (x - across[kept.at(-1)] >= ROOM && (across[last] - x >= ROOM || i === last)) kept.push(i);
  });
  return kept.at(-1) === last ? kept : [...kept, last];
}

function lines(part, tools) {
  const { symbols } = tools;
  const svg = makeSvg("svg", { class: "chart", role: "img", viewBox: `0 0 ${CHART.width} ${CHART.height}` });
  svg.append(makeSvg("path", { class: "axis", d: `M${CHART.left} ${CHART.top}V${BOTTOM}H${RIGHT}` }));
  const [curves, mark, dots, ticks] = ["curves", "marks", "dots", "ticks"].map((name) => makeSvg("g", { class: name }));
  svg.append(curves, mark, dots, ticks);
  const key = make("div", { class: "key" });
  const valuesOf = () => symbols.value(part.values).map(asList);
  const lengthOf = () => Math.max(...valuesOf().map((each) => each.length));
  const acrossOf = (length) => {
    const x = part.x ? asList(symbols.value(part.x)) : Array.from({ length }, (_, i) => i);
    return x.map((each) => CHART.left + ((RIGHT - CHART.left) * (each - x[0])) / (x.at(-1) - x[0] || 1));
  };
  const along = (share) => {
    const distances = acrossOf(lengthOf()).map((x) => Math.abs(x - share * CHART.width));
    return distances.indexOf(Math.min(...distances));
  };
  const answer = answerFor(part, tools, null, along);
  if (answer) tools.answering(svg, answer);

  function update() {
    const [values, at] = [valuesOf(), symbols.value(part.mark)];
    const length = lengthOf();
    const across = acrossOf(length);
    const up = (value) => BOTTOM - ((BOTTOM - CHART.top) * (value - part.low)) / (part.high - part.low || 1);
    const ups = values.map((each) => each.map(up));
    const runs = ups.flatMap((each, i) => runsOf(across, each).map((run) => [run, part.colours[i]]));
    each(curves, runs, () => makeSvg("polyline", { "data-shape": "polyline" }), (node, [run, colour]) => {
      node.setAttribute("points", run.join(" "));
      node.setAttribute("stroke", colour);
    });
    each(mark, at === null ? [] : [across[at]], () => makeSvg("path", { "data-shape": "line" }), (node, x) =>
      node.setAttribute("d", `M${x} ${CHART.top}L${x} ${BOTTOM}`),
    );
    const marked = ups.map((each, i) => [each[at], part.colours[i]]).filter(([y]) => Number.isFinite(y));
    each(dots, marked, () => makeSvg("circle", { r: 4, "data-shape": "circle" }), (node, [y, colour]) => {
      node.setAttribute("cx", across[at]);
      node.setAttribute("cy", y);
      node.setAttribute("fill", colour);
    });
    const labels = symbols.value(part.labels) ?? across.map((_, i) => written(i));
    const shown = spaced(across);
    const words = [
      [CHART.left - 5, CHART.top + 4, "end", written(part.high, part.numbers)],
      [CHART.left - 5, BOTTOM + 4, "end", written(part.low, part.numbers)],
      ...shown.map((i) => [across[i], CHART.height - 12, i === labels.length - 1 ? "end" : i ? "middle" : "start", labels[i]]),
    ];
    each(ticks, words, () => makeSvg("text", { "data-text": "" }), (node, [x, y, anchor, text]) => {
      node.setAttribute("x", x);
      node.setAttribute("y", y);
      node.setAttribute("text-anchor", anchor);
      write(node, text);
    });
    each(
      key,
      part.names,
      (i) => {
        const swatch = make("i", { style: `background: ${part.colours[i]}` });
        return make("p", {}, swatch, make("span", { "data-text": "" }), ...(at === null ? [] : [make("output", { "data-text": "" })]));
      },
      (line, name, i) => {
        write(line.children[1], name);
        if (line.children[2]) write(line.children[2], written(values[i][at], part.numbers));
      },
    );
  }
  const label = (caption) => svg.setAttribute("aria-label", [symbols.write(part.title) || "A chart.", caption].join(" "));
  return { node: make("div", {}, svg, key), update, label };
}

function bars(part, tools) {
  const { symbols } = tools;
  const list = make("div", { class: "bars" });
  const makeBar = () => make("div", { class: "bar-row" }, make("span", { "data-text": "" }), make("div", { class: "bar" }, make("i")), make("output", { "data-text": "" }));
  return {
    node: list,
    update() {
      const [names, numbers, high, colours] = ["names", "values", "high", "colours"].map((name) => symbols.value(part[name]));
      const values = asList(numbers).slice(0, names.length);
      const most = Math.max(...values);
      each(list, values, makeBar, (line, value, i) => {
        const [name, bar, output] = line.children;
        write(name, names[i]);
        bar.firstChild.style.width = `${100 * Math.min(Math.max(value / high, 0), 1)}%`;
        if (colours) bar.firstChild.style.background = `rgb(${colours.data.subarray(3 * i, 3 * i + 3).join(" ")})`;
        write(output, written(value, part.numbers));
        line.toggleAttribute("data-most", value === most);
      });
    },
  };
}

export { lines, bars };
