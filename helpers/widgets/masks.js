// Masks over images. Its Python reference is MasksOverImages in masks.py.

async function render(view) {
  const arrays = await unpack(view.model);
  const names = view.model.get("names");
  const mapNamed = (name) => (names.includes(name) ? mapAt(arrays.maps, names.indexOf(name)) : null);

  return lensFigure(view, {
    arrays,
    maskOf: (state) => ({ labels: mapNamed(state.choice), truth: mapNamed("truth") }),
    outerLayer: (state, mask) => layer(arrays, mask.labels, state),
    describe: (state) => `${state.choice}, blend ${state.blend}%.`,
  });
}

export default { render };
