// By length: BLEU by the length of the source, and examples. Its Python reference is ByLength in by_length.py.

const KEYS = "Left and right arrows change the length, up and down the example; Home and End go to the shortest and longest.";
const CHART = { width: 340, height: 210, left: 32, right: 8, top: 12, bottom: 40 }; // its drawing's own units
const LINE_COLOURS = ["#3399b3", "#e66633", "#cc66ff", "#99a07a"]; // of the course's palette; seen on light and on dark
const POINTS = [
  (x, y) => `M${x - 5} ${y}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z`, // each system has a shape, not only a colour
  (x, y) => `M${x - 4.5} ${y - 4.5}h9v9h-9Z`,
  (x, y) => `M${x} ${y - 6.5}l6 11h-12Z`,
  (x, y) => `M${x} ${y - 6.5}l6.5 6.5l-6.5 6.5l-6.5 -6.5Z`,
];

async function render({ model, el }) {
  const [alt, labels, names, curves, counts, examples] = ["alt", "labels", "names", "curves", "counts", "examples"].map(
    (name) => model.get(name),
  );
  const page = frame(el, alt, 4);
  page.view.parentElement.classList.add("by-length");
  const live = liveState(model, ["bin", "example"], draw);
  const { state, change } = live;
  const exampleOf = ({ bin, example }) => clamp(example, 0, Math.max(0, examples[bin].length - 1));
  const goTo = (bin) => {
    const within = clamp(bin, 0, labels.length - 1);
    if (within !== state.bin) change({ bin: within, example: 0 });
  };
  const goOn = (by) => {
    const example = clamp(exampleOf(state) + by, 0, Math.max(0, examples[state.bin].length - 1));
    if (example !== state.example) change({ example });
  };

  const drawing = curveChart(page.stages, { labels, names, curves }, goTo);
  const bar = make("div", { class: "timeline" });
  page.stages.after(bar);
  const text = (bin) => labels[bin];
  const showBin = slider(bar, { label: "Words of the source", min: 0, max: labels.length - 1, text }, goTo);
  const steps = [["Previous example", -1], ["Next example", 1]].map(([name, by]) => {
    const button = make("button", { type: "button" }, name);
    button.addEventListener("click", () => goOn(by));
    bar.append(button);
    return { button, by };
  });
  const showExample = exampleTable(page.panel, names);
  followKeys(page, { canvas: drawing.svg }, KEYS, {
    ...arrows((dx, dy) => (dx ? goTo(state.bin + dx) : goOn(dy)), 1, 2),
    Home: () => goTo(0),
    End: () => goTo(labels.length - 1),
  });

  function draw() {
    const { bin } = state;
    const number = exampleOf(state);
    const some = examples[bin];
    const scores = names.map((name, i) => `${name} ${curves[i][bin] === null ? "no score" : decimal(curves[i][bin], 1)}`);
    const parts = [`Sources of ${labels[bin]} words: ${counts[bin]}. BLEU: ${scores.join(", ")}.`];
    if (some.length) {
      const lacks = names.map((name, i) => `${name}: ${markedOf(some[number].said[i])}`).join("; ");
      parts.push(`Example ${number + 1} of ${some.length}, words that the truth lacks: ${lacks}.`);
    } else parts.push("There is no example of this length.");
    page.caption.textContent = parts.join(" ");
    drawing.svg.setAttribute("aria-label", `${alt} ${page.caption.textContent}`);
    drawing.mark(bin);
    showBin(bin);
    showExample(some[number], `Example ${number + 1} of ${some.length}, ${labels[bin]} words`);
    for (const { button, by } of steps) {
      const end = clamp(number + by, 0, Math.max(0, some.length - 1)) === number;
      button.setAttribute("aria-disabled", end); // and not `disabled`, which would take the focus away
    }
  }

  draw();
  return () => {
    page.leave();
    live.leave();
  };
}

function markedOf({ words, marked }) {
  return marked.map((place) => `“${words[place]}”`).join(", ") || "none";
}

