"""Questions about scenes, with answers and places known exactly; twins of scenes that flip an answer; clips."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from helpers import seeds
from helpers.captioning.data import DIGITS, NAMED
from helpers.data.scenes import COLOUR_NAMES, Scenes, make_scenes
from helpers.data.splits import Split
from helpers.data.tokens import PAD

SIDE = 72  # pixels along a scene; its cells are as large as in notebook 06: 6 x 6 places
FRAMES, FRAME = 12, 48  # frames of a clip, and pixels along one: 4 x 4 places
GAP = 6  # pixels at least between the centres of two stickers, from left to right
HEIGHTS = (14, 17)  # of a digit, in pixels
MOST = 3  # stickers of one colour that a counting question may ask for

NUMBERS = DIGITS["English"]
ANSWERS = [*NUMBERS, "none"]
Kind = Literal["direct", "beside", "none", "count"]
TEMPLATES: dict[Kind, str] = {
    "direct": "which digit is {colour} ?",
    "beside": "which digit is {side} of the {colour} sticker ?",
    "none": "which digit is {colour} ?",
    "count": "how many stickers are {colour} ?",
}
SIDES = {
    "direct": {"": 0},
    "none": {"": 0},
    "beside": {"left": -1, "right": 1},
}  # of each kind: how many stickers away
WHICH: tuple[Kind, ...] = ("direct", "beside")
HARD: tuple[Kind, ...] = ("none", "count")
FIXED = [word for template in TEMPLATES.values() for word in template.split() if "{" not in word]
WORDS = ["<pad>", *dict.fromkeys([*FIXED, "left", "right", *NAMED])]
NUMBER_OF = {word: number for number, word in enumerate(WORDS)}
LONGEST = max(len(template.split()) for template in TEMPLATES.values())


def draw_scenes(
    number: int, seed: int, split: Split = "train", count: int | tuple[int, int] = 4, **changes
) -> Scenes:
    """Draw scenes of small stickers, each of its own colour, while digits repeat; `changes` go to `make_scenes`."""
    options = {"size": SIDE, "height": HEIGHTS, "rotation": 10, "column_gap": GAP, "colours": NAMED}
    return make_scenes(number, seed, split, count=count, **options | changes)


def draw_twins(number: int, seed: int, split: Split = "test", count: int = 4) -> tuple[Scenes, Scenes]:
    """Draw scenes twice, and give every sticker another colour the second time: all else is the same."""
    # A colour is drawn as a place in the list of names, so that a turned list repaints the same scenes.
    turned = NAMED[1:] + NAMED[:1]
    return tuple(draw_scenes(number, seed, split, count, colours=names) for names in (NAMED, turned))


def draw_clips(number: int, seed: int, split: Split = "train") -> Scenes:
    """Draw clips of two drifting stickers; a third is seen in one frame only, the event."""
    return make_scenes(
        number, seed, split, size=FRAME, height=HEIGHTS, rotation=10, colours=NAMED, count=3, frames=FRAMES,
        event=True, chunk=128,
    )  # fmt: skip


class Question(NamedTuple):
    """A question about one scene.

    Attributes:
        scene: its number. words, answer: in English; the answer is one of `ANSWERS`.
        asked, about: the sticker that the question names, and the one that the answer is about; -1 for none.
    """

    scene: int
    kind: Kind
    words: tuple[str, ...]
    answer: str
    asked: int = -1
    about: int = -1


def all_questions(scenes: Scenes, kinds: Sequence[Kind] = WHICH) -> Iterator[Question]:
    """Every question of some kinds that has one right answer, scene by scene."""
    rows = zip(scenes.digits.tolist(), scenes.colours.tolist(), scenes.order.tolist(), strict=True)
    for scene, (digits, colours, order) in enumerate(rows):
        order = [sticker for sticker in order if sticker >= 0]
        holders = defaultdict(list)
        for place, sticker in enumerate(order):
            holders[COLOUR_NAMES[colours[sticker]]].append(place)
        for kind in kinds:
            for colour, side, answer, *places in _of_kind(kind, holders, [digits[k] for k in order]):
                about = (order[place] for place in places)
                yield Question(scene, kind, worded(kind, colour, side), answer, *about)


def worded(kind: Kind, colour: str, side: str = "") -> tuple[str, ...]:
    """The words of a question."""
    return tuple(TEMPLATES[kind].format(colour=colour, side=side).split())


def _of_kind(kind: Kind, holders: dict[str, list[int]], digits: list[int]) -> Iterator[tuple]:
    """Colour, side, answer, and the places (from left to right) of the stickers asked and told about."""
    for colour in NAMED if kind in HARD else holders:
        found = holders.get(colour, [])
        if kind == "count":
            if len(found) <= MOST:
                yield colour, "", NUMBERS[len(found)]
        elif kind == "none" and not found:
            yield colour, "", "none"
        elif len(found) == 1:
            for side, step in SIDES[kind].items():
                place = found[0] + step
                if 0 <= place < len(digits):
                    yield colour, side, NUMBERS[digits[place]], found[0], place


def side_of(words: Sequence[str]) -> str:
    """ "left", "right", or "" where a question has neither."""
    return next((word for word in words if word in ("left", "right")), "")


def balanced(questions: Sequence[Question], seed: int) -> list[Question]:
    """Keep equally many questions of each template, and of those equally many with each answer."""
    groups: dict[tuple[Kind, str], dict[str, list[Question]]] = defaultdict(lambda: defaultdict(list))
    for each in questions:
        groups[each.kind, side_of(each.words)][each.answer].append(each)
    # Templates differ in how many answers they have: each gives the same number of questions, up to a remainder.
    most = min(len(answers) * min(map(len, answers.values())) for answers in groups.values())
    generator, kept = seeds.generator(seed), []
    for answers in groups.values():
        for group in answers.values():
            order = torch.randperm(len(group), generator=generator)[: most // len(answers)]
            kept += [group[place] for place in order.tolist()]
    return kept


def flipped(questions: Sequence[Question], twins: Sequence[Question]) -> list[tuple[Question, Question]]:
    """Pairs of one question about both twins of a scene that has another answer for each."""
    other = {(each.scene, each.words): each for each in twins}
    pairs = [(each, other.get((each.scene, each.words))) for each in questions]
    return [(each, twin) for each, twin in pairs if twin and twin.answer != each.answer]


def encode(words: Sequence[str]) -> Tensor:
    """The numbers of a question's words, (LONGEST,) int64.

    Raises:
        ValueError: one text instead of words, no word, too many, or an unknown one.
    """
    if isinstance(words, str):
        raise ValueError(f"encode takes a list of words, not the text {words!r}: .split() makes one.")
    if not 0 < len(words) <= LONGEST:
        raise ValueError(f"A question has 1 to {LONGEST} words, got {len(words)}.")
    unknown = [word for word in words if word not in NUMBER_OF]
    if unknown:
        raise ValueError(f"There is no word {unknown[0]!r}. The words are: {', '.join(WORDS[1:])}.")
    return torch.tensor([*(NUMBER_OF[word] for word in words), *[PAD] * (LONGEST - len(words))])
