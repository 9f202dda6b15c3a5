// The sampling grid's lab: where an affine map reads a picture, and what it finds there. Its twin is labs.py.

const UNIT = 1000; // theta is kept in whole thousandths
const HAIR = 1e-6;
const [STEEP, LONGEST, KNOB, DIM] = [24, 1.25, 0.55, 45];

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

/** The picture read at every place. */
function sampled(image, theta, side) {
  const data = new Uint8Array(3 * side * side);
  for (let row = 0, i = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const [x, y] = placeOf(theta, side, image.shape, row, column);
      const [left, top] = [Math.floor(x), Math.floor(y)];
      const [right, below] = [x - left, y - top];
      for (let channel = 0; channel < 3; channel++) {
        const across = (line) =>
          fetchPixel(image, line, left, channel) * (1 - right) + fetchPixel(image, line, left + 1, channel) * right;
        data[i++] = across(top) * (1 - below) + across(top + 1) * below + 0.5;
      }
    }
  }
  return { data, shape: [side, side, 3] };
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

/** The box's corners from the upper left one round, its knob and its centre, in pixels of the scene. */
function handlesOf(theta, [height, width], margin, fine) {
  const on = (x, y) => {
    const [across, down] = mapped(theta, x, y);
    return [fine * (((across + 1) / 2) * width + margin), fine * (((down + 1) / 2) * height + margin)];
  };
  const corners = [on(-1, -1), on(1, -1), on(1, 1), on(-1, 1)];
  const [foot, centre] = [on(0, -1), on(0, 0)];
  const [dx, dy] = [foot[0] - centre[0], foot[1] - centre[1]];
  const reach = (KNOB * margin * fine) / Math.hypot(dx, dy);
  return { corners, foot, knob: [foot[0] + dx * reach, foot[1] + dy * reach], centre };
}

/** A scene with a light dot on a dark one at each place. */
function dotted(scene, places) {
  const [height, width] = scene.shape;
  const data = scene.data.slice();
  for (const [shade, first, last] of [[24, -1, 1], [255, -1, 0]]) {
    for (const [x, y] of places) {
      for (let row = Math.floor(y) + first; row <= Math.floor(y) + last; row++) {
        for (let column = Math.floor(x) + first; column <= Math.floor(x) + last; column++) {
          if (row >= 0 && column >= 0 && row < height && column < width) data.fill(shade, 3 * (row * width + column), 3 * (row * width + column) + 3);
        }
      }
    }
  }
  return { data, shape: scene.shape };
}

/** Four by four pixels round a place, those that are not read at less of their brightness. */
function closeView(image, left, top) {
  const data = new Uint8Array(48);
  for (let y = 0, i = 0; y < 4; y++) {
    for (let x = 0; x < 4; x++) {
      for (let channel = 0; channel < 3; channel++) {
        const value = fetchPixel(image, top - 1 + y, left - 1 + x, channel);
        data[i++] = x % 3 && y % 3 ? value : Math.floor((value * DIM) / 100);
      }
    }
  }
  return { data, shape: [4, 4, 3] };
}

const table = (rows) => ({ data: Float64Array.from(rows.flat()), shape: [rows.length, rows[0].length] });
const list = (numbers) => ({ data: Float64Array.from(numbers), shape: [numbers.length] });

/** Everything that the figure shows of one box and one output pixel. */
function grid_lab({ image, scene, side, margin, fine, row, column, ...box }) {
  const theta = thetaOf(box);
  const read = readingOf(image, theta, side, row, column);
  const onScene = (along) => fine * (along + 0.5 + margin);
  const places = Array.from({ length: side * side }, (_, i) =>
    placeOf(theta, side, image.shape, Math.floor(i / side), i % side).map(onScene),
  );
  const { corners, foot, knob, centre } = handlesOf(theta, image.shape, margin, fine);
  const steepness = Math.hypot(...read.slope);
  const arrow = read.slope.map((along) => (along / Math.max(steepness, HAIR)) * Math.min(steepness / STEEP, LONGEST));
  const from = [read.x, read.y].map(onScene);
  const close = [read.x - read.left + 1.5, read.y - read.top + 1.5];
  return {
    scene: dotted(scene, places),
    output: sampled(image, theta, side),
    close: closeView(image, read.left, read.top),
    frame: table([...corners.map((corner, i) => [...corner, ...corners[(i + 1) % 4]]), [...foot, ...knob]]),
    handles: table([...corners, knob, centre]),
    places: table(places),
    slope: list([...from, ...from.map((along, axis) => along + (arrow[axis] * fine * margin) / 2)]),
    slope_close: list([...close, ...close.map((along, axis) => along + arrow[axis])]),
    theta: list(theta.flat().map((number) => number / UNIT)),
    x: read.x,
    y: read.y,
    weights: list(read.weights.flat()),
    value: read.value,
    right: read.slope[0],
    down: read.slope[1],
  };
}

export { grid_lab };
