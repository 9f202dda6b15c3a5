// The alignment matrix with its words: a row a word of the translation, a column a source word.

const MATRIX_SIDE = 300; // CSS pixels of the longer side
const LARGEST_CELL = 34;
const LEAST_FOR_WORDS = 11; // CSS pixels of a cell beside which there is room for a word
const FULL = [102, 0, 255]; // the colour of weight 1; weight 0 is white
const GREY = 160; // columns of words that are switched off

/** Make the matrix; chosen(row) is called for the row under the pointer. The result draws it. */
function wordMatrix(parent, chosen) {
  const holder = make("div", { class: "word-matrix" });
  parent.append(make("p", { class: "stage-title" }, "In each row: where one word looks"), holder);
  const labels = ["columns", "rows"].map((side) => make("div", { class: `labels ${side}`, "aria-hidden": "true" }));
  holder.append(...labels);
  const matrix = stage({ stages: holder }, { width: 1, height: 1, side: 1 });
  const frameRow = marker(matrix, "row");
  followPointer(matrix, (x, y) => chosen(y));

  const write = (list, words, classOf) => {
    list.replaceChildren(...words.map((word, i) => make("span", { class: classOf(i) }, word)));
    list.style.setProperty("--count", Math.max(1, words.length));
  };
  const draw = ({ reading, candidate, row }) => {
    const [rows, columns] = [candidate.words.length, reading.source.length];
    const size = Math.min(LARGEST_CELL, cellSize(rows, columns, MATRIX_SIDE));
    resize(matrix, columns, Math.max(1, rows), size);
    const off = new Set(reading.silenced);
    drawPixels(matrix.context, columns, Math.max(1, rows), (x, y, channel) => {
      if (off.has(x)) return GREY;
      const weight = rows ? candidate.weights[y * columns + x] : 0;
      return Math.floor((255 * 255 + weight * (FULL[channel] - 255) + 127) / 255);
    });
    frameRow({ x: 0, y: row, width: columns, height: 1 });
    holder.style.setProperty("--matrix", `${columns * size}px`);
    holder.style.setProperty("--letters", `${clamp(size - 3, 9, 13)}px`);
    const few = size >= LEAST_FOR_WORDS;
    const most = rows ? argmax(candidate.weights.slice(row * columns, (row + 1) * columns)) : -1;
    write(labels[0], reading.source, (i) => `${off.has(i) ? "off " : ""}${few || i === most ? "" : "hidden"}`);
    write(labels[1], candidate.words, (i) => `${i === row ? "chosen" : ""} ${few || i === row ? "" : "hidden"}`);
  };
  return { ...matrix, draw };
}

/** The place of the largest value, the first of equals. */
function argmax(values) {
  return values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
}
