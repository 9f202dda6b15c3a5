"""The experiments of notebook 04: one scale against several, then superpixels and the best cover of a tree."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial

import torch
import torch.nn.functional as F
from torch import Tensor

from helpers import films, results, runtime, seeds
from helpers.data.batches import as_input, endless
from helpers.data.scene_options import SceneOptions
from helpers.data.scenes import Scenes, make_scenes
from helpers.data.splits import Split
from helpers.frame_scores import CLASSES as STREET_CLASSES
from helpers.multi_scale import trees
from helpers.multi_scale.labelling import REGIONS, parse, score, ways
from helpers.multi_scale.model import MultiScale, NodeClassifier, with_two_layers
from helpers.multi_scale.trees import Tree
from helpers.optimisers import muon
from helpers.training import History, fit, loss_curve, parameter_count

SIDE = 96  # of a scene, in pixels
HEIGHTS = (10, 80)  # of digits in pixels: three octaves, each as frequent as the others
RATE, NODE_RATE = 1e-2, 3e-3  # the highest rates of the cycles; see `rates` for the first
TRIED = (3e-3, 1e-2, 3e-2)
BATCH, NODE_BATCH = 16, 256  # scenes, and segments
STREET_STEPS = 1000
# Bands of half an octave: networks learn from one, and are tested on all.
BANDS = ((10, 14), (14, 20), (20, 28), (28, 40), (40, 56), (56, 80))
LEARNED_BAND = (28, 40)

# Single scales have wider last maps, so that all three have nearly the same number of parameters.
SYSTEMS: dict[str, Callable[..., MultiScale]] = {
    "multi-scale": MultiScale,
    "single scale": partial(MultiScale, scales=1, widths=(16, 32, 37)),
    "single scale, dilated": partial(MultiScale, scales=1, widths=(16, 32, 37), dilations=(1, 3, 6)),
}


# The rows of the paper's table in small, and those that it does not have: what each is called -> its fields.
ROWS = {
    "single scale": {"model": "single scale", "labels": "pixels"},
    "single scale, superpixels": {"model": "single scale", "labels": "superpixels"},
    "dilated": {"model": "single scale, dilated", "labels": "pixels"},
    "dilated, superpixels": {"model": "single scale, dilated", "labels": "superpixels"},
    "multi-scale": {"model": "multi-scale", "labels": "pixels"},
    "multi-scale, superpixels": {"model": "multi-scale", "labels": "superpixels"},
    "multi-scale, cover": {"model": "multi-scale", "labels": "cover"},
}
ROWS |= {
    f"multi-scale, cut into {regions}": {"model": "multi-scale", "labels": "cut", "regions": regions}
    for regions in REGIONS
}

PAIRS = (
    ("multi-scale, superpixels", "multi-scale"),
    ("multi-scale, cover", "multi-scale, superpixels"),
    ("multi-scale", "single scale"),
    ("multi-scale, superpixels", "single scale, superpixels"),
)
COMPARED_LIVE = ("multi-scale", "single scale, dilated")
RATES = {f"{name}, rate {rate:g}": {"model": name, "rate": rate} for name in COMPARED_LIVE for rate in TRIED}


@dataclass(frozen=True)
class Budget:
    """What the networks learn from, and for how long.

    Attributes:
        scenes: drawn for training. tested: held out.
        features: steps under the linear classifier. pixels: steps of the two-layer classifier after that.
        trees: scenes whose segmentation trees the node classifier learns from. nodes: its steps.
    """

    scenes: int
    features: int
    pixels: int
    trees: int
    nodes: int
    tested: int = 100


QUICK = Budget(scenes=1500, features=260, pixels=60, trees=60, nodes=300, tested=60)
RECORD = Budget(scenes=4000, features=600, pixels=150, trees=100, nodes=600, tested=200)
RATES_TRIED = Budget(scenes=2000, features=200, pixels=0, trees=0, nodes=0)
BANDS_LEARNED = Budget(scenes=2000, features=250, pixels=60, trees=0, nodes=0, tested=100)


OPTIONS = SceneOptions(size=SIDE, count=(2, 4), height=HEIGHTS, height_distribution="log-uniform")


def draw_scenes(number: int, seed: int, split: Split = "train") -> Scenes:
    """Draw scenes of two to four digits, as many of one octave of heights as of another."""
    return make_scenes(number, seed, split, OPTIONS)


def draw_band(number: int, seed: int, split: Split, heights: tuple[int, int]) -> Scenes:
    """Draw scenes of one digit, its height within a band."""
    return make_scenes(number, seed, split, OPTIONS, count=1, height=heights)


@cache
def held_out(number: int, split: Split = "test") -> tuple[Scenes, list[Tree]]:
    """Scenes that every run is judged on, always the same, with their segmentation trees."""
    scenes = draw_scenes(number, 0, split)
    return scenes, grow(scenes.images)


def grow(images: Tensor) -> list[Tree]:
    """The segmentation tree of each of (N, 3, H, W) images in uint8."""
    return [trees.merge(image, trees.superpixels(image)) for image in images]


def new_network(system: str, seed: int, **changes: object) -> MultiScale:
    """Make one of `SYSTEMS`, untrained."""
    runtime.seed_everything(seed)
    return SYSTEMS[system](**changes)


def learn_features(
    network: MultiScale, scenes: Scenes, steps: int, seed: int, rate: float = RATE, name: str = "features"
) -> History:
    """Train a network under its linear classifier, by the pixel loss; the same settings for every network."""
    batches = endless(scenes.images, scenes.labels, BATCH, seed)
    return fit(network, batches, F.cross_entropy, steps=steps, lr=rate, optimisers=muon, name=name)


def learn_pixels(network: MultiScale, scenes: Scenes, steps: int, seed: int) -> tuple[MultiScale, History]:
    """Give a trained network a classifier of two layers in place of the linear one, and train that alone."""
    runtime.seed_everything(seed * 10 + 1)
    network = with_two_layers(network)
    batches = endless(scenes.images, scenes.labels, BATCH, seed * 10 + 1)
    return network, fit(network, batches, F.cross_entropy, steps=steps, lr=RATE, name="two layers")


@torch.no_grad()
def node_examples(network: MultiScale, scenes: Scenes, grown: Sequence[Tree]) -> tuple[Tensor, Tensor]:
    """What the node classifier learns from: features (M, maps * 9) of all nodes, their histograms (M, classes)."""
    network.eval()
    features = torch.cat([network.features(as_input(some)) for some in scenes.images.split(20)])
    found = [trees.pooled(*pair) for pair in zip(grown, features, strict=True)]
    truth = [trees.histograms(*pair) for pair in zip(grown, scenes.labels, strict=True)]
    return torch.cat(found), torch.cat(truth)


def learn_nodes(
    network: MultiScale, scenes: Scenes, grown: Sequence[Tree], steps: int, seed: int
) -> tuple[NodeClassifier, History]:
    """Train a classifier to predict each node's histogram, by the cross-entropy from the true one."""
    inputs, targets = node_examples(network, scenes, grown)
    runtime.seed_everything(seed * 10 + 2)
    classifier = NodeClassifier(inputs.shape[1])
    generator = seeds.generator(seed)

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        while True:
            chosen = torch.randint(len(inputs), (NODE_BATCH,), generator=generator)
            yield inputs[chosen], targets[chosen]

    history = fit(classifier, batches(), F.cross_entropy, steps=steps, lr=NODE_RATE, name="nodes")
    return classifier, history


