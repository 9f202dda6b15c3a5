// Checkerboard: a kernel's pattern on a constant input. Its Python reference is Checkerboard in checkerboard.py.

const CONTROLS = ["kernel", "stride", "method", "row", "column"];
const KEYS = "Arrows, or the pointer over any of the grids, choose a phase: dots mark its pixels, frames its weights and their sum.";
const MOST_STRIDE = 4;
const FAINTEST = -60; // decibels against the mean: a thousandth of it, below which the spectrum is black
const [LARGE, SMALL] = [288, 128]; // CSS pixels

async function render({ model, el }) {
  const { colours, heat, ...sent } = await unpack(model);
  const [alt, names, methods, cells] = ["alt", "names", "methods", "cells"].map((name) => model.get(name));
  const kernels = Object.fromEntries(names.map((name, i) => [name, rowsOf(sent[`kernel ${i}`])]));
  const page = frame(el, alt, 3);
  page.panel.classList.add("wide");
  const output = gridStage(page, "Output for a constant 1");
  const aside = { stages: make("div", { class: "aside" }) };
  page.stages.append(aside.stages);
  const [weights, sums] = ["Kernel", "Its phase sums"].map((title) => gridStage(aside, title));
  const spectrum = gridStage(page, "Spectrum without the mean");
  const mark = { output: markers(output, "dot"), weights: markers(weights, "chosen"), sums: markers(sums, "chosen") };
  const [writeWeights, writeSums] = [weights, sums].map(cellNumbers);
  const live = liveState(model, CONTROLS, draw);
  const { state, change } = live;

  const show = {
    kernel: choices(page.panel, { label: "Kernel", options: names }, (kernel) => change({ kernel })),
    method: choices(page.panel, { label: "Upsampling", options: methods }, (method) => change({ method })),
    stride: slider(page.panel, { label: "Stride", min: 1, max: MOST_STRIDE }, (stride) => change({ stride })),
  };
  spectrumKey(page.panel, heat);

  const phase = () => [state.row, state.column].map((at) => Math.min(at, state.stride - 1));
  const choose = (x, y) => change({ row: y % state.stride, column: x % state.stride });
  for (const grid of [output, weights, sums]) followPointer(grid, choose);
  const move = (dx, dy) => {
    const [row, column] = phase();
    change({ row: clamp(row + dy, 0, state.stride - 1), column: clamp(column + dx, 0, state.stride - 1) });
  };
  followKeys(page, output, KEYS, arrows(move, 1, 2));

  function drawGrid(stage, grid, side, limit) {
    resize(stage, grid.length, grid.length, side / grid.length);
    drawPixels(stage.context, grid.length, grid.length, (x, y, channel) => cellColour(colours, grid[y][x], limit, channel));
  }

  function drawSpectrum(levels) {
    resize(spectrum, levels.length, levels.length, LARGE / levels.length);
    drawPixels(spectrum.context, levels.length, levels.length, (x, y, channel) => heat.data[3 * levels[y][x] + channel]);
  }

  function draw() {
    const [kernel, [row, column]] = [kernels[state.kernel], phase()];
    const resized = state.method === methods[1];
    const pattern = patternOf(kernel, state.stride, cells, resized);
    const phases = phaseSums(kernel, state.stride, resized);
    const own = (r, c) => resized || (r % state.stride === row && c % state.stride === column);
    drawGrid(output, pattern, LARGE, limitOf(pattern));
    drawGrid(weights, kernel, SMALL, limitOf(kernel));
    drawGrid(sums, phases, SMALL, limitOf(pattern));
    drawSpectrum(spectrumOf(pattern, phases));
    writeWeights(kernel.map((line) => line.map(number)));
    writeSums(phases.map((line) => line.map(number)));
    mark.output(placesWhere(pattern, (r, c) => r % state.stride === row && c % state.stride === column, 0.35));
    mark.weights(placesWhere(kernel, own, 0.03));
    mark.sums(placesWhere(phases, (r, c) => r === row && c === column));
    for (const name of ["kernel", "method", "stride"]) show[name](state[name], state);
    page.caption.textContent = describe(kernel, phases, resized, placesWhere(kernel, own).length);
    for (const grid of [output, weights, sums, spectrum]) {
      const what = grid === output ? alt : `${grid.title.textContent}.`;
      grid.canvas.setAttribute("aria-label", `${what} ${page.caption.textContent}`);
    }
  }

  function describe(kernel, phases, resized, count) {
    const [size, stride, all, [row, column]] = [kernel.length, state.stride, phases.flat(), phase()];
    const [low, high] = [Math.min(...all), Math.max(...all)].map(number);
    const subject = `${state.kernel}, ${size} x ${size}, ${state.method} at stride ${stride}`;
    const found = `phase sums from ${low} to ${high}, artefact ${number(strength(all))} (deviation over mean size).`;
    const divides = `Stride ${stride} ${size % stride === 0 ? "divides" : "does not divide"} kernel size ${size}.`;
    const why = resized ? "Every phase gets the whole kernel." : divides;
    return `${subject}: ${found} ${why} Phase (${row}, ${column}) gets ${count} of ${size ** 2} weights: ${number(phases[row][column])}.`;
  }

  draw();
  return () => {
    page.leave();
    live.leave();
  };
}

