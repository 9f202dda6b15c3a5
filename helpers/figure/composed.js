// The figure: builds its parts and controls once, and keeps them drawn.

const { make, write, followTheme, fresh } = page;
const BUILDERS = { ...parts, ...words, ...charts };

async function render({ model, el }) {
  const spec = model.get("spec");
  const root = make("div", { class: "composed", role: "group", "aria-label": model.get("alt") });
  const leaving = new AbortController(); // what ends with this view of the figure listens to its signal
  const live = state.liveState(model, draw, leaving.signal);
  const status = make("p", { class: "status", role: "status" });
  const say = (text, busy) => {
    write(status, text);
    root.setAttribute("aria-busy", busy);
  };
  const known = symbols.symbolsOf({
    nodes: spec.nodes,
    arrays: await arrays.unpack(model),
    state: live.state,
    labs: own,
    ask: state.asker(model, draw, say, leaving.signal),
  });
  const named = Object.fromEntries(
    spec.controls.map((number) => [spec.nodes[number].name, { number, node: spec.nodes[number] }]),
  );
  const answering = []; // [node, answer] of every picture that answers the hand
  // What every part and control gets. `own` is what the lesson's scripts export, `players` are what Play has set going,
  // `silent` the pictures that answer nothing.
  const tools = {
    symbols: known,
    own,
    controls: named,
    alt: model.get("alt"),
    players: [],
    signal: leaving.signal,
    silent: [],
    draw,
    answering: (node, answer) => answering.push([node, answer]),
    change(name, value) {
      const reset = Object.fromEntries(named[name].node.resets.map((other) => [other, named[other].node.first]));
      live.change({ ...reset, [name]: value });
    },
  };

  const drawn = [];
  const place = (part) => {
    const built = part.parts ? column(part) : BUILDERS[part.kind](part, tools);
    const title = make("p", { class: "title" });
    const section = make("div", { class: `part ${part.kind}` }, title, built.node);
    drawn.push(() => {
      section.hidden = !known.value(part.when);
      if (section.hidden) return;
      write(title, known.write(part.title));
      title.hidden = !title.textContent;
      built.update?.();
    });
    if (built.label) spoken.push(built.label);
    return section;
  };
  const spoken = [];
  const column = (part) => {
    const node = make("div", { class: "stack" }, ...part.parts.map(place));
    return { node, update: part.kind === "ribbons" ? words.ribbons(part, tools, node) : null };
  };

  const view = make("div", { class: "parts" }, ...spec.parts.map(place));
  const caption = make("p", { class: "caption", "aria-live": "polite", "aria-atomic": "true" });
  caption.style.setProperty("--lines", spec.lines);
  const builderOf = ({ kind, like }) => own[kind] ?? controls.PANEL[like];
  const inPanel = spec.panel.filter((name) => builderOf(named[name].node));
  const built = inPanel.map((name) => [name, builderOf(named[name].node)(named[name], tools)]);
  const timelines = built.filter(([name]) => named[name].node.play).map(([, { node }]) => node);
  const panel = make("div", { class: "panel" }, ...built.map(([, { node }]) => node).filter((node) => !timelines.includes(node)));
  const keys = make("p", { class: "keys", id: fresh("keys") });
  root.append(make("div", { class: "view" }, view, ...timelines, caption, status, keys), panel);
  panel.hidden = !panel.children.length;
  listen();
  el.append(root);

  /** Keys that work on every picture: those that controls name, and those of a slider that plays. */
  function listen() {
    const everywhere = {};
    const told = [];
    const given = Object.values(named).map(({ node }) => node.keys);
    for (const [name, control] of Object.entries(named)) {
      const { keys, play, leap, kind } = control.node;
      const [less, more] = keys || (play && !given.includes("[]") ? "[]" : "");
      if (less) {
        const by = (sign) => () => controls.move(control, tools, sign * (leap ?? 1), kind === "choice");
        Object.assign(everywhere, { [less]: by(-1), [more]: by(1) });
        if (more === "+") everywhere["="] = by(1); // the key that bears the plus, without Shift
        told.push(`${less === "-" ? "−" : less} and ${more} change ${name}`);
      }
      if (play) {
        everywhere[" "] = tools.players.find((player) => player.name === name).press;
        Object.assign(everywhere, pointing.one(control, tools).keys);
        told.push("Space plays");
        told.unshift("arrows go a step on or back (with Shift, five), Home and End to the first and last");
      }
    }
    const pictures = answering.some(([node]) => node.localName === "canvas");
    if (!pictures && told.length && tools.silent.length) answering.unshift([tools.silent[0], null]);
    for (const [node, answer] of answering) {
      pointing.answerOn(node, answer, everywhere, tools);
      node.setAttribute("aria-describedby", keys.id);
    }
    const help = [...new Set(answering.map(([, answer]) => answer?.help).filter(Boolean)), ...told].join("; ");
    keys.textContent = help && `On the picture: ${help}.`;
    keys.hidden = !help;
  }

  function draw() {
    drawn.forEach((update) => update());
    built.forEach(([, { update }]) => update());
    write(caption, known.write(spec.caption));
    spoken.forEach((label) => label(caption.textContent));
  }

  followTheme(root, leaving.signal);
  draw();
  return () => leaving.abort();
}

export default { render };
