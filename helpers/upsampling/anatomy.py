"""The systems of lesson 02 drawn from their own tensors: FCN-8s with a last layer that learns, and DeconvNet."""

import torch
from matplotlib.figure import Figure
from torch import Tensor

from helpers import figure as fig
from helpers import probe
from helpers.data.batches import as_input
from helpers.fcn.anatomy import steps_to_stride_8
from helpers.upsampling.model import DeconvNet, FCNLearnedUpsampling


def draw_fcn(network: FCNLearnedUpsampling, image: Tensor) -> Figure:
    """Draw FCN-8s on an image, (3, S, S) uint8: coarse scores, the learned layer that enlarges them, labels."""
    steps, labels, kept = steps_to_stride_8(network, image, "last")
    (size, _), (stride, _) = network.last.kernel_size, network.last.stride
    after = {"stride 8": f"{size} × {size} stamps, {stride} apart"}
    steps += [
        fig.Step.recorded(kept, network, "last", "scores", kind="scores", after=after, place=(1, 2)),
        fig.Step("prediction", labels, "argmax", place=(0, 2)),
    ]
    return fig.anatomy(steps)


@torch.no_grad()
def draw_deconvnet(network: DeconvNet, image: Tensor) -> Figure:
    """Draw DeconvNet on an image, (3, S, S) uint8: where FCN-8s adds skips, it unpools by switches."""
    parts = [*(f"encoder.stages.{k}" for k in (2, 3, 4)), *(f"stages.{k}" for k in (0, 1, 2))]
    with probe.record(network, *parts) as kept:
        labels = network(as_input(image[None])).argmax(dim=1)[0]

    def step(module: str, name: str, place: tuple[int, int], **rest: object) -> fig.Step:
        return fig.Step.recorded(kept, network, module, name, place=place, parameters=0, **rest)

    return fig.anatomy(
        [
            fig.Step("scene", image.permute(1, 2, 0), place=(0, 0)),
            step("encoder.stages.2", "stage 3", (1, 0), operation="three stages"),
            step("encoder.stages.3", "stage 4", (2, 0), operation="stage"),
            step("encoder.stages.4", "stage 5", (3, 0), operation="stage"),
            step("stages.0", "decoder 1", (3, 1), after={"stage 5": "conv, unpool, conv"}),
            step("stages.1", "decoder 2", (2, 1), after={"decoder 1": "unpool, conv", "stage 4": "switches"}),
            step("stages.2", "decoder 3", (1, 1), after={"decoder 2": "unpool, conv", "stage 3": "switches"}),
            fig.Step("prediction", labels, "twice more, argmax", place=(0, 1)),
        ]
    )
