// Parts with a picture: each builder gives {node, update, label}. Their twin is parts.py.

import { make, write, each } from "./page.js";
import { asArray } from "./arrays.js";
import { composer } from "./layers.js";
import { written } from "./symbols.js";
import { pictured, withMore } from "./picture.js";

const [GAP, BETWEEN] = [1, 110]; // between two tiles of a row: pixels, and their grey

function stage(part, tools) {
  return pictured(part, tools, composer(part.layers, tools.symbols));
}

function row(part, tools) {
  const { symbols } = tools;
  const { count, columns } = part;
  const rows = Math.ceil(count / columns);
  const draws = Array.from({ length: count }, () => composer(part.layers, symbols));
  let all = null;
  const drawing = () => {
    const tiles = draws.map((draw, i) => {
      symbols.turn = i;
      return draw();
    });
    symbols.turn = 0;
    const [{ height, width }] = tiles;
    const [down, across] = [height + GAP, width + GAP];
    const [high, wide] = [rows * down - GAP, columns * across - GAP];
    const fresh = all?.length !== 3 * high * wide;
    if (fresh) all = new Uint8Array(3 * high * wide).fill(BETWEEN);
    const chosen = symbols.value(part.chosen);
    const shapes = [];
    tiles.forEach((tile, i) => {
      const [top, left] = [Math.floor(i / columns) * down, (i % columns) * across];
      if (tile.stale || fresh) {
        for (let y = 0; y < height; y++) {
          all.set(tile.pixels.subarray(3 * y * width, 3 * (y + 1) * width), 3 * ((top + y) * wide + left));
        }
      }
      shapes.push(...tile.shapes.map((shape) => moved(shape, left, top)));
      if (i === chosen) shapes.push(["rect", [left, top, width, height], ""]);
    });
    return { pixels: all, height: high, width: wide, shapes, stale: fresh || tiles.some(({ stale }) => stale) };
  };
  const tileAt = (x, y) => {
    const { height, width } = drawn.canvas;
    return Math.floor((y * rows) / (height + GAP)) * columns + Math.floor((x * columns) / (width + GAP));
  };
  const drawn = pictured(part, tools, drawing, tileAt);
  const titles = make("div", { class: "tile-titles", style: `--columns: ${columns}` });
  drawn.node.append(titles);
  return withMore(drawn, () => each(titles, symbols.value(part.titles), makeName, write));
}

/** A shape elsewhere. */
function moved([kind, numbers, text], left, top) {
  const moves = { circle: 2, rect: 2 }[kind] ?? numbers.length;
  return [kind, numbers.map((number, i) => (i < moves ? number + (i % 2 ? top : left) : number)), text];
}

function makeName() {
  return make("span", { "data-text": "" });
}

function matrix(part, tools) {
  const { symbols } = tools;
  const compose = composer(part.layers, symbols);
  const byCell = tools.controls[part.answer]?.node.kind === "cell";
  const drawing = () => {
    const drawn = compose();
    const chosen = symbols.value(part.choose);
    if (chosen === null) return drawn;
    const box = byCell ? [chosen[1], chosen[0], 1, 1] : [0, chosen, drawn.width, 1];
    return { ...drawn, shapes: [["rect", box, ""]] };
  };
  const drawn = pictured(part, tools, drawing, (_, y) => Math.floor(y));
  const { node, box, canvas } = drawn;
  const [rowNames, columnNames, cells] = ["row-names", "column-names", "cells"].map((kind) => make("div", { class: kind }));
  box.append(cells);
  node.classList.add("matrix");
  node.prepend(rowNames);
  node.append(columnNames);
  return withMore(drawn, () => {
    node.style.setProperty("--rows", canvas.height);
    node.style.setProperty("--columns", canvas.width);
    each(rowNames, symbols.value(part.rows), makeName, write);
    const named = symbols.value(part.columns);
    each(columnNames, named, makeName, write);
    columnNames.classList.toggle("long", named.some((name) => name.length > 2)); // and so turned on its side
    const { data } = asArray(symbols.value(part.values));
    each(cells, part.numbers ? Array.from(data, (value) => written(value, part.numbers)) : [], makeName, write);
  });
}

export { stage, row, matrix };
