// What a kernel makes of a constant input: pattern, phase sums and spectrum. Its Python reference is labs.py.

import { written } from "./symbols.js";

const FAINTEST = -60; // decibels against the mean: a thousandth of it, below which the spectrum is black

/** Everything that the figure shows. */
function checkerboard({ kernel, stride, resized, cells, place }) {
  const k = kernel.shape[0];
  const weight = (row, column) => kernel.data[row * k + column];
  const phase = place.map((at) => at % stride);
  const shared = (i) => resized || [Math.floor(i / k), i % k].every((at, axis) => at % stride === phase[axis]);
  const sums = filled(stride, (row, column) => {
    let total = 0;
    for (let r = 0; r < k; r++) for (let c = 0; c < k; c++) if (resized || (r % stride === row && c % stride === column)) total += weight(r, c);
    return total;
  });
  const size = cells * stride;
  const output = filled(size, (row, column) => sums.data[(row % stride) * stride + (column % stride)]);
  const own = Array.from(kernel.data.keys()).filter(shared);
  const box = (i, width) => [i % width, Math.floor(i / width), 1, 1];
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
    own: { shape: [own.length, 4], data: own.flatMap((i) => box(i, k)) },
    weight_places: { shape: [k * k, 4], data: Array.from(kernel.data.keys()).flatMap((i) => corner(i, k)) },
    weight_texts: Array.from(kernel.data, (each) => written(each, ".2f")),
    sum_places: { shape: [stride ** 2, 4], data: Array.from(sums.data.keys()).flatMap((i) => corner(i, stride)) },
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

/** The ends of each scale with 0 in its middle: the largest size, 1 where all are 0, and the same below 0. */
function limits(grids) {
  const found = Object.entries(grids).map(([name, numbers]) => [name, Math.max(...Array.from(numbers, Math.abs)) || 1]);
  return Object.fromEntries([...found, ...found.map(([name, limit]) => [`minus_${name}`, -limit])]);
}

function filled(size, value) {
  return { shape: [size, size], data: Float64Array.from({ length: size * size }, (_, i) => value(Math.floor(i / size), i % size)) };
}

/** Where the text of cell i stands: a box of no size a little inside the cell. */
function corner(i, width) {
  return [(i % width) + 0.2, Math.floor(i / width) + 0.3, 0, 0];
}

/** How strong each wave is, in decibels against the sums' mean size; the slowest in the middle, the fastest on both sides. */
function spectrumOf({ data, shape: [size] }, mean, level) {
  const rows = Array.from({ length: size }, (_, y) => waves(Array.from(data.subarray(y * size, (y + 1) * size), (value) => [value - mean, 0])));
  const columns = rows.map((_, x) => waves(rows.map((line) => line[x])));
  const shifted = (i) => (i + size - Math.floor(size / 2)) % size;
  return filled(size + 1 - (size % 2), (y, x) => {
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

export { checkerboard };
