// Readings: where the page finds them, and what it says of one. The Python reference is alignments.py.

const SECOND = 5; // percent from which a caption names the word that is looked at second

/** A text in small letters, marks set apart, no last full stop: one sentence typed in two ways is found as one. */
function spelled(text) {
  const apart = text.normalize("NFC").toLowerCase().replace(/([^\p{L}\p{N}_\s])/gu, " $1 ");
  return apart.trim().split(/\s+/).join(" ").replace(/ \.$/, "");
}

/** All readings that the page holds: those stored, whose weights lie end to end in bytes, and the answers so far. */
function libraryOf(stored, bytes) {
  const readings = new Map();
  const key = (text, silenced) => JSON.stringify([spelled(text), silenced]);
  const texts = stored.map(([plain]) => spelled(plain.source.join(" ")));
  let offset = 0;
  stored.forEach((sentence, number) => {
    for (const reading of sentence) {
      for (const candidate of reading.candidates) {
        const size = candidate.words.length * reading.source.length;
        candidate.weights = bytes.subarray(offset, offset + size);
        offset += size;
      }
      readings.set(key(texts[number], reading.silenced), reading);
    }
  });
  const place = (text) => texts.indexOf(spelled(text));
  return {
    texts,
    key,
    /** The index of a stored sentence, -1 of any other text. */
    place,
    find(text, silenced) {
      const length = place(text) < 0 ? Infinity : stored[place(text)].length - 1;
      const within = [...new Set(silenced)].filter((each) => each < length).sort((a, b) => a - b);
      return readings.get(key(text, within));
    },
    add: ({ text, silenced, reading }) => readings.set(key(text, silenced), reading),
  };
}

/** The caption: the looks of one word, the candidate, and what was switched off. */
function told({ source, silenced, unknown, candidates }, number, row) {
  const candidate = candidates[number];
  const parts = [looksOf(source, candidate, row)];
  const score = decimal(candidate.score, 2);
  if (candidates.length > 1) parts.push(`Candidate ${number + 1} of ${candidates.length}, score ${score}.`);
  if (silenced.length) parts.push(`Switched off: ${quoted(silenced.map((place) => source[place]))}.`);
  parts.push(changeOf(silenced, candidate));
  if (unknown.length) parts.push(`Unknown to the translator: ${quoted(unknown)}.`);
  return parts.filter(Boolean).join(" ");
}

function quoted(words) {
  return words.map((word) => `“${word}”`).join(", ");
}

function looksOf(source, { words, weights }, row) {
  if (!words.length) return "The translator ends before it has said a word.";
  const percents = source.map((_, place) => Math.floor((200 * weights[row * source.length + place] + 255) / 510));
  const order = source.map((_, place) => place);
  order.sort((a, b) => weights[row * source.length + b] - weights[row * source.length + a] || a - b);
  const [first, second] = order;
  const word = `“${words[row]}”, word ${row + 1} of ${words.length},`;
  if (percents[first] === 0) return `${word} looks nowhere.`;
  const then = percents[second] >= SECOND ? `, then at “${source[second]}” ${percents[second]}%` : "";
  return `${word} looks at “${source[first]}” ${percents[first]}%${then}.`;
}

function changeOf(silenced, { words, new: places, gone }) {
  const fresh = places.map((place) => words[place]);
  if (!fresh.length && !gone.length) return silenced.length ? "The translation stays the same." : "";
  const unlike = `Unlike the ${silenced.length ? "plain translation" : "best candidate"}, it`;
  if (JSON.stringify([...fresh].sort()) === JSON.stringify([...gone].sort())) return `${unlike} has another order of words.`;
  if (!gone.length) return `${unlike} also says ${quoted(fresh)}.`;
  return fresh.length ? `${unlike} says ${quoted(fresh)}, not ${quoted(gone)}.` : `${unlike} leaves out ${quoted(gone)}.`;
}
