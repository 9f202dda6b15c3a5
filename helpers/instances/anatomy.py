"""The tensors of SDS and of hypercolumns for one proposal, from the trained parts, for the picture of both."""

import torch
from torch import Tensor

from helpers.data.batches import as_input
from helpers.instances.boxes import windows_round
from helpers.instances.experiment import Trained
from helpers.instances.scoring import boxes_round
from helpers.instances.sds import Looked, two_crops


@torch.no_grad()
def tensors(trained: Trained, looked: Looked, proposal: int) -> dict[str, Tensor]:
    """What `figures.system` shows, by name."""
    trunk, head = trained.trunk, trained.heads[5, "all"]
    mask = looked.masks[[proposal]]
    crops = two_crops(looked.image, mask)[0]
    tops = trunk(crops)[-1]
    scores = trained.classifiers[2](tops.flatten(1)[None])[0]
    maps = trunk(as_input(looked.image[None]))
    window = torch.cat([torch.zeros(1, 1), windows_round(boxes_round(mask))], dim=1)
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
    parts = {
        "trunk": trained.trunk,
        "class": trained.classifiers[2],
        "scores": trained.heads[5, "all"],
    }
    return {name: sum(weight.numel() for weight in part.parameters()) for name, part in parts.items()}
