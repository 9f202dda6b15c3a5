"""DRAW, which draws a picture in several strokes, and the glimpse reader, which names a digit in clutter."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.draw import filters
from helpers.ops import check_images, check_tensor

LOG_DEVIATION = (-6.0, 3.0)  # of the posterior: its exponential stays a number
BRIGHTER = math.log(
    4
)  # log intensity of reading at first: a picture is mostly dark, and so are means of its pixels
# The bounds of a network's x, y, log variance, log stride and log intensity.
LOWEST, HIGHEST = (-1.0, -1.0, -2.0, -3.0, -6.0), (1.0, 1.0, 5.0, 0.1, 4.0)
# One that writes is kept narrower than the picture, and its filters sharp: wide ones draw every digit as a cloud.
HIGHEST_WRITTEN = (1.0, 1.0, 2.0, math.log(0.7), 4.0)


class Drawing(NamedTuple):
    """What DRAW made of pictures (B, H, W) in T steps.

    Attributes:
        canvases: T times (B, H, W), logits after each step.
        mean, log_deviation: (B, T, z), of the posterior of each step.
        codes: (B, T, z), the sampled z.
        read, written: (B, T, 5), the numbers of the windows; None without attention.
    """

    canvases: list[Tensor]
    mean: Tensor
    log_deviation: Tensor
    codes: Tensor
    read: Tensor | None
    written: Tensor | None


class FiveNumbers(nn.Module):
    """Give a window's five numbers from a state, each kept within bounds; for any state they begin near `start`.

    The paper leaves them free. Within bounds no window is lost outside the image, and no exponential overflows.
    """

    low: Tensor
    high: Tensor

    def __init__(self, size: int, start: Sequence[float], high: Sequence[float] = HIGHEST):
        super().__init__()
        low, high = torch.tensor(LOWEST), torch.tensor(high)
        self.register_buffer("low", low, persistent=False)
        self.register_buffer("high", high, persistent=False)
        self.dense = nn.Linear(size, 5)
        with torch.no_grad():
            self.dense.bias.copy_(((torch.tensor(start) - low) / (high - low)).logit())

    def forward(self, state: Tensor) -> Tensor:
        return self.low + (self.high - self.low) * self.dense(state).sigmoid()


def start(shape: Sequence[int], n: int, width: float, writes: bool = False) -> list[float]:
    """Numbers of a window in the middle, so much of the image wide.

    Its filters are half as wide as their stride, so that no ink lies unseen between two of them. One that writes
    begins with an intensity at which its filters' sum is about as dark as its patch.
    """
    stride = width * (max(shape) - 1) / (n - 1)
    return [
        0.0,
        0.0,
        2 * math.log(stride / 2),
        math.log(width),
        -2 * math.log(stride) if writes else BRIGHTER,
    ]


class ReadWindow(nn.Module):
    """Read the picture and what is still wrong with it, n x n numbers of each, where the last state says."""

    def __init__(self, shape: Sequence[int], size: int, n: int):
        super().__init__()
        self.n, self.outputs = n, 2 * n * n
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


class ReadWhole(nn.Module):
    """The control: a dense layer reads every pixel of both."""

    def __init__(self, shape: Sequence[int], outputs: int):
        super().__init__()
        self.outputs = outputs
        self.dense = nn.Linear(2 * shape[0] * shape[1], outputs)

    def forward(self, both: Tensor, state: Tensor) -> tuple[Tensor, None]:
        return self.dense(both.flatten(1)), None


class WriteWhole(nn.Module):
    """The control: a dense layer writes every pixel."""

    def __init__(self, shape: Sequence[int], size: int):
        super().__init__()
        self.shape = tuple(shape)
        self.dense = nn.Linear(size, shape[0] * shape[1])

    def forward(self, state: Tensor) -> tuple[Tensor, None]:
        return self.dense(state).unflatten(1, self.shape), None


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
        self,
        shape: Sequence[int],
        steps: int = 8,
        code: int = 12,
        size: int = 128,
        windows: tuple[int, int] | None = (12, 8),
        whole: int = 50,
    ):
        super().__init__()
        self.shape, self.steps, self.code, self.windows = tuple(shape), steps, code, windows
        self.reader = ReadWindow(shape, size, windows[0]) if windows else ReadWhole(shape, whole)
        self.encoder = nn.LSTMCell(self.reader.outputs + size, size)
        self.posterior = nn.Linear(size, 2 * code)
        with torch.no_grad():
            self.posterior.bias[code:] = -1.0  # z begins as a message with little noise
        self.decoder = nn.LSTMCell(code, size)
        self.writer = WriteWindow(shape, size, windows[1]) if windows else WriteWhole(shape, size)
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
        if pictures.ndim != 3 or pictures.shape[1:] != self.shape or not pictures.is_floating_point():
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


Places = Literal["learned", "random", "centre", "grid"]


class Glimpses(NamedTuple):
    """What a reader says after each of T glimpses: `scores` (B, T, 10), and its windows' `numbers` (B, T, 5)."""

    scores: Tensor
    numbers: Tensor


