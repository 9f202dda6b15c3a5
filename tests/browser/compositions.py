"""Composed figures that the browser tests open: each function builds one, in the test and in a notebook's kernel alike."""

import time

import numpy as np
from figures import MAPS, blocky, photograph, truth, watch_it_learn_data

from helpers import figure as fig
from helpers.fcn.figures import masks_over_images
from helpers.plotting import DIGIT_CLASSES
from helpers.spatial_transformer.figures import watch_it_learn as compose_watch


def masks() -> fig.Figure:
    maps = {name: blocky(cell) for name, cell in MAPS.items()}
    return masks_over_images(photograph(), maps, truth=truth(), alt="A portrait under three discs.")


def watch_it_learn() -> fig.Figure:
    inputs, runs, numbers = watch_it_learn_data()
    return compose_watch(inputs, runs, low=0, high=1, numbers=numbers, alt="Four leaning bars.")


def question() -> fig.Figure:
    """The trial: a question over a scene with two maps, tokens that can be chosen, and shares as bars."""
    scene, tokens = photograph(), ["how", "many", "discs", "are", "there", "?"]
    rng = np.random.default_rng(4)
    attention = rng.dirichlet(np.ones(36), (2, len(tokens))).reshape(2, len(tokens), 6, 6)
    shares = rng.dirichlet(np.ones(4), (2, len(tokens)))
    answers = ["one", "two", "three", "four"]
    names = [answers[best] for best in shares.mean(1).argmax(1)]

    system = fig.Choice("System", ["one glimpse", "two glimpses"], keys="[]")
    token = fig.Choice("Token", tokens)
    blend = fig.Slider("Blend", 101, 70, labels="{}%")
    smooth = fig.Toggle("Smooth", True)
    at = fig.Pointer(scene.shape, grid=(6, 6))
    here = fig.array(attention)[system, token]
    answer = fig.array(shares)[system, token]

    def looks(which: int) -> fig.Stage:
        weights = fig.array(attention[which])[token]
        title = fig.text("{name}: “{word}”", name=["one glimpse", "two glimpses"][which], word=token)
        layers = fig.Image(scene, dim=True), fig.Heat(weights, 0, 0.12, "inferno", blend, smooth)
        return fig.Stage(*layers, title=title, pointer=at, side=260)

    return fig.Figure(
        fig.Tokens(token.options, title="Question", choose=token, weights=fig.array(attention.max((2, 3)))[system]),
        looks(0),
        looks(1),
        fig.Bars(answers, answer, title="Shares of the answers"),
        caption="“{Token}”, {System}: {weight:.1%} of the attention at {place}; the answer is “{said}” ({best:.0%}).",
        alt="A portrait, where two systems look at it, and what they answer.",
        weight=here[at.y, at.x],
        said=fig.names(names)[system],
        best=fig.array(shares.max(2))[system, token],
    )


def asking() -> fig.Figure:
    """A figure that asks Python for what it does not store, and waits for it."""

    def slowly(text: str) -> str:
        time.sleep(1.5)
        if not text.isalpha():
            raise ValueError("A word has letters only; take another.")
        return text.upper()

    field = fig.Field("A word", "quiet")
    said = fig.Ask("A word of your own", slowly, fig.names(["QUIET"])[0], when=fig.array([1])[0], text=field)
    return fig.Figure(fig.Words(said), also=(field,), caption="It says {said}.", alt="A word in capitals.", said=said)
