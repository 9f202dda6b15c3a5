// A scene under a mask, and a lens that the hand moves over it. Its Python reference is LensFigure in lens.py.

const LENS_CONTROLS = ["choice", "blend", "lens", "x", "y", "radius", "visible", "outlines"];
const LENS_KEYS = "Arrows move the lens (with Shift, further), + and − resize it, [ and ] change the map.";
const [SMALLEST_LENS, LARGEST_LENS] = [2, 64]; // radius in pixels of the scene

/**
 * Build the figure and keep it drawn.
 *   arrays      image, palette and whatever else the figure sent
 *   controls    names of the figure's own state, beyond LENS_CONTROLS
 *   ownControls (panel, change) => {name: setter}: their inputs, placed under the choice of the map
 *   maskOf      (state) => {labels, truth?}: the label map to show, and the true one
 *   outerLayer  (state, mask) => layer: how it is drawn outside the lens
 *   describe    (state, mask) => the beginning of the caption, which takes up to `captionLines` lines
 */
function lensFigure({ model, el }, { arrays, controls = [], ownControls = () => ({}), ...figure }) {
  const { maskOf, outerLayer, describe, captionLines } = figure;
  const { image, palette } = arrays;
  const [height, width] = image.shape;
  const [alt, names, classNames, lenses] = ["alt", "names", "class_names", "lenses"].map((name) => model.get(name));

  const page = frame(el, alt, captionLines);
  const scene = stage(page, { width, height });
  const placeLens = lensRing(scene);
  const live = liveState(model, [...LENS_CONTROLS, ...controls], draw);
  const { state, change } = live;

  const percent = { min: 0, max: 100, text: (value) => `${value}%` };
  const pixels = { min: SMALLEST_LENS, max: LARGEST_LENS, text: (value) => `${value} px` };
  const show = {
    ...(names.length > 1 && { choice: choices(page.panel, { label: "Map", options: names }, (choice) => change({ choice })) }),
    ...ownControls(page.panel, change),
    blend: slider(page.panel, { label: "Blend", ...percent }, (blend) => change({ blend })),
    lens: choices(page.panel, { label: "The lens shows", options: lenses }, (lens) => change({ lens })),
    radius: slider(page.panel, { label: "Lens size", ...pixels }, (radius) => change({ radius })),
    outlines: toggle(page.panel, "Outlines", (outlines) => change({ outlines })),
  };
  const showClasses = legend(page.panel, classNames, palette, (visible) => change({ visible }));

  const moveTo = (x, y) => change({ x: clamp(x, 0, width - 1), y: clamp(y, 0, height - 1) });
  const resize = (by) => () => change({ radius: clamp(state.radius + by, SMALLEST_LENS, LARGEST_LENS) });
  followPointer(scene, moveTo);
  followKeys(page, scene, LENS_KEYS, {
    ...arrows((dx, dy) => moveTo(state.x + dx, state.y + dy), 2, 10),
    "+": resize(2),
    "=": resize(2), // the key that bears the plus, without Shift
    "-": resize(-2),
    "[": () => change({ choice: neighbour(names, state.choice, -1) }),
    "]": () => change({ choice: neighbour(names, state.choice, 1) }),
  });

  /** The layer inside the lens: the photograph, the mask in plain colours, or the truth. */
  function innerLayer({ labels, truth }) {
    if (state.lens === "truth") return layer(arrays, truth, state);
    const blend = state.lens === "photograph" ? 0 : 100;
    return layer(arrays, labels, { ...state, blend, outlines: false });
  }

  function underPointer({ labels, truth }) {
    const place = state.y * width + state.x;
    const trueClass = truth ? `; truth: ${classNames[truth[place]]}` : "";
    return `Under the pointer: ${classNames[labels[place]]}${trueClass}.${hiddenClasses(classNames, state.visible)}`;
  }

  function draw() {
    const mask = maskOf(state);
    const lens = state.lens === "off" ? null : state;
    drawLayers(scene.context, outerLayer(state, mask), innerLayer(mask), lens);
    placeLens(lens);
    for (const [name, set] of Object.entries(show)) set(state[name], state);
    showClasses(state.visible, new Set(mask.labels));
    page.caption.textContent = `${describe(state, mask)} ${underPointer(mask)}`;
    scene.canvas.setAttribute("aria-label", `${alt} ${page.caption.textContent}`);
  }

  draw();
  return () => {
    page.leave();
    live.leave();
  };
}
