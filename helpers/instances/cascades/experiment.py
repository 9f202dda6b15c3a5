"""The experiments of notebook 05b: cascades of three and five stages, with and without a gradient through the boxes."""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.ops import box_iou

from helpers import runtime
from helpers.data.batches import as_input, endless
from helpers.data.scenes import Scenes
from helpers.instances.boxes import paste
from helpers.instances.cascades.losses import Batch, total
from helpers.instances.cascades.network import RATIOS, Cascade, SeparateNetworks
from helpers.instances.data import SETS, held_out, timed, training_scenes, true_instances
from helpers.instances.learning import QUICK_TRUNK, RECORD_TRUNK, Reading, TrunkBudget, common_class_map
from helpers.instances.scoring import Detections, average_precision, mask_iou
from helpers.instances.sds import LEAST, suppress
from helpers.training import History, fit, recorded

RATE = 2e-3  # the highest of the cycle; the record holds a sweep
RATES = (1e-3, 2e-3, 4e-3)
LOW_RATES = (2.5e-4, 5e-4, 1e-3, 2e-3)  # of five stages, which collapse with the gradient through the boxes
LOWEST_RATES = (6e-5, 1.2e-4)  # the same, and beside each rate the cascade with detached boxes
SEEDS = (0, 1, 2)
BATCH = 4  # scenes, each with 16 proposed boxes and its true ones
LEAST_SIDE = 2  # pixels of a box that is looked at
STAGES = ("1 boxes", "2 masks", "3 classes")  # their losses, as `by_stage` names them
VOTE = 0.5  # masks of one class that overlap so much vote together
AGAIN = 0.5  # of two masks of any class that overlap more, the worse is dropped

# What a row's fields say of a cascade.
THREE = {"model": "MNC", "stages": 3, "detached": False, "masked": True, "training": "end to end"}
FIVE = THREE | {"stages": 5}
DETACHED = THREE | {"detached": True}
FIVE_DETACHED = FIVE | {"detached": True}
STAGE_BY_STAGE = THREE | {"training": "stage by stage"}
UNMASKED = THREE | {"masked": False}
SEPARATE = THREE | {"model": "MNC, separate networks"}
SEPARATE_BY_STAGE = STAGE_BY_STAGE | {"model": "MNC, separate networks"}
SYSTEMS = {
    "MNC, 3 stages": THREE,
    "MNC, 5 stages": FIVE,
    "MNC, 5 stages, detached": FIVE_DETACHED,
    "MNC, boxes detached": DETACHED,
    "MNC, stage by stage": STAGE_BY_STAGE,
    "MNC, class not masked": UNMASKED,
    "separate networks": SEPARATE,
    "separate, stage by stage": SEPARATE_BY_STAGE,
}


@dataclass(frozen=True)
class Budget:
    """What a cascade learns from, beside the trunk's own budget, and for how many batches."""

    trunk: TrunkBudget
    scenes: int
    steps: int


QUICK = Budget(QUICK_TRUNK, scenes=800, steps=250)
RECORD = Budget(RECORD_TRUNK, scenes=1200, steps=600)


def new_cascade(
    fields: dict[str, Any], seed: int, trunk: nn.Module, ratios: Sequence[float] = RATIOS
) -> Cascade:
    """Make a cascade from the fields of its row, on a copy of a trained trunk; `ratios` are those of its anchors."""
    runtime.seed_everything(seed)
    kind = SeparateNetworks if fields["model"] == SEPARATE["model"] else Cascade
    options = {name: fields[name] for name in ("stages", "detached", "masked")}
    return kind(copy.deepcopy(trunk), **options, ratios=ratios)


def batch_of(scenes: Scenes) -> Batch:
    """All that is known of some scenes, as a cascade learns it."""
    images = as_input(scenes.images).contiguous(memory_format=torch.channels_last)
    return Batch(images, scenes.boxes.float(), scenes.instances, (scenes.digits + 1).clamp(min=0))


def batches(scenes: Scenes, seed: int) -> Iterator[tuple[Batch, Batch]]:
    """Batches for ever, a fresh order each epoch: what goes in, and what is to come out, in one."""
    for _, chosen in endless(scenes.images, torch.arange(len(scenes)), BATCH, seed):
        batch = batch_of(scenes[chosen])
        yield batch, batch


def learn(
    cascade: Cascade, scenes: Scenes, steps: int, seed: int, rate: float = RATE, stage: str | None = None
) -> History:
    """Train all stages and the trunk together, by the sum of the stages' losses, or by that of one stage.

    The cascade is given the true boxes beside those that it proposes.
    """
    taught, loss = Reading(cascade, "images", "boxes"), partial(total, stage=stage)
    return fit(taught, batches(scenes, seed), loss, steps=steps, lr=rate, weight_decay=0.05, name="cascade")


