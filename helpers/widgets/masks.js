// Masks over images. Its Python reference is MasksOverImages in masks.py.

const CONTROLS = ["choice", "blend", "lens", "x", "y", "radius", "visible", "outlines"];
const KEYS_HELP = "Arrows move the lens (with Shift, further), + and − resize it, [ and ] change the map.";

async function render({ model, el }) {
  const { image, maps, palette } = await unpack(model);
  const [height, width] = image.shape;
  const [names, classNames, lenses] = ["names", "class_names", "lenses"].map((name) => model.get(name));
  const mapNamed = (name) => mapAt(maps, names.indexOf(name));

  const page = frame(el, model.get("alt"));
  const scene = stage(page, { width, height });
  const placeLens = lensRing(scene);
  const live = liveState(model, CONTROLS, draw);
  const { state, change } = live;

  const show = {
    choice: choices(page.panel, { label: "Map", options: names }, (choice) => change({ choice })),
    blend: slider(page.panel, { label: "Blend", min: 0, max: 100, text: (v) => `${v}%` }, (blend) => change({ blend })),
    lens: choices(page.panel, { label: "The lens shows", options: lenses }, (lens) => change({ lens })),
    radius: slider(page.panel, { label: "Lens size", min: 2, max: 64, text: (v) => `${v} px` }, (radius) => change({ radius })),
    outlines: toggle(page.panel, "Outlines", (outlines) => change({ outlines })),
    classes: legend(page.panel, classNames, palette, (visible) => change({ visible })),
  };

  const moveTo = (x, y) => change({ x: clamp(x, 0, width - 1), y: clamp(y, 0, height - 1) });
  const resize = (by) => () => change({ radius: clamp(state.radius + by, 2, 64) });
  followPointer(scene, moveTo);
  followKeys(page, scene, KEYS_HELP, {
    ...arrows((dx, dy) => moveTo(state.x + dx, state.y + dy), 2, 10),
    "+": resize(2),
    "=": resize(2), // the key that bears the plus, without Shift
    "-": resize(-2),
    "[": () => change({ choice: neighbour(names, state.choice, -1) }),
    "]": () => change({ choice: neighbour(names, state.choice, 1) }),
  });

  /** The layer inside the lens: the photograph, the mask in plain colours, or the truth. */
  function beneath(labels) {
    if (state.lens === "truth") return layer(mapNamed("truth"), width, state);
    const blend = state.lens === "photograph" ? 0 : 100;
    return layer(labels, width, { ...state, blend, outlines: false });
  }

  function describe(labels) {
    const place = state.y * width + state.x;
    const truth = names.includes("truth") ? `; truth: ${classNames[mapNamed("truth")[place]]}` : "";
    const hidden = hiddenClasses(classNames, state.visible);
    return `${state.choice}, blend ${state.blend}%. Under the pointer: ${classNames[labels[place]]}${truth}.${hidden}`;
  }

  function draw() {
    const labels = mapNamed(state.choice);
    const lens = state.lens === "off" ? null : state;
    drawLayers(scene.context, image, palette, layer(labels, width, state), beneath(labels), lens);
    placeLens(lens);
    for (const name of ["choice", "blend", "lens", "radius", "outlines"]) show[name](state[name]);
    show.classes(state.visible, new Set(labels));
    page.caption.textContent = describe(labels);
    scene.canvas.setAttribute("aria-label", `${model.get("alt")} ${page.caption.textContent}`);
  }

  draw();
  return () => {
    page.leave();
    live.leave();
  };
}

export default { render };
