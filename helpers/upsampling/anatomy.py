"""The systems of lesson 02 drawn from their own tensors: FCN-8s with a last layer that learns, and DeconvNet."""

import torch
from matplotlib.figure import Figure
from torch import Tensor

from helpers import figure as fig
from helpers import probe
from helpers.data.batches import as_input
from helpers.fcn.anatomy import DOUBLE, SKIP
from helpers.upsampling.model import DeconvNet, FCNLearnedUpsampling


@torch.no_grad()
def draw_fcn(network: FCNLearnedUpsampling, image: Tensor) -> Figure:
    """Draw FCN-8s on an image, (3, S, S) uint8: coarse scores, the learned layer that enlarges them, labels."""
    parts = ("encoder.stages.2", "encoder.stages.3", "encoder.stages.4", "score", "sums.0", "coarse", "last")
    with probe.record(network, *parts) as kept:
        labels = network(as_input(image[None])).argmax(dim=1)[0]

    def step(module: str, name: str, place: tuple[int, int], **rest: object) -> fig.Step:
        return fig.Step.recorded(kept, network, module, name, place=place, **rest)

    def coarse(module: str, stride: int, place: tuple[int, int], after: dict[str, str]) -> fig.Step:
        return step(module, f"stride {stride}", place, kind="scores", after=after, parameters=0)

    learned = network.last
    size, stride = learned.kernel_size[0], learned.stride[0]
    enlarged = {"stride 8": f"{size} × {size} stamps, {stride} apart"}
    return fig.anatomy(
        [
            fig.Step("scene", image.permute(1, 2, 0), place=(0, 0)),
            step("encoder.stages.2", "stage 3", (1, 0), operation="three stages", parameters=0),
            step("encoder.stages.3", "stage 4", (2, 0), operation="stage", parameters=0),
            step("encoder.stages.4", "stage 5", (3, 0), operation="stage", parameters=0),
            coarse("score", 32, (3, 1), {"stage 5": "head, conv 1 × 1"}),
            coarse("sums.0", 16, (2, 1), {"stride 32": DOUBLE, "stage 4": SKIP}),
            coarse("coarse", 8, (1, 1), {"stride 16": DOUBLE, "stage 3": SKIP}),
            step("last", "scores", (1, 2), kind="scores", after=enlarged),
            fig.Step("prediction", labels, "argmax", place=(0, 2)),
        ]
    )


@torch.no_grad()
def draw_deconvnet(network: DeconvNet, image: Tensor) -> Figure:
    """Draw DeconvNet on an image, (3, S, S) uint8: where FCN-8s adds skips, it unpools by switches."""
    encoder = {f"encoder.stages.{k}": f"stage {k + 1}" for k in (2, 3, 4)}
    decoder = {f"stages.{k}": f"decoder {k + 1}" for k in (0, 1, 2)}
    with probe.record(network, *encoder, *decoder) as kept:
        labels = network(as_input(image[None])).argmax(dim=1)[0]
    for module in encoder:  # a pooling puts out its switches beside the values
        kept[module], _ = kept[module]
    unpool = "unpool, conv"
    made_of = [
        {"stage 5": f"conv, {unpool}"},
        {"decoder 1": unpool, "stage 4": "switches"},
        {"decoder 2": unpool, "stage 3": "switches"},
    ]
    steps = [fig.Step("scene", image.permute(1, 2, 0), place=(0, 0))]
    for column, (module, name) in enumerate(encoder.items(), 1):
        operation = "stage" if column > 1 else "three stages"
        steps.append(
            fig.Step.recorded(
                kept, network, module, name, operation=operation, parameters=0, place=(column, 0)
            )
        )
    for number, ((module, name), after) in enumerate(zip(decoder.items(), made_of, strict=True)):
        steps.append(
            fig.Step.recorded(kept, network, module, name, after=after, parameters=0, place=(3 - number, 1))
        )
    steps.append(fig.Step("prediction", labels, "twice more, argmax", place=(0, 1)))
    return fig.anatomy(steps)
