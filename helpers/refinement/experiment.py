"""The experiments of notebook 03: does a network mend its own labels, and is it the labels or only the wider view?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import torch
from torch import Tensor, nn

from helpers import films, runtime
from helpers.data.batches import as_input, endless
from helpers.data.scenes import SceneOptions, Scenes, make_scenes
from helpers.fcn.experiment import score_maps
from helpers.fcn.model import FCN
from helpers.frame_scores import CLASSES as STREET_CLASSES
from helpers.optimisers import muon
from helpers.refinement.model import Refiner, enlarged, loss_of_passes
from helpers.training import History, fit, recorded

RATE = 5e-3  # the highest of the cycle, for every network; the record holds a sweep
BATCH = 16
# Steps on CamVid, of equal minutes on one core: a step of three passes takes as long as 1.4 of FCN-8s.
STREET_STEPS = {"feedback": 800, "FCN-8s": 1120}
MOST_PASSES = 8  # a network that reads its labels is judged after 1 to 8 passes, whatever it was trained on

# One pass sees 23 pixels. Stickers are larger; or they stand in chains, in which the first one alone shows ink, and its
# digit is the label of all.
SCENES = {
    "plain": SceneOptions(size=64, count=(2, 3), height=(20, 32)),
    "hidden": SceneOptions(size=64, count=(2, 3), height=(20, 32), hidden=(0.4, 0.7)),
    "chain": SceneOptions(size=64, count=4, height=(15, 18), overlap="chain", chain=2),
    "long chain": SceneOptions(size=64, count=3, height=(15, 18), overlap="chain", chain=3),
}


@dataclass(frozen=True)
class Budget:
    """How every network trains: the same for all, so that only what is compared differs.

    Attributes:
        scenes: drawn for training. steps: batches of them. tested: scenes held out.
    """

    scenes: int
    steps: int
    tested: int = 200


QUICK = Budget(scenes=1200, steps=600)
RECORD = Budget(scenes=1500, steps=600)
SWEEP = Budget(scenes=1500, steps=250)

# What a row's fields say of a network, and how wide each is so that all have about 40,000 weights.
FEEDBACK = {
    "model": "feedback", "passes": 3, "fed": "probabilities", "weights": "tied", "gradient": "through all passes",
    "loss": "every pass",
}  # fmt: skip
LAST = "last pass"
NARROW_VIEW, WIDE_VIEW = {"model": "one pass, narrow view"}, {"model": "one pass, wide view"}
WIDE_REACH = 13  # cells: with it one pass sees the 71 pixels of three
WIDTHS = {"one pass, narrow view": (28, 52, 52), "one pass, wide view": (24, 48, 46)}
UNTIED_NARROW = (12, 25, 25)  # three such networks have as many weights as one


def new_network(fields: dict[str, Any], seed: int) -> Refiner:
    """Make an untrained network from the fields of its row."""
    runtime.seed_everything(seed)
    model = fields["model"]
    if model in WIDTHS:
        return Refiner(1, widths=WIDTHS[model], reach=WIDE_REACH if model == WIDE_VIEW["model"] else 0)
    widths = {"widths": UNTIED_NARROW} if fields["weights"] == "untied, as many in all" else {}
    stopped = fields["gradient"] != FEEDBACK["gradient"]
    return Refiner(fields["passes"], fields["fed"], fields["weights"] == "tied", stopped, **widths)


@lru_cache(maxsize=3)
def training_scenes(kind: str, seed: int, number: int) -> Scenes:
    """Draw the scenes that the networks of a seed learn from."""
    return make_scenes(number, seed, "train", SCENES[kind])


@lru_cache(maxsize=6)
def held_out(kind: str, number: int, split: str = "test") -> Scenes:
    """Draw the scenes that every network is judged on: always the same."""
    return make_scenes(number, 0, split, SCENES[kind])


def learn(
    network: Refiner,
    scenes: Scenes,
    steps: int,
    seed: int,
    last_only: bool = False,
    rate: float = RATE,
    name: str = "feedback",
) -> History:
    """Train any of the networks: the same scenes, batches and settings for each."""
    batches = endless(scenes.images, scenes.labels, BATCH, seed)
    loss = partial(loss_of_passes, last_only=last_only)
    return fit(network, batches, loss, steps=steps, lr=rate, optimisers=muon, name=name)


@torch.no_grad()
def label_passes(network: Refiner, images: Tensor, passes: int | None = None) -> Tensor:
    """Label scenes (N, 3, H, W) in uint8, pass by pass, all on the image's grid: (N, passes, H, W) uint8."""
    maps = [
        enlarged(network.eval()(as_input(part), passes=passes).flatten(0, 1)).argmax(dim=1).byte()
        for part in images.split(25)
    ]
    return torch.cat(maps).unflatten(0, (len(images), -1))


