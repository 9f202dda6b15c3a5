// What mouse, pen, finger and keys do on a picture: one function a kind of control that answers there.

import { clamp } from "./page.js";
import { asList, rowsOf } from "./arrays.js";
import { givenOf, move } from "./controls.js";

/** Arrow keys as actions: moved(dx, dy, far). */
function arrows(moved) {
  const by = (dx, dy) => (far) => moved(dx, dy, far);
  return { ArrowLeft: by(-1, 0), ArrowRight: by(1, 0), ArrowUp: by(0, -1), ArrowDown: by(0, 1) };
}

/** A place of a picture. On a grid arrows go from centre to centre; `cells`: the picture's pixels are the grid's cells. */
function pointer(control, tools, cells) {
  const { name, hover, step, leap, size } = control.node;
  const centres = () => {
    const { rows, columns } = givenOf(control, tools);
    return rows ? [asList(columns), asList(rows)] : null;
  };
  const set = (place) => tools.change(name, place.map((along, axis) => clamp(along, 0, size[axis] - 1)));
  return {
    hover,
    help: "arrows move the place (with Shift, further)",
    point(across, down) {
      const shares = [across, down];
      const of = centres();
      if (cells && of) return set(shares.map((share, axis) => of[axis][clamp(Math.floor(share * of[axis].length), 0, of[axis].length - 1)]));
      return set(shares.map((share, axis) => Math.floor(share * size[axis])));
    },
    keys: arrows((dx, dy, far) => {
      const by = far ? leap : step;
      const of = centres();
      const [x, y] = givenOf(control, tools).value;
      if (!of) return set([x + dx * by, y + dy * by]);
      return set([x + dx * by, y + dy * by].map((cell, axis) => of[axis][clamp(cell, 0, of[axis].length - 1)]));
    }),
  };
}

/** A cell of a picture whose pixels are the cells; of a smaller picture, the cell in the same row and column. */
function cell(control, tools, canvas) {
  const { name } = control.node;
  const set = (place) => {
    const { shape } = givenOf(control, tools);
    tools.change(name, place.map((along, axis) => clamp(along, 0, shape[axis] - 1)));
  };
  return {
    hover: false,
    help: "arrows move the cell (with Shift, further)",
    point: (across, down) => set([Math.floor(down * canvas.height), Math.floor(across * canvas.width)]),
    keys: arrows((dx, dy, far) => {
      const [row, column] = givenOf(control, tools).value;
      set([row + dy * (far ? 4 : 1), column + dx * (far ? 4 : 1)]);
    }),
  };
}

/** One of several, along a picture's rows or from tile to tile. */
function one(control, tools, along) {
  const last = () => {
    const { count, options } = givenOf(control, tools);
    return (count ?? options.length) - 1;
  };
  const start = control.node.start ?? 0;
  const down = control.node.kind === "slider" ? -1 : 1; // up is more, but down is the next row
  return {
    hover: false,
    help: control.node.play ? "" : `arrows, Home and End change ${control.node.name}`,
    point: (...place) => tools.change(control.node.name, start + clamp(along(...place), 0, last()) * (control.node.step ?? 1)),
    keys: {
      ...arrows((dx, dy, far) => move(control, tools, (dx + dy * down) * (far ? 5 : 1))),
      Home: () => move(control, tools, -Infinity),
      End: () => move(control, tools, Infinity),
    },
  };
}

/** A box that snaps to the nearest of the stored ones: dragged inside it moves, near its lower right corner it grows. */
function handle(control, tools, height, width) {
  const { name } = control.node;
  const boxes = () => rowsOf(givenOf(control, tools).boxes, 4);
  const nearest = (wanted, allowed = () => true) => {
    let [best, least] = [-1, Infinity];
    boxes().forEach((box, i) => {
      const distance = box.reduce((sum, side, k) => sum + Math.abs(side - wanted[k]), 0);
      if (distance < least && allowed(box)) [best, least] = [i, distance];
    });
    if (best >= 0) tools.change(name, best);
  };
  const now = () => boxes()[givenOf(control, tools).value];
  const sized = (sign) => () => nearest(now(), ([, , w, h]) => sign * w * h > sign * now()[2] * now()[3]);
  let held = null;
  return {
    hover: false,
    help: "drag the box or its lower right corner; arrows move it, + and − size it",
    point(across, down, begins) {
      const [x, y] = [across * width(), down * height()];
      if (begins) {
        const [left, top, wide, high] = now();
        const corner = Math.hypot(x - left - wide, y - top - high) < Math.max(wide, high) / 4;
        held = { corner, x: corner ? x - left - wide : x - left - wide / 2, y: corner ? y - top - high : y - top - high / 2 };
      }
      const [left, top, wide, high] = now();
      if (held.corner) nearest([left, top, x - held.x - left, y - held.y - top]);
      else nearest([x - held.x - wide / 2, y - held.y - high / 2, wide, high]);
    },
    keys: {
      ...arrows((dx, dy, far) => {
        const [left, top, wide, high] = now();
        const middle = ([x, y, w, h]) => (dx ? x + w / 2 : y + h / 2) * (dx + dy);
        const from = middle(now());
        const by = far ? 4 : 1;
        nearest([left + (dx * by * wide) / 4, top + (dy * by * high) / 4, wide, high], (box) => middle(box) > from);
      }),
      "+": sized(1),
      "=": sized(1),
      "-": sized(-1),
    },
  };
}

