// Where an affine map reads a picture, and what it finds there. Every function here has its reference in sampler.py.

const UNIT = 1000; // theta is kept in whole thousandths
const HAIR = 1e-6;

/** The map of a box in thousandths, two rows of three: turn @ shear @ scale, and the shift. */
function thetaOf({ x, y, scale, angle, stretch, shear }) {
  const longer = Math.sqrt(stretch / 100);
  const [width, height, lean] = [(scale / 100) * longer, scale / 100 / longer, shear / 100];
  const radians = (angle * Math.PI) / 180;
  const [cosine, sine] = [Math.cos(radians), Math.sin(radians)];
  const rows = [
    [cosine * width, (cosine * lean - sine) * height, x / 100],
    [sine * width, (sine * lean + cosine) * height, y / 100],
  ];
  return rows.map((row) => row.map((number) => Math.floor(number * UNIT + 0.5 + HAIR)));
}

/** Where a point of the output, its edges at -1 and 1, lies in the picture: x and y, its edges at -1 and 1 too. */
function mapped(theta, x, y) {
  return theta.map(([across, down, shift]) => (across * x + down * y + shift) / UNIT);
}

/** Which point of the output reads at a point of the picture: the way back of mapped(). */
function unmapped([[a, b, x0], [c, d, y0]], x, y) {
  const [dx, dy] = [x * UNIT - x0, y * UNIT - y0];
  const area = a * d - b * c;
  return [(d * dx - b * dy) / area, (a * dy - c * dx) / area];
}

/** Where an output pixel reads, in pixels of the picture; whole numbers are the pixels' centres. */
function placeOf(theta, side, [height, width], row, column) {
  const [across, down] = [2 * column + 1 - side, 2 * row + 1 - side];
  return theta.map((numbers, axis) => {
    const along = UNIT * side + numbers[0] * across + numbers[1] * down + numbers[2] * side;
    return ((axis === 0 ? width : height) * along) / (2 * UNIT * side) - 0.5;
  });
}

/** One channel of a pixel; beyond the picture everything is 0. */
function fetchPixel({ data, shape: [height, width] }, row, column, channel) {
  const inside = row >= 0 && row < height && column >= 0 && column < width;
  return inside ? data[3 * (row * width + column) + channel] : 0;
}

/** The picture read at every place, on a canvas. */
function drawSampled(context, image, theta, side) {
  let [left, top, right, below] = [0, 0, 0, 0];
  drawPixels(context, side, side, (column, row, channel) => {
    if (channel === 0) {
      const [x, y] = placeOf(theta, side, image.shape, row, column);
      [left, top] = [Math.floor(x), Math.floor(y)];
      [right, below] = [x - left, y - top];
    }
    const across = (line) =>
      fetchPixel(image, line, left, channel) * (1 - right) + fetchPixel(image, line, left + 1, channel) * right;
    return Math.floor(across(top) * (1 - below) + across(top + 1) * below + 0.5);
  });
}

/** What one output pixel reads: its place, the four pixels' weights, their weighted sum in grey, and its slope. */
function readingOf(image, theta, side, row, column) {
  const [x, y] = placeOf(theta, side, image.shape, row, column);
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [right, below] = [x - left, y - top];
  const grey = (line, at) => {
    const [red, green, blue] = [0, 1, 2].map((channel) => fetchPixel(image, line, at, channel));
    return (299 * red + 587 * green + 114 * blue) / 1000;
  };
  const [first, second, third, fourth] = [0, 1, 2, 3].map((i) => grey(top + (i >> 1), left + (i & 1)));
  const upper = first * (1 - right) + second * right;
  const lower = third * (1 - right) + fourth * right;
  return {
    x,
    y,
    left,
    top,
    weights: [
      [(1 - below) * (1 - right), (1 - below) * right],
      [below * (1 - right), below * right],
    ],
    value: upper * (1 - below) + lower * below,
    slope: [
      (second - first) * (1 - below) + (fourth - third) * below,
      (third - first) * (1 - right) + (fourth - second) * right,
    ],
  };
}
