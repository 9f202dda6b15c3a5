// Two figures' arithmetic: a transposed convolution laid down stamp by stamp, and what a kernel makes of a constant input:
// pattern, phase sums and spectrum. Their Python reference is labs.py.

import { written } from "./symbols.js";

const [LARGEST, MOST_WEIGHTS, MOST_TERMS] = [99, 5, 4];
const [TILE, ENTRY] = [14, [2, 4]]; // pixels of an input value, height and width of a matrix entry
const FAINTEST = -60; // decibels against the mean: a thousandth of it, below which the spectrum is black

/** The rows of numbers that a text holds, "1 2; 3 4", or a sentence that says what is wrong. */
function gridOf(text, called, [height, width]) {
  const rows = text.split(";").map((row) => row.split(/[\s,]+/).filter(Boolean).map(Number));
  const fits = rows.every((row) => row.length === rows[0].length && row.every((each) => Math.abs(each) <= LARGEST));
  if (!fits || !rows[0].length) return `The ${called} “${text}” is no grid of numbers from −99 to 99. Write its rows like 1 2; 3 4.`;
  if (height && (rows.length !== height || rows[0].length !== width)) {
    return `The ${called} has ${rows.length} x ${rows[0].length} numbers; this figure's has ${height} x ${width}.`;
  }
  if (!height && (rows.length !== rows[0].length || rows.length > MOST_WEIGHTS)) {
    return `The ${called} has ${rows.length} x ${rows[0].length} weights; expected k x k, k from 1 to ${MOST_WEIGHTS}.`;
  }
  return rows;
}

/** What is set up: values, kernel, the output's size and the canvas' before cutting, or a problem in words. */
function settle({ input, kernel, size, shape, stride, padding, added }) {
  const values = gridOf(input, "input", shape);
  const typed = gridOf(kernel, "kernel", []);
  const problem = [values, typed].find((each) => typeof each === "string");
  if (problem) return { problem };
  const last = typed.length - 1; // a larger kernel repeats its last row and column
  const sides = Array.from({ length: size || typed.length }, (_, i) => Math.min(i, last));
  const weights = sides.map((row) => sides.map((column) => typed[row][column]));
  const output = shape.map((side) => (side - 1) * stride - 2 * padding + weights.length + added);
  if (added >= stride) {
    return { problem: `Output padding ${added} does not go with stride ${stride}: it must be less than the stride.` };
  }
  if (Math.min(...output) < 1) {
    return { problem: `Padding ${padding} cuts everything off: the output would be ${output.join(" x ")}. Lower it.` };
  }
  const canvas = output.map((side) => Math.max(side + padding, side + 2 * padding - added));
  return { values: values.flat(), weights, output, canvas };
}

/** The height and width of the canvas that the stamps are laid on. */
function stamp_canvas(settings) {
  const { canvas } = settle(settings);
  return { height: canvas?.[0] ?? 1, width: canvas?.[1] ?? 1 };
}

function filled(shape, value) {
  const data = new Float64Array(shape.reduce((product, each) => product * each, 1));
  return { shape, data: data.map((_, i) => value(i)) };
}

function square(size, value) {
  return filled([size, size], (i) => value(Math.floor(i / size), i % size));
}

/** The ends of each scale with 0 in its middle: the largest size, 1 where all are 0, and the same below 0. */
function limits(grids) {
  const found = Object.entries(grids).map(([name, numbers]) => [name, Math.max(...Array.from(numbers, Math.abs)) || 1]);
  return Object.fromEntries([...found, ...found.map(([name, limit]) => [`minus_${name}`, -limit])]);
}

