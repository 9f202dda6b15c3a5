"""The translator drawn from its own tensors, at one step: what it attends to, and the word that it predicts."""

from collections.abc import Sequence

import torch
from matplotlib.figure import Figure
from torch import nn

from helpers import figure as fig
from helpers.data.tokens import START, padded
from helpers.training import parameter_count
from helpers.translation.model import Translator
from helpers.translation.translators import Corpus


@torch.no_grad()
def draw(model: Translator, words: Corpus, source: Sequence[str], written: Sequence[str]) -> Figure:
    """Draw how a translator with attention predicts the word after those `written`, of which there is at least one."""
    memory, state = model.begin(padded([words.source.encode(source)]))
    *earlier, last = torch.tensor([START, *words.target.encode(written)]).unbind()
    for word in earlier:
        _, state, _ = model.step(word[None], state, memory)
    context, weights = model.context(state, memory)
    scores, new_state, _ = model.step(last[None], state, memory)

    def step(name: str, value: object, place: tuple[int, int], *made_by: nn.Module, **after: str) -> fig.Step:
        made_of = {one.replace("_", " "): operation for one, operation in after.items()}
        value = value if isinstance(value, list) else value[0]
        return fig.Step(
            name, value, parameters=sum(map(parameter_count, made_by)), after=made_of, place=place
        )

    encoder, decoder = (model.source, model.encoder), (model.hidden, model.words)
    return fig.anatomy(
        [
            step("source", list(source), (0, 0)),
            step("annotations", memory.annotations, (1, 0), *encoder, source="embed, GRU"),
            step("state before", state, (0, 2)),
            step(
                "weights", weights, (1, 1), model.score, annotations="scores, softmax", state_before="query"
            ),
            step("context", context, (2, 1), weights="weighted mean", annotations=""),
            step("word before", [*written[-1:]], (3, 2)),
            step(
                "state",
                new_state,
                (2, 2),
                model.cell,
                context="GRU",
                state_before="",
                word_before="embedding",
            ),
            step("scores", scores, (2, 3), *decoder, state="with context and word: linear layers"),
            step("next word", [words.target.words[int(scores.argmax())]], (3, 3), scores="argmax"),
        ]
    )
