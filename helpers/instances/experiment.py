"""What is recorded for notebooks 05a and 05b: every system and what each part of it gives, its rates, photographs."""

from collections.abc import Iterator
from functools import partial

import torch

from helpers import seeds
from helpers.data.batches import as_input
from helpers.instances import pedestrians, sds
from helpers.instances.cascades import experiment as cascades
from helpers.instances.data import SETS, held_out, training_scenes, true_instances
from helpers.instances.hypercolumns import masked
from helpers.instances.learning import (
    common_class_map,
    frozen,
    learn_head,
    learn_regions,
    region_examples,
    row,
)
from helpers.instances.scoring import average_precision
from helpers.instances.systems import (
    RATES,
    RECORD,
    SYSTEMS,
    Budget,
    find,
    history_of,
    learn_all,
    parameters,
    recall,
)


def compare(seed: int, budget: Budget = RECORD) -> Iterator[dict]:
    """Train all systems on one trunk, and yield their rows on the four held-out sets."""
    trained = learn_all(seed, budget)
    for sets in SETS:
        scenes = held_out(*sets.values(), "test", budget.tested)
        truth = true_instances(scenes)
        for name, (found, seconds) in find(trained, scenes).items():
            history = history_of(trained, name)
            figures = average_precision(found, truth) | {"seconds_a_scene": seconds}
            yield row(SYSTEMS[name] | sets, seed, figures, history, parameters=parameters(trained, name))


def proposals(tested: int = RECORD.tested) -> Iterator[dict]:
    """How much of the truth is among SDS's proposals: no training, so no seed either."""
    for sets in SETS:
        scenes = held_out(*sets.values(), "test", tested)
        figures = recall([sds.propose(image) for image in scenes.images], true_instances(scenes))
        yield {"model": "proposals", **sets, "seed": 0, "figures": figures}


def rates(budget: Budget = RECORD, seed: int = 0) -> Iterator[dict]:
    """Try rates for SDS's classifier and for a hypercolumn head, half as long, on validation scenes."""
    network, _ = common_class_map(seed, budget.trunk)
    trunk, scenes = frozen(network.trunk), training_scenes(budget.scenes, seed + 100)
    some = scenes[torch.randperm(len(scenes), generator=seeds.generator(seed))[: budget.looked // 2]]
    regions = region_examples(sds.look(trunk, some.images), some, seed)
    val = held_out("crowded", "all", "val", budget.tested // 2)
    truth, looked, maps = true_instances(val), sds.look(trunk, val.images), trunk(as_input(val.images))
    for model, rate in [(model, rate) for model, tried in RATES.items() for rate in tried]:
        if model == "SDS":
            classifier, history = learn_regions(regions, seed, budget.regions // 2, rate=rate)
            found = sds.detect(looked, classifier)
        else:
            head, history = learn_head(trunk, scenes, seed, budget.head // 2, rate=rate)
            found = masked(head, maps, truth)
        yield row({"model": model, "rate": rate}, seed, average_precision(found, truth), history)


PIECES = {
    "record": {
        **{f"seed {seed}": partial(compare, seed) for seed in (0, 1, 2)},
        "proposals": proposals,
        "rates": rates,
        **cascades.PIECES,
    },
    "real": {"pedestrians": pedestrians.compare},
}
