// The arithmetic of the stamp stepper, and its words. Their Python reference is stamp_stepper.py.

/** The state's output size [height, width], null if there is none; and the chosen cell, the last where there are fewer. */
function settled(state) {
  if (impossible(state)) return { size: null, cell: null };
  const size = sizeOf(state);
  return { size, cell: [state.row, state.column].map((at, axis) => Math.min(at, size[axis] - 1)) };
}

function sizeOf({ values, kernel, stride, padding, output_padding: added }) {
  return [values.length, values[0].length].map((side) => (side - 1) * stride - 2 * padding + kernel.length + added);
}

/** The formula of the output's height, with its numbers. */
function sideInWords({ values, kernel, stride, padding, output_padding: added }) {
  return `(${values.length} - 1) x ${stride} - 2 x ${padding} + ${kernel.length} + ${added}`;
}

/** Why these settings have no output, and what to do; nothing if they have one. */
function impossible(state) {
  const { stride, padding, output_padding: added } = state;
  if (added >= stride) {
    return `Output padding ${added} does not go with stride ${stride}: it must be less than the stride. Lower the output padding or raise the stride.`;
  }
  const size = sizeOf(state);
  if (Math.min(...size) >= 1) return "";
  return `Padding ${padding} cuts everything off: the output would be ${size.join(" x ")}. Lower the padding, or raise kernel size or stride.`;
}

/** The canvas with the first `step` stamps, before anything is cut off: [their sum, how many lie on each cell]. */
function stamped(state, step) {
  const { values, kernel, stride, padding, output_padding: added } = state;
  const [rows, columns] = sizeOf(state).map((side) => Math.max(side + padding, side + 2 * padding - added));
  const [total, count] = [0, 0].map(() => gridOf(rows, columns, () => 0));
  values.flat().slice(0, step).forEach((value, i) => {
    const [top, left] = [Math.floor(i / values[0].length), i % values[0].length].map((at) => stride * at);
    kernel.forEach((line, row) =>
      line.forEach((weight, column) => {
        total[top + row][left + column] += value * weight;
        count[top + row][left + column] += 1;
      }),
    );
  });
  return [total, count];
}

/** The matrix from flattened input to flattened output: a column an input value, a row an output cell. */
function matrixOf(state) {
  const { values, kernel, stride, padding } = state;
  const [height, width] = sizeOf(state);
  return gridOf(height * width, values.flat().length, (cell, i) => {
    const row = Math.floor(cell / width) + padding - stride * Math.floor(i / values[0].length);
    const column = (cell % width) + padding - stride * (i % values[0].length);
    return kernel[row]?.[column] ?? 0;
  });
}

/** Which of the first `step` input values reach an output cell, and by which weight: {i, row, column}. */
function givenBy({ values, kernel, stride, padding }, cell, step) {
  const places = values.flat().slice(0, step).map((_, i) => ({
    i,
    row: cell[0] + padding - stride * Math.floor(i / values[0].length),
    column: cell[1] + padding - stride * (i % values[0].length),
  }));
  return places.filter(({ row, column }) => kernel[row]?.[column] !== undefined);
}

function describe(state, step) {
  return impossible(state) || `${lastStamp(state, step)} ${cellSum(state, step)}`;
}

function lastStamp(state, step) {
  const { values, kernel, stride, padding } = state;
  const count = values.flat().length;
  if (step === 0) return `No stamp of ${count} is laid yet.`;
  const place = [Math.floor((step - 1) / values[0].length), (step - 1) % values[0].length];
  const value = number(values[place[0]][place[1]]);
  const lays = `Stamp ${step} of ${count}: input (${place.join(", ")}) = ${value} lays ${value} x the kernel`;
  const ends = sizeOf(state).map((side, axis) => {
    const first = stride * place[axis] - padding;
    return { name: ["row", "column"][axis], first, last: first + kernel.length - 1, side };
  });
  if (ends.some(({ first, last, side }) => last < 0 || first >= side)) return `${lays} where padding cuts it off.`;
  const spans = ends.map(({ name, first, last, side }) => span(name, Math.max(first, 0), Math.min(last, side - 1)));
  const whole = ends.every(({ first, last, side }) => first >= 0 && last < side);
  return `${lays} on ${spans.join(", ")}${whole ? "" : "; padding cuts off the rest"}.`;
}

function span(name, first, last) {
  return first === last ? `${name} ${first}` : `${name}s ${first} to ${last}`;
}

/** What the stamps so far have laid on the chosen cell. */
function cellSum(state, step) {
  const { values, kernel, padding } = state;
  const { cell } = settled(state);
  const givers = givenBy(state, cell, step);
  const terms = givers.map(({ i, row, column }) => `${number(values.flat()[i])} x ${number(kernel[row][column])}`);
  const finished = step === values.flat().length;
  const here = `Output cell (${cell.join(", ")})`;
  if (terms.length === 0) return `${here} = 0: no stamp lies on it${finished ? "" : " yet"}.`;
  const total = number(stamped(state, step)[0][cell[0] + padding][cell[1] + padding]);
  const more = terms.length > MOST_TERMS ? ` + ${terms.length - MOST_TERMS} more` : "";
  return `${here} = ${total}${finished ? "" : " so far"}: ${terms.slice(0, MOST_TERMS).join(" + ")}${more}.`;
}
