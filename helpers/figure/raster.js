// Pixels: enlarging, rims, mixing. Their twin is raster.py. A picture is {data, shape: [H, W, 3]}, in bytes.

import { asArray } from "./arrays.js";

/** A map (h, w) or picture (h, w, 3) enlarged or shrunk to height x width, each pixel from its own cell. */
function nearest(values, height, width) {
  const { data, shape } = asArray(values);
  const [rows, columns, channels = 1] = shape;
  if (rows === height && columns === width) return data;
  const out = new data.constructor(height * width * channels);
  for (let y = 0, i = 0; y < height; y++) {
    const line = Math.floor((y * rows) / height) * columns;
    for (let x = 0; x < width; x++) {
      const from = (line + Math.floor((x * columns) / width)) * channels;
      for (let channel = 0; channel < channels; channel++) out[i++] = data[from + channel];
    }
  }
  return out;
}

/** For each of `size` pixels the cells on its two sides, and the weight of the second (align_corners=False). */
function between(size, cells, smooth = true) {
  const placeOf = (i) => (smooth ? Math.max((i + 0.5) * (cells / size) - 0.5, 0) : Math.floor((i * cells) / size));
  const place = Float64Array.from({ length: size }, (_, i) => placeOf(i));
  const low = Int32Array.from(place, Math.floor);
  return { low, high: low.map((cell) => Math.min(smooth ? cell + 1 : cell, cells - 1)), weight: place.map((p, i) => p - low[i]) };
}

/** The class with the highest score at each pixel, coarse (C, h, w) scores enlarged to the given shape. */
function upsampled({ scores, shape: [height, width], smooth }) {
  const { data, shape: [classes, rows, columns] } = asArray(scores);
  const [down, across] = [between(height, rows, smooth), between(width, columns, smooth)];
  const labels = new Uint8Array(height * width);
  const line = new Float64Array(columns * classes); // one row of cells, all classes of a cell side by side
  for (let y = 0, i = 0; y < height; y++) {
    const [top, bottom, below] = [down.low[y] * columns, down.high[y] * columns, down.weight[y]];
    for (let x = 0, at = 0; x < columns; x++) {
      for (let plane = x; plane < data.length; plane += rows * columns) line[at++] = data[plane + top] * (1 - below) + data[plane + bottom] * below;
    }
    for (let x = 0; x < width; x++, i++) {
      const [left, right, weight] = [across.low[x] * classes, across.high[x] * classes, across.weight[x]];
      let best = -Infinity;
      for (let k = 0; k < classes; k++) {
        const score = line[left + k] * (1 - weight) + line[right + k] * weight;
        if (score > best) {
          best = score;
          labels[i] = k;
        }
      }
    }
  }
  return { data: labels, shape: [height, width] };
}

/** A label map in which classes that are switched off have become background. */
function visible(labels, shown) {
  return shown.every(Boolean) ? labels : labels.map((label) => (shown[label] ?? 1 ? label : 0));
}

/** 1 where one of the four neighbours has another label. */
function edges(labels, width) {
  const out = new Uint8Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    const [right, below] = [i + 1, i + width];
    if (right % width && labels[i] !== labels[right]) out[i] = out[right] = 1;
    if (below < labels.length && labels[i] !== labels[below]) out[i] = out[below] = 1;
  }
  return out;
}

/**
 * Pixels with colours over them, rounded half up: levels[i] says which of `colours` lies over pixel i, and
 * weights[level], 0 to 1, how much of it.
 */
function tinted(below, levels, colours, weights) {
  const out = below.slice();
  for (let i = 0, at = 0; i < levels.length; i++, at += 3) {
    const weight = weights[levels[i]];
    if (weight === 0) continue;
    for (let channel = 0; channel < 3; channel++) {
      out[at + channel] = below[at + channel] * (1 - weight) + colours[3 * levels[i] + channel] * weight + 0.5;
    }
  }
  return out;
}

/** What strokes leave on a pad: full ink within half the pen's width of a stroke, none a pixel further out. */
function ink({ strokes, height, across: side, width }) {
  const nearestStroke = new Float64Array(height * side).fill(Infinity);
  for (const stroke of strokes) {
    const ends = stroke.length > 1 ? stroke.slice(1) : stroke;
    ends.forEach(([x1, y1], number) => {
      const [x0, y0] = stroke[number];
      const length = Math.max((x1 - x0) ** 2 + (y1 - y0) ** 2, 1e-9);
      for (let y = 0, i = 0; y < height; y++) {
        for (let x = 0; x < side; x++, i++) {
          const [dx, dy] = [x + 0.5 - x0, y + 0.5 - y0];
          const along = Math.min(Math.max((dx * (x1 - x0) + dy * (y1 - y0)) / length, 0), 1);
          nearestStroke[i] = Math.min(nearestStroke[i], Math.hypot(dx - along * (x1 - x0), dy - along * (y1 - y0)));
        }
      }
    });
  }
  const data = Uint8Array.from(nearestStroke, (distance) => Math.min(Math.max(width / 2 + 0.5 - distance, 0), 1) * 255 + 0.5);
  return { data, shape: [height, side] };
}

export { nearest, upsampled, visible, edges, tinted, ink };
