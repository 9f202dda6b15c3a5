// A picture on a canvas with shapes over it, which draws, answers the hand and speaks.

import { make, makeSvg, write, each } from "./page.js";
import { answerFor } from "./pointing.js";

const LARGE = 480; // pixels from which a picture is rather shrunk than enlarged, and pixels would drop out of its lines
const NARROWEST = 48; // CSS pixels of a picture's shorter side
const SVG_OF = { rect: "rect", circle: "circle", polyline: "polyline", arrow: "path", line: "path" };

/** A canvas about `side` CSS pixels long: show({pixels, height, width, shapes, stale}). */
function makePicture(side) {
  const canvas = make("canvas", { role: "img" });
  const context = canvas.getContext("2d");
  const box = make("div", { class: "picture" }, canvas);
  const showShapes = overlay(box);
  let [image, words] = [null, null]; // the canvas' pixels, as bytes and as one number each
  function fit(height, width) {
    Object.assign(canvas, { width, height });
    image = context.createImageData(width, height);
    words = new Uint32Array(image.data.buffer);
    const longer = Math.max(width, height);
    canvas.style.imageRendering = longer < LARGE ? "pixelated" : "auto";
    const scale = longer > side ? side / longer : Math.max(1, Math.round(side / longer));
    box.style.setProperty("--width", `${Math.max(width * scale, NARROWEST)}px`);
    box.style.aspectRatio = `${Math.max(width * scale, NARROWEST)} / ${Math.max(height * scale, NARROWEST / 2)}`;
  }
  function show({ pixels, height, width, shapes, stale }) {
    const resized = image?.width !== width || image.height !== height;
    if (resized) fit(height, width);
    if (stale || resized) {
      for (let i = 0, at = 0; i < words.length; i++, at += 3) {
        words[i] = (255 << 24) | (pixels[at + 2] << 16) | (pixels[at + 1] << 8) | pixels[at];
      }
      context.putImageData(image, 0, 0);
    }
    showShapes(shapes, height, width);
  }
  return { box, canvas, show };
}

/** Shapes over a picture: lines twice, a dark rim below a white line; texts as elements of the page. */
function overlay(box) {
  const svg = makeSvg("svg", { class: "over", "aria-hidden": "true", preserveAspectRatio: "none" });
  const texts = make("div", { class: "over", "aria-hidden": "true" });
  box.append(svg, texts);
  return (shapes, height, width) => {
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    drawShapes(svg, shapes.filter(([kind]) => kind !== "text"), ["rim", "stroke"], width / 40);
    const words = shapes.filter(([kind]) => kind === "text");
    each(texts, words, () => make("span"), (span, [, [x, y], text]) => {
      Object.assign(span.style, { left: `${(100 * x) / width}%`, top: `${(100 * y) / height}%` });
      write(span, text);
    });
  };
}

/** Draw shapes [kind, numbers, colour] in `svg`, all of them once a role; `head` is the length of an arrow's barbs. */
function drawShapes(svg, shapes, roles, head = 0) {
  const kinds = shapes.map(([kind]) => kind).join();
  if (svg.dataset.kinds !== kinds) {
    svg.dataset.kinds = kinds;
    svg.replaceChildren(...roles.flatMap((role) => shapes.map(([kind]) => makeSvg(SVG_OF[kind], { class: `${role} ${kind}` }))));
  }
  [...svg.children].forEach((node, i) => {
    const [kind, numbers, colour] = shapes[i % shapes.length];
    place(node, kind, numbers, head);
    node.style.color = colour;
  });
}

/** Put a shape where its numbers say. */
function place(node, kind, numbers, head) {
  if (kind === "polyline") return node.setAttribute("points", numbers.join(" "));
  const names = { rect: ["x", "y", "width", "height"], circle: ["cx", "cy", "r"] }[kind];
  if (names) return names.forEach((name, i) => node.setAttribute(name, numbers[i]));
  const [x0, y0, x1, y1] = numbers;
  const path = `M${x0} ${y0}L${x1} ${y1}`;
  const turn = Math.atan2(y1 - y0, x1 - x0);
  const barb = (by) => `M${x1} ${y1}l${head * Math.cos(turn + by)} ${head * Math.sin(turn + by)}`;
  node.setAttribute("d", kind === "arrow" && (x0 !== x1 || y0 !== y1) ? path + barb(2.6) + barb(-2.6) : path);
}

/** The picture of a part; `drawing` gives what show() takes, `along` is that of `one` in pointing.js. */
function pictured(part, tools, drawing, along) {
  const { box, canvas, show } = makePicture(part.side);
  const answer = answerFor(part, tools, canvas, along);
  if (answer?.point) tools.answering(canvas, answer);
  else tools.silent.push(canvas);
  const node = make("div", { class: "pictured" }, box);
  if (answer?.over) box.append(answer.over);
  const pen = answer?.pen; // of a pad: its place shows where keys draw
  if (answer?.wipe) {
    const wipe = make("button", { type: "button" }, "Wipe the pad");
    wipe.addEventListener("click", answer.wipe);
    node.append(wipe);
  }
  return {
    node,
    box,
    canvas,
    update() {
      const drawn = drawing();
      show(pen ? { ...drawn, shapes: [...drawn.shapes, ["circle", [pen.x, pen.y, pen.down ? 0.5 : 0.9], ""]] } : drawn);
      answer?.update?.();
    },
    label(caption) {
      const told = pen ? [`Pen at row ${pen.y - 0.5}, column ${pen.x - 0.5}, ${pen.down ? "drawing" : "lifted"}.`] : [];
      canvas.setAttribute("aria-label", [tools.symbols.write(part.title) || tools.alt, caption, ...told].join(" "));
    },
  };
}

/** A part that does something more each time it is drawn. */
function withMore(drawn, more) {
  const { update } = drawn;
  return { ...drawn, update: () => (update(), more()) };
}

export { pictured, withMore, drawShapes };