/** A frame that moves four sliders: dragged it moves, by a corner it grows, by its knob it turns. */
function grip(control, tools, height, width) {
  const { sliders, units, cell: chosen, columns } = control.node;
  const [x, y, size, angle] = sliders;
  const given = (name) => givenOf(tools.controls[name], tools);
  const values = () => Object.fromEntries(sliders.map((name) => [name, given(name).value]));
  const set = (changes) => {
    for (const [name, value] of Object.entries(changes)) {
      const { start, count } = given(name);
      const whole = Math.floor(value + 0.5);
      const turned = ((((whole + 180) % 360) + 360) % 360) - 180; // an angle goes on round the circle
      tools.change(name, name === angle ? turned : clamp(whole, start, start + count - 1));
    }
  };
  const ways = {
    move: ({ from, first }, at) => ({ [x]: first[x] + units[0] * (at[0] - from[0]), [y]: first[y] + units[1] * (at[1] - from[1]) }),
    size: ({ from, first, centre }, at) => ({
      [size]: (first[size] * Math.hypot(at[0] - centre[0], at[1] - centre[1])) / Math.hypot(from[0] - centre[0], from[1] - centre[1]),
    }),
    turn({ from, first, centre }, at) {
      const turned = Math.atan2(at[1] - centre[1], at[0] - centre[0]) - Math.atan2(from[1] - centre[1], from[0] - centre[0]);
      return { [angle]: first[angle] + (turned * 180) / Math.PI };
    },
  };
  const handlesNow = () => rowsOf(givenOf(control, tools).handles, 2);
  const way = (at, handles) => {
    const near = (handle) => Math.hypot(at[0] - handle[0], at[1] - handle[1]) <= width() / 26;
    return near(handles[4]) ? "turn" : handles.slice(0, 4).some(near) ? "size" : "move";
  };
  const lookAt = (at) => {
    const distances = rowsOf(givenOf(control, tools).places, 2).map(([px, py]) => Math.hypot(px - at[0], py - at[1]));
    const nearest = distances.indexOf(Math.min(...distances));
    tools.change(chosen, [Math.floor(nearest / columns), nearest % columns]);
  };
  let held = null;
  return {
    hover: true,
    help: `drag the frame, a corner to scale it, its knob to turn it; or arrows move it (with Shift, further)`,
    point(across, down, begins) {
      const at = [across * width(), down * height()];
      const handles = handlesNow();
      if (begins) held = { from: at, first: values(), centre: handles[5], way: way(at, handles) };
      if (begins || !held) return lookAt(at);
      set(ways[held.way](held, at));
    },
    release: () => (held = null),
    cursor: (across, down) => ({ move: "move", size: "nwse-resize", turn: "grab" })[way([across * width(), down * height()], handlesNow())],
    keys: arrows((dx, dy, far) => {
      const now = values();
      const by = far ? 10 : 1;
      set(dx ? { [x]: now[x] + dx * by } : { [y]: now[y] + dy * by });
    }),
  };
}

/** A pen: strokes by a pressed pointer; by keys arrows move it, Space sets it down or lifts it, Delete wipes the pad. */
function paint(control, tools) {
  const { name, size } = control.node;
  const pen = { x: Math.floor(size[0] / 2) + 0.5, y: Math.floor(size[1] / 2) + 0.5, down: false };
  const strokes = () => givenOf(control, tools).value;
  const begin = (place) => tools.change(name, [...strokes(), [place]]);
  const goOn = (place) => tools.change(name, [...strokes().slice(0, -1), [...(strokes().at(-1) ?? []), place]]);
  const wipe = () => {
    pen.down = false;
    tools.change(name, []);
  };
  return {
    hover: false,
    help: "draw with the pointer; arrows move the pen, Space sets it down or lifts it, Delete wipes the pad",
    wipe,
    pen,
    point(across, down, begins) {
      const place = [across * size[0], down * size[1]].map((along) => Math.round(along * 10) / 10);
      if (begins) begin(place);
      else goOn(place);
    },
    keys: {
      ...arrows((dx, dy, far) => {
        const by = far ? 4 : 1;
        pen.x = clamp(pen.x + dx * by, 0.5, size[0] - 0.5);
        pen.y = clamp(pen.y + dy * by, 0.5, size[1] - 0.5);
        if (pen.down) goOn([pen.x, pen.y]);
        else tools.draw();
      }),
      " "() {
        pen.down = !pen.down;
        if (pen.down) begin([pen.x, pen.y]);
        else tools.draw();
      },
      Delete: wipe,
      Backspace: wipe,
    },
  };
}

/** Let a picture answer pointer and keys. `answer` is what a function above gives; keys that it lacks go on to `others`. */
function answerOn(node, answer, others, tools) {
  node.tabIndex = 0;
  node.setAttribute("data-lm-suppress-shortcuts", "true");
  node.addEventListener("keydown", (event) => {
    const action = answer?.keys[event.key] ?? others[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault(); // the page must not scroll
    event.stopPropagation(); // nor the notebook act on it
    if (event.key !== " ") tools.players.forEach(({ pause }) => pause());
    action(event.shiftKey);
  });
  if (!answer) return;
  node.classList.add("answers");
  let pressed = false;
  const place = (event, begins) => {
    const box = node.getBoundingClientRect();
    const share = (at, from, size) => clamp((at - from) / size, 0, 1);
    const shares = [share(event.clientX, box.left, box.width), share(event.clientY, box.top, box.height)];
    if (answer.cursor && !pressed) node.style.cursor = answer.cursor(...shares);
    answer.point(...shares, begins);
  };
  node.addEventListener("pointerdown", (event) => {
    pressed = true;
    if (!answer.hover || answer.release) node.setPointerCapture?.(event.pointerId); // a drag may leave the picture and come back
    place(event, true);
  });
  node.addEventListener("pointermove", (event) => (pressed || answer.hover) && place(event, false));
  for (const end of ["pointerup", "pointercancel"]) {
    node.addEventListener(end, () => {
      pressed = false;
      answer.release?.();
    });
  }
}

export { pointer, cell, one, handle, grip, paint, answerOn };
