"""The experiments of notebook 08b: questions answered with and without attention, and clips likewise."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import torch
from torch import nn

from helpers import results, runtime
from helpers.asking import data
from helpers.asking.data import HARD
from helpers.asking.learning import Material, judge, learn, lessons, twins_right
from helpers.asking.model import Asker, Encoder
from helpers.asking.watching import Clips, judge_watcher, watch, watched
from helpers.captioning.experiment import cells_named, learn_names
from helpers.data.scenes import Scenes
from helpers.data.splits import Split
from helpers.training import History, recorded, whole

RATES = (0.001, 0.002, 0.005, 0.01)  # the lowest was tried last, since the next one came out best
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

# The systems, by what a table calls them; the control is over a third larger than two hops.
PLAIN = {"stickers": 4, "features": WIDE, "questions": "which", "taught": "hop by hop"}
RUNGS = ("question only", "image only", "mean pool", "one hop", "two hops", "true map")
LADDER = {name: {"model": name} | PLAIN for name in RUNGS}
MEAN, ONE, TWO = (LADDER[name] for name in ("mean pool", "one hop", "two hops"))
FAULTS = {
    "taught at once": TWO | {"taught": "at once"},
    "no offsets": TWO | {"model": "two hops, no offsets"},
    "no tanh": TWO | {"model": "two hops, no tanh"},
    "one hop, taught at once": ONE | {"taught": "at once"},
}
SWEEP = {
    f"{features} features, {stickers} stickers, {each['model']}": each
    | {"stickers": stickers, "features": features, "questions": "direct", "taught": "at once"}
    for features in (WIDE, NARROW)
    for stickers in COUNTS
    for each in (ONE, MEAN)
}
COUNTERS = {
    name: {"model": name} | PLAIN | {"questions": "hard", "taught": "at once"}
    for name in ("one hop", "mean pool", "gates")
}
ENCODERS = {f"{features} features": {"model": "encoder", "features": features} for features in (WIDE, NARROW)}
POOLS = {pool: {"model": f"{pool} of frames"} for pool in ("attention", "mean", "max")}
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
    return encoder, whole(learn_names(encoder, scenes, seed, budget.naming))


def new_asker(fields: dict[str, Any], channels: int, seed: int) -> Asker:
    """Make an untrained network from the fields of its row."""
    runtime.seed_everything(seed)
    return Asker(len(data.WORDS), len(data.ANSWERS), channels, **OPTIONS[fields["model"]])


@lru_cache(maxsize=2)
def school(
    seed: int, budget: Budget, split: Split = "test"
) -> tuple[Encoder, Material, Material, tuple[Scenes, Scenes]]:
    """The encoder of a seed, what its networks learn from, what they are judged on, and that with its twins."""
    encoder, _ = named(seed, budget, WIDE)
    twins = data.draw_twins(budget.tested, 1, split)
    train = lessons(encoder, data.draw_scenes(budget.scenes, seed), seed=seed)
    return encoder, train, lessons(encoder, twins[0]), twins


def row(
    fields: dict[str, Any], seed: int, model: nn.Module, figures: dict[str, float], history: History
) -> dict:
    """A row of the record; its parameters are all of the network's, those of a look that is kept among them."""
    parameters = sum(each.numel() for each in model.parameters())
    return recorded(fields, seed, figures, history) | {"parameters": parameters}


def compare(seed: int, budget: Budget, arms: Iterable[dict[str, Any]]) -> Iterator[dict]:
    """Train networks on the questions of a seed, and yield a row for each."""
    encoder, train, test, twins = school(seed, budget)
    for fields in arms:
        asker = new_asker(fields, train.annotations.shape[2], seed)
        first = budget.first if fields["taught"] == "hop by hop" else 0
        history = learn(asker, train, seed, first, budget.steps + budget.first - first)
        yield row(fields, seed, asker, judge(asker, test) | twins_right(asker, encoder, twins), history)


def encoders(budget: Budget) -> Iterator[dict]:
    """The encoder of seed 0, wide and narrow."""
    for fields in ENCODERS.values():
        encoder, history = named(0, budget, fields["features"])
        figures = cells_named(encoder, data.draw_scenes(budget.tested, 1, "test"))
        yield row(fields, 0, encoder, figures, history)


