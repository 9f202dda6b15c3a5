"""What the figures of lesson 09 show of trained networks, as arrays."""

from typing import Any

import torch
from torch import Tensor

from helpers import seeds
from helpers.draw.data import letter_numbers, signals
from helpers.draw.figures import DRAWS
from helpers.draw.filters import boxes
from helpers.draw.keyer import Keyer, key
from helpers.draw.model import Draw, divergence


def grey(canvas: Tensor) -> Tensor:
    """Logits as bytes, 255 where a pixel is surely white."""
    return (canvas.sigmoid() * 255).round().to(torch.uint8)


@torch.no_grad()
def swapped(model: Draw, picture: Tensor) -> dict[str, Any]:
    """A picture (H, W) drawn stroke by stroke from the posterior's means, with each step's z swapped for other draws.

    Returns:
        What `figures.stroke_by_stroke` takes.
    """
    T, z = model.steps, model.code
    made = model(picture[None], torch.zeros(1, T, z))
    codes = made.codes.repeat(T, DRAWS, 1, 1)  # (T, DRAWS, T, z)
    each = torch.arange(T)
    codes[each, 1:, each] = torch.randn(T, DRAWS - 1, z, generator=seeds.generator(0))
    canvases, written = model.decode(codes.flatten(0, 1))
    return {
        "target": grey((picture - 0.5) * 100),
        "canvases": grey(torch.stack(canvases, dim=1)).unflatten(0, (T, DRAWS)),
        "read": boxes(made.read[0], model.shape, model.reader.n),
        "written": boxes(written, model.shape, model.writer.n).unflatten(0, (T, DRAWS)),
        "kl": divergence(made)[0],
    }


def key_text(model: Keyer, text: str) -> tuple[list[str], Tensor]:
    """Let a keyer key a text by itself: its marks, and the weights (strokes, letters) that it had at each."""
    strokes, ends, weights = key(model, letter_numbers(text)[None])
    M = int(ends)
    return list(signals(strokes[0], M).replace(" ", "")), weights[0, :M]
