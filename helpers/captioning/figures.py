"""Figures of lesson 06: arrays in, interactive figures out."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

from helpers import figure as fig
from helpers import plotting
from helpers.captioning.data import Annotated
from helpers.figure import taking

CLOUD = (420, 540)  # height and width of the plane on which gradients are drawn
ORIGIN, UNIT = (200.0, 230.0), 130.0  # where it starts, and pixels for the length of the bound's gradient
ARROWS, DOTS = 6, 80  # estimates drawn as arrows, and as dots; more would be one blot
FAINT = 5  # percent of a map's greatest weight, below which the scene is left as it is
EXACT = {"bound": (102, 0, 255), "marginal": (0, 77, 77)}  # as in the static pictures of section 4


def gradient_cloud(
    estimates: Mapping[str, np.ndarray | Mapping[float, np.ndarray]],
    sizes: Sequence[int],
    bound: np.ndarray,
    marginal: np.ndarray,
) -> fig.Figure:
    """Estimates of a gradient as arrows and dots, in the plane of the two exact gradients.

    Args:
        estimates: name -> (S, M, P), M estimates of P numbers for each of S sizes; of an estimator with a temperature
            temperature -> (S, M, P).
        sizes: S, glimpses that go into one estimate.
        bound, marginal: (P,), the exact gradients. The plane's first direction is the bound's; lengths count in
            units of its length. Everything outside the plane is left out, and so is the noise there.
    """
    names = taking.distinct(list(estimates), "estimators")
    bound, marginal = (taking.numbers(each, "gradient").astype(float).ravel() for each in (bound, marginal))
    first = bound / np.linalg.norm(bound)
    second = marginal - (marginal @ first) * first
    plane = np.stack([first, second / np.linalg.norm(second)]) / np.linalg.norm(bound)

    # Each estimator's rows by temperature. One without any has one row: a pick beyond the end takes the last.
    rows, row_of, temperatures = {}, [], ["none"]
    for name, each in estimates.items():
        heated = isinstance(each, Mapping)
        added = {f"{name} at {heat:g}": some for heat, some in each.items()} if heated else {name: each}
        row_of.append(list(range(len(rows), len(rows) + len(added))))
        rows |= added
        temperatures = [str(heat) for heat in each] if heated else temperatures
    drawn = np.stack([taking.numbers(each, name) for name, each in rows.items()]).astype(float)
    if drawn.shape[1] != len(sizes) or drawn.shape[3] != len(bound):
        raise ValueError(
            f"The estimates have shape {drawn.shape[1:]}; expected ({len(sizes)} sizes, any number, {len(bound)})."
        )
    cosines = (drawn @ first / np.linalg.norm(drawn, axis=-1).clip(1e-12)).mean(axis=-1)
    mean = drawn.mean(axis=2) @ plane.T
    ends = _inside(drawn[:, :, :DOTS] @ plane.T)  # (rows, S, DOTS, 2)
    tips = ends[:, :, :ARROWS]

    estimator = fig.Choice("Estimator", names, keys="[]")
    size = fig.Slider("Glimpses", len(sizes), labels=[str(each) for each in sizes])
    heat = fig.Slider("Temperature", len(temperatures), labels=temperatures, keys="-+")
    row = fig.array(row_of)[estimator, heat]
    exact = {"bound": np.array([1.0, 0.0]), "marginal": plane @ marginal}
    return fig.Figure(
        fig.Stage(
            fig.Image(_exact_arrows(exact)),
            fig.Dots(fig.array(ends)[row, size], radius=2),
            fig.Arrows(
                fig.array(np.concatenate([np.broadcast_to(ORIGIN, tips.shape), tips], axis=-1))[row, size]
            ),
            fig.Dots(fig.array(_inside(mean))[row, size], chosen=0, radius=3),
            *(fig.Note(*(_inside(end) + 5).tolist(), name) for name, end in exact.items()),
            title="Estimates, and in a ring their mean",
            side=480,
        ),
        fig.Lines(
            {"chosen": fig.array(np.moveaxis(cosines, 1, -1))[row], names[0]: cosines[0]},
            x=[str(each) for each in sizes],
            title="Cosine with the bound's gradient",
            mark=size,
            low=min(0.0, float(cosines.min())),
            high=1.0,
        ),
        also=(estimator, size, heat),
        still={"Glimpses": len(sizes) - 1},
        caption="{label}, {Glimpses} glimpses an estimate: cosine {cosine:.2f}. The mean lies {along:.2f} of the way "
        "along the bound's gradient and {aside:+.2f} aside from it, towards the marginal's.",
        alt="Arrows and dots of estimated gradients around the exact gradients of the bound and of the marginal.",
        label=fig.names(list(rows))[row],
        cosine=fig.array(cosines)[row, size],
        along=fig.array(mean[..., 0])[row, size],
        aside=fig.array(mean[..., 1])[row, size],
    )


def _inside(vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., 2) as pixels x, y; what would leave the picture is shortened to its rim."""
    room = np.where(vectors > 0, [CLOUD[1] - ORIGIN[0], ORIGIN[1]], [ORIGIN[0], CLOUD[0] - ORIGIN[1]]) - 4
    share = (room / (np.abs(vectors) * UNIT).clip(1e-9)).min(axis=-1, keepdims=True).clip(max=1.0)
    return np.asarray(ORIGIN) + vectors * share * UNIT * [1, -1]


