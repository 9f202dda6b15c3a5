// The numbers of a grid, typed one by one over a picture of it. Its twin is entries.py.

import { make, each } from "./page.js";
import { asArray, rowsOf } from "./arrays.js";
import { givenOf, makeInput } from "./controls.js";

const CELL = `
  width: 92%; padding: 2px 0; border-radius: 3px; border-bottom: 1px dashed #1c1b22;
  background: #ffffffd0; color: #1c1b22; font-size: 12.5px; text-align: center; appearance: textfield`;

/** An input over each pixel of a picture: what is typed there goes, with the rest of the grid, into a field. */
function entries(control, tools, canvas) {
  const { name, field: holder, most } = control.node;
  const list = make("div", { style: "position: absolute; inset: 0; display: grid; place-items: center" });
  const grid = () => asArray(givenOf(control, tools).values);
  const makeEntry = (i) => {
    const input = makeInput({ type: "number", step: "any", min: -most, max: most, style: CELL });
    input.addEventListener("change", () => {
      const { data, shape: [, columns] } = grid();
      const numbers = Array.from(data);
      if (input.value === "" || !input.checkValidity()) return void (input.value = numbers[i]);
      numbers[i] = Number(input.value);
      tools.change(holder, rowsOf(numbers, columns).map((row) => row.join(" ")).join("; "));
    });
    return input;
  };
  const update = () => {
    const { data, shape: [, columns] } = grid();
    list.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    each(list, Array.from(data), makeEntry, (input, value, i) => {
      input.setAttribute("aria-label", `${name}, row ${Math.floor(i / columns)}, column ${i % columns}`);
      if (document.activeElement !== input) input.value = value;
    });
    for (const text of canvas.parentNode.querySelectorAll(".over span")) text.hidden = true; // the inputs show the same numbers
  };
  return { over: list, update };
}

export { entries };
