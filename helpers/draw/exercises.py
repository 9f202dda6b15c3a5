"""Checks for the exercises of notebook 09, DRAW and the window on a text."""

import torch
from numpy.random import Generator
from torch import Tensor

from helpers.checking import Exercise, Mistake


def _bank(generator: Generator) -> tuple[float, float, float, int, int]:
    """A centre, a stride, a variance, an even or odd number of filters, and an axis that holds them all."""
    centre, stride, variance = (float(generator.uniform(*each)) for each in ((9, 14), (1.2, 2.5), (0.5, 1.8)))
    return centre, stride, variance, int(generator.integers(2, 6)), 24


def _gaussians(centre: float, stride: float, variance: float, n: int, size: int) -> Tensor:
    """The filters (n, size), not normalised."""
    means = centre + (torch.arange(n) - (n - 1) / 2) * stride
    return (-(torch.arange(size) - means[:, None]).square() / (2 * variance)).exp()


def _normalised(heights: Tensor) -> Tensor:
    return heights / heights.sum(dim=1, keepdim=True)


def _filters(*bank: float) -> Tensor:
    return _normalised(_gaussians(*bank))


filters_of = Exercise(
    name="filters_of",
    make_input=_bank,
    solution=_filters,
    mistakes=(
        Mistake(
            lambda centre, stride, *rest: _filters(centre - stride, stride, *rest),
            "the window lies one stride too far to the left. The paper's i - N / 2 - 0.5 counts filters from 1; "
            "counted from 0 it is i - (N - 1) / 2.",
        ),
        Mistake(
            lambda centre, stride, *rest: _filters(centre - stride / 2, stride, *rest),
            "the window lies half a stride too far to the left: the mean of 0 to N - 1 is (N - 1) / 2, not N / 2.",
        ),
        Mistake(
            _gaussians,
            "a row does not sum to 1. Divide each filter by its own sum, or it reads brighter where it is wider.",
        ),
        Mistake(
            lambda *bank: _normalised(_gaussians(*bank).T).T,
            "the columns sum to 1. Each filter, that is each row, must.",
        ),
        Mistake(
            lambda centre, stride, variance, *sizes: _filters(centre, stride, variance**2, *sizes),
            "the variance is squared once more. The exponent is -(a - mean)^2 / (2 variance).",
        ),
        Mistake(
            lambda centre, stride, variance, *sizes: _filters(centre, stride, variance / 2, *sizes),
            "the 2 is missing below the fraction: the exponent is -(a - mean)^2 / (2 variance).",
        ),
    ),
)


def _stroke(generator: Generator) -> tuple[Tensor, Tensor, Tensor, float]:
    n = int(generator.integers(2, 5))
    patch = torch.from_numpy(generator.standard_normal((n, n)))
    rows, columns = (torch.from_numpy(generator.dirichlet([1.0] * 8, n)) for _ in range(2))
    return patch, rows, columns, float(generator.uniform(1.5, 3))


write = Exercise(
    name="write",
    make_input=_stroke,
    solution=lambda patch, rows, columns, gamma: rows.T @ patch @ columns / gamma,
    mistakes=(
        Mistake(
            lambda patch, rows, columns, gamma: rows.T @ patch @ columns * gamma,
            "the intensity multiplies what is read, and divides what is written.",
        ),
        Mistake(
            lambda patch, rows, columns, gamma: rows.T @ patch @ columns,
            "the intensity is not used. What is written is divided by it.",
        ),
        Mistake(
            lambda patch, rows, columns, gamma: columns.T @ patch @ rows / gamma,
            "rows and columns are exchanged, so the picture is mirrored at its diagonal. The rows' filters stand left.",
        ),
        Mistake(
            lambda patch, rows, columns, gamma: rows.T @ patch.T @ columns / gamma,
            "the patch is transposed. Only the filters of the rows are.",
        ),
    ),
)


def _normals(generator: Generator, count: int, *sides: int) -> tuple[Tensor, ...]:
    """So many tensors of one shape, whose sides are shuffled."""
    shape = generator.permutation(sides)
    return tuple(torch.from_numpy(generator.standard_normal(shape)) for _ in range(count))


def _terms(mean: Tensor, log_deviation: Tensor) -> Tensor:
    """Twice the divergence of each number of each z, and the 1 that the formula takes off still in it."""
    return mean.square() + (2 * log_deviation).exp() - 2 * log_deviation


