"""The ST-CNN drawn from its own tensors: the image above, what decides where to read below; the sampler takes both."""

import torch
from torch import Tensor, nn

from helpers import figure as fig
from helpers import probe
from helpers.figure.symbols import decimal
from helpers.training import parameter_count

PARTS = ("localise.0.8", "theta", "grid", "rectified")  # the first is the last map before it is flattened


@torch.no_grad()
def steps(network: nn.Sequential, image: Tensor) -> list[fig.Step]:
    """What an affine ST-CNN makes of one digit, (1, H, W) from 0 to 1, for `fig.anatomy` and `fig.walk`."""
    names = [f"transformer.{part}" for part in PARTS]
    with probe.record(network.eval(), *names, "classifier") as kept:
        network(image[None])
    features, theta, places, rectified, scores = (kept[name][0] for name in (*names, "classifier"))
    theta, localise = theta.view(2, 3), network.transformer.localise
    sees, decides = parameter_count(localise[0]), parameter_count(localise[1:])
    rows = [" ".join(decimal(float(number), 2) for number in row) for row in theta]
    half = "The localisation net sees the image at half its resolution."
    told = f"Its rows are {rows[0]} and {rows[1]}."
    reads = "For each output pixel the x and the y at which it reads, from −1 to 1."
    both = {"image": "sampler", "places": "where to read"}
    best = f"The highest is that of {int(scores.argmax())}."
    return [
        fig.Step("image", image[0], kind="image", place=(0, 0)),
        fig.Step("features", features, "conv 5 × 5, twice", sees, half, place=(0, 1)),
        fig.Step("theta", theta, "linear, twice", decides, told, place=(1, 1)),
        fig.Step("places", places.permute(2, 0, 1), "grid", note=reads, place=(2, 1)),
        fig.Step("rectified", rectified[0], after=both, kind="image", place=(2, 0)),
        fig.Step("scores", scores, "classifier", parameter_count(network.classifier), best, place=(3, 0)),
    ]
