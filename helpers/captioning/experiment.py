"""The experiments of notebook 06: captions with soft and hard attention and without, and whether the maps are right."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from helpers import runtime, text_metrics
from helpers.captioning.data import (
    Caption,
    Language,
    Order,
    apart,
    by_slot,
    caption_batches,
    captions,
    cell_names,
    draw_scenes,
    lessons,
    owners,
)
from helpers.captioning.model import (
    Captioner,
    Decoder,
    HardLoss,
    NamingEncoder,
    SeesOnce,
    Told,
    caption_loss,
    coverage,
)
from helpers.data.batches import as_input, endless
from helpers.data.scenes import Scenes
from helpers.data.tokens import PAD, Vocabulary, detokenise
from helpers.decoding import greedy
from helpers.optimisers import muon
from helpers.training import History, fit, parameter_count

NAMING = {"lr": 0.01, "optimisers": muon}
RATE, BATCH = 5e-3, 32


@dataclass(frozen=True)
class Budget:
    """What the networks learn from, and for how long.

    Attributes:
        scenes: drawn for training.
        naming: batches of 16 scenes for the encoder. steps: batches of 32 captions for each decoder.
        tested: scenes held out.
    """

    scenes: int
    naming: int
    steps: int
    tested: int = 500


QUICK = Budget(scenes=4000, naming=400, steps=600)
RECORD = Budget(scenes=8000, naming=1500, steps=1500)


def naming_loss(scores: Tensor, names: Tensor) -> Tensor:
    """Cross-entropy of each cell's digit and colour; (B, 20, 8, 8) scores, (B, 2, 8, 8) names."""
    digit, colour = NamingEncoder.split(scores)
    return F.cross_entropy(digit, names[:, 0]) + F.cross_entropy(colour, names[:, 1])


def learn_names(scenes: Scenes, seed: int, steps: int) -> tuple[NamingEncoder, History]:
    """Train an encoder to name what each cell shows; decoders take it as it is from then on."""
    runtime.seed_everything(seed)
    encoder = NamingEncoder()
    batches = endless(scenes.images, cell_names(scenes), 16, seed)
    history = fit(encoder, batches, naming_loss, steps=steps, name="naming", **NAMING)
    return encoder.requires_grad_(False), history


@torch.no_grad()
def named(encoder: NamingEncoder, scenes: Scenes) -> dict[str, float]:
    """The share of cells named right: "digit" and "colour" of those that show a sticker, "empty" of the others."""
    encoder.eval()
    scores = torch.cat([encoder(as_input(some)) for some in scenes.images.split(100)])
    right = torch.stack([part.argmax(dim=1) for part in encoder.split(scores)], dim=1) == cell_names(scenes)
    shown = cell_names(scenes)[:, 0] > 0
    parts = {"digit": right[:, 0][shown], "colour": right[:, 1][shown], "empty": right[:, 0][~shown]}
    return {name: float(part.float().mean()) for name, part in parts.items()}


class Annotated(NamedTuple):
    """Scenes as decoders get them: `annotations` (N, L, D), a caption each, and `owners` (N, L) of their cells."""

    scenes: Scenes
    annotations: Tensor
    captions: list[Caption]
    owners: Tensor

    @property
    def said(self) -> list[list[str]]:
        return [caption.words for caption in self.captions]


@torch.no_grad()
def annotated(
    encoder: NamingEncoder, scenes: Scenes, language: Language = "English", order: Order = "left to right"
) -> Annotated:
    encoder.eval()
    annotations = torch.cat([encoder.annotate(as_input(some)) for some in scenes.images.split(100)])
    return Annotated(scenes, annotations, captions(scenes, language, order), owners(scenes))


def held_out(number: int = 500, split: str = "test") -> Scenes:
    """Scenes that every run is judged on, always the same, with neighbours far enough apart to be put in order."""
    scenes = draw_scenes(2 * number + 50, 0, split)
    return scenes[apart(scenes).nonzero()[:number, 0]]


def learn(
    decoder: Decoder,
    train: Annotated,
    vocabulary: Vocabulary,
    seed: int,
    steps: int,
    loss: Callable[[Told, Tensor], Tensor] = caption_loss,
    name: str = "captions",
    **watched: Any,
) -> History:
    """Train any decoder: the same captions and settings for each."""
    batches = caption_batches(train.annotations, train.said, vocabulary, BATCH, seed)
    return fit(decoder, batches, loss, steps=steps, lr=RATE, name=name, **watched)


def spoken(decoder: Decoder, annotations: Tensor, vocabulary: Vocabulary) -> list[list[str]]:
    """What a decoder says by itself of each scene, the likeliest word at each step."""
    decoder.eval()
    return [
        vocabulary.decode(saying.words) for some in annotations.split(250) for saying in greedy(decoder, some)
    ]


def score(
    said: Sequence[Sequence[str]], truth: Sequence[Sequence[str]], language: Language = "English"
) -> dict[str, float]:
    """Accuracy by slot and of whole captions, with BLEU beside."""
    bleu, _ = text_metrics.bleu([*map(detokenise, said)], [*map(detokenise, truth)])
    return by_slot(said, truth, language) | {"bleu": bleu}


