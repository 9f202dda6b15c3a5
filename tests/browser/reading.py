"""A composed figure mounted in an open page, and what stands there then, read back from its elements."""

import base64

import numpy as np
from playwright.sync_api import Page

from helpers.figure import Figure
from tools import build_site

# A stand-in for the kernel's model, and a reader of canvases, shapes and texts.
MOUNT = """
window.mounted = async ({ fields, payload, states }) => {
  const bytes = Uint8Array.from(atob(payload), (letter) => letter.charCodeAt(0));
  const values = { ...fields, payload: new DataView(bytes.buffer) };
  const followers = {};
  const model = {
    get: (name) => values[name],
    set(name, value) { values[name] = value; followers[`change:${name}`]?.(); },
    on: (event, follow) => (followers[event] = follow),
    off() {},
    save_changes() {},
  };
  const el = document.createElement("div");
  document.body.replaceChildren(el);
  const leave = await render({ model, el });
  const read = states.map((state) => {
    model.set("state", state);
    return { caption: el.querySelector(".caption").textContent, parts: [...el.querySelectorAll(".part")].filter(shown).map(readPart) };
  });
  leave();
  return read;
};
const shown = (part) => !part.classList.contains("column") && !part.closest("[hidden]");
const readPart = (part) => {
  const canvas = part.querySelector("canvas");
  const texts = [...part.querySelectorAll("[data-text]")].map((node) => node.textContent).filter(Boolean);
  const bars = [...part.querySelectorAll(".bar i, .token i:not([hidden])")].map((bar) => ["bar", [parseFloat(bar.style.width)], ""]);
  const lines = [...part.querySelectorAll(".over .stroke, [data-shape]")].map((node) => {
    const kind = node.dataset.shape ?? node.classList[1];
    const text = (name) => node.getAttribute(name) ?? "";
    const numbers = (texts) => texts.join(" ").match(/-?[\\d.]+(e-?\\d+)?/g).map(Number);
    const of = {
      rect: () => numbers(["x", "y", "width", "height"].map(text)),
      circle: () => numbers(["cx", "cy", "r"].map(text)),
      polyline: () => numbers([text("points")]),
    }[kind] ?? (() => numbers([text("d")]).slice(0, 4));
    return [kind, of(), ""];
  });
  const notes = [...part.querySelectorAll(".over span")].map((span) => [
    "text",
    [(parseFloat(span.style.left) * canvas.width) / 100, (parseFloat(span.style.top) * canvas.height) / 100],
    span.textContent,
  ]);
  return { pixels: canvas && pixelsOf(canvas), shapes: [...lines, ...notes, ...bars], texts };
};
const pixelsOf = (canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let text = "";
  for (let i = 0; i < data.length; i += 4) text += String.fromCharCode(data[i], data[i + 1], data[i + 2]);
  return [canvas.height, canvas.width, btoa(text)];
};
"""


def load(page: Page, figure: Figure) -> None:
    """Put the kit's module into an empty page; it draws every composition without labs of its own."""
    module = figure._esm.replace(build_site.EXPORT, "window.render = render;")
    page.set_content("<body></body>")
    page.add_script_tag(content=module + MOUNT, type="module")
    page.wait_for_function("Boolean(window.mounted && window.render)")


def read(page: Page, figure: Figure, states: list[dict]) -> list[tuple[list[tuple], str]]:
    """What the page shows in each state: (pixels, shapes, texts) a part, and the caption."""
    fields = {name: getattr(figure, name) for name in ("alt", "spec", "arrays", "state", "answer")}
    payload = base64.b64encode(figure.payload).decode()
    found = page.evaluate("(what) => mounted(what)", {"fields": fields, "payload": payload, "states": states})
    return [([_part(part) for part in each["parts"]], each["caption"]) for each in found]


def _part(part: dict) -> tuple:
    pixels = part["pixels"]
    if pixels:
        height, width, text = pixels
        pixels = np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 3)
    return pixels, part["shapes"], part["texts"]


def assert_same(page: Page, figure: Figure, states: list[dict]) -> None:
    """Pixels within 2 of 255, shapes within half a pixel, words exactly, in every state."""
    for state, (parts, caption) in zip(states, read(page, figure, states), strict=True):
        expected, words = figure.shown(**state)
        assert caption == words, (caption, words)
        assert len(parts) == len(expected)
        for (pixels, shapes, texts), part in zip(parts, expected, strict=True):
            assert (pixels is None) == (part.pixels is None)
            if pixels is not None:
                assert pixels.shape == part.pixels.shape, (pixels.shape, part.pixels.shape)
                difference = np.abs(pixels.astype(int) - part.pixels).max()
                assert difference <= 2, difference
            ordered = sorted(part.shapes, key=lambda shape: shape[0] == "text")
            found_kinds, kinds = ([(kind, text) for kind, _, text in each] for each in (shapes, ordered))
            assert found_kinds == kinds, (found_kinds, kinds)
            for (_, found, _), (_, wanted, _) in zip(shapes, ordered, strict=True):
                assert np.allclose(found, wanted, atol=0.5), (found, wanted)
            assert texts == [text for text in part.texts if text], (texts, part.texts)
