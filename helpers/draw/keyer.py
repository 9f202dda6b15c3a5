"""A window that moves along a text while a network keys it in Morse code (Graves 2013, in small)."""

import math
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.ops import check_tensor

END = 27  # the number of the mark after a text's last letter; A to Z are 1 to 26
ADVANCE = 0.4  # letters the window moves at a stroke, at first: a bit more than the mean, as a letter has about three
# The most that the logarithm of the advance may be: a window that leaps beyond the text never learns to come back.
FASTEST = math.log(1.5)
LOG_DEVIATION = (-5.0, 2.0)
# What a keyer remembers: its state (B, size), what it saw last (B, 32), its window's centre (B, 1).
Memory = tuple[Tensor, Tensor, Tensor]
COMPONENTS, LONGEST = 4, 16  # of the mixture of Gaussians; letters that softmax attention has a position for


def slide(numbers: Tensor, kappa: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
    """Move K Gaussian windows along a text, only ever forwards.

    Args:
        numbers: (B, 3 K): log height, log sharpness and log advance. kappa: (B, K), the centres before, in letters.
        real: (B, U) bool, False where a text has ended.

    Returns:
        The weights (B, U) of the letters, and the centres (B, K) now. The weights are not normalised: they fade once
        the window is past the last letter.
    """
    check_tensor(numbers, "numbers")
    if numbers.ndim != 2 or numbers.shape[1] != 3 * kappa.shape[1]:
        raise ValueError(
            f"{kappa.shape[1]} windows need three numbers each, (B, {3 * kappa.shape[1]}); got {tuple(numbers.shape)}."
        )
    height, sharpness, advance = numbers.clamp(-8, 5).exp().chunk(3, dim=1)
    kappa = kappa + advance
    letters = torch.arange(real.shape[1], dtype=kappa.dtype, device=kappa.device)
    distance = (kappa[..., None] - letters).square()  # (B, K, U)
    weights = (height[..., None] * (-sharpness[..., None] * distance).exp()).sum(dim=1)
    return weights * real, kappa


class Strokes(NamedTuple):
    """What a keyer predicts of M strokes, with the windows that it used."""

    mixture: Tensor  # (B, M, K), logits
    mean: Tensor  # (B, M, K, 2), of the logarithms of a stroke and of the pause after it, in dots
    log_deviation: Tensor  # (B, M, K, 2)
    ends: Tensor  # (B, M), logit that this stroke is the text's last
    weights: Tensor  # (B, M, U), on the letters
    kappa: Tensor  # (B, M, 1), the centre of Graves's window


class Keyed(NamedTuple):
    """Keyed texts, as input and as target."""

    letters: Tensor  # (B, U), with the end mark, then 0
    strokes: Tensor  # (B, M, 2), the logarithms of a stroke and of the pause after it, in dots
    lasts: Tensor  # (B, M), 1 at a text's last stroke
    real: Tensor  # (B, M) bool, False after it

    def to(self, device: torch.device) -> "Keyed":
        return Keyed(*(part.to(device) for part in self))


class Keyer(nn.Module):
    """Key a text stroke by stroke: a GRU reads the last stroke and what its window shows, and predicts the next.

    Args:
        attention: "window", Graves's; or "softmax", scores of query and key over letters and their positions.
        size: of the state. advance: letters at a stroke that the window begins with.
    """

    def __init__(self, attention: Literal["window", "softmax"], size: int = 96, advance: float = ADVANCE):
        super().__init__()
        if attention not in ("window", "softmax"):
            raise ValueError(f"There is no attention {attention!r}. Expected 'window' or 'softmax'.")
        self.attention = attention
        self.embed = nn.Embedding(END + 1, 32, padding_idx=0)
        self.cell = nn.GRUCell(2 + 32, size)
        if attention == "window":
            self.numbers = nn.Linear(size + 2, 3)  # of state and last stroke, whose pause may end a letter
            with torch.no_grad():
                self.numbers.bias.copy_(torch.tensor([0.0, math.log(0.5), math.log(advance)]))
        else:
            self.places = nn.Embedding(LONGEST, 32)
            self.query, self.key = nn.Linear(size + 2, 32), nn.Linear(32, 32)
        self.predict = nn.Linear(size + 32, 5 * COMPONENTS + 1)

    def begin(self, letters: Tensor) -> tuple[Tensor, Memory]:
        """The embedded text (B, U, 32), and what is remembered before the first stroke."""
        embedded = self.embed(letters)
        state = embedded.new_zeros(len(letters), self.cell.hidden_size)
        # The first step brings the window near the first letter.
        return embedded, (state, embedded[:, 0], embedded.new_full((len(letters), 1), -ADVANCE))

    def look(self, state: Tensor, kappa: Tensor, embedded: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """Where to look, after a state and the last stroke (B, size + 2): weights (B, U) and the window's centre."""
        if self.attention == "window":
            height, sharpness, advance = self.numbers(state).chunk(3, dim=1)
            advance = FASTEST - F.softplus(FASTEST - advance)  # nearly itself where it is small
            return slide(torch.cat([height, sharpness, advance], dim=1), kappa, real)
        keys = self.key(embedded + self.places.weight[: embedded.shape[1]])
        scores = (keys @ self.query(state)[..., None])[..., 0] / 32**0.5
        return scores.masked_fill(~real, float("-inf")).softmax(dim=-1), kappa

    def step(
        self, stroke: Tensor, memory: Memory, embedded: Tensor, real: Tensor
    ) -> tuple[Memory, Tensor, Tensor]:
        """One stroke further: what is remembered now, the letters' weights, and the next stroke's numbers."""
        state, seen, kappa = memory
        state = self.cell(torch.cat([stroke, seen], dim=1), state)
        weights, kappa = self.look(torch.cat([state, stroke], dim=1), kappa, embedded, real)
        seen = (weights[:, None] @ embedded)[:, 0]
        return (state, seen, kappa), weights, self.predict(torch.cat([state, seen], dim=1))

    def forward(self, texts: Keyed) -> Strokes:
        embedded, memory = self.begin(texts.letters)
        before = F.pad(texts.strokes, (0, 0, 1, 0))[:, :-1]  # no stroke is seen before it is predicted
        kept = []
        for stroke in before.unbind(dim=1):
            memory, weights, numbers = self.step(stroke, memory, embedded, texts.letters > 0)
            kept.append((numbers, weights, memory[2]))
        numbers, *where = (torch.stack(part, dim=1) for part in zip(*kept, strict=True))
        return Strokes(*self.split(numbers), *where)

    def split(self, numbers: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The prediction's parts (see `Strokes`) out of (..., 5 K + 1) numbers."""
        K = COMPONENTS
        mixture, mean, log_deviation, ends = numbers.split([K, 2 * K, 2 * K, 1], dim=-1)
        mean, log_deviation = (part.unflatten(-1, (K, 2)) for part in (mean, log_deviation))
        return mixture, mean, log_deviation.clamp(*LOG_DEVIATION), ends[..., 0]


def stroke_loss(told: Strokes, true: Keyed) -> Tensor:
    """Minus the log density of the true strokes, and of ending where the text ends, in nats a stroke."""
    z = (true.strokes[:, :, None] - told.mean) / told.log_deviation.exp()
    each = -0.5 * z.square() - told.log_deviation - 0.5 * math.log(2 * math.pi)  # (B, M, K, 2)
    # The pause after the last stroke was never made.
    counted = torch.stack([torch.ones_like(true.lasts), 1 - true.lasts], dim=-1)[:, :, None]
    density = ((each * counted).sum(dim=-1) + told.mixture.log_softmax(dim=-1)).logsumexp(dim=-1)
    ending = F.binary_cross_entropy_with_logits(told.ends, true.lasts, reduction="none")
    return (ending - density)[true.real].mean()


@torch.no_grad()
def key(keyer: Keyer, letters: Tensor, most: int = 60) -> tuple[Tensor, Tensor, Tensor]:
    """Key texts (B, U) freely: the likeliest component's mean at each stroke, until each text has had its last.

    Returns:
        The strokes (B, M, 2), how many each text has (B,), at the most `most`, and the weights (B, M, U).
    """
    keyer.eval()
    embedded, memory = keyer.begin(letters)
    B, kept = len(letters), []
    stroke, lengths = embedded.new_zeros(B, 2), torch.zeros(B, dtype=torch.long)
    going = torch.ones(B, dtype=torch.bool)
    while going.any() and len(kept) < most:
        memory, weights, numbers = keyer.step(stroke, memory, embedded, letters > 0)
        mixture, mean, _, ends = keyer.split(numbers)
        stroke = mean[torch.arange(B), mixture.argmax(dim=-1)]
        kept.append((stroke, weights))
        lengths += going
        going &= ends <= 0
    strokes, weights = (torch.stack(part, dim=1) for part in zip(*kept, strict=True))
    return strokes, lengths, weights
