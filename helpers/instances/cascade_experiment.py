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
from helpers.instances.cascade import Cascade
from helpers.instances.cascade_losses import Batch, cascade_loss, losses
from helpers.instances.data import boxes_of_scene, held_out, judged, training_scenes, true_instances
from helpers.instances.learning import QUICK_TRUNK, RECORD_TRUNK, TrunkBudget, common_class_map
from helpers.instances.scoring import Detections, average_precision, mask_iou
from helpers.instances.sds import LEAST, suppress
from helpers.training import History, fit, loss_curve, parameter_count

RATE = 2e-3  # the highest of the cycle; the record holds a sweep
RATES = (1e-3, 2e-3, 4e-3)
LOW_RATES = (2.5e-4, 5e-4, 1e-3, 2e-3)  # of five stages, which collapse with the gradient through the boxes
BATCH = 4  # scenes, each with 16 proposed boxes and its true ones
LEAST_SIDE = 2  # pixels of a box that is looked at
VOTE, AGAIN = 0.5, 0.5  # masks that overlap so much vote together; and a worse one of them is not told again

# What a row's fields say of a cascade.
THREE = {"model": "MNC", "stages": 3, "detached": False, "masked": True, "training": "end to end"}
FIVE = THREE | {"stages": 5}
DETACHED = THREE | {"detached": True}
FIVE_DETACHED = FIVE | {"detached": True}
STAGE_BY_STAGE = THREE | {"training": "stage by stage"}
UNMASKED = THREE | {"masked": False}
SYSTEMS = {
    "MNC, 3 stages": THREE,
    "MNC, 5 stages": FIVE,
    "MNC, 5 stages, detached": FIVE_DETACHED,
    "MNC, boxes detached": DETACHED,
    "MNC, stage by stage": STAGE_BY_STAGE,
    "MNC, class not masked": UNMASKED,
}


@dataclass(frozen=True)
class Budget:
    """What a cascade learns from, beside the trunk's own budget, and for how many batches."""

    trunk: TrunkBudget
    scenes: int
    steps: int


QUICK = Budget(QUICK_TRUNK, scenes=800, steps=250)
RECORD = Budget(RECORD_TRUNK, scenes=1200, steps=600)
SWEEP = Budget(RECORD_TRUNK, scenes=1200, steps=200)


class Taught(nn.Module):
    """A cascade that is given the true boxes beside those that it proposes, as it is while it learns."""

    def __init__(self, cascade: Cascade):
        super().__init__()
        self.cascade = cascade

    def forward(self, batch: Batch):
        return self.cascade(batch.images, batch.boxes)


def new_cascade(fields: dict[str, Any], seed: int, trunk: nn.Module) -> Cascade:
    """Make a cascade from the fields of its row, on a copy of a trained trunk."""
    runtime.seed_everything(seed)
    return Cascade(copy.deepcopy(trunk), fields["stages"], fields["detached"], fields["masked"])


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
    cascade: Cascade, scenes: Scenes, steps: int, seed: int, rate: float = RATE, name: str = "cascade"
) -> History:
    """Train all stages and the trunk together, by the sum of the stages' losses."""
    return fit(
        Taught(cascade),
        batches(scenes, seed),
        cascade_loss,
        steps=steps,
        lr=rate,
        weight_decay=0.05,
        name=name,
    )


def learn_stage_by_stage(cascade: Cascade, scenes: Scenes, steps: int, seed: int) -> History:
    """Train one stage after the other, a third of the steps each; the trunk learns with the first, then stays."""
    whole = History()
    parts = (
        ("1 boxes", (cascade.trunk, cascade.proposer)),
        ("2 masks", (cascade.from_fine, cascade.from_middle, cascade.from_coarse, cascade.mask_head)),
        ("3 classes", (cascade.class_head,)),
    )
    for number, (stage, learning) in enumerate(parts):
        cascade.requires_grad_(False)
        for part in learning:
            part.requires_grad_(True)
        history = fit(
            Taught(cascade), batches(scenes, seed + number),
            lambda said, truth, stage=stage: losses(said, truth)[stage],
            steps=steps // 3, lr=RATE, weight_decay=0.05, name=stage,
        )  # fmt: skip
        whole.loss += history.loss
        whole.seconds += history.seconds
    cascade.requires_grad_(True)
    return whole


