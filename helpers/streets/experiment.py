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
from helpers.frame_scores import CLASSES
from helpers.optimisers import adamw, muon
from helpers.streets.inference import Averaged, Bfloat16
from helpers.streets.mixing import SMALL_CROPS, UNLIT_CROPS, Mixing, relight
from helpers.streets.model import EncoderDecoder

BATCHES = {"large": films.BATCH, "small": 12}  # crops a batch; of small ones half the pixels
OPTIMISERS = {"AdamW": {"optimisers": adamw}, "Muon": {"optimisers": muon, "weight_decay": 0.1}}


@dataclass(frozen=True)
class Recipe:
    """One way to train the encoder-decoder. The first three attributes name it in the record.

    Attributes:
        scenes: "plain", or "mixed" where parts of other scenes are laid over them.
        crops: "large", or "small": then a network does not see the image as a whole (see `EncoderDecoder`).
        optimiser: one of `OPTIMISERS`.
        steps: how many; with smaller crops or quicker steps more of them fit into the same minutes.
        transform: makes, from the scenes to learn from, what changes each batch.
        bfloat16: whether the network computes in bfloat16 (see `Bfloat16`).
    """

    scenes: str
    crops: str
    optimiser: str
    steps: int
    transform: Callable[[CamVid], Transform] = lambda scenes: augment
    bfloat16: bool = False

    @property
    def fields(self) -> dict[str, str]:
        """What tells this recipe's rows from others'."""
        return {"scenes": self.scenes, "crops": self.crops, "optimiser": self.optimiser}


PLAIN = Recipe("plain", "large", "AdamW", steps=2000)  # a few more than the FCNs of notebook 01 take in all
LONG = Recipe("plain", "large", "AdamW", steps=5000)
MIXED = Recipe("mixed", "large", "AdamW", steps=5000, transform=Mixing)
SMALL = Recipe("mixed", "small", "AdamW", steps=5500, transform=partial(Mixing, by=SMALL_CROPS))
RELIT = partial(Mixing, by=UNLIT_CROPS, light=relight)
MUON = Recipe("mixed", "small", "Muon", steps=6200, transform=RELIT, bfloat16=True)


def train(recipe: Recipe, film: str = TEST_FILM) -> tuple[nn.Module, dict, dict[str, Tensor]]:
    """Train an encoder-decoder from scratch, and return it with its row and its counts on the film held out."""
    seed = 0  # one run of each
    runtime.seed_everything(seed)
    network = EncoderDecoder(CLASSES, whole=recipe.crops == "large")
    scenes = films.held_out(film)[0]
    history = films.learn(
        Bfloat16(network) if recipe.bfloat16 else network,
        scenes,
        recipe.steps,
        seed,
        recipe.transform(scenes),
        BATCHES[recipe.crops],
        **OPTIMISERS[recipe.optimiser],
        name=f"{recipe.scenes} scenes, {recipe.crops} crops, {recipe.optimiser}",
    )
    figures, counts = films.judge(network, film)
    fields = {"model": "encoder-decoder", **recipe.fields, "averaged": False}
    return network, films.row(fields, seed, figures, history, network, film), counts


def average(network: nn.Module, row: dict, counts: dict[str, Tensor]) -> dict:
    """Make the row of a network whose predictions are averaged (see `Averaged`), from its row and counts without.

    Figures `step_low` and `step_high` bound how far averaging is ahead (see `bootstrap`).
    """
    figures, averaged_counts = films.judge(Averaged(network), row["film"])
    figures |= films.leads(averaged_counts, counts, step="mean_iou")
    return {**row, "averaged": True, "figures": figures}


def plain() -> Iterator[dict]:
    """Train the encoder-decoder on the same changed scenes as the FCNs, and yield its row."""
    yield train(PLAIN)[1]


def mixed() -> Iterator[dict]:
    """Train the encoder-decoder for long on plain and on mixed scenes; yield both rows, and the averaged one.

    Figures `step_low` and `step_high` bound how far each is ahead of the one before (see `bootstrap`).
    """
    _, row, before = train(LONG)
    yield row
    network, row, counts = train(MIXED)
    row["figures"] |= films.leads(counts, before, step="mean_iou")
    yield row
    yield average(network, row, counts)


def small_crops(recipe: Recipe, film: str) -> Iterator[dict]:
    """Train the encoder-decoder on small crops of mixed scenes; yield its row and that of its averaged predictions.

    A small crop shows too little of a street for its layout to be learned by heart. And as a batch of them holds half
    the pixels, the same minutes hold more steps. With Muon it learns more in a step, and takes still more of them: the
    light is changed all at once (`relight`), and the network computes in bfloat16.
    """
    network, row, counts = train(recipe, film)
    yield row
    yield average(network, row, counts)


PIECES = {
    "real": {
        "changed": plain,
        "mixed": mixed,
        **{
            f"{name}{'' if film == TEST_FILM else f' without {film}'}": partial(small_crops, recipe, film)
            for name, recipe in (("small crops", SMALL), ("Muon", MUON))
            for film in (TEST_FILM, *OTHER_FILMS)
        },
    }
}
