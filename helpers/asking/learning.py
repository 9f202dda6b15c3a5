"""How an `Asker` learns from questions about scenes, and how it is judged: answers, maps, twins."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from helpers import seeds
from helpers.asking import data
from helpers.asking.data import ANSWERS, HARD, WHICH, Kind, Question
from helpers.asking.model import Answer, Asked, Asker, Encoder
from helpers.captioning.data import owners
from helpers.data.batches import as_input
from helpers.data.scenes import Scenes
from helpers.fcn.experiment import joined
from helpers.training import History, fit

RATE, BATCH = 0.005, 64


class Material(NamedTuple):
    """Questions about scenes that an encoder has read, as an `Asker` gets them.

    Attributes:
        scenes, annotations, owners: N scenes, (N, L, D), and the sticker that each cell shows (N, L).
        questions: M questions. words: (M, T). answers: (M,), places in `ANSWERS`. about: (M, 3), each question's
            scene, the sticker that it names and the one that the answer is about.
    """

    scenes: Scenes
    annotations: Tensor
    owners: Tensor
    questions: list[Question]
    words: Tensor
    answers: Tensor
    about: Tensor

    def batch(self, chosen: Tensor) -> tuple[Asked, Tensor]:
        """Some questions by their numbers (B,), and the answers (B,)."""
        scene, stickers = self.about[chosen, 0], self.about[chosen, 1:]
        owner = self.owners[scene][:, None]  # (B, 1, L)
        truth = (owner == stickers[..., None]) & (owner >= 0)
        return Asked(self.annotations[scene], self.words[chosen], truth), self.answers[chosen]

    def of(self, kind: Kind) -> Tensor:
        """The numbers of the questions of a kind."""
        return torch.tensor([number for number, each in enumerate(self.questions) if each.kind == kind])


@torch.no_grad()
def read(encoder: Encoder, scenes: Scenes, questions: Sequence[Question]) -> Material:
    """Read scenes once with a finished encoder, and put questions beside."""
    return Material(
        scenes,
        annotations=torch.cat([encoder.annotate(as_input(part)) for part in scenes.images.split(200)]),
        owners=owners(scenes),
        questions=list(questions),
        words=torch.stack([data.encode(each.words) for each in questions]),
        answers=torch.tensor([ANSWERS.index(each.answer) for each in questions]),
        about=torch.tensor([[each.scene, each.asked, each.about] for each in questions]),
    )


def lessons(encoder: Encoder, scenes: Scenes, kinds: Sequence[Kind] = WHICH, seed: int = 0) -> Material:
    """Balanced questions about scenes."""
    return read(encoder, scenes, data.balanced(list(data.all_questions(scenes, kinds)), seed))


def batches(
    batch: Callable[[Tensor], tuple[Any, Tensor]], numbers: Tensor, seed: int
) -> Iterator[tuple[Any, Tensor]]:
    """Yield batches of the questions or clips with these numbers, drawn by chance, for ever."""
    generator = seeds.generator(seed)
    while True:
        yield batch(numbers[torch.randint(len(numbers), (BATCH,), generator=generator)])


def answer_loss(answer: Answer, truth: Tensor) -> Tensor:
    """Cross-entropy of the answers (B,)."""
    return F.cross_entropy(answer.scores, truth)


def learn(
    asker: Asker, train: Material, seed: int, first: int, steps: int, rate: float = RATE, name: str = "asking"
) -> History:
    """Teach the first hop direct questions, then keep its look and teach the rest all questions.

    With `first` 0 everything is taught at once. Every network, also one without attention, has the same lessons. One
    that is stopped in the first does not begin the second.
    """
    before, teach = History(), partial(fit, asker, loss=answer_loss, lr=rate)
    if first:
        hops, asker.taken = asker.taken, 1
        direct = batches(train.batch, train.of("direct"), seed)
        before = teach(direct, steps=first, name=f"{name}, first hop")
        asker.taken = hops
        asker.keep_first_look()
        if before.interrupted:
            return before
    everything = batches(train.batch, torch.arange(len(train.questions)), seed + 1)
    return joined(before, teach(everything, steps=steps, name=name))


@torch.no_grad()
def answers(asker: Asker, test: Material) -> tuple[Tensor, Tensor]:
    """Scores (M, answers) and weights (M, hops, L) for all questions of a set."""
    parts = [asker.eval()(test.batch(part)[0]) for part in torch.arange(len(test.questions)).split(1000)]
    return torch.cat([part.scores for part in parts]), torch.cat([part.weights for part in parts])


def on_sticker(weights: Tensor, test: Material, numbers: Tensor) -> Tensor:
    """Whether the greatest weight of each hop lies on the sticker that is asked for, and on the one that the answer
    is about: from the weights (B, hops, L) of some questions by their numbers (B,), (B, hops, 2) bool."""
    scene, stickers = test.about[numbers, 0], test.about[numbers, None, 1:]
    owner = test.owners[scene].gather(1, weights.argmax(dim=-1))[..., None]  # (B, hops, 1)
    return (owner == stickers) & (owner >= 0)


def judge(asker: Asker, test: Material) -> dict[str, float]:
    """The share of questions answered rightly, by kind; where a network has attention, pointing beside.

    "pointing": the last look that a question needs lies on the sticker that the answer is about. "first_pointing":
    the first look lies on the one that is asked for. "shuffled": pointing with the maps of another question.
    "said_none": of the questions whose answer is "none", the share that is answered so.
    """
    scores, weights = answers(asker, test)
    right, figures = (scores.argmax(dim=1) == test.answers).float(), {}
    for kind in sorted({each.kind for each in test.questions}):
        numbers = test.of(kind)
        figures[kind] = float(right[numbers].mean())
        if kind == "none":
            figures["said_none"] = float(right[test.answers == ANSWERS.index("none")].mean())
        if asker.look != "attention" or kind in HARD:
            continue
        # A direct question needs one look, whatever the network has.
        last = 0 if kind == "direct" else weights.shape[1] - 1
        places = on_sticker(weights[numbers], test, numbers).float()
        others = on_sticker(weights[numbers.roll(1)], test, numbers).float()
        figures[f"{kind}_pointing"] = float(places[:, last, 1].mean())
        figures[f"{kind}_first_pointing"] = float(places[:, 0, 0].mean())
        figures[f"{kind}_shuffled"] = float(others[:, last, 1].mean())
    return figures


def twins_right(asker: Asker, encoder: Encoder, twins: tuple[Scenes, Scenes]) -> dict[str, float]:
    """Of pairs of twins for which one question has two answers, the share answered rightly for both, by kind."""
    pairs = data.flipped(*(list(data.all_questions(each)) for each in twins))
    asked = [read(encoder, *each) for each in zip(twins, zip(*pairs, strict=True), strict=True)]
    right = [answers(asker, each)[0].argmax(dim=1) == each.answers for each in asked]
    both = (right[0] & right[1]).float()
    return {f"{kind}_pairs": float(both[asked[0].of(kind)].mean()) for kind in WHICH}
