"""Penn-Fudan: the systems of both notebooks on photographs of pedestrians, trained from nothing on some eighty."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from helpers import seeds
from helpers.data.public.pedestrians import PennFudan, penn_fudan
from helpers.data.scenes import Scenes, boxes_of
from helpers.instances import learning, systems
from helpers.instances.cascades import experiment as cascades
from helpers.instances.data import true_instances
from helpers.instances.scoring import Detections, average_precision
from helpers.multi_scale.learning import learn_features
from helpers.training import recorded

SHAPE = (96, 128)  # to which every photograph is brought: the scale at which the trunk read digits
VIEWS = 8  # of each photograph to learn from: parts of it, half of them mirrored
LEAST_SHARE = 0.7  # of a photograph's sides that such a part shows
RATIOS = (1.8, 2.8)  # of the cascade's anchors: a pedestrian is two to three times as high as wide
DRAWS = 300  # of test photographs, for the intervals

BUDGET = replace(systems.RECORD, trunk=learning.TrunkBudget(scenes=0, steps=400), looked=240)
CASCADE_STEPS = 600
SYSTEMS = ("class map", "SDS", "hypercolumns", "SDS, not refined", "hypercolumns, true boxes")
CASCADE = cascades.DETACHED  # the better one on digits


def split(names: Sequence[str]) -> tuple[list[int], list[int]]:
    """Numbers of the photographs to learn from and to be tested on: by name, the last third of each place's is tested.

    Photographs taken after one another are alike, so they are not dealt out one by one.
    """
    train, test = [], []
    for place in sorted({name[:4] for name in names}):  # Fudan, or Penn
        here = [number for number, name in enumerate(names) if name.startswith(place)]
        train += here[: len(here) * 2 // 3]
        test += here[len(here) * 2 // 3 :]
    return train, test


def fitted(image: Tensor, mask: Tensor, part: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """Bring a photograph (3, H, W) in uint8 and its mask (H, W) to `SHAPE`, with mid grey beside or below it.

    Args:
        part: draws a part of it, mirrored or not; without, the whole.
    """
    if part is not None:
        share = LEAST_SHARE + (1 - LEAST_SHARE) * torch.rand(2, generator=part)
        first = (1 - share) * torch.rand(2, generator=part)
        sides = torch.tensor(mask.shape)
        (top, left), (down, right) = (first * sides).int().tolist(), ((first + share) * sides).int().tolist()
        image, mask = image[:, top:down, left:right], mask[top:down, left:right]
        if torch.rand((), generator=part) < 0.5:
            image, mask = image.flip(2), mask.flip(1)
    scale = min(SHAPE[0] / mask.shape[0], SHAPE[1] / mask.shape[1])
    size = [round(side * scale) for side in mask.shape]
    image = F.interpolate(image[None].float(), size, mode="bilinear", antialias=True)[0].round().byte()
    mask = F.interpolate(mask[None, None].float(), size, mode="nearest-exact")[0, 0].byte()
    beside = (0, SHAPE[1] - size[1], 0, SHAPE[0] - size[0])
    return F.pad(image, beside, value=128), F.pad(mask, beside)


def scenes_of(photographs: PennFudan, numbers: Sequence[int], views: int = 0) -> Scenes:
    """Photographs as the systems take scenes; a pedestrian is the first of their ten classes, the others stay empty.

    Args:
        views: random parts of each photograph; 0 for the whole ones, once.
    """
    part = seeds.generator(0)
    pairs = [(photographs.images[n], photographs.masks[n]) for n in numbers for _ in range(max(views, 1))]
    images, masks = map(
        torch.stack, zip(*(fitted(*pair, part if views else None) for pair in pairs), strict=True)
    )
    people = max(int(mask.max()) for mask in photographs.masks)
    boxes = boxes_of(masks, people)
    seen = boxes.any(dim=2)
    nothing = torch.zeros(len(masks), people)
    known = {
        "images": images, "labels": (masks > 0).byte(), "instances": masks, "boxes": boxes,
        "visible": seen.float(), "digits": seen.long() - 1,
    }  # fmt: skip
    return Scenes(**dict.fromkeys(Scenes.__dataclass_fields__, nothing) | known)


def redrawn(found: Sequence[Detections], truth: Sequence[Detections]) -> Tensor:
    """AP at .5 and .7 on photographs drawn anew, `DRAWS` times, the same draws for every system: (DRAWS, 2)."""
    every = []
    for chosen in torch.randint(len(truth), (DRAWS, len(truth)), generator=seeds.generator(0)).tolist():
        some, true = ([replace(each[n], image=k) for k, n in enumerate(chosen)] for each in (found, truth))
        figures = average_precision(some, true)
        every.append([figures["ap_50"], figures["ap_70"]])
    return torch.tensor(every)


def compare(seed: int = 0) -> Iterator[dict]:
    """Train every system from nothing, and yield its row: AP, the middle 95% of it and of the lead over the class map.

    The intervals come from test photographs drawn anew; they say nothing of another seed.
    """
    photographs = penn_fudan()
    train, test = split(photographs.names)
    scenes, tested = scenes_of(photographs, train, VIEWS), scenes_of(photographs, test)
    network = learning.new_class_map(seed)
    history = learn_features(network, scenes, BUDGET.trunk.steps, seed, name="trunk")
    trained = systems.learn_parts((network, history), scenes, seed, BUDGET, SYSTEMS)
    cascade = cascades.new_cascade(CASCADE, seed, network.trunk, RATIOS)
    of_cascade = cascades.learn(cascade, scenes, CASCADE_STEPS, seed)

    of_parts = systems.find(trained, tested)
    found = [(systems.SYSTEMS[name], of_parts[name][0], trained.histories[name]) for name in SYSTEMS]
    found.append((CASCADE, cascades.find(cascade, tested.images), of_cascade))
    truth = true_instances(tested)
    counts = {"photographs": len(train), "tested": len(test), "people": sum(map(len, truth))}
    baseline = redrawn(found[0][1], truth)  # of the class map
    for fields, each, of_it in found:
        drawn, figures = redrawn(each, truth), average_precision(each, truth)
        for name, lines in {"": drawn, "_ahead": drawn - baseline}.items():
            low, high = lines.quantile(torch.tensor([0.025, 0.975]), dim=0).tolist()
            figures |= {f"ap_50{name}_low": low[0], f"ap_70{name}_low": low[1]}
            figures |= {f"ap_50{name}_high": high[0], f"ap_70{name}_high": high[1]}
        yield recorded(fields | {"data": "Penn-Fudan"} | counts, seed, figures, of_it)
