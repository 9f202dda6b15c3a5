"""Captions for scenes: stickers named from left to right, in English or Korean, and which cell shows which sticker."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from helpers import seeds
from helpers.data.scenes import COLOUR_NAMES, Scenes, make_scenes
from helpers.data.splits import Split
from helpers.data.tokens import TeacherForced, Vocabulary, teacher_forced

SIDE, CELL = 96, 12  # pixels along a scene, and along a cell: 8 x 8 cells
COVERED = 0.2  # of a cell's pixels at least, for the cell to show a sticker
APART = 4  # pixels at least between the centres of neighbours: the eye cannot order closer ones
NAMED = tuple(name for name in COLOUR_NAMES if " " not in name)  # one word each, so "sky blue" is not used

Language = Literal["English", "Korean"]
Order = Literal["left to right", "by colour"]
COLOURS = {
    "English": dict(zip(NAMED, NAMED, strict=True)),
    "Korean": dict(zip(NAMED, ["하얀", "노란", "주황", "초록", "빨간", "분홍", "파란"], strict=True)),
}
DIGITS = {
    "English": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
    "Korean": ["영", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"],
}
# How a sticker is named. A word that is neither colour nor digit is about no sticker, and nor is the comma.
PHRASES = {"English": ("{article}", "{colour}", "{digit}"), "Korean": ("{colour}", "숫자", "{digit}")}
ABOUT = ("{colour}", "{digit}")


def draw_scenes(number: int, seed: int, split: Split = "train") -> Scenes:
    """Draw scenes of 4 to 6 stickers, each of its own colour, while digits repeat."""
    return make_scenes(
        number, seed, split, size=SIDE, count=(4, 6), height=(18, 24), rotation=10, colours=NAMED
    )


def without_pixels(scenes: Scenes) -> Scenes:
    """Scenes with all that their captions are made of, and pictures and masks of no size."""
    pixels = ("images", "labels", "instances", "blank")
    return replace(scenes, **{name: getattr(scenes, name)[..., :0, :0].clone() for name in pixels})


def by_colour(scenes: Scenes) -> Tensor:
    """The stickers of each scene in the order of `COLOUR_NAMES`, in the form of `Scenes.order`."""
    order = scenes.colours.masked_fill(scenes.digits < 0, len(COLOUR_NAMES)).argsort(dim=1)
    return order.masked_fill(scenes.digits.gather(1, order) < 0, -1)


def apart(scenes: Scenes) -> Tensor:
    """Whether any two neighbours of a scene are far enough apart to be put in order: (N,) bool."""
    across = scenes.places[..., 0].gather(1, scenes.order.clamp(min=0))
    return ((across.diff(dim=1) >= APART) | (scenes.order[:, 1:] < 0)).all(dim=1)


def owners(scenes: Scenes) -> Tensor:
    """Which sticker covers most of each of L cells: (N, L) int64, row by row, and -1 where none covers enough."""
    numbers, found = torch.arange(1, scenes.digits.shape[1] + 1)[:, None, None], []
    for some in scenes.instances.split(200):  # at once, thousands of scenes would not fit into memory
        share = avg_pool2d((some[:, None] == numbers).float(), CELL).flatten(2)
        most, owner = share.max(dim=1)
        found.append(owner.masked_fill(most < COVERED, -1))
    return torch.cat(found)


def cell_names(scenes: Scenes) -> Tensor:
    """What each cell shows: (N, 2, rows, columns) int64, its sticker's digit + 1 and colour + 1, or 0 and 0."""
    owner, side = owners(scenes), scenes.instances.shape[-1] // CELL
    kinds = [kind.gather(1, owner.clamp(min=0)) + 1 for kind in (scenes.digits, scenes.colours)]
    return torch.stack(kinds, dim=1).masked_fill(owner[:, None] < 0, 0).unflatten(2, (side, side))


class Caption(NamedTuple):
    """A scene's caption: its `words`, and for each word the sticker that it is `about`, -1 for none."""

    words: list[str]
    about: list[int]


