// Symbols: their values in the present state, and how captions write them. Their twin is symbols.py.

import { at, same, asList, leastOf } from "./arrays.js";
import { upsampled, ink } from "./raster.js";

const NOTHING = "–";
const KIT = { upsampled, ink };

/** A number with so many decimals, rounded half away from 0, as Python's decimal() writes it. */
function decimal(value, places, plus = false) {
  const whole = Math.floor(Math.abs(value) * 10 ** places + 0.5);
  const sign = whole === 0 ? "" : value < 0 ? "−" : plus ? "+" : "";
  const after = places ? `.${String(whole % 10 ** places).padStart(places, "0")}` : "";
  return `${sign}${Math.floor(whole / 10 ** places)}${after}`;
}

/** A value as a caption writes it: spec is "", ".2f", "+.1f" or ".0%". */
function written(value, spec = "") {
  if (value === null || value === undefined || (typeof value === "number" && !Number.isFinite(value))) return NOTHING;
  if (typeof value === "string") return value;
  if (typeof value === "object") return asList(value).map((each) => written(each, spec)).join(", ");
  if (!spec && Number.isInteger(Number(value))) return decimal(value, 0);
  const [, plus, places, unit] = spec.match(/^(\+?)\.(\d)([f%])$/) ?? [null, "", 2, "f"];
  return decimal(value * (unit === "%" ? 100 : 1), Number(places), plus === "+") + (unit === "%" ? "%" : "");
}

/** The number of the centre that is nearest to a place. */
function nearestTo(centres, place) {
  return leastOf(asList(centres).map((centre) => Math.abs(centre - place)));
}

/** The value of a symbol; a control that is not here is what the hand left. */
const FINDERS = {
  pick: ({ of, at: places }) => places.reduce(at, of),
  slider: ({ now, start, step, count }) => Math.min(now, start + Math.max(count - 1, 0) * step),
  choice: ({ now, options }) => Math.min(now, Math.max(options.length - 1, 0)),
  toggle: ({ now }) => Number(now),
  pointer: ({ now: [x, y], rows, columns }) => (rows ? [nearestTo(columns, x), nearestTo(rows, y)] : [x, y]),
  cell: ({ now, shape }) => now.map((place, axis) => Math.min(place, Math.max(shape[axis] - 1, 0))),
  switches: ({ now, names }) => names.map((_, i) => (i < now.length ? Number(now[i]) : 1)),
};

/** How a caption writes a control, given its value and its other inputs. */
const WRITERS = {
  slider(value, { start, step, labels }, spec) {
    if (typeof labels === "string") return labels.replace("{}", written(value, spec));
    return labels[Math.min((value - start) / step, labels.length - 1)];
  },
  choice: (value, { options }) => options[value] ?? "",
  toggle: (value) => (value ? "on" : "off"),
  pointer: ([x, y]) => `row ${written(y)}, column ${written(x)}`,
  cell: ([row, column]) => `row ${row}, column ${column}`,
  switches(value, { names, off }) {
    const hidden = names.filter((_, i) => !value[i]);
    return hidden.length ? off.replace("{}", hidden.join(", ")) : "";
  },
  paint: (strokes) => written(strokes.length),
};

/**
 * What finds the values of symbols.
 *   nodes   the symbols, those first that others depend on
 *   arrays  what unpack() gave
 *   state   control -> value; read anew each time
 *   labs    name -> function, of the figure's own scripts
 *   ask     (node, inputs) => what Python said of them, or what is stored
 */
function symbolsOf({ nodes, arrays, state, labs, ask }) {
  const tree = (numbers) => (Array.isArray(numbers) ? numbers.map(tree) : arrays[numbers]);
  const trees = nodes.map((node) => (node.kind === "stored" ? tree(node.tree) : null));
  const memory = nodes.map(() => []);
  const symbols = { turn: 0, value, write, inputsOf, spell };

  /** The value of an argument: a symbol's, or the argument itself. */
  function value(arg) {
    if (Array.isArray(arg)) return arg.map(value);
    return arg !== null && typeof arg === "object" ? valueOf(arg.$) : arg;
  }

  function inputsOf(node) {
    const inputs = {};
    for (const name in node) if (name !== "kind") inputs[name] = value(node[name]);
    return inputs;
  }

  function valueOf(number) {
    const node = nodes[number];
    const { kind } = node;
    if (kind === "stored") return trees[number];
    if (kind === "names") return node.texts;
    if (kind === "each") return symbols.turn;
    if (kind === "text") return spell(node);
    const inputs = inputsOf(node);
    if (kind === "ask") return ask(number, inputs);
    if (node.name in state) inputs.now = state[node.name];
    const kept = memory[number][symbols.turn];
    if (kept && same(kept.inputs, inputs)) return kept.result;
    const find = kind === "lab" ? (labs[node.name] ?? KIT[node.name]) : (FINDERS[node.like ?? kind] ?? (({ now }) => now));
    const result = find(inputs);
    memory[number][symbols.turn] = { inputs, result };
    return result;
  }

  /** An argument as a caption writes it. */
  function write(arg, spec = "") {
    const node = arg !== null && typeof arg === "object" && !Array.isArray(arg) ? nodes[arg.$] : null;
    const writer = WRITERS[node?.like];
    return writer ? writer(value(arg), inputsOf(node), spec) : written(value(arg), spec);
  }

  function spell({ parts }) {
    const text = parts.map((part) => (typeof part === "string" ? part : write(...part))).join("");
    return text.split(/\s+/).filter(Boolean).join(" ");
  }

  return symbols;
}

export { symbolsOf, written };
