// Charts: curves and bars. Their twin is charts.py.

import { set, make, makeSvg, write, each, clamp } from "./page.js";
import { at, asList, leastOf } from "./arrays.js";
import { written } from "./symbols.js";
import { answerFor } from "./pointing.js";
import { drawShapes } from "./picture.js";

const [WIDTH, HEIGHT] = [340, 200]; // of a chart, in units of its own
const [LEFT, TOP, RIGHT, BOTTOM] = [46, 12, 328, 170]; // where its axes end
const ROOM = 40; // between two labels of an axis

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
  const [shapes, ticks] = [makeSvg("g"), makeSvg("g")];
  const svg = makeSvg("svg", { class: "chart", role: "img", viewBox: `0 0 ${WIDTH} ${HEIGHT}` });
  svg.append(makeSvg("path", { d: `M${LEFT} ${TOP}V${BOTTOM}H${RIGHT}` }), shapes, ticks);
  const key = make("div", { class: "key" });
  const valuesOf = () => symbols.value(part.values).map(asList);
  const acrossOf = (values) => {
    const length = Math.max(...values.map((each) => each.length));
    const x = part.x ? asList(symbols.value(part.x)) : Array.from({ length }, (_, i) => i);
    return x.map((each) => LEFT + ((RIGHT - LEFT) * (each - x[0])) / (x.at(-1) - x[0] || 1));
  };
  const up = (value) => BOTTOM - ((BOTTOM - TOP) * (value - part.low)) / (part.high - part.low || 1);
  const along = (x) => leastOf(acrossOf(valuesOf()).map((each) => Math.abs(each - x)));
  const answer = answerFor(part, tools, null, along);
  if (answer) tools.answering(svg, answer);
  const makeEntry = (i) => {
    const number = part.mark === null ? [] : [make("output", { "data-text": "" })];
    return make("p", {}, make("i", { style: `background: ${part.colours[i]}` }), make("span", { "data-text": "" }), ...number);
  };

  function update() {
    const [values, here] = [valuesOf(), symbols.value(part.mark)];
    const across = acrossOf(values);
    const ups = values.map((each) => each.map(up));
    const coloured = (kind, found) => found.flatMap((shapesOf, i) => shapesOf.map((numbers) => [kind, numbers, part.colours[i]]));
    const curves = coloured("polyline", ups.map((each) => runsOf(across, each)));
    const mark = here === null ? [] : [["line", [across[here], TOP, across[here], BOTTOM], ""]];
    const dots = coloured("circle", ups.map((each) => (Number.isFinite(each[here]) ? [[across[here], each[here], 4]] : [])));
    drawShapes(shapes, [...curves, ...mark, ...dots], ["stroke"]);
    const labels = symbols.value(part.labels) ?? across.map((_, i) => written(i));
    const anchor = (i) => (i === labels.length - 1 ? "end" : i ? "middle" : "start");
    const texts = [
      [LEFT - 5, TOP + 4, "end", written(part.high, part.numbers)],
      [LEFT - 5, BOTTOM + 4, "end", written(part.low, part.numbers)],
      ...spaced(across).map((i) => [across[i], HEIGHT - 12, anchor(i), labels[i]]),
    ];
    each(ticks, texts, () => makeSvg("text", { "data-text": "" }), (node, [x, y, end, text]) => write(set(node, { x, y, "text-anchor": end }), text));
    each(key, part.names, makeEntry, (entry, name, i) => {
      const [, text, number] = entry.children;
      write(text, name);
      if (number) write(number, written(values[i][here], part.numbers));
    });
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
      const [names, numbers, colours] = ["names", "values", "colours"].map((name) => symbols.value(part[name]));
      const values = asList(numbers).slice(0, names.length);
      const most = Math.max(...values);
      each(list, values, makeBar, (line, value, i) => {
        const [name, bar, output] = line.children;
        write(name, names[i]);
        bar.firstChild.style.width = `${100 * clamp(value, 0, 1)}%`;
        if (colours) bar.firstChild.style.background = `rgb(${at(colours, i).data.join(" ")})`;
        write(output, written(value, part.numbers));
        line.toggleAttribute("data-most", value === most);
      });
    },
  };
}

export { lines, bars };
