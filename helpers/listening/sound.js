// Sound: a tone that follows a playhead, and a Morse key under the hand. Their twin is sound.py.

import { PANEL, givenOf } from "./controls.js";
import { rowsOf } from "./arrays.js";

const [LOUD, SOFT] = [0.15, 0.003]; // of the loudest, and seconds in which the tone comes and goes without a click
const MOMENT = 0.25; // seconds of sound after each movement of the playhead; where it rests there is silence

/** A tone that is silent until told. Browsers let no page sound before a hand has pressed something: it is made late. */
function makeTone(pitch, signal) {
  let [context, gain] = [null, null];
  function begin() {
    context = new AudioContext();
    gain = new GainNode(context, { gain: 0 });
    const oscillator = new OscillatorNode(context, { frequency: pitch });
    oscillator.connect(gain).connect(context.destination);
    oscillator.start();
  }
  signal.addEventListener("abort", () => context?.close());
  return {
    /** Go on and off at these times, [[seconds from now, 0 or 1], ...], in place of what was to come. */
    play(levels) {
      if (!context && globalThis.AudioContext) begin();
      if (!context) return;
      context.resume();
      const now = context.currentTime;
      gain.gain.cancelScheduledValues(now);
      for (const [wait, level] of levels) gain.gain.setTargetAtTime(level * LOUD, now + wait, SOFT);
    },
    silence: () => gain?.gain.cancelScheduledValues(context.currentTime).setTargetAtTime(0, context.currentTime, SOFT),
  };
}

/** When a tone goes on and off in the moment after `at` seconds, and that it ends: [[seconds from now, 0 or 1], ...]. */
function levelsAt(strokes, at) {
  const levels = [[0, Number(strokes.some(([down, up]) => down <= at && at < up))]];
  for (const [time, level] of strokes.flatMap(([down, up]) => [[down, 1], [up, 0]])) {
    if (at < time && time < at + MOMENT) levels.push([time - at, level]);
  }
  return [...levels, [MOMENT, 0]];
}

/** Let a tone follow strokes: follow(on, seconds, strokes) after each change sounds where the place has moved. */
function makeFollower(pitch, tools) {
  const tone = makeTone(pitch, tools.signal);
  let last = null;
  tools.players.push({ pause: tone.silence });
  return (on, seconds, strokes) => {
    if (!on) tone.silence();
    else if (last !== null && seconds !== last) tone.play(levelsAt(strokes, seconds));
    last = seconds;
  };
}

/** A switch for a tone that follows a playhead. */
function sound(control, tools) {
  const { node, update } = PANEL.toggle(control, tools);
  const follow = makeFollower(control.node.pitch, tools);
  return {
    node,
    update() {
      update();
      const { value, seconds, strokes } = givenOf(control, tools);
      follow(value, seconds, rowsOf(strokes, 2));
    },
  };
}

/** A Morse key: while it is held it sounds; each stroke goes into the control as [down, up] in seconds. */
function key(control, tools, canvas) {
  const { name, pitch } = control.node;
  const tone = makeTone(pitch, tools.signal);
  let [down, start] = [null, null]; // when the key went down, and when the first stroke began
  const now = () => performance.now() / 1000;
  const show = () => (canvas.style.filter = down === null ? "" : "invert(1)");
  const press = () => {
    if (down !== null) return; // a held key repeats itself
    down = now();
    tone.play([[0, 1]]);
    show();
  };
  const lift = () => {
    if (down === null) return;
    const before = tools.symbols.value({ $: control.number });
    if (!before.length) start = down;
    start ??= down - before.at(-1)[1] - 1; // strokes of a saved notebook: go on a second later
    const stroke = [down - start, now() - start].map((time) => Math.round(time * 1000) / 1000);
    down = null;
    tone.silence();
    show();
    tools.change(name, [...before, stroke]);
  };
  const wipe = () => tools.change(name, []);
  canvas.addEventListener("keyup", (event) => event.key === " " && lift());
  canvas.addEventListener("blur", lift);
  canvas.addEventListener("contextmenu", (event) => event.preventDefault()); // which a long touch asks for
  return {
    hover: false,
    help: "press and hold the picture, or Space, and let go; Delete wipes it",
    wipe,
    point: (_x, _y, begins) => begins && press(),
    release: lift,
    keys: { " ": press, Delete: wipe, Backspace: wipe },
  };
}

export { sound, key };
