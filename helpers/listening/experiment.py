"""The experiments of notebook 08a: listeners with attention and without, by length, and where they look."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import product

import torch
from torch import Tensor, nn

from helpers import runtime
from helpers.decoding import greedy
from helpers.listening import data, measures, spoken
from helpers.listening.data import LETTERS, Heard
from helpers.listening.model import Listener, Transcriber, collapse, ctc_loss
from helpers.probe import record
from helpers.results import Field
from helpers.training import History, fit, recorded
from helpers.translation.model import next_word_loss

LONGEST = 8  # letters of a training text
TIMES = {1: 100, 2: 50, 5: 20, 10: 10}  # a test text is so many times as long -> how many such texts
RATE = 6e-3  # the highest learning rate of the cycle; the piece "rates" tries others
RATES, LARGER = (0.003, 0.012), 0.024
ALIGNED = 0.5  # of the weight inside the true letter, from which on a listener counts as aligned

HERO = {"model": "listener", "score": "location-aware", "query": "before", "stride": 4}
CONTENT = HERO | {"score": "content"}
CONTROL = {"model": "one vector", "stride": 4}
CTC = {"model": "CTC", "stride": 4}
MAIN = (HERO, CONTENT, CONTROL)
STRIDES = tuple(HERO | {"stride": stride} for stride in (1, 2, 8))
LUONG = {
    "location": HERO | {"score": "location"},
    "local-p": HERO | {"score": "local-p"},
    "content, after (h_t)": CONTENT | {"query": "after"},
    "location-aware, after (h_t)": HERO | {"query": "after"},
}


@dataclass(frozen=True)
class Budget:
    """What a listener learns from, and for how long."""

    texts: int
    steps: int  # batches of 32


QUICK = Budget(texts=4000, steps=800)
RECORD = Budget(texts=6000, steps=1000)
SPEECH = Budget(texts=3000, steps=1000)


@lru_cache(maxsize=1)
def material(seed: int, budget: Budget) -> Heard:
    """The sounds that a seed's systems learn from, of one letter to eight."""
    return data.draw(budget.texts, range(1, LONGEST + 1), seed)


@lru_cache(maxsize=2)
def held_out(split: str = "test") -> dict[int, Heard]:
    """The sounds that every run is judged on, by how many times they are as long as the longest of training."""
    return {times: data.draw(number, [LONGEST * times], 0, split) for times, number in TIMES.items()}


def new_system(
    fields: Mapping[str, Field], seed: int, bands: int = data.BANDS, letters: int = len(LETTERS)
) -> nn.Module:
    """Make an untrained system of these fields."""
    runtime.seed_everything(seed)
    if fields["model"] == "CTC":
        return Transcriber(letters, bands, stride=fields["stride"])
    options = {name: each for name, each in fields.items() if name != "model"}
    return Listener(letters, bands, **{"score": None} | options)