def judge(maps: Tensor, scenes: Scenes) -> list[dict[str, float]]:
    """Score label maps (N, passes, H, W) pass by pass.

    Beside the course's four scores: the share of pixels right on the `printed` part of stickers and on the `blank`
    part, where no ink tells the class; and of all pixels, how many the pass has `mended` and `broken`.
    """
    truth = scenes.labels
    blank = scenes.blank & (truth > 0)
    parts = {"printed": (truth > 0) & ~blank, "blank": blank}
    found, before = [], None
    for labels in maps.unbind(dim=1):
        right = labels == truth
        scores = score_maps(zip(labels.long().split(50), truth.long().split(50), strict=True))
        scores |= {name: float(right[part].float().mean()) for name, part in parts.items() if part.any()}
        if before is not None:
            changed = {"mended": right & ~before, "broken": before & ~right}
            scores |= {name: float(where.float().mean()) for name, where in changed.items()}
        found.append(scores)
        before = right
    return found


def compare(
    kind: str, seed: int, systems: Sequence[dict[str, Any]], budget: Budget = RECORD, split: str = "test"
) -> Iterator[dict]:
    """Train networks on scenes of one kind, and yield a row for each of them and each number of passes.

    Fields `after`, how many passes were run, and `judged`, the split, come with those of the network. A system may
    say its own `rate`, and its own `steps`.
    """
    scenes, judged_on = training_scenes(kind, seed, budget.scenes), held_out(kind, budget.tested, split)
    for fields in systems:
        network = new_network(fields, seed)
        fields = {"rate": RATE, "steps": budget.steps, **fields, "scenes": kind, "judged": split}
        last_only = fields.get("loss") == LAST
        history = learn(network, scenes, fields["steps"], seed, last_only, fields["rate"], fields["model"])
        maps = label_passes(network, judged_on.images, MOST_PASSES if network.passes > 1 else 1)
        for after, figures in enumerate(judge(maps, judged_on), start=1):
            row = recorded({**fields, "after": after}, seed, figures, history, network)
            if after > 1:
                del row["curve"]  # it is of one training: the first row has it
            yield row


ABLATIONS = [
    FEEDBACK | {"weights": "untied"},
    FEEDBACK | {"weights": "untied, as many in all"},
    FEEDBACK | {"gradient": "stopped between passes"},
    FEEDBACK | {"loss": LAST},
    FEEDBACK | {"fed": "scores"},
    FEEDBACK | {"passes": 2},
    WIDE_VIEW | {"steps": 3 * RECORD.steps},
]
RATES = [each | {"rate": rate} for each in (FEEDBACK, WIDE_VIEW) for rate in (2e-3, 5e-3, 1e-2)]


def narrow(seed: int) -> Iterator[dict]:
    """The control with a narrow view, where the pieces by kind and seed lack it: for seed 0, that is long chains."""
    for kind in ("chain", "hidden", "plain") if seed else ("long chain",):
        yield from compare(kind, seed, [NARROW_VIEW])


class LastPass(nn.Module):
    """Answer as other networks do: with the last pass's scores alone, as large as the images, (B, classes, H, W)."""

    def __init__(self, network: Refiner, passes: int):
        super().__init__()
        self.network, self.passes = network, passes

    def forward(self, images: Tensor) -> Tensor:
        return enlarged(self.network(images, passes=self.passes)[:, -1])


def streets(seed: int = 0, steps: Mapping[str, int] = STREET_STEPS, passes: int = 4) -> Iterator[dict]:
    """Train the lesson's network on three passes, and FCN-8s, on CamVid, and yield rows judged on the film held out.

    The recurrent network has a row `after` each number of passes. Figures `ahead_low` and `ahead_high` bound how far
    the mean IoU is ahead of FCN-8s' on frames drawn anew (see `bootstrap`), `gain_...` how far ahead of the pass
    before.
    """
    rest, _, _ = films.held_out()
    runtime.seed_everything(seed)
    other = FCN(STREET_CLASSES, stride=8)
    history = films.learn(other, rest, steps["FCN-8s"], seed * 10, name="FCN-8s", optimisers=muon)
    figures, to_beat = films.judge(films.Padded(other))
    yield films.row({"model": "FCN-8s"}, seed, figures, history, other)

    runtime.seed_everything(seed)
    network = Refiner(passes=3, classes=STREET_CLASSES)
    history = films.learn(
        network, rest, steps["feedback"], seed * 10, name="feedback", optimisers=muon, loss=loss_of_passes
    )
    before = None
    for after in range(1, passes + 1):
        figures, counts = films.judge(LastPass(network, after))
        figures |= films.leads(counts, to_beat, ahead="mean_iou")
        if before is not None:
            figures |= films.leads(counts, before, gain="mean_iou")
        before = counts
        yield films.row({"model": "feedback", "after": after}, seed, figures, history, network)


BOTH = [FEEDBACK, WIDE_VIEW]
SEEDS = (0, 1, 2)
PIECES = {
    "record": {
        **{
            f"{kind}, seed {seed}": partial(compare, kind, seed, BOTH if seed else [*BOTH, NARROW_VIEW])
            for kind in ("chain", "hidden", "plain")
            for seed in SEEDS
        },
        **{f"narrow view, seed {seed}": partial(narrow, seed) for seed in SEEDS},
        "ablations": partial(compare, "chain", 0, ABLATIONS),
        "long chain": partial(compare, "long chain", 0, BOTH),
        "rates": partial(compare, "chain", 0, RATES, SWEEP, "val"),
    },
    "real": {"streets": streets},
}
