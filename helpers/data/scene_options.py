"""What a scene may look like: one frozen set of options, checked when it is made."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Literal, get_args

from helpers.data.digits import MARGIN
from helpers.data.stickers import COLOUR_NAMES

Overlap = Literal["none", "free", "touching", "covering", "chain"]
Colouring = Literal["each", "free"]
HeightDistribution = Literal["uniform", "log-uniform"]
Range = tuple[float, float]  # the least and the most


@dataclass(frozen=True)
class SceneOptions:
    """How scenes are drawn; `dataclasses.replace` changes some options and keeps the others.

    Attributes:
        size: side of a scene in pixels.
        count: stickers a scene, 1 to 16, or the least and the most.
        height: least and greatest height of a digit in pixels. Where large stickers leave no room for the next
            one, the next one is made smaller, never below the least.
        height_distribution: "uniform", or "log-uniform": as many digits of 12 to 24 pixels as of 24 to 48.
        rotation: greatest turn either way, in degrees.
        overlap: "none" keeps stickers apart; "free" lets later ones cover earlier ones. The others link stickers:
            "touching" sets the second against the first and the fourth against the third, none covering another;
            "covering" lays the second over a part of the first, the fourth over a part of the third;
            "chain" sets each sticker of a chain against the one before it. Only the first one of a chain shows ink,
            and its digit is the label of all. The others are blank, in the outline of a digit of their own that is
            drawn independently: their own pixels say nothing about their label. Chains do not touch one another.
        covered: for "covering", least and greatest share of the first sticker that the second hides.
        chain: for "chain", how many stickers make one: sticker k belongs to chain k // chain.
        same_class: how likely the second sticker is made another digit of the first one's class, and the fourth of the
            third's; at 0 they are of one class by chance alone.
        hidden: least and greatest share of a sticker's ink that is not printed, 0 to 0.9: a straight cut in a random
            direction leaves the backing bare on one side. The labels say nothing of it.
        colours: the names to choose from, out of `COLOUR_NAMES`.
        colouring: "each" gives the stickers of a scene colours of their own, as far as `colours` goes; "free" draws
            each by chance, so that colours repeat.
        column_gap: least distance of two centres from left to right, in pixels (in a clip: in its first frame).
        frames: 1 for a still; more for a clip in which stickers drift, bounce off the edges and may cover one
            another (only the first frame keeps to `overlap`).
        event: in a clip, let a scene's last sticker be seen in one frame only, on top, at a time drawn uniformly.
        chunk: scenes drawn at a time, which bounds memory and takes part in what is drawn.

    Raises:
        ValueError: an option out of its range; the message says what to change.
    """

    size: int = 128
    count: int | tuple[int, int] = (1, 3)
    height: Range = (32, 72)
    height_distribution: HeightDistribution = "uniform"
    rotation: float = 20
    overlap: Overlap = "none"
    covered: Range = (0.2, 0.6)
    chain: int = 3
    same_class: float = 0
    hidden: Range = (0, 0)
    colours: tuple[str, ...] = COLOUR_NAMES
    colouring: Colouring = "each"
    column_gap: float = 0
    frames: int = 1
    event: bool = False
    chunk: int = 256

    def __post_init__(self) -> None:
        for fault in self._faults():
            raise ValueError(f"Cannot draw these scenes: {fault}.")

    @property
    def counts(self) -> tuple[int, int]:
        """The least and the most stickers a scene."""
        low, high = self.count if isinstance(self.count, tuple | list) else (self.count, self.count)
        return low, high

    @property
    def linked(self) -> int:
        """How many stickers in a row are set against one another or cover one another."""
        return {"touching": 2, "covering": 2, "chain": self.chain}.get(self.overlap, 1)

    def _faults(self) -> Iterator[str]:
        """Say what cannot be drawn, the first fault first; a later check may rely on the earlier ones."""
        if not is_whole(self.size, 16):
            yield f"size is {self.size} pixels: a scene needs at least 16, by an integer"
        if isinstance(self.count, tuple | list) and len(self.count) != 2:
            yield f"count is {self.count}: give one number, or the least and the most"
        low, high = self.counts
        if not (is_whole(low, 1, 16) and is_whole(high, low, 16)):
            yield f"count is {self.counts}: give 1 to 16 stickers, by integers, the least first"
        if not _is_range(self.height, 8, math.inf):
            yield f"height is {self.height}: give at least 8 pixels, the least first"
        whole = self.height[0] * (1 + 2 * MARGIN)
        if whole > self.size:
            yield (
                f"digits of {self.height[0]} pixels are {whole:.0f} pixels with their backing, and a scene of "
                f"{self.size} cannot hold that: make the scene larger or the least height smaller"
            )
        for name, kinds in _CHOICES.items():
            if getattr(self, name) not in kinds:
                yield f"{name} is {getattr(self, name)!r}: expected one of {', '.join(kinds)}"
        if self.linked > 1 and high < 2:
            yield f"overlap={self.overlap!r} needs at least two stickers: raise count"
        if not is_whole(self.chain, 2):
            yield f"chain is {self.chain}: give at least 2 stickers, by an integer"
        if not _is_range(self.covered, 0.01, 1):
            yield f"covered is {self.covered}: give shares of a sticker, 0.01 to 1, the least first"
        if not _is_between(self.same_class, 0, 1):
            yield f"same_class is {self.same_class}: give a chance, 0 to 1"
        if self.same_class and self.overlap == "chain":
            yield "a chain draws each outline independently of its label: leave same_class at 0"
        if not _is_between(self.rotation, 0, 180):
            yield f"rotation is {self.rotation}: give 0 to 180 degrees"
        if not _is_range(self.hidden, 0, 0.9):
            yield f"hidden is {self.hidden}: give shares of the ink, 0 to 0.9, the least first"
        if not isinstance(self.colours, tuple | list) or not self.colours:
            yield f"colours is {self.colours!r}: give a tuple of at least one name"
        for name in self.colours:
            if name not in COLOUR_NAMES:
                yield f"there is no colour {name!r}: choose from {', '.join(COLOUR_NAMES)}"
        if not (_is_between(self.column_gap, 0, self.size) and self.column_gap * (high - 1) < self.size):
            yield f"column_gap is {self.column_gap}: {high} stickers must find room in {self.size} pixels"
        if not is_whole(self.frames, 1):
            yield f"frames is {self.frames}: a still has 1, a clip more, by an integer"
        if self.event and self.frames < 2:
            yield "an event needs a clip: raise frames"
        if not is_whole(self.chunk, 1):
            yield f"chunk is {self.chunk}: draw at least one scene at a time"


_CHOICES = {
    "overlap": get_args(Overlap),
    "colouring": get_args(Colouring),
    "height_distribution": get_args(HeightDistribution),
}


def is_whole(value: object, least: int, most: float = math.inf) -> bool:
    """Whether a value is an integer of Python's or NumPy's in a range."""
    return isinstance(value, Integral) and least <= value <= most


def _is_between(value: object, least: float, most: float) -> bool:
    return isinstance(value, Real) and least <= value <= most and math.isfinite(value)


def _is_range(value: object, least: float, most: float) -> bool:
    """Whether a value is a pair of finite numbers within bounds, the least first."""
    pair = isinstance(value, tuple | list) and len(value) == 2
    return pair and _is_between(value[0], least, most) and _is_between(value[1], value[0], most)