def learn(
    model: nn.Module, heard: Heard, seed: int, steps: int, *, name: str = "listener", rate: float = RATE,
    watch: Callable[[nn.Module], float] | None = None,
) -> History:  # fmt: skip
    """Train any of the systems: the same sounds in the same order, short ones first for half of the steps."""
    batches = data.batches(heard, 32, seed, grow=steps // 2)
    loss = ctc_loss if isinstance(model, Transcriber) else next_word_loss
    often = range(0, steps + 1, 50)
    return fit(model, batches, loss, steps=steps, lr=rate, watch=watch, watch_at=often, name=name)


@torch.no_grad()
def written(model: nn.Module, heard: Heard) -> list[str]:
    """What a system writes by itself; a speller is stopped at one and a half times the longest true length."""
    model.eval()
    sounds = data.as_batch(heard.frames)
    if isinstance(model, Transcriber):
        annotations, mask = model.encoder(sounds.frames, sounds.lengths)
        best = model.letters(annotations).argmax(dim=-1)
        spelled = [collapse(row[inside]) for row, inside in zip(best, mask, strict=True)]
    else:
        most = max(map(len, heard.texts)) * 3 // 2 + 1
        spelled = [each.words for each in greedy(model, sounds, most)]
    return ["".join(heard.letters.decode(each)) for each in spelled]


def error_rate(model: nn.Module, heard: Heard) -> float:
    """The character error rate of what a system writes of these sounds."""
    return measures.character_error_rate(written(model, heard), heard.texts)


@torch.no_grad()
def led(model: Listener, heard: Heard) -> list[Tensor]:
    """Where a listener looks while it is led through the true letters: (letters, places) each.

    Led, because a true time is that of a true letter. Free running, it may write others, which have none.
    """
    model.eval()
    inputs, _ = data.lesson(heard, range(len(heard.frames)))
    with record(model, "attend", "encoder") as kept:
        model(inputs)
    _, mask = kept["encoder"]
    each = zip(kept["attend"], heard.texts, mask, strict=True)
    return [weights[: len(text), inside] for weights, text, inside in each]


@torch.no_grad()
def tensors(listener: Listener, heard: Heard, step: int = 3) -> tuple:
    """Lead a listener through the first sound: what `figures.steps` draws of one of its letters."""
    inputs, _ = data.lesson(heard, [0])
    memory, now = listener.begin(inputs.source)
    for letter in listener.letter(inputs.so_far[:, : step + 1]).unbind(dim=1):
        before, now = now, listener.advance(letter, now, memory)
    found = (before.weights, before.state, now.weights, now.context, listener.output(now.state, now.context))
    so_far = heard.texts[0][:step]
    return heard.frames[0], memory.annotations[0], so_far, *(each[0] for each in found), heard.letters.words


def pointing(model: nn.Module, heard: Heard, ending: str = "") -> dict[str, float]:
    """Where its weights lie on these sounds (see `measures.pointing`), names with an ending; {} without attention."""
    if model.score is None:
        return {}
    found = measures.pointing(led(model, heard), heard.keyings, model.encoder.stride)
    return {name + ending: value for name, value in found.items()}


def judged(model: nn.Module, tests: Mapping[int, Heard]) -> dict[str, float]:
    """Error rates by length, and where the weights lie at the length of training and at the greatest."""
    errors, far = {f"cer_{times}": error_rate(model, heard) for times, heard in tests.items()}, max(tests)
    return errors | pointing(model, tests[1]) | pointing(model, tests[far], f"_{far}")


def compare(
    seed: int, budget: Budget, arms: Sequence[Mapping[str, Field]], rates: Sequence[float] = (RATE,)
) -> Iterator[dict]:
    """Train systems on the sounds of a seed, and yield a row for each.

    At rates other than `RATE` they are judged on validation sounds only.
    """
    heard, probe = material(seed, budget), held_out("val")[1]

    def inside(system: nn.Module) -> float:
        return pointing(system, probe)["inside"]

    for fields, rate in product(arms, rates):
        model = new_system(fields, seed)
        watch = None if model.score is None else inside
        history = learn(model, heard, seed, budget.steps, rate=rate, watch=watch)
        figures = {"validation_cer": error_rate(model, probe)}
        if rate == RATE:
            figures |= judged(model, held_out())
        if aligned := [step for step, share in history.watched.items() if share > ALIGNED]:
            figures["aligned_at"] = min(aligned)
        yield recorded({**fields, "rate": rate}, seed, figures, history, model)


def speech(seed: int, budget: Budget = SPEECH) -> Iterator[dict]:
    """Train on strings of spoken digits; judge by digits on test recordings of known speakers and on a new one."""
    kept_back, lessons, tests = spoken.material(seed, budget.texts)
    for fields in (HERO, CONTROL, CTC):
        model = new_system(fields, seed, spoken.BANDS, len(spoken.DIGITS))
        history, figures = learn(model, lessons, seed, budget.steps), {}
        for voice, heard in tests.items():
            figures |= {f"der_{voice}": error_rate(model, heard)} | pointing(model, heard, f"_{voice}")
        yield recorded({**fields, "speaker": kept_back, "rate": RATE}, seed, figures, history, model)


ONCE = partial(compare, 0, RECORD)
# The headline first, seed by seed, since only one seed's sounds are kept at a time.
PIECES = {
    "record": {
        **{f"lengths, seed {seed}": partial(compare, seed, RECORD, MAIN) for seed in (0, 1, 2)},
        "CTC": partial(ONCE, (CTC,)),
        "Luong's scores": partial(ONCE, tuple(LUONG.values())),
        "pyramid": partial(ONCE, STRIDES),
        "rates": partial(ONCE, (HERO, CONTROL), RATES),
        "rates, content": partial(ONCE, (CONTENT,), RATES),
        "rates, CTC and scores": partial(ONCE, (CTC, *LUONG.values()), RATES),
        "rates, larger": partial(ONCE, (HERO, CONTROL), (LARGER,)),
    },
    "real": {f"spoken digits, seed {seed}": partial(speech, seed) for seed in (0, 1, 2)},
}
