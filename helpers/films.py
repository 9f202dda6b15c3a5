"""CamVid with a whole film held out: what to learn from, how to learn, and what is judged on."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers import runtime
from helpers.data import public
from helpers.data.augmentation import augment
from helpers.data.batches import Transform, endless
from helpers.frame_scores import CLASSES, VOID, bootstrap, count, score, total
from helpers.training import History, fit, recorded

TEST_FILM, OTHER_FILMS = "0006R0", ("0001TP", "0016E5")
FOURTH_FILM = "Seq05VD"  # 171 frames of the official test split; nothing here ever learns from it
BATCH = 8
RATE = 4e-3  # the highest learning rate of every cycle, for every network


def at_hand(download: bool = False) -> bool:
    """Whether CamVid is in the cache, fetched first if asked for; that is printed."""
    return public.at_hand("camvid", public.camvid, download)


@cache
def held_out(film: str = TEST_FILM) -> tuple[public.CamVid, public.CamVid, public.CamVid]:
    """The scenes to learn from, those of the film held out, and the official, flattering val.

    Raises:
        public.DataError: CamVid cannot be had; the message says why and what to do.
    """
    return *public.camvid("train").hold_out(film), public.camvid("val")


@cache
def fourth_film() -> public.CamVid | None:
    """CamVid's fourth film, or None where the edition in the cache has no test split; errors as in `held_out`."""
    public.camvid("train")  # fetched at first use, so that there is an edition to ask for
    return public.camvid("test").hold_out(FOURTH_FILM)[1] if public.edition("camvid") == "official" else None


def median_frequency(labels: Tensor) -> Tensor:
    """Weigh classes so that rare ones count more (Eigen, Fergus 2015, as used for SegNet).

    The frequency of a class is its share of the pixels of those images in which it occurs at all, void left out;
    its weight is the median of all frequencies, divided by its own.

    Args:
        labels: (N, H, W) integers, with `VOID` for what is ignored.

    Returns:
        (CLASSES,) float32; 0 for a class that does not occur.
    """
    counts = torch.stack(
        [torch.bincount(each.flatten().long(), minlength=VOID + 1)[:CLASSES] for each in labels]
    )
    pixels = counts.sum(dim=1, keepdim=True) * (counts > 0)
    frequency = counts.sum(dim=0) / pixels.sum(dim=0).clamp(min=1)
    occurs = frequency > 0
    weights = frequency[occurs].median() / frequency.where(occurs, torch.ones(()))
    return weights * occurs


def learn(
    network: nn.Module,
    scenes: public.CamVid,
    steps: int,
    seed: int,
    transform: Transform | None = augment,
    batch: int = BATCH,
    loss: Callable[..., Tensor] = F.cross_entropy,
    **options: Any,
) -> History:
    """Train a network on scenes that `transform` changes; otherwise the same settings for every network.

    Args:
        loss: takes scores and labels, the classes' `weight` and the `ignore_index`, as `F.cross_entropy` does.
        options: more that `fit` takes, such as `name` and `optimisers`.
    """
    weights = median_frequency(scenes.labels).sqrt()
    weighed = partial(loss, weight=weights.to(runtime.device()), ignore_index=VOID)
    batches = endless(scenes.images, scenes.labels, batch, seed, transform)
    return fit(network, batches, weighed, steps=steps, lr=RATE, **options)


def judge(network: nn.Module, film: str = TEST_FILM) -> tuple[dict[str, float], dict[str, Tensor]]:
    """Score a network on the film held out, on val, and on the fourth film where the cache holds it.

    Val flatters a network that learned from val's film; the other two films are new to it.

    Returns:
        Figures of a row, those of val with `val_` before their names and those of the fourth film with `fourth_`, by
        class only on the film held out; and the counts on that film.
    """
    _, held, val = held_out(film)
    judged = {"": held, "val_": val, "fourth_": fourth_film()}
    counts = {prefix: count(network, scenes) for prefix, scenes in judged.items() if scenes is not None}
    figures: dict[str, float] = {}
    for prefix, each in counts.items():
        scores = score(total(each))
        figures |= {f"{prefix}{name}": value.item() for name, value in scores.items() if value.ndim == 0}
        if not prefix:
            for name in ("iou", "recall"):
                by_class = zip(public.CamVid.classes, scores[name].tolist(), strict=True)
                figures |= {f"{name} {title}": number for title, number in by_class if number == number}
    return figures, counts[""]


def leads(counts: dict[str, Tensor], other: dict[str, Tensor], **figures: str) -> dict[str, float]:
    """How far one network is ahead of another on frames drawn anew (see `bootstrap`): figures for a row.

    Args:
        counts, other: of `judge`.
        figures: name -> figure compared; `ahead="mean_iou"` gives `ahead_low` and `ahead_high`.
    """
    found: dict[str, float] = {}
    for name, figure in figures.items():
        found[f"{name}_low"], found[f"{name}_high"] = bootstrap(counts, other, figure)
    return found


def row(
    fields: Mapping[str, Any],
    seed: int,
    figures: Mapping[str, float],
    history: History,
    network: nn.Module,
    film: str = TEST_FILM,
) -> dict[str, Any]:
    """A network as one row of the record (see `training.recorded`), with the film held out and CamVid's edition."""
    fields = {**fields, "film": film, "edition": public.edition("camvid")}
    return recorded(fields, seed, figures, history, network)


class Padded(nn.Module):
    """Run a network that wants multiples of 32 on images of any size: pad by repeating the rim, cut scores back."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        H, W = images.shape[2:]
        top, left = (-H % 32) // 2, (-W % 32) // 2
        sides = (left, -W % 32 - left, top, -H % 32 - top)
        return self.network(F.pad(images, sides, mode="replicate"))[:, :, top : top + H, left : left + W]
