// Upsampled masks: the page itself enlarges the coarse scores. Its Python reference is UpsampledMasks in upsampled.py.

async function render(view) {
  const { model } = view;
  const arrays = await unpack(model);
  const { image, truth, palette, error_palette: errorPalette } = arrays;
  const [steps, classNames] = ["steps", "class_names"].map((name) => model.get(name));
  const networks = Object.fromEntries(Object.keys(steps).map((name, i) => [name, arrays[`scores ${i}`]]));
  const greyScene = { image: dimGrey(image), palette: errorPalette };
  const lastFrame = ({ choice }) => (steps[choice] ?? [0]).length - 1;
  const stepOf = (state) => steps[state.choice]?.[Math.min(state.frame, lastFrame(state))] ?? "–";

  /** The mask of a state and how good it is; kept until network, step or interpolation change. */
  const maskOf = remember(
    ({ choice, frame, interpolation }) => [choice, frame, interpolation].join("|"),
    (state) => {
      const labels = state.choice === "truth" ? truth.data : networkLabels(state);
      const wrong = labels.reduce((count, label, i) => count + (label !== truth.data[i]), 0);
      return {
        labels,
        truth: truth.data,
        iou: twoPlaces(meanIou(labels, truth.data, classNames.length)),
        wrong: Math.floor((wrong * 100) / labels.length + 0.5),
      };
    },
  );

  function networkLabels({ choice, frame, interpolation }) {
    const { data, shape } = networks[choice];
    const [frames, ...grid] = shape;
    const size = data.length / frames;
    const scores = data.subarray(Math.min(frame, frames - 1) * size).subarray(0, size);
    return upsampledLabels(scores, grid, image.shape, interpolation === "bilinear");
  }

  /** Wrong pixels in one colour on a grey scene. */
  function errorLayer({ visible, blend }, { labels }) {
    const [said, expected] = [labels, truth.data].map((map) => shownLabels(map, visible));
    const wrong = said.map((label, i) => (label === expected[i] ? 0 : 1));
    return layer(greyScene, wrong, { blend, visible: [true, true], outlines: false });
  }

  function subject(state) {
    if (state.choice === "truth") return "truth";
    const [frames, , rows, columns] = networks[state.choice].shape;
    const step = frames > 1 ? ` at step ${stepOf(state)}` : "";
    const way = state.interpolation === "bilinear" ? "bilinearly" : "cell by cell";
    return `${state.choice}${step}, ${rows} x ${columns} scores enlarged ${way}`;
  }

  function ownControls(panel, change) {
    const several = Object.values(steps).some((numbers) => numbers.length > 1);
    const training = { label: "Training step", min: 0, max: lastFrame, text: (_, state) => String(stepOf(state)) };
    return {
      ...(several && { frame: slider(panel, training, (frame) => change({ frame })) }),
      interpolation: choices(panel, { label: "Between the scores", options: model.get("interpolations") }, (way) =>
        change({ interpolation: way }),
      ),
      view: choices(panel, { label: "Colour", options: model.get("views") }, (what) => change({ view: what })),
    };
  }

  return lensFigure(view, {
    arrays: { image, palette },
    controls: ["frame", "interpolation", "view"],
    captionLines: 4,
    ownControls,
    maskOf,
    outerLayer: (state, mask) =>
      state.view === "errors" ? errorLayer(state, mask) : layer({ image, palette }, mask.labels, state),
    describe: (state, mask) =>
      `${subject(state)}: mean IoU ${mask.iou} on this scene, ${mask.wrong}% of the pixels wrong.`,
  });
}

/** A function that computes anew only when the key of its argument changes. */
function remember(keyOf, compute) {
  let key, value;
  return (argument) => {
    if (keyOf(argument) !== key) [key, value] = [keyOf(argument), compute(argument)];
    return value;
  };
}

export default { render };
