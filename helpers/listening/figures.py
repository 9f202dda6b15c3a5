"""Figures of lesson 08a: arrays in, pictures and interactive figures out."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from helpers import figure as fig
from helpers.figure import taking
from helpers.figure.layers import table
from helpers.listening.data import FRAMES

NEAR, BAND = 96, 3  # frames beside the playhead that are enlarged, and pixels a band is high
RANGE = (-2.0, 2.6)  # of the spectrogram's colours
HIGH, WIDE, SHOWN = 48, 640, 12  # pixels of the key, and seconds that it shows at least, as in keying.js


def playhead(
    names: Sequence[str],
    frames: Sequence[np.ndarray],
    texts: Sequence[str],
    spans: Sequence[np.ndarray],
    weights: Mapping[str, Sequence[np.ndarray]],
    written: Mapping[str, Sequence[str]],
    strokes: Sequence[np.ndarray],
    stride: int = 4,
) -> fig.Figure:
    """Run through sounds of several lengths, and see which letter each place is read for.

    Args:
        names: what each length is called.
        frames: a spectrogram (T, bands) each.
        texts: the true letters of each.
        spans: (letters, 2), in frames, where each letter begins and ends.
        weights: model -> for each length (letters, places), a place being `stride` frames.
        written: model -> what it writes of each.
        strokes: (M, 2) seconds of each, key down and key up, for the sound.
    """
    names, models = taking.distinct(list(names), "lengths"), taking.distinct(list(weights), "models")
    places = [-(-len(each) // stride) for each in frames]
    for model in models:
        for text, count, rows in zip(texts, places, weights[model], strict=True):
            if np.shape(rows) != (len(text), count):
                raise ValueError(
                    f"{model!r}: a text of {len(text)} letters in {count} places needs weights "
                    f"({len(text)}, {count}), got {np.shape(rows)}."
                )
    colours = np.asarray(table("viridis").tree)
    shares = [(np.clip(np.asarray(each), *RANGE) - RANGE[0]) / (RANGE[1] - RANGE[0]) for each in frames]
    pictures = [
        colours[(255 * each).astype(int)].swapaxes(0, 1)[::-1].repeat(BAND, axis=0) for each in shares
    ]
    high = pictures[0].shape[0]
    # Per length and place: the window that is enlarged, the playhead as a line, and the letter that sounds.
    boxes = [[[stride * at - NEAR // 2, 0, NEAR, high] for at in range(count)] for count in places]
    lines = [
        [[at + 0.5, 0, at + 0.5, len(text)] for at in range(n)] for n, text in zip(places, texts, strict=True)
    ]
    sounding, flags, dots = [], [], []
    for count, text, ends in zip(places, texts, spans, strict=True):
        middle = (np.arange(count) + 0.5) * stride
        now = np.clip(np.searchsorted(np.asarray(ends)[:, 0], middle, side="right") - 1, 0, len(text) - 1)
        sounding.append(now)
        flags.append((now[:, None] == np.arange(len(text))).astype(np.uint8))
        dots.append(np.stack([np.mean(ends, axis=1) / stride, np.arange(len(text)) + 0.5], axis=1))
    percent = [
        [np.round(100 * np.asarray(rows)).astype(np.uint8) for rows in weights[name]] for name in models
    ]

    model, length = (
        fig.Choice("Score", models, keys="[]"),
        fig.Slider("Length", len(names), labels=names, keys="-+"),
    )
    longest = range(max(places))
    at = fig.Slider(
        "Playhead", fig.array(np.array(places))[length], labels=fig.names([f"{t * 0.1:.1f} s" for t in longest]),
        play=True, keys="<>", every=100,
    )  # fmt: skip
    seconds = fig.array(np.arange(max(places)) * stride / FRAMES)[at]
    sound = fig.Sound(seconds, fig.array([np.asarray(each, np.float32) for each in strokes])[length])
    letter = fig.array(sounding)[length, at]
    words = fig.names([list(written[name]) for name in models])[model, length]
    strength = [
        np.pad(each.max(axis=1), (0, -len(each) % stride), mode="edge").reshape(-1, stride).mean(axis=1)
        for each in shares
    ]
    return fig.Figure(
        fig.Stage(
            fig.Crop(fig.array(pictures)[length], fig.array(boxes)[length, at]),
            fig.Arrows([NEAR / 2 + stride / 2, 0, NEAR / 2 + stride / 2, high], heads=False),
            title="Sound near the playhead: low bands below, time to the right",
            side=640,
        ),
        fig.Tokens(fig.names([list(text) for text in texts])[length], marked=fig.array(flags)[length, at],
                   title="True letters; the one that sounds is underlined"),
        fig.Stage(
            fig.Heat(fig.array(percent)[model, length], 0, 100, "viridis"),
            fig.Dots(fig.array(dots)[length], radius=0.25),
            fig.Arrows(fig.array(lines)[length, at], heads=False),
            title="Weights: a row a letter, first letter on top; dots: where the letter truly is",
            side=640,
        ),
        fig.Lines({"strength": fig.array(strength)[length]}, mark=at, low=0, high=1, title="Strongest band"),
        fig.Words(fig.text("{Score} writes: {words}", Score=model, words=words)),
        also=(model, length, sound),
        still={"Playhead": places[0] // 2},
        caption="{Length}, {Score}, at {Playhead}: {letter} sounds; its row gives this place {share:.0f}% of its "
        "weight.",
        alt="A spectrogram of Morse code with a playhead, its letters, and the attention rows of two scores.",
        letter=fig.names([list(text) for text in texts])[length, letter],
        share=fig.array(percent)[model, length, letter, at],
    )  # fmt: skip


def steps(
    frames: np.ndarray, annotations: np.ndarray, so_far: Sequence[str], before: np.ndarray, state: np.ndarray,
    weights: np.ndarray, context: np.ndarray, scores: np.ndarray, letters: Sequence[str],
) -> list[fig.Step]:  # fmt: skip
    """Every tensor between a sound and the next letter, for `fig.anatomy` or `fig.walk`."""
    looks = {"annotations": "keys", "last weights": "convolution", "state": "query; score, softmax"}
    return [
        fig.Step("spectrogram", np.asarray(frames).T[::-1], place=(0, 0), kind="matrix"),
        fig.Step("annotations", np.asarray(annotations).T, "convolutions, time ÷ 4", place=(1, 0), kind="matrix"),
        fig.Step("letters so far", list(so_far), after={}, place=(0, 2)),
        fig.Step("state", state, "GRU", place=(1, 2)),
        fig.Step("last weights", before, after={}, place=(1, 1), note="Where it looked for the letter before."),
        fig.Step("weights", weights, after=looks, place=(2, 0), note="One number a place; together they are 1."),
        fig.Step("context", context, after={"weights": "weighted mean", "annotations": "values"}, place=(3, 0)),
        fig.Step("scores", scores, "with next state: tanh, linear", place=(3, 1)),
        fig.Step("next letter", [letters[int(np.argmax(scores))]], "argmax", place=(3, 2)),
    ]  # fmt: skip


def heard(
    frames: Sequence[np.ndarray], texts: Sequence[str], spans: Sequence[np.ndarray], bands: str = "400–880 Hz"
) -> Figure:
    """Spectrograms (T, bands) one above the other, with the true letters at their true times, spans in frames."""
    figure, axes = plt.subplots(len(frames), 1, figsize=(8, 1.8 * len(frames)), squeeze=False)
    for axis, picture, text, ends in zip(axes[:, 0], frames, texts, spans, strict=True):
        axis.imshow(np.asarray(picture).T, aspect="auto", origin="lower", vmin=RANGE[0], vmax=RANGE[1])
        axis.grid(False)
        _name_letters(axis, text, ends, np.shape(picture)[1])
        axis.set(yticks=[], xticks=range(0, len(picture), 40), ylabel=bands)
        axis.set_xticklabels([f"{tick / 40:.0f} s" for tick in range(0, len(picture), 40)])
    return figure


def rows(weights: Mapping[str, np.ndarray], text: str, spans: np.ndarray, stride: int = 4) -> Figure:
    """Attention of several models to one sound, (letters, places) each, true times as white lines."""
    height = max(2.6, 0.22 * len(text) + 0.8)  # so that the letters beside the rows do not touch
    figure, axes = plt.subplots(1, len(weights), figsize=(4.2 * len(weights), height), squeeze=False)
    for axis, (name, each) in zip(axes[0], weights.items(), strict=True):
        axis.imshow(np.asarray(each), aspect="auto", vmin=0, vmax=1)
        axis.grid(False)  # its lines would look like true times
        for row, (start, end) in enumerate(np.asarray(spans) / stride - 0.5):
            axis.plot([start, end], [row + 0.4] * 2, color="white", linewidth=1.5, linestyle="-")
        labels = list(text) if len(text) <= 16 else []
        axis.set(title=name, xlabel="place (0.1 s each)", yticks=range(len(labels)), yticklabels=labels)
    return figure


def by_length(errors: Mapping[str, Mapping[int, float]]) -> Figure:
    """Character error rate over length, in multiples of the longest training text, a curve a model."""
    figure, axis = plt.subplots()
    for name, values in errors.items():
        axis.plot(list(values), list(values.values()), "o-", label=name)
    longest = next(iter(errors.values()))
    axis.set(
        xscale="log", ylim=(0, None), xlabel="times the longest training text", ylabel="character error rate"
    )
    axis.set_xticks(list(longest), [str(each) for each in longest])
    axis.minorticks_off()
    axis.legend()
    return figure


def _name_letters(axis: plt.Axes, text: str, spans: np.ndarray, bands: int) -> None:
    for letter, (start, end) in zip(text, np.asarray(spans), strict=True):
        axis.plot([start, end], [bands - 0.2] * 2, color="black", linewidth=3, linestyle="-", clip_on=False)
        axis.text((start + end) / 2, bands + 0.4, letter, ha="center", va="bottom", fontsize=10)


def key_it_yourself(read: Callable[[list], Mapping[str, object]]) -> fig.Figure:
    """Key Morse by press and hold; `read` says what a listener makes of the strokes, see `keying.reader`."""
    own = fig.Key("Strokes")
    pad = fig.Lab(Path(__file__).with_name("keying.js"), "keyed", keyed, strokes=own)
    reading = fig.Ask("What the listener reads", read, pad, when=pad["count"], strokes=own)
    return fig.Figure(
        fig.Stage(
            fig.Image(pad["picture"]),
            title="The key: press and hold here, or hold Space",
            pointer=own,
            side=640,
        ),
        fig.Tokens(reading["letters"], title="What the listener writes", when=reading["read"]),
        fig.Stage(fig.Heat(reading["heard"], *RANGE), title="What it hears", side=640, when=reading["read"]),
        fig.Stage(
            fig.Heat(reading["weights"]),
            title="Where it looks: a row a letter",
            side=640,
            when=reading["read"],
        ),
        caption="Strokes: {Strokes}. {note}",
        alt="A Morse key; what a trained listener hears, writes and looks at.",
        lines=3,
        note=reading["note"],
    )


def keyed(strokes: list) -> dict:
    """What keying.js computes: a picture of the strokes over time, and a reading of nothing."""
    picture = np.zeros((HIGH, WIDE), np.uint8)
    seconds = max(SHOWN, strokes[-1][1] if strokes else 0)
    for begin, end in strokes:
        first, last = int(WIDE * begin / seconds), int(WIDE * end / seconds)
        picture[HIGH // 4 : 3 * HIGH // 4, first : max(last, first + 1)] = 255
    nothing = np.zeros((1, 1))
    return {
        "count": len(strokes),
        "picture": picture,
        "read": 0,
        "letters": [],
        "heard": nothing,
        "weights": nothing,
        "note": "",
    }
