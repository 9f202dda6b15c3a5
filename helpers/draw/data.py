"""Pictures to draw, two small digits on a large canvas in black and white; and texts with the strokes that key them."""

import math
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor
from torch.nn.utils.rnn import pad_sequence

from helpers import seeds
from helpers.data import morse
from helpers.data.digits import handwritten_digits
from helpers.data.public.handwriting import mnist
from helpers.data.splits import Split
from helpers.draw.keyer import END, Keyed

SIDE, DIGIT = 40, 16  # pixels of the canvas, and of a digit's box
THRESHOLD = 0.4  # ink above it is white: the one binarisation of these pictures
HAND = morse.Hand()


class Pictures(NamedTuple):
    """Pictures `images` (N, H, W) uint8 of 0 and 1, and each digit's box `corners` (N, 2, 2): row and column."""

    images: Tensor
    corners: Tensor


@cache
def small_digits(split: Split) -> Tensor:
    """A split's digits shrunk to DIGIT x DIGIT and made black and white: (N, DIGIT, DIGIT) uint8 of 0 and 1."""
    digits, _ = handwritten_digits(split)
    shrunk = F.interpolate(digits[:, None].float() / 255, size=(DIGIT, DIGIT), mode="area")
    return (shrunk[:, 0] > THRESHOLD).to(torch.uint8)


@cache
def _apart() -> Tensor:
    """All pairs of corners whose boxes do not overlap: (M, 2, 2), row and column of both."""
    along = torch.arange(SIDE - DIGIT + 1)
    corners = torch.cartesian_prod(along, along)
    far = (corners[:, None] - corners).abs().amax(dim=-1) >= DIGIT
    return corners[far.nonzero()]


def two_digits(number: int, generator: Generator, split: Split = "train") -> Pictures:
    """Draw pictures of two digits that do not overlap."""
    bank, pairs = small_digits(split), _apart()
    ink = bank[torch.randint(len(bank), (number, 2), generator=generator)]
    corners = pairs[torch.randint(len(pairs), (number,), generator=generator)]
    along = torch.arange(DIGIT)
    rows = (corners[..., 0, None] + along)[..., None]  # (N, 2, DIGIT, 1)
    columns = (corners[..., 1, None] + along)[..., None, :]
    images = torch.zeros(number, SIDE, SIDE, dtype=torch.uint8)
    images[torch.arange(number)[:, None, None, None], rows, columns] = ink
    return Pictures(images, corners)


def picture_batches(size: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield batches for ever, new pictures each time, as inputs and as targets: (size, SIDE, SIDE) float32, twice."""
    generator = seeds.generator(seed)
    while True:
        images = two_digits(size, generator).images.float()
        yield images, images


@cache
def binary_mnist(split: Split = "train") -> Tensor:
    """MNIST's digits in black and white, (60000 or 10000, 28, 28) uint8: each pixel drawn once, with its grey's chance.

    So Salakhutdinov and Murray (2008) did; their own draw is another, so that tenths of a nat may differ.

    Raises:
        DataError, OfflineError: as `mnist`.
    """
    images = mnist("test" if split == "test" else "train").images
    chances = torch.rand(images.shape, generator=seeds.generator(0 if split == "train" else 1))
    return (images.float() / 255 > chances).to(torch.uint8)


def image_batches(images: Tensor, size: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield batches of stored pictures (N, H, W) uint8 of 0 and 1 for ever, as inputs and as targets."""
    generator = seeds.generator(seed)
    while True:
        chosen = images[torch.randint(len(images), (size,), generator=generator)].float()
        yield chosen, chosen


@cache
def keyed_texts(
    number: int, lengths: Sequence[int], seed: int, split: Split = "train"
) -> tuple[list[str], Keyed]:
    """Texts, and how a hand each keyed them, padded to the longest: what a keyer learns from."""
    words = morse.texts(number, lengths, seed, split)
    letters = pad_sequence([letter_numbers(text) for text in words], batch_first=True)
    keyings = [_log_dots(morse.keyed(text, seed * number + i, HAND)) for i, text in enumerate(words)]
    strokes = pad_sequence(keyings, batch_first=True)
    place, last = torch.arange(strokes.shape[1]), torch.tensor([[len(each) - 1] for each in keyings])
    return words, Keyed(letters, strokes, (place == last).float(), place <= last)


def _log_dots(keying: morse.Keying) -> Tensor:
    """Its strokes (M, 2): logarithms of how long the key is down, and up after, in dots of the mean hand."""
    down, up = torch.from_numpy(keying.strokes).unbind(dim=1)
    pauses = torch.cat([down[1:] - up[:-1], torch.tensor([HAND.dot])])  # after the last there is none
    return (torch.stack([up - down, pauses], dim=1) / HAND.dot).log().float()


def letter_numbers(text: str) -> Tensor:
    """A text as numbers, A is 1, and the end mark after it: (letters + 1,) int64."""
    morse.check_text(text)
    return torch.tensor([*(morse.LETTERS.index(letter) + 1 for letter in text), END])


def key_batches(texts: Keyed, size: int, seed: int) -> Iterator[tuple[Keyed, Keyed]]:
    """Yield batches of keyed texts for ever, as inputs and as targets."""
    generator = seeds.generator(seed)
    while True:
        chosen = torch.randint(len(texts.letters), (size,), generator=generator)
        some = Keyed(*(part[chosen] for part in texts))
        yield some, some


def signals(strokes: Tensor, length: int) -> str:
    """Read strokes (M, 2), log dots, as dots and dashes, with a space where a letter ends: nearer to 1 dot, or to 3."""
    middle = math.log(morse.DASH) / 2
    marks = ["-" if down > middle else "." for down in strokes[:length, 0].tolist()]
    gaps = [" " if up > middle else "" for up in strokes[: length - 1, 1].tolist()]
    return "".join(mark + gap for mark, gap in zip(marks, [*gaps, ""], strict=True))
