// The desk of a translator: which sentence, one of the reader's own, what came of the question, and the candidates.

/** Words as a sentence: marks and endings stand at the word that they belong to. */
function joined(words) {
  return words.join(" ").replace(/ ([.,;:!?)\]]|'[\p{L}\p{N}_])/gu, "$1").replace(/([¿¡([]) /g, "$1");
}

/** A list of stored sentences, a field for another, and a line that says what becomes of it. */
function sentenceDesk(parent, language, texts, { stored, typed }) {
  const select = make("select", { "data-lm-suppress-shortcuts": "true", "aria-label": "Stored sentence" });
  texts.forEach((text, value) => select.append(make("option", { value }, joined(text.split(" ")))));
  const own = make("option", { value: -1, hidden: "" });
  select.append(own);
  select.addEventListener("change", () => Number(select.value) >= 0 && stored(Number(select.value)));
  const field = make("input", { type: "text", autocomplete: "off", spellcheck: "false", "aria-label": `Your own ${language} sentence` });
  const button = make("button", { type: "button" }, "Translate");
  const status = make("p", { class: "status", role: "status" });
  const send = () => {
    if (field.value.trim()) typed(field.value);
    else status.textContent = `Type a sentence in ${language} first, then press Translate.`;
  };
  button.addEventListener("click", send);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation(); // Shift and Enter would run the notebook's cell
    send();
  });
  const row = (text, node) => make("label", {}, make("span", {}, text), node);
  const desk = make("div", { class: "desk" }, row("Stored sentence", select), row(`Your own ${language}`, field), button);
  parent.append(desk, status);
  return {
    say: (text) => (status.textContent = text),
    draw({ sentence, typed }) {
      own.textContent = `your own: ${typed}`;
      own.hidden = !typed;
      select.value = typed ? -1 : sentence;
    },
  };
}

/** A choice among the beam's candidates, as many as there are; chosen(number) is called. */
function candidateList(panel, chosen) {
  const group = `course-choice-${controlCount++}`;
  const list = make("div", { class: "candidates" });
  panel.append(make("fieldset", {}, make("legend", {}, "Candidates of the beam, best first"), list));
  const option = (number) => {
    const input = make("input", { type: "radio", name: group, value: number });
    input.addEventListener("change", () => chosen(number));
    return make("label", {}, input, make("span"), make("span", { class: "score" }));
  };
  return (candidates, number) => {
    while (list.children.length > candidates.length) list.lastChild.remove();
    while (list.children.length < candidates.length) list.append(option(list.children.length));
    candidates.forEach(({ words, score }, i) => {
      const [input, text, shown] = list.children[i].children;
      input.checked = i === number;
      text.textContent = joined(words) || "(nothing)";
      shown.textContent = decimal(score, 2);
    });
  };
}
