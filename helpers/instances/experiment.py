"""What is recorded for notebooks 05a and 05b: every system and what each part of it gives, its rates, photographs."""

from collections.abc import Iterator
from functools import partial

import torch

from helpers import seeds
from helpers.instances import pedestrians, sds
from helpers.instances.cascades import experiment as cascades
from helpers.instances.data import SETS, held_out, training_scenes, true_instances
from helpers.instances.hypercolumns import masked
from helpers.instances.learning import common_class_map, frozen, learn_head, learn_regions, region_examples
from helpers.instances.scoring import average_precision
from helpers.instances.systems import RATES, RECORD, SYSTEMS, Budget, find, learn_all, recall, whole
from helpers.training import recorded


def compare(seed: int, budget: Budget = RECORD) -> Iterator[dict]:
    """Train all systems on one trunk, and yield their rows on the four held-out sets."""
    trained = learn_all(seed, budget)
    for sets in SETS:
        scenes = held_out(*sets.values(), number=budget.tested)
        truth = true_instances(scenes)
        for name, (found, seconds) in find(trained, scenes).items():
            figures = average_precision(found, truth) | {"seconds_a_scene": seconds}
            yield recorded(SYSTEMS[name] | sets, seed, figures, trained.histories[name], whole(trained, name))


def proposals() -> Iterator[dict]:
    """How much of the truth is among SDS's proposals: no training, so no seed either."""
    for sets in SETS:
        scenes = held_out(*sets.values())
        figures = recall([sds.propose(image) for image in scenes.images], true_instances(scenes))
        yield {"model": "proposals", **sets, "seed": 0, "figures": figures}


def rates(seed: int = 0) -> Iterator[dict]:
    """Try rates for SDS's classifier and for a hypercolumn head, half as long, on validation scenes."""
    trunk = frozen(common_class_map(seed, RECORD.trunk)[0].trunk)
    scenes = training_scenes(RECORD.scenes, seed + 100)
    some = scenes[torch.randperm(len(scenes), generator=seeds.generator(seed))[: RECORD.looked // 2]]
    regions = region_examples(sds.look(trunk, some.images), some, seed)
    val = held_out(split="val", number=RECORD.tested // 2)
    truth, looked = true_instances(val), sds.look(trunk, val.images)
    for rate in RATES["SDS"]:
        classifier, history = learn_regions(regions, seed, RECORD.regions // 2, rate=rate)
        figures = average_precision(sds.detect(looked, classifier), truth)
        yield recorded({"model": "SDS", "rate": rate}, seed, figures, history)
    for rate in RATES["hypercolumns"]:
        head, history = learn_head(trunk, scenes, seed, RECORD.head // 2, rate=rate)
        figures = average_precision(masked(head, trunk, val.images, truth), truth)
        yield recorded({"model": "hypercolumns", "rate": rate}, seed, figures, history)


PIECES = {
    "record": {
        **{f"seed {seed}": partial(compare, seed) for seed in (0, 1, 2)},
        "proposals": proposals,
        "rates": rates,
        **cascades.PIECES,
    },
    "real": {"pedestrians": pedestrians.compare},
}
