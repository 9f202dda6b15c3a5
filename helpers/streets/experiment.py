"""Notebook 11 on real streets: what helps one larger network on a film that it has not seen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from torch import Tensor, nn

from helpers import films, runtime
from helpers.data.augmentation import augment
from helpers.data.batches import Transform
from helpers.data.public import CamVid
from helpers.films import OTHER_FILMS, TEST_FILM
from helpers.frame_scores import CLASSES, bootstrap
from helpers.optimisers import Optimisers, adamw, muon
from helpers.streets.inference import Averaged, Bfloat16
from helpers.streets.mixing import SMALL_CROPS, UNLIT_CROPS, Mixing, relight
from helpers.streets.model import EncoderDecoder

CROPS = 12  # small crops a batch, half the pixels of `films.BATCH` larger ones


@dataclass(frozen=True)
class Way:
    """One way to train the encoder-decoder.

    Attributes:
        steps: how many; with smaller crops or quicker steps more of them fit into the same minutes.
        transform: makes, from the scenes to learn from, what changes each batch.
        batch: scenes or crops a step.
        whole: whether the network also sees the image as a whole (see `EncoderDecoder`).
        bfloat16: whether it computes in bfloat16 (see `Bfloat16`).
    """

    steps: int
    transform: Callable[[CamVid], Transform] = lambda scenes: augment
    batch: int = films.BATCH
    whole: bool = True
    bfloat16: bool = False
    optimisers: Optimisers = adamw
    weight_decay: float = 0.01


PLAIN = Way(steps=2000)  # as many steps as the FCNs of notebook 01 take in all, and a few more
LONG = Way(steps=5000)
MIXED = Way(steps=5000, transform=Mixing)
SMALL = Way(5500, partial(Mixing, by=SMALL_CROPS), batch=CROPS, whole=False)
MUON = Way(
    6200,
    partial(Mixing, by=UNLIT_CROPS, light=relight),
    batch=CROPS,
    whole=False,
    bfloat16=True,
    optimisers=muon,
    weight_decay=0.1,
)


def train(
    system: str, way: Way, seed: int = 0, film: str = TEST_FILM
) -> tuple[nn.Module, dict, dict[str, Tensor]]:
    """Train an encoder-decoder from scratch, and return it with its row and its counts on the film held out."""
    runtime.seed_everything(seed)
    network = EncoderDecoder(CLASSES, whole=way.whole)
    scenes = films.held_out(film)[0]
    history = films.learn(
        Bfloat16(network) if way.bfloat16 else network,
        scenes,
        way.steps,
        seed,
        system,
        way.transform(scenes),
        way.batch,
        way.optimisers,
        way.weight_decay,
    )
    figures, counts = films.judge(network, film)
    return network, {**films.row(system, network, [history], seed, film), "figures": figures}, counts


def averaged(
    system: str, network: nn.Module, own: dict, counts: dict[str, Tensor], film: str = TEST_FILM
) -> dict:
    """Make the row of a network whose answers are averaged (see `Averaged`), from its row and counts without.

    Figures `step_low` and `step_high` bound how far averaging is ahead (see `bootstrap`).
    """
    figures, now = films.judge(Averaged(network), film)
    figures["step_low"], figures["step_high"] = bootstrap(now, counts, "mean_iou")
    return {**own, "system": system, "figures": figures}


def plain(seed: int = 0, way: Way = PLAIN) -> Iterator[dict]:
    """Train the encoder-decoder on the same changed scenes as the FCNs, and yield its row."""
    yield train("encoder-decoder", way, seed)[1]


def mixed(seed: int = 0, long: Way = LONG, way: Way = MIXED) -> Iterator[dict]:
    """Train the encoder-decoder for long, on changed and on mixed scenes, and yield their rows; a third is averaged.

    Figures `step_low` and `step_high` bound how far each is ahead of the one before (see `bootstrap`).
    """
    _, control, before = train("encoder-decoder, long", long, seed)
    yield control
    network, own, counts = train("encoder-decoder, mixed", way, seed)
    own["figures"]["step_low"], own["figures"]["step_high"] = bootstrap(counts, before, "mean_iou")
    yield own
    yield averaged("encoder-decoder, mixed and averaged", network, own, counts)


def small_crops(name: str, way: Way, film: str = TEST_FILM, seed: int = 0) -> Iterator[dict]:
    """Train the encoder-decoder on small crops of mixed scenes, and yield its row and that of its averaged answers.

    A small crop shows too little of a street for its layout to be learned by heart. And as a batch of them holds half
    the pixels, as many minutes are more steps. With Muon it learns more in a step, and takes still more of them: the
    light is changed all at once (`relight`), and the network computes in bfloat16.
    """
    system = f"encoder-decoder{'' if film == TEST_FILM else f' without {film}'}, {name}"
    network, own, counts = train(system, way, seed, film)
    yield own
    yield averaged(f"{system}, averaged", network, own, counts, film)


PIECES = {
    "real": {
        "changed": plain,
        "mixed": mixed,
        **{
            f"{name}{'' if film == TEST_FILM else f' without {film}'}": partial(small_crops, name, way, film)
            for name, way in (("small crops", SMALL), ("Muon", MUON))
            for film in (TEST_FILM, *OTHER_FILMS)
        },
    }
}
