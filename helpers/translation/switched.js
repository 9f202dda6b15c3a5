// Labs of the alignment explorer: which stored reading fits its switches. Their twins are in tables.py.

/** A reading's parts under one name, as an answer of Python is. */
function bundled(values) {
  return values;
}

/** Which stored reading fits (0: all words on; k: only word k - 1 off), and whether Python must be asked. */
function switched({ flags, text }) {
  const off = flags.flatMap((on, place) => (on ? [] : [place]));
  const typed = Number(Boolean(text.trim()));
  return { typed, place: off.length ? off[0] + 1 : 0, ask: Number(off.length > 1 || (typed && off.length > 0)) };
}

export { bundled, switched };
