// Parts of a figure: each builder gives {node, update}. Their twin is parts.py.

import { make, makeSvg, write, each } from "./page.js";
import { asArray, asList } from "./arrays.js";
import { composer } from "./layers.js";
import { written } from "./symbols.js";
import { entries } from "./controls.js";
import { pointer, cell, one, handle, grip, paint, answerOn } from "./pointing.js";
import { key } from "./sound.js";

const [GAP, BETWEEN] = [1, 110];
const LARGE = 480; // pixels from which a picture is rather shrunk than enlarged, and pixels would drop out of its lines
const NARROWEST = 48; // CSS pixels of a picture's shorter side
const [FAINTEST, WIDEST] = [0.03, 12]; // weight of the thinnest ribbon, CSS pixels of one of weight 1

/** A picture on a canvas with shapes over it: show({pixels, height, width, shapes, stale}). */
function picture(side) {
  const canvas = make("canvas", { role: "img" });
  const context = canvas.getContext("2d");
  const box = make("div", { class: "picture" }, canvas);
  const over = overlay(box);
  let [image, words] = [null, null]; // the canvas' pixels, as bytes and as one number each
  function fit(height, width) {
    Object.assign(canvas, { width, height });
    image = context.createImageData(width, height);
    words = new Uint32Array(image.data.buffer);
    const longer = Math.max(width, height);
    canvas.style.imageRendering = longer < LARGE ? "pixelated" : "auto";
    const scale = longer > side ? side / longer : Math.max(1, Math.round(side / longer));
    box.style.setProperty("--width", `${Math.max(width * scale, NARROWEST)}px`);
    box.style.aspectRatio = `${Math.max(width * scale, NARROWEST)} / ${Math.max(height * scale, NARROWEST / 2)}`;
  }
  return {
    box,
    canvas,
    show({ pixels, height, width, shapes, stale }) {
      const resized = image?.width !== width || image.height !== height;
      if (resized) fit(height, width);
      if (stale || resized) {
        for (let i = 0, at = 0; i < words.length; i++, at += 3) {
          words[i] = (255 << 24) | (pixels[at + 2] << 16) | (pixels[at + 1] << 8) | pixels[at];
        }
        context.putImageData(image, 0, 0);
      }
      over(shapes, height, width);
    },
  };
}

const SVG_OF = { rect: "rect", circle: "circle", arrow: "path", line: "path" };

/** Shapes over a picture: lines twice, a dark rim below a white line; texts as elements of the page. */
function overlay(box) {
  const svg = makeSvg("svg", { class: "over", "aria-hidden": "true", preserveAspectRatio: "none" });
  const texts = make("div", { class: "over", "aria-hidden": "true" });
  box.append(svg, texts);
  return (shapes, height, width) => {
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const lines = shapes.filter(([kind]) => kind !== "text");
    const kinds = lines.map(([kind]) => kind).join();
    if (svg.dataset.kinds !== kinds) {
      svg.dataset.kinds = kinds;
      svg.replaceChildren(
        ...["rim", "stroke"].flatMap((role) => lines.map(([kind]) => makeSvg(SVG_OF[kind], { class: `${role} ${kind}` }))),
      );
    }
    lines.forEach(([kind, numbers], i) => {
      for (const node of [svg.children[i], svg.children[i + lines.length]]) place(node, kind, numbers, width / 40);
    });
    each(
      texts,
      shapes.filter(([kind]) => kind === "text"),
      () => make("span"),
      (span, [, [x, y], text]) => {
        Object.assign(span.style, { left: `${(100 * x) / width}%`, top: `${(100 * y) / height}%` });
        write(span, text);
      },
    );
  };
}

function place(node, kind, numbers, head) {
  const names = { rect: ["x", "y", "width", "height"], circle: ["cx", "cy", "r"] }[kind];
  if (names) return names.forEach((name, i) => node.setAttribute(name, numbers[i]));
  const [x0, y0, x1, y1] = numbers;
  const path = `M${x0} ${y0}L${x1} ${y1}`;
  const turn = Math.atan2(y1 - y0, x1 - x0);
  const barb = (by) => `M${x1} ${y1}l${head * Math.cos(turn + by)} ${head * Math.sin(turn + by)}`;
  node.setAttribute("d", kind === "arrow" && (x0 !== x1 || y0 !== y1) ? path + barb(2.6) + barb(-2.6) : path);
}

