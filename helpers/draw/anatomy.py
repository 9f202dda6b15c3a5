"""DRAW drawn from its own tensors: what the second of its steps reads, encodes, decodes and writes."""

import torch
from torch import Tensor

from helpers import figure as fig
from helpers import probe
from helpers.draw import filters
from helpers.draw.model import Draw
from helpers.training import parameter_count


@torch.no_grad()
def steps(model: Draw, picture: Tensor) -> list[fig.Step]:
    """What a drawer makes of a picture (H, W) at its second step, each z at its mean: for `fig.walk`."""
    made = model(picture[None], torch.zeros(1, model.steps, model.code))
    with probe.record(model, "writer.patch") as kept:
        model.decode(made.codes[:, :2])
    canvas, after, last = (made.canvases[t][0].sigmoid() for t in (0, 1, -1))
    wrong = picture - canvas
    reads, writes = model.reader.n, model.writer.n
    at = filters.window(made.read[:, 1], model.shape, reads)
    patches = filters.read(torch.stack([picture, wrong])[None], at, reads)[0]
    patch = kept["writer.patch"].view(writes, writes)
    encodes = parameter_count(model.encoder) + parameter_count(model.posterior)
    decodes = parameter_count(model.decoder) + parameter_count(model.writer)
    return [
        fig.Step("picture", picture, after={}, place=(0, 0)),
        fig.Step("canvas", canvas, after={}, place=(0, 2), note="What was drawn before: each pixel's probability."),
        fig.Step("still wrong", wrong, after={"canvas": "taken off", "picture": "minus canvas"}, place=(0, 1)),
        fig.Step("read", patches, after={"picture": f"{reads} x {reads} filters", "still wrong": "the same"},
                 place=(1, 0), kind="maps", note="Both pictures, read through one window."),
        fig.Step("z", made.mean[0, 1], "LSTM, linear", encodes, place=(2, 0),
                 note=f"The mean of {model.code} numbers; a sample of them is all that goes on."),
        fig.Step("patch", patch, "LSTM, linear", decodes, place=(2, 1),
                 note="What to write; the same state says where."),
        fig.Step("canvas after", after, after={"patch": f"{writes} x {writes} filters", "canvas": "add"}, place=(1, 2)),
        fig.Step("at last", last, after={"canvas after": f"{model.steps - 2} more steps"}, place=(2, 2)),
    ]  # fmt: skip
