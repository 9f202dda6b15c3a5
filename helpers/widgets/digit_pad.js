// A pad to draw a digit on. Its Python reference is DigitPad in digit_pad.py.

const CONTROLS = ["strokes", "x", "y", "down"];
const KEYS = "Draw with the pointer; or arrows move the pen, Space sets it down or lifts it, Delete wipes the pad.";
const SIDE = 28; // pixels, as MNIST's digits have
const FINE = 10; // strokes are kept in tenths of a pixel
const RADIUS = 12; // of the pen, in tenths

async function render({ model, el }) {
  const alt = model.get("alt");
  const page = frame(el, alt);
  const pad = stage(page, { width: SIDE, height: SIDE, side: 280 });
  const wipe = make("button", { type: "button" }, "Wipe the pad");
  page.panel.append(wipe);
  const live = liveState(model, CONTROLS, draw);
  const { state, change } = live;

  const centre = (pixel) => pixel * FINE + FINE / 2;
  const begin = (place) => change({ strokes: [...state.strokes, [place]] });
  const goOn = (place) => change({ strokes: [...state.strokes.slice(0, -1), [...state.strokes.at(-1), place]] });
  const clear = () => change({ strokes: [], down: false });
  const movePen = (dx, dy) => {
    const [x, y] = [clamp(state.x + dx, 0, SIDE - 1), clamp(state.y + dy, 0, SIDE - 1)];
    if (state.down) goOn([centre(x), centre(y)]);
    change({ x, y });
  };
  const togglePen = () => {
    if (!state.down) begin([centre(state.x), centre(state.y)]);
    change({ down: !state.down });
  };
  wipe.addEventListener("click", clear);
  followPen(pad, begin, goOn);
  followKeys(page, pad, KEYS, { ...arrows(movePen, 1, 4), " ": togglePen, Delete: clear, Backspace: clear });

  function draw() {
    const ink = inkOf(state.strokes);
    drawPixels(pad.context, SIDE, SIDE, (x, y) => {
      const value = ink[y * SIDE + x];
      if (x !== state.x || y !== state.y) return value;
      return value > 127 ? 90 : 170;
    });
    const inked = ink.filter((value) => value > 127).length;
    const pen = `Pen at row ${state.y}, column ${state.x}, ${state.down ? "drawing" : "lifted"}.`;
    page.caption.textContent = `${pen} ${inked} of ${SIDE * SIDE} pixels hold ink.`;
    pad.canvas.setAttribute("aria-label", `${alt} ${page.caption.textContent}`);
  }

  draw();
  return () => {
    page.leave();
    live.leave();
  };
}

/** Follow a pressed mouse, pen or finger in tenths of a pixel, as strokes. */
function followPen({ canvas }, begin, goOn) {
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [
      clamp(Math.round(((event.clientX - box.left) / box.width) * SIDE * FINE), 0, SIDE * FINE),
      clamp(Math.round(((event.clientY - box.top) / box.height) * SIDE * FINE), 0, SIDE * FINE),
    ];
  };
  let drawing = false;
  canvas.classList.add("answers");
  canvas.addEventListener("pointerdown", (event) => {
    drawing = true;
    canvas.setPointerCapture(event.pointerId); // a stroke may leave the pad and come back
    begin(place(event));
  });
  canvas.addEventListener("pointermove", (event) => drawing && goOn(place(event)));
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (drawing = false));
}

/** Full ink within the pen's radius of a stroke, none a pixel further out: 28 x 28 values in 0..255. */
function inkOf(strokes) {
  const nearest = new Float64Array(SIDE * SIDE).fill(Infinity);
  for (const stroke of strokes) {
    const ends = stroke.length > 1 ? stroke.slice(1) : stroke;
    ends.forEach((end, number) => approach(nearest, stroke[number], end));
  }
  const reach = RADIUS + FINE / 2;
  return Array.from(nearest, (distance) => Math.floor(clamp((reach - distance) / FINE, 0, 1) * 255 + 0.5));
}

/** Lower each pixel's distance to the nearest stroke by one more straight piece. */
function approach(nearest, [x0, y0], [x1, y1]) {
  const [across, down] = [x1 - x0, y1 - y0];
  const length = Math.max(across ** 2 + down ** 2, 1);
  for (let pixel = 0; pixel < nearest.length; pixel++) {
    const x = (pixel % SIDE) * FINE + FINE / 2 - x0;
    const y = Math.floor(pixel / SIDE) * FINE + FINE / 2 - y0;
    const along = clamp((x * across + y * down) / length, 0, 1);
    nearest[pixel] = Math.min(nearest[pixel], Math.hypot(x - along * across, y - along * down));
  }
}

export default { render };