def compare(seed: int, budget: Budget, systems: Sequence[str] = tuple(SYSTEMS)) -> Iterator[dict]:
    """Train networks on the same scenes, and yield a row for each way of labelling with each of them.

    Only the first of the systems gets a node classifier, and the cover.
    """
    train = draw_scenes(budget.scenes, seed)
    test, test_trees = held_out(budget.tested)
    for system in systems:
        network = new_network(system, seed)
        histories = [learn_features(network, train, budget.features, seed, name=system)]
        network, history = learn_pixels(network, train, budget.pixels, seed)
        histories.append(history)
        classifier = None
        if system == systems[0]:
            some = train[: budget.trees]
            classifier, _ = learn_nodes(network, some, grow(some.images), budget.nodes, seed)
        parsed = parse(network, test.images, classifier)
        parameters = parameter_count(network.requires_grad_(True))
        for fields, labels in ways(parsed, test_trees):
            figures = score(labels, test)
            if fields["labels"] in parsed.seconds:
                figures["seconds_a_scene"] = parsed.seconds[fields["labels"]]
            yield {
                "model": system,
                **fields,
                "seed": seed,
                "figures": figures,
                "seconds": sum(each.seconds for each in histories),
                "parameters": parameters,
                "curve": loss_curve(histories[0].loss),
            }


