"""Estimates of hard attention's gradient from samples, to be held against the exact ones of `enumerated`.

Every estimator returns (trials, T, L): as many estimates, each the mean of `batch` samples, so that estimators are
compared at equal numbers of glimpses.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from statistics import NormalDist
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from helpers import seeds
from helpers.captioning.enumerated import Choose, Reader, soft, weighted


def reinforce(reader: Reader, trials: int, batch: int, generator: Generator) -> Tensor:
    """Weigh each sampled path's slope by its reward log p (Williams 1992): unbiased."""
    return weighted(*_sampled(reader, trials, batch, generator)) / batch


def moving_baseline(reader: Reader, trials: int, batch: int, generator: Generator) -> Tensor:
    """REINFORCE less a moving average of earlier rewards, from 0 on (Xu et al. 2015): unbiased."""
    rewards, slopes = _sampled(reader, trials, batch, generator)
    means = rewards.mean(dim=1).tolist()
    averages = list(accumulate(means, lambda old, new: 0.9 * old + (1 - 0.9) * new, initial=0.0))[:-1]
    return weighted(rewards - rewards.new_tensor(averages)[:, None], slopes) / batch


def leave_one_out(reader: Reader, trials: int, batch: int, generator: Generator) -> Tensor:
    """REINFORCE less the mean reward of the batch's other samples (Kool et al. 2019): unbiased."""
    if batch < 2:
        raise ValueError("Leaving one out of a batch of 1 leaves nothing: draw at least 2 samples.")
    rewards, slopes = _sampled(reader, trials, batch, generator)
    others = (rewards.sum(dim=1, keepdim=True) - rewards) / (batch - 1)
    return weighted(rewards - others, slopes) / batch


def coin(reader: Reader, trials: int, batch: int, generator: Generator) -> Tensor:
    """Toss one coin a batch: REINFORCE with a moving baseline, or the soft mixture's gradient (Xu et al. 2015).

    So does the authors' code; the paper tosses one for each image. The mean lies halfway between the bound's gradient
    and soft attention's.
    """
    hard = moving_baseline(reader, trials, batch, generator)
    heads = torch.rand(trials, 1, 1, generator=generator) < 0.5
    return torch.where(heads, hard, soft(reader).gradient)


def straight_through(reader: Reader, trials: int, batch: int, generator: Generator) -> Tensor:
    """Look at one sampled place, and let the gradient pass as if it had been the mixture (Bengio et al. 2013)."""

    def choose(log_attention: Tensor) -> Tensor:
        attention = log_attention.exp()
        place = torch.multinomial(attention.detach(), 1, generator=generator)[:, 0]
        # The brackets keep the value exactly one-hot; added one by one, it would be rounded.
        return F.one_hot(place, attention.shape[-1]) + (attention - attention.detach())

    return _through_glimpses(reader, trials, batch, choose)


def gumbel_softmax(
    reader: Reader, trials: int, batch: int, generator: Generator, temperature: float
) -> Tensor:
    """Look at a random mixture, softmax((log a + Gumbel noise) / temperature) (Jang et al., Maddison et al. 2017).

    Cold mixtures are nearly single places: less bias from the bound's gradient, more variance.
    """
    if not temperature > 0:
        raise ValueError(f"The temperature is {temperature}: it must be above 0.")

    def choose(log_attention: Tensor) -> Tensor:
        # Minus the log of an exponential variate is a Gumbel variate.
        noise = -torch.empty_like(log_attention).exponential_(generator=generator).log()
        return ((log_attention + noise) / temperature).softmax(dim=-1)

    return _through_glimpses(reader, trials, batch, choose)