/** What answers on a picture: the control that the part names, as pointing.js knows it. */
function answerFor(part, tools, canvas, along) {
  const control = tools.controls[part.answer];
  if (!control) return null;
  const ways = {
    pointer: () => pointer(control, tools, part.cells),
    cell: () => cell(control, tools, canvas),
    entries: () => null, // inputs of their own
    boxhandle: () => handle(control, tools, () => canvas.height, () => canvas.width),
    grip: () => grip(control, tools, () => canvas.height, () => canvas.width),
    paint: () => paint(control, tools),
    key: () => key(control, tools, canvas),
    slider: () => one(control, tools, along),
    choice: () => one(control, tools, along),
  };
  return ways[control.node.kind]();
}

/** A canvas that draws, answers and speaks; `drawing` gives what picture.show() takes. */
function canvasPart(part, tools, drawing, along) {
  const { box, canvas, show } = picture(part.side);
  const answer = answerFor(part, tools, canvas, along);
  if (answer) tools.answering(canvas, answer);
  else tools.silent.push(canvas);
  const node = make("div", {}, box);
  if (answer?.wipe) {
    const wipe = make("button", { type: "button" }, "Wipe the pad");
    wipe.addEventListener("click", answer.wipe);
    node.append(wipe);
  }
  return {
    node,
    canvas,
    update() {
      const drawn = drawing();
      const pen = answer?.pen ? [["circle", [answer.pen.x, answer.pen.y, answer.pen.down ? 0.5 : 0.9], ""]] : [];
      show({ ...drawn, shapes: [...drawn.shapes, ...pen] });
    },
    label(caption) {
      const told = answer?.pen ? [`Pen at row ${answer.pen.y - 0.5}, column ${answer.pen.x - 0.5}, ${answer.pen.down ? "drawing" : "lifted"}.`] : [];
      canvas.setAttribute("aria-label", [tools.symbols.write(part.title) || tools.alt, caption, ...told].join(" "));
    },
  };
}

function stage(part, tools) {
  const drawn = canvasPart(part, tools, composer(part.layers, tools.symbols));
  const control = tools.controls[part.answer];
  if (control?.node.kind !== "entries") return drawn;
  const typed = entries(control, tools, drawn.node.firstChild);
  return {
    ...drawn,
    update() {
      drawn.update();
      typed();
    },
  };
}

function row(part, tools) {
  const { symbols } = tools;
  const count = part.count;
  const columns = Math.min(part.columns, count);
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
    const shapes = [];
    const chosen = symbols.value(part.chosen);
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
  const along = (across, down) => Math.min(Math.floor(down * rows), rows - 1) * columns + Math.min(Math.floor(across * columns), columns - 1);
  const drawn = canvasPart(part, tools, drawing, along);
  const titles = make("div", { class: "tile-titles", style: `--columns: ${columns}` });
  drawn.node.append(titles);
  const { update } = drawn;
  return {
    ...drawn,
    update() {
      update();
      each(titles, symbols.value(part.titles), () => make("span", { "data-text": "" }), write);
    },
  };
}

/** A shape elsewhere. */
function moved([kind, numbers, text], left, top) {
  const moves = { circle: 2, rect: 2 }[kind] ?? numbers.length;
  return [kind, numbers.map((number, i) => (i < moves ? number + (i % 2 ? top : left) : number)), text];
}

function matrix(part, tools) {
  const { symbols } = tools;
  const compose = composer(part.layers, symbols);
  const wholeRows = tools.controls[part.answer]?.node.kind !== "cell";
  const drawing = () => {
    const drawn = compose();
    const chosen = symbols.value(part.choose);
    if (chosen === null) return drawn;
    const box = wholeRows ? [0, chosen, drawn.width, 1] : [chosen[1], chosen[0], 1, 1];
    return { ...drawn, shapes: [["rect", box, ""]] };
  };
  const drawn = canvasPart(part, tools, drawing, (_, down) => Math.floor(down * asArray(symbols.value(part.values)).shape[0]));
  const names = () => make("span", { "data-text": "" });
  const [rowNames, columnNames, cells] = ["row-names", "column-names", "cells"].map((kind) => make("div", { class: kind }));
  drawn.node.firstChild.append(cells);
  drawn.node.className = "matrix";
  drawn.node.prepend(rowNames);
  drawn.node.append(columnNames);
  const { update } = drawn;
  return {
    ...drawn,
    update() {
      update();
      const { data, shape: [rows, columns] } = asArray(symbols.value(part.values));
      drawn.node.style.setProperty("--rows", rows);
      drawn.node.style.setProperty("--columns", columns);
      each(rowNames, symbols.value(part.rows), names, write);
      each(columnNames, symbols.value(part.columns), names, write);
      const shades = part.numbers ? Array.from(data, (value) => written(value, part.numbers)) : [];
      each(cells, shades, names, write);
    },
  };
}

