"""What makes no sense is refused in words that say what would."""

import re

import pytest
import torch

from helpers.instances import sds
from helpers.instances.boxes import windows_round
from helpers.instances.cascades.handle import BoxHandle
from helpers.instances.cascades.network import Cascade
from helpers.instances.cascades.warping import roi_warp
from helpers.instances.data import draw_scenes, training_scenes
from helpers.instances.hypercolumns import mixing
from helpers.instances.model import Trunk
from helpers.instances.scoring import Detections, average_precision, mask_iou

MASKS, TWO, ONES = torch.ones(2, 4, 4, dtype=torch.bool), torch.tensor([1, 2]), torch.ones(2)
MAPS = torch.zeros(2, 3, 9, 12)
BOXES = torch.tensor([[[2.0, 3, 11.5, 8], [1, 1, 11, 8.5]], [[4, 5, 6, 7], [0.7, 2, 9, 8]]])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Trunk()(torch.zeros(1, 3, 20, 24)), "multiples of 8"),
        (lambda: Trunk()(torch.zeros(3, 24, 24)), "images[None]"),
        (lambda: sds.propose(torch.zeros(3, 8, 8)), "in uint8"),
        (lambda: sds.propose([1]), "torch tensor"),
        (lambda: mixing(0), "at least one classifier"),
        (lambda: Cascade(Trunk(), stages=4), "3 stages or 5"),
        (lambda: draw_scenes(4, 0, colours="red"), "no scenes 'red'"),
        (lambda: draw_scenes(4, 0, kind="lonely"), "no scenes 'lonely'"),
        (lambda: draw_scenes(3, 0), "an even number"),
        (lambda: training_scenes(6, 0), "a multiple of 4"),
        (lambda: windows_round(torch.zeros(2, 3)), "boxes (D, 4)"),
        (lambda: windows_round(torch.zeros(1, 4)), "A box is empty"),
        (lambda: Detections(0, MASKS.float(), TWO, ONES), "compare probabilities with 0.5"),
        (lambda: Detections(0, MASKS[0], TWO, ONES), "masks (D, H, W) in bool"),
        (lambda: Detections(0, MASKS, TWO[:1], ONES), "one class and one score for each of 2"),
        (lambda: Detections(0, MASKS, TWO.float(), ONES), "classes as integers"),
        (lambda: Detections(0, MASKS, TWO, ONES * torch.nan), "NaN"),
        (lambda: Detections(0, MASKS.numpy(), TWO, ONES), "torch tensor"),
        (lambda: mask_iou(MASKS.float(), MASKS), "in bool"),
        (lambda: mask_iou(MASKS, MASKS[:, :3]), "one height and width"),
        (lambda: average_precision([], []), "no true instance"),
        (lambda: BoxHandle([[0, 0, 2, 2], [1, 1, 2, 2]], first=True), "expected a box's number, 0 to 1"),
        (lambda: BoxHandle([[0, 0, 2]]), "Of one: [box]"),
        (lambda: roi_warp(MAPS, BOXES[0]), "boxes[None]"),
        (lambda: roi_warp(MAPS, BOXES[:1]), "Expected maps"),
        (lambda: roi_warp(MAPS[0], BOXES), "Expected maps"),
        (lambda: roi_warp(MAPS, BOXES.long()), "floating point"),
        (lambda: roi_warp(MAPS, BOXES[..., :3]), "x0, y0, x1, y1"),
        (lambda: roi_warp(MAPS, BOXES * torch.nan), "NaN or infinity"),
        (lambda: roi_warp(MAPS, BOXES.flip(-1)), "before they begin"),
        (lambda: roi_warp(MAPS, BOXES.tolist()), "torch tensor"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()
