"""Notebook 01 on real streets: the skip ablation and one larger network on CamVid, with a film held out."""

from collections.abc import Iterator
from functools import cache, partial
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers import runtime
from helpers.data import public
from helpers.data.batches import Transform, endless
from helpers.models.encoder_decoder import EncoderDecoder
from helpers.models.fcn import FCN, STRIDES, finer
from helpers.optimisers import muon
from helpers.recipes._asking import Averaged, Bfloat16, Padded
from helpers.recipes._frames import CLASSES, VOID, bootstrap, count, score, total
from helpers.recipes._mixing import SMALL_CROPS, UNLIT_CROPS, Mixing, augment, relight
from helpers.training import History, fit, parameter_count

TEST_FILM, OTHER_FILMS = "0006R0", ("0001TP", "0016E5")
BATCH = 8
RATE = 4e-3  # the highest learning rate of every cycle, for every network
FIRST, MORE = 1800, 450  # steps of FCN-32s from scratch, and of each of the two continuations of an arm
SHORT = 2000  # steps of the encoder-decoder beside the FCNs
LONG = 5000  # steps of the encoder-decoder on mixed scenes
CROPS, LONGEST = 12, 5500  # small crops a batch, half the pixels of `BATCH` larger ones; and steps with them
QUICKER = 6200  # as many minutes of steps that take less time each


def filmed(split: Literal["train", "val"]) -> public.CamVid:
    """Load CamVid, or say in the recorder's terms why not.

    Raises:
        ConnectionError: CamVid cannot be had; the message says why and what to do.
    """
    try:
        return public.camvid(split)
    except public.DataError as error:
        raise ConnectionError(str(error)) from error


@cache
def streets(film: str = TEST_FILM) -> tuple[public.CamVid, public.CamVid, public.CamVid]:
    """The scenes to learn from, those of the film held out, and the official, flattering val; errors as in `filmed`."""
    return *filmed("train").hold_out(film), filmed("val")


def median_frequency(labels: Tensor) -> Tensor:
    """Weigh classes so that rare ones count more (Eigen, Fergus 2015, as used for SegNet).

    The frequency of a class is its share of the pixels of those images in which it occurs at all, void left out;
    its weight is the median of all frequencies, divided by its own.

    Args:
        labels: (N, H, W) integers, with `VOID` for what is ignored.

    Returns:
        (CLASSES,) float32; 0 for a class that does not occur.
    """
    counts = torch.stack(
        [torch.bincount(each.flatten().long(), minlength=VOID + 1)[:CLASSES] for each in labels]
    )
    pixels = counts.sum(dim=1, keepdim=True) * (counts > 0)
    frequency = counts.sum(dim=0) / pixels.sum(dim=0).clamp(min=1)
    occurs = frequency > 0
    weights = frequency[occurs].median() / frequency.where(occurs, torch.ones(()))
    return weights * occurs


def learn(
    network: nn.Module,
    scenes: public.CamVid,
    steps: int,
    seed: int,
    name: str = "streets",
    transform: Transform | None = augment,
    batch: int = BATCH,
    bfloat16: bool = False,
    **settings,
) -> History:
    """Train a network on scenes that `transform` changes; otherwise the same settings for every network.

    Args:
        bfloat16: whether it learns in bfloat16 (see `Bfloat16`).
        settings: of `fit`, where a network is to have its own.
    """
    weights = median_frequency(scenes.labels).sqrt()
    return fit(
        Bfloat16(network) if bfloat16 else network,
        endless(scenes.images, scenes.labels, batch, seed, transform),
        partial(F.cross_entropy, weight=weights.to(runtime.device()), ignore_index=VOID),
        steps=steps,
        lr=RATE,
        name=name,
        **settings,
    )


def judge(network: nn.Module, film: str = TEST_FILM) -> tuple[dict[str, float], dict[str, Tensor]]:
    """Score a network on the film held out, and on val, which flatters where val's film was learned from.

    Returns:
        Figures of a row, those of val with `val_` before their names; and the counts on the film held out.
    """
    _, held, val = streets(film)
    counts = {"": count(network, held), "val_": count(network, val)}
    figures: dict[str, float] = {}
    for prefix, each in counts.items():
        for name, value in score(total(each)).items():
            if value.ndim == 0:
                figures[f"{prefix}{name}"] = value.item()
                continue
            by_class = zip(public.CamVid.classes, value.tolist(), strict=True)
            figures |= {f"{prefix}{name} {title}": number for title, number in by_class if number == number}
    return figures, counts[""]


def row(name: str, network: nn.Module, histories: list[History], seed: int, film: str = TEST_FILM) -> dict:
    """Collect what is recorded of a network, apart from its figures."""
    rest, held, _ = streets(film)
    return {
        "system": name,
        "seed": seed,
        "parameters": parameter_count(network),
        "seconds": sum(history.seconds for history in histories),
        "steps": sum(history.steps for history in histories),
        "edition": public.edition("camvid"),
        "trained_on": sorted(set(rest.sequences)),
        "tested_on": sorted(set(held.sequences)),
    }


