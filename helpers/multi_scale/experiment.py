"""The experiments of notebook 04: one scale against several, then superpixels and the best cover of a tree."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial

from helpers import results
from helpers.fcn.experiment import joined
from helpers.multi_scale import streets
from helpers.multi_scale.labelling import REGIONS, by_pixels, parse, score, ways
from helpers.multi_scale.learning import (
    SYSTEMS,
    Budget,
    draw_scenes,
    learn_features,
    learn_nodes,
    learn_pixels,
    new_network,
)
from helpers.training import recorded

RECORD = Budget(scenes=4000, features=600, pixels=150, trees=100, nodes=600, tested=200)
RATES_TRIED = Budget(scenes=2000, features=200, pixels=0)
BANDS_LEARNED = Budget(scenes=2000, features=250, pixels=60)
TRIED = (3e-3, 1e-2, 3e-2)
COMPARED_LIVE = ("multi-scale", "single scale, dilated")
# Half an octave each: networks learn from one, and are tested on all.
HEIGHTS = ((10, 14), (14, 20), (20, 28), (28, 40), (40, 56), (56, 80))
LEARNED_HEIGHTS = (28, 40)

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
STREETS = {
    name: ROWS[name]
    for name in (
        *("single scale", "single scale, superpixels", "dilated", "multi-scale"),
        *("multi-scale, superpixels", "multi-scale, cover", "multi-scale, cut into 64"),
    )
}
LEADS = ("ahead", "boundary_ahead")  # figures of `streets.cleaned`, each with a low and a high end
PAIRS = (
    ("multi-scale, superpixels", "multi-scale"),
    ("multi-scale, cover", "multi-scale, superpixels"),
    ("multi-scale", "single scale"),
    ("multi-scale, superpixels", "single scale, superpixels"),
)
RATES = {f"{name}, rate {rate:g}": {"model": name, "rate": rate} for name in COMPARED_LIVE for rate in TRIED}


def compare(seed: int, budget: Budget, systems: Sequence[str] = tuple(SYSTEMS)) -> Iterator[dict]:
    """Train networks on the same scenes, and yield a row for each way of labelling with each of them.

    Only the first of the systems gets a node classifier, and the cover.
    """
    train, test = draw_scenes(budget.scenes, seed), draw_scenes(budget.tested, 0, "test")
    for system in systems:
        network, nodes = new_network(system, seed), None
        features = learn_features(network, train, budget.features, seed, name=system)
        network, pixels = learn_pixels(network, train, budget.pixels, seed)
        history = joined(features, pixels)
        if system == systems[0]:
            nodes, _ = learn_nodes(network, train[: budget.trees], budget.nodes, seed)
        parsed = parse(network, test.images, nodes)
        for fields, labels in ways(parsed):
            figures = score(labels, test)
            if fields["labels"] in parsed.seconds:
                figures["seconds_a_scene"] = parsed.seconds[fields["labels"]]
            yield recorded({"model": system, **fields}, seed, figures, history, network)


def rates(budget: Budget = RATES_TRIED, seed: int = 0) -> Iterator[dict]:
    """Try rates for the features of the two systems that are compared live, on validation scenes."""
    train, val = draw_scenes(budget.scenes, seed), draw_scenes(budget.tested, 0, "val")
    for fields in RATES.values():
        network = new_network(fields["model"], seed)
        history = learn_features(network, train, budget.features, seed, fields["rate"], fields["model"])
        figures = score(by_pixels(network, val.images), val)
        yield recorded(fields, seed, figures, history)


def bands(seed: int, budget: Budget = BANDS_LEARNED) -> Iterator[dict]:
    """Train shared and own weights on digits of `LEARNED_HEIGHTS`, and test them on all `HEIGHTS`."""
    train = draw_scenes(budget.scenes, seed, count=1, height=LEARNED_HEIGHTS)
    for weights in ("shared", "own"):
        network = new_network("multi-scale", seed, shared=weights == "shared")
        history = learn_features(network, train, budget.features, seed, name=weights)
        network, _ = learn_pixels(network, train, budget.pixels, seed)
        for low, high in HEIGHTS:
            test = draw_scenes(budget.tested, 0, "test", count=1, height=(low, high))
            figures = score(by_pixels(network, test.images), test)
            figures = {name: figures[name] for name in ("mean_iou", "class_accuracy")}
            fields = {"model": "multi-scale", "weights": weights, "heights": f"{low} to {high}"}
            yield recorded(fields, seed, figures, history, network)


def recorded_times(budget: str, systems: Mapping[str, Mapping]) -> str:
    """What labelling one scene took when it was recorded, in milliseconds, a line for each system that was timed."""
    seconds = partial(results.value, "multi_scale", budget, "seconds_a_scene")
    return _told(systems, lambda fields: f"{1000 * seconds(**fields):.0f} ms a scene")


def recorded_leads() -> str:
    """How far cleaned labels of streets are ahead of the same network's pixels, by frames drawn anew."""
    bound = partial(results.value, "multi_scale", "real")

    def tell(fields: Mapping) -> str:
        bounds = [bound(f"{name}_{end}", **fields) for name in LEADS for end in ("low", "high")]
        return "mean IoU {:+.3f} to {:+.3f}, boundary IoU {:+.3f} to {:+.3f}".format(*bounds)

    return _told(STREETS, tell)


def _told(systems: Mapping[str, Mapping], tell: Callable[[Mapping], str]) -> str:
    """A line for each system of which the record holds what `tell` asks for."""
    lines = []
    for name, fields in systems.items():
        with suppress(LookupError):
            lines.append(f"{name}: {tell(fields)}")
    return "\n".join(lines) or "not recorded"


PIECES = {
    "record": {
        **{f"seed {seed}": partial(compare, seed, RECORD) for seed in (0, 1, 2)},
        "rates": rates,
        **{f"bands, seed {seed}": partial(bands, seed) for seed in (0, 1, 2)},
    },
    "real": {
        "streets": streets.by_pixels,
        "streets, cleaned": streets.cleaned,
        "streets, one scale cleaned": partial(streets.cleaned, "single scale"),
    },
}
