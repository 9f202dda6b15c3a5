// A play button, for figures that go on step by step: named in `scripts` before the figure's own.

/**
 * A button that plays: next() goes one step on and says whether there are more; it is also what starts again.
 * Where the reader prefers reduced motion nothing moves by itself: each press is one step.
 */
function player(panel, next, every = 700) {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const button = make("button", { type: "button", class: "play" });
  let timer = null;
  const show = () => (button.textContent = still.matches ? "Next step" : timer ? "Pause" : "Play");
  const pause = () => {
    clearInterval(timer);
    timer = null;
    show();
  };
  const press = () => {
    if (timer) return pause();
    if (next() && !still.matches) timer = setInterval(() => next() || pause(), every);
    show();
  };
  button.addEventListener("click", press);
  still.addEventListener("change", pause);
  panel.append(button);
  show();
  return {
    press,
    pause,
    leave() {
      pause();
      still.removeEventListener("change", pause);
    },
  };
}
