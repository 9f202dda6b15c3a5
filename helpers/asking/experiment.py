"""The experiments of notebook 08b: questions answered with and without attention, and clips likewise."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import torch
from torch import nn

from helpers import runtime
from helpers.asking import data
from helpers.asking.data import HARD
from helpers.asking.learning import Material, judge, learn, lessons, twins_right
from helpers.asking.model import Asker, Encoder
from helpers.asking.watching import Clips, judge_watcher, watch, watched
from helpers.captioning.experiment import NAMING_RATE, naming_loss
from helpers.data.batches import as_input, endless
from helpers.data.scenes import Scenes
from helpers.optimisers import muon
from helpers.training import History, fit, loss_curve

RATES = (0.002, 0.005, 0.01)
WIDE, NARROW = 64, 12  # features a place
COUNTS = (2, 4, 6)  # stickers a scene


@dataclass(frozen=True)
class Budget:
    """What the networks learn from, and for how long."""

    scenes: int  # drawn for questions
    naming: int  # batches of 16 scenes for the encoder
    first: int  # batches of direct questions, for the first hop
    steps: int  # batches of all questions, for both
    clips: int
    watching: int  # batches of clips
    tested: int = 500  # scenes, and clips, held out


QUICK = Budget(scenes=2000, naming=400, first=400, steps=1000, clips=1000, watching=1000)
RECORD = Budget(scenes=2500, naming=500, first=400, steps=1200, clips=1500, watching=1200)

# The systems, by their fields; the control is a little larger than what it is compared with.
PLAIN = {"stickers": 4, "features": WIDE, "questions": "which", "taught": "hop by hop"}
TWO, ONE = {"model": "two hops"} | PLAIN, {"model": "one hop"} | PLAIN
MEAN = {"model": "mean pool"} | PLAIN
LADDER = [{"model": name} | PLAIN for name in ("question only", "image only", "true map")]
FAULTS = [
    TWO | {"taught": "at once"},
    ONE | {"taught": "at once"},
    {"model": "two hops, no offsets"} | PLAIN,
    {"model": "two hops, no tanh"} | PLAIN,
]
OPTIONS: dict[str, dict[str, Any]] = {
    "two hops": {},
    "one hop": {"hops": 1},
    "mean pool": {"look": "mean", "size": 80},
    "question only": {"look": "nothing"},
    "image only": {"look": "mean", "reads": False},
    "true map": {"look": "truth"},
    "two hops, no offsets": {"relative": False},
    "two hops, no tanh": {"linear": True},
    "gates": {"look": "gates", "hops": 1},
}


@lru_cache(maxsize=4)
def named(seed: int, budget: Budget, channels: int) -> tuple[Encoder, History]:
    """Teach an encoder to name what each cell shows; it is used as it is from then on."""
    scenes = data.draw_scenes(budget.scenes, seed + 100, "train", (2, 6))
    runtime.seed_everything(seed)
    encoder = Encoder(channels)
    batches = endless(scenes.images, data.cell_names(scenes), 16, seed)
    history = fit(
        encoder, batches, naming_loss, steps=budget.naming, lr=NAMING_RATE, optimisers=muon, name="naming"
    )
    return encoder.requires_grad_(False), history


def naming(encoder: Encoder, scenes: Scenes) -> dict[str, float]:
    """The share of cells named right: "digit" and "colour" of those that show a sticker, "empty" of the others."""
    names = data.cell_names(scenes)
    scores = [encoder(as_input(part)) for part in scenes.images.split(200)]
    found = torch.cat([torch.stack([each.argmax(dim=1) for each in part], dim=1) for part in scores])
    right, shown = found == names, names[:, 0] > 0
    parts = {"digit": right[:, 0][shown], "colour": right[:, 1][shown], "empty": right[:, 0][~shown]}
    return {name: float(part.float().mean()) for name, part in parts.items()}


def new_asker(fields: dict[str, Any], channels: int, seed: int) -> Asker:
    """Make an untrained network from the fields of its row."""
    runtime.seed_everything(seed)
    return Asker(len(data.WORDS), len(data.ANSWERS), channels, **OPTIONS[fields["model"]])


@lru_cache(maxsize=2)
def school(
    seed: int, budget: Budget, stickers: int = 4, features: int = WIDE, split: str = "test"
) -> tuple[Encoder, Material, Material, tuple[Scenes, Scenes]]:
    """The encoder of a seed, what its networks learn from, what they are judged on, and that with its twins."""
    encoder, _ = named(seed, budget, features)
    twins = data.draw_twins(budget.tested, 1, split, stickers)
    train = lessons(encoder, data.draw_scenes(budget.scenes, seed, "train", stickers), seed=seed)
    return encoder, train, lessons(encoder, twins[0]), twins


def row(
    fields: dict[str, Any], seed: int, model: nn.Module, figures: dict[str, float], losses: list[float]
) -> dict:
    """A row of the record."""
    parameters = sum(each.numel() for each in model.parameters())
    return {
        **fields,
        "seed": seed,
        "figures": figures,
        "steps": len(losses),
        "parameters": parameters,
        "curve": loss_curve(losses),
    }


def compare(seed: int, budget: Budget, arms: Sequence[dict[str, Any]]) -> Iterator[dict]:
    """Train networks on the questions of a seed, and yield a row for each."""
    for fields in arms:
        encoder, train, test, twins = school(seed, budget, fields["stickers"], fields["features"])
        asker = new_asker(fields, train.annotations.shape[2], seed)
        first = budget.first if fields["taught"] == "hop by hop" else 0
        losses = learn(asker, train, seed, first, budget.steps + budget.first - first)
        yield row(fields, seed, asker, judge(asker, test) | twins_right(asker, encoder, twins), losses)


def encoders(budget: Budget) -> Iterator[dict]:
    """The encoder of seed 0, wide and narrow."""
    for features in (WIDE, NARROW):
        encoder, history = named(0, budget, features)
        figures = naming(encoder, data.draw_scenes(budget.tested, 1, "test"))
        yield row({"model": "encoder", "features": features}, 0, encoder, figures, history.loss)


def sweep(budget: Budget) -> Iterator[dict]:
    """Direct questions alone: one hop and mean pool, with more and fewer stickers, wide and narrow features."""
    for features in (WIDE, NARROW):
        for stickers in COUNTS:
            encoder, _ = named(0, budget, features)
            train, test = (
                lessons(encoder, data.draw_scenes(number, seed, split, stickers), ["direct"])
                for number, seed, split in ((budget.scenes, 0, "train"), (budget.tested, 1, "test"))
            )
            for each in (ONE, MEAN):
                fields = each | {
                    "stickers": stickers,
                    "features": features,
                    "questions": "direct",
                    "taught": "at once",
                }
                asker = new_asker(fields, train.annotations.shape[2], 0)
                losses = learn(asker, train, 0, 0, budget.steps // 2)
                yield row(fields, 0, asker, judge(asker, test), losses)


def hard_lessons(encoder: Encoder, number: int, seed: int, split: str) -> Material:
    """Questions for a number of stickers, or for a sticker that may not be there; colours repeat."""
    scenes = data.draw_scenes(number, seed, split, (4, 6), colouring="free")
    return lessons(encoder, scenes, HARD)


def hard(budget: Budget) -> Iterator[dict]:
    """Counting and "none": one hop, mean pool, and gates, which need not sum to 1."""
    encoder, _ = named(0, budget, WIDE)
    train, test = (
        hard_lessons(encoder, budget.scenes, 0, "train"),
        hard_lessons(encoder, budget.tested, 1, "test"),
    )
    for name in ("one hop", "mean pool", "gates"):
        fields = {"model": name} | PLAIN | {"questions": "hard", "taught": "at once"}
        asker = new_asker(fields, train.annotations.shape[2], 0)
        losses = learn(asker, train, 0, 0, budget.steps)
        yield row(fields, 0, asker, judge(asker, test), losses)


@lru_cache(maxsize=1)
def cinema(seed: int, budget: Budget, split: str = "test") -> tuple[Clips, Clips]:
    """The clips that a seed's networks learn from, and those they are judged on."""
    encoder, _ = named(seed, budget, WIDE)
    train = watched(encoder, data.draw_clips(budget.clips, seed))
    return train, watched(encoder, data.draw_clips(budget.tested, 1, split))


