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
from helpers.training import History, fit, recorded

RATE, CLIP, BATCH = 6e-3, 10.0, 32  # of all drawings; a loss of hundreds of nats has large gradients
WARM = 0.5  # this share of a training goes by before the divergence counts in full
TRIED, LARGER = (3e-3, 6e-3, 1e-2), (1.5e-2, 2e-2)  # the second were tried later
BEST_WITHOUT = 1e-2  # of all those for the control: it gains several nats there, and attention hardly any
TWO_DIGITS = {"pictures": "two digits", "T": 8}  # what the rows of the main runs say beside the model
SAMPLES = (1, 5, 50, 500)  # of the importance-weighted log p
GLIMPSE_RATE, GLIMPSE_BATCH = 5e-3, 64
KEY_RATE, KEY_BATCH = 1e-2, 64
KEYED, HELD_OUT = 2000, 200  # texts that a keyer learns from, and that it is judged by
SHORT, LONG = (3, 4, 5, 6), (10,)  # letters of the texts that keyers learn, and of longer ones

Batches = Callable[[int, int], Iterator[tuple[Tensor, Tensor]]]  # of a size, from a seed

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
    model: Draw, steps: int, seed: int, rate: float = RATE, batches: Batches = data.picture_batches,
    name: str = "strokes",
) -> History:  # fmt: skip
    """Train on new pictures of two digits at every step, or on other batches; the same settings for every drawer."""
    loss = WarmedLoss(max(1, int(WARM * steps)))
    return fit(model, batches(BATCH, seed), loss, steps=steps, lr=rate, clip=CLIP, name=name)


def trained(
    system: str, seed: int, length: int, judged: Tensor, fields: Mapping[str, object],
    rate: float = RATE, batches: Batches = data.picture_batches, **changes: object,
) -> tuple[Draw, dict]:  # fmt: skip
    """Train one of `SYSTEMS` for `length` steps; the model, and its row: what was varied, and the nats of `judged`."""
    model = new_drawer(system, seed, **changes)
    history = learn_to_draw(model, length, seed, rate, batches, f"{system}, seed {seed}")
    return model, recorded(fields, seed, measures.nats(model, judged), history, model)


def draw(seed: int, tightened: int = 0) -> Iterator[dict]:
    """Train both systems on two digits, and yield their rows; `tightened` pictures get an importance-weighted log p."""
    test = held_out(RECORD.tested)
    for system in SYSTEMS:
        model, row = trained(system, seed, RECORD.strokes, test.images, {"model": system} | TWO_DIGITS)
        row["figures"] |= measures.one_then_the_other(model, test)
        yield row
        if tightened:
            weights = measures.importance(model, test.images[:tightened], max(SAMPLES))
            for k in SAMPLES:
                figures = {"minus_log_p": measures.tightened(weights, k)}
                yield {"model": system, "estimate": "importance", "K": k, "seed": seed, "figures": figures}


def control() -> Iterator[dict]:
    """Train the control as in the main runs, but at its own best rate."""
    images, rate = held_out(RECORD.tested).images, BEST_WITHOUT
    fields = {"model": "no attention, own rate", "rate": rate} | TWO_DIGITS
    for seed in (0, 1, 2):
        yield trained("no attention", seed, RECORD.strokes, images, fields, rate)[1]


