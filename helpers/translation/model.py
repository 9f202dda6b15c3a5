"""Translation with attention (Bahdanau, Cho, Bengio 2015), other scores for it (Luong 2015), and none as a control."""

from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from helpers import ops
from helpers.data.tokens import TeacherForced

PAD = 0  # the number that fills short sentences up; no word has it


class Additive(nn.Module):
    """Bahdanau's score, a network with one hidden layer over a query and a key: v . tanh(W q + U k).

    U k is the same for every query, so `prepare` does it once a sentence; then a query costs one addition a place.
    """

    def __init__(self, size: int):
        super().__init__()
        self.query = nn.Linear(size, size, bias=False)
        self.key = nn.Linear(size, size)
        self.v = nn.Linear(size, 1, bias=False)

    def prepare(self, annotations: Tensor) -> Tensor:
        """Make keys (B, K, size) of annotations (B, K, size)."""
        return self.key(annotations)

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Score queries (B, Q, size) against keys (B, K, size): (B, Q, K)."""
        return self.v((self.query(query)[:, :, None] + keys[:, None]).tanh())[..., 0]


class Dot(nn.Module):
    """Luong's first score, q . k: nothing to learn, so annotations must grow to suit the queries."""

    def __init__(self, size: int):
        super().__init__()

    def prepare(self, annotations: Tensor) -> Tensor:
        return annotations

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        return query @ keys.mT


class General(Dot):
    """Luong's second score, q . W k: a learned matrix between the two."""

    def __init__(self, size: int):
        super().__init__(size)
        self.key = nn.Linear(size, size, bias=False)

    def prepare(self, annotations: Tensor) -> Tensor:
        return self.key(annotations)


class Concat(nn.Module):
    """Luong's third score, v . tanh(W [q; k]): each pair is laid end to end before it meets the matrix.

    It is Bahdanau's score with W and U side by side in one matrix, and costs more, as nothing is prepared.
    """

    def __init__(self, size: int):
        super().__init__()
        self.both = nn.Linear(2 * size, size)
        self.v = nn.Linear(size, 1, bias=False)

    def prepare(self, annotations: Tensor) -> Tensor:
        return annotations

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        Q, K = query.shape[1], keys.shape[1]
        pairs = torch.cat(
            [query[:, :, None].expand(-1, -1, K, -1), keys[:, None].expand(-1, Q, -1, -1)], dim=-1
        )
        return self.v(self.both(pairs).tanh())[..., 0]


SCORES = {"additive": Additive, "dot": Dot, "general": General, "concat": Concat}
Score = Literal["additive", "dot", "general", "concat"]


class Memory(NamedTuple):
    """What the decoder may attend to: `annotations` and `keys` (B, S, size), `mask` (B, S), and `summary` (B, size)."""

    annotations: Tensor
    keys: Tensor
    mask: Tensor
    summary: Tensor


