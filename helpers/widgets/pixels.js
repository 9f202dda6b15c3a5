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

/** What drawLayers() needs of one label map: blend in percent, outlines or none. */
function layer(labels, width, { blend, visible, outlines }) {
  const shown = shownLabels(labels, visible);
  return { labels: shown, blend: blend / 100, edges: outlines ? edges(shown, width) : null };
}

/** Draw the image under `outer`, and inside the lens (if there is one) under `inner`. */
function drawLayers(context, { data: image, shape: [height, width] }, palette, outer, inner, lens) {
  const picture = context.createImageData(width, height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const inside = lens && (x - lens.x) ** 2 + (y - lens.y) ** 2 <= lens.radius ** 2;
      paint(picture.data, i, image, palette, inside ? inner : outer);
    }
  }
  context.putImageData(picture, 0, 0);
}

/** One pixel: image * (1 - weight) + colour * weight, rounded half up. */
function paint(out, i, image, palette, { labels, blend, edges }) {
  const label = labels[i];
  const weight = label === 0 ? 0 : edges && edges[i] ? 1 : blend;
  for (let channel = 0; channel < 3; channel++) {
    const value = image[3 * i + channel] * (1 - weight) + palette.data[3 * label + channel] * weight;
    out[4 * i + channel] = Math.floor(value + 0.5);
  }
  out[4 * i + 3] = 255;
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
