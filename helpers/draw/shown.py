"""What the figures of lesson 09 show of trained networks, as arrays."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from helpers import probe, seeds
from helpers.draw import filters
from helpers.draw.data import letter_numbers, signals
from helpers.draw.keyer import Keyer, key
from helpers.draw.model import Draw, divergence
from helpers.training import parameter_count

DRAWS = 3  # of a step's z: the picture's own, and two from the prior


def boxes(numbers: Tensor, shape: tuple[int, int], n: int) -> Tensor:
    """The squares of windows (..., 5) on pictures of a shape: (..., 4), left, top, width, height."""
    at = filters.window(numbers.reshape(-1, 5), shape, n)
    return filters.boxes(at, n).unflatten(0, numbers.shape[:-1])


def grey(canvas: Tensor) -> Tensor:
    """Logits as bytes, 255 where a pixel is surely white."""
    return (canvas.sigmoid() * 255).round().to(torch.uint8)


@torch.no_grad()
def swapped(model: Draw, picture: Tensor, seed: int = 0) -> dict[str, Any]:
    """A picture (H, W) drawn stroke by stroke from the posterior's means, with each step's z swapped for other draws.

    Returns:
        What `figures.stroke_by_stroke` takes.
    """
    T, z = model.steps, model.code
    made = model(picture[None], torch.zeros(1, T, z))
    codes = made.codes.expand(T * DRAWS, T, z).clone().view(T, DRAWS, T, z)
    others = torch.randn(T, DRAWS - 1, z, generator=seeds.generator(seed))
    for step in range(T):
        codes[step, 1:, step] = others[step]
    canvases, written = model.decode(codes.flatten(0, 1))
    return {
        "target": grey((picture - 0.5) * 100),
        "canvases": grey(torch.stack(canvases, dim=1)).unflatten(0, (T, DRAWS)),
        "read": boxes(made.read[0], model.shape, model.reader.n),
        "written": boxes(written, model.shape, model.writer.n).unflatten(0, (T, DRAWS)),
        "kl": divergence(made)[0],
    }


@torch.no_grad()
def second_step(model: Draw, picture: Tensor) -> dict[str, Any]:
    """What the second step reads and writes of a picture (H, W), each z at its mean: what `figures.system` takes."""
    made = model(picture[None], torch.zeros(1, model.steps, model.code))
    before = made.canvases[0].sigmoid()
    both = torch.stack([picture[None], picture - before], dim=1)
    at = filters.window(made.read[:, 1], model.shape, model.reader.n)
    with probe.record(model, "writer.patch") as kept:
        model.decode(made.codes[:, :2])
    patch = kept["writer.patch"].unflatten(1, (model.writer.n, model.writer.n))
    parts = {"encoder": (model.encoder, model.posterior), "decoder": (model.decoder, model.writer)}
    return {
        "picture": picture.numpy(),
        "error": both[0, 1].numpy(),
        "read": filters.read(both, at, model.reader.n)[0].numpy(),
        "mean": made.mean[0, 1].numpy(),
        "patch": patch[0].numpy(),
        "canvases": torch.stack([made.canvases[t][0].sigmoid() for t in (0, 1, -1)]).numpy(),
        "parameters": {name: sum(map(parameter_count, some)) for name, some in parts.items()},
    }


class KeyedText(NamedTuple):
    """A text keyed freely: its `marks`, and the `weights` (strokes, letters) that the keyer had at each."""

    marks: list[str]
    weights: Tensor


def key_text(model: Keyer, text: str) -> KeyedText:
    """Let a keyer key a text by itself."""
    played = key(model, letter_numbers(text)[None])
    M = int(played.lengths)
    return KeyedText(list(signals(played.strokes[0], M).replace(" ", "")), played.weights[0, :M])
