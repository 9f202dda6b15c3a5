"""What the figures of 08b show, computed from trained networks: one question's steps, every question, some clips."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from helpers.asking import data
from helpers.asking.learning import Material, answers, read
from helpers.asking.model import Asker, Encoder, Watcher
from helpers.asking.watching import Clips
from helpers.data.scenes import Scenes

FORMS = {
    "which digit is ...": ("direct", ""),
    "left of ...": ("beside", "left"),
    "right of ...": ("beside", "right"),
}


@torch.no_grad()
def followed(
    asker: Asker, material: Material, number: int
) -> tuple[Tensor, Tensor, tuple[str, ...], Tensor, Tensor]:
    """Scene, annotations, words, weights and scores of the question with a number, for `figures.steps`."""
    asked, _ = material.batch(torch.tensor([number]))
    told, scene = asker.eval()(asked), material.about[number, 0]
    words = material.questions[number].words
    return material.scenes.images[scene], asked.annotations[0], words, told.weights[0], told.scores[0]


def every_question(askers: Mapping[str, Asker], encoder: Encoder, scenes: Scenes) -> dict[str, Any]:
    """Ask networks every question that can be built about scenes, answerable or not, for `figures.ask_the_scene`."""
    questions = {
        form: {colour: data.worded(kind, colour, side) for colour in data.NAMED}
        for form, (kind, side) in FORMS.items()
    }
    right = {(each.scene, each.words): each.answer for each in data.all_questions(scenes)}
    numbers = range(len(scenes))
    truths = [
        [[right.get((n, words), "no such sticker") for words in form.values()] for form in questions.values()]
        for n in numbers
    ]
    built = [words for form in questions.values() for words in form.values()]
    # What the right answer is plays no part in answering.
    asked = read(
        encoder, scenes, [data.Question(n, "direct", words, "none") for n in numbers for words in built]
    )
    shape, maps, shares = (len(scenes), len(FORMS), len(data.NAMED)), {}, {}
    for name, asker in askers.items():
        scores, weights = answers(asker, asked)
        shares[name] = scores.softmax(dim=1).unflatten(0, shape)
        maps[name] = weights.unflatten(0, shape)
    return {
        "images": scenes.images, "questions": questions, "weights": maps, "shares": shares, "truths": truths,
        "answers": data.ANSWERS,
    }  # fmt: skip


@torch.no_grad()
def watched(watchers: Mapping[str, Watcher], test: Clips, order: Tensor) -> dict[str, Any]:
    """Show networks the first N clips as they are and in another order (N, T), for `figures.which_frame`."""
    N = len(order)
    frames = test.frames[:N]
    shuffled = frames.take_along_dim(order[..., None], dim=1)
    told = {pool: [watcher.eval()(each) for each in (frames, shuffled)] for pool, watcher in watchers.items()}
    return {
        "clips": test.clips.images[:N],
        "order": order,
        "weights": torch.stack([each.weights[:, 0] for each in told["attention"]]),
        "shares": {
            pool: torch.stack([each.scores.softmax(dim=1) for each in both]) for pool, both in told.items()
        },
        "events": test.event[:N],
        "digits": test.digits[:N],
    }