divergence = Exercise(
    name="divergence",
    make_input=lambda generator: _normals(generator, 2, 3, 4, 6),
    solution=lambda *posterior: (_terms(*posterior) - 1).sum(dim=(1, 2)) / 2,
    mistakes=(
        Mistake(
            lambda mean, log_deviation: _terms(mean, log_deviation).sum(dim=(1, 2)) / 2 - mean.shape[1] / 2,
            "-T / 2 is taken off, and it must be -T z / 2: the 1 belongs to each of the z numbers of a step.",
        ),
        Mistake(
            lambda *posterior: (_terms(*posterior) - 1).sum(dim=(1, 2)),
            "the half is missing: this is twice the divergence.",
        ),
        Mistake(
            lambda mean, log: (mean.square() + log.exp() - log - 1).sum(dim=(1, 2)) / 2,
            "the logarithm of the deviation is taken for that of the variance. The variance is exp(2 log deviation).",
        ),
        Mistake(
            lambda *posterior: (_terms(*posterior) - 1).mean(dim=(1, 2)) / 2,
            "this is a mean over steps and numbers. Nats add up: sum them.",
        ),
        Mistake(
            lambda *posterior: (_terms(*posterior) - 1).sum(dim=2)[:, -1] / 2,
            "only the last step is counted. Every step's z is paid for.",
        ),
    ),
)


codes = Exercise(
    name="codes",
    make_input=lambda generator: _normals(generator, 3, 3, 5),
    solution=lambda mean, log_deviation, noise: mean + log_deviation.exp() * noise,
    mistakes=(
        Mistake(
            lambda mean, log_deviation, noise: mean + log_deviation.exp() * noise[0],
            "all steps share the first step's noise. Then later steps know what the first one drew, the divergence "
            "counts their z as if they were fresh, and the bound is no bound.",
        ),
        Mistake(
            lambda mean, log_deviation, noise: mean + log_deviation.exp() * noise[:, :1],
            "all numbers of a step share one number of noise. Each has its own.",
        ),
        Mistake(
            lambda mean, log_deviation, noise: mean + log_deviation * noise,
            "the logarithm of the deviation multiplies the noise. Take its exponential.",
        ),
        Mistake(
            lambda mean, log_deviation, noise: mean + (2 * log_deviation).exp() * noise,
            "the variance multiplies the noise. Its root, the deviation, does.",
        ),
        Mistake(
            lambda mean, log_deviation, noise: mean,
            "this is the posterior's mean, without noise: then z costs nothing that the divergence could measure.",
        ),
    ),
)


def _sliding(generator: Generator) -> tuple[Tensor, Tensor, Tensor, int]:
    T = int(generator.integers(3, 6))
    height, sharpness = (torch.from_numpy(generator.uniform(0.5, 2, T)) for _ in range(2))
    return height, sharpness, torch.from_numpy(generator.uniform(-1.5, 0.3, T)), int(generator.integers(6, 9))


def _bells(height: Tensor, sharpness: Tensor, kappa: Tensor, letters: int) -> Tensor:
    distance = kappa[:, None] - torch.arange(letters)
    return height[:, None] * (-sharpness[:, None] * distance.square()).exp()


def _slid(height: Tensor, sharpness: Tensor, log_advance: Tensor, letters: int) -> Tensor:
    return _bells(height, sharpness, log_advance.exp().cumsum(dim=0), letters)


slide = Exercise(
    name="slide",
    make_input=_sliding,
    solution=_slid,
    mistakes=(
        Mistake(
            lambda alpha, beta, log, letters: _bells(alpha, beta, log.exp(), letters),
            "each step begins at letter 0 again. A step's advance is added to where the window was before.",
        ),
        Mistake(
            lambda alpha, beta, log, letters: _bells(alpha, beta, log.cumsum(dim=0), letters),
            "the advance is not exponentiated: the window could move backwards.",
        ),
        Mistake(
            lambda *window: _normalised(_slid(*window)),
            "the weights sum to 1 at every step. Graves's do not: they fade when the window is past the last letter.",
        ),
        Mistake(
            lambda alpha, beta, *rest: _slid(alpha, 1 / (2 * beta), *rest),
            "beta is taken for a variance. It multiplies the squared distance: the larger, the narrower the window.",
        ),
        Mistake(
            lambda alpha, *rest: _slid(torch.ones_like(alpha), *rest),
            "the height alpha is not used.",
        ),
    ),
)
