// Lines over the sampling grid's canvases: the box with its handles and dots, the place that is read, its gradient.

const KNOB = 0.55; // of the margin: how far the knob stands above the box
const LONGEST = 1.25; // an arrow, in pixels of the close view: a steeper slope is drawn no longer
const STEEP = 24; // the slope whose arrow is one pixel of the close view long, in grey levels a pixel
const SHOWN = 0.06; // a shorter arrow would be a speck

/** A drawing over a stage in pixels of its canvas: line(kind) is a path, light on a dark rim, that set(d) changes. */
function drawingOver({ box, width, height }) {
  const drawing = svgNode("svg", { class: "drawing", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  box.append(drawing);
  const add = (tag, attributes) => drawing.appendChild(svgNode(tag, attributes));
  return {
    line(kind) {
      const paths = ["rim", "light"].map((layer) => add("path", { class: `${kind} ${layer}` }));
      return (d) => paths.forEach((path) => path.setAttribute("d", d));
    },
    text(x, y) {
      const node = add("text", { class: "number", x, y });
      return (words) => (node.textContent = words);
    },
  };
}

const dots = (points) => points.map(([x, y]) => `M${x} ${y}h.001`).join("");
const polygon = (points) => `M${points.map((point) => point.join(" ")).join("L")}Z`;

/** An arrow along a slope, `unit` canvas pixels long where the close view's is one; nothing where there is no slope. */
function arrow([x, y], [right, down], unit) {
  const steepness = Math.hypot(right, down);
  const length = Math.min(steepness / STEEP, LONGEST) * unit;
  if (length < SHOWN * unit) return "";
  const [dx, dy] = [right / steepness, down / steepness];
  const [tipX, tipY] = [x + dx * length, y + dy * length];
  const barb = Math.min(0.28 * unit, length / 2);
  const wing = (turn) => `${tipX - barb * (dx - turn * dy)} ${tipY - barb * (dy + turn * dx)}`;
  return `M${x} ${y}L${tipX} ${tipY}M${wing(0.7)}L${tipX} ${tipY}L${wing(-0.7)}`;
}

/** The box on the photograph. show(theta, places, reading) draws it; `corners` and `knob` say where its handles are. */
function boxOverlay(scene, { shape: [height, width] }, margin) {
  const drawing = drawingOver(scene);
  const kinds = ["edge", "box", "places", "gradient", "place", "handles", "knob"];
  const [edge, box, places, gradient, place, handles, knob] = kinds.map(drawing.line);
  const onCanvas = ([x, y]) => [((x + 1) / 2) * width + margin, ((y + 1) / 2) * height + margin];
  const corner = (theta, x, y) => onCanvas(mapped(theta, x, y));
  const centreOf = ({ x, y }) => [x + 0.5 + margin, y + 0.5 + margin];
  edge(polygon([[margin, margin], [margin + width, margin], [margin + width, margin + height], [margin, margin + height]]));

  function corners(theta) {
    return [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([x, y]) => corner(theta, x, y));
  }

  function stem(theta) {
    const [middle, foot] = [corner(theta, 0, 0), corner(theta, 0, -1)];
    const [dx, dy] = [foot[0] - middle[0], foot[1] - middle[1]];
    const reach = (KNOB * margin) / Math.hypot(dx, dy);
    return [foot, [foot[0] + dx * reach, foot[1] + dy * reach]];
  }

  return {
    corners,
    knob: (theta) => stem(theta)[1],
    show(theta, sampled, reading) {
      const [foot, end] = stem(theta);
      box(polygon(corners(theta)) + `M${foot.join(" ")}L${end.join(" ")}`);
      places(dots(sampled.map(([x, y]) => centreOf({ x, y }))));
      place(dots([centreOf(reading)]));
      gradient(arrow(centreOf(reading), reading.slope, margin / 2));
      handles(dots(corners(theta)));
      knob(dots([end]));
    },
  };
}

/** The chosen pixel of the output. */
function pixelOverlay(stage) {
  const frame = drawingOver(stage).line("chosen");
  return ({ row, column }) => frame(`M${column} ${row}h1v1h-1z`);
}

/** The four pixels, the place between them, their weights and the gradient; the canvas shows 4 by 4 pixels. */
function closeOverlay(stage) {
  const drawing = drawingOver(stage);
  const [pixels, gradient, place] = ["pixels", "gradient", "place"].map(drawing.line);
  const numbers = [1.35, 2.87].map((y) => [1.43, 2.57].map((x) => drawing.text(x, y)));
  pixels("M1 1h2v2h-2zM2 1v2M1 2h2");
  return (reading) => {
    const centre = [reading.x - reading.left + 1.5, reading.y - reading.top + 1.5];
    place(dots([centre]));
    gradient(arrow(centre, reading.slope, 1));
    numbers.forEach((row, i) => row.forEach((write, j) => write(twoPlaces(reading.weights[i][j]))));
  };
}
