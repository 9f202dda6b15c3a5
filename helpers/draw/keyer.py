"""A window that moves along a text while a network keys it in Morse code (Graves 2013, in small)."""

import math
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.ops import check_tensor

END = 27  # the number of the mark after a text's last letter; A to Z are 1 to 26
ADVANCE = 0.4  # letters the window moves at a stroke, at first: a letter of Morse code has about 2.5 strokes
# The most that the logarithm of the advance may be: a window that leaps beyond the text never learns to come back.
FASTEST = math.log(1.5)
LOG_DEVIATION = (-5.0, 2.0)
COMPONENTS, LONGEST = 4, 16  # of the mixture of Gaussians; letters that softmax attention has a position for


class Slid(NamedTuple):
    """The window after a step: `weights` (B, U) on the letters, and its centres `kappa` (B, K)."""

    weights: Tensor
    kappa: Tensor


def slide(numbers: Tensor, kappa: Tensor, real: Tensor) -> Slid:
    """Move K Gaussian windows along a text, only ever forwards.

    Args:
        numbers: (B, 3 K): log height, log sharpness and log advance. kappa: (B, K), the centres before, in letters.
        real: (B, U) bool, False where a text has ended.

    Returns:
        Weights that are not normalised: they fade once the window is past the last letter.
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
    return Slid(weights * real, kappa)


class Strokes(NamedTuple):
    """What a keyer predicts of M strokes, with the windows that it used."""

    mixture: Tensor  # (B, M, K), logits
    mean: Tensor  # (B, M, K, 2), of the logarithms of a stroke and of the pause after it, in dots
    log_deviation: Tensor  # (B, M, K, 2)
    ends: Tensor  # (B, M), logit that this stroke is the text's last
    weights: Tensor  # (B, M, U), on the letters
    kappa: Tensor  # (B, M, 1), the centre of Graves's window


class Texts(NamedTuple):
    """A batch to key: `letters` (B, U) with the end mark, then 0; and the strokes before each, (B, M, 2)."""

    letters: Tensor
    before: Tensor

    def to(self, *place) -> "Texts":
        return Texts(*(part.to(*place) for part in self))


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

    def begin(self, letters: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The embedded text (B, U, 32), and the first state, window and centre."""
        embedded = self.embed(letters)
        zero = embedded.new_zeros(len(letters), self.cell.hidden_size)
        kappa = embedded.new_full(
            (len(letters), 1), -ADVANCE
        )  # the first step brings it near the first letter
        return embedded, zero, embedded[:, 0], kappa

    def look(self, state: Tensor, kappa: Tensor, embedded: Tensor, real: Tensor) -> Slid:
        """Where to look, after a state and the last stroke (B, size + 2)."""
        if self.attention == "window":
            height, sharpness, advance = self.numbers(state).chunk(3, dim=1)
            advance = FASTEST - F.softplus(FASTEST - advance)  # nearly itself where it is small
            return slide(torch.cat([height, sharpness, advance], dim=1), kappa, real)
        U = embedded.shape[1]
        keys = self.key(embedded + self.places.weight[:U])
        scores = (keys @ self.query(state)[..., None])[..., 0] / 32**0.5
        return Slid(scores.masked_fill(~real, float("-inf")).softmax(dim=-1), kappa)

    def step(self, stroke, state, seen, kappa, embedded, real):
        """One stroke further: the new state, what is seen (B, 32), where, and the prediction's numbers."""
        state = self.cell(torch.cat([stroke, seen], dim=1), state)
        at = self.look(torch.cat([state, stroke], dim=1), kappa, embedded, real)
        seen = (at.weights[:, None] @ embedded)[:, 0]
        return state, seen, at, self.predict(torch.cat([state, seen], dim=1))

    def forward(self, texts: Texts) -> Strokes:
        real = texts.letters > 0
        embedded, state, seen, kappa = self.begin(texts.letters)
        found, places = [], []
        for stroke in texts.before.unbind(dim=1):
            state, seen, at, numbers = self.step(stroke, state, seen, kappa, embedded, real)
            kappa = at.kappa
            found.append(numbers)
            places.append(at)
        where = (torch.stack(part, dim=1) for part in zip(*places, strict=True))
        return Strokes(*self.split(torch.stack(found, dim=1)), *where)

    def split(self, numbers: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The prediction's parts (see `Strokes`) out of (..., 5 K + 1) numbers."""
        K = COMPONENTS
        mixture, mean, log_deviation, ends = numbers.split([K, 2 * K, 2 * K, 1], dim=-1)
        mean, log_deviation = (part.unflatten(-1, (K, 2)) for part in (mean, log_deviation))
        return mixture, mean, log_deviation.clamp(*LOG_DEVIATION), ends[..., 0]


class Keyed(NamedTuple):
    """What was truly keyed: `strokes` (B, M, 2), log dots; `lasts` (B, M), 1 at the last; `real` (B, M) bool."""

    strokes: Tensor
    lasts: Tensor
    real: Tensor

    def to(self, *place) -> "Keyed":
        return Keyed(*(part.to(*place) for part in self))


def stroke_loss(told: Strokes, true: Keyed) -> Tensor:
    """Minus the log density of the true strokes, and of ending where the text ends, in nats a stroke."""
    z = (true.strokes[:, :, None] - told.mean) / told.log_deviation.exp()
    each = -0.5 * z.square() - told.log_deviation - 0.5 * math.log(2 * math.pi)  # (B, M, K, 2)
    # The pause after the last stroke was never made.
    counted = torch.stack([torch.ones_like(true.lasts), 1 - true.lasts], dim=-1)[:, :, None]
    density = ((each * counted).sum(dim=-1) + told.mixture.log_softmax(dim=-1)).logsumexp(dim=-1)
    ending = F.binary_cross_entropy_with_logits(told.ends, true.lasts, reduction="none")
    return (ending - density)[true.real].mean()


class Played(NamedTuple):
    """Texts keyed freely: `strokes` (B, M, 2), log dots; `lengths` (B,), of each text; `weights` (B, M, U)."""

    strokes: Tensor
    lengths: Tensor
    weights: Tensor


@torch.no_grad()
def key(keyer: Keyer, letters: Tensor, most: int = 60) -> Played:
    """Key texts (B, U): the likeliest component's mean at each stroke, until each text has had its last, or `most`."""
    keyer.eval()
    real, each = letters > 0, torch.arange(len(letters))
    embedded, state, seen, kappa = keyer.begin(letters)
    stroke, ended = embedded.new_zeros(len(letters), 2), torch.zeros(len(letters), dtype=torch.bool)
    strokes, weights, lengths = [], [], torch.full((len(letters),), most)
    for t in range(most):
        state, seen, at, numbers = keyer.step(stroke, state, seen, kappa, embedded, real)
        kappa = at.kappa
        mixture, mean, _, ends = keyer.split(numbers)
        stroke = mean[each, mixture.argmax(dim=-1)]
        strokes.append(stroke)
        weights.append(at.weights)
        lengths = lengths.where(ended | (ends <= 0), torch.tensor(t + 1))
        ended = ended | (ends > 0)
        if ended.all():
            break
    return Played(torch.stack(strokes, dim=1), lengths, torch.stack(weights, dim=1))
