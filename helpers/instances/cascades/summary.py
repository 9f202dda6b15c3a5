"""The lecture's first summary: methods of notebooks 01 to 05b on the same scenes, semantic and instance."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from helpers.data.batches import as_input
from helpers.data.scenes import Scenes
from helpers.instances import learning
from helpers.instances.baseline import components
from helpers.instances.cascades import experiment
from helpers.instances.cascades.network import Cascade
from helpers.instances.data import true_instances
from helpers.instances.figures import painted
from helpers.instances.hypercolumns import HypercolumnHead, masked
from helpers.instances.model import ClassMap
from helpers.multi_scale import experiment as scales
from helpers.refinement import experiment as refining

SURE = 0.5  # score of an instance that is drawn


@dataclass(frozen=True)
class Methods:
    """What the summary compares, beside a cascade: of notebook 01, 03, 04 and 05a."""

    class_map: ClassMap
    refiner: nn.Module
    scaled: nn.Module
    head: HypercolumnHead


def learn(class_map: ClassMap, scenes: Scenes, seed: int = 0) -> Methods:
    """Train the methods that a class map needs beside it, each in few steps, so they are not ranked."""
    refiner, scaled = refining.new_network(refining.FEEDBACK, seed), scales.new_network("multi-scale", seed)
    refining.learn(refiner, scenes, 100, seed, name="refinement")
    scales.learn_features(scaled, scenes, 50, seed, name="multi-scale")
    head, _ = learning.learn_head(learning.frozen(class_map.trunk), scenes, seed, 50)
    return Methods(class_map, refiner, scaled, head)


@torch.no_grad()
def seen(
    methods: Methods, cascade: Cascade, scenes: Scenes
) -> tuple[dict[str, Tensor], dict[str, list[np.ndarray]]]:
    """Scenes as every method sees them: label maps (N, H, W), and pictures with each instance in its own colour."""
    images = as_input(scenes.images)
    semantic = {
        "FCN with a skip (01)": methods.class_map(images).argmax(dim=1),
        "refined twice (03)": refining.label_passes(methods.refiner, scenes.images)[:, -1],
        "multi-scale (04)": methods.scaled(images).argmax(dim=1),
        "truth": scenes.labels,
    }
    by_cascade = experiment.find(cascade, scenes.images)
    found = {
        "pieces of the class map": components(methods.class_map, scenes.images),
        "hypercolumns (05a)": masked(methods.head, methods.class_map.trunk(images), by_cascade),
        "cascade (05b)": by_cascade,
        "truth": true_instances(scenes),
    }
    pictures = {
        name: [painted(scenes.images[one.image], one.masks[one.scores >= SURE]) for one in each]
        for name, each in found.items()
    }
    return semantic, pictures
