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
    seen = {"picture": f"{reads} x {reads} filters", "still wrong": "the same"}
    drawn = {"patch": f"{writes} x {writes} filters", "canvas": "add"}
    rest = {"canvas after": f"{model.steps - 2} more steps"}
    before = "What was drawn before: each pixel's probability."
    both = "Both pictures, read through one window."
    passed = f"The mean of {model.code} numbers; a sample of them is all that goes on."
    what = "What to write; the same state says where."
    return [
        fig.Step("picture", picture, after={}, place=(0, 0)),
        fig.Step("canvas", canvas, note=before, after={}, place=(0, 2)),
        fig.Step(
            "still wrong", wrong, after={"canvas": "taken off", "picture": "minus canvas"}, place=(0, 1)
        ),
        fig.Step("read", patches, note=both, after=seen, place=(1, 0), kind="maps"),
        fig.Step("z", made.mean[0, 1], "LSTM, linear", encodes, passed, place=(2, 0)),
        fig.Step("patch", patch, "LSTM, linear", decodes, what, place=(2, 1)),
        fig.Step("canvas after", after, after=drawn, place=(1, 2)),
        fig.Step("at last", last, after=rest, place=(2, 2)),
    ]
