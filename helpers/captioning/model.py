"""Show, attend and tell in small (Xu et al. 2015): an encoder that names, decoders that look once, softly, hard."""

from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers import ops

PAD = 0  # the number that fills short captions up; no word has it
DIGITS, COLOURS = 11, 9  # names of each kind, "no sticker" among them


def block(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]


class NamingEncoder(nn.Module):
    """Name what each cell shows; 96 x 96 pixels become 8 x 8 cells, and a unit sees 35 x 35, about one sticker.

    `forward` maps (B, 3, 96, 96) to scores of digits (B, 11, 8, 8) and of colours (B, 9, 8, 8), "no sticker" first.
    """

    def __init__(self, channels: int = 64):
        super().__init__()
        self.features = nn.Sequential(
            *block(3, 24, 5, 2), *block(24, 48), nn.MaxPool2d(2), *block(48, channels), *block(channels, channels),
            nn.MaxPool2d(3),
        )  # fmt: skip
        self.names = nn.Conv2d(channels, DIGITS + COLOURS, 1)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        ops.check_images(images)
        return self.names(self.features(images)).split([DIGITS, COLOURS], dim=1)

    def annotate(self, images: Tensor) -> Tensor:
        """What the decoders read: (B, L, channels + 2), each cell's features and its centre's x and y from -1 to 1."""
        features = self.features(images)
        B, _, rows, columns = features.shape
        x = (torch.arange(columns, device=images.device) * 2 + 1) / columns - 1
        y = (torch.arange(rows, device=images.device) * 2 + 1) / rows - 1
        place = torch.stack([x.expand(rows, columns), y[:, None].expand(rows, columns)])
        return torch.cat([features, place.expand(B, -1, -1, -1)], dim=1).flatten(2).mT


class Memory(NamedTuple):
    """What a decoder may read: `annotations` (B, L, D), `keys` (B, L, size), and `mask` (B, L), True = may look."""

    annotations: Tensor
    keys: Tensor
    mask: Tensor


class Told(NamedTuple):
    """What a decoder gives for the next word; with an axis T after B, for the words of a whole caption."""

    scores: Tensor  # (B, words)
    state: Tensor  # (B, size), after the word before
    weights: Tensor | None = None  # (B, L)
    picked: Tensor | None = None  # (B,), the one place that was read; None where it was the weighted mean


class Decoder(nn.Module):
    """What both decoders share: the loop over the words. A subclass has `begin` and `advance`.

    `forward` takes `TeacherForced` inputs: `source` (B, L, D), and `so_far` (B, T), the true words before each word.
    """

    def forward(self, inputs) -> Told:
        return self.tell(inputs.so_far, *reversed(self.begin(inputs.source)))

    def tell(self, so_far: Tensor, state: Tensor, memory: Memory) -> Told:
        steps = []
        for words in so_far.unbind(dim=1):
            steps.append(self.advance(words, state, memory))
            state = steps[-1].state
        parts = zip(*steps, strict=True)
        return Told(*(None if part[0] is None else torch.stack(part, dim=1) for part in parts))

    def step(self, words: Tensor, state: Tensor, memory: Memory) -> tuple[Tensor, Tensor, Tensor | None]:
        """As `advance`, in the form that `helpers.decoding` takes."""
        return self.advance(words, state, memory)[:3]


class SeesOnce(Decoder):
    """The control: `share` numbers of each of L places make the first state, and the scene is not seen again."""

    def __init__(self, words: int, channels: int, places: int, size: int = 128, share: int = 7):
        super().__init__()
        self.embed = nn.Embedding(words, size, padding_idx=PAD)
        self.share = nn.Linear(channels, share)
        self.first = nn.Linear(places * share, size)
        self.cell = nn.GRUCell(size, size)
        self.hidden = nn.Linear(2 * size, size)
        self.words = nn.Linear(size, words)

    def begin(self, annotations: Tensor, mask: Tensor | None = None) -> tuple[Memory, Tensor]:
        memory = remember(annotations, annotations, mask)
        return memory, self.first(self.share(memory.annotations).flatten(1)).tanh()

    def advance(self, words: Tensor, state: Tensor, memory: Memory) -> Told:
        embedded = self.embed(words)
        state = self.cell(embedded, state)
        hidden = self.hidden(torch.cat([state, embedded], dim=-1)).tanh()
        return Told(self.words(hidden), state)


