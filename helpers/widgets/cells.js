// Small grids of numbers: coloured cells with a number on each. The Python reference of colours and numbers is cells.py.

const HALF = 127; // entries of the colour table on each side of 0
const MOST_NUMBERS = 13; // cells along a side that still have room for a number

/** A number with at most two decimals, rounded half away from 0, as Python's cells.number() writes it. */
function number(value) {
  const hundredths = Math.floor(Math.abs(value) * 100 + 0.5);
  const text = `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, "0")}`.replace(/\.?0+$/, "");
  return value < 0 && hundredths ? `-${text}` : text;
}

/** The largest absolute value of a grid, which gets the fullest colour; 1 where all are 0. */
function limitOf(grid) {
  return Math.max(...grid.flat().map(Math.abs)) || 1;
}

/** A grid of rows x columns: valueOf(row, column). */
function gridOf(rows, columns, valueOf) {
  return Array.from({ length: rows }, (_, row) => Array.from({ length: columns }, (_, column) => valueOf(row, column)));
}

/** One channel of a value's colour, the fullest at `limit` and beyond. */
function cellColour(colours, value, limit, channel) {
  const entry = Math.floor((clamp(value / limit, -1, 1) + 1) * HALF + 0.5);
  return colours.data[3 * entry + channel];
}

/** A stage whose size and title are set anew with every drawing. */
function gridStage(page, title) {
  const made = stage(page, { title, width: 1, height: 1, side: 1 });
  return Object.assign(made, { title: made.box.previousSibling });
}

/** Give a stage other pixels and, on the screen, cells of `size` CSS pixels (or of [width, height]). */
function resize(stage, width, height, size) {
  const [across, down] = Array.isArray(size) ? size : [size, size];
  stage.box.parentElement.style.setProperty("--width", `${width * across}px`);
  stage.canvas.style.aspectRatio = `${width * across} / ${height * down}`;
  if (stage.width === width && stage.height === height) return;
  Object.assign(stage, { width, height });
  Object.assign(stage.canvas, { width, height });
}

/** CSS pixels of a cell so that a grid of so many along its longer side is about `side` wide. */
function cellSize(rows, columns, side) {
  return Math.max(2, Math.round(side / Math.max(rows, columns)));
}

/** Numbers over a stage's cells; show(grid of texts) writes them, where there is room. */
function cellNumbers(stage) {
  const layer = make("div", { class: "cells", "aria-hidden": "true" }); // the caption says what matters of them
  stage.box.append(layer);
  return (texts) => {
    const [rows, columns] = [texts.length, texts[0].length];
    fitCells(layer, rows, columns, () => make("div", { class: "cell" }));
    layer.hidden = Math.max(rows, columns) > MOST_NUMBERS;
    texts.flat().forEach((text, i) => (layer.children[i].textContent = text));
  };
}

/** Numbers over a stage's cells that can be edited: edited(row, column, value) at each valid stroke. */
function cellInputs(stage, label, largest, edited) {
  const layer = make("div", { class: "cells" });
  stage.box.append(layer);
  let shown = [[]];
  const input = (i) => {
    const columns = shown[0].length;
    const [row, column] = [Math.floor(i / columns), i % columns];
    const name = `${label}, row ${row}, column ${column}`;
    const field = make("input", { type: "number", step: "any", min: -largest, max: largest, "aria-label": name, class: "cell" });
    field.addEventListener("input", () => {
      if (field.value !== "" && field.checkValidity()) edited(row, column, Number(field.value));
    });
    field.addEventListener("focus", () => {
      field.value = shown[row][column]; // with all its decimals
      field.select(); // as it is when a key brings the focus
    });
    field.addEventListener("blur", () => write(field, shown[row][column])); // what was no number goes away again
    return field;
  };
  const write = (field, value) => (field.value = Math.round(value * 1000) / 1000);
  return (grid) => {
    shown = grid;
    fitCells(layer, grid.length, grid[0].length, input);
    grid.flat().forEach((value, i) => {
      if (layer.children[i] !== document.activeElement) write(layer.children[i], value);
    });
  };
}

/** Fill a layer with rows x columns cells; they are made anew only when their number changes. */
function fitCells(layer, rows, columns, cell) {
  const key = `${rows} x ${columns}`;
  if (layer.dataset.size === key) return;
  layer.dataset.size = key;
  layer.style.setProperty("--rows", rows);
  layer.style.setProperty("--columns", columns);
  layer.replaceChildren(...Array.from({ length: rows * columns }, (_, i) => cell(i)));
}

/** Rectangles over a stage, as many as `places` has, each {x, y, width, height} in cells. */
function markers(stage, kind) {
  const layer = make("div", { "aria-hidden": "true" });
  stage.box.append(layer);
  const target = { box: layer };
  return (places) => {
    layer.replaceChildren();
    Object.assign(target, { width: stage.width, height: stage.height });
    places.forEach((place) => marker(target, kind)(place));
  };
}

/** The place of one cell for markers(); a little inside its edges, so that a frame round it stays seen. */
function cellAt(row, column, inset = 0.09) {
  return { x: column + inset, y: row + inset, width: 1 - 2 * inset, height: 1 - 2 * inset };
}
