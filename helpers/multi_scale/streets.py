"""CamVid: the systems of notebook 04 pixel by pixel, then their labels cleaned by superpixels and by trees."""

from collections.abc import Iterator
from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

from helpers import films
from helpers.data.public import CamVid
from helpers.frame_scores import CLASSES
from helpers.multi_scale import trees
from helpers.multi_scale.labelling import parse, ways
from helpers.multi_scale.learning import SYSTEMS, learn_nodes, new_network
from helpers.multi_scale.model import MultiScale, NodeClassifier
from helpers.optimisers import muon
from helpers.training import History

STEPS = 1000
# A frame has nearly five times a scene's pixels: larger segments, about 450 of them, keep its tree small.
SEGMENT = partial(trees.superpixels, scale=100, least=20)
TREES, NODE_STEPS = 60, 600  # frames whose nodes are learned from, and steps
TIMED = 20  # frames
# What is judged beside the pixels; only the first needs no node classifier.
SUPERPIXELS, COVER, CUT = {"labels": "superpixels"}, {"labels": "cover"}, {"labels": "cut", "regions": 64}


def learn(system: str, seed: int, steps: int) -> tuple[MultiScale, History]:
    """Train one of the systems on the films that are not held out."""
    rest, _, _ = films.held_out()
    network = new_network(system, seed, classes=CLASSES)
    return network, films.learn(films.Padded(network), rest, steps, seed * 10, name=system, optimisers=muon)


def by_pixels(seed: int = 0, steps: int = STEPS) -> Iterator[dict]:
    """Train the three systems and yield their rows, judged on the film held out, pixel by pixel."""
    for system in SYSTEMS:
        network, history = learn(system, seed, steps)
        figures, _ = films.judge(films.Padded(network))
        yield films.row({"model": system, "labels": "pixels"}, seed, figures, history, network)


class Cleaned(nn.Module):
    """Answer as other networks do, (B, classes, H, W), by labels that are cleaned in one of the `ways`."""

    def __init__(self, network: MultiScale, classifier: NodeClassifier | None, way: dict):
        super().__init__()
        self.network, self.classifier, self.way = network, classifier, way

    def forward(self, images: Tensor) -> Tensor:
        pictures = ((images * 0.25 + 0.5) * 255).round().byte()  # `as_input`, undone
        found = ways(parse(self.network, pictures, self.classifier, SEGMENT))
        labels = next(labels for fields, labels in found if fields == self.way)
        return F.one_hot(labels, self.network.classes).movedim(-1, 1).float()


def cleaned(system: str = "multi-scale", seed: int = 0, steps: int = STEPS) -> Iterator[dict]:
    """Train a system as `by_pixels` does, and yield rows of its cleaned labels; one of several scales also gets a tree.

    Figures `ahead_low` and `ahead_high` bound how far the mean IoU is ahead of the same network's pixels on frames
    drawn anew (see `bootstrap`), `boundary_ahead_...` how far the boundary IoU is. A row of the pixels holds seconds
    alone: its scores stand in the row of `by_pixels`.
    """
    network, history = learn(system, seed, steps)
    rest, held, _ = films.held_out()
    judged, classifier = [SUPERPIXELS], None
    if network.scales > 1:
        classifier, _ = learn_nodes(network, inner(rest, TREES), NODE_STEPS, seed, SEGMENT)
        judged += [COVER, CUT]
    seconds = parse(network, inner(held, TIMED).images, classifier, SEGMENT).seconds
    timed = {"seconds_a_scene": seconds["pixels"]}
    yield {"model": system, "labels": "pixels", "seed": seed, "figures": timed}
    _, pixels = films.judge(films.Padded(network))
    for way in judged:
        figures, counts = films.judge(films.Padded(Cleaned(network, classifier, way)))
        figures |= films.leads(counts, pixels, ahead="mean_iou", boundary_ahead="boundary_iou")
        if way["labels"] in seconds:
            figures["seconds_a_scene"] = seconds[way["labels"]]
        yield films.row({"model": system, **way}, seed, figures, history, network)


def inner(scenes: CamVid, number: int) -> CamVid:
    """At most so many frames, evenly spread, without two rows above and below: 176 x 240 is what three levels need."""
    number = min(number, len(scenes))
    some = scenes.take([n * len(scenes) // number for n in range(number)])
    return CamVid(some.images[:, :, 2:-2], some.labels[:, 2:-2], some.names)
