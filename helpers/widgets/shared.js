// What every figure is built from: elements, controls, stages, the lens, the theme, the state that Python may read.

const SAVE_AFTER = 250; // milliseconds without a movement before Python hears of it
const LARGEST_SIDE = 384; // a small scene is enlarged by a whole number, to about this many CSS pixels
let controlCount = 0; // radio buttons need a group name of their own

/** An element with attributes and children. Whatever can hold the focus keeps its keys from JupyterLab's shortcuts. */
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (tag === "input" || tag === "button") node.setAttribute("data-lm-suppress-shortcuts", "true");
  node.append(...children);
  return node;
}

/** An element of a drawing in lines, with attributes. */
function svgNode(tag, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/** The frame of a figure: pictures, under them a caption that is read out when it changes, beside them the controls. */
function frame(el, alt, captionLines = 2) {
  const stages = make("div", { class: "stages" });
  const caption = make("p", { class: "caption", "aria-live": "polite", "aria-atomic": "true" });
  caption.style.setProperty("--lines", captionLines);
  const view = make("div", { class: "view" }, stages, caption);
  const panel = make("div", { class: "panel" });
  const root = make("div", { class: "course-figure", role: "group", "aria-label": alt }, view, panel);
  el.append(root);
  return { view, stages, panel, caption, leave: followTheme(root) };
}

/** Keep the figure light or dark as the page behind it is; returns what undoes it. */
function followTheme(root) {
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    root.dataset.theme = isDark(root) ? "dark" : "light";
  };
  // JupyterLab names its theme on the body and loads its colours a moment later: look again then.
  const watcher = new MutationObserver(() => [0, 300, 1500].forEach((wait) => setTimeout(apply, wait)));
  for (const node of [document.body, document.documentElement]) watcher.observe(node, { attributes: true });
  prefersDark.addEventListener("change", apply);
  const arrival = new ResizeObserver(apply); // the page behind is known once the figure stands in it
  arrival.observe(root);
  return () => {
    arrival.disconnect();
    watcher.disconnect();
    prefersDark.removeEventListener("change", apply);
  };
}

