"""FCN-8s drawn from its own tensors: down along the top, back up along the bottom, a skip at two strides."""

import torch
from matplotlib.figure import Figure
from torch import Tensor

from helpers import figure as fig
from helpers import probe
from helpers.data.batches import as_input
from helpers.fcn.model import FCN

PARTS = (*(f"encoder.stages.{number}" for number in (2, 3, 4)), "score", "sums.0", "coarse")
SKIP, DOUBLE = "skip", "× 2"


def draw(network: FCN, image: Tensor) -> Figure:
    """Draw what FCN-8s makes of an image, (3, H, W) uint8, stage by stage and sum by sum."""
    steps, labels, _ = steps_to_stride_8(network, image)
    return fig.anatomy([*steps, fig.Step("prediction", labels, place=(0, 1), after={"stride 8": "× 8"})])


@torch.no_grad()
def steps_to_stride_8(
    network: FCN, image: Tensor, *more: str
) -> tuple[list[fig.Step], Tensor, dict[str, Tensor]]:
    """Run FCN-8s on an image: its steps from the scene to scores at stride 8, the labels, and what was recorded.

    Args:
        more: submodules to record besides.
    """
    with probe.record(network, *PARTS, *more) as kept:
        labels = network(as_input(image[None])).argmax(dim=1)[0]

    def step(module: str, name: str, place: tuple[int, int], **rest: object) -> fig.Step:
        return fig.Step.recorded(kept, network, module, name, place=place, **rest)

    def scores(module: str, stride: int, place: tuple[int, int], **after: str) -> fig.Step:
        made_of = {name.replace("_", " "): operation for name, operation in after.items()}
        return step(module, f"stride {stride}", place, kind="scores", after=made_of, parameters=0)

    steps = [
        fig.Step("scene", image.permute(1, 2, 0), place=(0, 0)),
        step("encoder.stages.2", "stage 3", (1, 0), operation="three stages", parameters=0),
        step("encoder.stages.3", "stage 4", (2, 0), operation="stage", parameters=0),
        step("encoder.stages.4", "stage 5", (3, 0), operation="stage", parameters=0),
        scores("score", 32, (3, 1), stage_5="head, conv 1 × 1"),
        scores("sums.0", 16, (2, 1), stride_32=DOUBLE, stage_4=SKIP),
        scores("coarse", 8, (1, 1), stride_16=DOUBLE, stage_3=SKIP),
    ]
    return steps, labels, kept
