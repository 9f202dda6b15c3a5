"""The experiments of notebook 09: two digits drawn with and without attention, glimpses in clutter, keyed texts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

import torch
from torch import Tensor, nn

from helpers import runtime, seeds
from helpers.data import morse
from helpers.data.digits import handwritten_digits
from helpers.data.distorted import distorted_batches, distorted_set
from helpers.data.splits import Split
from helpers.draw import data, measures
from helpers.draw.data import SIDE, Pictures, keyed_texts
from helpers.draw.glimpses import GlimpseReader, Shrunk, glimpse_loss
from helpers.draw.keyer import ADVANCE, Keyer, key, stroke_loss
from helpers.draw.model import Draw, WarmedLoss
from helpers.training import History, fit, loss_curve, parameter_count

RATE, CLIP, BATCH = 6e-3, 10.0, 32  # of all drawings; a loss of hundreds of nats has large gradients
WARM = 0.5  # this share of a training goes by before the divergence counts in full
TRIED, LARGER = (3e-3, 6e-3, 1e-2), (1.5e-2, 2e-2)  # the second were tried later
BEST_WITHOUT = 1e-2  # of all those for the control: it gains several nats there, and attention hardly any
SAMPLES = (1, 5, 50, 500)  # of the importance-weighted log p
GLIMPSE_RATE, GLIMPSE_BATCH = 5e-3, 64
KEY_RATE, KEY_BATCH, KEYED = 1e-2, 64, 2000
SHORT, LONG = (3, 4, 5, 6), (10,)  # letters of the texts that keyers learn, and of longer ones

# The control has smaller states, so that both have nearly the same number of parameters.
SYSTEMS: dict[str, Callable[..., Draw]] = {
    "attention": partial(Draw, shape=(SIDE, SIDE)),
    "no attention": partial(Draw, shape=(SIDE, SIDE), windows=None, size=88, whole=34),
}
READERS: dict[str, Callable[[], nn.Module]] = {"learned": GlimpseReader, "shrunk": Shrunk}
READERS |= {places: partial(GlimpseReader, places=places) for places in ("random", "centre", "grid")}
KEYERS = {
    "window": {"attention": "window", "advance": ADVANCE},
    "softmax": {"attention": "softmax", "advance": ADVANCE},
    "window, one letter a stroke at first": {"attention": "window", "advance": 1.0},
}


@dataclass(frozen=True)
class Budget:
    """How long the networks learn: `strokes`, `glimpses` and `keys` in steps; `tested` pictures are held out."""

    strokes: int
    glimpses: int
    keys: int
    tested: int = 500


QUICK = Budget(strokes=900, glimpses=700, keys=300)
RECORD = Budget(strokes=1600, glimpses=1500, keys=500, tested=1000)


@cache
def held_out(number: int, split: Split = "test") -> Pictures:
    """Pictures that every run is judged on, always the same."""
    return data.two_digits(number, seeds.generator(1), split)


def new_drawer(system: str, seed: int, **changes: object) -> Draw:
    """Make one of `SYSTEMS`, untrained."""
    runtime.seed_everything(seed)
    return SYSTEMS[system](**changes)


def learn_to_draw(
    model: Draw,
    steps: int,
    seed: int,
    rate: float = RATE,
    name: str = "strokes",
    stored: Tensor | None = None,
) -> History:
    """Train on new pictures of two digits at every step, or on stored ones; the same settings for every drawer."""
    batches = data.picture_batches if stored is None else partial(data.image_batches, stored)
    loss = WarmedLoss(max(1, int(WARM * steps)))
    return fit(model, batches(BATCH, seed), loss, steps=steps, lr=rate, clip=CLIP, name=name)


def row(
    system: str, seed: int, model: nn.Module, history: History, figures: Mapping[str, float], **fields: object
) -> dict:
    """One row of the record."""
    return {
        "model": system, **fields, "steps": history.steps, "seed": seed, "figures": figures,
        "seconds": history.seconds, "parameters": parameter_count(model), "curve": loss_curve(history.loss),
    }  # fmt: skip


def draw(seed: int, budget: Budget = RECORD, tightened: int = 0) -> Iterator[dict]:
    """Train both systems on two digits, and yield their rows; `tightened` pictures get an importance-weighted log p."""
    test = held_out(budget.tested)
    for system in SYSTEMS:
        model = new_drawer(system, seed)
        history = learn_to_draw(model, budget.strokes, seed, name=f"{system}, seed {seed}")
        figures = measures.nats(model, test.images) | measures.one_then_the_other(model, test)
        yield row(system, seed, model, history, figures, pictures="two digits", T=model.steps)
        if tightened:
            weights = measures.importance(model, test.images[:tightened], max(SAMPLES))
            for k in SAMPLES:
                figures = {"minus_log_p": measures.tightened(weights, k)}
                yield {"model": system, "estimate": "importance", "K": k, "seed": seed, "figures": figures}


def control(budget: Budget = RECORD) -> Iterator[dict]:
    """Train the control as in the main runs, but at its own best rate."""
    test = held_out(budget.tested)
    for seed in (0, 1, 2):
        model = new_drawer("no attention", seed)
        history = learn_to_draw(model, budget.strokes, seed, BEST_WITHOUT, f"own rate, seed {seed}")
        fields = {"rate": BEST_WITHOUT, "pictures": "two digits", "T": model.steps}
        yield row("no attention, own rate", seed, model, history, measures.nats(model, test.images), **fields)


def strokes(budget: Budget = RECORD, seed: int = 0) -> Iterator[dict]:
    """Train with attention by numbers of steps, one run each, for a third of the steps of the main runs."""
    test = held_out(budget.tested)
    for number in (1, 4, 16):
        model = new_drawer("attention", seed, steps=number)
        history = learn_to_draw(model, budget.strokes // 3, seed, name=f"{number} strokes")
        figures = measures.nats(model, test.images)
        yield row("attention, short", seed, model, history, figures, pictures="two digits", T=number)


def rates(tried: Sequence[float] = TRIED, budget: Budget = RECORD, seed: int = 0) -> Iterator[dict]:
    """Try rates for both systems on validation pictures, for a sixth of the steps of the main runs, one run each."""
    val = held_out(budget.tested, "val")
    for system in SYSTEMS:
        for rate in tried:
            model = new_drawer(system, seed)
            history = learn_to_draw(model, budget.strokes // 6, seed, rate, f"{system}, {rate:g}")
            figures = measures.nats(model, val.images)
            yield row(system, seed, model, history, figures, rate=rate, judged="validation")


def whole_mnist(seed: int = 0, steps: int = 3000) -> Iterator[dict]:
    """Train both systems on all of MNIST in black and white, one run each; judged on 2,000 of its test digits."""
    train, test = data.binary_mnist("train"), data.binary_mnist("test")[:2000]
    shape = tuple(train.shape[1:])
    for system, changes in {"attention": {}, "no attention": {"size": 124}}.items():
        model = new_drawer(system, seed, shape=shape, **changes)
        history = learn_to_draw(model, steps, seed, name=f"MNIST, {system}", stored=train)
        yield row(system, seed, model, history, measures.nats(model, test), pictures="MNIST")


def new_reader(places: str, seed: int) -> nn.Module:
    """Make one of `READERS`, untrained."""
    runtime.seed_everything(seed)
    return READERS[places]()


def learn_to_read(model: nn.Module, steps: int, seed: int, name: str = "glimpses") -> History:
    """Train on digits in clutter, made anew at every step; the same settings for every reader."""
    batches = distorted_batches(*handwritten_digits("train"), "cluttered", GLIMPSE_BATCH, seed)
    return fit(model, batches, glimpse_loss, steps=steps, lr=GLIMPSE_RATE, name=name)


@cache
def cluttered(split: Split = "test") -> tuple[Tensor, Tensor]:
    """The cluttered digits (1000, 1, 60, 60) that every reader is judged on, and their labels."""
    distorted, labels = distorted_set(*handwritten_digits(split), "cluttered", seed=1, times=2)
    return distorted.images, labels


@torch.no_grad()
def errors(model: nn.Module, images: Tensor, labels: Tensor) -> list[float]:
    """The share of digits that are named wrong after each glimpse."""
    runtime.seed_everything(0)  # for places at random
    scores = torch.cat([model.eval()(some).scores for some in images.split(250)])
    return (scores.argmax(dim=-1) != labels[:, None]).float().mean(dim=0).tolist()


def glimpses(
    seed: int, places: Sequence[str] = ("learned", "shrunk"), budget: Budget = RECORD
) -> Iterator[dict]:
    """Train readers, and yield for each a row with its error, and after each glimpse."""
    for place in places:
        model = new_reader(place, seed)
        history = learn_to_read(model, budget.glimpses, seed, f"{place}, seed {seed}")
        wrong = errors(model, *cluttered())
        figures = {"error": wrong[-1]} | {f"error_after_{t + 1}": each for t, each in enumerate(wrong[:-1])}
        yield row("glimpse reader", seed, model, history, figures, places=place)


def new_keyer(attention: str, seed: int, **changes: object) -> Keyer:
    """Make a keyer with Graves's window or with softmax attention, untrained."""
    runtime.seed_everything(seed)
    return Keyer(attention, **changes)


