"""Sentences -> words -> numbers -> batches, for every lesson that reads or writes words."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from helpers import seeds

PAD, START, END, UNKNOWN = range(4)
SPECIAL = ("<pad>", "<start>", "<end>", "<unknown>")

JOINER = "\u2060"  # Unicode's WORD JOINER, which prints as nothing: no space stands on this side of a token
# Marks that are written without a space to the word after, or to the word before.
OPENING, CLOSING = frozenset("¿¡(["), frozenset(".,;:!?)]…")
TOKEN = re.compile(
    r"""
    \w+(?:                        # a word or a number; inside it may stand
        (?: -                     # hyphens: t-shirt
          | (?<=\d)[.,:/](?=\d)   # marks between digits: 3.50, 2:30
          | (?<=\b\w)\.(?=\w\b)   # dots between single letters: a.m
        ) \w+)*
    | (?<=\w)'\w+                # an ending: 's, 't
    | [^\w\s]                    # a single mark
    """,
    re.VERBOSE,
)


def normalise(text: str) -> str:
    """Write a text in the one way that tokens know: lower case, é as one character (Unicode's NFC), ' for ’."""
    return unicodedata.normalize("NFC", text.lower()).replace("’", "'").replace(JOINER, "")


def tokenise(text: str) -> list[str]:
    """Normalise a sentence and split it into words and marks: "Mi gato, ¿no?" -> mi gato , ¿ no ?

    An apostrophe begins an ending of its own: "sister's" -> sister 's. Marks inside words and numbers stay there:
    t-shirt, 3.50. A mark that touches its neighbours in an unusual way gets a `JOINER` on the side that touches, so
    that an opening quotation mark is another token than a closing one, and `detokenise` gives back what was written.
    """
    found = list(TOKEN.finditer(normalise(text)))
    tokens = [match.group() for match in found]
    touching = [place for place in range(1, len(found)) if found[place - 1].end() == found[place].start()]
    for place in touching:
        before, token = tokens[place - 1 : place + 1]
        if _is_mark(before) and before not in OPENING and (not _is_mark(token) or token in OPENING):
            tokens[place - 1] += JOINER
    for place in touching:
        if not _touch(*tokens[place - 1 : place + 1]):
            tokens[place] = JOINER + tokens[place]
    return tokens


def detokenise(tokens: Iterable[str]) -> str:
    """Join words and marks to a sentence: closing marks and endings go to the word before, ¿ to the word after.

    It gives back the normalised sentence, without the spaces that nobody writes ("word ,").
    """
    text, before = "", ""
    for token in tokens:
        text += token if not before or _touch(before, token) else f" {token}"
        before = token
    return text.replace(JOINER, "")


def _touch(before: str, token: str) -> bool:
    """Whether two tokens are written without a space between them; a joiner overrules what is usual for a mark."""
    joined = before.endswith(JOINER) or token.startswith(JOINER)
    return joined or before in OPENING or token in CLOSING or (token[:1] == "'" and token[1:].isalnum())


def _is_mark(token: str) -> bool:
    return len(token) == 1 and not (token.isalnum() or token == "_")


class Vocabulary:
    """Words and their numbers; 0 to 3 are padding, start, end and unknown.

    Args:
        sentences: tokens of the training sentences.
        least: words seen fewer times are unknown.
        most: keep this many of the most frequent; None keeps all.

    Raises:
        ValueError: no word is left.
    """

    def __init__(self, sentences: Iterable[Sequence[str]], least: int = 1, most: int | None = None):
        counts = Counter(word for sentence in sentences for word in sentence)
        # By frequency, then by letters: the same sentences give the same numbers in any order.
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        self.words = [*SPECIAL, *(word for word in ranked[:most] if counts[word] >= least)]
        if len(self.words) == len(SPECIAL):
            raise ValueError(
                f"No word occurs {least} times in these sentences: give more sentences, or lower `least`."
            )
        self.numbers = {word: number for number, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words)

    def encode(self, tokens: Sequence[str]) -> list[int]:
        """The numbers of words; of those it does not hold, the number of unknown.

        Raises:
            ValueError: the sentence is one string, or has no words.
        """
        if isinstance(tokens, str):
            raise ValueError(f"encode takes a list of words, not the text {tokens!r}: tokenise it first.")
        if not tokens:
            raise ValueError("The sentence is empty. Give at least one word.")
        return [self.numbers.get(word, UNKNOWN) for word in tokens]

    def decode(self, numbers: Iterable[int]) -> list[str]:
        """The words of numbers, up to the end mark; padding and start are left out."""
        words = []
        for number in map(int, numbers):
            if number == END:
                break
            if number not in (PAD, START):
                words.append(self.words[number])
        return words

    def unknown(self, tokens: Iterable[str]) -> list[str]:
        """The words that it does not hold, each once, in order."""
        return list(dict.fromkeys(word for word in tokens if word not in self.numbers))


def padded(sentences: Sequence[Sequence[int]]) -> Tensor:
    """Lay sentences of numbers in rows (B, longest) int64, padded at their ends.

    Raises:
        ValueError: there is no sentence, or an empty one.
    """
    if not sentences or not all(map(len, sentences)):
        raise ValueError("Every batch needs at least one sentence, and every sentence at least one word.")
    rows = torch.full((len(sentences), max(map(len, sentences))), PAD)
    for row, sentence in zip(rows, sentences, strict=True):
        row[: len(sentence)] = torch.as_tensor(sentence)
    return rows


@dataclass(frozen=True)
class TeacherForced:
    """The inputs of teacher forcing: a source (B, S), and the true target so far (B, T), which begins with START.

    It goes to a device like a tensor, so that `training.fit` takes it for a batch of inputs.
    """

    source: Tensor
    so_far: Tensor

    def __len__(self) -> int:
        return len(self.source)

    def to(self, device: torch.device) -> "TeacherForced":
        return TeacherForced(self.source.to(device), self.so_far.to(device))


def teacher_forced(
    sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]
) -> tuple[TeacherForced, Tensor]:
    """Make a batch: the inputs, and the words to predict (B, T), which end with END and are padded."""
    so_far = padded([[START, *target] for target in targets])
    return TeacherForced(padded(sources), so_far), padded([[*target, END] for target in targets])


def by_length(
    sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], size: int, seed: int
) -> Iterator[tuple[TeacherForced, Tensor]]:
    """Yield shuffled batches for ever, each of sentences of about one length, so that little is padded.

    Within an epoch every sentence comes once, except those of a last batch that would not be full. Which sentences
    of one length meet, and the order of the batches, change with each epoch.

    Raises:
        ValueError: not one target for each source, or fewer sentences than a batch holds.
    """
    if len(sources) != len(targets):
        raise ValueError(f"There are {len(sources)} sources and {len(targets)} targets; expected one each.")
    if not 1 <= size <= len(sources):
        raise ValueError(f"A batch of {size} cannot be drawn from {len(sources)} sentences.")
    generator = seeds.generator(seed)
    lengths = torch.tensor([[len(s), len(t)] for s, t in zip(sources, targets, strict=True)])
    while True:
        # Sources of one length are put in order of their targets' lengths, and ties are broken by chance.
        tie = torch.rand(len(lengths), generator=generator)
        order = (lengths[:, 0] * 1000 + lengths[:, 1] + tie).argsort()
        # The rest that fills no batch is a different one each time: cut a random number off the front.
        rest = len(order) % size
        front = int(torch.randint(rest + 1, (), generator=generator))
        batches = order[front : front + len(order) // size * size].split(int(size))
        for place in torch.randperm(len(batches), generator=generator).tolist():
            chosen = batches[place].tolist()
            yield teacher_forced([sources[i] for i in chosen], [targets[i] for i in chosen])
