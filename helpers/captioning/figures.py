"""Figures of lesson 06: arrays in, pictures and interactive figures out."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from helpers import figure as fig
from helpers import plotting
from helpers.captioning.cloud_figures import gradient_cloud as gradient_cloud
from helpers.captioning.data import Annotated
from helpers.figure import taking

FAINT = 5  # percent of a map's greatest weight, below which the scene is left as it is


def word_by_word(
    images: np.ndarray,
    said: Sequence[Sequence[str]],
    weights: Mapping[str, np.ndarray | None],
    changes: Mapping[str, np.ndarray],
) -> fig.Figure:
    """Step through a caption: each word's map over the scene, and what becomes of the words when a cell is erased.

    Args:
        images: (N, 3, H, W), bytes or floats in 0..1. said: N captions, lists of words.
        weights: model -> (N, T, L), a map of L cells, row by row in a square, for each of T >= words; None for a model
            without attention.
        changes: model -> (N, L, T), by how much each word's log-probability changes when that cell is erased.
    """
    models = taking.distinct(list(weights), "models")
    shown = taking.pictures(images)
    N, (H, W), longest = len(shown), shown.shape[1:3], max(map(len, said))
    side = round(np.shape(changes[models[0]])[1] ** 0.5)
    nowhere = np.full((N, longest, side**2), np.nan)  # the map of a model without attention: nothing is drawn
    maps, changed = [], []
    for model in models:
        change = taking.numbers(changes[model], "changes").astype(float)
        given = nowhere if weights[model] is None else taking.numbers(weights[model], "weights")
        fits = change.shape[:2] == (N, side**2) and given.shape[::2] == (N, side**2)
        if not fits or len(said) != N or min(change.shape[2], given.shape[1]) < longest:
            raise ValueError(
                f"{model!r}: {N} scenes and captions of up to {longest} words need weights (N, T, {side**2}) and "
                f"changes (N, {side**2}, T); got {len(said)} captions, {given.shape} and {change.shape}."
            )
        maps.append(given[:, :longest])
        changed.append(change[:, :, :longest])
    percent = in_percent(maps)  # (models, N, words, side, side)
    visible = np.where(percent < FAINT, np.nan, percent)
    lost = np.round(1 - np.exp(np.minimum(changed, 0)), 3)
    lost = np.moveaxis(lost.reshape(*lost.shape[:2], side, side, -1), -1, 2)  # likewise
    corners = np.stack(np.meshgrid(np.arange(side) * W / side, np.arange(side) * H / side), axis=-1)
    boxes = np.concatenate([corners, np.broadcast_to([W / side, H / side], corners.shape)], axis=-1)
    only = np.where(np.eye(side**2).reshape(side, side, side, side) > 0, 1.0, np.nan)

    # The poster shows the first model's word that loses most where it looks most.
    cells = np.nan_to_num(percent[0]).reshape(N, longest, -1).argmax(axis=-1, keepdims=True)
    loses = np.take_along_axis(lost[0].reshape(N, longest, -1), cells, axis=-1)[..., 0]
    loses *= np.arange(longest) < np.array([[len(words)] for words in said])  # captions differ in length
    first, spoken = np.unravel_index(loses.argmax(), loses.shape)
    looked_at = boxes.reshape(-1, 4)[cells[first, spoken, 0]]

    scene = fig.Slider("Scene", N, labels=[str(n + 1) for n in range(N)])
    model = fig.Choice("Model", models, keys="[]")
    words = fig.names([list(each) for each in said])[scene]
    word = fig.Choice("Word", words)
    blend = fig.Slider("Blend", 101, 60, labels="{}%")
    erase = fig.Toggle("Erase the cell")
    at = fig.Pointer((H, W), grid=(side, side), name="cell", hover=False)
    loss = fig.array(np.moveaxis(lost, 2, -1))[model, scene, at.y, at.x]
    return fig.Figure(
        fig.Stage(
            fig.Image(fig.array(shown)[scene]),
            fig.Heat(fig.array(visible)[model, scene, word], 0, 100, "viridis", blend),
            fig.Heat(fig.array(only)[at.y, at.x], 0, 2, "gray", when=erase),
            fig.Box(fig.array(boxes)[at.y, at.x]),
            title="Where it looks",
            pointer=at,
            side=360,
        ),
        fig.Stage(
            fig.Heat(fig.array(lost)[model, scene, word]),
            title="What it needs: lost when a cell is erased",
            pointer=at,
            side=220,
        ),
        fig.Tokens(words, title="Bars: what each word loses without the cell", choose=word, weights=loss),
        also=(model, scene, blend, erase),
        still={
            "Scene": int(first),
            "Word": int(spoken),
            "cell": (looked_at[:2] + looked_at[2:] / 2).tolist(),
        },
        caption="{Model}, scene {Scene}, \N{LEFT DOUBLE QUOTATION MARK}{Word}\N{RIGHT DOUBLE QUOTATION MARK}: without "
        "the cell in {cell} (counted from 0) it loses {lost:.0%} of its probability; the cell's weight is {share:.0f}% "
        "of the map's greatest.",
        alt=f"{N} scenes, the words of their captions, and maps of {', '.join(models)}.",
        lost=loss[word],
        share=fig.array(percent)[model, scene, word, at.y, at.x],
    )


def in_percent(maps: object) -> np.ndarray:
    """Maps (..., L) of cells, row by row in a square, in percent of each one's greatest weight: (..., side, side).

    So a flat map and a peaked one can both be read.
    """
    maps = np.asarray(maps, float)
    side = round(maps.shape[-1] ** 0.5)
    percent = np.round(100 * maps / maps.max(axis=-1, keepdims=True).clip(1e-12))
    return percent.reshape(*maps.shape[:-1], side, side)


def steps(
    shown: Annotated, scores: np.ndarray, states: np.ndarray, weights: np.ndarray, words: Sequence[str]
) -> list[fig.Step]:
    """Every tensor between the first scene and the third word of its caption, for `fig.anatomy` or `fig.walk`.

    Args:
        scores, states, weights: (N, T, V), (N, T, size) and (N, T, L), as a decoder told them of these scenes.
        words: the vocabulary.
    """
    scores, state, weights = (np.asarray(each[0, t]) for each, t in ((scores, 2), (states, 1), (weights, 2)))
    annotations, side = np.asarray(shown.annotations[0]), round(len(weights) ** 0.5)
    context = {"weights": "weighted mean", "annotations": "values"}
    return [
        fig.Step("scene", np.moveaxis(np.asarray(shown.scenes.images[0]), 0, -1), place=(0, 0)),
        fig.Step("annotations", annotations.T.reshape(-1, side, side), "encoder", place=(1, 0)),
        fig.Step("words so far", shown.said[0][:2], after={}, place=(0, 1)),
        fig.Step("state", state, "GRU, with earlier contexts", place=(1, 1)),
        fig.Step(
            "weights",
            weights.reshape(side, side),
            after={"annotations": "keys", "state": "query, score, softmax"},
            place=(2, 0),
            note="One number a place; together they are 1.",
        ),
        fig.Step("context", weights @ annotations, after=context, place=(3, 0)),
        fig.Step("scores", scores, "with state and last word: tanh, linear", place=(3, 1)),
        fig.Step("next word", [words[int(scores.argmax())]], "argmax", place=(3, 2)),
    ]


def lit(image: np.ndarray, weights: np.ndarray, least: float = 0.25) -> np.ndarray:
    """A scene (3, H, W) in bytes, bright where a map of L cells, row by row in a square, is large: (H, W, 3).

    `least` is the share of its light that a scene keeps where the map is 0.
    """
    scene, weights = np.moveaxis(np.asarray(image), 0, -1), np.asarray(weights)
    side = round(len(weights) ** 0.5)
    cell = np.ones((len(scene) // side, scene.shape[1] // side))
    share = np.kron((weights / weights.max()).reshape(side, side), cell)
    return (scene * (least + (1 - least) * share[..., None])).astype(np.uint8)


def lit_for_each_word(shown: Annotated, weights: np.ndarray) -> Figure:
    """The first scene once for each word about a sticker, bright where the word's map, of (N, T, L), is large."""
    words, about = shown.captions[0]
    chosen = [t for t, sticker in enumerate(about) if sticker >= 0]
    pictures = [lit(shown.scenes.images[0], weights[0, t]) for t in chosen]
    return plotting.images(pictures, [words[t] for t in chosen], columns=4, size=1.5)


def square_tables(tables: Mapping[str, np.ndarray]) -> Figure:
    """Tables of n x n numbers side by side, given row by row, as grey squares with their numbers."""
    squares = [np.asarray(each).reshape(round(len(each) ** 0.5), -1) for each in tables.values()]
    figure = plotting.images(squares, list(tables), size=1.7)
    for axis, square in zip(figure.axes, squares, strict=True):
        for (row, column), number in np.ndenumerate(square):
            dark = "white" if number < 0.5 else "black"
            axis.text(column, row, f"{number:.2f}", ha="center", va="center", color=dark, fontsize=9)
    return figure