def captions(scenes: Scenes, language: Language = "English", order: Order = "left to right") -> list[Caption]:
    """Name the stickers of each scene in a stated order."""
    ranks, found = {"left to right": scenes.order, "by colour": by_colour(scenes)}[order], []
    for ranked, digits, colours in zip(ranks, scenes.digits, scenes.colours, strict=True):
        words, about = [], []
        for sticker in ranked[ranked >= 0].tolist():
            colour = COLOURS[language][COLOUR_NAMES[colours[sticker]]]
            names = {
                "{article}": "an" if colour[0] in "aeiou" else "a",
                "{colour}": colour,
                "{digit}": DIGITS[language][digits[sticker]],
            }
            words += [",", *(names.get(part, part) for part in PHRASES[language])]
            about += [-1, *(sticker if part in ABOUT else -1 for part in PHRASES[language])]
        found.append(Caption(words[1:], about[1:]))
    return found


class Annotated(NamedTuple):
    """Scenes as decoders get them: `annotations` (N, L, D), `captions`, and each cell's sticker, `owners` (N, L)."""

    scenes: Scenes
    annotations: Tensor
    captions: list[Caption]
    owners: Tensor

    @property
    def said(self) -> list[list[str]]:
        return [caption.words for caption in self.captions]

    def first(self, number: int) -> "Annotated":
        """So many of these scenes."""
        return Annotated(*(part[:number] for part in self))


def parse(words: Sequence[str]) -> list[tuple[str, str]]:
    """Read (colour, digit) off each phrase of a caption in any language; "" stands for what a phrase leaves out."""
    phrases = filter(None, (phrase.split() for phrase in " ".join(words).split(",")))
    kinds = {word for names in COLOURS.values() for word in names.values()}, set(sum(DIGITS.values(), []))
    return [tuple(next((w for w in phrase if w in kind), "") for kind in kinds) for phrase in phrases]


def by_slot(said: Sequence[Sequence[str]], truth: Sequence[Sequence[str]]) -> dict[str, float]:
    """Judge captions against the true ones, 0 to 1.

    Returns:
        "colour", "digit": of the true captions' phrases, the share whose colour or digit stands in the same place.
        "order": of the neighbouring phrases that were said, the share that name two stickers of the scene, by their
        colours, of which the second lies to the right of the first. "count": captions with as many phrases as there
        are stickers. "exact": captions right in every word.
    """
    right = {"colour": 0, "digit": 0, "order": 0, "count": 0, "exact": 0}
    phrases = pairs = 0
    for ours, theirs in zip(said, truth, strict=True):
        mine, true = parse(ours), parse(theirs)
        for slot, name in enumerate(("colour", "digit")):
            right[name] += sum(a[slot] == b[slot] for a, b in zip(mine, true, strict=False))
        order = [colour for colour, _ in true]
        ranks = [order.index(colour) if colour in order else None for colour, _ in mine]
        steps = list(zip(ranks, ranks[1:], strict=False))
        right["order"] += sum(None not in step and step[0] < step[1] for step in steps)
        right["count"] += len(mine) == len(true)
        right["exact"] += list(ours) == list(theirs)
        phrases, pairs = phrases + len(true), pairs + len(steps)
    whole = {"colour": phrases, "digit": phrases, "order": pairs}
    return {name: number / max(whole.get(name, len(truth)), 1) for name, number in right.items()}


def caption_batches(
    annotations: Tensor, said: Sequence[Sequence[str]], vocabulary: Vocabulary, size: int, seed: int
) -> Iterator[tuple[TeacherForced, Tensor]]:
    """Yield shuffled batches for ever, a fresh order each epoch: inputs whose source is (size, L, D), and targets.

    Raises:
        ValueError: there are fewer captions than a batch holds.
    """
    if not 1 <= size <= len(said):
        raise ValueError(f"A batch of {size} cannot be drawn from {len(said)} captions.")
    shown, targets = lessons(annotations, said, vocabulary)
    generator = seeds.generator(seed)
    while True:
        for chosen in torch.randperm(len(said), generator=generator)[: len(said) // size * size].split(size):
            yield TeacherForced(shown.source[chosen], shown.so_far[chosen]), targets[chosen]


def lessons(
    annotations: Tensor, said: Sequence[Sequence[str]], vocabulary: Vocabulary
) -> tuple[TeacherForced, Tensor]:
    """All captions as one batch: what a decoder is shown, and the words to say next (N, T)."""
    numbers = [vocabulary.encode(words) for words in said]
    shown, targets = teacher_forced(numbers, numbers)
    return TeacherForced(annotations, shown.so_far), targets