/** Everything that the stamp stepper shows. */
function stamps({ step, counts, cell, ...settings }) {
  const { shape, stride, padding } = settings;
  const { problem, values, weights, output, canvas } = settle(settings);
  const n = shape[0] * shape[1];
  if (problem) return nothing(problem, n);
  const k = weights.length;
  const corner = (i) => [Math.floor(i / shape[1]) * stride, (i % shape[1]) * stride];
  const laid = (until) => {
    const totals = filled(canvas, () => 0);
    for (let i = 0; i <= until; i++) {
      const [top, left] = corner(i);
      weights.forEach((line, r) => line.forEach((weight, c) => (totals.data[(top + r) * canvas[1] + left + c] += counts ? 1 : values[i] * weight)));
    }
    return totals;
  };
  const now = laid(step);
  const [row, column] = cell.map((at, axis) => Math.min(Math.max(at - padding, 0), output[axis] - 1) + padding);
  const reach = (i, y, x) => weights[y - corner(i)[0]]?.[x - corner(i)[1]];
  const givers = values.map((_, i) => i).filter((i) => i <= step && reach(i, row, column) !== undefined);
  const place = (i) => [i % canvas[1], Math.floor(i / canvas[1])];
  const kept = (i) => place(i).every((at, axis) => at >= padding && at < padding + output[1 - axis]);
  const cells = output[0] * output[1];
  const weightAt = (i, at) => reach(i, Math.floor(at / output[1]) + padding, (at % output[1]) + padding) ?? 0;
  const [top, left] = corner(step);
  const own = givers.includes(step) ? [column - left, row - top, 1, 1] : [];
  return {
    tiles: filled([n, TILE, TILE], (i) => values[Math.floor(i / TILE ** 2)]),
    input_texts: values.map((value) => written(value)),
    ...limits({ input_limit: values, weight_limit: weights.flat(), output_limit: laid(n - 1).data }),
    gives: values.map((_, i) => Number(givers.includes(i))),
    weights: filled([k, k], (i) => weights.flat()[i]),
    weight_texts: weights.flat().map((weight) => written(weight)),
    weight_places: places(k, k),
    weight_used: { shape: [own.length / 4, 4], data: own },
    output: now,
    output_texts: Array.from(now.data, (value) => written(value)),
    output_places: places(...canvas),
    cut: filled(canvas, (i) => (kept(i) ? NaN : 0)),
    window: [padding, padding, output[1], output[0]],
    stamp: [left, top, k, k],
    chosen: [column, row, 1, 1],
    columns: columnsOf(n, cells, weightAt),
    waiting: columnsOf(n, cells, (i) => (i <= step ? NaN : 0)),
    entry: [0, ENTRY[0] * ((row - padding) * output[1] + column - padding), ENTRY[1], ENTRY[0]],
    told: told(step, values, givers, { row, column, reach, padding, counts, n, shape, output }),
  };
}

/** A picture for each of n columns of a matrix, whose entries are value(column, row). */
function columnsOf(n, rows, value) {
  const [height, width] = ENTRY;
  return filled([n, rows * height, width], (i) => {
    const line = Math.floor(i / width);
    return value(Math.floor(line / (rows * height)), Math.floor((line % (rows * height)) / height));
  });
}

/** Where the texts of cells stand: boxes of no size a little inside each cell. */
function places(rows, columns) {
  const boxes = Array.from({ length: rows * columns }, (_, i) => [(i % columns) + 0.2, Math.floor(i / columns) + 0.3, 0, 0]);
  return { shape: [boxes.length, 4], data: boxes.flat() };
}

function told(step, values, givers, { row, column, reach, padding, counts, n, shape, output }) {
  const value = written(values[step]);
  const last = `Stamp ${step + 1} of ${n}: input (${Math.floor(step / shape[1])}, ${step % shape[1]}) = ${value} lays ${value} x the kernel.`;
  const here = `Output ${output.join(" x ")}; its cell (${row - padding}, ${column - padding})`;
  if (!givers.length) return `${last} ${here} = 0: no stamp lies on it so far.`;
  const terms = givers.map((i) => `${written(values[i])} x ${written(reach(i, row, column))}`);
  const more = terms.length > MOST_TERMS ? ` + ${terms.length - MOST_TERMS} more` : "";
  if (counts) return `${last} ${here} has ${givers.length} stamps on it so far.`;
  const sum = givers.reduce((total, i) => total + values[i] * reach(i, row, column), 0);
  return `${last} ${here} = ${written(sum)} so far: ${terms.slice(0, MOST_TERMS).join(" + ")}${more}.`;
}

