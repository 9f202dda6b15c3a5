"""How the networks of notebook 04 learn: one scale, one dilated scale, three scales; pixels first, then nodes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers import runtime, seeds
from helpers.data.batches import as_input, endless
from helpers.data.public import CamVid
from helpers.data.scene_options import SceneOptions
from helpers.data.scenes import Scenes, make_scenes
from helpers.data.splits import Split
from helpers.multi_scale import trees
from helpers.multi_scale.model import MultiScale, NodeClassifier, with_two_layers
from helpers.optimisers import muon
from helpers.training import History, fit

# Heights in pixels: three octaves, each as frequent as the others.
OPTIONS = SceneOptions(size=96, count=(2, 4), height=(10, 80), height_distribution="log-uniform")
RATE, NODE_RATE = 1e-2, 3e-3  # the highest rates of the cycles; see `experiment.rates` for the first
BATCH, NODE_BATCH = 16, 256  # scenes, and segments

# Single scales have wider last maps, so that all three have nearly the same number of parameters.
SYSTEMS: dict[str, Callable[..., MultiScale]] = {
    "multi-scale": MultiScale,
    "single scale": partial(MultiScale, scales=1, widths=(16, 32, 37)),
    "single scale, dilated": partial(MultiScale, scales=1, widths=(16, 32, 37), dilations=(1, 3, 6)),
}


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
    trees: int = 0
    nodes: int = 0
    tested: int = 100


QUICK = Budget(scenes=1500, features=260, pixels=60, trees=60, nodes=300, tested=60)


def draw_scenes(number: int, seed: int, split: Split = "train", **changes: object) -> Scenes:
    """Draw scenes of two to four digits, as many of one octave of heights as of another; `changes` as `make_scenes`."""
    return make_scenes(number, seed, split, OPTIONS, **changes)


def new_network(system: str, seed: int, **changes: object) -> MultiScale:
    """Make one of `SYSTEMS`, untrained."""
    runtime.seed_everything(seed)
    return SYSTEMS[system](**changes)


def learn_features(
    network: nn.Module, scenes: Scenes, steps: int, seed: int, rate: float = RATE, name: str = "features"
) -> History:
    """Train a network that labels pixels, by the pixel loss; the same settings for every network."""
    batches = endless(scenes.images, scenes.labels, BATCH, seed)
    return fit(network, batches, F.cross_entropy, steps=steps, lr=rate, optimisers=muon, name=name)


def learn_pixels(network: MultiScale, scenes: Scenes, steps: int, seed: int) -> tuple[MultiScale, History]:
    """Give a trained network a classifier of two layers in place of the linear one, and train that alone."""
    runtime.seed_everything(seed * 10 + 1)
    network = with_two_layers(network)
    batches = endless(scenes.images, scenes.labels, BATCH, seed * 10 + 1)
    history = fit(network, batches, F.cross_entropy, steps=steps, lr=RATE, name="two layers")
    return network.requires_grad_(True), history


@torch.no_grad()
def node_examples(
    network: MultiScale, scenes: Scenes | CamVid, segment: trees.Segment = trees.superpixels
) -> tuple[Tensor, Tensor]:
    """What the node classifier learns from: features (M, maps * 9) of all nodes, their histograms (M, classes)."""
    network.eval()
    found, truth = [], []
    for image, labels in zip(scenes.images, scenes.labels, strict=True):
        tree = trees.merge(image, segment(image))
        found.append(trees.pooled(tree, network.features(as_input(image[None]))[0]))
        truth.append(trees.histograms(tree, labels, network.classes))
    return torch.cat(found), torch.cat(truth)


def learn_nodes(
    network: MultiScale,
    scenes: Scenes | CamVid,
    steps: int,
    seed: int,
    segment: trees.Segment = trees.superpixels,
) -> tuple[NodeClassifier, History]:
    """Train a classifier to predict each node's histogram, by the cross-entropy from the true one."""
    inputs, targets = node_examples(network, scenes, segment)
    runtime.seed_everything(seed * 10 + 2)
    classifier = NodeClassifier(inputs.shape[1])
    generator = seeds.generator(seed)

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        while True:
            chosen = torch.randint(len(inputs), (NODE_BATCH,), generator=generator)
            yield inputs[chosen], targets[chosen]

    return classifier, fit(classifier, batches(), F.cross_entropy, steps=steps, lr=NODE_RATE, name="nodes")
