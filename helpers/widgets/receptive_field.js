// Receptive field: what a unit sees of a scene. Its Python reference is ReceptiveField in receptive_field.py.

const CONTROLS = ["layer", "row", "column", "blend"];
const KEYS = "Click near a dot, or move from dot to dot with the arrows; [ and ] change the layer.";

async function render({ model, el }) {
  const arrays = await unpack(model);
  const { image, colours } = arrays;
  const [height, width] = image.shape;
  const layers = model.get("layers").map((layer, i) => ({ ...layer, heat: arrays[`heat ${i}`], reach: arrays[`reach ${i}`] }));
  const [alt, names] = [model.get("alt"), layers.map((layer) => layer.name)];

  const page = frame(el, alt, 3);
  const scene = stage(page, { width, height });
  const placeField = marker(scene, "field");
  const showUnits = unitDots(scene);
  const live = liveState(model, CONTROLS, draw);
  const { state, change } = live;

  const changeLayer = (name) => {
    const { x, y } = centreOf(unitOf(state)); // stay at this place of the scene
    change({ layer: name, ...nearest(layers[names.indexOf(name)], x, y) });
  };
  const showLayer = choices(page.panel, { label: "Layer", options: names }, changeLayer);
  const strength = { label: "Gradient", min: 0, max: 100, text: (value) => `${value}%` };
  const showBlend = slider(page.panel, strength, (blend) => change({ blend }));
  colourKey(page.panel, colours);

  followPointer(scene, (x, y) => change(nearest(unitOf(state).layer, x, y)), { hover: false });
  followKeys(page, scene, KEYS, {
    ...arrows(moveBy, 1, 2),
    "[": () => changeLayer(neighbour(names, state.layer, -1)),
    "]": () => changeLayer(neighbour(names, state.layer, 1)),
  });

  function moveBy(dx, dy) {
    const { layer, row, column } = unitOf(state);
    change({ row: clamp(row + dy, 0, layer.rows.length - 1), column: clamp(column + dx, 0, layer.columns.length - 1) });
  }

  /** The state's layer and unit; a layer with fewer units shows its last. */
  function unitOf({ layer: name, row, column }) {
    const layer = layers[names.indexOf(name)];
    return { layer, row: Math.min(row, layer.rows.length - 1), column: Math.min(column, layer.columns.length - 1) };
  }

  function describe({ layer, row, column }, field) {
    const reach = layer.reach.data[row * layer.columns.length + column];
    const beyond = field.x < 0 || field.y < 0 || field.x + layer.size > width || field.y + layer.size > height;
    const outside = beyond ? ", some of them outside the scene" : "";
    const half = reach ? `Half of its gradient lies in the middle ${reach} x ${reach}.` : "No gradient reaches the scene.";
    const [rows, columns] = layer.grid;
    const place = `${layer.name}, unit at row ${layer.rows[row]}, column ${layer.columns[column]} of ${rows} x ${columns}`;
    return `${place}: it can see ${layer.size} x ${layer.size} pixels${outside}. ${half}`;
  }

  function draw() {
    const unit = unitOf(state);
    const field = fieldOf(unit);
    drawField(scene.context, image, colours, unit, field, state.blend / 100);
    placeField(field);
    showUnits(unit);
    showLayer(state.layer);
    showBlend(state.blend);
    page.caption.textContent = describe(unit, field);
    scene.canvas.setAttribute("aria-label", `${alt} ${page.caption.textContent}`);
  }

  draw();
  return () => {
    page.leave();
    live.leave();
  };
}

/** The pixels that a unit can see; they may reach beyond the scene. */
function fieldOf({ layer, row, column }) {
  const [x, y] = [layer.columns[column], layer.rows[row]].map((unit) => layer.start + layer.stride * unit);
  return { x, y, width: layer.size, height: layer.size };
}

function centreOf(unit) {
  const { x, y, width, height } = fieldOf(unit);
  return { x: x + (width - 1) / 2, y: y + (height - 1) / 2 };
}

/** The unit of a layer whose field is centred nearest to a place. */
function nearest({ rows, columns, start, stride, size }, x, y) {
  const closest = (units, place) => {
    const distances = units.map((unit) => Math.abs(start + stride * unit + (size - 1) / 2 - place));
    return distances.indexOf(Math.min(...distances));
  };
  return { row: closest(rows, y), column: closest(columns, x) };
}

/** The scene, dim outside the field; inside, the stronger the gradient the more of its colour. */
function drawField(context, { data, shape: [height, width] }, colours, { layer, row, column }, field, blend) {
  const heat = mapAt(layer.heat, row * layer.columns.length + column);
  const cells = layer.heat.shape.at(-1);
  const [left, top] = [Math.max(field.x, 0), Math.max(field.y, 0)];
  drawPixels(context, width, height, (x, y, channel) => {
    const value = data[3 * (y * width + x) + channel];
    if (x < left || y < top || x >= field.x + field.width || y >= field.y + field.height) return Math.floor((value * 45) / 100);
    const here = heat[Math.floor((y - top) / layer.cell) * cells + Math.floor((x - left) / layer.cell)];
    const weight = (here / 255) * blend;
    return Math.floor(value * (1 - weight) + colours.data[3 * here + channel] * weight + 0.5);
  });
}

/** Which colour stands for how much; like the gradient itself, the weaker the more it lets through. */
function colourKey(panel, colours) {
  const stop = (i) => `rgb(${colours.data.subarray(3 * i, 3 * i + 3).join(" ")} / ${i / 255})`;
  const stops = [0, 51, 102, 153, 204, 255].map(stop);
  const ramp = make("span", { class: "ramp" });
  ramp.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  panel.append(make("p", { class: "colour-key" }, "no gradient", ramp, "the strongest"));
}

/** A dot at the centre of each unit's field; show(unit) draws those of its layer and marks the unit. */
function unitDots({ box, width, height }) {
  let shown = null;
  let dots = [];
  return ({ layer, row, column }) => {
    if (layer !== shown) {
      dots.forEach((dot) => dot.remove());
      dots = layer.rows.flatMap((_, r) => layer.columns.map((_, c) => dotAt(centreOf({ layer, row: r, column: c }))));
      shown = layer;
    }
    dots.forEach((dot, i) => dot.classList.toggle("chosen", i === row * layer.columns.length + column));
  };

  function dotAt({ x, y }) {
    const dot = make("div", { class: "unit", "aria-hidden": "true" });
    dot.style.left = `${((x + 0.5) / width) * 100}%`;
    dot.style.top = `${((y + 0.5) / height) * 100}%`;
    box.append(dot);
    return dot;
  }
}

export default { render };
