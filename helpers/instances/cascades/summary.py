"""The lecture's first summary: the methods of notebooks 01 to 05b on the same scenes, semantic and instance."""

from collections.abc import Sequence
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn

from helpers.data.batches import as_input
from helpers.data.scenes import Scenes
from helpers.instances import learning, systems
from helpers.instances.cascades import experiment
from helpers.instances.cascades.network import Cascade
from helpers.instances.data import true_instances
from helpers.instances.figures import painted
from helpers.instances.model import CLASSES, ClassMap, enlarged
from helpers.multi_scale import learning as scales
from helpers.refinement import experiment as refining
from helpers.training import History
from helpers.upsampling.transposed import learned_upsampling

SURE = 0.5  # score of an instance that is drawn
# Few steps each: the picture shows kinds of answers, and ranks none.
REFINED, SCALED, UPSAMPLED = 100, 50, 60
PARTS = systems.Budget(learning.QUICK_TRUNK, scenes=600, looked=60, regions=150, cells=80, head=50, tested=0)


class LearnedUpsampling(ClassMap):
    """A trained class map whose last factor of 4 is learned from bilinear on, as in notebook 02."""

    def __init__(self, class_map: ClassMap):
        super().__init__(class_map.trunk)
        self.load_state_dict(class_map.state_dict())
        self.last = learned_upsampling(CLASSES, 4)

    def scores(self, maps: Sequence[Tensor]) -> Tensor:
        return self.last(enlarged(self.score(maps[3]), 2) + self.skip(maps[2]))


def learn(class_map: ClassMap, scenes: Scenes, seed: int = 0) -> tuple[dict[str, nn.Module], systems.Trained]:
    """Train what a class map needs beside it: the networks of notebooks 02 to 04, and the systems of 05a."""
    upsampler = LearnedUpsampling(deepcopy(class_map))
    scales.learn_features(upsampler, scenes, UPSAMPLED, seed, name="learned upsampling")
    refiner, scaled = refining.new_network(refining.FEEDBACK, seed), scales.new_network("multi-scale", seed)
    refining.learn(refiner, scenes, REFINED, seed, name="refinement")
    scales.learn_features(scaled, scenes, SCALED, seed, name="multi-scale")
    known = class_map, History()
    parts = systems.learn_parts(known, scenes, seed, PARTS, ("class map", "SDS", "hypercolumns"))
    return {"upsampling": upsampler, "refinement": refiner, "multi-scale": scaled}, parts


@torch.no_grad()
def seen(
    networks: dict[str, nn.Module], trained: systems.Trained, cascade: Cascade, scenes: Scenes
) -> tuple[dict[str, Tensor], dict[str, list[np.ndarray]]]:
    """Scenes as every method sees them: label maps (N, H, W), and pictures with each instance in its own colour."""
    images = as_input(scenes.images)
    semantic = {
        "01 skips": trained.parts["class map"](images).argmax(dim=1),
        "02 upsampling": networks["upsampling"].eval()(images).argmax(dim=1),
        "03 refinement": refining.label_passes(networks["refinement"], scenes.images)[:, -1],
        "04 multi-scale": networks["multi-scale"](images).argmax(dim=1),
        "truth": scenes.labels,
    }
    of_parts = {name: found for name, (found, _) in systems.find(trained, scenes).items()}
    found = {
        "01 pieces": of_parts["class map"],
        "05a SDS": of_parts["SDS"],
        "05a columns": of_parts["hypercolumns"],
        "05b cascade": experiment.find(cascade, scenes.images),
        "truth": true_instances(scenes),
    }
    pictures = {
        name: [painted(scenes.images[one.image], one.masks[one.scores >= SURE]) for one in each]
        for name, each in found.items()
    }
    return semantic, pictures
