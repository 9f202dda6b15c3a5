"""DRAW: a variational autoencoder that draws a picture in several strokes (Gregor et al. 2015)."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.draw import filters
from helpers.draw.filters import HIGHEST_WRITTEN, FiveNumbers, start
from helpers.ops import check_tensor

LOG_DEVIATION = (-6.0, 3.0)  # of the posterior: its exponential stays a number


class Drawing(NamedTuple):
    """What DRAW made of pictures (B, H, W) in T steps."""

    canvases: list[Tensor]  # T times (B, H, W), logits after each step
    mean: Tensor  # (B, T, z), of the posterior of each step
    log_deviation: Tensor  # (B, T, z)
    codes: Tensor  # (B, T, z), the sampled z
    read: Tensor | None  # (B, T, 5), the numbers of the windows; None without attention
    written: Tensor | None  # (B, T, 5)


class ReadWindow(nn.Module):
    """Read the picture and what is still wrong with it, n x n numbers of each, where the last state says."""

    def __init__(self, shape: Sequence[int], size: int, n: int):
        super().__init__()
        self.n = n
        self.numbers = FiveNumbers(size, start(shape, n, width=0.75))

    def forward(self, both: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        numbers = self.numbers(state)
        at = filters.window(numbers, both.shape[2:], self.n)
        return filters.read(both, at, self.n).flatten(1), numbers


class WriteWindow(nn.Module):
    """Write an n x n patch where the state says."""

    def __init__(self, shape: Sequence[int], size: int, n: int):
        super().__init__()
        self.shape, self.n = tuple(shape), n
        self.numbers = FiveNumbers(size, start(shape, n, width=0.4, writes=True), HIGHEST_WRITTEN)
        self.patch = nn.Linear(size, n * n)

    def forward(self, state: Tensor) -> tuple[Tensor, Tensor]:
        numbers = self.numbers(state)
        at = filters.window(numbers, self.shape, self.n)
        return filters.write(self.patch(state).unflatten(1, (self.n, self.n)), at, self.shape), numbers


class Whole(nn.Sequential):
    """The control: layers that read or write every pixel, whatever the state says, and so without a window."""

    def forward(self, values: Tensor, state: Tensor | None = None) -> tuple[Tensor, None]:
        return super().forward(values), None


class Draw(nn.Module):
    """A variational autoencoder that draws in `steps` strokes (Gregor et al. 2015).

    Args:
        shape: height and width of the pictures.
        steps: T. code: numbers in each step's z. size: of both states.
        windows: filters along a side of the window that reads, and of the one that writes; None reads and writes every
            pixel, as the paper's control.
        whole: what the dense layer passes on that reads every pixel.

    `forward` takes pictures (B, H, W) from 0 to 1, and noise (B, T, z) or draws it.
    """

    def __init__(
        self, shape: Sequence[int], steps: int = 8, code: int = 12, size: int = 128,
        windows: tuple[int, int] | None = (12, 8), whole: int = 50,
    ):  # fmt: skip
        super().__init__()
        self.shape, self.steps, self.code, self.windows = tuple(shape), steps, code, windows
        pixels = math.prod(shape)
        if windows:
            self.reader, read = ReadWindow(shape, size, windows[0]), 2 * windows[0] ** 2
        else:
            self.reader, read = Whole(nn.Flatten(), nn.Linear(2 * pixels, whole)), whole
        self.encoder = nn.LSTMCell(read + size, size)
        self.posterior = nn.Linear(size, 2 * code)
        with torch.no_grad():
            self.posterior.bias[code:] = -1.0  # z begins as a message with little noise
        self.decoder = nn.LSTMCell(code, size)
        if windows:
            self.writer = WriteWindow(shape, size, windows[1])
        else:
            self.writer = Whole(nn.Linear(size, pixels), nn.Unflatten(1, self.shape))
        self.blank = nn.Parameter(torch.tensor(-2.0))  # the empty canvas: a picture is mostly dark

    def begin(self, number: int) -> tuple[Tensor, Tensor, Tensor]:
        """An empty canvas (number, H, W), and two zero states."""
        zero = self.blank.new_zeros(number, self.decoder.hidden_size)
        return self.blank.expand(number, *self.shape), zero, zero

    def forward(self, pictures: Tensor, noise: Tensor | None = None) -> Drawing:
        self.check(pictures)
        B = len(pictures)
        if noise is None:
            noise = torch.randn(B, self.steps, self.code, dtype=pictures.dtype, device=pictures.device)
        canvas, state, cell = self.begin(B)
        seen, seen_cell = torch.zeros_like(state), torch.zeros_like(state)
        canvases, kept = [], []
        for t in range(self.steps):
            both = torch.stack([pictures, pictures - canvas.sigmoid()], dim=2).transpose(1, 2)  # (B, 2, H, W)
            patch, read = self.reader(both, state)
            seen, seen_cell = self.encoder(torch.cat([patch, state], dim=1), (seen, seen_cell))
            mean, log_deviation = self.posterior(seen).chunk(2, dim=1)
            log_deviation = log_deviation.clamp(*LOG_DEVIATION)
            code = mean + log_deviation.exp() * noise[:, t]
            state, cell = self.decoder(code, (state, cell))
            stroke, written = self.writer(state)
            canvas = canvas + stroke
            canvases.append(canvas)
            kept.append((mean, log_deviation, code, read, written))
        parts = (None if part[0] is None else torch.stack(part, dim=1) for part in zip(*kept, strict=True))
        return Drawing(canvases, *parts)

    def decode(self, codes: Tensor) -> tuple[list[Tensor], Tensor | None]:
        """Draw from codes (B, T, z) alone: the T canvases (B, H, W) in logits, and the windows' numbers (B, T, 5)."""
        canvas, state, cell = self.begin(len(codes))
        canvases, numbers = [], []
        for code in codes.unbind(dim=1):
            state, cell = self.decoder(code, (state, cell))
            stroke, written = self.writer(state)
            canvas = canvas + stroke
            canvases.append(canvas)
            numbers.append(written)
        return canvases, torch.stack(numbers, dim=1) if self.windows else None

    def check(self, pictures: Tensor) -> None:
        check_tensor(pictures, "pictures")
        H, W = self.shape
        wanted = f"pictures of shape (B, {H}, {W}) in floating point from 0 to 1"
        if pictures.shape[1:] != self.shape or not pictures.is_floating_point():
            raise ValueError(f"Expected {wanted}, got {tuple(pictures.shape)} in {pictures.dtype}.")
        if not len(pictures) or not ((pictures >= 0) & (pictures <= 1)).all():
            raise ValueError(f"Expected {wanted}; the batch is empty, or holds other numbers or NaN.")


