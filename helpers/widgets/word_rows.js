// Two rows of words and ribbons between them: the source, each word a switch, and the translation, each word a choice.

const [WIDEST_RIBBON, THINNEST_RIBBON] = [15, 0.75]; // CSS pixels at weights 1 and 0
const LEAST = 8; // of 255: what is looked at less has no ribbon

/** Make the rows; toggled(place) and chosen(row) tell what the hand did. The result draws them. */
function wordRows(parent, language, toggled, chosen) {
  const ribbons = svgNode("svg", { class: "ribbons", "aria-hidden": "true" });
  const source = make("div", { class: "words", role: "group", "aria-label": "Source words: press one to switch it off or on" });
  const target = make("div", { class: "words", role: "group", "aria-label": "Translation: choose a word with the arrow keys" });
  const title = (text) => make("p", { class: "stage-title" }, text);
  const rows = make("div", { class: "word-rows" }, ribbons, title(`${language}: press a word to switch it off`), source);
  rows.append(target, title("Translation: point at a word, or go along it with the arrow keys"));
  parent.append(rows);
  let [shown, last] = [null, 0];

  const move = (row) => {
    chosen(clamp(row, 0, last));
    target.children[clamp(row, 0, last)]?.focus();
  };
  target.addEventListener("keydown", (event) => {
    const at = [...target.children].indexOf(event.target);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: last }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault(); // the page must not scroll
    event.stopPropagation(); // nor the notebook act on it
    move(to);
  });

  const chip = (word, act) => {
    const button = make("button", { type: "button", class: "word" }, make("b", {}, word), make("small"), make("i"));
    button.addEventListener("click", act);
    return button;
  };
  const fill = (row, words, act, hover) => {
    const key = JSON.stringify(words);
    if (row.dataset.words === key) return; // the same buttons stay, and so does the focus
    row.dataset.words = key;
    row.replaceChildren(...words.map((word, place) => chip(word, () => act(place))));
    if (!hover) return;
    // On movement: a word that only comes to lie under a resting pointer is not chosen.
    [...row.children].forEach((button, place) => button.addEventListener("pointermove", () => hover(place)));
  };

  /** Ribbons go from under a source word to above a word of the translation, wherever the rows have been broken. */
  const weave = () => {
    ribbons.replaceChildren();
    const box = rows.getBoundingClientRect();
    if (!shown || box.width === 0) return;
    const place = (button, edge) => {
      const around = button.getBoundingClientRect();
      return [around.left + around.width / 2 - box.left, around[edge] - box.top];
    };
    const { weights, row } = shown;
    const columns = source.children.length;
    const ends = [...target.children].map((button) => place(button, "top"));
    const starts = [...source.children].map((button) => place(button, "bottom"));
    ribbons.style.setProperty("--others", Math.min(1, 10 / ends.length)); // many words would hide the chosen one's
    // The chosen word's ribbons come last, on top of the others.
    const order = ends.map((_, i) => i).sort((a, b) => (a === row) - (b === row));
    for (const i of order) {
      starts.forEach(([x, y], place) => {
        const weight = weights[i * columns + place];
        if (weight < LEAST) return;
        const middle = (y + ends[i][1]) / 2;
        const d = `M${x} ${y}C${x} ${middle} ${ends[i][0]} ${middle} ${ends[i][0]} ${ends[i][1]}`;
        const width = THINNEST_RIBBON + ((WIDEST_RIBBON - THINNEST_RIBBON) * weight) / 255;
        const kind = i === row ? "ribbon now" : "ribbon";
        ribbons.append(svgNode("path", { class: kind, d, "stroke-width": width, "data-row": i, "data-place": place }));
      });
    }
  };
  const resized = new ResizeObserver(weave);
  resized.observe(rows);

  const draw = ({ reading, candidate, row, silenced }) => {
    shown = { weights: candidate.weights, row };
    last = Math.max(0, candidate.words.length - 1);
    fill(source, reading.source, toggled);
    fill(target, candidate.words, move, chosen);
    const off = new Set(silenced);
    const unknown = new Set(reading.unknown);
    [...source.children].forEach((button, place) => {
      const word = reading.source[place];
      const notes = [off.has(place) && "off", unknown.has(word) && "unknown"].filter(Boolean);
      button.setAttribute("aria-pressed", off.has(place));
      button.setAttribute("aria-label", `Switch off “${word}”, source word ${place + 1}${unknown.has(word) ? ", unknown" : ""}`);
      button.children[1].textContent = notes.join(", ");
      button.toggleAttribute("data-marked", unknown.has(word));
      const weight = candidate.words.length ? candidate.weights[row * reading.source.length + place] : 0;
      button.children[2].style.width = `${(weight / 255) * 100}%`;
    });
    const changed = new Set(candidate.new);
    [...target.children].forEach((button, i) => {
      button.toggleAttribute("data-chosen", i === row);
      button.setAttribute("aria-pressed", i === row);
      button.setAttribute("aria-label", `“${candidate.words[i]}”, word ${i + 1}${changed.has(i) ? ", changed" : ""}`);
      button.toggleAttribute("data-marked", changed.has(i));
      button.tabIndex = i === row ? 0 : -1; // one stop of the Tab key; arrows move inside
      button.children[1].textContent = changed.has(i) ? "changed" : "";
    });
    weave();
  };
  return { draw, leave: () => resized.disconnect() };
}
