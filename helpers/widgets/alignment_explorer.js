// Alignment explorer: its Python reference is AlignmentExplorer in alignment_explorer.py.

const CONTROLS = ["sentence", "typed", "silenced", "candidate", "word"];
const KEYS = "Arrows go from word to word of the translation (with Shift, three), Home and End to the first and last.";
const OWN = "A sentence of your own needs";
const SEVERAL = "Several words switched off at once need";
const NO_KERNEL = "a running notebook: open it in Jupyter and run its cells.";
const NO_TRANSLATOR = "a running notebook, and a figure that was given `translate`.";
const LATE = "No answer yet: the notebook's kernel is busy, or none is running; then run the notebook's cells again.";

async function render({ model, el }) {
  const arrays = await unpack(model);
  const [alt, language] = ["alt", "language"].map((name) => model.get(name));
  const library = libraryOf(model.get("stored"), arrays.weights.data);
  const offer = `Stored here, also with any one word switched off: ${quoted(library.texts.map(beginning))}.`;
  const answer = model.get("answer");
  if (answer.reading) library.add(answer); // of a saved notebook
  const page = frame(el, alt, 3);
  page.view.parentElement.classList.add("alignment");
  const live = liveState(model, CONTROLS, draw);
  const { state, change } = live;
  const asking = asker(model, heard, () => say(`${LATE} ${offer}`));

  const rows = wordRows(page.stages, language, toggle, choose);
  const matrix = wordMatrix(page.panel, choose);
  const showCandidates = candidateList(page.panel, (candidate) => change({ candidate }));
  const desk = sentenceDesk(page.view, language, library.texts, {
    stored: (sentence) => want({ sentence, typed: "", silenced: [] }, { candidate: 0, word: 0 }),
    typed(text) {
      const place = library.place(text);
      const which = place < 0 ? { sentence: state.sentence, typed: text.trim() } : { sentence: place, typed: "" };
      want({ ...which, silenced: [] }, { candidate: 0, word: 0 });
    },
  });
  followKeys(page, matrix, KEYS, {
    ...arrows((dx, dy) => choose(shown.row + dx + dy), 1, 3),
    Home: () => choose(0),
    End: () => choose(Infinity),
  });

  const textOf = ({ sentence, typed }) => typed || library.texts[sentence];
  const keyOf = (wish) => library.key(textOf(wish), wish.silenced);
  // What stands on the page: it stays while Python thinks, and when it refuses.
  const shown = { wish: { sentence: state.sentence, typed: "", silenced: [] }, number: 0, row: 0 };
  shown.reading = library.find(textOf(shown.wish), []);

  function say(text) {
    desk.say(text);
    page.view.parentElement.setAttribute("aria-busy", Boolean(asking.wish()));
  }

  function choose(word) {
    const row = clamp(word, 0, Math.max(0, shown.reading.candidates[shown.number].words.length - 1));
    if (row !== shown.row) change({ word: row });
  }

  /** The words that are to be off in the sentence on the page: what Python was asked for, if that is still this one. */
  function off() {
    const asked = asking.wish();
    return asked && textOf(asked) === textOf(shown.wish) ? asked.silenced : shown.wish.silenced;
  }

  function toggle(place) {
    const others = off().filter((each) => each !== place);
    const silenced = others.length < off().length ? others : [...others, place].sort((a, b) => a - b);
    want({ ...shown.wish, silenced }, { candidate: 0 });
  }

  /** Show what the page holds; ask Python for what it does not, and leave the picture as it is meanwhile. */
  function want({ sentence, typed, silenced }, places) {
    const wish = { sentence, typed, silenced };
    if (library.find(textOf(wish), silenced)) {
      asking.drop();
      say("");
      return change({ ...wish, ...places });
    }
    const needs = hasKernel(model) ? model.get("can_ask") || NO_TRANSLATOR : NO_KERNEL;
    if (needs !== true) return refuse(`${typed ? OWN : SEVERAL} ${needs} ${offer}`);
    asking.ask({ ...wish, places, text: textOf(wish) });
    say("Python is translating …");
    draw();
  }

  function heard(answer, { sentence, typed, silenced, places }) {
    if (answer.refusal) return refuse(answer.refusal);
    library.add(answer);
    say("");
    change({ sentence, typed, silenced, ...places });
  }

  /** Say why not, and go back to what stands on the page. */
  function refuse(why) {
    asking.drop();
    say(why);
    change({ ...shown.wish });
  }

  function draw() {
    const reading = library.find(textOf(state), state.silenced);
    const asked = asking.wish();
    if (reading) {
      Object.assign(shown, { reading, wish: { sentence: state.sentence, typed: state.typed, silenced: reading.silenced } });
    } else if (!asked || keyOf(asked) !== keyOf(state)) {
      return want(state, {}); // Python has set what the page does not hold
    }
    const { candidates } = shown.reading;
    const number = clamp(state.candidate, 0, candidates.length - 1);
    const candidate = candidates[number];
    const row = clamp(state.word, 0, Math.max(0, candidate.words.length - 1));
    Object.assign(shown, { number, row });
    rows.draw({ reading: shown.reading, candidate, row, silenced: off() });
    matrix.draw({ reading: shown.reading, candidate, row });
    showCandidates(candidates, number);
    desk.draw(shown.wish);
    page.caption.textContent = told(shown.reading, number, row);
    matrix.canvas.setAttribute("aria-label", `${alt} ${page.caption.textContent}`);
  }

  draw();
  return () => {
    asking.leave();
    rows.leave();
    page.leave();
    live.leave();
  };
}

/** As much of a stored sentence as a message has room for. */
function beginning(text) {
  const words = text.split(" ");
  return words.length > 7 ? `${joined(words.slice(0, 6))} …` : joined(words);
}

export default { render };
