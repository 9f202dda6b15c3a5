// Sampling grid: a box on a photograph and what is read there. Its Python reference is SamplingGrid in sampling_grid.py.

const PARTS = ["x", "y", "scale", "angle", "stretch", "shear"];
const WHOLE = { x: 0, y: 0, scale: 100, angle: 0, stretch: 100, shear: 0 };
const LIMITS = { x: [-100, 100], y: [-100, 100], scale: [5, 200], angle: [-180, 180], stretch: [25, 400], shear: [-100, 100] };
const BOX_KEYS =
  "Photograph: drag the box, a corner to scale it, its knob to turn it; or arrows move it (with Shift, further), " +
  "+ and − scale it, [ and ] turn it.";
const PIXEL_KEYS = "Output: point at a pixel, or move with the arrows, to see where it reads.";
const GRASP = { mouse: 13, pen: 16, touch: 26 }; // CSS pixels from a handle within which it is meant
const CURSORS = { move: "move", scale: "nwse-resize", turn: "grab" };

async function render({ model, el }) {
  const { image } = await unpack(model);
  const [height, width] = image.shape;
  const [alt, side, margin] = ["alt", "side", "margin"].map((name) => model.get(name));

  const page = frame(el, alt, 4);
  const scene = stage(page, {
    title: "Photograph; beyond its edge, 0",
    width: width + 2 * margin,
    height: height + 2 * margin,
  });
  const aside = { stages: make("div", { class: "aside" }) };
  page.stages.append(aside.stages);
  const output = stage(aside, { title: `Output, ${side} x ${side}`, width: side, height: side, side: 180 });
  const close = stage(aside, { title: "The four pixels it reads", width: 4, height: 4, side: side * Math.round(180 / side) });
  const [overBox, overOutput, overClose] = [boxOverlay(scene, image, margin), pixelOverlay(output), closeOverlay(close)];
  const showTheta = matrix(group(page.panel, "theta"));
  const live = liveState(model, [...PARTS, "row", "column"], draw);
  const { state, change } = live;

  const moveBox = (changes) => change(withinLimits(changes));
  const lookAt = (row, column) => change({ row: clamp(row, 0, side - 1), column: clamp(column, 0, side - 1) });
  const show = inputs(page.panel, side, change);
  const reset = make("button", { type: "button" }, "Read the whole photograph");
  reset.addEventListener("click", () => change(WHOLE));
  page.panel.append(reset);

  followHand(scene, {
    point: (place) => lookNear(...pictureAt(place)),
    handleAt,
    begin: (handle, place) => dragFrom({ ...state }, handle, pictureAt(place)),
    drag: (how, place) => moveBox(how(pictureAt(place))),
  });
  followPointer(output, (x, y) => lookAt(y, x));
  followKeys(page, scene, BOX_KEYS, {
    ...arrows((dx, dy) => moveBox({ x: state.x + dx, y: state.y + dy }), 1, 10),
    "+": () => moveBox({ scale: state.scale + 2 }),
    "=": () => moveBox({ scale: state.scale + 2 }), // the key that bears the plus, without Shift
    "-": () => moveBox({ scale: state.scale - 2 }),
    "[": () => moveBox({ angle: state.angle - 3 }),
    "]": () => moveBox({ angle: state.angle + 3 }),
  });
  followKeys(page, output, PIXEL_KEYS, arrows((dx, dy) => lookAt(state.row + dy, state.column + dx), 1, 4));
  drawScene(scene.context, image, margin);

  /** A place on the canvas in the picture's coordinates, its edges at -1 and 1. */
  function pictureAt([x, y]) {
    return [(2 * (x - margin)) / width - 1, (2 * (y - margin)) / height - 1];
  }

  /** Which part of the box is within reach of a place on the canvas; everything else moves it. */
  function handleAt([x, y], reach) {
    const theta = thetaOf(state);
    const near = ([handleX, handleY]) => Math.hypot(x - handleX, y - handleY) <= reach;
    if (near(overBox.knob(theta))) return "turn";
    return overBox.corners(theta).some(near) ? "scale" : "move";
  }

  /** Look at the output pixel that reads nearest to a point of the picture, if any does. */
  function lookNear(x, y) {
    const [column, row] = unmapped(thetaOf(state), x, y).map((along) => Math.floor(((along + 1) / 2) * side));
    if (Math.min(row, column) >= 0 && Math.max(row, column) < side) lookAt(row, column);
  }

  function draw() {
    const theta = thetaOf(state);
    const reading = readingOf(image, theta, side, state.row, state.column);
    const places = Array.from({ length: side * side }, (_, i) =>
      placeOf(theta, side, image.shape, Math.floor(i / side), i % side),
    );
    drawSampled(output.context, image, theta, side);
    drawClose(close.context, image, reading);
    overBox.show(theta, places, reading);
    overOutput(state);
    overClose(reading);
    showTheta(theta);
    for (const [name, set] of Object.entries(show)) set(state[name]);
    page.caption.textContent = describe(state, theta, reading);
    scene.canvas.setAttribute("aria-label", `${alt} ${page.caption.textContent}`);
    output.canvas.setAttribute("aria-label", `Output, ${side} x ${side} pixels. ${page.caption.textContent}`);
    close.canvas.setAttribute("aria-label", `The pixels round the place. ${page.caption.textContent}`);
  }

  draw();
  return () => {
    page.leave();
    live.leave();
  };
}