def clips(seed: int, budget: Budget, pools: Sequence[str]) -> Iterator[dict]:
    """Train networks on the clips of a seed, and yield a row for each."""
    train, test = cinema(seed, budget)
    for pool in pools:
        watcher, losses = watch(pool, train, seed, budget.watching)
        yield row({"model": f"{pool} of frames"}, seed, watcher, judge_watcher(watcher, test), losses)


def rates(budget: Budget) -> Iterator[dict]:
    """Both headline networks and their controls at three rates, judged on validation scenes and clips."""
    _, train, test, _ = school(0, budget, split="val")
    for fields in (TWO, MEAN):
        for rate in RATES:
            asker = new_asker(fields, train.annotations.shape[2], 0)
            losses = learn(asker, train, 0, budget.first, budget.steps, rate)
            yield row(
                {"model": fields["model"], "rate": rate}, 0, asker, on_validation(judge(asker, test)), losses
            )
    train, test = cinema(0, budget, "val")
    for pool in ("attention", "mean"):
        for rate in RATES:
            watcher, losses = watch(pool, train, 0, budget.watching, rate)
            fields = {"model": f"{pool} of frames", "rate": rate}
            yield row(fields, 0, watcher, on_validation(judge_watcher(watcher, test)), losses)


def on_validation(figures: dict[str, float]) -> dict[str, float]:
    """Figures by names that tell them from those of the test."""
    return {f"validation_{name}": share for name, share in figures.items()}


def pieces(budget: Budget) -> dict[str, Callable[[], Iterator[dict]]]:
    """What is recorded, the headline first."""
    found = {}
    for seed in (0, 1, 2):
        found[f"questions, seed {seed}"] = partial(compare, seed, budget, [TWO, ONE, MEAN])
        found[f"clips, seed {seed}"] = partial(
            clips, seed, budget, ["attention", "mean"] + ["max"] * (seed == 0)
        )
    found["ladder"] = partial(compare, 0, budget, LADDER)
    found["faults"] = partial(compare, 0, budget, FAULTS)
    found["sweep"] = partial(sweep, budget)
    found["hard"] = partial(hard, budget)
    found["rates"] = partial(rates, budget)
    found["encoders"] = partial(encoders, budget)
    return found


PIECES = {"record": pieces(RECORD)}
