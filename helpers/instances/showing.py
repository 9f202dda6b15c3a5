"""What the figures of 05a show, computed from trained parts: tensors, boxes place by place, doubles."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from helpers.data.batches import as_input
from helpers.data.scenes import Scenes
from helpers.instances.boxes import cut, cut_own, windows_round
from helpers.instances.data import true_instances
from helpers.instances.scoring import boxes_round, right
from helpers.instances.sds import Looked, look, named, staying, two_crops
from helpers.instances.systems import Trained
from helpers.training import parameter_count

SURE = 0.3  # score of a detection that is drawn


@torch.no_grad()
def tensors(trained: Trained, looked: Looked, proposal: int) -> dict[str, Tensor]:
    """What `figures.system` shows, by name."""
    trunk, head = trained.trunk, trained.parts["hypercolumns"]
    mask = looked.masks[[proposal]]
    crops = two_crops(looked.image, mask)[0]
    tops = trunk(crops)[-1]
    scores = trained.parts["SDS"](tops.flatten(1)[None])[0]
    maps = trunk(as_input(looked.image[None]))
    window = F.pad(windows_round(boxes_round(mask)), (1, 0))  # of image 0
    pictures = (crops / 4 + 0.5).clamp(0, 1).permute(0, 2, 3, 1)
    return {
        "image": looked.image.permute(1, 2, 0),
        "region": mask[0].float(),
        "box crop": pictures[0],
        "region crop": pictures[1],
        "top of box": tops[0],
        "top of region": tops[1],
        "class": scores.softmax(dim=0),
        **{f"stride {stride}": each[0] for stride, each in zip((1, 2, 4, 8), maps, strict=True)},
        "scores": head.score_maps(maps)[0],
        "mask": head(maps, window)[0].sigmoid(),
    }


def sizes(trained: Trained) -> dict[str, int]:
    """How many weights the trunk, the classifier of regions and the hypercolumn head have."""
    own = trained.parts
    parts = {"trunk": own["class map"].trunk, "class": own["SDS"], "scores": own["hypercolumns"]}
    return {name: parameter_count(part) for name, part in parts.items()}


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
        "by_layer": head.shares(maps, F.pad(windows, (1, 0))),
        "mixing": head.mixing,
        "truth": cut_own(masks, windows, 50) >= 0.5,
    }


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
        "scores": [each.scores for each in found],
        "kept": [[[stays.tolist() for stays in measure] for measure in both] for both in kept],
        "truth": [each.boxes for each in truth],
        "found": torch.tensor(hits),
        "overlaps": overlaps,
    }
