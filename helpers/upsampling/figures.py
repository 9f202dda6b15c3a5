"""Figures of lesson 02: arrays in, interactive figures out. What they compute live is in labs.py and its twins."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from helpers import figure as fig
from helpers.figure import taking
from helpers.plotting import DIGIT_CLASSES
from helpers.upsampling import labs

HERE = Path(__file__).parent
# Below 0, 0, above 0. Dark ink stays legible on all three, and they differ to the colour-blind as well.
ENDS = np.array([(235, 125, 45), (249, 248, 251), (150, 105, 250)], float)
SIGNED = np.stack([np.interp(np.linspace(-1, 1, 256), [-1, 0, 1], end) for end in ENDS.T], 1)
SIGNED = np.floor(SIGNED + 0.5).astype(np.uint8)
GREY = np.full((256, 3), 160, np.uint8)  # what padding cuts off, and stamps not yet laid, turn towards it
MOST_VALUES, MOST_KERNEL, MOST_ARROWS = 16, 6, 300


def stamp_stepper(values: object, kernel: object, stride: int = 2, alt: str = "") -> fig.Figure:
    """Lay a transposed convolution down stamp by stamp, with numbers that can be typed, and see it as a matrix.

    Args:
        values: (h, w) numbers, one channel of at most 16 values.
        kernel: (k, k) weights, k from 1 to 5.
        stride: output cells from one stamp to the next at first, 1 to 3.
        alt: what the figure is for, for a reader who hears the page.
    """
    values, kernel = _grid(values, "input"), _grid(kernel, "kernel")
    shape, n = list(values.shape), values.size
    if n > MOST_VALUES:
        raise ValueError(f"The input has {n} values; expected at most {MOST_VALUES}. Take a part of it.")
    step = fig.Slider("Last stamp", n, first=0, labels=[f"{i + 1} of {n}" for i in range(n)], play=True)
    view = fig.Choice("The output shows", ["running sum", "stamps on each cell"])
    sizes = ["as typed", *(f"{k} x {k}" for k in range(1, labs.MOST_WEIGHTS + 1))]
    settings = {
        "input": fig.Field("Input", _typed(values), button="Take"),
        "kernel": fig.Field("Kernel", _typed(kernel), most=400, button="Take"),
        "size": fig.Slider("Kernel size", len(sizes), labels=sizes),
        "stride": fig.Slider("Stride", range(1, 4), stride),
        "padding": fig.Slider("Padding", 3),
        "added": fig.Slider("Output padding", 3),
    }
    script = HERE / "stamps.js"
    canvas = fig.Lab(script, "stamp_canvas", labs.stamp_canvas, shape=shape, **settings)
    cell = fig.Cell("Output cell", (canvas["height"], canvas["width"]), (stride, stride))
    counts = view.on("stamps on each cell")
    now = fig.Lab(script, "stamps", labs.stamps, step=step, counts=counts, cell=cell, shape=shape, **settings)

    typed = fig.Entries("Kernel's cell", settings["kernel"], now["weights"], labs.LARGEST)

    def signed(values: fig.Symbol, limit: str) -> fig.Heat:
        return fig.Heat(values, _negative(now, limit), now[limit], SIGNED)

    k, j = fig.Each(n), fig.Each(n)
    return fig.Figure(
        fig.Column(
            fig.Row(
                k,
                signed(now["tiles"][k], "input_limit"),
                fig.Box([2, 2, labs.TILE - 4, labs.TILE - 4], when=now["gives"][k]),
                fig.Note(4, 5, now["input_texts"][k]),
                title="Input",
                columns=shape[1],
                choose=step,
                side=170,
            ),
            fig.Stage(
                signed(now["weights"], "weight_limit"),
                fig.Box(now["weight_places"], now["weight_texts"]),
                fig.Box(now["weight_used"]),
                title="Kernel: type in its cells",
                pointer=typed,
                side=170,
            ),
        ),
        fig.Stage(
            signed(now["output"], "output_limit"),
            fig.Heat(now["cut"], 0, 1, GREY, blend=67),
            fig.Box(now["output_places"], now["output_texts"]),
            fig.Box(now["window"]),
            fig.Box(now["stamp"]),
            fig.Box(now["chosen"]),
            title="Output",
            pointer=cell,
        ),
        fig.Row(
            j,
            signed(now["columns"][j], "weight_limit"),
            fig.Heat(now["waiting"][j], 0, 1, GREY, blend=67),
            fig.Box(now["entry"]),
            title="Matrix: a column a stamp",
            choose=step,
            side=384,
        ),
        also=(step, *settings.values(), view),
        caption="{told}",
        lines=3,
        alt=alt or "A transposed convolution, stamp by stamp, and its matrix.",
        still={"Last stamp": n - 1},  # a poster shows the finished sum
        told=now["told"],
    )


def _grid(values: object, called: str) -> np.ndarray:
    """A grid of numbers that can be typed, or a ValueError."""
    grid = taking.numbers(values, called).astype(float)
    if grid.ndim != 2 or not grid.size or not (np.abs(grid) <= labs.LARGEST).all():
        raise ValueError(
            f"The {called} has shape {grid.shape}; expected (h, w) numbers from -{labs.LARGEST} to {labs.LARGEST}. "
            "Take one channel, and scale it first."
        )
    return grid


def _typed(grid: np.ndarray) -> str:
    """A grid as a reader types it."""
    return "; ".join(" ".join(f"{each:g}" for each in row) for row in grid)


def _negative(now: fig.Lab, limit: str) -> fig.Symbol:
    """The other end of a scale that has 0 in its middle."""
    return now[f"minus_{limit}"]


def checkerboard(kernels: Mapping[str, object], cells: int = 8, alt: str = "") -> fig.Figure:
    """See what kernels make of a constant input: the pattern, the kernel's phase sums and the pattern's spectrum.

    Args:
        kernels: name -> (k, k) weights, k from 1 to 6.
        cells: input cells along a side whose output is shown; there are more around them, so no border shows.
        alt: what the figure is for, for a reader who hears the page.
    """
    names = taking.distinct(list(kernels), "kernels")
    weights = [_grid(each, name) for name, each in kernels.items()]
    for name, grid in zip(names, weights, strict=True):
        if grid.shape[0] != grid.shape[1] or len(grid) > MOST_KERNEL:
            raise ValueError(
                f"The kernel {name!r} has shape {grid.shape}; expected (k, k), k from 1 to {MOST_KERNEL}."
            )
    which = fig.Choice("Kernel", names, keys="[]")
    method = fig.Choice("Upsampling", ["transposed convolution", "resize, then convolve"])
    stride = fig.Slider("Stride", range(1, 5), 2)
    side = fig.array([cells * size for size in range(5)])[stride]
    place = fig.Cell("Pixel", (side, side))
    now = fig.Lab(
        HERE / "checkerboard.js",
        "checkerboard",
        labs.checkerboard,
        kernel=fig.choose(which, *map(fig.array, weights)),
        stride=stride,
        resized=method.on("resize, then convolve"),
        cells=cells,
        place=place,
    )
    return fig.Figure(
        fig.Stage(
            fig.Heat(now["output"], _negative(now, "limit"), now["limit"], SIGNED),
            fig.Dots(now["dots"], radius=0.12),
            title="Output for a constant 1",
            pointer=place,
            side=288,
        ),
        fig.Column(
            fig.Stage(
                fig.Heat(now["weights"], _negative(now, "weight_limit"), now["weight_limit"], SIGNED),
                fig.Box(now["weight_places"], now["weight_texts"]),
                fig.Box(now["own"]),
                title="Kernel",
                pointer=place,
                side=170,
            ),
            fig.Stage(
                fig.Heat(now["sums"], _negative(now, "limit"), now["limit"], SIGNED),
                fig.Box(now["sum_places"], now["sum_texts"]),
                fig.Box(now["sum_box"]),
                title="Its phase sums",
                pointer=place,
                side=170,
            ),
        ),
        fig.Stage(
            fig.Heat(now["spectrum"], labs.FAINTEST, 0, "inferno"),
            title="Its spectrum, black to yellow",
            side=288,
        ),
        also=(which, method, stride),
        caption="{Kernel}, {Upsampling} at stride {Stride}: phase sums from {low:.2f} to {high:.2f}, artefact "
        "{strength:.2f} (deviation over mean size). {why} Phase {phase} gets {count} weights: {chosen:.2f}.",
        lines=3,
        alt=alt or "The pattern that a kernel prints on a constant input.",
        **{name: now[name] for name in ("low", "high", "strength", "why", "phase", "count", "chosen")},
    )


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
    t = fig.Slider("Stage", last + 1, labels=names[1:], play=True)
    rows, columns = (fig.array([each.shape[axis] for each in maps[:-1]])[t] for axis in (0, 1))
    cell = fig.Cell("Cell", (rows, columns), [side // 2 for side in maps[0].shape])
    blend = fig.Slider("Truth over the photograph", 101, 0, labels="{}%")
    on = fig.Legend(class_names, present=fig.array(expected))
    pairs = list(zip(maps, maps[1:], switches[1:], strict=False))
    goals = [_goals(*each) for each in pairs]
    targets = [
        _boxes(*each.shape)[goal[..., 0], goal[..., 1]] for each, goal in zip(maps[1:], goals, strict=True)
    ]
    goal = fig.array(goals)[t, cell.row, cell.column]
    before, here = fig.array(maps[:-1])[t], fig.array(maps[1:])[t]
    levels = [fig.array([(each.min(), each.max()) for each in part])[t] for part in (maps[:-1], maps[1:])]
    kinds = [1 if sent is None else 0 for sent in switches[1:-1]] + [2]
    at_goal = [each[goal[..., 0], goal[..., 1]] for each, goal in zip(maps[1:], goals, strict=True)]
    told = fig.choose(
        fig.array(kinds)[t],
        fig.text("goes to ({y}, {x}), where the maximum was.", y=goal[0], x=goal[1]),
        fig.text(
            "stands at ({y}, {x}) of this map as {v:.2f}.",
            y=goal[0],
            x=goal[1],
            v=fig.array(at_goal)[t, cell.row, cell.column],
        ),
        fig.text("becomes {name}.", name=fig.names(class_names)[fig.array(labels)[goal[0], goal[1]]]),
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
        still={"Stage": last // 2},
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