def divergence(drawing: Drawing) -> Tensor:
    """KL of each step's posterior from the standard normal prior, summed over z, in nats: (B, T)."""
    mean, log_deviation = drawing.mean, drawing.log_deviation
    return (mean.square() + (2 * log_deviation).exp() - 1 - 2 * log_deviation).sum(dim=-1) / 2


def log_likelihood(canvas: Tensor, pictures: Tensor) -> Tensor:
    """log p(picture | canvas) of independent pixels, in nats: (..., H, W) logits and pictures to (...)."""
    return (pictures * canvas - F.softplus(canvas)).sum(dim=(-2, -1))


def bound_loss(drawing: Drawing, pictures: Tensor) -> Tensor:
    """Minus the bound, in nats a picture: what training lowers."""
    return (divergence(drawing).sum(dim=1) - log_likelihood(drawing.canvases[-1], pictures)).mean()


class WarmedLoss:
    """`bound_loss`, whose divergence counts little at first and in full after so many calls (Bowman et al. 2016).

    Else z is given up before the windows have learned to use it. The value is the bound all the time; only its
    gradient is changed.
    """

    def __init__(self, calls: int):
        self.calls, self.called = calls, 0

    def __call__(self, drawing: Drawing, pictures: Tensor) -> Tensor:
        self.called += 1
        share = min(1.0, self.called / self.calls)
        nats = bound_loss(drawing, pictures)
        climbed = nats - (1 - share) * divergence(drawing).sum(dim=1).mean()
        return climbed + (nats - climbed).detach()
