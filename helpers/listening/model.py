"""Listen, attend and spell in small (Chan et al. 2015): a pyramid that hears, a speller that attends, and CTC."""

from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers import ops
from helpers.data.tokens import PAD
from helpers.listening.scores import SCORES, Score
from helpers.translation.model import Memory

# Frames from one annotation to the next -> kernel and dilation of each convolution; all hear about 48 frames.
STRIDES = {
    1: ((5, 1), (5, 2), (5, 4), (5, 4)),
    2: ((5, 1), (5, 1), (5, 2), (5, 2)),
    4: ((5, 1), (5, 1), (5, 1), (5, 1)),
    8: ((5, 1), (5, 1), (5, 1), (3, 1)),
}


class Pyramid(nn.Module):
    """Turn spectrograms (B, T, bands) into annotations (B, K, size), one for each `stride` frames.

    Four convolutions over time, with batch norm; before some of them neighbouring places are laid together in
    pairs, which halves time, as in the paper. Without all pairs, convolutions are spread out (dilated) instead: at
    every stride an annotation hears some two letters, so strides differ in how many annotations there are.
    The paper's layers are recurrent, so that each annotation may depend on the whole sound; these cannot count letters.
    """

    def __init__(self, bands: int = 8, size: int = 64, stride: int = 4):
        super().__init__()
        if stride not in STRIDES:
            raise ValueError(f"stride is {stride}: a pyramid of pairs has one of {tuple(STRIDES)}.")
        self.stride = stride
        self.paired = range(1, stride.bit_length())  # the layers that get pairs; each of them halves time
        self.layers, self.norms, channels = nn.ModuleList(), nn.ModuleList(), bands
        for layer, (kernel, spread) in enumerate(STRIDES[stride]):
            inputs = 2 * channels if layer in self.paired else channels
            channels = size if layer else size // 2
            self.layers.append(nn.Conv1d(inputs, channels, kernel, padding="same", dilation=spread))
            self.norms.append(nn.BatchNorm1d(channels))

    def forward(self, frames: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Annotations, and a mask (B, K) that is True where there is sound; elsewhere annotations are 0."""
        check_sounds(frames, lengths)
        missing = -frames.shape[1] % self.stride
        places, jump = F.pad(frames, (0, 0, 0, missing)), 1  # (B, T, bands), T a multiple of the stride
        for number, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            if number in self.paired:
                places, jump = places.unflatten(1, (-1, 2)).flatten(2), 2 * jump  # (B, T / 2, 2 C)
            inside = torch.arange(places.shape[1], device=frames.device) * jump < lengths[:, None]
            # What padding holds is put to 0 before each layer: a sound is heard alike by itself and in a batch.
            places = norm(layer((places * inside[..., None]).mT)).relu().mT
        return places * inside[..., None], inside


class Progress(NamedTuple):
    """How far the speller is: its `state` (B, size), the last `context` (B, size), and the last `weights` (B, K)."""

    state: Tensor
    context: Tensor
    weights: Tensor


class Listener(nn.Module):
    """Hear a sound, then spell it letter by letter, with attention to the annotations before each letter.

    Args:
        letters: size of the vocabulary.
        score: which score; None takes attention away: every letter is read off one vector, which a recurrent network
            makes of all annotations.
        query: the state "before" the last letter is taken in (Bahdanau, Chan), or "after" it (Luong's h_t, with
            input feeding: the last context goes into the state, in his paper tanh(W [context; state])).

    `forward` takes `TeacherForced` inputs, `source` being `Sounds`, and returns scores of each next letter
    (B, L, letters). The submodule `attend` passes on the weights, (B, L, K).
    """

    def __init__(
        self, letters: int, bands: int = 8, size: int = 64, stride: int = 4,
        score: Score | None = "location-aware", query: Literal["before", "after"] = "before",
    ):  # fmt: skip
        super().__init__()
        if score is not None and score not in SCORES:
            raise ValueError(f"There is no score {score!r}. Expected one of {', '.join(SCORES)}, or None.")
        if query not in ("before", "after"):
            raise ValueError(
                f"query is {query!r}: the state asks 'before' or 'after' the last letter goes in."
            )
        self.query = query
        self.encoder = Pyramid(bands, size, stride)
        self.score = SCORES[score](size) if score else None
        self.summary = None if score else nn.GRU(size, size, batch_first=True)
        self.letter = nn.Embedding(letters, size, padding_idx=PAD)
        self.cell = nn.GRUCell(2 * size, size)
        self.hidden = nn.Linear(2 * size, size)
        self.letters = nn.Linear(size, letters)
        self.attend = nn.Identity()

    def begin(self, sounds) -> tuple[Memory, Progress]:
        """Hear `Sounds`: what may be attended to, and a first progress, whose weight lies on the first place."""
        annotations, mask = self.encoder(sounds.frames, sounds.lengths)
        keys = self.score.prepare(annotations) if self.score else annotations
        nothing = torch.zeros_like(annotations[:, 0])
        summary = nothing if self.score else self.summarise(annotations, mask)
        start = F.one_hot(torch.zeros_like(sounds.lengths), mask.shape[1]).to(annotations.dtype)
        return Memory(annotations, keys, mask, summary), Progress(summary, nothing, start)

    def summarise(self, annotations: Tensor, mask: Tensor) -> Tensor:
        states, _ = self.summary(annotations)
        last = mask.sum(dim=1) - 1
        return states[torch.arange(len(last), device=last.device), last]

    def look(self, state: Tensor, memory: Memory, last: Tensor) -> tuple[Tensor, Tensor]:
        """Context (B, size) and weights (B, K)."""
        if self.score is None:
            return memory.summary, last
        scores = self.score(state, memory.keys, last, memory.mask)
        context, weights = ops.attend(scores[:, None], memory.annotations, memory.mask[:, None])
        return context[:, 0], weights[:, 0]

    def advance(self, letter: Tensor, now: Progress, memory: Memory) -> Progress:
        """Take the last letter (B, size) in, and look."""
        if self.query == "before":
            context, weights = self.look(now.state, memory, now.weights)
            return Progress(self.cell(torch.cat([letter, context], dim=-1), now.state), context, weights)
        state = self.cell(torch.cat([letter, now.context], dim=-1), now.state)
        return Progress(state, *self.look(state, memory, now.weights))

    def output(self, state: Tensor, context: Tensor) -> Tensor:
        return self.letters(self.hidden(torch.cat([state, context], dim=-1)).tanh())

    def step(self, letters: Tensor, now: Progress, memory: Memory) -> tuple[Tensor, Progress, Tensor | None]:
        """Spell one letter more, in the form that `helpers.decoding` takes."""
        now = self.advance(self.letter(letters), now, memory)
        return self.output(now.state, now.context), now, now.weights if self.score else None

    def forward(self, batch) -> Tensor:
        memory, now = self.begin(batch.source)
        steps = []
        for letter in self.letter(batch.so_far).unbind(dim=1):
            now = self.advance(letter, now, memory)
            steps.append(now)
        states, contexts, weights = (torch.stack(part, dim=1) for part in zip(*steps, strict=True))
        if self.score is not None:
            self.attend(weights)
        return self.output(states, contexts)


class Transcriber(nn.Module):
    """The other road, CTC (Graves et al. 2006): scores of letters and a blank at every place, and no speller."""

    score = None  # it never attends

    def __init__(self, letters: int, bands: int = 8, size: int = 64, stride: int = 4):
        super().__init__()
        self.encoder = Pyramid(bands, size, stride)
        self.letters = nn.Linear(size, letters)

    def forward(self, batch) -> tuple[Tensor, Tensor]:
        """Scores (B, K, letters), and the number of places of each sound (B,)."""
        annotations, mask = self.encoder(batch.source.frames, batch.source.lengths)
        return self.letters(annotations), mask.sum(dim=1)


def ctc_loss(output: tuple[Tensor, Tensor], targets: Tensor) -> Tensor:
    """Minus the log-probability of all ways to spread letters and blanks over places, a letter. Targets hold END."""
    scores, places = output
    letters = (targets != PAD).sum(dim=1) - 1
    chances = scores.log_softmax(dim=-1).transpose(0, 1)
    # No letter has the number of padding, so the blank can have it.
    return F.ctc_loss(chances, targets, places, letters, blank=PAD, zero_infinity=True)


def collapse(places: Tensor) -> list[int]:
    """What a row of best letters (K,) says: repeats count once, and blanks go."""
    return [int(each) for each in torch.unique_consecutive(places) if each != PAD]


def check_sounds(frames: Tensor, lengths: Tensor) -> None:
    """Raise ValueError unless frames are (B, T, bands), finite, in floating point, and lengths fit them."""
    advice = "A single spectrogram needs frames[None]; look at how the sound was read or scaled."
    ops.check_numbers(frames, "frames", "B, T, bands", advice)
    ops.check_tensor(lengths, "lengths")
    if lengths.shape != frames.shape[:1] or lengths.is_floating_point():
        raise ValueError(
            f"Expected lengths of shape ({len(frames)},) in integers, a sound each, got {tuple(lengths.shape)} in "
            f"{lengths.dtype}."
        )
    if lengths.min() < 1 or lengths.max() > frames.shape[1]:
        raise ValueError(
            f"Lengths go from {lengths.min()} to {lengths.max()}; with {frames.shape[1]} frames, expected 1 to "
            f"{frames.shape[1]}."
        )