/** A square array as rows. */
function rowsOf({ data, shape: [rows, columns] }) {
  return gridOf(rows, columns, (row, column) => data[row * columns + column]);
}

/** The cells of a grid that fulfil a condition, for markers(). */
function placesWhere(grid, holds, inset) {
  const places = grid.flatMap((line, row) => line.map((_, column) => [row, column]));
  return places.filter(([row, column]) => holds(row, column)).map(([row, column]) => cellAt(row, column, inset));
}

/** The output for a constant input of ones, away from the border: (cells * stride) pixels along a side. */
function patternOf(kernel, stride, cells, resized) {
  const margin = kernel.length; // input cells on each side: what is shown never sees the border
  const size = (cells + 2 * margin) * stride;
  const whole = gridOf(size + kernel.length, size + kernel.length, () => 0);
  // Each pixel of the enlarged input (or each input cell, `stride` apart) lays the kernel once.
  const step = resized ? 1 : stride;
  for (let y = 0; y < size; y += step) {
    for (let x = 0; x < size; x += step) {
      kernel.forEach((line, row) => line.forEach((weight, column) => (whole[y + row][x + column] += weight)));
    }
  }
  return gridOf(cells * stride, cells * stride, (row, column) => whole[margin * stride + row][margin * stride + column]);
}

/** The sum of the weights that each phase of the output gets. */
function phaseSums(kernel, stride, resized) {
  return gridOf(stride, stride, (row, column) => {
    const own = (line) => line.filter((_, c) => resized || c % stride === column);
    return sum(kernel.filter((_, r) => resized || r % stride === row).flatMap(own));
  });
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

/** The standard deviation of the phase sums over their mean absolute value. */
function strength(sums) {
  const mean = sum(sums) / sums.length;
  const deviation = Math.sqrt(sum(sums.map((value) => (value - mean) ** 2)) / sums.length);
  return deviation / (meanAbsolute(sums) || 1);
}

function meanAbsolute(values) {
  return sum(values.map(Math.abs)) / values.length;
}

/** The strength of each wave, 0 to 255 from FAINTEST to 0 decibels; the slowest are in the middle. */
function spectrumOf(pattern, phases) {
  const [size, reference] = [pattern.length, meanAbsolute(phases.flat()) || 1];
  const mean = sum(pattern.flat()) / size ** 2;
  const rows = pattern.map((line) => waves(line.map((value) => [value - mean, 0])));
  const columns = rows[0].map((_, x) => waves(rows.map((line) => line[x])));
  const shifted = (i) => (i + size - Math.floor(size / 2)) % size;
  const shown = size + 1 - (size % 2); // the fastest wave on both sides, if there is one
  return gridOf(shown, shown, (y, x) => {
    const share = Math.hypot(...columns[shifted(x)][shifted(y)]) / size ** 2 / reference;
    const level = clamp(1 - (20 * Math.log10(Math.max(share, 1e-9))) / FAINTEST, 0, 1);
    return Math.floor(level * 255 + 0.5);
  });
}

/** The discrete Fourier transform of a line of complex numbers [real, imaginary]. */
function waves(line) {
  const size = line.length;
  const turn = Array.from({ length: size }, (_, i) => [Math.cos((2 * Math.PI * i) / size), -Math.sin((2 * Math.PI * i) / size)]);
  return line.map((_, wave) => {
    let [real, imaginary] = [0, 0];
    line.forEach(([re, im], place) => {
      const [cosine, sine] = turn[(wave * place) % size];
      real += re * cosine - im * sine;
      imaginary += re * sine + im * cosine;
    });
    return [real, imaginary];
  });
}

/** Which colour of the spectrum stands for how much, and where in it which waves lie. */
function spectrumKey(panel, heat) {
  const stops = [0, 51, 102, 153, 204, 255].map((i) => `rgb(${heat.data.subarray(3 * i, 3 * i + 3).join(" ")})`);
  const ramp = make("span", { class: "ramp" });
  ramp.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  panel.append(
    make("p", { class: "colour-key" }, "Spectrum: 0.1%", ramp, "100% of the mean"),
    make("p", { class: "colour-key" }, "In its middle slow waves, at its edges those that change with every pixel."),
  );
}

export default { render };