class GlimpseReader(nn.Module):
    """Name the digit in (B, 1, side, side) by a few glimpses of n x n numbers.

    Args:
        places: of the windows: "learned" from the state before, after a first look at the whole image; at "random",
            of a digit's size; at the "centre", each half as large as the one before; or a fixed "grid" of 2 x 2 that
            covers the image.
    """

    def __init__(
        self, side: int = 60, n: int = 8, glimpses: int = 4, size: int = 128, places: Places = "learned"
    ):
        super().__init__()
        self.side, self.n, self.glimpses, self.places = side, n, glimpses, places
        self.start = nn.Parameter(torch.zeros(size))
        self.see = nn.Linear(n * n + 5, size)
        self.cell = nn.GRUCell(size, size)
        self.names = nn.Linear(size, 10)
        if places == "learned":
            self.numbers = FiveNumbers(size, start((side, side), n, width=0.6))
        elif places == "grid" and glimpses != 4:
            raise ValueError(f"A grid of 2 x 2 windows is looked at in 4 glimpses, not {glimpses}.")
        elif places not in ("random", "centre", "grid"):
            raise ValueError(f"There are no places {places!r}. Expected learned, random, centre or grid.")

    def forward(self, images: Tensor) -> Glimpses:
        check_images(images, channels=1)
        B = len(images)
        state = self.start.expand(B, -1).tanh()
        scores, kept = [], []
        for t in range(self.glimpses):
            numbers = self.numbers(state) if self.places == "learned" and t else self.fixed(t, B, images)
            at = filters.window(numbers, images.shape[2:], self.n)
            patch = filters.read(images, at, self.n).flatten(1)
            state = self.cell(self.see(torch.cat([patch, numbers], dim=1)).relu(), state)
            scores.append(self.names(state))
            kept.append(numbers)
        return Glimpses(torch.stack(scores, dim=1), torch.stack(kept, dim=1))

    def fixed(self, t: int, number: int, images: Tensor) -> Tensor:
        """The numbers (number, 5) of the t-th window where it is not learned; the first of all is the whole image."""
        width = {"learned": 1.0, "random": 0.5, "centre": 0.5 ** min(t, 2), "grid": 0.5}[self.places]
        numbers = images.new_zeros(number, 5)
        if self.places == "random":
            numbers[:, :2] = torch.rand(number, 2, device=images.device) - 0.5
        if self.places == "grid":
            numbers[:, 0], numbers[:, 1] = t % 2 - 0.5, t // 2 - 0.5
        stride = width * (self.side - 1) / (self.n - 1)
        # As wide as half a stride: nothing between two filters is missed, and little is blurred.
        numbers[:, 2], numbers[:, 3], numbers[:, 4] = 2 * math.log(stride / 2), math.log(width), BRIGHTER
        return numbers


class Shrunk(nn.Module):
    """The control that sees everything: the image shrunk to as many pixels as all glimpses read, and dense layers."""

    def __init__(self, pixels: int = 16, hidden: Sequence[int] = (256, 160)):
        super().__init__()
        self.pixels = pixels
        first, second = hidden
        self.layers = nn.Sequential(
            nn.Linear(pixels**2, first), nn.ReLU(), nn.Linear(first, second), nn.ReLU(), nn.Linear(second, 10)
        )

    def forward(self, images: Tensor) -> Glimpses:
        check_images(images, channels=1)
        small = F.adaptive_avg_pool2d(images, self.pixels) * math.exp(BRIGHTER)
        return Glimpses(self.layers(small.flatten(1))[:, None], images.new_empty(len(images), 0, 5))


def glimpse_loss(seen: Glimpses, labels: Tensor) -> Tensor:
    """Cross-entropy of the digit after every glimpse, averaged over glimpses."""
    return F.cross_entropy(seen.scores.flatten(0, 1), labels.repeat_interleave(seen.scores.shape[1]))