def rates(budget: Budget = RATES_TRIED, seed: int = 0) -> Iterator[dict]:
    """Try rates for the features of the two systems that are compared live, on validation scenes."""
    train, (val, _) = draw_scenes(budget.scenes, seed), held_out(budget.tested, "val")
    for system in COMPARED_LIVE:
        for rate in TRIED:
            network = new_network(system, seed)
            history = learn_features(network, train, budget.features, seed, rate, f"{system}, {rate:g}")
            yield {
                "model": system,
                "rate": rate,
                "seed": seed,
                "figures": score(parse(network, val.images).chances.argmax(dim=1), val),
                "seconds": history.seconds,
            }


def bands(seed: int, budget: Budget = BANDS_LEARNED) -> Iterator[dict]:
    """Train shared and own weights on one band of heights, and test them on all bands."""
    train = draw_band(budget.scenes, seed, "train", LEARNED_BAND)
    for shared in (True, False):
        network = new_network("multi-scale", seed, shared=shared)
        history = learn_features(network, train, budget.features, seed, name="shared" if shared else "own")
        network, _ = learn_pixels(network, train, budget.pixels, seed)
        for low, high in BANDS:
            test = draw_band(budget.tested, 0, "test", (low, high))
            figures = score(parse(network, test.images).chances.argmax(dim=1), test)
            yield {
                "model": "multi-scale",
                "weights": "shared" if shared else "own",
                "heights": f"{low} to {high}",
                "seed": seed,
                "figures": {name: figures[name] for name in ("mean_iou", "class_accuracy")},
                "seconds": history.seconds,
                "parameters": parameter_count(network.requires_grad_(True)),
            }


def recorded_times() -> str:
    """What labelling one scene took when it was recorded, in milliseconds, a line for each way that was timed."""
    timed = {name: fields for name, fields in ROWS.items() if fields["labels"] != "cut"}
    seconds = partial(results.value, "multi_scale", "record", "seconds_a_scene")
    try:
        lines = [f"{name}: {1000 * seconds(**fields):.0f} ms a scene" for name, fields in timed.items()]
    except LookupError:
        return "milliseconds a scene: not recorded"
    return "\n".join(lines)


def streets(seed: int = 0, steps: int = STREET_STEPS) -> Iterator[dict]:
    """Train the three systems on CamVid and yield their rows, judged on the film held out, pixel by pixel."""
    rest, _, _ = films.held_out()
    for system in SYSTEMS:
        network = new_network(system, seed, classes=STREET_CLASSES)
        history = films.learn(films.Padded(network), rest, steps, seed * 10, name=system, optimisers=muon)
        figures, _ = films.judge(films.Padded(network))
        yield {**films.row(system, network, [history], seed), "labels": "pixels", "figures": figures}


PIECES = {
    "record": {
        **{f"seed {seed}": partial(compare, seed, RECORD) for seed in (0, 1, 2)},
        "rates": rates,
        **{f"bands, seed {seed}": partial(bands, seed) for seed in (0, 1, 2)},
    },
    "real": {"streets": streets},
}
