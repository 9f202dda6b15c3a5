// Stage by stage: a map's way up through unpooling. Its Python reference is StageByStage in stage_by_stage.py.

const CONTROLS = ["stage", "row", "column", "backdrop"];
const KEYS = "Arrows, or the pointer over any of the pictures, choose a cell of the stage before; [ and ] change the stage, Space plays.";
const SIDE = 240; // CSS pixels
const BLEND = 60; // percent of the classes' colours where the truth lies over the photograph
const MOST_ARROWS = 16; // cells along a side whose arrows are all drawn; of more, those near the chosen cell
const NEAR = 5; // cells

async function render({ model, el }) {
  const arrays = await unpack(model);
  const { image, truth, colours, palette } = arrays;
  const [alt, names, classNames, backdrops] = ["alt", "names", "class_names", "backdrops"].map((name) => model.get(name));
  const stages = names.map((name, i) => ({
    name,
    values: arrays[`values ${i}`],
    levels: arrays[`levels ${i}`],
    switches: arrays[`switches ${i}`],
    isLabels: arrays[`values ${i}`].data instanceof Uint8Array,
  }));
  const page = frame(el, alt, 3);
  const scene = gridStage(page, "Photograph");
  const [before, here] = ["Before", "Here"].map((title) => gridStage(page, title));
  const marks = [scene, before, here].map((on) => marker(on, "cell"));
  const drawSwitches = switchArrows(here);
  const journey = longArrow(page.stages);
  const live = liveState(model, CONTROLS, draw);
  const { state, change } = live;

  const last = stages.length - 1;
  const sizeOf = (stage) => stage.values.shape;
  const cell = () => [state.row, state.column].map((at, axis) => Math.min(at, sizeOf(stages[state.stage - 1])[axis] - 1));
  const changeStage = (next) => {
    const [old, now] = [state.stage, next].map((stage) => sizeOf(stages[stage - 1]));
    const [row, column] = cell().map((at, axis) => middleOf(at, old[axis], now[axis])); // stay at this place of the scene
    change({ stage: next, row, column });
  };
  const positions = { label: "Stage", min: 1, max: last, text: (value) => `${value + 1} of ${stages.length}` };
  const showStage = slider(page.panel, positions, changeStage);
  const play = player(page.panel, () => {
    changeStage(state.stage === last ? 1 : state.stage + 1);
    return state.stage < last;
  }, 1500);
  const showBackdrop =
    backdrops.length > 1 ? choices(page.panel, { label: "On the left", options: backdrops }, (backdrop) => change({ backdrop })) : () => {};
  valueKey(page.panel, colours);

  for (const on of [scene, before, here]) {
    followPointer(on, (x, y) => {
      const [rows, columns] = sizeOf(stages[state.stage - 1]);
      change({ row: middleOf(y, on.height, rows), column: middleOf(x, on.width, columns) });
    });
  }
  const move = (dx, dy) => {
    const [[row, column], [rows, columns]] = [cell(), sizeOf(stages[state.stage - 1])];
    change({ row: clamp(row + dy, 0, rows - 1), column: clamp(column + dx, 0, columns - 1) });
  };
  followKeys(page, scene, KEYS, {
    ...arrows(move, 1, 4),
    "[": () => changeStage(Math.max(state.stage - 1, 1)),
    "]": () => changeStage(Math.min(state.stage + 1, last)),
    " ": play.press,
  });

  function drawMap(on, stage) {
    const [rows, columns] = sizeOf(stage);
    resize(on, columns, rows, SIDE / Math.max(rows, columns));
    const table = stage.isLabels ? palette.data : colours.data;
    drawPixels(on.context, columns, rows, (x, y, channel) => table[3 * stage.levels.data[y * columns + x] + channel]);
    on.title.textContent = `${stage.name}, ${rows} x ${columns}`;
  }

  function drawScene() {
    const [height, width] = image.shape;
    resize(scene, width, height, SIDE / Math.max(height, width));
    const labels = state.backdrop === "truth" ? truth.data : new Uint8Array(height * width);
    const shown = { blend: BLEND, visible: classNames.map(() => true), outlines: true };
    drawLayers(scene.context, layer({ image, palette }, labels, shown), null, null);
    scene.title.textContent = state.backdrop === "truth" ? "Photograph and truth" : "Photograph";
  }

  function draw() {
    const [from, to] = stages.slice(state.stage - 1, state.stage + 1);
    drawScene();
    drawMap(before, from);
    drawMap(here, to);
    const [row, column] = cell();
    const [rows, columns] = sizeOf(from);
    [scene, before, here].forEach((on, i) => {
      const [across, down] = [on.width / columns, on.height / rows];
      marks[i]({ x: column * across, y: row * down, width: across, height: down });
    });
    drawSwitches(to.switches, [row, column]);
    const goal = to.switches && switchAt(to.switches, row, column);
    journey.draw(goal && { from: [before, row, column], to: [here, ...goal] });
    showStage(state.stage);
    showBackdrop(state.backdrop);
    page.caption.textContent = describe(from, to, row, column);
    for (const on of [scene, before, here]) {
      const what = on === scene ? alt : `${on.title.textContent}.`;
      on.canvas.setAttribute("aria-label", `${what} ${page.caption.textContent}`);
    }
  }

  function describe(from, to, row, column) {
    const [[oldRows, oldColumns], [rows, columns]] = [from, to].map(sizeOf);
    const value = number(from.values.data[row * oldColumns + column]);
    const subject = `Stage ${state.stage + 1} of ${stages.length}, ${to.name}, ${rows} x ${columns}`;
    if (to.switches) {
      const goal = switchAt(to.switches, row, column).join(", ");
      return `${subject}: the value ${value} of cell (${row}, ${column}) goes to (${goal}), where the maximum was.`;
    }
    const place = [middleOf(row, oldRows, rows), middleOf(column, oldColumns, columns)];
    const now = to.values.data[place[0] * columns + place[1]];
    const found = `cell (${row}, ${column}) of ${from.name} holds ${value}; at its place, (${place.join(", ")}), is`;
    return `${subject}: ${found} ${to.isLabels ? `${classNames[now]}.${judged(to)}` : `${number(now)}.`}`;
  }

  function judged({ values: { data, shape } }) {
    if (!truth || String(shape) !== String(truth.shape)) return "";
    return ` Mean IoU ${twoPlaces(meanIou(data, truth.data, classNames.length))} on this scene.`;
  }

  draw();
  return () => {
    play.leave();
    journey.leave();
    page.leave();
    live.leave();
  };
}

