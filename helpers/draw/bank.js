// The filter bank's lab: what N x N Gaussian filters read of a picture, and where they write. Its twin is labs.py.

/** Where n filters lie along an axis. */
const meansOf = (centre, stride, n) => Array.from({ length: n }, (_, i) => centre + (i - (n - 1) / 2) * stride);

/** Gaussian filters along one axis of so many pixels, each summing to 1: rows of numbers. */
function filtersOf(means, variance, size) {
  return means.map((mean) => {
    const logs = Array.from({ length: size }, (_, pixel) => -((pixel - mean) ** 2) / (2 * variance));
    const most = Math.max(...logs);
    const heights = logs.map((each) => Math.exp(each - most));
    const sum = heights.reduce((total, each) => total + each, 0);
    return heights.map((each) => each / sum);
  });
}

/** The window of five numbers, those of the paper, in whole hundredths. */
function windowOf({ x, y, log_variance, log_stride, log_intensity }, n, [height, width]) {
  return {
    x: ((width + 1) / 2) * (x / 100 + 1) - 1,
    y: ((height + 1) / 2) * (y / 100 + 1) - 1,
    stride: ((Math.max(height, width) - 1) / (n - 1)) * Math.exp(log_stride / 100),
    variance: Math.exp(log_variance / 100),
    intensity: Math.exp(log_intensity / 100),
  };
}

const table = (rows) => ({ data: Float64Array.from(rows.flat()), shape: [rows.length, rows[0].length] });

/** Rows (n, H) and columns (m, W) round a matrix (H, W): rows @ matrix @ columns transposed. */
function between(rows, matrix, columns) {
  const half = rows.map((row) =>
    matrix[0].map((_, j) => row.reduce((sum, each, i) => sum + each * matrix[i][j], 0)),
  );
  return half.map((line) => columns.map((column) => column.reduce((sum, each, j) => sum + each * line[j], 0)));
}

const turned = (matrix) => matrix[0].map((_, j) => matrix.map((row) => row[j]));

/** Everything that the figure shows of five numbers. */
function filter_bank({ picture, n, row, column, ...numbers }) {
  const [height, width] = picture.shape;
  const at = windowOf(numbers, n, picture.shape);
  const [down, across] = [at.y, at.x].map((centre) => meansOf(centre, at.stride, n));
  const [rows, columns] = [filtersOf(down, at.variance, height), filtersOf(across, at.variance, width)];
  const pixels = Array.from({ length: height }, (_, i) => Array.from(picture.data.slice(i * width, (i + 1) * width)));
  const patch = between(rows, pixels, columns).map((line) => line.map((each) => at.intensity * each));
  const written = between(turned(rows), patch, turned(columns)).map((line) => line.map((each) => each / at.intensity));
  const one = rows[row].map((high) => columns[column].map((wide) => high * wide));
  const dots = down.flatMap((y) => across.map((x) => [x + 0.5, y + 0.5]));
  const most = (matrix) => Math.max(...matrix.flat(), 1e-9);
  const side = at.stride * n;
  return {
    patch: table(patch),
    written: table(written),
    one: table(one),
    patch_most: Math.max(most(patch), 1),
    written_most: most(written),
    one_most: most(one),
    dots: table(dots),
    chosen: row * n + column,
    box: { data: Float64Array.from([at.x + 0.5 - side / 2, at.y + 0.5 - side / 2, side, side]), shape: [4] },
    ...at,
    deviation: Math.sqrt(at.variance),
    value: patch[row][column],
  };
}

export { filter_bank };
