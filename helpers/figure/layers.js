// Layers of a stage: how each changes the pixels below it, and what it lays over them. Their twins are layers.py and shapes.py.

import { asArray, asList, rowsOf, same } from "./arrays.js";
import { nearest, visible, edges, tinted } from "./raster.js";
import { written } from "./symbols.js";

const ACCENT = [255, 150, 0];
const DIM = 45;
const OUTSIDE = 128;
const [BEHIND, NOT_A_NUMBER] = [255, 256];

/** Weights by level for label maps: label 0 shows what lies below. */
function overBackground(weight) {
  return [0, ...new Array(255).fill(weight)];
}

/** For each pixel a number that says which colour lies over it. */
function levelsOf(length, levelAt) {
  const levels = new Uint16Array(length);
  for (let i = 0; i < length; i++) levels[i] = levelAt(i);
  return levels;
}

const PAINTERS = {
  image(below, height, width, { picture, dim }) {
    const pixels = nearest(picture, height, width);
    const channels = picture.shape[2] ?? 1;
    if (channels === 3 && !dim) return pixels;
    const out = new Uint8Array(below.length);
    const [green, blue] = channels === 3 ? [1, 2] : [0, 0];
    for (let i = 0, at = 0; i < pixels.length; i += channels, at += 3) {
      const brightness = 299 * pixels[i] + 587 * pixels[i + green] + 114 * pixels[i + blue];
      out[at] = out[at + 1] = out[at + 2] = dim ? (brightness * DIM) / 100000 : pixels[i];
    }
    return out;
  },
  crop(below, height, width, { picture: { data, shape }, box }) {
    const [left, top] = asList(box).map(Math.trunc);
    const [rows, columns, channels = 1] = shape;
    const out = new Uint8Array(below.length).fill(OUTSIDE);
    for (let i = 0; i < out.length; i++) {
      const [row, column] = [top + Math.floor(i / 3 / width), left + (Math.floor(i / 3) % width)];
      const inside = row >= 0 && row < rows && column >= 0 && column < columns;
      if (inside) out[i] = data[(row * columns + column) * channels + ((i % 3) % channels)];
    }
    return out;
  },
  heat(below, height, width, { values, low, high, colours, blend }) {
    const numbers = nearest(values, height, width);
    const levels = levelsOf(numbers.length, (i) => {
      const share = (numbers[i] - low) / (high - low || 1);
      return Number.isNaN(share) ? NOT_A_NUMBER : Math.min(Math.max(share, 0), 1) * 255 + 0.5;
    });
    return tinted(below, levels, colours.data, [...new Array(256).fill(blend / 100), 0]);
  },
  classes(below, height, width, { labels, legend, colours, blend, against }) {
    const here = visible(nearest(labels, height, width), legend);
    if (!against) return tinted(below, here, colours.data, overBackground(blend / 100));
    const expected = visible(nearest(against, height, width), legend);
    const wrong = levelsOf(here.length, (i) => (here[i] === expected[i] ? 0 : 1));
    return tinted(below, wrong, [0, 0, 0, ...ACCENT], [0, blend / 100]);
  },
  outline(below, height, width, { labels, legend, colours }) {
    const here = visible(nearest(labels, height, width), legend);
    const rims = edges(here, width);
    return tinted(below, here.map((label, i) => (rims[i] ? label : 0)), colours.data, overBackground(1));
  },
  regions(below, height, width, { segments, chosen, colour, blend }) {
    const [first, end] = typeof chosen === "number" ? [chosen, chosen + 1] : asList(chosen);
    const numbers = nearest(segments, height, width);
    const inside = levelsOf(numbers.length, (i) => (numbers[i] >= first && numbers[i] < end ? 1 : 0));
    const rims = edges(inside, width);
    return tinted(below, inside.map((on, i) => on + (on && rims[i])), [0, 0, 0, ...colour, ...colour], [0, blend / 100, 1]);
  },
  spot(below, height, width, { box }) {
    const [left, top, wide, high] = asList(box);
    const outside = new Uint8Array(height * width).fill(1);
    const [from, to] = [left, left + wide].map((x) => Math.min(Math.max(Math.ceil(x), 0), width));
    for (let y = Math.max(0, Math.ceil(top)); y < Math.min(height, top + high); y++) outside.fill(0, y * width + from, y * width + to);
    return tinted(below, outside, [0, 0, 0, 0, 0, 0], [0, 1 - DIM / 100]);
  },
  lens(below, height, width, { at, radius, layers }) {
    const inner = layers.reduce((pixels, [kind, inputs]) => (inputs ? paint(kind, pixels, height, width, inputs) : pixels), below);
    const out = below.slice();
    const [x, y] = asList(at);
    for (let row = Math.max(0, Math.ceil(y - radius)); row <= Math.min(height - 1, y + radius); row++) {
      const reach = Math.sqrt(radius ** 2 - (row - y) ** 2);
      const [from, to] = [Math.max(0, Math.ceil(x - reach)), Math.min(width - 1, Math.floor(x + reach))];
      if (to >= from) out.set(inner.subarray(3 * (row * width + from), 3 * (row * width + to + 1)), 3 * (row * width + from));
    }
    return out;
  },
};

