// A stand-in for the kernel's model, and a reader of canvases, shapes and texts, for reading.py.

window.mounted = async ({ fields, payload, states }) => {
  const bytes = Uint8Array.from(atob(payload), (letter) => letter.charCodeAt(0));
  const values = { ...fields, payload: new DataView(bytes.buffer) };
  const followers = {};
  const model = {
    get: (name) => values[name],
    set(name, value) { values[name] = value; followers[`change:${name}`]?.(); },
    on: (event, follow) => (followers[event] = follow),
    off() {},
    save_changes() {},
  };
  const el = document.createElement("div");
  document.body.replaceChildren(el);
  const leave = await render({ model, el });
  const read = states.map((state) => {
    model.set("state", state);
    const parts = [...el.querySelectorAll(".part")].filter(shown).map(readPart);
    return { caption: el.querySelector(".caption").textContent, parts };
  });
  leave();
  return read;
};
const shown = (part) => !part.matches(".column, .ribbons") && !part.closest("[hidden]");
const readPart = (part) => {
  const canvas = part.querySelector("canvas");
  const texts = [...part.querySelectorAll("[data-text]")].map((node) => node.textContent).filter(Boolean);
  const filled = [...part.querySelectorAll(".bar i, .token i:not([hidden])")];
  const bars = filled.map((bar) => ["bar", [parseFloat(bar.style.width)], ""]);
  const lines = [...part.querySelectorAll(".stroke")].map((node) => {
    const kind = node.classList[1];
    const text = (name) => node.getAttribute(name) ?? "";
    const numbers = (texts) => texts.join(" ").match(/-?[\d.]+(e-?\d+)?/g).map(Number);
    const of = {
      rect: () => numbers(["x", "y", "width", "height"].map(text)),
      circle: () => numbers(["cx", "cy", "r"].map(text)),
      polyline: () => numbers([text("points")]),
    }[kind] ?? (() => numbers([text("d")]).slice(0, 4));
    return [kind, of(), ""];
  });
  const notes = [...part.querySelectorAll(".over span")].map((span) => [
    "text",
    [(parseFloat(span.style.left) * canvas.width) / 100, (parseFloat(span.style.top) * canvas.height) / 100],
    span.textContent,
  ]);
  return { pixels: canvas && pixelsOf(canvas), shapes: [...lines, ...notes, ...bars], texts };
};
const pixelsOf = (canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let text = "";
  for (let i = 0; i < data.length; i += 4) text += String.fromCharCode(data[i], data[i + 1], data[i + 2]);
  return [canvas.height, canvas.width, btoa(text)];
};
