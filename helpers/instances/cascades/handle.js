// A box on a scene, which a hand drags and sizes. Its twin is handle.py.

import { rowsOf, leastOf } from "./arrays.js";
import { givenOf, arrows } from "./controls.js";

/** A box that snaps to the nearest of the stored ones: dragged inside it moves, near its lower right corner it grows. */
function boxhandle(control, tools) {
  const boxes = () => rowsOf(givenOf(control, tools).boxes, 4);
  const now = () => boxes()[givenOf(control, tools).value];
  const choose = (wanted, allowed = () => true) => {
    const away = (box) => box.reduce((sum, side, k) => sum + Math.abs(side - wanted[k]), 0);
    const distances = boxes().map((box) => (allowed(box) ? away(box) : Infinity));
    if (Math.min(...distances) < Infinity) tools.change(control.node.name, leastOf(distances));
  };
  const sized = (sign) => () => choose(now(), ([, , w, h]) => sign * w * h > sign * now()[2] * now()[3]);
  let held = null; // where the hand took hold, and of which box
  return {
    help: "drag the box or its lower right corner; arrows move it, + and − size it",
    point(x, y, begins) {
      if (begins) held = { x, y, box: now() };
      const [left, top, wide, high] = held.box;
      const corner = Math.hypot(held.x - left - wide, held.y - top - high) < Math.max(wide, high) / 4;
      const [dx, dy] = [x - held.x, y - held.y];
      choose(corner ? [left, top, wide + dx, high + dy] : [left + dx, top + dy, wide, high]);
    },
    keys: {
      ...arrows((dx, dy, far) => {
        const [left, top, wide, high] = now();
        const middle = ([x, y, w, h]) => (dx ? x + w / 2 : y + h / 2) * (dx + dy);
        const from = middle(now());
        const by = far ? 1 : 0.25; // of its own size
        choose([left + dx * by * wide, top + dy * by * high, wide, high], (box) => middle(box) > from);
      }),
      "+": sized(1),
      "=": sized(1),
      "-": sized(-1),
    },
  };
}

export { boxhandle };