@torch.no_grad()
def told(decoder: Decoder, test: Annotated, vocabulary: Vocabulary) -> tuple[Told, Tensor]:
    """Lead a decoder through the true captions: what it told, and the targets (N, T)."""
    decoder.eval()
    shown, targets = lessons(test.annotations, test.said, vocabulary)
    return decoder(shown), targets


def about(test: Annotated, steps: int) -> Tensor:
    """The sticker that each word is about: (N, steps) int64, -1 for none."""
    rows = [[*caption.about, *[-1] * steps][:steps] for caption in test.captions]
    return torch.tensor(rows)


def pointing(weights: Tensor, test: Annotated, seed: int = 0) -> dict[str, float]:
    """How often the place of greatest weight (N, T, L) shows the sticker that the word is about.

    Beside it: with each scene's maps taken from another scene ("shuffled"), with the mean map of each word's place in
    the caption ("mean map"), and with a place drawn evenly ("uniform").
    """
    N, T, _ = weights.shape
    words = about(test, T)
    counted = words >= 0

    def hits(maps: Tensor) -> float:
        return float((test.owners.gather(1, maps.argmax(dim=-1)) == words)[counted].float().mean())

    other = torch.arange(N).roll(1 + int(torch.randint(N - 1, (), generator=Generator().manual_seed(seed))))
    inside = (test.owners[:, None] == words[..., None]).float().mean(dim=-1)
    return {
        "pointing": hits(weights),
        "pointing_shuffled": hits(weights[other]),
        "pointing_mean_map": hits(weights.mean(dim=0).expand_as(weights)),
        "pointing_uniform": float(inside[counted].mean()),
    }


@torch.no_grad()
def without(decoder: Decoder, test: Annotated, vocabulary: Vocabulary, mask: Tensor) -> Tensor:
    """Log-probability (N, T) of each true word when only places in a mask (N, L) can be looked at and read."""
    decoder.eval()
    shown, targets = lessons(test.annotations, test.said, vocabulary)
    memory, state = decoder.begin(shown.source, mask)
    scores = decoder.tell(shown.so_far, state, memory).scores
    return -F.cross_entropy(scores.mT, targets, ignore_index=PAD, reduction="none")


def erased(decoder: Decoder, test: Annotated, vocabulary: Vocabulary) -> Tensor:
    """How the log-probability of each word changes when a cell is erased: (N, L, T)."""
    every = torch.ones_like(test.owners, dtype=torch.bool)
    whole, changes = without(decoder, test, vocabulary, every), []
    for place in range(every.shape[1]):
        mask = every.clone()
        mask[:, place] = False
        changes.append(without(decoder, test, vocabulary, mask) - whole)
    return torch.stack(changes, dim=1)


def deletion(weights: Tensor, changes: Tensor, test: Annotated, seed: int = 0) -> dict[str, float]:
    """Mean change of a word's log-probability when a cell is erased: words about a sticker only.

    Args:
        weights: (N, T, L). changes: (N, L, T), from `erased`.

    Returns:
        For the cell of greatest weight ("attended"), for one of the others ("random"), for one that shows another
        sticker than the word is about ("other sticker"), and for the word's own sticker ("own sticker").
    """
    generator = Generator().manual_seed(seed)
    words = about(test, weights.shape[1])
    n, t = (words >= 0).nonzero().T
    attended = weights[n, t].argmax(dim=-1)
    own = test.owners[n] == words[n, t][:, None]
    allowed = {
        "random": torch.ones_like(own).scatter(1, attended[:, None], False),
        "own sticker": own,
        "other sticker": (test.owners[n] >= 0) & ~own,
    }
    cells = {name: each.float().multinomial(1, generator=generator)[:, 0] for name, each in allowed.items()}
    cells["attended"] = attended
    return {
        f"erased_{name.replace(' ', '_')}": float(changes[n, cell, t].mean()) for name, cell in cells.items()
    }


@lru_cache(maxsize=1)
def prepared(seed: int, budget: Budget) -> tuple[NamingEncoder, History, Scenes]:
    """The scenes and the encoder of a seed, for all its decoders; kept until another seed is asked for."""
    scenes = draw_scenes(budget.scenes, seed)
    encoder, history = learn_names(scenes, seed, budget.naming)
    return encoder, history, scenes


@lru_cache(maxsize=1)
def material(
    seed: int, budget: Budget, order: Order = "left to right"
) -> tuple[Annotated, Annotated, Vocabulary]:
    """What the decoders of a seed learn from, what they are judged on, and their words."""
    encoder, _, scenes = prepared(seed, budget)
    train = annotated(encoder, scenes, order=order)
    return train, annotated(encoder, held_out(budget.tested), order=order), Vocabulary(train.said)


def naming(seed: int, budget: Budget) -> Iterator[dict]:
    """Train an encoder, and yield its row."""
    encoder, history, _ = prepared(seed, budget)
    yield {
        "model": "naming encoder",
        "seed": seed,
        "figures": named(encoder, held_out(budget.tested)),
        "seconds": history.seconds,
        "steps": history.steps,
        "parameters": sum(parameter.numel() for parameter in encoder.parameters()),
    }