def _exact_arrows(exact: Mapping[str, np.ndarray]) -> np.ndarray:
    """The ground of the cloud: the exact gradients as thick arrows, (H, W, 3) uint8."""
    fine = 4  # drawn larger and averaged, for smooth edges
    ground = Image.new("RGB", (CLOUD[1] * fine, CLOUD[0] * fine), "white")
    for name, end in exact.items():
        start, tip = np.array(ORIGIN), _inside(end)
        along = (tip - start) / np.linalg.norm(tip - start)
        neck, across = tip - 14 * along, np.array([-along[1], along[0]])
        wide, thin = 7 * across, 2.5 * across
        outline = [tip, neck + wide, neck + thin, start + thin, start - thin, neck - thin, neck - wide]
        ImageDraw.Draw(ground).polygon([tuple(corner * fine) for corner in outline], EXACT[name])
    return np.asarray(ground.resize(CLOUD[::-1], Image.Resampling.BOX))


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
    pictures = np.stack([taking.image(np.moveaxis(np.asarray(each), 0, -1)) for each in images])
    N, (H, W), longest = len(pictures), pictures.shape[1:3], max(map(len, said))
    side = round(np.shape(changes[models[0]])[1] ** 0.5)
    maps, lost = [], []  # [model][scene], (words, side, side) and (side, side, words)
    for model in models:
        change = taking.numbers(changes[model], "changes").astype(float)
        none = np.full(
            (N, longest, side**2), np.nan
        )  # without attention there is no map, and nothing is drawn
        given = none if weights[model] is None else taking.numbers(weights[model], "weights")
        fits = change.shape[:2] == (N, side**2) and given.shape[::2] == (N, side**2)
        if not fits or len(said) != N or min(change.shape[2], given.shape[1]) < longest:
            raise ValueError(
                f"{model!r}: {N} scenes and captions of up to {longest} words need weights (N, T, {side**2}) and "
                f"changes (N, {side**2}, T); got {len(said)} captions, {given.shape} and {change.shape}."
            )
        # In percent of a map's greatest weight, so that a flat map and a peaked one can both be read.
        shares = np.round(100 * given / given.max(axis=2, keepdims=True).clip(1e-12))
        left = np.round(1 - np.exp(np.minimum(change, 0)), 3)
        ends = [len(words) for words in said]
        maps.append([each[:end].reshape(-1, side, side) for each, end in zip(shares, ends, strict=True)])
        lost.append([each[:, :end].reshape(side, side, -1) for each, end in zip(left, ends, strict=True)])
    visible = [[np.where(each < FAINT, np.nan, each) for each in some] for some in maps]
    effects = [[np.round(100 * np.moveaxis(each, -1, 0)) for each in some] for some in lost]
    corners = np.stack(np.meshgrid(np.arange(side) * W / side, np.arange(side) * H / side), axis=-1)
    boxes = np.concatenate([corners, np.broadcast_to([W / side, H / side], corners.shape)], axis=-1)
    only = np.where(np.eye(side**2).reshape(side, side, side, side) > 0, 1.0, np.nan)

    # The poster erases the cell that the third word of the first caption looks at most.
    third = np.nan_to_num(maps[0][0][min(2, len(said[0]) - 1)])
    looked_at = boxes.reshape(-1, 4)[third.argmax()]

    scene = fig.Slider("Scene", N, labels=[str(n + 1) for n in range(N)])
    model = fig.Choice("Model", models, keys="[]")
    words = fig.names([list(each) for each in said])[scene]
    word = fig.Choice("Word", words)
    blend = fig.Slider("Blend", 101, 60, labels="{}%")
    erase = fig.Toggle("Erase the cell")
    at = fig.Pointer((H, W), grid=(side, side), name="cell", hover=False)
    loss = fig.array(lost)[model, scene, at.y, at.x]
    return fig.Figure(
        fig.Stage(
            fig.Image(fig.array(pictures)[scene]),
            fig.Heat(fig.array(visible)[model, scene, word], 0, 100, "viridis", blend),
            fig.Heat(fig.array(only)[at.y, at.x], 0, 2, "gray", when=erase),
            fig.Box(fig.array(boxes)[at.y, at.x]),
            title="Where it looks",
            pointer=at,
            side=360,
        ),
        fig.Stage(
            fig.Heat(fig.array(effects)[model, scene, word], 0, 100, "viridis"),
            title="What it needs: lost when a cell is erased",
            pointer=at,
            side=220,
        ),
        fig.Tokens(words, title="Bars: what each word loses without the cell", choose=word, weights=loss),
        also=(model, scene, blend, erase),
        still={"Word": 2, "cell": (looked_at[:2] + looked_at[2:] / 2).tolist()},
        caption="{Model}, scene {Scene}, \N{LEFT DOUBLE QUOTATION MARK}{Word}\N{RIGHT DOUBLE QUOTATION MARK}: without "
        "the cell in {cell} it loses {lost:.0%} of its probability; that cell has {share:.0f}% of the greatest weight.",
        alt=f"{N} scenes, the words of their captions, and maps of {', '.join(models)}.",
        lost=loss[word],
        share=fig.array(maps)[model, scene, word, at.y, at.x],
    )


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
        fig.Step("state", state, "GRU", place=(1, 1)),
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


def lit(image: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A scene (3, H, W) in bytes, bright where a map of L cells, row by row in a square, is large: (H, W, 3)."""
    scene, weights = np.moveaxis(np.asarray(image), 0, -1), np.asarray(weights)
    side = round(len(weights) ** 0.5)
    cell = np.ones((len(scene) // side, scene.shape[1] // side))
    share = np.kron((weights / weights.max()).reshape(side, side), cell)
    return (scene * (0.25 + 0.75 * share[..., None])).astype(np.uint8)


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
