"""The experiments of notebook 02: a last layer that learns, DeconvNet, its switches and its proposals."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import count
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers import films
from helpers.data.batches import as_input, endless
from helpers.data.scenes import Scenes
from helpers.fcn.experiment import BATCH, TEST_SCENES, score
from helpers.frame_scores import CLASSES as STREET_CLASSES
from helpers.probe import record
from helpers.training import History, fit, loss_curve, recorded
from helpers.upsampling import enlarging
from helpers.upsampling import proposals as by_proposal
from helpers.upsampling.learning import QUICK as QUICK
from helpers.upsampling.learning import (
    RATES,
    RECORD,
    SIZES,
    Budget,
    draw_scenes,
    learn,
    new_network,
    scenes_of_size,
    test_scenes,
    trained_classifier,
    training_scenes,
    validation_iou,
)
from helpers.upsampling.model import DeconvNet, start_from
from helpers.upsampling.transposed import spectral_peak

LAST_LAYERS = ("FCN-8s", "FCN-8s, from bilinear", "FCN-8s, from random")
COMPARED = ("FCN-8s", "DeconvNet", "DeconvNet, shuffled", "DeconvNet, bed of nails")
TRIED = (1.5e-3, 3e-3, 6e-3)  # highest learning rates, on validation scenes
STREET_STEPS = 1000
LONGER = 3  # times the recorded steps: DeconvNet's one longer run
LEVEL = 0.5  # of mean IoU on validation scenes: how soon a network reaches it
RATES_TRIED = Budget(scenes=2000, classifying=300, steps=400, height=(32, 44))
LAST_LAYER = Budget(scenes=4000, classifying=400, steps=500, height=(16, 44))


@torch.no_grad()
def checkerboard(network: nn.Module, scenes: Scenes) -> float:
    """The share of the scores' variance that repeats every eight pixels, off the border: a mean over scenes."""
    stride = 8
    scores = network(as_input(scenes.images))[..., stride:-stride, stride:-stride]
    return sum(spectral_peak(each, stride) for each in scores.flatten(0, 1)) / scores[:, :, 0, 0].numel()


def last_layers(seed: int, budget: Budget = LAST_LAYER) -> Iterator[dict]:
    """Train FCN-8s with each of `LAST_LAYERS`, everything else alike, and yield a row for each.

    "checkerboard" is measured on the scores of fifty test scenes; "steps_to_level" is missing where `LEVEL` was not
    reached.
    """
    watch = validation_iou(budget)
    for system in LAST_LAYERS:
        network, history = learn(system, seed, budget, watch=watch)
        test = test_scenes(budget)
        figures = score(network, test) | {"checkerboard": checkerboard(network, test[:50])}
        if reached := [step for step, iou in history.watched.items() if iou >= LEVEL]:
            figures["steps_to_level"] = reached[0]
        fields = {"model": "FCN-8s", "last_layer": system.partition(", ")[2] or "interpolation"}
        yield recorded(fields, seed, figures, history, network)


def compare(system: str, seed: int, budget: Budget = RECORD) -> Iterator[dict]:
    """Train one of the networks, and yield its row."""
    network, history = learn(system, seed, budget)
    figures = score(network, test_scenes(budget)) | score_by_size(network)
    fields = {**fields_of(system), "training": "scenes", "run": "whole image"}
    yield recorded(fields, seed, figures, history, network)


def longer(system: str) -> Iterator[dict]:
    """Train a network for `LONGER` times the recorded steps, and yield its row with its losses, in sixty means."""
    seed, budget = 0, replace(RECORD, steps=LONGER * RECORD.steps)
    network, history = learn(system, seed, budget)
    figures = score(network, test_scenes(RECORD)) | score_by_size(network)
    fields = {**fields_of(system), "training": "scenes, longer", "run": "whole image"}
    yield {**recorded(fields, seed, figures, history, network), "losses": mean_losses(history)}


