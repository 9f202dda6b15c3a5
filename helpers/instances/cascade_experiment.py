"""The experiments of notebook 05b: cascades of three and five stages, with and without a gradient through the boxes."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.ops import box_iou

from helpers import runtime
from helpers.data.batches import as_input, endless
from helpers.data.scenes import Scenes
from helpers.instances.boxes import paste
from helpers.instances.cascade import Cascade
from helpers.instances.cascade_losses import SURE, Lesson, cascade_loss, losses, mask_targets
from helpers.instances.data import held_out, judged, training_scenes, true_instances
from helpers.instances.learning import QUICK_TRUNK, RECORD_TRUNK, TrunkBudget, common_class_map
from helpers.instances.scoring import Detections, average_precision, mask_iou
from helpers.instances.sds import LEAST, suppress
from helpers.instances.warping import roi_warp
from helpers.training import History, fit, parameter_count

RATE = 2e-3  # the highest of the cycle; the record holds a sweep
RATES = (1e-3, 2e-3, 4e-3)
BATCH = 4  # scenes, each with 16 proposed boxes and its true ones
LEAST_SIDE = 2  # pixels of a box that is looked at
VOTE, AGAIN = 0.5, 0.5  # masks that overlap so much vote together; and a worse one of them is not told again

# What a row's fields say of a cascade.
THREE = {"model": "MNC", "stages": 3, "detached": False, "masked": True, "training": "end to end"}
FIVE = THREE | {"stages": 5}
DETACHED = THREE | {"detached": True}
STAGE_BY_STAGE = THREE | {"training": "stage by stage"}
UNMASKED = THREE | {"masked": False}


@dataclass(frozen=True)
class Budget:
    """What a cascade learns from, beside the trunk's own budget, and for how many batches."""

    trunk: TrunkBudget
    scenes: int
    steps: int


QUICK = Budget(QUICK_TRUNK, scenes=1200, steps=350)
RECORD = Budget(RECORD_TRUNK, scenes=1200, steps=600)
SWEEP = Budget(RECORD_TRUNK, scenes=1200, steps=200)


class Taught(nn.Module):
    """A cascade that is given the true boxes beside those that it proposes, as it is while it learns."""

    def __init__(self, cascade: Cascade):
        super().__init__()
        self.cascade = cascade

    def forward(self, lesson: Lesson):
        return self.cascade(lesson.images, lesson.boxes)


def new_cascade(fields: dict[str, Any], seed: int, trunk: nn.Module) -> Cascade:
    """Make a cascade from the fields of its row, on a copy of a trained trunk."""
    runtime.seed_everything(seed)
    return Cascade(copy.deepcopy(trunk), fields["stages"], fields["detached"], fields["masked"])


def lesson_of(scenes: Scenes) -> Lesson:
    """All that is known of some scenes, as a cascade learns it."""
    images = as_input(scenes.images).contiguous(memory_format=torch.channels_last)
    return Lesson(images, scenes.boxes.float(), scenes.instances, (scenes.digits + 1).clamp(min=0))


def lessons(scenes: Scenes, seed: int) -> Iterator[tuple[Lesson, Lesson]]:
    """Batches for ever, a fresh order each epoch: what goes in, and what is to come out, in one."""
    for _, chosen in endless(scenes.images, torch.arange(len(scenes)), BATCH, seed):
        lesson = lesson_of(scenes[chosen])
        yield lesson, lesson


