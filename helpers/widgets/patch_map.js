// Patch and map: a patch of the scene, and its cell in the dense map. Its Python reference is PatchAndMap in patch_map.py.

const CONTROLS = ["row", "column"];
const KEYS = "Drag or click on the scene or on the map; arrows move the patch by one cell, with Shift by four.";
const OUTSIDE = 128; // the grey of what a patch sees beyond the scene

async function render({ model, el }) {
  const { image, shares, palette, truth } = await unpack(model);
  const [height, width] = image.shape;
  const [classes, rows, columns] = shares.shape;
  const [alt, classNames, stride, offset, size] = ["alt", "class_names", "stride", "offset", "patch_size"].map((name) =>
    model.get(name),
  );

  const page = frame(el, alt);
  const scene = stage(page, { title: "Scene", width, height });
  const aside = { stages: make("div", { class: "aside" }) };
  page.stages.append(aside.stages);
  const map = stage(aside, { title: "Dense map", width: columns, height: rows, side: 168 });
  const patch = stage(aside, { title: "Patch", width: size, height: size, side: 168 });
  const [placePatch, placeCell] = [marker(scene, "patch"), marker(map, "cell")];
  const showBars = bars(page.panel, classNames, palette);
  const live = liveState(model, CONTROLS, draw);
  const { state, change } = live;

  const moveTo = (row, column) => change({ row: clamp(row, 0, rows - 1), column: clamp(column, 0, columns - 1) });
  const cellAt = (pixel) => Math.floor((pixel + 0.5 - offset - size / 2) / stride + 0.5); // whose centre is nearest
  followPointer(scene, (x, y) => moveTo(cellAt(y), cellAt(x)));
  followPointer(map, (x, y) => moveTo(y, x));
  followKeys(page, scene, KEYS, arrows((dx, dy) => moveTo(state.row + dy, state.column + dx), 1, 4));
  drawMap(map.context, shares, palette);

  function sharesHere() {
    return Array.from({ length: classes }, (_, label) => mapAt(shares, label)[state.row * columns + state.column]);
  }

  function describe(here) {
    const [best, second] = here.map((_, label) => label).sort((a, b) => here[b] - here[a] || a - b);
    const [first, next] = [best, second].map((label) => `${classNames[label]} ${percent(here[label])}`);
    const place = `Patch at row ${state.row}, column ${state.column} of ${rows} x ${columns}`;
    return `${place}: ${first}, then ${next}.${trueClass()}`;
  }

  function trueClass() {
    if (truth.data.length === 0) return "";
    const x = clamp(offset + stride * state.column + Math.floor(size / 2), 0, width - 1);
    const y = clamp(offset + stride * state.row + Math.floor(size / 2), 0, height - 1);
    return ` Truth at its centre: ${classNames[truth.data[y * width + x]]}.`;
  }

  function draw() {
    const box = { x: offset + stride * state.column, y: offset + stride * state.row, width: size, height: size };
    const here = sharesHere();
    drawSpotlight(scene.context, image, box);
    drawPatch(patch.context, image, box);
    placePatch(box);
    placeCell({ x: state.column, y: state.row, width: 1, height: 1 });
    showBars(here);
    page.caption.textContent = describe(here);
    scene.canvas.setAttribute("aria-label", `${alt} ${page.caption.textContent}`);
    map.canvas.setAttribute("aria-label", `Dense map, ${rows} x ${columns} cells. ${page.caption.textContent}`);
    patch.canvas.setAttribute("aria-label", `The patch enlarged. ${page.caption.textContent}`);
  }

  draw();
  return () => {
    page.leave();
    live.leave();
  };
}

/** Thousandths as whole percents, rounded half up. */
function percent(share) {
  return `${Math.floor((share + 5) / 10)}%`;
}

/** A bar for each class; set(shares) moves them. */
function bars(panel, names, palette) {
  const rows = names.map((name, label) => {
    const fill = make("div");
    fill.style.setProperty("--colour", `rgb(${palette.data.subarray(3 * label, 3 * label + 3).join(" ")})`);
    return { name: make("span", {}, name), fill, text: make("output") };
  });
  const cells = rows.flatMap(({ name, fill, text }) => [name, make("div", { class: "bar" }, fill), text]);
  panel.append(make("fieldset", {}, make("legend", {}, "Share of each class"), make("div", { class: "bars" }, ...cells)));
  return (shares) => {
    const most = Math.max(...shares);
    rows.forEach(({ name, fill, text }, label) => {
      fill.style.width = `${shares[label] / 10}%`;
      text.textContent = percent(shares[label]);
      name.classList.toggle("likeliest", shares[label] === most);
    });
  };
}

/** The scene, at 45% of its brightness outside the box. */
function drawSpotlight(context, { data, shape: [height, width] }, box) {
  drawPixels(context, width, height, (x, y, channel) => {
    const value = data[3 * (y * width + x) + channel];
    const inside = x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height;
    return inside ? value : Math.floor((value * 45) / 100);
  });
}

/** The pixels inside the box; grey where it reaches beyond the scene. */
function drawPatch(context, { data, shape: [height, width] }, box) {
  drawPixels(context, box.width, box.height, (column, row, channel) => {
    const [x, y] = [box.x + column, box.y + row];
    return x < 0 || y < 0 || x >= width || y >= height ? OUTSIDE : data[3 * (y * width + x) + channel];
  });
}

/** Each cell in its likeliest class's colour, the darker the smaller the share. */
function drawMap(context, shares, palette) {
  const [classes, rows, columns] = shares.shape;
  drawPixels(context, columns, rows, (x, y, channel) => {
    let best = 0;
    const shareOf = (label) => shares.data[(label * rows + y) * columns + x];
    for (let label = 1; label < classes; label++) if (shareOf(label) > shareOf(best)) best = label;
    const mixed = palette.data[3 * best + channel] * shareOf(best) + palette.data[channel] * (1000 - shareOf(best));
    return Math.floor((mixed + 500) / 1000);
  });
}

export default { render };
