"""Stage by stage: one channel's map on its way up through a network that unpools, with the switches as arrows."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import ClassVar, NamedTuple

import matplotlib
import numpy as np
import traitlets

from helpers import plotting
from helpers.widgets import cells, checks, pictures
from helpers.widgets.base import Figure

BACKDROPS = ("photograph", "truth")
BLEND = 60  # percent of the classes' colours where the truth lies over the photograph


class Stage(NamedTuple):
    """One stage of a network for one scene: the map of one channel, or in the end the label map.

    Attributes:
        name: as the reader is to see it.
        values: (h, w) floats; integers, in the last stage only, are a label map.
        switches: of an unpooling stage, (h', w', 2) integers: for each of the h' x w' cells of the stage before, the
            row and the column of this map that its value goes to. From the flat `indices` (h', w') that PyTorch's max
            pooling returns for this channel: np.stack(np.unravel_index(indices, (h, w)), -1).
    """

    name: str
    values: np.ndarray
    switches: np.ndarray | None = None


class StageByStage(Figure):
    """A photograph, the map of the stage before, this stage's map, and where unpooling sends each value.

    Args:
        image: (H, W, 3) uint8.
        stages: at least two, from coarse to fine; the first is only ever the one before.
        truth: (H, W) integers; it can then be laid over the photograph, and a label map of this size is judged.
        class_names: one a class, background first.
        alt: what the scene shows, in a few words, for a reader who hears the page.
        controls: first values of `stage` (its index, from 1), `row` and `column` (the chosen cell of the stage before;
            where there are fewer, the last), `backdrop` ("photograph" or "truth").

    Raises:
        ValueError: an array or a control does not fit, or a map does not hold what its switches send there.
    """

    scripts: ClassVar[tuple[str, ...]] = ("cells.js", "player.js", "stage_by_stage.js")
    controls: ClassVar[tuple[str, ...]] = ("stage", "row", "column", "backdrop")

    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    class_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    backdrops = traitlets.List(traitlets.Unicode()).tag(sync=True)
    stage = traitlets.Int(1, min=1).tag(sync=True)
    row = traitlets.Int(0, min=0).tag(sync=True)
    column = traitlets.Int(0, min=0).tag(sync=True)
    backdrop = traitlets.Enum(BACKDROPS, "photograph").tag(sync=True)

    def __init__(
        self,
        image: np.ndarray,
        stages: Sequence[Stage],
        truth: np.ndarray | None = None,
        class_names: Sequence[str] = plotting.DIGIT_CLASSES,
        alt: str = "",
        **controls: object,
    ) -> None:
        self._image, names = checks.image(image), checks.class_names(class_names)
        height, width = self._image.shape[:2]
        self._truth = None if truth is None else checks.labels(truth, (height, width), len(names), "truth")
        self._stages = _checked(stages, len(names))
        self._colours = matplotlib.colormaps["inferno"](range(256), bytes=True)[:, :3]
        middle = [side // 2 for side in self._stages[0].values.shape]
        super().__init__(
            {"row": middle[0], "column": middle[1]},
            controls,
            alt=alt or f"A scene of {width} by {height} pixels on its way up through a network.",
            names=[stage.name for stage in self._stages],
            class_names=names,
            backdrops=list(BACKDROPS[: 1 if truth is None else 2]),
        )
        arrays = {f"values {i}": stage.values for i, stage in enumerate(self._stages)}
        arrays |= {f"levels {i}": _levels(stage.values) for i, stage in enumerate(self._stages)}
        arrays |= {f"switches {i}": s.switches for i, s in enumerate(self._stages) if s.switches is not None}
        if truth is not None:
            arrays["truth"] = self._truth
        self.send(image=self._image, colours=self._colours, palette=plotting.CLASS_COLOURS, **arrays)

    @traitlets.validate("stage", "backdrop")
    def _fits(self, proposal: dict) -> object:
        """Refuse a stage that there is not, or a truth that was not given."""
        value, last = proposal["value"], len(self._stages) - 1
        if proposal["trait"].name == "stage" and value > last:
            raise traitlets.TraitError(f"there is no stage {value}; expected 1 to {last}")
        if value == "truth" and self._truth is None:
            raise traitlets.TraitError("there is no truth to show; pass truth=")
        return value

    def _cell(self, state: SimpleNamespace) -> tuple[int, int]:
        """The chosen cell of the stage before."""
        rows, columns = self._stages[state.stage - 1].values.shape
        return min(state.row, rows - 1), min(state.column, columns - 1)

    def panels(self, **changes: object) -> list[np.ndarray]:
        """The photograph, the map of the stage before and this stage's: each (., ., 3) uint8."""
        state = self.state(**changes)
        photograph = self._image
        if state.backdrop == "truth":
            shown = [True] * len(self.class_names)
            photograph = pictures.masked(self._image, self._truth, BLEND, shown, outlines=True)
        before, here = self._stages[state.stage - 1 : state.stage + 1]
        return [photograph, *(self._coloured(stage.values) for stage in (before, here))]

    def _coloured(self, values: np.ndarray) -> np.ndarray:
        return (plotting.CLASS_COLOURS if values.dtype == np.uint8 else self._colours)[_levels(values)]

    def render(self, **changes: object) -> np.ndarray:
        """The panels as one picture, side by side."""
        gap = np.full((104, 4, 3), 255, np.uint8)
        photograph, before, here = (pictures.fitted(panel, (104, 104)) for panel in self.panels(**changes))
        return np.concatenate([photograph, gap, before, gap, here], axis=1)

    def caption(self, **changes: object) -> str:
        """Which stage, and what becomes of the chosen cell's value; of a label map, how good it is."""
        state = self.state(**changes)
        before, here = self._stages[state.stage - 1 : state.stage + 1]
        row, column = self._cell(state)
        rows, columns = here.values.shape
        value = cells.number(before.values[row, column])
        subject = f"Stage {state.stage + 1} of {len(self._stages)}, {here.name}, {rows} x {columns}"
        if here.switches is not None:
            target = ", ".join(map(str, here.switches[row, column]))
            return f"{subject}: the value {value} of cell ({row}, {column}) goes to ({target}), where the maximum was."
        place = tuple(
            (2 * at + 1) * new // (2 * old)
            for at, new, old in zip((row, column), (rows, columns), before.values.shape, strict=True)
        )
        found = f"cell ({row}, {column}) of {before.name} holds {value}; at its place, ({place[0]}, {place[1]}), is"
        if here.values.dtype == np.uint8:
            return f"{subject}: {found} {self.class_names[here.values[place]]}.{self._judged(here.values)}"
        return f"{subject}: {found} {cells.number(here.values[place])}."

    def _judged(self, labels: np.ndarray) -> str:
        if self._truth is None or labels.shape != self._truth.shape:
            return ""
        iou = pictures.two_places(pictures.mean_iou(labels, self._truth, len(self.class_names)))
        return f" Mean IoU {iou} on this scene."


