// What mouse, pen, finger and keys do on a picture: one function a kind of control that answers there.
// Each gives {point(x, y, begins), keys, help}: a place in the picture's own pixels or a chart's own units, whether a press
// begins there, and what each key does. `hover`: a mouse moves it without a press. Or it gives {over, update}: an element
// that lies over the picture and answers by itself, and what is done there each time the picture is drawn.

import { clamp, set } from "./page.js";
import { asList } from "./arrays.js";
import { givenOf, placeOf, move, arrows, keysOn } from "./controls.js";

/** A place of a picture. On a grid it goes from centre to centre; a picture may have the grid's cells as its pixels. */
function pointer(control, tools, canvas) {
  const { name, hover, step, leap, size } = control.node;
  const given = () => {
    const { value, rows, columns } = givenOf(control, tools);
    return { value, grid: rows && [asList(columns), asList(rows)] };
  };
  const go = (place, grid) => {
    const pixel = grid ? place.map((cell, axis) => grid[axis][clamp(cell, 0, grid[axis].length - 1)]) : place;
    tools.change(name, pixel.map((along, axis) => clamp(along, 0, size[axis] - 1)));
  };
  return {
    hover,
    help: "arrows move the place (with Shift, further)",
    point(x, y) {
      const { grid } = given();
      const { width, height } = canvas;
      const cells = grid && width === grid[0].length && height === grid[1].length;
      const scene = [(x * size[0]) / width, (y * size[1]) / height];
      go((cells ? [x, y] : scene).map(Math.floor), cells && grid);
    },
    keys: arrows((dx, dy, far) => {
      const by = far ? leap : step;
      const { value, grid } = given();
      go([value[0] + dx * by, value[1] + dy * by], grid);
    }),
  };
}

/** A cell of a picture whose pixels are the cells; of a smaller picture, the cell in the same row and column. */
function cell(control, tools) {
  const go = (place) => {
    const { shape } = givenOf(control, tools);
    tools.change(control.node.name, place.map((along, axis) => clamp(along, 0, shape[axis] - 1)));
  };
  return {
    help: "arrows move the cell (with Shift, further)",
    point: (x, y) => go([Math.floor(y), Math.floor(x)]),
    keys: arrows((dx, dy, far) => {
      const [row, column] = givenOf(control, tools).value;
      go([row + dy * (far ? 4 : 1), column + dx * (far ? 4 : 1)]);
    }),
  };
}

/** One of several: along(x, y) says which, by the rows or the tiles of a picture or along a chart. */
function one(control, tools, _, along) {
  const { name, kind, play } = control.node;
  const down = kind === "slider" ? -1 : 1; // up is more, but down is the next row
  return {
    help: play ? "" : `arrows, Home and End change ${name}`,
    point: (x, y) => placeOf(control, tools).go(along(x, y)),
    keys: {
      ...arrows((dx, dy, far) => move(control, tools, (dx + dy * down) * (far ? 5 : 1))),
      Home: () => move(control, tools, -Infinity),
      End: () => move(control, tools, Infinity),
    },
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
    help: "draw with the pointer; arrows move the pen, Space sets it down or lifts it, Delete wipes the pad",
    wipe,
    pen,
    point(x, y, begins) {
      const place = [x, y].map((along) => Math.round(along * 10) / 10);
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

const ANSWERS = { pointer, cell, paint, slider: one, choice: one };

/** How the control that a part names answers on its canvas; null where none does. */
function answerFor(part, tools, canvas, along) {
  const control = tools.controls[part.answer];
  const answers = control && (tools.own[control.node.kind] ?? ANSWERS[control.node.like]);
  return answers?.(control, tools, canvas, along) ?? null;
}

/** Let a picture answer pointer and keys. `answer` is what a function above gives; keys that it lacks go on to `others`. */
function answerOn(node, answer, others, tools) {
  set(node, { tabindex: 0, "data-lm-suppress-shortcuts": "true" });
  keysOn(node, { ...others, ...answer?.keys }, tools);
  if (!answer) return;
  node.classList.add("answers");
  let pressed = false;
  const place = (event, begins) => {
    const box = node.getBoundingClientRect();
    const { width, height } = node.viewBox?.baseVal ?? node;
    const x = clamp((event.clientX - box.left) / box.width, 0, 1) * width;
    const y = clamp((event.clientY - box.top) / box.height, 0, 1) * height;
    if (answer.cursor && !pressed) node.style.cursor = answer.cursor(x, y);
    answer.point(x, y, begins);
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

export { answerFor, answerOn, one };