@torch.no_grad()
def find(cascade: Cascade, images: Tensor) -> list[Detections]:
    """Find things in images (N, 3, H, W) in uint8, by the last round of the cascade and by votes."""
    found = []
    for some in images.split(10):
        last = cascade.eval()(as_input(some))[1][-1]
        chances = last.classes.softmax(dim=-1)[..., 1:]  # (B, R, 10)
        for boxes, masks, each in zip(last.boxes, last.masks.sigmoid(), chances, strict=True):
            real = (boxes[:, 2:] - boxes[:, :2]).amin(dim=1) >= LEAST_SIDE
            inside = paste(masks[real], boxes[real], *images.shape[2:])
            found.append(Detections(len(found), *voted(inside, each[real])))
    return found


def voted(inside: Tensor, chances: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mask voting: what overlaps a better mask of its class is not told, but has its say in that mask.

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
    told = suppress(overlaps, scores, AGAIN)
    weights = (overlaps[told] >= VOTE) * (classes[told][:, None] == classes) * scores
    weights = weights / weights.sum(dim=1, keepdim=True).clamp(min=1e-9)
    masks = torch.einsum("dr,rhw->dhw", weights, inside) >= 0.5
    return masks, classes[told], scores[told]


@lru_cache(maxsize=1)
def material(seed: int, budget: Budget) -> tuple[nn.Module, Scenes]:
    """The trained trunk of a seed, and what its cascades learn from."""
    return common_class_map(seed, budget.trunk)[0].trunk, training_scenes(budget.scenes, seed + 100)


def compare(seed: int, budget: Budget, systems: tuple[dict[str, Any], ...]) -> Iterator[dict]:
    """Train cascades on one trunk and the same scenes, and yield a row for each and each set of held-out scenes."""
    trunk, scenes = material(seed, budget)
    for fields in systems:
        cascade = new_cascade(fields, seed, trunk)
        if fields["training"] == "end to end":
            history = learn(cascade, scenes, budget.steps, seed)
        else:
            history = learn_stage_by_stage(cascade, scenes, budget.steps, seed)
        for judged_on, figures in judged(partial(find, cascade)):
            yield {
                **fields,
                **judged_on,
                "seed": seed,
                "figures": figures,
                "seconds": history.seconds,
                "parameters": parameter_count(cascade),
                "curve": loss_curve(history.loss, 10),
            }


@torch.no_grad()
def boxes_by_round(cascade: Cascade, scenes: Scenes) -> dict[str, float]:
    """How well the best box of each round fits a true one: IoU, mean over all true boxes of the scenes."""
    best: dict[str, list[Tensor]] = {}
    for number in range(len(scenes)):
        truth = boxes_of_scene(scenes, number).float()
        _, rounds = cascade.eval()(as_input(scenes.images[[number]]))
        for turn, each in enumerate(rounds, start=1):
            best.setdefault(f"box_iou_{turn}", []).append(box_iou(truth, each.boxes[0]).amax(dim=1))
    return {name: float(torch.cat(found).mean()) for name, found in best.items()}


def rates(
    fields: dict[str, Any] = THREE, tried: Sequence[float] = RATES, budget: Budget = SWEEP, seed: int = 0
) -> Iterator[dict]:
    """Try rates for a cascade, judged on crowded validation scenes in all colours."""
    trunk, scenes = material(seed, budget)
    judged_on = held_out(split="val")
    for rate in tried:
        cascade = new_cascade(fields, seed, trunk)
        history = learn(cascade, scenes, budget.steps, seed, rate)
        figures = average_precision(find(cascade, judged_on.images), true_instances(judged_on))
        yield fields | {
            "rate": rate,
            "judged": "val",
            "seed": seed,
            "figures": figures | boxes_by_round(cascade, judged_on),
            "seconds": history.seconds,
        }


def pieces(budget: Budget) -> dict[str, Callable[[], Iterator[dict]]]:
    """What is recorded, the headline first; a seed's systems in one go, since its trunk and scenes are kept."""
    found = {
        f"cascades, seed {seed}": partial(compare, seed, budget, (THREE, FIVE, DETACHED))
        for seed in (0, 1, 2)
    }
    found |= {
        f"cascades, five stages detached, seed {seed}": partial(compare, seed, budget, (FIVE_DETACHED,))
        for seed in (0, 1, 2)
    }
    return found | {
        "cascades, ablations": partial(compare, 0, budget, (STAGE_BY_STAGE, UNMASKED)),
        "cascades, rates": rates,
        "cascades, rates of five stages": partial(rates, FIVE, LOW_RATES),
        "cascades, five stages detached, boxes": partial(rates, FIVE_DETACHED, (RATE,)),
    }


PIECES = pieces(RECORD)