class Translator(nn.Module):
    """Encode a sentence in both directions, then decode its translation word by word, with attention before each.

    The encoder is a bidirectional GRU: the annotation of a source word also depends on the words before and after it.
    Before each target word the decoder's state is the query that scores the annotations; their weighted mean is the
    context, from which the next state and the scores of the next word are computed.

    Args:
        source_words, target_words: sizes of the vocabularies.
        size: of embeddings, annotations and the decoder's state; even.
        score: which score; None takes attention away: every step gets the same context, the encoder's two last states.
        dropout: of embeddings and of the layer before the words.

    `forward` takes `source` (B, S) and `so_far` (B, T), the true words before each, as `teacher_forced` makes them,
    and returns scores of each next word, (B, T, target_words). The submodule `attend` passes on the weights, (B, T, S).
    """

    def __init__(
        self,
        source_words: int,
        target_words: int,
        size: int = 128,
        score: Score | None = "additive",
        dropout: float = 0.0,
    ):
        super().__init__()
        if size % 2:
            raise ValueError(f"size is {size}: give an even number, half of it for each reading direction.")
        if score is not None and score not in SCORES:
            raise ValueError(f"There is no score {score!r}. Expected one of {', '.join(SCORES)}, or None.")
        self.source = nn.Embedding(source_words, size, padding_idx=PAD)
        self.target = nn.Embedding(target_words, size, padding_idx=PAD)
        self.encoder = nn.GRU(size, size // 2, batch_first=True, bidirectional=True)
        self.first_state = nn.Linear(size, size)
        self.score = SCORES[score](size) if score else None
        self.cell = nn.GRUCell(2 * size, size)
        self.hidden = nn.Linear(3 * size, size)
        self.words = nn.Linear(size, target_words)
        self.dropout = nn.Dropout(dropout)
        self.attend = nn.Identity()

    def begin(self, source: Tensor) -> tuple[Memory, Tensor]:
        """Encode sources (B, S): what the decoder may attend to, and its first state (B, size)."""
        check_sources(source)
        mask = source != PAD
        packed = pack_padded_sequence(
            self.dropout(self.source(source)), mask.sum(dim=1).cpu(), batch_first=True, enforce_sorted=False
        )
        states, last = self.encoder(packed)
        annotations, _ = pad_packed_sequence(states, batch_first=True, total_length=source.shape[1])
        summary = torch.cat([last[0], last[1]], dim=-1)
        keys = self.score.prepare(annotations) if self.score else annotations
        return Memory(annotations, keys, mask, summary), self.first_state(summary).tanh()

    def context(self, state: Tensor, memory: Memory) -> tuple[Tensor, Tensor | None]:
        """The context (B, size) for a state (B, size), and the weights (B, S) behind it, None without attention."""
        if self.score is None:
            return memory.summary, None
        scores = self.score(state[:, None], memory.keys)
        context, weights = ops.attend(scores, memory.annotations, memory.mask[:, None])
        return context[:, 0], weights[:, 0]

    def step(self, words: Tensor, state: Tensor, memory: Memory) -> tuple[Tensor, Tensor, Tensor | None]:
        """Decode one word more: from the last words (B,) to scores (B, target_words), the state, the weights (B, S)."""
        embedded = self.target(words)
        context, weights = self.context(state, memory)
        state = self.cell(torch.cat([embedded, context], dim=-1), state)
        return self.output(state, context, embedded), state, weights

    def output(self, state: Tensor, context: Tensor, embedded: Tensor) -> Tensor:
        """Scores of the next word, (..., target_words), from three inputs of (..., size)."""
        hidden = self.hidden(torch.cat([state, context, embedded], dim=-1)).tanh()
        return self.words(self.dropout(hidden))

    def forward(self, batch: TeacherForced) -> Tensor:
        memory, state = self.begin(batch.source)
        embedded = self.dropout(self.target(batch.so_far))
        states, contexts, rows = [], [], []
        for word in embedded.unbind(dim=1):
            context, weights = self.context(state, memory)
            state = self.cell(torch.cat([word, context], dim=-1), state)
            states.append(state)
            contexts.append(context)
            rows.append(weights)
        if self.score is not None:
            self.attend(torch.stack(rows, dim=1))
        # The words are chosen for all steps at once: only the state has to wait for the one before.
        return self.output(torch.stack(states, dim=1), torch.stack(contexts, dim=1), embedded)


def next_word_loss(scores: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of each next word; padding is not in it.

    Args:
        scores: (B, T, words). targets: (B, T).
    """
    return F.cross_entropy(scores.flatten(0, 1), targets.flatten(), ignore_index=PAD)


def check_sources(source: Tensor) -> None:
    """Raise ValueError unless sources are (B, S) integers, each with at least one word and padded at its end only."""
    ops.check_tensor(source, "source")
    if source.ndim != 2 or source.is_floating_point():
        wrong = f"shape {tuple(source.shape)}" if source.ndim != 2 else f"{source.dtype}"
        raise ValueError(
            f"Expected sources of shape (B, S) in integers, got {wrong}. `padded` in helpers.data.tokens makes them."
        )
    words = source != PAD
    if len(source) == 0 or not words[:, :1].all():
        raise ValueError("Expected at least one word in each source, got an empty one: leave it out.")
    if (words[:, 1:] & ~words[:, :-1]).any():
        raise ValueError("A source has padding between its words; pad at the end only.")