/** Whether the first opaque background behind an element is dark; the reader's preference if there is none. */
function isDark(element) {
  for (let node = element.parentElement; node; node = node.parentElement) {
    const [red, green, blue, alpha = 1] = getComputedStyle(node).backgroundColor.match(/[\d.]+/g).map(Number);
    if (alpha > 0.5) return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
  }
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** The values that the hand moves: changed here at once, told to Python when the hand rests, followed when it sets them. */
function liveState(model, names, draw) {
  const state = Object.fromEntries(names.map((name) => [name, model.get(name)]));
  let waiting;
  const save = () => {
    names.forEach((name) => model.set(name, state[name]));
    model.save_changes();
  };
  const followers = names.map((name) => [
    `change:${name}`,
    () => {
      state[name] = model.get(name);
      draw();
    },
  ]);
  followers.forEach(([event, follow]) => model.on(event, follow));
  return {
    state,
    change(changes) {
      Object.assign(state, changes);
      draw();
      clearTimeout(waiting);
      waiting = setTimeout(save, SAVE_AFTER);
    },
    leave: () => followers.forEach(([event, follow]) => model.off(event, follow)),
  };
}

/** A canvas of the scene's own pixels, enlarged by the style sheet to about `side` CSS pixels. */
function stage({ stages }, { title, width, height, side = LARGEST_SIDE }) {
  const canvas = make("canvas", { role: "img", width, height });
  const box = make("div", { class: "stage" }, canvas);
  const column = make("div", { class: "stage-column" }, box);
  const scale = Math.max(1, Math.round(side / Math.max(width, height)));
  column.style.setProperty("--width", `${width * scale}px`);
  if (title) column.prepend(make("p", { class: "stage-title" }, title));
  stages.append(column);
  return { canvas, box, context: canvas.getContext("2d"), width, height };
}

/** Say where a mouse, pen or finger is, in whole pixels of the scene; without `hover` only while it is pressed. */
function followPointer(stage, moved, { hover = true } = {}) {
  const { canvas } = stage;
  const place = (event) => {
    if (!hover && event.buttons === 0) return;
    const box = canvas.getBoundingClientRect();
    const { width, height } = stage; // read anew: a figure may give its stage another size
    moved(
      clamp(Math.floor(((event.clientX - box.left) / box.width) * width), 0, width - 1),
      clamp(Math.floor(((event.clientY - box.top) / box.height) * height), 0, height - 1),
    );
  };
  canvas.classList.add("answers");
  canvas.addEventListener("pointerdown", place);
  canvas.addEventListener("pointermove", place);
}

/** Let a canvas take the focus and answer keys, {key: action}; `help` tells the reader which. */
function followKeys({ view }, { canvas }, help, actions) {
  const id = `course-keys-${controlCount++}`;
  view.append(make("p", { class: "keys", id }, help));
  canvas.tabIndex = 0;
  canvas.setAttribute("data-lm-suppress-shortcuts", "true");
  canvas.setAttribute("aria-describedby", id);
  canvas.addEventListener("keydown", (event) => {
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault(); // the page must not scroll
    event.stopPropagation(); // nor the notebook act on it
    action(event.shiftKey);
  });
}

/** Key actions that move a place by arrow keys, `step` pixels or `stride` with Shift. */
function arrows(move, step, stride) {
  const by = (dx, dy) => (long) => move(dx * (long ? stride : step), dy * (long ? stride : step));
  return { ArrowLeft: by(-1, 0), ArrowRight: by(1, 0), ArrowUp: by(0, -1), ArrowDown: by(0, 1) };
}

/** A ring over a stage that marks the lens; place(lens) moves it, place(null) hides it. */
function lensRing({ box, width, height }) {
  const ring = make("div", { class: "lens", "aria-hidden": "true" });
  box.append(ring);
  return (lens) => {
    ring.hidden = !lens;
    if (!lens) return;
    ring.style.left = `${((lens.x + 0.5) / width) * 100}%`;
    ring.style.top = `${((lens.y + 0.5) / height) * 100}%`;
    ring.style.width = `${((2 * lens.radius + 1) / width) * 100}%`;
  };
}

/** A rectangle over a stage; place({x, y, width, height}) moves it, in pixels of the scene. */
function marker(stage, kind) {
  const box = make("div", { class: `marker ${kind}`, "aria-hidden": "true" });
  stage.box.append(box);
  return ({ x, y, width, height }) => {
    box.style.left = `${(x / stage.width) * 100}%`;
    box.style.top = `${(y / stage.height) * 100}%`;
    box.style.width = `${(width / stage.width) * 100}%`;
    box.style.height = `${(height / stage.height) * 100}%`;
  };
}

/** A labelled slider; its text stands beside it and is what a screen reader says. `max` may depend on the state. */
function slider(panel, { label, min, max, text = String }, moved) {
  const input = make("input", { type: "range", "aria-label": label, min, step: 1 });
  const shown = make("output");
  panel.append(make("label", { class: "slider" }, make("span", {}, label), input, shown));
  input.addEventListener("input", () => moved(Number(input.value)));
  return (value, state) => {
    input.max = typeof max === "function" ? max(state) : max;
    input.disabled = Number(input.max) <= min;
    input.value = value;
    shown.textContent = text(value, state);
    input.setAttribute("aria-valuetext", shown.textContent);
  };
}

/** A row of choices of which one holds. */
function choices(panel, { label, options }, chosen) {
  const group = `course-choice-${controlCount++}`;
  const row = make("div", { class: "choices" });
  const inputs = options.map((option) => {
    const input = make("input", { type: "radio", name: group, value: option });
    input.addEventListener("change", () => chosen(option));
    row.append(make("label", {}, input, make("span", {}, option)));
    return input;
  });
  panel.append(make("fieldset", {}, make("legend", {}, label), row));
  return (value) => inputs.forEach((input) => (input.checked = input.value === value));
}

/** A switch. */
function toggle(panel, label, changed) {
  const input = make("input", { type: "checkbox" });
  panel.append(make("label", { class: "toggle" }, input, make("span", {}, label)));
  input.addEventListener("change", () => changed(input.checked));
  return (value) => (input.checked = value);
}

/** The classes' names and colours, each a switch; classes that the picture lacks are written in grey. */
function legend(panel, names, palette, changed) {
  const list = make("div", { class: "classes" });
  const inputs = names.map((name, label) => {
    const input = make("input", { type: "checkbox" });
    const [red, green, blue] = palette.data.subarray(3 * label, 3 * label + 3);
    input.style.setProperty("--colour", `rgb(${red} ${green} ${blue})`);
    input.style.setProperty("--tick", 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#18181c" : "#ffffff");
    input.addEventListener("change", () => changed(inputs.map((each) => each.checked)));
    // The background is never tinted: its switch would do nothing, so it has none.
    if (label > 0) list.append(make("label", {}, input, make("span", {}, name)));
    return input;
  });
  const all = make("button", { type: "button" });
  const someHidden = () => inputs.some((input) => !input.checked);
  all.addEventListener("click", () => changed(inputs.map((_, label) => label === 0 || someHidden())));
  panel.append(make("fieldset", {}, make("legend", {}, "Classes"), list, all));
  return (visible, present) => {
    inputs.forEach((input, label) => {
      input.checked = visible[label];
      input.parentElement?.toggleAttribute("data-absent", !present.has(label));
    });
    all.textContent = someHidden() ? "Show all" : "Hide all";
  };
}

/** The end of a caption that names what was switched off, or nothing. */
function hiddenClasses(names, visible) {
  const hidden = names.filter((_, label) => !visible[label]);
  return hidden.length ? ` Hidden: ${hidden.join(", ")}.` : "";
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** The entry `by` places further on in a list, round its end. */
function neighbour(list, entry, by) {
  return list[(list.indexOf(entry) + by + list.length) % list.length];
}
