"""A figure of lesson 02: one scene on its way up through a network that unpools, each value where its switch says."""

from collections.abc import Sequence

import numpy as np

from helpers import figure as fig
from helpers.figure import taking
from helpers.plotting import DIGIT_CLASSES

MOST_ARROWS = 300


def stage_by_stage(
    image: object,
    stages: Sequence[tuple[str, object, object]],
    truth: object,
    class_names: Sequence[str] = DIGIT_CLASSES,
    alt: str = "",
) -> fig.Figure:
    """Follow one scene up through a network that unpools: the map before, the map after, where each value went.

    Args:
        image: (H, W, 3), bytes or floats in 0..1.
        stages: at least two (name, values, switches) from coarse to fine. Values are (h, w) floats of one channel, in
            the last stage labels. Switches, None without unpooling, are (h', w', 2): the row and column of this map
            that the value of each cell of the stage before goes to.
        truth: (H, W) labels.
        alt: what the scene shows, in a few words, for a reader who hears the page.

    Raises:
        ValueError: something does not fit; the message says what to do.
    """
    image, classes = taking.image(image), len(class_names)
    expected = taking.labels(truth, classes, image.shape[:2], "truth")
    names = taking.distinct([stage[0] for stage in stages], "stages")
    maps = [taking.numbers(values, name).astype(float) for name, values, _ in stages]
    switches = [None if each is None else taking.numbers(each, name).astype(int) for name, _, each in stages]
    if len(maps) < 2:
        raise ValueError("One stage has nothing before it; give the map before the first unpooling as well.")
    for name, before, here, sent in zip(names[1:], maps, maps[1:], switches[1:], strict=False):
        if sent is not None and not _holds(before, here, sent):
            raise ValueError(
                f"The map {name!r} does not hold what its switches send there. Give the map straight after "
                "unpooling, and the same channel of both maps and of the indices."
            )
    labels = taking.labels(maps[-1], classes, maps[-1].shape, names[-1])

    last = len(maps) - 2
    still = last // 2  # the poster's stage, in which it follows the brightest cell
    brightest = [int(each) for each in np.unravel_index(maps[still].argmax(), maps[still].shape)]
    t = fig.Slider("Stage", last + 1, labels=names[1:], play=True)
    rows, columns = (fig.array([each.shape[axis] for each in maps[:-1]])[t] for axis in (0, 1))
    cell = fig.Cell("Cell", (rows, columns), [side // 2 for side in maps[0].shape])
    blend = fig.Slider("Truth over the photograph", 101, 0, labels="{}%")
    on = fig.Legend(class_names, present=fig.array(expected))
    pairs = list(zip(maps, maps[1:], switches[1:], strict=False))
    goals = [_goals(*each) for each in pairs]
    landed = [(each, (goal[..., 0], goal[..., 1])) for each, goal in zip(maps[1:], goals, strict=True)]
    targets = [_boxes(*each.shape)[there] for each, there in landed]
    goal = fig.array(goals)[t, cell.row, cell.column]
    before, here = fig.array(maps[:-1])[t], fig.array(maps[1:])[t]
    levels = [fig.array([(each.min(), each.max()) for each in part])[t] for part in (maps[:-1], maps[1:])]
    kinds = [1 if sent is None else 0 for sent in switches[1:-1]] + [2]
    value_there = fig.array([each[there] for each, there in landed])[t, cell.row, cell.column]
    at, name_there = {"y": goal[0], "x": goal[1]}, fig.names(class_names)[fig.array(labels)[goal[0], goal[1]]]
    told = fig.choose(
        fig.array(kinds)[t],
        fig.text("goes to ({y}, {x}), where the maximum was.", **at),
        fig.text("stands at ({y}, {x}) of this map as {v:.2f}.", **at, v=value_there),
        fig.text("becomes {name}.", name=name_there),
    )
    return fig.Figure(
        fig.Stage(
            fig.Heat(before, levels[0][0], levels[0][1], "inferno"),
            fig.Box(fig.array([_boxes(*each.shape) for each in maps[:-1]])[t, cell.row, cell.column]),
            title=fig.text(
                "{name}, {rows} x {columns}", name=fig.names(names[:-1])[t], rows=rows, columns=columns
            ),
            pointer=cell,
            side=250,
        ),
        fig.Stage(
            fig.Heat(here, levels[1][0], levels[1][1], "inferno"),
            fig.Classes(fig.array(labels), on, 100, when=fig.array([kind == 2 for kind in kinds])[t]),
            fig.Arrows(fig.array([_arrows(*each) for each in pairs])[t]),
            fig.Box(fig.array(targets)[t, cell.row, cell.column]),
            title=fig.text("{name}", name=fig.names(names[1:])[t]),
            side=250,
        ),
        fig.Stage(
            fig.Image(image),
            fig.Classes(expected, on, blend),
            fig.Outline(expected, on, when=blend),
            title="Scene",
            side=250,
        ),
        also=(t, blend, on),
        caption="{Stage}: the value {value:.2f} of {Cell} {told} {Classes}",
        alt=alt or f"A scene of {image.shape[1]} by {image.shape[0]} pixels on its way up through a network.",
        still={"Stage": still, "Cell": brightest, "Truth over the photograph": 60},
        value=before[cell.row, cell.column],
        told=told,
    )


def _holds(before: np.ndarray, here: np.ndarray, switches: np.ndarray) -> bool:
    """Whether a map holds every value of the one before where its switch says."""
    fits = switches.shape == (*before.shape, 2) and switches.min() >= 0 and (switches < here.shape).all()
    return bool(fits and np.allclose(here[switches[..., 0], switches[..., 1]], before, atol=1e-4))


def _goals(before: np.ndarray, here: np.ndarray, switches: np.ndarray | None) -> np.ndarray:
    """For each cell of the map before the row and column of this one that it goes to, or that lies at its place."""
    if switches is not None:
        return switches
    ends = [
        (2 * np.arange(old) + 1) * new // (2 * old) for old, new in zip(before.shape, here.shape, strict=True)
    ]
    return np.stack(np.meshgrid(*ends, indexing="ij"), axis=-1)


def _arrows(before: np.ndarray, here: np.ndarray, switches: np.ndarray | None) -> np.ndarray:
    """Arrows from the middle of each cell to where its value goes: (N, 4); none where there are too many to see."""
    if switches is None or before.size > MOST_ARROWS:
        return np.empty((0, 4))
    y, x = np.indices(before.shape) * 2 + 1.0
    return np.stack([x, y, switches[..., 1] + 0.5, switches[..., 0] + 0.5], axis=-1).reshape(-1, 4)


def _boxes(rows: int, columns: int) -> np.ndarray:
    """A box round each cell: (rows, columns, 4)."""
    y, x = np.indices((rows, columns))
    return np.stack([x, y, np.ones_like(x), np.ones_like(x)], axis=-1)