def learn_stage_by_stage(cascade: Cascade, scenes: Scenes, steps: int, seed: int) -> History:
    """Train one stage after the other, a third of the steps each; the trunk learns with the first, then stays."""
    whole = History()
    for number, (stage, learning) in enumerate(zip(STAGES, cascade.parts(), strict=True)):
        cascade.requires_grad_(False)
        nn.ModuleList(learning).requires_grad_(True)
        history = learn(cascade, scenes, steps // 3, seed + number, stage=stage)
        whole.loss += history.loss
        whole.seconds += history.seconds
        whole.interrupted = history.interrupted
        if whole.interrupted:
            break
    cascade.requires_grad_(True)
    return whole


@torch.no_grad()
def opinions(cascade: Cascade, images: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """What the last round says of its boxes in each image (N, 3, H, W) in uint8, as `voted` takes it.

    Boxes without area are left out.
    """
    for some in images.split(10):
        last = cascade.eval()(as_input(some))[1][-1]
        chances = last.classes.softmax(dim=-1)[..., 1:]  # (B, R, 10)
        for boxes, masks, each in zip(last.boxes, last.masks.sigmoid(), chances, strict=True):
            real = (boxes[:, 2:] - boxes[:, :2]).amin(dim=1) >= LEAST_SIDE
            yield paste(masks[real], boxes[real], *images.shape[2:]), each[real]


def find(cascade: Cascade, images: Tensor) -> list[Detections]:
    """Find things in images (N, 3, H, W) in uint8, by the last round of the cascade and by votes."""
    return [Detections(n, *voted(*each)) for n, each in enumerate(opinions(cascade, images))]


def voted(inside: Tensor, chances: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mask voting: a mask that overlaps a better one of any class is dropped; one of the same class counts in it.

    Args:
        inside: (R, H, W), how likely each pixel is part of the thing in a box. chances: (R, classes), of its class.

    Returns:
        masks (D, H, W) bool, classes (D,), scores (D,): the best first.
    """
    scores, classes = chances.max(dim=1)
    order = scores.argsort(descending=True, stable=True)
    order = order[scores[order] >= LEAST]
    inside, scores, classes = inside[order], scores[order], classes[order]
    overlaps = mask_iou(inside >= 0.5, inside >= 0.5)
    kept = suppress(overlaps, scores, AGAIN)
    weights = (overlaps[kept] >= VOTE) * (classes[kept][:, None] == classes) * scores
    weights = weights / weights.sum(dim=1, keepdim=True).clamp(min=1e-9)
    masks = torch.einsum("dr,rhw->dhw", weights, inside) >= 0.5
    return masks, classes[kept], scores[kept]


@lru_cache(maxsize=1)
def material(seed: int, budget: Budget) -> tuple[nn.Module, Scenes]:
    """The trained trunk of a seed, and what its cascades learn from."""
    return common_class_map(seed, budget.trunk)[0].trunk, training_scenes(budget.scenes, seed + 100)


def compare(seed: int, systems: Sequence[dict[str, Any]]) -> Iterator[dict]:
    """Train cascades on one trunk and the same scenes, and yield a row for each and each set of held-out scenes."""
    trunk, scenes = material(seed, RECORD)
    for fields in systems:
        cascade = new_cascade(fields, seed, trunk)
        train = learn if fields["training"] == "end to end" else learn_stage_by_stage
        history = train(cascade, scenes, RECORD.steps, seed)
        for sets in SETS:
            judged_on = held_out(*sets.values())
            found, seconds = timed(find, cascade, judged_on.images)
            figures = average_precision(found, true_instances(judged_on))
            figures["seconds_a_scene"] = seconds / len(judged_on)
            yield recorded(fields | sets, seed, figures, history, cascade)


@torch.no_grad()
def best_boxes(cascade: Cascade, scenes: Scenes) -> list[Tensor]:
    """The IoU of each true box of some scenes with the best of its scene's boxes, in one tensor for each round."""
    best = []
    for image, truth in zip(scenes.images, true_instances(scenes), strict=True):
        _, rounds = cascade.eval()(as_input(image[None]))
        best.append([box_iou(truth.boxes.float(), each.boxes[0]).amax(dim=1) for each in rounds])
    return [torch.cat(found) for found in zip(*best, strict=True)]


def rates(fields: dict[str, Any] = THREE, tried: Sequence[float] = RATES, seed: int = 0) -> Iterator[dict]:
    """Try rates for a cascade in a third of the steps, judged on crowded validation scenes in all colours."""
    trunk, scenes = material(seed, RECORD)
    judged_on = held_out(split="val")
    for rate in tried:
        cascade = new_cascade(fields, seed, trunk)
        history = learn(cascade, scenes, RECORD.steps // 3, seed, rate)
        figures = average_precision(find(cascade, judged_on.images), true_instances(judged_on))
        for turn, best in enumerate(best_boxes(cascade, judged_on), start=1):
            figures[f"box_iou_{turn}"] = float(best.mean())
        yield recorded(fields | {"rate": rate, "judged": "val"}, seed, figures, history)


# A seed's systems in one go, since its trunk and scenes are kept.
PIECES: dict[str, Callable[[], Iterator[dict]]] = {
    **{f"cascades, seed {seed}": partial(compare, seed, (THREE, FIVE, DETACHED)) for seed in SEEDS},
    **{
        f"cascades, five stages detached, seed {seed}": partial(compare, seed, (FIVE_DETACHED,))
        for seed in SEEDS
    },
    "cascades, ablations": partial(compare, 0, (STAGE_BY_STAGE, UNMASKED)),
    **{
        f"cascades, separate networks, seed {seed}": partial(compare, seed, (SEPARATE, SEPARATE_BY_STAGE))
        for seed in SEEDS
    },
    "cascades, rates": rates,
    "cascades, rates of five stages": partial(rates, FIVE, LOW_RATES),
    "cascades, lowest rates of five stages": partial(rates, FIVE, LOWEST_RATES),
    "cascades, lowest rates of five stages detached": partial(rates, FIVE_DETACHED, LOWEST_RATES),
    "cascades, five stages detached, boxes": partial(rates, FIVE_DETACHED, (RATE,)),
}