def strokes(numbers: Sequence[int] = (1, 4, 16)) -> Iterator[dict]:
    """Train with attention by numbers of steps, one run each, for a third of the steps of the main runs."""
    images = held_out(RECORD.tested).images
    for number in numbers:
        fields = {"model": "attention, short"} | TWO_DIGITS | {"T": number}
        yield trained("attention", 0, RECORD.strokes // 3, images, fields, steps=number)[1]


def rates(tried: Sequence[float] = TRIED) -> Iterator[dict]:
    """Try rates for both systems on validation pictures, for a sixth of the steps of the main runs, one run each."""
    images = held_out(RECORD.tested, "val").images
    for system in SYSTEMS:
        for rate in tried:
            fields = {"model": system, "rate": rate, "judged": "validation"}
            yield trained(system, 0, RECORD.strokes // 6, images, fields, rate)[1]


def whole_mnist(steps: int = 3000) -> Iterator[dict]:
    """Train both systems on all of MNIST in black and white, one run each; judged on 2,000 of its test digits."""
    train, test = data.binary_mnist("train"), data.binary_mnist("test")[:2000]
    batches, shape = partial(data.image_batches, train), tuple(train.shape[1:])
    for system, changes in {"attention": {}, "no attention": {"size": 124}}.items():
        fields = {"model": system, "pictures": "MNIST"}
        yield trained(system, 0, steps, test, fields, batches=batches, shape=shape, **changes)[1]


def new_reader(places: str, seed: int) -> nn.Module:
    """Make one of `READERS`, untrained."""
    runtime.seed_everything(seed)
    return READERS[places]()


def learn_to_read(model: nn.Module, steps: int, seed: int, name: str = "glimpses") -> History:
    """Train on digits in clutter, made anew at every step; the same settings for every reader."""
    batches = distorted_batches(*handwritten_digits("train"), "cluttered", GLIMPSE_BATCH, seed)
    return fit(model, batches, glimpse_loss, steps=steps, lr=GLIMPSE_RATE, name=name)


@cache
def cluttered() -> tuple[Tensor, Tensor]:
    """The cluttered digits (1000, 1, 60, 60) that every reader is judged on, and their labels."""
    distorted, labels = distorted_set(*handwritten_digits("test"), "cluttered", seed=1, times=2)
    return distorted.images, labels


@torch.no_grad()
def errors(model: nn.Module, images: Tensor, labels: Tensor) -> list[float]:
    """The share of digits that are named wrong after each glimpse."""
    runtime.seed_everything(0)  # for places at random
    scores = torch.cat([model.eval()(some).scores for some in images.split(250)])
    return (scores.argmax(dim=-1) != labels[:, None]).float().mean(dim=0).tolist()


def glimpses(seed: int, places: Sequence[str] = ("learned", "shrunk")) -> Iterator[dict]:
    """Train readers, and yield for each a row with its error, and after each glimpse."""
    for place in places:
        model = new_reader(place, seed)
        history = learn_to_read(model, RECORD.glimpses, seed, f"{place}, seed {seed}")
        wrong = errors(model, *cluttered())
        figures = {"error": wrong[-1]} | {f"error_after_{t + 1}": each for t, each in enumerate(wrong[:-1])}
        yield recorded({"model": "glimpse reader", "places": place}, seed, figures, history, model)


def new_keyer(attention: str, seed: int, **changes: object) -> Keyer:
    """Make a keyer with Graves's window or with softmax attention, untrained."""
    runtime.seed_everything(seed)
    return Keyer(attention, **changes)


def learn_to_key(model: Keyer, steps: int, seed: int, name: str = "keys") -> History:
    """Train on texts of 3 to 6 letters, each keyed by a hand of its own."""
    _, texts = keyed_texts(KEYED, SHORT, seed)
    batches = data.key_batches(texts, KEY_BATCH, seed)
    return fit(model, batches, stroke_loss, steps=steps, lr=KEY_RATE, clip=5.0, name=name)


def keyed_right(model: Keyer, lengths: tuple[int, ...]) -> float:
    """The share of held-out texts that a model keys free of mistakes, every stroke and every gap."""
    words, texts = keyed_texts(HELD_OUT, lengths, 0, "test")
    strokes, ends, _ = key(model, texts.letters)
    wanted = [" ".join(morse.CODE[letter] for letter in text) for text in words]
    found = [data.signals(some, int(end)) for some, end in zip(strokes, ends, strict=True)]
    return sum(a == b for a, b in zip(found, wanted, strict=True)) / HELD_OUT


def keys(seed: int, names: Sequence[str] = ("window", "softmax")) -> Iterator[dict]:
    """Train keyers, and yield for each a row with what it keys right, of texts as long as those learned and longer."""
    _, test = keyed_texts(HELD_OUT, SHORT, 0, "test")
    for name in names:
        model = new_keyer(seed=seed, **KEYERS[name])
        history = learn_to_key(model, RECORD.keys, seed, f"{name}, seed {seed}")
        with torch.no_grad():
            figures = {"nats_a_stroke": float(stroke_loss(model(test), test))}
        figures |= {"right": keyed_right(model, SHORT), "right_longer": keyed_right(model, LONG)}
        yield recorded({"model": "keyer"} | KEYERS[name], seed, figures, history, model)


PIECES = {
    "record": {
        "strokes, seed 0": partial(draw, 0, tightened=100),
        "glimpses, seed 0": partial(glimpses, 0, tuple(READERS)),
        "strokes, seed 1": partial(draw, 1),
        "strokes, seed 2": partial(draw, 2),
        "steps": strokes,
        "steps, eight": partial(strokes, (8,)),
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
