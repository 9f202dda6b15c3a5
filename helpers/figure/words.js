// Parts of words: tokens, ribbons between two rows of them, and lines of text. Their twin is words.py.

import { make, makeSvg, write, each } from "./page.js";
import { asArray, asList } from "./arrays.js";
import { arrows, keysOn } from "./controls.js";

const [FAINTEST, WIDEST] = [0.03, 12]; // weight of the thinnest ribbon, CSS pixels of one of weight 1

function tokens(part, tools) {
  const { symbols, change } = tools;
  const [chooses, switches] = [part.choose !== null, part.off !== null];
  const list = make("div", { class: "tokens", role: chooses ? "radiogroup" : "group" });
  const press = (i) => {
    if (chooses) return change(part.answer, i);
    if (switches) change(part.answer, symbols.value(part.off).map((on, k) => (k === i ? !on : Boolean(on))));
  };
  const makeToken = (i) => {
    const tag = chooses || switches ? "button" : "span";
    const token = make(tag, { class: "token" }, make("b", { "data-text": "" }), make("small", { "data-text": "" }), make("i"));
    token.addEventListener("click", () => press(i));
    if (tag === "button") token.type = "button";
    if (chooses) token.setAttribute("role", "radio");
    return token;
  };
  const here = () => [...list.children].indexOf(document.activeElement);
  const go = (place) => {
    const next = (place + list.children.length) % list.children.length;
    if (chooses) press(next);
    list.children[next].focus();
  };
  keysOn(list, { ...arrows((dx, dy) => go(here() + dx + dy)), Home: () => go(0), End: () => go(-1) }, tools);
  return {
    node: list,
    update() {
      const [words, chosen, on, weights, notes, marked] = ["words", "choose", "off", "weights", "notes", "marked"].map((name) => symbols.value(part[name]));
      const bars = weights && asList(weights);
      const underlined = marked && asList(marked);
      each(list, words, makeToken, (token, word, i) => {
        const [text, note, bar] = token.children;
        write(text, word);
        write(note, notes[i] ?? "");
        bar.style.width = bars ? `${100 * (bars[i] ?? 0)}%` : "0";
        bar.hidden = !bars;
        token.toggleAttribute("data-chosen", i === chosen);
        token.toggleAttribute("data-off", switches && !on[i]);
        token.toggleAttribute("data-marked", Boolean(underlined?.[i]));
        if (chooses) {
          token.setAttribute("aria-checked", i === chosen);
          token.tabIndex = i === chosen ? 0 : -1;
        } else if (switches) token.setAttribute("aria-pressed", !on[i]);
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
