// Questions to Python, for figures that cannot answer all by themselves: named in `scripts` before the figure's own.

const ASK_AFTER = 250; // milliseconds without another question before Python is asked
const PATIENCE = 4000; // milliseconds after which the reader is told that no answer has come yet

/** Whether a kernel can be there at all: the model of a page without one cannot send. */
function hasKernel(model) {
  return typeof model.send === "function";
}

/**
 * Ask through the trait `asked`, hear through the trait `answer`; only the newest question counts.
 * heard(answer) gets each answer to it; late() is called when none has come in time: one may come yet.
 */
function asker(model, heard, late) {
  let [wish, number, rest, patience] = [null, 0, 0, 0];
  const stop = () => {
    clearTimeout(rest);
    clearTimeout(patience);
  };
  const listen = () => {
    const answer = model.get("answer");
    if (!wish || answer.number !== number) return;
    stop();
    const of = wish;
    wish = null;
    heard(answer, of);
  };
  const send = () => {
    number = Math.floor(Math.random() * 2 ** 40); // another view of the figure has numbers of its own
    model.set("asked", { text: wish.text, silenced: wish.silenced, number });
    model.save_changes();
  };
  model.on("change:answer", listen);
  return {
    /** What was asked and is not answered yet: {text, silenced, ...}, or null. */
    wish: () => wish,
    ask(what) {
      stop();
      [wish, number] = [what, -1]; // an answer that comes now is to an older question
      rest = setTimeout(send, ASK_AFTER);
      patience = setTimeout(late, ASK_AFTER + PATIENCE);
    },
    drop() {
      stop();
      wish = null;
    },
    leave() {
      stop();
      model.off("change:answer", listen);
    },
  };
}
