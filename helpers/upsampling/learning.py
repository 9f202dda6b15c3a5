"""The networks of notebook 02 and how each learns: the same scenes, the same batches, one classifier to start from."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache, partial

import torch.nn.functional as F
from torch import nn

from helpers import runtime
from helpers.data.batches import endless
from helpers.data.scenes import Scenes, make_scenes
from helpers.data.splits import Split
from helpers.fcn.experiment import BATCH, CLASSES, TEST_SCENES, score
from helpers.fcn.model import FCN
from helpers.training import History, fit, whole
from helpers.upsampling.model import Classifier, DeconvNet, FCNLearnedUpsampling, start_from

# The highest learning rate of the cycle: the classifier's is that of notebook 01, the others' the best of those
# tried on validation scenes (see `experiment.rates`). Twice as deep, DeconvNet wants smaller steps.
RATES = {"FCN-8s": 6e-3, "DeconvNet": 3e-3, "classifier": 6e-3}
WATCH_EVERY, WATCH_SCENES = 25, 100  # steps, and the validation scenes judged then
# Heights of digits in pixels: below those of recorded training, its smallest, its largest.
SIZES = {"tiny": (11, 15), "small": (16, 21), "large": (39, 44)}
SIZE_SCENES = 150


@dataclass(frozen=True)
class Budget:
    """What networks learn from, and for how long.

    Attributes:
        scenes: training scenes, of one sticker each.
        classifying: steps in which the encoder that all networks start from learns to classify stickers.
        steps: of training after that, the same for every network.
        height: least and greatest height of the digits, in pixels.
        batch: scenes a step.
    """

    scenes: int
    classifying: int
    steps: int
    height: tuple[int, int]
    batch: int = BATCH


SIDE = 64  # of a scene: a quarter of notebook 01's pixels, so that there is time for many steps
QUICK = Budget(scenes=2000, classifying=400, steps=220, height=(32, 44), batch=16)
RECORD = Budget(scenes=4000, classifying=400, steps=1000, height=(16, 44))

NETWORKS: dict[str, Callable[[int], nn.Module]] = {
    "FCN-8s": partial(FCN, stride=8),
    "DeconvNet": DeconvNet,
    "DeconvNet, shuffled": partial(DeconvNet, switches="shuffled"),
    "DeconvNet, bed of nails": partial(DeconvNet, switches="nails"),
    "FCN-8s, from bilinear": partial(FCNLearnedUpsampling, start="bilinear"),
    "FCN-8s, from random": partial(FCNLearnedUpsampling, start="random"),
}


@lru_cache(maxsize=2)
def training_scenes(seed: int, budget: Budget) -> Scenes:
    """Draw the scenes that a run learns from."""
    return draw_scenes(budget.scenes, seed, "train", budget)


@cache
def test_scenes(budget: Budget) -> Scenes:
    """Draw the scenes that every run of a budget is judged on: always the same."""
    return draw_scenes(TEST_SCENES, 0, "test", budget)


def draw_scenes(number: int, seed: int, split: Split, budget: Budget) -> Scenes:
    """Draw scenes of one sticker, its digit as tall as the budget says."""
    return make_scenes(number, seed, split, size=SIDE, count=1, height=budget.height)


@cache
def scenes_of_size(name: str) -> Scenes:
    """Draw test scenes with one sticker each, its digit tiny, small or large (see `SIZES`)."""
    return make_scenes(SIZE_SCENES, 0, "test", size=SIDE, count=1, height=SIZES[name])


def new_network(system: str, seed: int, classes: int = CLASSES) -> nn.Module:
    """Make one of `NETWORKS`, untrained."""
    runtime.seed_everything(seed)
    return NETWORKS[system](classes)


@cache
def trained_classifier(seed: int, budget: Budget) -> Classifier:
    """Let an encoder learn what is in a scene before it is asked where, as the papers' VGG-16 had: once a seed."""
    runtime.seed_everything(seed)
    classifier, scenes = Classifier(), training_scenes(seed, budget)
    batches = endless(scenes.images, scenes.digits[:, 0], budget.batch, seed)
    steps, rate = budget.classifying, RATES["classifier"]
    whole(fit(classifier, batches, F.cross_entropy, steps=steps, lr=rate, name="classifier"))
    return classifier


def learn(
    system: str,
    seed: int,
    budget: Budget,
    rate: float | None = None,
    watch: Callable[[nn.Module], float] | None = None,
) -> tuple[nn.Module, History]:
    """Train one of `NETWORKS` from the classifier's encoder, on the same batches as the others.

    Args:
        watch: what to note of the network every `WATCH_EVERY` steps (see `fit`).
    """
    classifier, scenes = trained_classifier(seed, budget), training_scenes(seed, budget)
    network = start_from(new_network(system, seed), classifier)
    history = fit(
        network,
        endless(scenes.images, scenes.labels, budget.batch, seed),
        F.cross_entropy,
        steps=budget.steps,
        lr=rate or RATES[system.partition(",")[0]],
        watch=watch,
        watch_at=range(0, budget.steps + 1, WATCH_EVERY),
        name=system,
    )
    return network, history


def validation_iou(budget: Budget) -> Callable[[nn.Module], float]:
    """Make a `watch` for `fit`: the mean IoU on a few validation scenes."""
    val = draw_scenes(WATCH_SCENES, 0, "val", budget)
    return lambda network: score(network, val)["mean_iou"]
