// Controls of the panel. Each builder takes the control and the figure's tools, and returns {node, update}.

import { fresh, make, write, each, clamp } from "./page.js";
import { at } from "./arrays.js";

/** The values of a control in the present state: `value` and its arguments. */
function givenOf({ number, node }, { symbols }) {
  return { value: symbols.value({ $: number }), ...symbols.inputsOf(node) };
}

function slider(control, tools) {
  const { name, step, play } = control.node;
  const input = make("input", { type: "range", "aria-label": name });
  const shown = make("output");
  const node = make("div", { class: "slider" }, make("span", { "aria-hidden": "true" }, name), input, shown);
  input.addEventListener("input", () => {
    tools.players.forEach(({ pause }) => pause());
    tools.change(name, Number(input.value));
  });
  const player = play ? makePlayer(control, tools) : null;
  if (player) node.prepend(player.button);
  return {
    node,
    update() {
      const { value, start, count } = givenOf(control, tools);
      Object.assign(input, { min: start, max: start + Math.max(count - 1, 0) * step, step, value });
      input.disabled = count <= 1;
      write(shown, tools.symbols.write({ $: control.number }));
      input.setAttribute("aria-valuetext", shown.textContent);
    },
  };
}

/** The place of a slider or a choice among its values, the last one, and how to go to another. */
function placeOf(control, tools) {
  const { value, start = 0, step = 1, count, options } = givenOf(control, tools);
  const [place, last] = [(value - start) / step, Math.max((count ?? options.length) - 1, 0)];
  return { place, last, go: (to) => tools.change(control.node.name, start + clamp(to, 0, last) * step) };
}

/** Move a slider or a choice by so many steps, or to an end; says whether more steps follow. */
function move(control, tools, by, round = false) {
  const { place, last, go } = placeOf(control, tools);
  const next = round ? (place + by + last + 1) % (last + 1) : clamp(place + by, 0, last);
  if (next !== place) go(next);
  return next < last;
}

/** Arrow keys as actions: moved(dx, dy, far). */
function arrows(moved) {
  const by = (dx, dy) => (far) => moved(dx, dy, far);
  return { ArrowLeft: by(-1, 0), ArrowRight: by(1, 0), ArrowUp: by(0, -1), ArrowDown: by(0, 1) };
}

/** Let keys act where the focus is in `node`: actions[key](with Shift). Whatever plays pauses, but for Space. */
function keysOn(node, actions, { players }) {
  node.addEventListener("keydown", (event) => {
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault(); // the page must not scroll
    event.stopPropagation(); // nor the notebook act on it
    if (event.key !== " ") players.forEach(({ pause }) => pause());
    action(event.shiftKey);
  });
}

/** A button that goes through a slider's values. Where the reader prefers reduced motion each press is one step. */
function makePlayer(control, tools) {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const button = make("button", { type: "button", class: "play" });
  let timer = null;
  const show = () => write(button, still.matches ? "Next step" : timer ? "Pause" : "Play");
  const pause = () => {
    clearInterval(timer);
    timer = null;
    show();
  };
  const press = () => {
    if (timer) return pause();
    const { place, last } = placeOf(control, tools);
    const more = place >= last ? (move(control, tools, -Infinity), true) : move(control, tools, 1);
    if (more && !still.matches) timer = setInterval(() => move(control, tools, 1) || pause(), control.node.every);
    show();
  };
  button.addEventListener("click", press);
  still.addEventListener("change", pause, { signal: tools.signal });
  tools.signal.addEventListener("abort", pause);
  show();
  const player = { name: control.node.name, button, press, pause };
  tools.players.push(player);
  return player;
}

/** An input with words beside it; `changed` hears of it when a hand sets it. */
function labelled(attributes, changed, ...words) {
  const input = make("input", attributes);
  input.addEventListener("change", () => changed(input));
  return make("label", {}, input, ...words);
}

function choice(control, tools) {
  const { name } = control.node;
  const group = fresh("choice");
  const row = make("div", { class: "tokens" });
  const makeOption = (i) => labelled({ type: "radio", name: group }, () => tools.change(name, i), make("b"));
  return {
    node: make("fieldset", {}, make("legend", {}, name), row),
    update() {
      const { value, options } = givenOf(control, tools);
      each(row, options, makeOption, (label, option, i) => {
        label.className = "token";
        label.control.checked = i === value;
        write(label.lastChild, option);
      });
    },
  };
}

function toggle(control, tools) {
  const { name } = control.node;
  const node = labelled({ type: "checkbox" }, ({ checked }) => tools.change(name, checked), name);
  node.className = "toggle";
  return { node, update: () => (node.control.checked = Boolean(givenOf(control, tools).value)) };
}

/** A switch a name; a legend's show the classes' colours, and classes that the picture lacks are written in grey. */
function switches(control, tools) {
  const { name, kind } = control.node;
  const first = kind === "legend" ? 1 : 0; // the background is never drawn: its switch would do nothing
  const list = make("div", { class: kind === "legend" ? "classes" : "switches" });
  const all = make("button", { type: "button" });
  let flags = [];
  let [looked, has] = [null, null]; // the labels that were looked through last, and which classes they have
  const turn = (next) => tools.change(name, flags.map(next));
  all.addEventListener("click", () => turn((_, i) => i < first || flags.includes(0)));
  const flip = (i) => turn((on, k) => Boolean(on) !== (k === i));
  const makeSwitch = (i) => labelled({ type: "checkbox" }, () => flip(i + first), make("span"));
  return {
    node: make("fieldset", {}, make("legend", {}, name), list, all),
    update() {
      const { value, names, colours, present } = givenOf(control, tools);
      flags = value;
      if (present !== looked) [looked, has] = [present, present && classesIn(present.data)];
      each(list, names.slice(first), makeSwitch, (label, text, i) => {
        const [input, written] = label.children;
        write(written, text);
        input.checked = Boolean(flags[i + first]);
        label.toggleAttribute("data-absent", Boolean(has) && !has[i + first]);
        if (colours) input.style.accentColor = `rgb(${at(colours, i + first).data.join(" ")})`;
      });
      write(all, flags.includes(0) ? "Show all" : "Hide all");
    },
  };
}

/** 1 for each class that some labels have; a Set of them takes ten times as long. */
function classesIn(labels) {
  const found = new Uint8Array(256);
  for (let i = 0; i < labels.length; i++) found[labels[i]] = 1;
  return found;
}

/** An input to type in; with Shift, Enter would run the notebook's cell. */
function makeInput(attributes) {
  const input = make("input", attributes);
  input.addEventListener("keydown", (event) => event.key === "Enter" && event.stopPropagation());
  return input;
}

function field(control, tools) {
  const { name, most, button: does } = control.node;
  const input = makeInput({ type: "text", maxlength: most, "aria-label": name });
  const node = make("form", { class: "field" }, make("span", { "aria-hidden": "true" }, name), input, make("button", {}, does));
  node.addEventListener("submit", (event) => {
    event.preventDefault(); // the page stays
    tools.change(name, input.value);
  });
  return {
    node,
    update() {
      if (document.activeElement !== input) input.value = givenOf(control, tools).value;
    },
  };
}

const PANEL = { slider, choice, toggle, switches, field };

export { PANEL, givenOf, placeOf, move, arrows, keysOn, labelled, makeInput };