def mean_losses(history: History, parts: int = 60) -> list[tuple[int, float]]:
    """A loss curve in few points: (the last step of a part, the mean loss over the part)."""
    length = max(history.steps // parts, 1)
    return list(zip(count(length, length), loss_curve(history.loss, parts), strict=False))


def score_by_size(network: nn.Module) -> dict[str, float]:
    """Judge a network by mean IoU on scenes with tiny, small and large digits."""
    return {f"mean_iou_{name}": score(network, scenes_of_size(name))["mean_iou"] for name in SIZES}


def rates(system: str) -> Iterator[dict]:
    """Try learning rates on validation scenes: networks are to be compared at their best."""
    seed, budget = 0, RATES_TRIED
    val = draw_scenes(TEST_SCENES, 0, "val", budget)
    for rate in TRIED:
        network, history = learn(system, seed, budget, rate)
        figures = {"val_mean_iou": score(network, val)["mean_iou"]}
        yield recorded({**fields_of(system), "rate": rate}, seed, figures, history)


def fields_of(system: str) -> dict[str, str]:
    """The fields by which the record finds one of `NETWORKS`."""
    model, _, switches = system.partition(", ")
    own = {"switches": switches.removeprefix("bed of ") or "own"} if model == "DeconvNet" else {}
    return {"model": model, **own}


class Step(NamedTuple):
    """One step of the decoder: a channel's map (h, w), and where each value of the map before went, (h', w', 2)."""

    name: str
    values: Tensor
    switches: Tensor | None


@torch.no_grad()
def decoder_steps(network: DeconvNet, image: Tensor) -> list[Step]:
    """Follow one image (3, S, S) uint8 through the decoder, at each step in the channel of greatest variance.

    Each unpooling gives two steps: the map before, and the map after with its switches as (row, column).
    """
    network.eval()
    numbers = range(len(network.unpools))
    parts = [f"unpools.{k}{part}" for k in numbers for part in ("", ".places")]
    before = ["middle", *(f"stages.{k}" for k in numbers)]
    # The last layer of a stage works in place, on what its batch norm put out: only the whole stage is recorded.
    with record(network, *parts, *before) as kept:
        network(as_input(image[None]))
    steps = []
    for k in numbers:
        coarse, fine = kept[before[k]][0], kept[f"unpools.{k}"][0]
        channel = int(coarse.flatten(1).var(dim=1).argmax())
        switches = kept[f"unpools.{k}.places"][0, channel]
        places = torch.stack(torch.unravel_index(switches, fine.shape[1:]), dim=-1)
        name = f"convolved {k}" if k else "the coarsest"
        steps += [Step(name, coarse[channel], None), Step(f"unpooled {k + 1}", fine[channel], places)]
    return steps


def streets() -> Iterator[dict]:
    """Train FCN-8s and DeconvNet on real streets with equal steps, and yield their rows.

    Of DeconvNet, `ahead_low` and `ahead_high` bound how far its mean IoU is ahead of FCN-8s', `boundary_ahead_...` the
    same for boundary IoU (see `bootstrap`).
    """
    seed, other = 0, None
    rest, _, _ = films.held_out()
    for system in ("FCN-8s", "DeconvNet"):
        network = new_network(system, seed, STREET_CLASSES)
        history = films.learn(films.Padded(network), rest, STREET_STEPS, seed, name=system)
        figures, counts = films.judge(films.Padded(network))
        if other is not None:
            figures |= films.leads(counts, other, ahead="mean_iou", boundary_ahead="boundary_iou")
        other = counts
        yield films.row(fields_of(system), seed, figures, history, network)


def proposals(seed: int, budget: Budget = RECORD) -> Iterator[dict]:
    """Train a DeconvNet on whole scenes and on crops round stickers alike, run it both ways, and yield a row for each.

    "boxes known" is the run on the whole image, with everything outside the proposals called background, because
    proposals round the true boxes tell where the stickers are.
    """
    classifier, scenes = trained_classifier(seed, budget), training_scenes(seed, budget)
    network = start_from(new_network("DeconvNet", seed), classifier)
    half = len(scenes) // 2
    crops, crop_labels = by_proposal.training_crops(scenes[half:], seed)
    images, labels = torch.cat([scenes.images[:half], crops]), torch.cat([scenes.labels[:half], crop_labels])
    history = fit(
        network,
        endless(images, labels, BATCH, seed),
        F.cross_entropy,
        steps=budget.steps,
        lr=RATES["DeconvNet"],
        name="scenes and crops",
    )
    sets = {"": test_scenes(budget)} | {f"_{name}": scenes_of_size(name) for name in SIZES}
    for way, run in by_proposal.WAYS.items():
        figures = {
            f"mean_iou{name}": by_proposal.judge(run, network, scenes) for name, scenes in sets.items()
        }
        fields = {**fields_of("DeconvNet"), "training": "scenes and crops", "run": way}
        yield recorded(fields, seed, figures, history, network)


PIECES = {
    "record": {
        "enlarging": enlarging.compare,
        **{f"rates, {system}": partial(rates, system) for system in ("FCN-8s", "DeconvNet")},
        **{
            f"{system} seed {seed}": partial(compare, system, seed)
            for seed in range(3)
            for system in COMPARED
        },
        **{f"last layer seed {seed}": partial(last_layers, seed) for seed in range(3)},
        **{f"{system}, longer": partial(longer, system) for system in ("DeconvNet", "FCN-8s")},
        **{f"proposals seed {seed}": partial(proposals, seed) for seed in range(3)},
    },
    "real": {"streets": streets},
}
