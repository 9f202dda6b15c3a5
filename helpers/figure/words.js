// Parts of words: tokens, ribbons between two rows of them, and lines of text. Their twin is words.py.

import { fresh, make, makeSvg, write, each } from "./page.js";
import { asArray, asList } from "./arrays.js";
import { keysOn, labelled } from "./controls.js";

const [FAINTEST, WIDEST] = [0.03, 12]; // weight of the thinnest ribbon, CSS pixels of one of weight 1

/** Words in a row: radio buttons where one is chosen, check boxes where each is on or off. */
function tokens(part, tools) {
  const { symbols, change } = tools;
  const type = part.choose !== null ? "radio" : part.off !== null ? "checkbox" : null;
  const group = fresh("tokens");
  const list = make("div", { class: "tokens", role: type === "radio" ? "radiogroup" : "group" });
  const press = (i) => change(part.answer, type === "radio" ? i : symbols.value(part.off).map((on, k) => Boolean(on) !== (k === i)));
  const makeToken = (i) => {
    const words = [make("b", { "data-text": "" }), make("small", { "data-text": "" }), make("i")];
    return type ? labelled({ type, name: group }, () => press(i), ...words) : make("span", {}, ...words);
  };
  const go = ({ control }) => {
    control.focus();
    if (type === "radio") control.click();
  };
  if (type) keysOn(list, { Home: () => go(list.firstChild), End: () => go(list.lastChild) }, tools);
  return {
    node: list,
    update() {
      const [words, chosen, on, weights, notes, marked] = ["words", "choose", "off", "weights", "notes", "marked"].map((name) => symbols.value(part[name]));
      const bars = weights && asList(weights);
      const underlined = marked && asList(marked);
      each(list, words, makeToken, (token, word, i) => {
        const [text, note, bar] = [...token.children].slice(-3);
        token.className = "token";
        write(text, word);
        write(note, notes[i] ?? "");
        bar.style.width = bars ? `${100 * (bars[i] ?? 0)}%` : "0";
        bar.hidden = !bars;
        token.toggleAttribute("data-marked", Boolean(underlined?.[i]));
        if (type) token.control.checked = type === "radio" ? i === chosen : Boolean(on[i]);
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
      path.toggleAttribute("data-chosen", target.matches(":has(:checked)"));
    });
  }
  const breaks = new ResizeObserver(update); // lines of words break elsewhere
  breaks.observe(box);
  tools.signal.addEventListener("abort", () => breaks.disconnect());
  return update;
}

function words(part, tools) {
  const node = make("div", { class: "words" });
  const makeLine = () => make("p", { "data-text": "" });
  return { node, update: () => each(node, part.lines, makeLine, (line, text) => write(line, tools.symbols.write(text))) };
}

export { tokens, ribbons, words };
