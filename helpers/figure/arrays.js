// Numbers from Python: an array is {data, shape}, rows of unequal length are a list of arrays.

const TYPES = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** The arrays that Python packed, by number. */
async function unpack(model) {
  const inflated = new Blob([model.get("payload")]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = await new Response(inflated).arrayBuffer();
  return model.get("arrays").map(({ dtype, shape, offset }) => ({
    shape,
    data: new TYPES[dtype](bytes, offset, shape.reduce((product, size) => product * size, 1)),
  }));
}

/** What stands at one place of an array or a list; beyond the end the last, of nothing null. */
function at(of, place) {
  if (of === null || of === undefined || place === null) return null;
  const index = (length) => Math.min(Math.max(Math.trunc(Number(place)), 0), length - 1);
  if (Array.isArray(of)) return of.length ? of[index(of.length)] : null;
  if (!of.data) return of[place] ?? null;
  const [length, ...shape] = of.shape;
  if (!length) return null;
  if (!shape.length) return of.data[index(length)];
  const size = shape.reduce((product, each) => product * each, 1);
  return { shape, data: of.data.subarray(index(length) * size, (index(length) + 1) * size) };
}

/** Nested lists of numbers, as an answer of Python brings them, as an array; arrays pass through. */
function asArray(value) {
  if (!Array.isArray(value)) return value;
  const shape = [];
  for (let inner = value; Array.isArray(inner); inner = inner[0]) shape.push(inner.length);
  return { shape, data: Float64Array.from(value.flat(Infinity)) };
}

/** Numbers as a plain list. */
function asList(value) {
  return Array.isArray(value) ? value.flat(Infinity) : Array.from(value.data);
}

/** Numbers (N, width), or a single row of them, as a list of lists. */
function rowsOf(values, width) {
  const flat = asList(values);
  return Array.from({ length: flat.length / width }, (_, i) => flat.slice(i * width, (i + 1) * width));
}

/** Where the least of some numbers stands. */
function leastOf(numbers) {
  return numbers.indexOf(Math.min(...numbers));
}

/** Whether two values are the same: numbers by value, lists and objects by what they hold, arrays by identity. */
function same(one, other) {
  if (one === other || (one !== one && other !== other)) return true;
  if (!one || !other || typeof one !== "object" || typeof other !== "object" || ArrayBuffer.isView(one)) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => same(one[key], other[key]));
}

export { unpack, at, asArray, asList, rowsOf, leastOf, same };
