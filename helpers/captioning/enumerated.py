"""Hard attention where every glimpse can be listed, so that its gradients are exact.

A reader says T words over L places and looks at one place before each. With L = 9 and T = 1 there are nine ways to
look, with T = 3 there are 729. A path s is one place for each word, q(s) its probability under the attention, p(y | s)
that of the words y after it. Three objectives meet here, and they differ:

    marginal  log sum_s q(s) p(y | s)     what hard attention promises (Deng et al. 2018)
    bound     sum_s q(s) log p(y | s)     what its sampled training climbs (Xu et al. 2015)
    soft      log p(y | mean annotations) what soft attention climbs
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from helpers import seeds

Choose = Callable[[Tensor], Tensor]  # (S, L) log attention -> (S, L) weights: a place, or a mixture of places


class Paths(NamedTuple):
    """All N = L ** T paths, and what is known of each."""

    places: Tensor  # (N, T), where it looks
    log_q: Tensor  # (N,), its log probability
    log_p: Tensor  # (N,), that of the words after it
    slopes: Tensor  # (N, T, L), the gradient of log_q with respect to the scores


@dataclass(frozen=True)
class Reader:
    """A decoder with nothing left to learn but its attention scores."""

    annotations: Tensor  # (L, D), what there is to see at each place
    output: Tensor  # (V, D), scores of V words for what was seen
    recur: Tensor  # (D, D), how a glimpse bears on later words and glimpses; with zeros the words are independent
    words: tuple[int, ...]  # the T words to say, each in 0..V-1
    scores: Tensor  # (T, L), finite, in floating point

    def __post_init__(self) -> None:
        wanted, found = (len(self.words), len(self.annotations)), tuple(self.scores.shape)
        if found != wanted or not self.scores.isfinite().all():
            raise ValueError(f"The scores must be finite, of shape (words, places) = {wanted}, got {found}.")

    def say(self, scores: Tensor, choose: Choose) -> tuple[Tensor, Tensor]:
        """Say the words, looking where `choose` says, with scores (S, T, L) for S samples at once.

        Returns:
            log q of the places chosen (of one-hot weights only) and log p of the words, both (S,).
        """
        state = scores.new_zeros(len(scores), self.annotations.shape[1])
        log_q = log_p = scores.new_zeros(len(scores))
        for t, word in enumerate(self.words):
            log_attention = (scores[:, t] + state @ self.annotations.T).log_softmax(dim=-1)
            weights = choose(log_attention)
            seen = weights @ self.annotations + state
            log_q = log_q + (weights * log_attention).sum(dim=-1)
            log_p = log_p + (seen @ self.output.T).log_softmax(dim=-1)[:, word]
            state = torch.tanh(seen @ self.recur)
        return log_q, log_p

    def copies(self, samples: int) -> Tensor:
        """Give each sample scores of its own, (samples, T, L), so that one backward pass keeps gradients apart."""
        return self.scores.detach().expand(samples, -1, -1).clone().requires_grad_()

    @cached_property
    def paths(self) -> Paths:
        """Every path, with its probabilities and its slope."""
        T, L = self.scores.shape
        places = torch.cartesian_prod(*[torch.arange(L)] * T).reshape(-1, T)
        glimpses = iter(F.one_hot(places, L).to(self.scores.dtype).unbind(dim=1))
        scores = self.copies(len(places))
        log_q, log_p = self.say(scores, lambda log_attention: next(glimpses))
        (slopes,) = torch.autograd.grad(log_q.sum(), scores)
        return Paths(places, log_q.detach(), log_p.detach(), slopes)


def nine_cells(words: tuple[int, ...] = (0,), seed: int = 0) -> Reader:
    """Make a 3 x 3 scene of coloured digits, and a reader whose scores do not know yet where to look.

    Words 0, 1, 2 are colours, 3, 4, 5 digits. Each cell shows one of both, with noise such as an encoder would leave.
    """
    generator = seeds.generator(seed)
    colours, digits = torch.randint(3, (2, 9), generator=generator)
    clean = torch.cat([F.one_hot(colours, 3), F.one_hot(digits, 3)], dim=-1).double()
    annotations = clean + 0.25 * torch.randn(clean.shape, generator=generator, dtype=clean.dtype)
    recur = 0.7 * torch.randn(6, 6, generator=generator, dtype=clean.dtype)
    scores = torch.randn(len(words), 9, generator=generator, dtype=clean.dtype)
    return Reader(annotations, 4 * torch.eye(6, dtype=clean.dtype), recur, words, scores)


class Objective(NamedTuple):
    """A value, and its gradient (T, L) with respect to the scores."""

    value: float
    gradient: Tensor


def marginal(reader: Reader) -> Objective:
    """log sum_s q(s) p(y | s). Its gradient weighs each path's slope by the posterior q(s | y)."""
    _, log_q, log_p, slopes = reader.paths
    joint = log_q + log_p
    return Objective(joint.logsumexp(0).item(), weighted(joint.softmax(0), slopes))


def bound(reader: Reader) -> Objective:
    """sum_s q(s) log p(y | s), at or below the marginal by Jensen's inequality."""
    _, log_q, log_p, slopes = reader.paths
    return Objective((log_q.exp() @ log_p).item(), weighted(log_q.exp() * log_p, slopes))


def soft(reader: Reader) -> Objective:
    """log p(y | mean annotations): each glimpse is the mixture that soft attention takes."""
    scores = reader.copies(1)
    log_p = reader.say(scores, torch.exp)[1]
    return Objective(log_p.item(), torch.autograd.grad(log_p.sum(), scores)[0][0])


def weighted(weights: Tensor, slopes: Tensor) -> Tensor:
    """Sum slopes (..., N, T, L) by weights (..., N)."""
    return torch.einsum("...n,...ntl->...tl", weights, slopes)