def learn_to_key(model: Keyer, steps: int, seed: int, name: str = "keys") -> History:
    """Train on texts of 3 to 6 letters, each keyed by a hand of its own."""
    batches = data.key_batches(keyed_texts(KEYED, SHORT, seed), KEY_BATCH, seed)
    return fit(model, batches, stroke_loss, steps=steps, lr=KEY_RATE, clip=5.0, name=name)


def keyed_right(model: Keyer, lengths: tuple[int, ...], number: int = 200) -> float:
    """The share of held-out texts that a model keys free of mistakes, every stroke and every gap."""
    texts = keyed_texts(number, lengths, 0, "test")
    played = key(model, texts.inputs.letters)
    wanted = [" ".join(morse.CODE[letter] for letter in text) for text in texts.words]
    found = [data.signals(some, int(end)) for some, end in zip(played.strokes, played.lengths, strict=True)]
    return sum(a == b for a, b in zip(found, wanted, strict=True)) / number


def keys(seed: int, names: Sequence[str] = ("window", "softmax"), budget: Budget = RECORD) -> Iterator[dict]:
    """Train keyers, and yield for each a row with what it keys right, of texts as long as those learned and longer."""
    test = keyed_texts(200, SHORT, 0, "test")
    for name in names:
        model = new_keyer(seed=seed, **KEYERS[name])
        history = learn_to_key(model, budget.keys, seed, f"{name}, seed {seed}")
        with torch.no_grad():
            figures = {"nats_a_stroke": float(stroke_loss(model(test.inputs), test.targets))}
        figures |= {"right": keyed_right(model, SHORT), "right_longer": keyed_right(model, LONG)}
        yield row("keyer", seed, model, history, figures, **KEYERS[name])


PIECES = {
    "record": {
        "strokes, seed 0": partial(draw, 0, tightened=100),
        "glimpses, seed 0": partial(glimpses, 0, tuple(READERS)),
        "strokes, seed 1": partial(draw, 1),
        "strokes, seed 2": partial(draw, 2),
        "steps": strokes,
        "glimpses, seed 1": partial(glimpses, 1),
        "glimpses, seed 2": partial(glimpses, 2),
        "rates": rates,
        "rates, larger": partial(rates, LARGER),
        "control's own rate": control,
        "keys, seed 0": partial(keys, 0, tuple(KEYERS)),
        "keys, seed 1": partial(keys, 1),
        "keys, seed 2": partial(keys, 2),
    },
    "real": {"MNIST": whole_mnist},
}
