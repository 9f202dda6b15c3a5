// Elements, the theme, and small helpers that every other file uses.

/** A name that no other element of the page has: other figures there run a copy of this script. */
function fresh(name) {
  return `composed-${name}-${Math.random().toString(36).slice(2)}`;
}

/** Set an element's attributes, and return it. */
function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/** An element with attributes and children. Whatever can hold the focus keeps its keys from JupyterLab's shortcuts. */
function make(tag, attributes = {}, ...children) {
  const node = set(document.createElement(tag), attributes);
  if (tag === "input" || tag === "button" || "tabindex" in attributes) node.setAttribute("data-lm-suppress-shortcuts", "true");
  node.append(...children);
  return node;
}

/** An element of a drawing in lines. */
function makeSvg(tag, attributes = {}) {
  return set(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes);
}

/** Set an element's text only where it changes: a screen reader says it again otherwise. */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Keep as many children as there are entries, made by make(i), and set each: set(child, entry, i). */
function each(parent, entries, make, set) {
  while (parent.children.length > entries.length) parent.lastChild.remove();
  while (parent.children.length < entries.length) parent.append(make(parent.children.length));
  entries.forEach((entry, i) => set(parent.children[i], entry, i));
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** Keep the figure light or dark as the page behind it is, until the signal. */
function followTheme(root, signal) {
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    if (root.isConnected) root.dataset.theme = isDark(root) ? "dark" : "light";
  };
  // JupyterLab names its theme on the body and loads its colours a moment later: look again then.
  const watcher = new MutationObserver(() => [0, 300, 1500].forEach((wait) => setTimeout(apply, wait)));
  for (const node of [document.body, document.documentElement]) watcher.observe(node, { attributes: true });
  prefersDark.addEventListener("change", apply, { signal });
  const arrival = new ResizeObserver(apply); // the page behind is known once the figure stands in it
  arrival.observe(root);
  for (const each of [watcher, arrival]) signal.addEventListener("abort", () => each.disconnect());
}

/** Whether the first opaque background behind an element is dark; the reader's preference if there is none. */
function isDark(element) {
  for (let node = element.parentElement; node; node = node.parentElement) {
    const [red, green, blue, alpha = 1] = getComputedStyle(node).backgroundColor.match(/[\d.]+/g).map(Number);
    if (alpha > 0.5) return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
  }
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

export { fresh, set, make, makeSvg, write, each, clamp, followTheme };