function tokens(part, tools) {
  const { symbols, change } = tools;
  const chooses = part.choose !== null;
  const list = make("div", { class: "tokens", role: chooses ? "radiogroup" : "group" });
  const flags = () => symbols.value(part.off);
  const press = (i) => {
    if (chooses) return change(part.answer, i);
    if (part.off) change(part.answer, flags().map((on, k) => (k === i ? !on : Boolean(on))));
  };
  const makeToken = (i) => {
    const tag = chooses || part.off ? "button" : "span";
    const token = make(tag, { class: "token" }, make("b", { "data-text": "" }), make("small", { "data-text": "" }), make("i"));
    token.addEventListener("click", () => press(i));
    if (chooses && part.hover) token.addEventListener("pointerenter", () => press(i));
    if (tag === "button") token.type = "button";
    if (chooses) token.setAttribute("role", "radio");
    return token;
  };
  list.addEventListener("keydown", (event) => {
    const count = list.children.length;
    const now = [...list.children].indexOf(event.target);
    const next = { ArrowLeft: now - 1, ArrowUp: now - 1, ArrowRight: now + 1, ArrowDown: now + 1, Home: 0, End: count - 1 }[event.key];
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const token = list.children[(next + count) % count];
    if (chooses) press((next + count) % count);
    token.focus();
  });
  return {
    node: list,
    update() {
      const [words, chosen, weights, notes, marked] = ["words", "choose", "weights", "notes", "marked"].map((name) => symbols.value(part[name]));
      const on = part.off ? flags() : null;
      const bars = weights && asList(weights);
      const underlined = marked && asList(marked);
      each(list, words, makeToken, (token, word, i) => {
        const [text, note, bar] = token.children;
        write(text, word);
        write(note, notes[i] ?? "");
        bar.style.width = bars ? `${100 * (bars[i] ?? 0)}%` : "0";
        bar.hidden = !bars;
        token.toggleAttribute("data-chosen", i === chosen);
        token.toggleAttribute("data-off", Boolean(on) && !on[i]);
        token.toggleAttribute("data-marked", Boolean(underlined?.[i]));
        if (chooses) {
          token.setAttribute("aria-checked", i === chosen);
          token.tabIndex = i === chosen ? 0 : -1;
        } else if (on) token.setAttribute("aria-pressed", !on[i]);
      });
    },
    label: () => list.setAttribute("aria-label", symbols.write(part.title) || part.answer || "Words"),
  };
}

/** Ribbons over two rows of tokens in `box`, from each word of the second to those of the first that it weighs. */
function ribbons(part, tools, box) {
  const svg = makeSvg("svg", { class: "drawing", "aria-hidden": "true" });
  box.prepend(svg);
  function update() {
    const [sources, targets] = [...box.querySelectorAll(".tokens > .tokens")].map((list) => [...list.children]);
    const { data, shape } = asArray(tools.symbols.value(part.weights));
    const frame = box.getBoundingClientRect();
    const placeOf = (token, side) => {
      const { left, width, [side]: y } = token.getBoundingClientRect();
      return [left + width / 2 - frame.left, y - frame.top];
    };
    const pairs = targets.flatMap((target, row) => sources.map((source, column) => ({ source, target, weight: data[row * shape[1] + column] })));
    each(svg, pairs.filter(({ weight }) => weight >= FAINTEST), () => makeSvg("path"), (path, { source, target, weight }) => {
      const [[x0, y0], [x1, y1]] = [placeOf(source, "bottom"), placeOf(target, "top")];
      const middle = (y0 + y1) / 2;
      path.setAttribute("d", `M${x0} ${y0}C${x0} ${middle} ${x1} ${middle} ${x1} ${y1}`);
      path.setAttribute("stroke-width", WIDEST * weight);
      path.toggleAttribute("data-chosen", target.hasAttribute("data-chosen"));
    });
  }
  new ResizeObserver(update).observe(box); // lines of words break elsewhere
  return update;
}

function words(part, tools) {
  const node = make("div", { class: "words" });
  return {
    node,
    update: () => each(node, part.lines, () => make("p", { "data-text": "" }), (line, arg) => write(line, tools.symbols.write(arg))),
  };
}

export { ribbons, stage, row, matrix, tokens, words, answerFor };