/** What a layer makes of the pixels below it; a vector layer leaves them. */
function paint(kind, below, height, width, inputs) {
  return kind in PAINTERS ? PAINTERS[kind](below, height, width, inputs) : below;
}

/** [H, W] of a stage that a layer is the first of, or nothing. */
function sizeOf(kind, inputs) {
  if (kind === "crop") return [asList(inputs.box)[3], asList(inputs.box)[2]];
  const of = inputs.picture ?? inputs.values ?? inputs.labels ?? inputs.segments;
  return of ? asArray(of).shape.slice(0, 2) : null;
}

const SHAPERS = {
  lens({ at, radius }) {
    const [x, y] = asList(at);
    return [["circle", [x + 0.5, y + 0.5, radius + 0.5], ""]];
  },
  box({ box, text }) {
    const boxes = rowsOf(box, 4);
    const texts = Array.isArray(text) ? text : [text];
    const words = [];
    boxes.slice(0, texts.length).forEach(([x, y, w, h], i) => {
      const near = words.filter(([, [left]]) => Math.abs(left - x) < 0.75 * w);
      const free = [0, 1, 2].find((k) => near.every(([, [, top]]) => Math.abs(top - y - (k * h) / 3) >= 0.25 * h));
      if (texts[i] !== "") words.push(["text", [x, y + ((free ?? 0) * h) / 3], written(texts[i])]);
    });
    return [...boxes.map((each) => ["rect", each, ""]), ...words];
  },
  dots({ places, chosen, radius }) {
    const dots = rowsOf(places, 2);
    const ring = chosen === null ? [] : [["circle", [...dots[chosen], 3 * radius], ""]];
    return [...dots.map((dot) => ["circle", [...dot, radius], ""]), ...ring];
  },
  arrows: ({ ends, heads }) => rowsOf(ends, 4).map((each) => [heads ? "arrow" : "line", each, ""]),
  note: ({ x, y, text }) => [["text", [x, y], written(text)]],
};

/** The inputs of a layer in the present state, or null where it is hidden. */
function inputsOf({ kind, when, layers, ...args }, symbols) {
  if (!symbols.value(when)) return null;
  const inputs = symbols.inputsOf(args);
  return layers ? { ...inputs, layers: layers.map((each) => [each.kind, inputsOf(each, symbols)]) } : inputs;
}

/** Draws layers over one another, anew only from the first that changed: () => {pixels, height, width, shapes, stale}. */
function composer(layers, symbols) {
  const steps = layers.map(() => ({}));
  let [size, ground, shown] = [null, null, null];
  return () => {
    const inputs = layers.map((layer) => inputsOf(layer, symbols));
    const first = layers.findIndex((layer, i) => inputs[i] && sizeOf(layer.kind, inputs[i]));
    const [height, width] = sizeOf(layers[first].kind, inputs[first]);
    if (!same(size, [height, width])) ground = new Uint8Array(3 * height * width).fill(BEHIND);
    size = [height, width];
    let below = ground;
    layers.forEach((layer, i) => {
      const step = steps[i];
      if (step.below !== below || !same(step.inputs, inputs[i])) {
        const pixels = inputs[i] ? paint(layer.kind, below, height, width, inputs[i]) : below;
        Object.assign(step, { below, inputs: inputs[i], pixels });
      }
      below = step.pixels;
    });
    const stale = below !== shown;
    shown = below;
    const shapes = layers.flatMap(({ kind }, i) => (inputs[i] && kind in SHAPERS ? SHAPERS[kind](inputs[i]) : []));
    return { pixels: below, height, width, shapes, stale };
  };
}

export { composer };
