// Stamp stepper: a transposed convolution, stamp by stamp. Its Python reference is StampStepper in stamp_stepper.py.

const CONTROLS = ["values", "kernel", "stride", "padding", "output_padding", "step", "row", "column", "view"];
const INPUT_KEYS = "In the input, arrows go from stamp to stamp, Home and End to none and all, Space plays. Its numbers and the kernel's can be edited.";
const OUTPUT_KEYS = "In the output, arrows choose a cell, as the pointer does; a click in the matrix chooses both.";
const [MOST_WEIGHTS, MOST_STRIDE, MOST_PADDING, MOST_TERMS] = [5, 3, 2, 4];
const LARGEST = 99;
const GREY = 160; // what padding cuts off, and stamps not yet laid, turn towards it
const [SMALL_SIDE, OUTPUT_SIDE, MATRIX_SIDES] = [156, 384, [144, 384]]; // CSS pixels
const NOTHING = [[0]]; // what is drawn where the settings leave no output

async function render({ model, el }) {
  const { colours } = await unpack(model);
  const [alt, views] = ["alt", "views"].map((name) => model.get(name));
  const page = frame(el, alt, 3);
  page.panel.classList.add("wide");
  const aside = { stages: make("div", { class: "aside" }) };
  page.stages.append(aside.stages);
  const [input, kernel] = ["Input", "Kernel"].map((title) => gridStage(aside, title));
  const [output, matrix] = ["Output", "Matrix"].map((title) => gridStage(page, title));
  const live = liveState(model, CONTROLS, draw);
  const { state, change } = live;

  const count = () => state.values.length * state.values[0].length;
  const step = () => Math.min(state.step, count());
  const goTo = (next) => change({ step: clamp(next, 0, count()) });
  const edit = (name) => (row, column, value) =>
    change({ [name]: state[name].map((line, r) => line.map((old, c) => (r === row && c === column ? value : old))) });
  const writeInput = cellInputs(input, "Input", LARGEST, edit("values"));
  const writeKernel = cellInputs(kernel, "Kernel", LARGEST, edit("kernel"));
  const writeOutput = cellNumbers(output);
  const mark = Object.fromEntries(
    Object.entries({ input, kernel, output, matrix }).map(([name, stage]) => [
      name,
      Object.fromEntries(["window", "earlier", "stamp", "chosen", "line stamp", "line chosen"].map((kind) => [kind, markers(stage, kind)])),
    ]),
  );

  const stamps = { label: "Stamps laid", min: 0, max: count, text: (value) => `${value} of ${count()}` };
  const show = {
    step: slider(page.panel, stamps, goTo),
    play: player(page.panel, () => {
      goTo(step() === count() ? 0 : step() + 1);
      return step() < count();
    }),
    stride: slider(page.panel, { label: "Stride", min: 1, max: MOST_STRIDE }, (stride) => change({ stride })),
    padding: slider(page.panel, { label: "Padding", min: 0, max: MOST_PADDING }, (padding) => change({ padding })),
    added: slider(page.panel, { label: "Output padding", min: 0, max: MOST_STRIDE - 1 }, (added) => change({ output_padding: added })),
    size: slider(page.panel, { label: "Kernel size", min: 1, max: MOST_WEIGHTS }, (size) => {
      const last = state.kernel.length - 1; // a larger kernel repeats its last row and column
      change({ kernel: gridOf(size, size, (row, column) => state.kernel[Math.min(row, last)][Math.min(column, last)]) });
    }),
    view: choices(page.panel, { label: "The output shows", options: views }, (view) => change({ view })),
  };
  markKey(page.panel);

  const columns = () => state.values[0].length;
  const moveCell = (dx, dy) => {
    const { cell, size } = settled(state);
    if (size) change({ row: clamp(cell[0] + dy, 0, size[0] - 1), column: clamp(cell[1] + dx, 0, size[1] - 1) });
  };
  followKeys(page, input, INPUT_KEYS, {
    ...arrows((dx, dy) => goTo(step() + dx + dy * columns()), 1, 2),
    Home: () => goTo(0),
    End: () => goTo(count()),
    " ": show.play.press,
  });
  followKeys(page, output, OUTPUT_KEYS, arrows(moveCell, 1, 2));
  followPointer(output, (x, y) => {
    const { size } = settled(state);
    if (!size) return;
    const [row, column] = [y, x].map((at, axis) => clamp(at - state.padding, 0, size[axis] - 1));
    change({ row, column });
  });
  followPointer(
    matrix,
    (x, y) => {
      const { size } = settled(state);
      if (size) change({ step: x + 1, row: Math.floor(y / size[1]), column: y % size[1] });
    },
    { hover: false },
  );

  /** Grids and matrix of the present state, coloured, numbered and marked. */
  function drawGrids() {
    const { values, kernel: weights, padding, view } = state;
    drawGrid(input, values, cellSize(values.length, columns(), SMALL_SIDE));
    drawGrid(kernel, weights, SMALL_SIDE / weights.length);
    writeInput(values);
    writeKernel(weights);
    Object.values(mark).forEach((kinds) => Object.values(kinds).forEach((place) => place([])));
    const { size, cell } = settled(state);
    kernel.title.textContent = `Kernel, ${weights.length} x ${weights.length}`;
    input.title.textContent = `Input, ${values.length} x ${columns()}`;
    if (!size) return drawNothing();
    const [now, finished] = [step(), count()].map((laid) => stamped(state, laid)[views.indexOf(view)]);
    const inside = (row, column) =>
      row >= padding && column >= padding && row < padding + size[0] && column < padding + size[1];
    drawGrid(output, now, cellSize(now.length, now[0].length, OUTPUT_SIDE), limitOf(finished), inside);
    writeOutput(now.map((line) => line.map(number)));
    output.title.textContent = `Output, ${size.join(" x ")}. Height: ${sideInWords(state)} = ${size[0]}`;
    const entries = matrixOf(state);
    const fit = [entries[0].length, entries.length].map((length, axis) => Math.min(26, MATRIX_SIDES[axis] / length));
    drawGrid(matrix, entries, fit, limitOf(weights), (_, column) => column < step());
    matrix.title.textContent = `Matrix, ${entries.length} x ${entries[0].length}`;
    drawMarks(size, cell);
  }

  function drawNothing() {
    for (const stage of [output, matrix]) drawGrid(stage, NOTHING, MATRIX_SIDES[0], 1, () => false, GREY);
    writeOutput([[""]]);
    output.title.textContent = "No output";
    matrix.title.textContent = "No matrix";
  }

  /** The last stamp and the chosen cell, in every grid where they show. */
  function drawMarks([height, width], cell) {
    const { stride, padding, kernel: { length: k } } = state;
    const at = (i) => [Math.floor(i / columns()), i % columns()];
    const stamp = (i) => ({ x: stride * at(i)[1], y: stride * at(i)[0], width: k, height: k });
    const last = step() - 1;
    mark.output.window([{ x: padding, y: padding, width, height }]);
    mark.output.earlier(Array.from({ length: Math.max(last, 0) }, (_, i) => stamp(i)));
    mark.output.chosen([cellAt(cell[0] + padding, cell[1] + padding)]);
    mark.matrix["line chosen"]([{ x: 0, y: cell[0] * width + cell[1], width: matrix.width, height: 1 }]);
    const givers = givenBy(state, cell, step());
    mark.input.chosen(givers.map(({ i }) => cellAt(...at(i))));
    mark.kernel.chosen(givers.filter(({ i }) => i === last).map(({ row, column }) => cellAt(row, column)));
    if (last < 0) return;
    mark.input.stamp([cellAt(...at(last), 0)]);
    mark.output.stamp([stamp(last)]);
    mark.matrix["line stamp"]([{ x: last, y: 0, width: 1, height: matrix.height }]);
  }

  function drawGrid(stage, grid, size, limit = limitOf(grid), plain = () => true, empty = null) {
    resize(stage, grid[0].length, grid.length, size);
    drawPixels(stage.context, grid[0].length, grid.length, (x, y, channel) => {
      const colour = cellColour(colours, grid[y][x], limit, channel);
      return plain(y, x) ? colour : empty ?? Math.floor((colour + 2 * GREY) / 3);
    });
  }

  function draw() {
    drawGrids();
    show.step(step(), state);
    for (const name of ["stride", "padding", "view"]) show[name](state[name], state);
    show.added(state.output_padding);
    show.size(state.kernel.length);
    page.caption.textContent = describe(state, step());
    for (const [name, stage] of Object.entries({ input, kernel, output, matrix })) {
      const what = name === "input" ? alt : stage.title.textContent;
      stage.canvas.setAttribute("aria-label", `${what} ${page.caption.textContent}`);
    }
  }

  draw();
  return () => {
    show.play.leave();
    page.leave();
    live.leave();
  };
}

/** Which frame means what. */
function markKey(panel) {
  const entry = (kind, text) => make("span", {}, make("span", { class: `sample ${kind}` }), text);
  const entries = [
    entry("stamp", "this stamp"),
    entry("chosen", "the chosen cell, and what gives to it"),
    entry("cut", "cut off by padding, or not yet laid"),
  ];
  panel.append(make("p", { class: "mark-key" }, ...entries));
}

export default { render };
