// A frame on a picture, which a hand drags, sizes and turns; it moves sliders. Its twin is grip.py.

import { clamp } from "./page.js";
import { rowsOf, leastOf } from "./arrays.js";
import { givenOf, arrows } from "./controls.js";

/** A frame that moves four sliders: dragged it moves, by a corner it grows, by its knob it turns. */
function grip(control, tools, canvas) {
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
  const between = ([x0, y0], [x1, y1]) => Math.hypot(x1 - x0, y1 - y0);
  const angleAt = ([x0, y0], [x1, y1]) => Math.atan2(y1 - y0, x1 - x0);
  const ways = {
    move: ({ from, first }, at) => ({ [x]: first[x] + units[0] * (at[0] - from[0]), [y]: first[y] + units[1] * (at[1] - from[1]) }),
    size: ({ from, first, centre }, at) => ({ [size]: (first[size] * between(centre, at)) / between(centre, from) }),
    turn: ({ from, first, centre }, at) => ({ [angle]: first[angle] + ((angleAt(centre, at) - angleAt(centre, from)) * 180) / Math.PI }),
  };
  const handlesNow = () => rowsOf(givenOf(control, tools).handles, 2);
  const wayAt = (at, handles = handlesNow()) => {
    const near = (place) => between(at, place) <= canvas.width / 26;
    return near(handles[4]) ? "turn" : handles.slice(0, 4).some(near) ? "size" : "move";
  };
  const lookAt = (at) => {
    const nearest = leastOf(rowsOf(givenOf(control, tools).places, 2).map((place) => between(place, at)));
    tools.change(chosen, [Math.floor(nearest / columns), nearest % columns]);
  };
  let held = null;
  return {
    hover: true,
    help: "drag the frame, a corner to scale it, its knob to turn it; or arrows move it (with Shift, further)",
    point(x, y, begins) {
      const at = [x, y];
      const handles = handlesNow();
      if (begins) held = { from: at, first: values(), centre: handles[5], way: wayAt(at, handles) };
      if (begins || !held) return lookAt(at);
      set(ways[held.way](held, at));
    },
    release: () => (held = null),
    cursor: (...at) => ({ move: "move", size: "nwse-resize", turn: "grab" })[wayAt(at)],
    keys: arrows((dx, dy, far) => {
      const now = values();
      const by = far ? 10 : 1;
      set(dx ? { [x]: now[x] + dx * by } : { [y]: now[y] + dy * by });
    }),
  };
}

export { grip };