/** The curves; chosen(bin) is called for the bin under the pointer, mark(bin) shows one. */
function curveChart(parent, { labels, names, curves }, chosen) {
  const { width, height, left, right, top, bottom } = CHART;
  const step = (width - left - right) / labels.length;
  const across = (bin) => left + step * (bin + 0.5);
  const up = (score) => height - bottom - ((height - top - bottom) * score) / 100;
  const svg = svgNode("svg", { class: "curves", viewBox: `0 0 ${width} ${height}`, role: "img" });
  const band = svgNode("rect", { class: "band", y: top, width: step, height: height - top - bottom, rx: 4 });
  svg.append(band);
  const write = (text, x, y, anchor) => {
    const node = svgNode("text", { x, y, "text-anchor": anchor });
    node.textContent = text;
    svg.append(node);
    return node;
  };
  for (const score of [0, 25, 50, 75, 100]) {
    svg.append(svgNode("path", { class: "rule", d: `M${left} ${up(score)}H${width - right}` }));
    write(score, left - 6, up(score) + 4, "end");
  }
  const words = labels.map((label, bin) => write(label, across(bin), height - bottom + 16, "middle"));
  write("words of the source", (left + width - right) / 2, height - 6, "middle");
  const key = make("div", { class: "mark-key" });
  curves.forEach((scores, i) => {
    const colour = LINE_COLOURS[i];
    const known = scores.map((score, bin) => (score === null ? null : `${across(bin)} ${up(score)}`));
    // A bin without a score is a gap in the line.
    const d = known.map((at, bin) => (at ? `${bin && known[bin - 1] ? "L" : "M"}${at}` : "")).join("");
    svg.append(svgNode("path", { class: "curve", d, stroke: colour, "data-system": names[i] }));
    const dots = scores.map((score, bin) => (score === null ? "" : POINTS[i](across(bin), up(score)))).join("");
    svg.append(svgNode("path", { class: "points", d: dots, fill: colour }));
    const sample = svgNode("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" });
    sample.append(svgNode("path", { class: "points", d: POINTS[i](8, 8), fill: colour }));
    key.append(make("span", {}, sample, names[i]));
  });
  const place = (event) => {
    if (event.type === "pointerdown" ? false : event.buttons === 0) return;
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * width;
    chosen(clamp(Math.floor((x - left) / step), 0, labels.length - 1));
  };
  svg.addEventListener("pointerdown", place);
  svg.addEventListener("pointermove", place);
  parent.append(make("p", { class: "stage-title" }, "BLEU by length: the more, the nearer to the truth"), svg, key);
  return {
    svg,
    mark(bin) {
      band.setAttribute("x", left + step * bin);
      words.forEach((word, i) => word.classList.toggle("chosen", i === bin));
    },
  };
}

/** What the source says, the truth, and each system, with marks on the words that the truth lacks. */
function exampleTable(panel, names) {
  const title = make("p", { class: "stage-title" });
  const lines = ["Source", "Truth", ...names].map((name) => {
    const text = make("p", { class: "sentence" });
    return { text, part: make("div", { class: "sentence-part" }, make("p", { class: "stage-title" }, name), text) };
  });
  const note = make("p", { class: "keys" }, "Underlined with a wave and followed by *: a word that the truth lacks.");
  panel.append(title, ...lines.map(({ part }) => part), note);
  const marked = ({ words, marked }) =>
    words.flatMap((word, place) => [marked.includes(place) ? make("mark", {}, `${word}*`) : word, " "]).slice(0, -1);
  return (example, heading) => {
    title.textContent = example ? heading : "No example of this length";
    const texts = example ? [[example.source], [example.truth], ...example.said.map(marked)] : lines.map(() => []);
    lines.forEach(({ text, part }, i) => {
      part.hidden = !example;
      text.replaceChildren(...(texts[i].length ? texts[i] : ["(nothing)"]));
    });
  };
}

export default { render };