def _sampled(reader: Reader, trials: int, batch: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Draw paths by q; give their rewards (trials, batch) and slopes (trials, batch, T, L)."""
    _, log_q, log_p, slopes = reader.paths
    chosen = torch.multinomial(log_q.exp(), trials * batch, replacement=True, generator=generator)
    return log_p[chosen].unflatten(0, (trials, batch)), slopes[chosen].unflatten(0, (trials, batch))


def _through_glimpses(reader: Reader, trials: int, batch: int, choose: Choose) -> Tensor:
    """Differentiate log p through the chosen weights themselves."""
    scores = reader.copies(trials * batch)
    (gradients,) = torch.autograd.grad(reader.say(scores, choose)[1].sum(), scores)
    return gradients.unflatten(0, (trials, batch)).mean(dim=1)


# As the notebook compares them; Gumbel-softmax at two temperatures.
METHODS: dict[str, Callable[[Reader, int, int, Generator], Tensor]] = {
    "raw": reinforce,
    "moving baseline": moving_baseline,
    "leave one out": leave_one_out,
    "the paper's coin": coin,
    "straight-through": straight_through,
    "Gumbel at 1": partial(gumbel_softmax, temperature=1.0),
    "Gumbel at 0.3": partial(gumbel_softmax, temperature=0.3),
}


def clouds(
    reader: Reader, sizes: Sequence[int], temperatures: Sequence[float], trials: int = 400, seed: int = 0
) -> dict[str, Tensor | dict[float, Tensor]]:
    """Estimates by each method (sizes, trials, T * L), for batches of several sizes; Gumbel-softmax by temperature."""
    generator = seeds.generator(seed)

    def drawn(method: Callable[..., Tensor]) -> Tensor:
        return torch.stack([method(reader, trials, size, generator).flatten(1) for size in sizes])

    found = {name: drawn(method) for name, method in METHODS.items() if "Gumbel" not in name}
    by_heat = {heat: drawn(partial(gumbel_softmax, temperature=heat)) for heat in temperatures}
    return found | {"Gumbel-softmax": by_heat}


class Quality(NamedTuple):
    """How estimates stand to a true gradient g; lengths are fractions of g's length."""

    # How many of g's T L numbers lie outside their interval around the mean estimate. All intervals hold at once in
    # 95% of repetitions, so that an unbiased estimator should show 0.
    misses: int
    bias: float  # length of the mean's error, its own noise taken out
    spread: float  # standard deviation of one estimate, all numbers together
    cosine: float  # of the angle between one estimate and g, on average
    # Estimates to average until the expected error is a tenth; infinite where the bias is as large.
    needed: float


def quality(estimates: Tensor, truth: Tensor) -> Quality:
    """Hold estimates (trials, T, L) against a true gradient (T, L).

    The intervals are normal ones, shared out over the numbers (Bonferroni). They need estimates with uncorrelated
    errors, as all of this module's are: an earlier reward in a baseline tells nothing of the next slope.

    Raises:
        ValueError: shapes that do not fit, fewer than two estimates, or a true gradient of zero.
    """
    size = truth.norm()
    if estimates.shape[1:] != truth.shape or len(estimates) < 2 or size == 0:
        raise ValueError(
            "quality needs two or more estimates (trials, T, L) and a gradient (T, L) that is not zero, got "
            f"{tuple(estimates.shape)} and {tuple(truth.shape)} of length {size:.3g}."
        )
    error, variance = estimates.mean(dim=0) - truth, estimates.var(dim=0)
    width = NormalDist().inv_cdf(1 - 0.05 / (2 * truth.numel()))
    # The last digits differ even where there is no noise at all.
    allowed = width * (variance / len(estimates)).sqrt() + 1e-12
    noise = variance.sum() / len(estimates)
    bias = (error.square().sum() - noise).clamp_min(0).sqrt() / size
    spread = variance.sum().sqrt() / size
    room = 0.1**2 - bias.item() ** 2
    return Quality(
        misses=int((error.abs() > allowed).sum()),
        bias=bias.item(),
        spread=spread.item(),
        cosine=F.cosine_similarity(estimates.flatten(1), truth.reshape(1, -1)).mean().item(),
        needed=spread.item() ** 2 / room if room > 0 else float("inf"),
    )