/** A slider for each part of the box and for the output pixel: {name: setter}. */
function inputs(panel, side, change) {
  const [box, pixel] = [group(panel, "The box"), group(panel, "The output pixel")];
  const place = { min: 0, max: side - 1 };
  const hundredths = (value) => decimal(value / 100, 2);
  const percent = (value) => `${value}%`;
  const degrees = (value) => `${String(value).replace("-", "−")}°`;
  const texts = { x: hundredths, y: hundredths, scale: percent, angle: degrees, stretch: percent, shear: hundredths };
  const labels = { x: "Right", y: "Down", scale: "Scale", angle: "Turn", stretch: "Stretch", shear: "Shear" };
  const parts = PARTS.map((name) => {
    const [min, max] = LIMITS[name];
    return [name, slider(box, { label: labels[name], min, max, text: texts[name] }, (value) => change({ [name]: value }))];
  });
  return {
    ...Object.fromEntries(parts),
    row: slider(pixel, { label: "Row", ...place }, (row) => change({ row })),
    column: slider(pixel, { label: "Column", ...place }, (column) => change({ column })),
  };
}

/** A part of the panel under a heading. */
function group(panel, heading) {
  const part = make("fieldset", { class: "group" }, make("legend", {}, heading));
  panel.append(part);
  return part;
}

/** Six numbers in brackets; set(theta) writes them. */
function matrix(panel) {
  const cells = Array.from({ length: 6 }, () => make("output"));
  panel.append(make("div", { class: "matrix" }, ...cells));
  return (theta) => theta.flat().forEach((number, i) => (cells[i].textContent = decimal(number / UNIT, 3)));
}

/** What a drag from a point does to the box that it began with: a function from the hand's place to changed parts. */
function dragFrom(box, what, [x, y]) {
  const from = { x: x - box.x / 100, y: y - box.y / 100 }; // the centre of the box is where it turns and grows
  const now = (at) => ({ x: at[0] - box.x / 100, y: at[1] - box.y / 100 });
  const ways = {
    move: (at) => ({ x: box.x + 100 * (at[0] - x), y: box.y + 100 * (at[1] - y) }),
    scale: (at) => ({ scale: (box.scale * Math.hypot(now(at).x, now(at).y)) / Math.hypot(from.x, from.y) }),
    turn: (at) => {
      const turned = Math.atan2(now(at).y, now(at).x) - Math.atan2(from.y, from.x);
      return { angle: box.angle + (turned * 180) / Math.PI };
    },
  };
  return ways[what];
}

/** Parts in whole numbers inside their limits; an angle goes on round the circle. */
function withinLimits(changes) {
  return Object.fromEntries(
    Object.entries(changes).map(([name, value]) => {
      const whole = Math.floor(value + 0.5);
      return [name, name === "angle" ? ((((whole + 180) % 360) + 360) % 360) - 180 : clamp(whole, ...LIMITS[name])];
    }),
  );
}

/** Follow a hand over a canvas: point(place) where it goes, drag(begin(handle, place), place) while it presses. */
function followHand({ canvas, width, height }, { point, handleAt, begin, drag }) {
  let how = null;
  const sense = ({ clientX, clientY, pointerType }) => {
    const box = canvas.getBoundingClientRect();
    const place = [((clientX - box.left) / box.width) * width, ((clientY - box.top) / box.height) * height];
    return { place, handle: handleAt(place, (GRASP[pointerType] ?? GRASP.mouse) * (width / box.width)) };
  };
  canvas.classList.add("answers");
  canvas.addEventListener("pointerdown", (event) => {
    const { place, handle } = sense(event);
    canvas.setPointerCapture(event.pointerId); // a drag may leave the photograph and come back
    how = begin(handle, place);
    point(place);
  });
  canvas.addEventListener("pointermove", (event) => {
    const { place, handle } = sense(event);
    if (how) return drag(how, place);
    canvas.style.cursor = CURSORS[handle];
    point(place);
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (how = null));
}

/** The photograph in its black margin. */
function drawScene(context, image, margin) {
  const [height, width] = image.shape;
  drawPixels(context, width + 2 * margin, height + 2 * margin, (x, y, channel) =>
    fetchPixel(image, y - margin, x - margin, channel),
  );
}

/** Four by four pixels round the place, the outer ones at 45% of their brightness. */
function drawClose(context, image, { left, top }) {
  drawPixels(context, 4, 4, (x, y, channel) => {
    const value = fetchPixel(image, top - 1 + y, left - 1 + x, channel);
    return x % 3 && y % 3 ? value : Math.floor((value * 45) / 100);
  });
}

function describe({ row, column }, theta, { x, y, weights, value, slope }) {
  const [upper, lower] = theta.map((numbers) => numbers.map((number) => decimal(number / UNIT, 3)).join(", "));
  const [above, below] = weights.map((pair) => pair.map(twoPlaces).join(" and "));
  const [right, down] = slope.map((along) => decimal(along, 1, true));
  return (
    `theta = [${upper}; ${lower}]. Output row ${row}, column ${column} reads at row ${decimal(y, 2)}, ` +
    `column ${decimal(x, 2)}: ${above} of the two pixels above, ${below} of those below, in all ${decimal(value, 1)} ` +
    `of 255. Gradient: ${right} for each pixel to the right, ${down} for each pixel down.`
  );
}

export default { render };