/** What is shown where there is no output: grey, and why. */
function nothing(problem, n) {
  const none = { shape: [0, 4], data: [] };
  const [one, box] = [filled([1, 1], () => 0), [0, 0, 1, 1]];
  const texts = { input_texts: new Array(n).fill(""), weight_texts: [], output_texts: [] };
  const boxes = { weight_places: none, weight_used: none, output_places: none };
  const ends = limits({ input_limit: [0], weight_limit: [0], output_limit: [0] });
  const columns = { columns: filled([n, 1, 1], () => 0), waiting: filled([n, 1, 1], () => 0), entry: box };
  const grids = { tiles: filled([n, TILE, TILE], () => 0), gives: new Array(n).fill(0), weights: one, output: one, cut: one };
  return { ...texts, ...boxes, ...ends, ...columns, ...grids, window: box, stamp: box, chosen: box, told: problem };
}

/** Everything that the checkerboard shows. */
function checkerboard({ kernel, stride, resized, cells, place }) {
  const k = kernel.shape[0];
  const phase = place.map((at) => at % stride);
  const gets = ([row, column], i) => resized || (Math.floor(i / k) % stride === row && (i % k) % stride === column);
  const sums = square(stride, (...one) => kernel.data.reduce((total, weight, i) => total + (gets(one, i) ? weight : 0), 0));
  const size = cells * stride;
  const output = square(size, (row, column) => sums.data[(row % stride) * stride + (column % stride)]);
  const own = Array.from(kernel.data.keys()).filter((i) => gets(phase, i));
  const dots = Array.from(output.data.keys()).filter((i) => Math.floor(i / size) % stride === phase[0] && (i % size) % stride === phase[1]);
  const mean = sums.data.reduce((total, sum) => total + sum, 0) / stride ** 2;
  const level = sums.data.reduce((total, sum) => total + Math.abs(sum), 0) / stride ** 2 || 1;
  const deviation = Math.sqrt(sums.data.reduce((total, sum) => total + (sum - mean) ** 2, 0) / stride ** 2);
  return {
    output,
    sums,
    spectrum: spectrumOf(output, mean, level),
    ...limits({ limit: sums.data, weight_limit: kernel.data }),
    weights: kernel,
    dots: { shape: [dots.length, 2], data: dots.flatMap((i) => [(i % size) + 0.5, Math.floor(i / size) + 0.5]) },
    own: { shape: [own.length, 4], data: own.flatMap((i) => [i % k, Math.floor(i / k), 1, 1]) },
    weight_places: places(k, k),
    weight_texts: Array.from(kernel.data, (each) => written(each, ".2f")),
    sum_places: places(stride, stride),
    sum_texts: Array.from(sums.data, (each) => written(each, ".2f")),
    sum_box: [phase[1], phase[0], 1, 1],
    low: Math.min(...sums.data),
    high: Math.max(...sums.data),
    strength: deviation / level,
    count: own.length,
    phase: `(${phase.join(", ")})`,
    chosen: sums.data[phase[0] * stride + phase[1]],
    why: resized ? "Every phase gets the whole kernel." : `Stride ${stride} ${k % stride ? "does not divide" : "divides"} kernel size ${k}.`,
  };
}

/** How strong each wave is, in decibels against the sums' mean size; the slowest in the middle, the fastest on both sides. */
function spectrumOf({ data, shape: [size] }, mean, level) {
  const rows = Array.from({ length: size }, (_, y) => waves(Array.from(data.subarray(y * size, (y + 1) * size), (value) => [value - mean, 0])));
  const columns = rows.map((_, x) => waves(rows.map((line) => line[x])));
  const shifted = (i) => (i + size - Math.floor(size / 2)) % size;
  return square(size + 1 - (size % 2), (y, x) => {
    const share = Math.hypot(...columns[shifted(x)][shifted(y)]) / size ** 2 / level;
    return Math.max(20 * Math.log10(Math.max(share, 1e-9)), FAINTEST);
  });
}

/** The discrete Fourier transform of a line of complex numbers [real, imaginary]. */
function waves(line) {
  const angle = (2 * Math.PI) / line.length;
  return line.map((_, wave) =>
    line.reduce(
      ([real, imaginary], [re, im], place) => {
        const [cosine, sine] = [Math.cos, Math.sin].map((of) => of(angle * ((wave * place) % line.length)));
        return [real + re * cosine + im * sine, imaginary + im * cosine - re * sine];
      },
      [0, 0],
    ),
  );
}

export { stamps, stamp_canvas, checkerboard };