def _levels(values: np.ndarray) -> np.ndarray:
    """A map's entries of its colour table: labels as they are, values from their least to their greatest."""
    if values.dtype == np.uint8:
        return values
    values = values.astype(float)
    low, high = values.min(), values.max()
    return np.floor((values - low) / ((high - low) or 1.0) * 255 + 0.5).astype(np.uint8)


def _checked(stages: Sequence[Stage], classes: int) -> list[Stage]:
    """The stages with values as float16 (labels as uint8) and switches as uint16, or a ValueError."""
    if len(stages) < 2 or len({stage.name for stage in stages}) < len(stages):
        raise ValueError(
            f"{len(stages)} stages, named {', '.join(stage.name for stage in stages) or 'nothing'}; expected at least "
            "two, each with a name of its own. Give the map before the first unpooling as well."
        )
    checked = []
    for stage in stages:
        values, last = np.asarray(stage.values), stage is stages[-1]
        if last and values.dtype.kind in "iu" and values.ndim == 2:
            values = checks.labels(values, values.shape, classes, stage.name)
        else:
            values = _halved(checks.scores(values, "(h, w)", stage.name), stage.name)
        switches = stage.switches
        if switches is not None:
            switches = _switches(stage.name, np.asarray(switches), values, checked[-1] if checked else None)
        checked.append(Stage(stage.name, values, switches))
    return checked


def _halved(values: np.ndarray, name: str) -> np.ndarray:
    """The values as float16, two bytes each on their way to the page, or a ValueError."""
    with np.errstate(over="ignore"):  # refused below, in words
        half = values.astype(np.float16)
    if not np.isfinite(half).all():
        raise ValueError(
            f"The map {name!r} reaches {np.abs(values).max():.3g}; expected at most 65,000, which float16 can hold. "
            "Look at the network: a batch norm is missing, or training has diverged."
        )
    return half


def _switches(name: str, switches: np.ndarray, values: np.ndarray, before: Stage | None) -> np.ndarray:
    """One stage's switches as uint16, or a ValueError where they do not fit the maps on their two sides."""
    if before is None:
        raise ValueError(
            f"{name!r} is the first stage and has switches; expected them from the second stage on."
        )
    wanted = (*before.values.shape, 2)
    if switches.shape != wanted or switches.dtype.kind not in "iu":
        raise ValueError(
            f"The switches of {name!r} are {switches.shape} {switches.dtype}; expected {wanted} integers: a row and a "
            f"column for each cell of {before.name!r}. From flat indices, take np.unravel_index."
        )
    if switches.min() < 0 or (switches >= values.shape).any():
        raise ValueError(
            f"The switches of {name!r} reach from {switches.min()} to {switches.max()}; expected places in its map of "
            f"{values.shape}. Unravel the indices with the size of the finer map."
        )
    rows, columns = switches[..., 0], switches[..., 1]
    found, sent = values[rows, columns], before.values
    count = np.zeros(values.shape, int)
    np.add.at(count, (rows, columns), 1)  # of several values at one place only the last stays
    if not np.isclose(found, sent, rtol=1e-2, atol=1e-3)[count[rows, columns] == 1].all():
        raise ValueError(
            f"The map {name!r} does not hold what its switches send there from {before.name!r}. "
            "Give the map straight after unpooling, and the same channel of both maps and of the indices."
        )
    return switches.astype(np.uint16)
