// What a hand has keyed, as a picture of its strokes over time. Its twin is in figures.py.

const [HIGH, WIDE, SHOWN] = [48, 640, 12]; // pixels, and seconds that the picture holds at least

function keyed({ strokes }) {
  const seconds = Math.max(SHOWN, strokes.at(-1)?.[1] ?? 0);
  const data = new Uint8Array(HIGH * WIDE);
  for (const stroke of strokes) {
    const [from, to] = stroke.map((time) => Math.floor((WIDE * time) / seconds));
    for (let y = HIGH / 4; y < (3 * HIGH) / 4; y++) data.fill(255, y * WIDE + from, y * WIDE + Math.max(to, from + 1));
  }
  return { count: strokes.length, picture: { shape: [HIGH, WIDE], data }, read: 0, note: "" };
}

export { keyed };
