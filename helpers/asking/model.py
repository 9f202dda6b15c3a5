"""Ask, attend and answer in small (Xu and Saenko 2015), and attention over the frames of a clip (Yao et al. 2015)."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from helpers import ops
from helpers.captioning.model import PAD, NamingEncoder

Look = Literal["attention", "mean", "nothing", "truth", "gates"]
Pool = Literal["attention", "mean", "max"]


class Encoder(NamingEncoder):
    """Notebook 06's encoder with D numbers a place: what a cell shows is read off these D alone.

    `forward` maps (B, 3, S, S) to scores of digits (B, 11, S / 12, S / 12) and of colours (B, 9, S / 12, S / 12).
    """

    def __init__(self, channels: int = 64):
        super().__init__()
        self.features.append(nn.Conv2d(64, channels, 1))
        self.features.append(nn.ReLU())
        self.names = nn.Conv2d(channels, self.names.out_channels, 1)

    def frame_names(self, images: Tensor) -> Tensor:
        """What a frame shows anywhere: (B, 20), of each name the greatest probability in any cell."""
        digits, colours = self(images)
        return torch.cat([part.softmax(dim=1).amax(dim=(2, 3)) for part in (digits, colours)], dim=1)


@dataclass(frozen=True)
class Asked:
    """Questions as a network gets them; they go to a device like a tensor.

    Attributes:
        annotations: (B, L, D). words: (B, T) int64, padded with 0.
        truth: (B, 2, L) bool, the cells of the sticker that is asked for, and of the one that the answer is about.
    """

    annotations: Tensor
    words: Tensor
    truth: Tensor

    def __len__(self) -> int:
        return len(self.words)

    def to(self, device: torch.device) -> "Asked":
        return Asked(*(part.to(device) for part in (self.annotations, self.words, self.truth)))


class Answer(NamedTuple):
    """What comes out: `scores` (B, answers), and `weights` (B, hops, L), where each hop looked."""

    scores: Tensor
    weights: Tensor


class Hop(nn.Module):
    """One look: score the places by what is asked, then read them; `linear` leaves the tanh out."""

    def __init__(self, channels: int, size: int, linear: bool = False):
        super().__init__()
        self.key = nn.Linear(channels, size)
        self.query = nn.Linear(size, size, bias=False)
        self.offset = nn.Linear(2, size, bias=False)
        self.v = nn.Linear(size, 1, bias=False)
        self.value = nn.Linear(channels, size)
        self.bend = nn.Identity() if linear else nn.Tanh()

    def scores(self, asking: Tensor, annotations: Tensor, offset: Tensor) -> Tensor:
        """(B, 1, L), from the query (B, size), and how far each place is from the last look (B, L, 2), in cells."""
        return self.v(self.bend(self.query(asking)[:, None] + self.key(annotations) + self.offset(offset))).mT


class Asker(nn.Module):
    """Answer a question about annotations (B, L, channels), whose last two are x and y; look once a hop.

    Args:
        words, answers: how many there are to know, and to choose from.
        look: "attention"; "mean" gives every place the same weight; "nothing" reads none; "truth" looks where the
            sticker in question is; "gates" gives each place a weight of its own, by a sigmoid, and adds up.
        reads: whether the question is read at all.
        relative: whether a later hop is told how far each place is from where the last one looked.
        linear: leave the tanh out of every score.
    """

    def __init__(
        self, words: int, answers: int, channels: int, hops: int = 2, size: int = 64, *, look: Look = "attention",
        reads: bool = True, relative: bool = True, linear: bool = False,
    ):  # fmt: skip
        super().__init__()
        self.look, self.reads, self.relative = look, reads, relative
        self.guide = nn.Embedding(words, size, padding_idx=PAD)  # what the first look is for
        self.embed = nn.Embedding(words, size, padding_idx=PAD)  # what the rest is to know of the question
        # A word that has not been learned is not to move the first look.
        nn.init.normal_(self.guide.weight[PAD + 1 :], std=0.1)
        self.answer = nn.Sequential(
            nn.ReLU(), nn.Linear(size, 2 * size), nn.ReLU(), nn.Linear(2 * size, answers)
        )
        self.hops = nn.ModuleList(Hop(channels, size, linear) for _ in range(hops))
        self.taken = hops  # hops taken; the first is taught alone

    def forward(self, asked: Asked) -> Answer:
        check_asked(asked)
        seen, place, weights = asked.annotations, asked.annotations[..., -2:], []
        # A sum of nine words, the most that a question has, spreads three times as wide as one.
        told = self.embed(asked.words).sum(dim=1) / 3 * self.reads  # (B, size)
        asking = self.guide(asked.words).sum(dim=1) * self.reads
        offset, cells = torch.zeros_like(place), seen.shape[1] ** 0.5
        for number, hop in enumerate(self.hops[: self.taken]):
            truth = asked.truth[:, number - self.taken, None]
            context, where = self.read(hop.scores(asking, seen, offset), hop.value(seen), truth)
            asking = told = told + context[:, 0]
            weights.append(where)
            if self.relative:
                offset = (place - where @ place) * cells / 2  # from -1..1 to cells
        return Answer(self.answer(told), torch.cat(weights, dim=1))

    def read(self, scores: Tensor, value: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
        """What is read of the values (B, L, size) by scores (B, 1, L), (B, 1, size), and the weights (B, 1, L)."""
        if self.look == "gates":
            return scores.sigmoid() @ value, scores.sigmoid()
        if self.look != "attention":
            scores = torch.zeros_like(scores)
        mask = truth if self.look == "truth" else torch.full_like(truth, self.look != "nothing")
        return ops.attend(scores, value, mask)

    def keep_first_look(self) -> None:
        """Let training change the first look no more; what it reads may still change."""
        first = self.hops[0]
        for part in (self.guide, first.key, first.query, first.offset, first.v):
            part.requires_grad_(False)


class Watcher(nn.Module):
    """Say which digit is seen in one frame only, from frames (B, T, D); the whole clip's mean is the query.

    Every pooling's answer is made of what was pooled and of the mean.
    """

    def __init__(self, channels: int, size: int = 64, pool: Pool = "attention"):
        super().__init__()
        self.pool = pool
        self.key = nn.Linear(channels, size)
        self.query = nn.Linear(channels, size, bias=False)
        self.v = nn.Linear(size, 1, bias=False)
        self.answer = nn.Sequential(nn.Linear(2 * channels, 2 * size), nn.ReLU(), nn.Linear(2 * size, 10))

    def forward(self, frames: Tensor) -> Answer:
        advice = "`Encoder.frame_names` makes them of images; one clip needs frames[None]."
        ops.check_numbers(frames, "frames", "B, T, D", advice)
        whole = frames.mean(dim=1, keepdim=True)  # (B, 1, D)
        scores = self.v((self.key(frames) + self.query(whole)).tanh()).mT  # (B, 1, T)
        if self.pool != "attention":
            scores = torch.zeros_like(scores)
        pooled, weights = ops.attend(scores, frames, torch.ones_like(scores, dtype=torch.bool))
        if self.pool == "max":
            pooled = frames.amax(dim=1, keepdim=True)
        return Answer(self.answer(torch.cat([pooled, whole], dim=-1)[:, 0]), weights)


def check_asked(asked: Asked) -> None:
    """Raise ValueError unless annotations, words and cells fit together and are finite."""
    advice = "`Encoder.annotate` makes them of images."
    ops.check_numbers(asked.annotations, "annotations", "B, L, D", advice)
    ops.check_tensor(asked.words, "words")
    ops.check_tensor(asked.truth, "truth")
    B, L, _ = asked.annotations.shape
    if asked.words.ndim != 2 or len(asked.words) != B or asked.truth.shape != (B, 2, L):
        raise ValueError(
            f"Expected annotations (B, L, D), words (B, T) and truth (B, 2, L), got "
            f"{tuple(asked.annotations.shape)}, {tuple(asked.words.shape)} and {tuple(asked.truth.shape)}."
        )
    if asked.words.is_floating_point() or asked.truth.dtype != torch.bool:
        raise ValueError(
            f"Expected words in int64 and truth in bool, got {asked.words.dtype}, {asked.truth.dtype}."
        )
