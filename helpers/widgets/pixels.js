// Arrays from the kernel, and the pixels drawn from them. Every function here has its reference in pictures.py.

const TYPED_ARRAYS = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  int32: Int32Array,
  float16: Uint16Array, // its bits: few browsers have Float16Array, so floatsFrom() reads them
  float32: Float32Array,
  float64: Float64Array,
};

/** The arrays that Python's Figure.send() packed: {name: {data, shape}}. */
async function unpack(model) {
  const deflated = new Blob([model.get("payload")]);
  const inflated = deflated.stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = await new Response(inflated).arrayBuffer();
  const arrays = {};
  for (const [name, { dtype, shape, offset }] of Object.entries(model.get("arrays"))) {
    const length = shape.reduce((product, size) => product * size, 1);
    const data = new TYPED_ARRAYS[dtype](bytes, offset, length);
    arrays[name] = { shape, data: dtype === "float16" ? floatsFrom(data) : data };
  }
  return arrays;
}

/** Half-precision bits as numbers: 1 bit of sign, 5 of exponent, 10 of fraction. */
function floatsFrom(bits) {
  return Float64Array.from(bits, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

/** One (height, width) map out of an array whose last two axes are such maps. */
function mapAt({ data, shape }, index) {
  const size = shape.at(-1) * shape.at(-2);
  return data.subarray(index * size, (index + 1) * size);
}

/** Fill a canvas: valueOf(x, y, channel) for red, green and blue. */
function drawPixels(context, width, height, valueOf) {
  const picture = context.createImageData(width, height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) picture.data[i++] = valueOf(x, y, channel);
      picture.data[i++] = 255;
    }
  }
  context.putImageData(picture, 0, 0);
}

/** A label map in which the classes that are switched off have become background. */
function shownLabels(labels, visible) {
  return labels.map((label) => (visible[label] ? label : 0));
}

/** 1 where a pixel lies just inside a shape: it is not background and a neighbour has another label. */
function edges(labels, width) {
  return labels.map((label, i) => {
    const x = i % width;
    const differs =
      (x > 0 && labels[i - 1] !== label) ||
      (x < width - 1 && labels[i + 1] !== label) ||
      (i >= width && labels[i - width] !== label) ||
      (i + width < labels.length && labels[i + width] !== label);
    return label !== 0 && differs ? 1 : 0;
  });
}

/** A label map laid over an image, for drawLayers(): blend in percent, outlines or none. */
function layer({ image, palette }, labels, { blend, visible, outlines }) {
  const shown = shownLabels(labels, visible);
  return { image, palette, labels: shown, blend: blend / 100, edges: outlines ? edges(shown, image.shape[1]) : null };
}

/** Draw one layer, and inside the lens (if there is one) another. */
function drawLayers(context, outer, inner, lens) {
  const [height, width] = outer.image.shape;
  const picture = context.createImageData(width, height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const inside = lens && (x - lens.x) ** 2 + (y - lens.y) ** 2 <= lens.radius ** 2;
      paint(picture.data, i, inside ? inner : outer);
    }
  }
  context.putImageData(picture, 0, 0);
}

/** One pixel: image * (1 - weight) + colour * weight, rounded half up. */
function paint(out, i, { image, palette, labels, blend, edges }) {
  const label = labels[i];
  const weight = label === 0 ? 0 : edges && edges[i] ? 1 : blend;
  for (let channel = 0; channel < 3; channel++) {
    const value = image.data[3 * i + channel] * (1 - weight) + palette.data[3 * label + channel] * weight;
    out[4 * i + channel] = Math.floor(value + 0.5);
  }
  out[4 * i + 3] = 255;
}

/** The class with the highest score at each pixel, coarse (C, h, w) scores enlarged to the picture's size. */
function upsampledLabels(scores, [classes, rows, columns], [height, width], bilinear) {
  const across = bilinear ? between(width, columns) : ownCell(width, columns);
  const down = bilinear ? between(height, rows) : ownCell(height, rows);
  const labels = new Uint8Array(height * width);
  const best = new Float64Array(height * width).fill(-Infinity);
  const line = new Float64Array(columns);
  for (let label = 0; label < classes; label++) {
    for (let y = 0, i = 0; y < height; y++) {
      const top = (label * rows + down.low[y]) * columns;
      const bottom = (label * rows + down.high[y]) * columns;
      const below = down.weight[y];
      for (let x = 0; x < columns; x++) line[x] = scores[top + x] * (1 - below) + scores[bottom + x] * below;
      for (let x = 0; x < width; x++, i++) {
        const right = across.weight[x];
        const score = line[across.low[x]] * (1 - right) + line[across.high[x]] * right;
        if (score > best[i]) {
          best[i] = score;
          labels[i] = label;
        }
      }
    }
  }
  return labels;
}

/** For each of `size` pixels the cells on its two sides, and the weight of the second (align_corners=False). */
function between(size, cells) {
  const place = Float64Array.from({ length: size }, (_, i) => Math.max((i + 0.5) * (cells / size) - 0.5, 0));
  const low = place.map(Math.floor);
  return { low, high: low.map((cell) => Math.min(cell + 1, cells - 1)), weight: place.map((p, i) => p - low[i]) };
}

/** For each of `size` pixels the one cell that it lies in. */
function ownCell(size, cells) {
  const low = Float64Array.from({ length: size }, (_, i) => Math.floor((i * cells) / size));
  return { low, high: low, weight: new Float64Array(size) };
}

/** A photograph in grey at 60% of its brightness, in whole numbers. */
function dimGrey({ data, shape }) {
  const grey = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    const [red, green, blue] = data.subarray(i, i + 3);
    grey.fill(Math.floor(((299 * red + 587 * green + 114 * blue) * 6) / 10000), i, i + 3);
  }
  return { data: grey, shape };
}

/** Mean over the classes that occur in either map of intersection over union; NaN if none does. */
function meanIou(labels, truth, classes) {
  const both = new Array(classes).fill(0);
  const either = new Array(classes).fill(0);
  for (let i = 0; i < labels.length; i++) {
    either[labels[i]]++;
    if (labels[i] === truth[i]) both[labels[i]]++;
    else either[truth[i]]++;
  }
  let total = 0;
  let count = 0;
  for (let label = 0; label < classes; label++) {
    if (either[label] === 0) continue;
    total += both[label] / either[label];
    count++;
  }
  return total / count;
}

/** A number from 0 up with two decimals, rounded half up, as Python's two_places() writes it. */
function twoPlaces(value) {
  const hundredths = Math.floor(value * 100 + 0.5);
  return `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, "0")}`;
}

/** A number with its sign and so many decimals, rounded half away from 0, as Python's decimal() writes it. */
function decimal(value, places, plus = false) {
  const units = 10 ** places;
  const whole = Math.floor(Math.abs(value) * units + 0.5);
  const sign = whole === 0 ? "" : value < 0 ? "−" : plus ? "+" : "";
  return `${sign}${Math.floor(whole / units)}.${String(whole % units).padStart(places, "0")}`;
}
