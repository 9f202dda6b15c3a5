"""Decode a sentence word by word: greedily, or with a beam of several beginnings at once.

A model is anything with two methods, as the decoders of notebooks 06 and 07 have them: `begin(source)` gives a memory,
which is a NamedTuple of tensors whose first axis is the batch, and a state (B, size); `step(words, state, memory)`
gives scores (B, words), the next state, and attention weights (B, K) or None.
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

START, END = 1, 2  # the numbers of the marks that open and close a sentence


class Decoded(NamedTuple):
    """A decoded sentence.

    Attributes:
        words: their numbers, without START and END.
        score: mean log-probability of its words, END among them.
        weights: (words, K) attention at each word; None of a model without.
        ended: whether it reached END, and was not cut off.
    """

    words: list[int]
    score: float
    weights: Tensor | None
    ended: bool


@torch.no_grad()
def greedy(model: Any, source: Tensor, most: int = 40) -> list[Decoded]:
    """Say the likeliest word at each step, for all sources at once.

    Args:
        source: what `model.begin` takes, padded to one batch.
        most: words after which a sentence is cut off.
    """
    memory, state = model.begin(source)
    words = torch.full((len(source),), START, device=source.device)
    ended = torch.zeros(len(source), dtype=torch.bool, device=source.device)
    chosen, chances, attended = [], [], []
    while len(chosen) < most and not ended.all():
        scores, state, weights = model.step(words, state, memory)
        chance, words = scores.log_softmax(dim=-1).max(dim=-1)
        # Who has ended keeps silent while the others go on.
        words = words.masked_fill(ended, END)
        chosen.append(words)
        chances.append(chance.masked_fill(ended, 0))
        attended.append(weights)
        ended = ended | (words == END)
    every = torch.stack(attended, dim=1).cpu() if attended[0] is not None else [None] * len(source)
    rows = torch.stack(chosen, dim=1).tolist()
    totals = torch.stack(chances, dim=1).sum(dim=1).tolist()
    return [_decoded(*parts) for parts in zip(rows, totals, every, strict=True)]


@torch.no_grad()
def beam(model: Any, source: Tensor, most: int = 40, width: int = 5) -> list[list[Decoded]]:
    """Keep the `width` best beginnings of each sentence, and return them finished, best first.

    Beginnings are compared by their mean log-probability a word. By the sum, every word more would count against a
    sentence, and short ones would win (Wu et al. 2016 on length normalisation).

    Args:
        source, most: as `greedy`. width: 1 says what `greedy` says.

    Raises:
        ValueError: the width is below 1.
    """
    if width < 1:
        raise ValueError(f"width is {width}: a beam needs at least one beginning.")
    B = len(source)
    memory, state = model.begin(source)
    memory = type(memory)(*(part.repeat_interleave(width, dim=0) for part in memory))
    state = state.repeat_interleave(width, dim=0)
    first = torch.arange(B, device=source.device)[:, None] * width
    chosen = torch.full((B * width, 1), START, device=source.device)
    # All beginnings are the same at first: only one of them may go on, or the beam would hold copies.
    totals = torch.full((B, width), float("-inf"), device=source.device)
    totals[:, 0] = 0
    lengths, ended = torch.zeros_like(totals), torch.zeros_like(totals, dtype=torch.bool)
    attended = None
    for _ in range(most):
        scores, state, weights = model.step(chosen[:, -1], state, memory)
        chances = scores.log_softmax(dim=-1).view(B, width, -1)
        V = chances.shape[-1]
        # Who has ended stays as it is: END again, for nothing.
        silent = torch.full((V,), float("-inf"), device=source.device)
        silent[END] = 0
        chances = torch.where(ended[..., None], silent, chances)
        grown = lengths + ~ended
        sums = totals[..., None] + chances
        _, best = (sums / grown[..., None]).flatten(1).topk(width)
        totals, parent = sums.flatten(1).gather(1, best), best // V
        lengths, ended = grown.gather(1, parent), ended.gather(1, parent)
        words, rows = best % V, (first + parent).flatten()
        ended = ended | (words == END)
        chosen, state = torch.cat([chosen[rows], words.view(-1, 1)], dim=1), state[rows]
        if weights is not None:
            now = weights[rows][:, None]
            attended = now if attended is None else torch.cat([attended[rows], now], dim=1)
        if ended.all():
            break
    attended = None if attended is None else attended.cpu()
    words, scores, found = chosen[:, 1:].tolist(), totals.flatten().tolist(), []
    for start in range(0, B * width, width):
        # Where there are fewer words than beginnings, some hold no sentence, and their score is -inf.
        rows = [row for row in range(start, start + width) if math.isfinite(scores[row])]
        weights = [None if attended is None else attended[row] for row in rows]
        finished = [_decoded(words[row], scores[row], each) for row, each in zip(rows, weights, strict=True)]
        found.append(sorted(finished, key=lambda each: -each.score))
    return found


def _decoded(row: list[int], total: float, weights: Tensor | None) -> Decoded:
    """Cut a row of numbers at END, and the weights with it."""
    ended = END in row
    words = row[: row.index(END)] if ended else row
    return Decoded(
        words, total / (len(words) + ended), weights[: len(words)] if weights is not None else None, ended
    )
