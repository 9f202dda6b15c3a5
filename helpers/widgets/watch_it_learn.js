// Watch it learn: digits and what each run made of them. Its Python reference is WatchItLearn in watch_it_learn.py.

const KEYS = "Arrows go a step on or back (with Shift, five), Home and End to the first and last, Space plays.";
const [SIDE, GAP, BETWEEN] = [28, 1, 110]; // a digit's and a gap's pixels, and the gap's grey
const WIDEST = 600; // CSS pixels of a row
const PACE = 350; // milliseconds a recorded step, while it plays
const CHART = { width: 240, height: 110, rim: 6 }; // its drawing's own units
const RUN_COLOURS = ["#e66633", "#3399b3", "#cc66ff", "#99a07a"]; // of the course's palette; seen on light and on dark

async function render({ model, el }) {
  const arrays = await unpack(model);
  const [alt, names, steps, numbers, numberName] = ["alt", "names", "steps", "numbers", "number_name"].map((name) =>
    model.get(name),
  );
  const count = arrays.inputs.shape[0];
  const last = steps.length - 1;

  const page = frame(el, alt);
  const rows = { stages: make("div", { class: "aside" }) };
  page.stages.append(rows.stages);
  const rowOf = (title) => stage(rows, { title, width: count * (SIDE + GAP) - GAP, height: SIDE, side: WIDEST });
  const first = rowOf("What comes in");
  const made = names.map((name, i) => ({ name, digits: arrays[`run ${i}`], ...rowOf(name) }));
  const live = liveState(model, ["frame"], draw);
  const { state, change } = live;

  const goTo = (frame) => change({ frame: clamp(frame, 0, last) });
  const goByHand = (frame) => {
    play.pause();
    goTo(frame);
  };
  const timeline = make("div", { class: "timeline" });
  page.stages.after(timeline);
  const play = player(
    timeline,
    () => {
      goTo(state.frame === last ? 0 : state.frame + 1);
      return state.frame < last;
    },
    PACE,
  );
  const training = { label: "Training step", min: 0, max: last, text: (frame) => String(steps[frame]) };
  const showFrame = slider(timeline, training, goByHand);
  const showChart = numbers.length ? chart(page.panel, names, steps, numbers, numberName) : () => {};
  followKeys(page, first, KEYS, {
    ...arrows((dx, dy) => goByHand(state.frame + dx - dy), 1, 5),
    Home: () => goByHand(0),
    End: () => goByHand(last),
    " ": play.press,
  });
  drawDigits(first.context, arrays.inputs.data, count);

  function draw() {
    const { frame } = state;
    const told = numbers.map((values, i) => `${names[i]} ${decimal(values[frame], 2)}`).join(", ");
    const heading = numberName.charAt(0).toUpperCase() + numberName.slice(1);
    const step = `Step ${steps[frame]} of ${steps[last]}.`;
    page.caption.textContent = told ? `${step} ${heading}: ${told}.` : step;
    first.canvas.setAttribute("aria-label", `${alt} ${page.caption.textContent}`);
    for (const { name, digits, context, canvas } of made) {
      const size = digits.data.length / steps.length;
      drawDigits(context, digits.data.subarray(frame * size, (frame + 1) * size), count);
      canvas.setAttribute("aria-label", `What ${name} made of them. ${page.caption.textContent}`);
    }
    showFrame(frame);
    showChart(frame);
  }

  draw();
  return () => {
    play.leave();
    page.leave();
    live.leave();
  };
}

/** Digits side by side with a gap between them. */
function drawDigits(context, data, count) {
  drawPixels(context, count * (SIDE + GAP) - GAP, SIDE, (x, y) => {
    const [digit, column] = [Math.floor(x / (SIDE + GAP)), x % (SIDE + GAP)];
    return column < SIDE ? data[(digit * SIDE + y) * SIDE + column] : BETWEEN;
  });
}

/** A line a run through its numbers, the numbers beside their names; show(frame) moves the mark along. */
function chart(panel, names, steps, numbers, numberName) {
  const all = numbers.flat();
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const part = make("fieldset", { class: "chart" }, make("legend", {}, `The ${numberName} of each run`));
  const { width, height, rim } = CHART;
  const across = (frame) => rim + ((width - 2 * rim) * (steps[frame] - steps[0])) / (steps.at(-1) - steps[0] || 1);
  const up = (value) => height - rim - ((height - 2 * rim) * (value - low)) / (high - low || 1);
  const drawing = svgNode("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  const mark = svgNode("path", { class: "mark" });
  drawing.append(mark);
  const values = names.map((name, i) => {
    const colour = RUN_COLOURS[i % RUN_COLOURS.length];
    const points = numbers[i].map((value, frame) => `${across(frame)} ${up(value)}`);
    drawing.append(svgNode("path", { class: "run", stroke: colour, d: `M${points.join("L")}` }));
    const dot = svgNode("circle", { r: 4, fill: colour });
    drawing.append(dot);
    const text = make("output");
    const swatch = make("i");
    swatch.style.background = colour;
    part.append(make("p", { class: "run-name" }, swatch, make("span", {}, name), text));
    return { dot, text };
  });
  part.append(drawing);
  panel.append(part);
  return (frame) => {
    mark.setAttribute("d", `M${across(frame)} 0V${height}`);
    values.forEach(({ dot, text }, i) => {
      text.textContent = decimal(numbers[i][frame], 2);
      dot.setAttribute("cx", across(frame));
      dot.setAttribute("cy", up(numbers[i][frame]));
    });
  };
}

export default { render };
