"""Figures of lesson 08a: sounds and weights in, pictures and interactive figures out."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from helpers import figure as fig
from helpers.data.morse import Keying
from helpers.figure import taking
from helpers.figure.layers import table
from helpers.listening.data import FRAMES, Heard
from helpers.listening.sound import Key, Sound

NEAR, BAND = 96, 3  # frames beside the playhead that are enlarged, and pixels a band is high
PLACE = 4  # frames of an annotation: the lesson's figures are of listeners with this stride
RANGE = (-2.0, 2.6)  # of the spectrogram's colours
HIGH, WIDE, SHOWN = 48, 640, 12  # pixels of the key, and seconds that it shows at least, as in keying.js


def playhead(
    names: Sequence[str],
    sounds: Heard,
    weights: Mapping[str, Sequence[np.ndarray]],
    written: Mapping[str, Sequence[str]],
) -> fig.Figure:
    """Run through sounds of several lengths, and see which letter each place is read for.

    Args:
        names: what each length is called.
        sounds: one of each length.
        weights: model -> for each sound (letters, places).
        written: model -> what it writes of each sound.
    """
    names, models = taking.distinct(list(names), "lengths"), taking.distinct(list(weights), "models")
    texts, strokes = sounds.texts, [each.strokes.astype(np.float32) for each in sounds.keyings]
    places = [-(-len(each) // PLACE) for each in sounds.frames]
    for model in models:
        for text, count, rows in zip(texts, places, weights[model], strict=True):
            if np.shape(rows) != (len(text), count):
                raise ValueError(
                    f"{model!r}: a text of {len(text)} letters in {count} places needs weights "
                    f"({len(text)}, {count}), got {np.shape(rows)}."
                )
    levels = [taking.levels(each, *RANGE, "frames", 2) for each in sounds.frames]
    # Of each place: a dot may be shorter, and lie between two frames that are a place apart.
    parts = [np.split(each.max(axis=1), range(PLACE, len(each), PLACE)) for each in levels]
    strongest = [np.array([part.mean() / 255 for part in each]) for each in parts]
    colours = np.asarray(table("viridis").tree)
    pictures = [colours[each.T[::-1]].repeat(BAND, axis=0) for each in levels]
    spans = [each.spans * FRAMES / PLACE for each in sounds.keyings]
    sounding = [
        np.searchsorted(ends[1:, 0], np.arange(count) + 0.5, side="right")
        for ends, count in zip(spans, places, strict=True)
    ]
    dots = [np.stack([ends.mean(axis=1), np.arange(len(ends)) + 0.5], axis=1) for ends in spans]
    percent = [
        [np.round(100 * np.asarray(rows)).astype(np.uint8) for rows in weights[name]] for name in models
    ]

    model = fig.Choice("Score", models, keys="[]")
    length = fig.Slider("Length", len(names), labels=names, keys="-+")
    begins = np.arange(max(places)) * PLACE / FRAMES  # seconds
    at = fig.Slider(
        "Playhead", fig.array(places)[length], labels=[f"{each:.1f} s" for each in begins],
        play=True, keys="<>", every=100,
    )  # fmt: skip
    sound = Sound(fig.array(begins)[at], fig.array(strokes)[length])
    letters = fig.names([list(text) for text in texts])[length]
    letter = fig.array(sounding)[length, at]
    flags = fig.array([np.eye(len(text), dtype=np.uint8) for text in texts])[length, letter]
    words = fig.names([list(written[name]) for name in models])[model, length]
    high, middle = BAND * levels[0].shape[1], (NEAR + PLACE) / 2
    left = fig.array(np.arange(max(places)) * PLACE - NEAR // 2)[at]
    across, bottom = fig.array(np.arange(max(places)) + 0.5)[at], fig.array([*map(len, texts)])[length]
    return fig.Figure(
        fig.Stage(
            fig.Crop(fig.array(pictures)[length], [left, 0, NEAR, high]),
            fig.Arrows([middle, 0, middle, high], heads=False),
            title="Sound near the playhead: low bands below, time to the right",
            side=640,
        ),
        fig.Tokens(letters, marked=flags, title="True letters; the one that sounds is underlined"),
        fig.Stage(
            fig.Heat(fig.array(percent)[model, length], 0, 100),
            fig.Dots(fig.array(dots)[length], radius=0.25),
            fig.Arrows([across, 0, across, bottom], heads=False),
            title="Weights: a row a letter, first letter on top; dots: where the letter truly is",
            side=640,
        ),
        fig.Lines({"strength": fig.array(strongest)[length]}, mark=at, low=0, high=1, title="Strongest band"),
        fig.Words(fig.text("{Score} writes: {words}", Score=model, words=words)),
        also=(model, length, sound),
        still={"Playhead": places[0] // 2},
        caption="{Length}, {Score}, at {Playhead}: {letter} sounds; its row gives this place {share:.0f}% of its "
        "weight.",
        alt="A spectrogram of Morse code with a playhead, its letters, and the attention rows of two scores.",
        letter=letters[letter],
        share=fig.array(percent)[model, length, letter, at],
    )


def steps(
    frames: np.ndarray, annotations: np.ndarray, so_far: Sequence[str], before: np.ndarray, state: np.ndarray,
    weights: np.ndarray, context: np.ndarray, scores: np.ndarray, letters: Sequence[str],
) -> list[fig.Step]:  # fmt: skip
    """Every tensor between a sound and the next letter, for `fig.anatomy` or `fig.walk`."""
    looks = {"annotations": "keys", "last weights": "convolution", "state": "query; score, softmax"}
    return [
        fig.Step("spectrogram", np.asarray(frames).T[::-1], place=(0, 0), kind="matrix"),
        fig.Step("annotations", np.asarray(annotations).T, "convolutions, time ÷ 4", place=(1, 0), kind="matrix"),
        fig.Step("letters so far", list(so_far), after={}, place=(0, 2), unit="letter"),
        fig.Step("state", state, "GRU", place=(1, 2)),
        fig.Step("last weights", before, after={}, place=(1, 1), note="Where it looked for the letter before."),
        fig.Step("weights", weights, after=looks, place=(2, 0), note="One number a place; together they are 1."),
        fig.Step("context", context, after={"weights": "weighted mean", "annotations": "values"}, place=(3, 0)),
        fig.Step("scores", scores, "with next state: tanh, linear", place=(3, 1)),
        fig.Step("next letter", [letters[int(np.argmax(scores))]], "argmax", place=(3, 2), unit="letter"),
    ]  # fmt: skip


def heard(sounds: Heard, number: int, bands: str = "400–880 Hz") -> Figure:
    """The first spectrograms one above the other, with the true letters at their true times."""
    figure, axes = plt.subplots(number, 1, figsize=(8, 1.8 * number), squeeze=False)
    for axis, frames, keying in zip(axes[:, 0], sounds.frames, sounds.keyings, strict=False):
        T, high = frames.shape
        extent = (0, T / FRAMES, 0, high)
        axis.imshow(frames.T, aspect="auto", origin="lower", extent=extent, vmin=RANGE[0], vmax=RANGE[1])
        axis.grid(False)
        for letter, (start, end) in zip(keying.text, keying.spans, strict=True):
            axis.plot([start, end], [high + 0.3] * 2, "k-", linewidth=3, clip_on=False)
            axis.text((start + end) / 2, high + 0.9, letter, ha="center", va="bottom", fontsize=10)
        axis.set(xticks=range(int(T / FRAMES) + 1), yticks=[], ylabel=bands)
        axis.xaxis.set_major_formatter("{x:g} s")
    return figure


def rows(weights: Mapping[str, np.ndarray], keying: Keying) -> Figure:
    """Attention of several models to one sound, (letters, places) each, true times as white lines."""
    text = keying.text
    height = max(2.6, 0.22 * len(text) + 0.8)  # so that the letters beside the rows do not touch
    figure, axes = plt.subplots(1, len(weights), figsize=(4.2 * len(weights), height), squeeze=False)
    for axis, (name, each) in zip(axes[0], weights.items(), strict=True):
        axis.imshow(each, aspect="auto", vmin=0, vmax=1)
        axis.grid(False)  # its lines would look like true times
        for row, ends in enumerate(keying.spans * FRAMES / PLACE - 0.5):
            axis.plot(ends, [row + 0.4] * 2, "w-", linewidth=1.5)
        axis.set(title=name, xlabel="place (0.1 s each)", yticks=range(len(text)), yticklabels=list(text))
    return figure


def by_length(errors: Mapping[str, Mapping[int, float]]) -> Figure:
    """Character error rate over length, in multiples of the longest training text, a curve a model."""
    figure, axis = plt.subplots()
    for name, values in errors.items():
        axis.plot([str(times) for times in values], list(values.values()), "o-", label=name)
    axis.set(ylim=(0, None), xlabel="times the longest training text", ylabel="character error rate")
    axis.legend()
    return figure


def key_it_yourself(read: Callable[[list], Mapping[str, object]]) -> fig.Figure:
    """Key Morse by press and hold; `read` says what a listener makes of the strokes, see `keying.reader`."""
    own = Key("Strokes")
    pad = fig.Lab(Path(__file__).with_name("keying.js"), "keyed", keyed, strokes=own)
    reading = fig.Ask("What the listener reads", read, pad, when=pad["count"], strokes=own)
    ready = reading["read"]
    return fig.Figure(
        fig.Stage(
            fig.Image(pad["picture"]),
            title="The key: press and hold here, or hold Space",
            pointer=own,
            side=640,
        ),
        fig.Tokens(reading["letters"], title="What the listener writes", when=ready),
        fig.Stage(fig.Heat(reading["heard"], *RANGE), title="What it hears", side=640, when=ready),
        fig.Stage(fig.Heat(reading["weights"]), title="Where it looks: a row a letter", side=640, when=ready),
        caption="Strokes: {count}. {note}",
        alt="A Morse key; what a trained listener hears, writes and looks at.",
        lines=3,
        count=pad["count"],
        note=reading["note"],
    )


def keyed(strokes: list) -> dict:
    """What keying.js computes: a picture of the strokes over time, and a reading of nothing, which shows no part."""
    picture = np.zeros((HIGH, WIDE), np.uint8)
    seconds = max(SHOWN, strokes[-1][1] if strokes else 0)
    for begin, end in strokes:
        first, last = int(WIDE * begin / seconds), int(WIDE * end / seconds)
        picture[HIGH // 4 : 3 * HIGH // 4, first : max(last, first + 1)] = 255
    return {"count": len(strokes), "picture": picture, "read": 0, "note": ""}