def skips(seed: int = 0, first: int = FIRST, more: int = MORE) -> Iterator[dict]:
    """Train FCN-32s, 16s and 8s from one FCN-32s with equal steps, as on the embedded data, and yield their rows.

    FCN-16s and FCN-8s share their first continuation: with equal settings and an equal seed it is the same.
    Figures `ahead_low` and `ahead_high` bound how far a network's mean IoU is ahead of FCN-32s' (see `bootstrap`),
    `boundary_ahead_...` the same for boundary IoU, `step_...` how far ahead of the next coarser network's.
    """
    rest, _, _ = streets()
    runtime.seed_everything(seed)
    start = FCN(CLASSES, stride=32)
    begun = learn(Padded(start), rest, first, seed * 10, name="FCN-32s")

    def go_on(network: FCN, stride: int, number: int) -> tuple[FCN, History]:
        network = finer(network, stride)
        return network, learn(Padded(network), rest, more, seed * 10 + number, name=f"FCN-{stride}s")

    halfway = {32: go_on(start, 32, 1), 16: go_on(start, 16, 1)}
    coarser: list[dict[str, Tensor]] = []
    for stride in STRIDES:
        middle, history = halfway[max(stride, 16)]
        network, last = go_on(middle, stride, 2)
        figures, counts = judge(Padded(network))
        if coarser:
            for name, figure, other in (
                ("ahead", "mean_iou", coarser[0]),
                ("boundary_ahead", "boundary_iou", coarser[0]),
                ("step", "mean_iou", coarser[-1]),
            ):
                figures[f"{name}_low"], figures[f"{name}_high"] = bootstrap(counts, other, figure)
        coarser.append(counts)
        yield {**row(f"FCN-{stride}s", network, [begun, history, last], seed), "figures": figures}


def encoder_decoder(
    system: str,
    transform: Transform | None,
    steps: int,
    seed: int = 0,
    film: str = TEST_FILM,
    whole: bool = True,
    **settings,
) -> tuple[nn.Module, dict, dict[str, Tensor]]:
    """Train an encoder-decoder from scratch, and return it with its row and its counts on the film held out.

    Args:
        settings: of `learn`.
    """
    runtime.seed_everything(seed)
    network = EncoderDecoder(CLASSES, whole=whole)
    history = learn(network, streets(film)[0], steps, seed, system, transform, **settings)
    figures, counts = judge(network, film)
    return network, {**row(system, network, [history], seed, film), "figures": figures}, counts


def changed(seed: int = 0, steps: int = SHORT) -> Iterator[dict]:
    """Train the encoder-decoder on the same changed scenes as the FCNs, and yield its row."""
    yield encoder_decoder("encoder-decoder", augment, steps, seed)[1]


def mixed(seed: int = 0, steps: int = LONG) -> Iterator[dict]:
    """Train the encoder-decoder for long, on changed and on mixed scenes, and yield their rows.

    A third row is that of the latter with its answers averaged (see `Averaged`). Figures `step_low` and `step_high`
    bound how far each is ahead of the one before (see `bootstrap`).
    """
    _, control, before = encoder_decoder("encoder-decoder, long", augment, steps, seed)
    yield control
    network, best, counts = encoder_decoder("encoder-decoder, mixed", Mixing(streets()[0]), steps, seed)
    best["figures"]["step_low"], best["figures"]["step_high"] = bootstrap(counts, before, "mean_iou")
    yield best
    figures, averaged = judge(Averaged(network))
    figures["step_low"], figures["step_high"] = bootstrap(averaged, counts, "mean_iou")
    yield {**best, "system": "encoder-decoder, mixed and averaged", "figures": figures}


def _on_small_crops(way: str, film: str, mixing: Mixing, steps: int, seed: int, **settings) -> Iterator[dict]:
    name = f"encoder-decoder{'' if film == TEST_FILM else f' without {film}'}, {way}"
    network, own, counts = encoder_decoder(
        name, mixing, steps, seed, film, whole=False, batch=CROPS, **settings
    )
    yield own
    figures, averaged = judge(Averaged(network), film)
    figures["step_low"], figures["step_high"] = bootstrap(averaged, counts, "mean_iou")
    yield {**own, "system": f"{name}, averaged", "figures": figures}


def small_crops(film: str = TEST_FILM, seed: int = 0, steps: int = LONGEST) -> Iterator[dict]:
    """Train the encoder-decoder on small crops of mixed scenes, and yield its row and that of its averaged answers.

    A small crop shows too little of a street for its layout to be learned by heart. And as a batch of them holds half
    the pixels, as many minutes are more steps.
    """
    yield from _on_small_crops("small crops", film, Mixing(streets(film)[0], by=SMALL_CROPS), steps, seed)


def with_muon(film: str = TEST_FILM, seed: int = 0, steps: int = QUICKER) -> Iterator[dict]:
    """Train it on small crops with Muon, from which it learns more in a step, and yield the same two rows.

    And in more steps: the light is changed all at once (`relight`), and the network computes in bfloat16.
    """
    mixing = Mixing(streets(film)[0], by=UNLIT_CROPS, light=relight)
    settings = {"bfloat16": True, "optimisers": muon, "weight_decay": 0.1}
    yield from _on_small_crops("Muon", film, mixing, steps, seed, **settings)


PIECES = {
    "skips": skips,
    "changed": changed,
    "mixed": mixed,
    **{
        f"{way}{'' if film == TEST_FILM else f' without {film}'}": partial(train, film)
        for way, train in (("small crops", small_crops), ("Muon", with_muon))
        for film in (TEST_FILM, *OTHER_FILMS)
    },
}
