// What mouse, pen, finger and keys do on a picture: one function a kind of control that answers there.
// Each gives {point(across, down, begins), keys, help}: shares 0 to 1 of the picture, whether a press begins, and
// what each key does. `hover`: a mouse moves it without a press.

import { clamp } from "./page.js";
import { asList } from "./arrays.js";
import { givenOf, move, arrows } from "./controls.js";
import { handle, grip } from "./frames.js";
import { key } from "./sound.js";

/** A place of a picture. On a grid it goes from centre to centre; a picture may have the grid's cells as its pixels. */
function pointer(control, tools, canvas) {
  const { name, hover, step, leap, size } = control.node;
  const set = (place) => tools.change(name, place.map((along, axis) => clamp(along, 0, size[axis] - 1)));
  const given = () => {
    const { value, rows, columns } = givenOf(control, tools);
    return { value, grid: rows && [asList(columns), asList(rows)] };
  };
  const setCell = (grid, cells) => set(cells.map((cell, axis) => grid[axis][clamp(cell, 0, grid[axis].length - 1)]));
  return {
    hover,
    help: "arrows move the place (with Shift, further)",
    point(...shares) {
      const { grid } = given();
      const cells = grid && canvas.width === grid[0].length && canvas.height === grid[1].length;
      const pixel = shares.map((share, axis) => Math.floor(share * (cells ? grid[axis].length : size[axis])));
      return cells ? setCell(grid, pixel) : set(pixel);
    },
    keys: arrows((dx, dy, far) => {
      const by = far ? leap : step;
      const { value, grid } = given();
      const next = [value[0] + dx * by, value[1] + dy * by];
      return grid ? setCell(grid, next) : set(next);
    }),
  };
}

/** A cell of a picture whose pixels are the cells; of a smaller picture, the cell in the same row and column. */
function cell(control, tools, canvas) {
  const set = (place) => {
    const { shape } = givenOf(control, tools);
    tools.change(control.node.name, place.map((along, axis) => clamp(along, 0, shape[axis] - 1)));
  };
  return {
    help: "arrows move the cell (with Shift, further)",
    point: (across, down) => set([Math.floor(down * canvas.height), Math.floor(across * canvas.width)]),
    keys: arrows((dx, dy, far) => {
      const [row, column] = givenOf(control, tools).value;
      set([row + dy * (far ? 4 : 1), column + dx * (far ? 4 : 1)]);
    }),
  };
}

/** One of several: along(across, down) says which, by the rows or the tiles of a picture or along a chart. */
function one(control, tools, _, along) {
  const { name, kind, play, start = 0, step = 1 } = control.node;
  const down = kind === "slider" ? -1 : 1; // up is more, but down is the next row
  return {
    help: play ? "" : `arrows, Home and End change ${name}`,
    point(across, down) {
      const { count, options } = givenOf(control, tools);
      tools.change(name, start + clamp(along(across, down), 0, (count ?? options.length) - 1) * step);
    },
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

const ANSWERS = { pointer, cell, boxhandle: handle, grip, paint, key, slider: one, choice: one };

/** How the control that a part names answers on its canvas; null where none does, or by inputs of its own. */
function answerFor(part, tools, canvas, along) {
  const control = tools.controls[part.answer];
  return ANSWERS[control?.node.kind]?.(control, tools, canvas, along) ?? null;
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
    const shares = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map((share) => clamp(share, 0, 1));
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

export { answerFor, answerOn };