/** Where the middle of one of `old` cells lies among `size` cells along the same side. */
function middleOf(at, old, size) {
  return Math.floor(((2 * at + 1) * size) / (2 * old));
}

/** [row, column] of the finer map that a cell's value goes to. */
function switchAt({ data, shape: [, columns] }, row, column) {
  const i = 2 * (row * columns + column);
  return [data[i], data[i + 1]];
}

function makeSvg(tag, attributes = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/** Short arrows over the finer map, each from the middle of a coarse cell to where its value goes. */
function switchArrows(stage) {
  const svg = makeSvg("svg", { class: "switches", "aria-hidden": "true", preserveAspectRatio: "none" });
  const lines = ["casing", "line"].map((kind) => makeSvg("path", { class: kind }));
  svg.append(...lines);
  stage.box.append(svg);
  return (switches, [row, column]) => {
    svg.setAttribute("viewBox", `0 0 ${stage.width} ${stage.height}`);
    lines.forEach((line) => line.setAttribute("d", switches ? path(switches, row, column) : ""));
  };

  function path(switches, row, column) {
    const [rows, columns] = switches.shape;
    const all = Math.max(rows, columns) <= MOST_ARROWS;
    let d = "";
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        if (!all && Math.max(Math.abs(r - row), Math.abs(c - column)) > NEAR) continue;
        const [goalRow, goalColumn] = switchAt(switches, r, c);
        d += arrow([(c + 0.5) * (stage.width / columns), (r + 0.5) * (stage.height / rows)], [goalColumn + 0.5, goalRow + 0.5]);
      }
    }
    return d;
  }
}

/** An arrow as a piece of a path; its head is a third of its length, at most `most`. */
function arrow([x0, y0], [x1, y1], most = Infinity) {
  const [across, down] = [x1 - x0, y1 - y0];
  const length = Math.hypot(across, down);
  if (length === 0) return `M${x0} ${y0}h0`;
  const head = Math.min(length / 3, most) / length;
  const barb = (side) => `${x1 - head * (across + side * down)} ${y1 - head * (down - side * across)}`;
  return `M${x0} ${y0}L${x1} ${y1}M${barb(0.7)}L${x1} ${y1}L${barb(-0.7)}`;
}

/** The chosen cell's long arrow from one picture to the next, wherever the page has placed them. */
function longArrow(stages) {
  const svg = makeSvg("svg", { class: "journey", "aria-hidden": "true" });
  const lines = ["casing", "line"].map((kind) => makeSvg("path", { class: kind }));
  svg.append(...lines);
  stages.append(svg);
  let ends = null;
  const middle = ([{ canvas, width, height }, row, column]) => {
    const [box, origin] = [canvas, svg].map((node) => node.getBoundingClientRect());
    return [box.left - origin.left + ((column + 0.5) * box.width) / width, box.top - origin.top + ((row + 0.5) * box.height) / height];
  };
  const place = () => {
    const d = ends ? arrow(middle(ends.from), middle(ends.to), 12) : "";
    lines.forEach((line) => line.setAttribute("d", d));
  };
  const watcher = new ResizeObserver(place);
  watcher.observe(stages);
  return {
    draw(next) {
      ends = next;
      place();
    },
    leave: () => watcher.disconnect(),
  };
}

/** Which colour stands for how much. */
function valueKey(panel, colours) {
  const stops = [0, 51, 102, 153, 204, 255].map((i) => `rgb(${colours.data.subarray(3 * i, 3 * i + 3).join(" ")})`);
  const ramp = make("span", { class: "ramp" });
  ramp.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  panel.append(make("p", { class: "colour-key" }, "each map's least value", ramp, "its greatest"));
}

export default { render };