def compare(
    seed: int,
    budget: Budget,
    systems: Sequence[dict[str, Any]],
    order: Order = "left to right",
) -> Iterator[dict]:
    """Train decoders on the captions of a seed, and yield a row for each.

    Args:
        systems: each the fields of its row, by which `new_decoder` and `new_loss` make it.
    """
    train, test, vocabulary = material(seed, budget, order)
    for fields in systems:
        decoder = new_decoder(fields, vocabulary, test.annotations, seed)
        history = learn(decoder, train, vocabulary, seed, budget.steps, new_loss(fields))
        figures = score(spoken(decoder, test.annotations, vocabulary), test.said)
        leading, targets = told(decoder, test, vocabulary)
        figures["loss"] = float(caption_loss(leading, targets))
        if leading.weights is not None:
            figures |= pointing(leading.weights, test)
            summed = (leading.weights * (targets != PAD)[..., None]).sum(dim=1)
            figures["coverage_deviation"] = float(summed.std(dim=1).mean())
            if order == "left to right":
                few = Annotated(*(part[:100] for part in test))
                changes = erased(decoder, few, vocabulary)
                figures |= deletion(leading.weights[:100, : changes.shape[2]], changes, few)
        yield {
            **fields,
            "captions": order,
            "seed": seed,
            "figures": figures,
            "steps": history.steps,
            "seconds": history.seconds,
            "parameters": parameter_count(decoder),
            "curve": [sum(part) / len(part) for part in _tenths(history.loss)],
        }


def new_decoder(fields: dict[str, Any], vocabulary: Vocabulary, annotations: Tensor, seed: int) -> Decoder:
    """Make an untrained decoder for annotations (N, L, D) from the fields of its row."""
    runtime.seed_everything(seed)
    _, places, channels = annotations.shape
    if fields["model"] == "control":
        return SeesOnce(len(vocabulary), channels, places)
    return Captioner(
        len(vocabulary),
        channels,
        look=fields["model"],
        feeds=fields["feeds"],
        first=fields["first"],
        coin=fields.get("coin", 0.0),
        wide=fields["features"] == "wide",
    )


def new_loss(fields: dict[str, Any]) -> Callable[[Told, Tensor], Tensor]:
    """Make the loss that the fields of a row call for."""
    if fields["model"] == "hard":
        own = fields["feeds"] == "output"
        return HardLoss(own, fields["baseline"], entropy=0.002 if fields["coin"] else 0.0)
    if fields.get("penalty"):
        return partial(penalised, strength=fields["penalty"], goal=fields["goal"])
    return caption_loss


def penalised(told: Told, targets: Tensor, strength: float, goal: str) -> Tensor:
    """The caption's loss with the doubly stochastic penalty, its goal "1" or "words / places"."""
    fair = (targets != PAD).sum(dim=1, keepdim=True) / told.weights.shape[2]
    return caption_loss(told, targets) + strength * coverage(told, targets, 1.0 if goal == "1" else fair)


def _tenths(losses: list[float]) -> list[list[float]]:
    size = max(len(losses) // 10, 1)
    return [losses[start : start + size] for start in range(0, len(losses), size)]


# What a row's fields say unless something is varied. The first state has not seen the scene; the paper's has.
PLAIN = {"feeds": "state and output", "first": "learned", "features": "local", "penalty": 0.0}
CONTROL = {"model": "control"}
SOFT, UNIFORM, MARGINAL = ({"model": name, **PLAIN} for name in ("soft", "uniform", "marginal"))
RAW = {"model": "hard", **PLAIN, "baseline": False, "coin": 0.0}
PAPER = {**RAW, "baseline": True, "coin": 0.5}
ABLATIONS = [
    SOFT | {"first": "mean"},
    SOFT | {"features": "wide"},
    SOFT | {"first": "mean", "features": "wide"},
    UNIFORM,
]
OUTPUT = [each | {"feeds": "output"} for each in (SOFT, RAW, PAPER, MARGINAL)]
PENALTIES = [
    SOFT | {"penalty": strength, "goal": goal}
    for strength in (0.001, 0.01, 0.1)
    for goal in ("1", "words / places")
]


def pieces(budget: Budget) -> dict[str, Callable[[], Iterator[dict]]]:
    """What is recorded, a seed at a time, since the encoder and the scenes of one seed alone are kept."""
    found = {}
    for seed in (0, 1, 2):
        found[f"naming, seed {seed}"] = partial(naming, seed, budget)
        found[f"captions, seed {seed}"] = partial(compare, seed, budget, [SOFT, CONTROL, RAW, PAPER])
        if seed == 0:
            found["ablations"] = partial(compare, seed, budget, ABLATIONS)
            found["penalty"] = partial(compare, seed, budget, PENALTIES)
        found[f"output only, seed {seed}"] = partial(compare, seed, budget, OUTPUT, "by colour")
    return found


PIECES = {"record": pieces(RECORD)}