def learn(
    cascade: Cascade, scenes: Scenes, steps: int, seed: int, rate: float = RATE, name: str = "cascade"
) -> History:
    """Train all stages and the trunk together, by the sum of the stages' losses."""
    return fit(
        Taught(cascade),
        lessons(scenes, seed),
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
            Taught(cascade), lessons(scenes, seed + number),
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


def looked_at(cascade: Cascade, images: Tensor, truth: Lesson, boxes: Tensor) -> dict[str, Tensor]:
    """What stages two and three make of boxes (N, 4) on one image, and where their loss would have each side go.

    Args:
        images: (1, 3, H, W) in uint8. truth: what is known of it.

    Returns:
        What `cascade_figures.stage_by_stage` shows of each box, by name.
    """
    boxes = boxes.float().requires_grad_()
    shape = tuple(images.shape[2:])
    with torch.no_grad():
        features = cascade.eval().features(cascade.trunk(as_input(images)))
    said = cascade.look(features, boxes[None])
    overlaps, owners = box_iou(boxes.detach(), truth.boxes[0]).max(dim=1)
    things = overlaps >= SURE
    wanted = mask_targets(boxes.detach()[None], owners[None], torch.ones_like(things)[None], truth.instances)
    drawn = F.binary_cross_entropy_with_logits(said.masks[0], wanted, reduction="none").mean(dim=(1, 2))
    named = F.cross_entropy(said.classes[0], truth.classes[0][owners] * things, reduction="none")
    own = named + drawn * things  # as in training: what overlaps no thing by a half has no mask to learn
    (slopes,) = torch.autograd.grad(own.sum(), boxes)
    with torch.no_grad():
        masks, chances = said.masks[0].sigmoid(), said.classes[0].softmax(dim=1)
        strengths = said.warped[0].mean(dim=1)
        told = chances.argmax(dim=1)
        return {
            "crops": roi_warp(images.float(), boxes[None])[0].round().byte().movedim(1, -1),
            "masks": (masks * 255).round() / 255,
            "strengths": strengths,
            "masked": strengths * F.avg_pool2d(masks[None], 2)[0],
            "labels": ((paste(masks, boxes, *shape) >= 0.5) * told[:, None, None]).byte(),
            "chances": chances,
            "told": told,
            "arrows": side_arrows(boxes, slopes),
            "named": truth.classes[0][owners],
            "overlaps": overlaps,
            "losses": own,
        }


def side_arrows(boxes: Tensor, slopes: Tensor, pixels: float = 60.0, longest: float = 14.0) -> Tensor:
    """Arrows from the middle of each side of boxes (N, 4) against the slopes of their loss, (N, 4, 4): from and to.

    Args:
        pixels: of an arrow for a slope of 1 a pixel. longest: an arrow is never longer.
    """
    x0, y0, x1, y1 = boxes.unbind(dim=1)
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    starts = torch.stack([torch.stack(each, dim=1) for each in ((x0, y), (x, y0), (x1, y), (x, y1))], dim=1)
    along = (-slopes * pixels).clamp(-longest, longest)
    return torch.cat(
        [starts, starts + along[..., None] * torch.tensor([[1.0, 0], [0, 1], [1, 0], [0, 1]])], dim=2
    )


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
        tenth = max(history.steps // 10, 1)
        for judged_on, figures in judged(partial(find, cascade)):
            yield {
                **fields,
                **judged_on,
                "seed": seed,
                "figures": figures,
                "seconds": history.seconds,
                "parameters": parameter_count(cascade),
                "curve": torch.tensor(history.loss).unfold(0, tenth, tenth).mean(dim=1).tolist(),
            }


def rates(budget: Budget = SWEEP, seed: int = 0) -> Iterator[dict]:
    """Try rates for three stages, judged on crowded validation scenes in all colours."""
    trunk, scenes = material(seed, budget)
    judged_on = held_out(split="val")
    for rate in RATES:
        cascade = new_cascade(THREE, seed, trunk)
        history = learn(cascade, scenes, budget.steps, seed, rate)
        figures = average_precision(find(cascade, judged_on.images), true_instances(judged_on))
        yield THREE | {
            "rate": rate,
            "judged": "val",
            "seed": seed,
            "figures": figures,
            "seconds": history.seconds,
        }


def pieces(budget: Budget) -> dict[str, Callable[[], Iterator[dict]]]:
    """What is recorded, the headline first; a seed's systems in one go, since its trunk and scenes are kept."""
    found = {
        f"cascades, seed {seed}": partial(compare, seed, budget, (THREE, FIVE, DETACHED))
        for seed in (0, 1, 2)
    }
    return found | {
        "cascades, ablations": partial(compare, 0, budget, (STAGE_BY_STAGE, UNMASKED)),
        "cascades, rates": rates,
    }


PIECES = pieces(RECORD)