Look = Literal["soft", "hard", "marginal", "uniform"]


class Captioner(Decoder):
    """Say a caption word by word, looking back at the annotations (B, L, channels) before each word.

    Args:
        look: "soft" reads the weighted mean of the annotations. "hard" reads one place: sampled in training, the one of
            greatest weight otherwise. "marginal" mixes what every place by itself would say, which is the exact
            likelihood of hard attention where `feeds` is "output". "uniform" gives every place the same weight.
        feeds: whether what was read goes into the "state and output", as in the paper, or into the "output" alone.
        first: the first state, "learned" and the same for every scene, or made of the "mean" annotation (the paper's).
        coin: the chance that a batch of "hard" or "marginal" training reads the mean after all (the paper's 0.5, which
            tosses for each image; its authors' code tosses for each batch).
        wide, bottom: let each place tell of the whole scene; allow looks at the bottom row of places only.

    The query is the state and the last word; the paper's is the state alone.
    """

    def __init__(
        self, words: int, channels: int, size: int = 128, *, look: Look = "soft",
        feeds: Literal["state and output", "output"] = "state and output",
        first: Literal["learned", "mean"] = "learned", coin: float = 0.0, wide: bool = False, bottom: bool = False,
    ):  # fmt: skip
        super().__init__()
        self.look, self.feeds, self.coin, self.bottom = look, feeds, coin, bottom
        self.embed = nn.Embedding(words, size, padding_idx=PAD)
        self.mix = Wide(channels) if wide else nn.Identity()
        self.first = nn.Linear(channels, size) if first == "mean" else None
        self.start = nn.Parameter(torch.zeros(size))
        self.key = nn.Linear(channels, size // 2)
        self.query = nn.Linear(2 * size, size // 2, bias=False)
        self.v = nn.Linear(size // 2, 1, bias=False)
        self.cell = nn.GRUCell(size + (channels if feeds == "state and output" else 0), size)
        self.said = nn.Linear(2 * size, size)
        self.seen = nn.Linear(channels, size, bias=False)
        self.words = nn.Linear(size, words)
        self.soft_now = False

    def forward(self, inputs) -> Told:
        self.soft_now = self.training and float(torch.rand(())) < self.coin
        return super().forward(inputs)

    def begin(self, annotations: Tensor, mask: Tensor | None = None) -> tuple[Memory, Tensor]:
        annotations = self.mix(annotations)
        memory = remember(annotations, self.key(annotations), mask, self.bottom)
        state = self.start.expand(len(annotations), -1)
        if self.first is not None:
            state = state + self.first(memory.annotations.mean(dim=1))
        return memory, state.tanh()

    def advance(self, words: Tensor, state: Tensor, memory: Memory) -> Told:
        embedded, picked = self.embed(words), None
        query = self.query(torch.cat([state, embedded], dim=-1))
        scores = self.v((query[:, None] + memory.keys).tanh()).mT  # (B, 1, L)
        if self.look == "uniform":
            scores = torch.zeros_like(scores)
        context, weights = ops.attend(scores, memory.annotations, memory.mask[:, None])
        context, weights = context[:, 0], weights[:, 0]
        if self.look == "hard" and not self.soft_now:
            picked = weights.multinomial(1)[:, 0] if self.training else weights.argmax(dim=-1)
            context = memory.annotations[torch.arange(len(picked)), picked]
        fed = torch.cat([embedded, context], dim=-1) if self.feeds == "state and output" else embedded
        state = self.cell(fed, state)
        if self.look == "marginal" and not self.soft_now:
            each = self.speak(state[:, None], embedded[:, None], memory.annotations).log_softmax(dim=-1)
            return Told((each + weights.log()[..., None]).logsumexp(dim=1), state, weights)
        return Told(self.speak(state, embedded, context), state, weights, picked)

    def speak(self, state: Tensor, embedded: Tensor, context: Tensor) -> Tensor:
        """Score the words (..., words) by the state and the last word (..., size) and what was read (..., D)."""
        return self.words((self.said(torch.cat([state, embedded], dim=-1)) + self.seen(context)).tanh())


class Wide(nn.Module):
    """Let each of (B, L, D) tell of the whole scene: they are read column by column, forwards and backwards."""

    def __init__(self, channels: int):
        super().__init__()
        self.read = nn.GRU(channels, channels // 2, batch_first=True, bidirectional=True)

    def forward(self, annotations: Tensor) -> Tensor:
        side = int(annotations.shape[1] ** 0.5)
        columns = annotations.unflatten(1, (side, side)).transpose(1, 2).flatten(1, 2)
        return self.read(columns)[0].unflatten(1, (side, side)).transpose(1, 2).flatten(1, 2)


def remember(annotations: Tensor, keys: Tensor, mask: Tensor | None, bottom: bool = False) -> Memory:
    """Lay out the memory; a place that the mask (B, L) or `bottom` leaves out can be neither looked at nor read."""
    advice = "`NamingEncoder.annotate` makes them of images."
    ops.check_numbers(annotations, "annotations", "B, L, D", advice)
    if mask is None:
        mask = torch.ones(annotations.shape[:2], dtype=torch.bool, device=annotations.device)
    if bottom:
        L = annotations.shape[1]
        mask = mask & (torch.arange(L, device=annotations.device) >= L - L**0.5)
    return Memory(annotations * mask[..., None], keys, mask)


def caption_loss(told: Told, targets: Tensor) -> Tensor:
    """Cross-entropy of each next word (B, T); padding is not in it."""
    return F.cross_entropy(told.scores.mT, targets, ignore_index=PAD)


def coverage(told: Told, targets: Tensor, goal: Tensor | float) -> Tensor:
    """The doubly stochastic penalty: squared distances of each place's summed weight from a goal, 1 or (B, 1)."""
    summed = (told.weights * (targets != PAD)[..., None]).sum(dim=1)
    return (goal - summed).square().sum(dim=1).mean()


class HardLoss:
    """REINFORCE for sampled places (Xu et al. 2015): the places that made the true words likelier become likelier.

    Args:
        own: reward a place with the log-probability of its own word alone, as is enough where places enter only the
            output; else with that of all words from its own on.
        baseline: take the moving average of past rewards off, before the new one is averaged in: so it has no bias.
        entropy: how much spread-out weights are favoured (0.002 in the authors' code).
    """

    def __init__(self, own: bool, baseline: bool, entropy: float = 0.0):
        self.own, self.baseline, self.entropy = own, baseline, entropy
        self.average: Tensor | float = 0.0

    def __call__(self, told: Told, targets: Tensor) -> Tensor:
        loss = caption_loss(told, targets)
        if told.picked is None:
            return loss
        real = targets != PAD
        reward = -F.cross_entropy(told.scores.detach().mT, targets, reduction="none") * real
        if not self.own:
            reward = reward.flip(1).cumsum(dim=1).flip(1)
        advantage = reward - self.average if self.baseline else reward
        self.average = 0.9 * self.average + 0.1 * reward.mean(dim=0)
        chosen = told.weights.gather(-1, told.picked[..., None])[..., 0].log()
        spread = torch.special.entr(told.weights).sum(dim=-1)
        climb = ((advantage * chosen + self.entropy * spread) * real).sum() / real.sum()
        # What climbs has the right slope and a value that means nothing: the value shown stays the captions'.
        return loss - (climb - climb.detach())