@lru_cache(maxsize=1)
def other_lessons(
    budget: Budget, questions: str, stickers: int = 4, features: int = WIDE
) -> tuple[Material, Material]:
    """What seed 0's networks learn other questions from, and what they are judged on.

    Args:
        questions: "direct", of some number of stickers; or "hard": for a number of stickers, or for one that may not
            be there, of 4 to 6 whose colours repeat.
    """
    encoder, _ = named(0, budget, features)
    direct, hard = (["direct"], {"count": stickers}), (HARD, {"count": (4, 6), "colouring": "free"})
    kinds, options = {"direct": direct, "hard": hard}[questions]
    parts = (budget.scenes, 0, "train"), (budget.tested, 1, "test")
    return tuple(lessons(encoder, data.draw_scenes(*part, **options), kinds) for part in parts)


def at_once(budget: Budget, arms: Iterable[dict[str, Any]], steps: int) -> Iterator[dict]:
    """Train networks of seed 0 on such questions, both hops from the start, and yield a row for each."""
    for fields in arms:
        train, test = other_lessons(budget, fields["questions"], fields["stickers"], fields["features"])
        asker = new_asker(fields, train.annotations.shape[2], 0)
        history = learn(asker, train, 0, 0, steps)
        yield row(fields, 0, asker, judge(asker, test), history)


@lru_cache(maxsize=1)
def cinema(seed: int, budget: Budget, split: Split = "test") -> tuple[Clips, Clips]:
    """The clips that a seed's networks learn from, and those they are judged on."""
    encoder, _ = named(seed, budget, WIDE)
    train = watched(encoder, data.draw_clips(budget.clips, seed))
    return train, watched(encoder, data.draw_clips(budget.tested, 1, split))


def clips(seed: int, budget: Budget, pools: Sequence[str]) -> Iterator[dict]:
    """Train networks on the clips of a seed, and yield a row for each."""
    train, test = cinema(seed, budget)
    for pool in pools:
        watcher, history = watch(pool, train, seed, budget.watching)
        yield row(POOLS[pool], seed, watcher, judge_watcher(watcher, test), history)


def rates(budget: Budget, tried: Sequence[float]) -> Iterator[dict]:
    """Both headline networks and their controls at some rates on seed 0, judged on validation scenes and clips."""
    _, train, test, _ = school(0, budget, split="val")
    for name in ("two hops", "mean pool"):
        for rate in tried:
            asker = new_asker(LADDER[name], train.annotations.shape[2], 0)
            history = learn(asker, train, 0, budget.first, budget.steps, rate)
            figures = on_validation(judge(asker, test))
            yield row({"model": name, "rate": rate}, 0, asker, figures, history)
    train, test = cinema(0, budget, "val")
    for pool in ("attention", "mean"):
        for rate in tried:
            watcher, history = watch(pool, train, 0, budget.watching, rate)
            figures = on_validation(judge_watcher(watcher, test))
            yield row(POOLS[pool] | {"rate": rate}, 0, watcher, figures, history)


def on_validation(figures: dict[str, float]) -> dict[str, float]:
    """Figures by names that tell them from those of the test."""
    return {f"validation_{name}": share for name, share in figures.items()}


def at_each_rate(*models: str) -> dict[str, dict[str, Any]]:
    """The rows of `rates`, by what a table calls them."""
    return {f"{model}, rate {rate}": {"model": model, "rate": rate} for model in models for rate in RATES}


def quarter_change(fields: dict[str, Any]) -> float:
    """By what share the loss fell over the last quarter of a recorded training, mean over its runs."""
    curves = torch.tensor([each["curve"] for each in results.rows("asking", "record", **fields)])
    return float(1 - curves[:, -1].mean() / curves[:, -6].mean())


def pieces(budget: Budget) -> dict[str, Callable[[], Iterator[dict]]]:
    """What is recorded, the headline first."""
    found = {}
    for seed in (0, 1, 2):
        pools = ["attention", "mean"] + ["max"] * (seed == 0)
        found[f"questions, seed {seed}"] = partial(compare, seed, budget, [TWO, ONE, MEAN])
        found[f"clips, seed {seed}"] = partial(clips, seed, budget, pools)
    rest = [LADDER[name] for name in ("question only", "image only", "true map")]
    return found | {
        "ladder": partial(compare, 0, budget, rest),
        "faults": partial(compare, 0, budget, FAULTS.values()),
        "sweep": partial(at_once, budget, SWEEP.values(), budget.steps // 2),
        "hard": partial(at_once, budget, COUNTERS.values(), budget.steps),
        "rates": partial(rates, budget, RATES[1:]),
        "rates, one lower": partial(rates, budget, RATES[:1]),
        "encoders": partial(encoders, budget),
    }


PIECES = {"record": pieces(RECORD)}
