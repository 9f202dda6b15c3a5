// The values that the hand moves, and what is asked of Python about them.

const SAVE_AFTER = 250; // milliseconds without a movement before Python hears of it
const PATIENCE = 4000; // milliseconds after which the reader is told that no answer has come yet
const LATE = "No answer yet: the notebook's kernel is busy, or none is running; then run the notebook's cells again.";
const ALONE = "needs a running notebook: open it in Jupyter and run its cells.";

/** The state: changed here at once, told to Python when the hand rests, followed when Python or another view sets it. */
function liveState(model, draw, signal) {
  const state = { ...model.get("state") };
  let waiting;
  const follow = () => {
    if (waiting) return; // the hand is newer than what comes back
    Object.assign(state, model.get("state"));
    draw();
  };
  model.on("change:state", follow);
  const save = () => {
    waiting = null;
    model.set("state", { ...state });
    model.save_changes();
  };
  signal.addEventListener("abort", () => {
    model.off("change:state", follow);
    clearTimeout(waiting);
    if (waiting) save();
  });
  return {
    state,
    change(changes) {
      Object.assign(state, changes);
      draw();
      clearTimeout(waiting);
      waiting = setTimeout(save, SAVE_AFTER);
    },
  };
}

/** Questions to Python, the newest only: a function that gives what is known at once; `draw` runs when more is. */
function asker(model, draw, say, signal) {
  const answers = new Map();
  const shown = new Map(); // what stands on the page of each question: it stays while Python thinks
  let [asked, timer] = [{}, 0]; // the newest question, open or answered; until it is sent, then until patience ends

  const hear = () => {
    const answer = model.get("answer");
    if (!answer || !("ask" in answer)) return;
    if ("value" in answer) answers.set(JSON.stringify([answer.ask, answer.inputs]), answer.value);
    if (answer.number !== asked.number) return;
    clearTimeout(timer);
    asked.number = null;
    say(answer.refusal ?? "", false);
    draw();
  };
  hear(); // of a saved notebook
  model.on("change:answer", hear);
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    model.off("change:answer", hear);
  });

  function send(ask, inputs) {
    asked.number = Math.floor(Math.random() * 2 ** 40); // another view of the figure has numbers of its own
    model.set("asked", { ask, inputs, number: asked.number });
    model.save_changes();
    timer = setTimeout(say, PATIENCE, LATE, true);
  }

  function forget(ask) {
    if (asked.ask !== ask) return;
    clearTimeout(timer);
    asked = {};
    say("", false);
  }

  return (ask, { name, when, inputs, stored }) => {
    const key = JSON.stringify([ask, inputs]);
    if (!when) {
      shown.delete(ask);
      forget(ask);
    } else if (answers.has(key)) {
      if (asked.key !== key) forget(ask);
      shown.set(ask, answers.get(key));
    } else if (asked.key !== key) {
      clearTimeout(timer);
      asked = { ask, key, number: null };
      if (typeof model.send !== "function") say(`${name} ${ALONE}`, false);
      else {
        say("Python is asked …", true);
        timer = setTimeout(send, SAVE_AFTER, ask, inputs);
      }
    }
    return shown.get(ask) ?? stored;
  };
}

export { liveState, asker };
