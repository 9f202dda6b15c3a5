"""What the figures of 05a show, computed from trained parts: both systems, boxes place by place, doubles."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torchvision.ops import box_iou

from helpers import figure as fig
from helpers.data.batches import as_input
from helpers.data.scenes import Scenes
from helpers.instances.boxes import cut, cut_own, windows_round
from helpers.instances.data import true_instances
from helpers.instances.model import STRIDES
from helpers.instances.scoring import Detections, boxes_round, right
from helpers.instances.sds import Looked, look, named, staying, two_crops
from helpers.instances.systems import Trained
from helpers.training import parameter_count

SURE = 0.3  # score of a detection that is drawn


@torch.no_grad()
def system(trained: Trained, looked: Looked, proposal: int) -> fig.Figure:
    """Walk through SDS and hypercolumns: two crops of a region name it, all layers of its box redraw its mask."""
    classifier, head = trained.parts["SDS"], trained.parts["hypercolumns"]
    parts = trained.parts["class map"].trunk, classifier, head
    of_trunk, of_class, of_scores = (f"{parameter_count(part):,} parameters" for part in parts)
    mask = looked.masks[[proposal]]
    crops = two_crops(looked.image, mask)[0]
    box, region = (crops / 4 + 0.5).clamp(0, 1).permute(0, 2, 3, 1)
    tops, maps = trained.trunk(crops)[-1], trained.trunk(as_input(looked.image[None]))
    before = {"image": "trunk", "stride 1": "read", "stride 2": "read", "stride 4": "read"}
    steps = [
        fig.Step("image", looked.image.permute(1, 2, 0), place=(0, 0)),
        fig.Step("region", mask[0].float(), "tree", note="One of 150 regions.", place=(1, 0)),
        fig.Step("box crop", box, "cut", place=(2, 0)),
        fig.Step("region crop", region, "keep the region", place=(2, 1),
                 note="Everything outside the region is the mean colour."),
        fig.Step("top of box", tops[0], after={"box crop": "trunk"}, place=(3, 0),
                 note=f"The trunk has {of_trunk}, the same ones everywhere."),
        fig.Step("top of region", tops[1], after={"region crop": "trunk"}, place=(3, 1)),
        fig.Step("class", classifier(tops.flatten(1)[None])[0].softmax(dim=0), kind="vector", place=(4, 0),
                 after={"top of box": "dense", "top of region": "dense"}, note=f"The classifier has {of_class}."),
        *(fig.Step(f"stride {STRIDES[k]}", maps[k][0], after={one: made}, place=(k, 2))
          for k, (one, made) in enumerate(before.items())),
        fig.Step("scores", head.score_maps(maps)[0], place=(3, 3), after={"stride 8": "1 × 1, all four strides"},
                 note=f"Each of 5 x 5 classifiers of each pixel, over four maps; {of_scores}."),
        fig.Step("mask", head(maps, [windows_round(boxes_round(mask))])[0].sigmoid(), "cut, mix", place=(4, 3),
                 note="Cut by the named region's box, mixed from classifiers near each place."),
    ]  # fmt: skip
    return fig.walk(steps, alt="The tensors of SDS and of hypercolumns, from an image to a class and a mask.")


@torch.no_grad()
def columns(trained: Trained, scenes: Scenes, scene: int, number: int = 2) -> dict[str, object]:
    """What `figures.hypercolumn` takes, for some true boxes of a scene."""
    image, head = scenes.images[scene], trained.parts["hypercolumns"]
    masks = true_instances(scenes)[scene].masks[:number]
    windows = windows_round(boxes_round(masks))
    maps = trained.trunk(as_input(image[None]))
    return {
        "image": image,
        "windows": windows,
        "crops": cut(image, windows, 50).round().to(torch.uint8),
        "maps": [each[0] for each in maps],
        "by_layer": head.shares(maps, [windows]),
        "mixing": head.mixing,
        "truth": cut_own(masks, windows, 50) >= 0.5,
    }


def crossing(truth: Detections) -> Tensor:
    """How much the boxes overlap in each pair of one class in an image, their IoU: (pairs,)."""
    one, other = (truth.classes[:, None] == truth.classes).triu(1).nonzero(as_tuple=True)
    return box_iou(truth.boxes, truth.boxes)[one, other]


def doubles(trained: Trained, scenes: Scenes, overlaps: Sequence[float]) -> dict[str, object]:
    """What `figures.suppression` takes: who stays in each scene at each overlap, by boxes and by masks."""
    found = [named(each, trained.parts["SDS"]) for each in look(trained.trunk, scenes.images)]
    found = [each[each.scores >= SURE] for each in found]
    truth = true_instances(scenes)
    kept = [[[staying(each, o, boxes) for o in overlaps] for boxes in (True, False)] for each in found]
    hits = [
        [[right(each[stays], true) for stays in measure] for measure in both]
        for each, true, both in zip(found, truth, kept, strict=True)
    ]
    return {
        "images": scenes.images,
        "boxes": [each.boxes for each in found],
        "classes": [each.classes for each in found],
        "scores": [each.scores for each in found],
        "kept": kept,
        "truth": [each.boxes for each in truth],
        "found": torch.tensor(hits),
        "overlaps": overlaps,
    }
