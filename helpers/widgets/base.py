"""The base of every interactive figure: data that crosses to the browser once, a poster for where no browser helps."""

import io
import zlib
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import anywidget
import numpy as np
import traitlets
from IPython.display import Image
from PIL import Image as Pillow

FOLDER = Path(__file__).parent
SHARED_SCRIPTS = ("pixels.js", "shared.js")
POSTER_WIDTH = 320
POSTER_COLOURS = 128  # a palette of 128 halves the file and cannot be told apart at poster size


@cache
def source(name: str) -> str:
    """The text of a JavaScript or CSS file that stands beside this module."""
    return (FOLDER / name).read_text(encoding="utf-8")


class Figure(anywidget.AnyWidget):
    """A picture that answers the hand in the browser, without asking the kernel.

    A subclass names its JavaScript files in `scripts` and the traits that a hand may move in `controls`. It hands its
    arrays to `send`, and says what the page must show for a state in two methods of its own: `render` (the picture)
    and `caption` (the sentence below it). They draw the poster, and the browser tests compare the page with them.
    """

    scripts: ClassVar[tuple[str, ...]]
    controls: ClassVar[tuple[str, ...]]
    still: ClassVar[dict[str, object]] = {}  # what the poster sets aside, such as a lens that no hand moves

    alt = traitlets.Unicode(help="What the figure shows, for a reader who hears the page.").tag(sync=True)
    arrays = traitlets.Dict(help="Name -> dtype, shape and offset in the payload.").tag(sync=True)
    payload = traitlets.Bytes(help="All arrays, end to end, deflated.").tag(sync=True)

    def __init__(self, first: dict[str, object], controls: dict[str, object], **traits: object) -> None:
        """Set the traits: `first` holds a figure's own first values of the controls, `controls` the caller's.

        Raises:
            ValueError: a control does not exist, or does not take this value.
        """
        self._refuse_unknown(controls)
        try:
            super().__init__(**traits, **{**first, **controls})
        except traitlets.TraitError as error:
            raise ValueError(f"{type(self).__name__} cannot be set so: {error}") from error

    def _refuse_unknown(self, controls: dict[str, object]) -> None:
        if unknown := sorted(set(controls) - set(self.controls)):
            raise ValueError(
                f"{type(self).__name__} has no control {', '.join(unknown)}: choose from {', '.join(self.controls)}."
            )

    @property
    def _esm(self) -> str:
        return "\n".join(map(source, (*SHARED_SCRIPTS, *self.scripts)))

    @property
    def _css(self) -> str:
        return source("figure.css")

    def send(self, **arrays: np.ndarray) -> None:
        """Pack arrays for the browser, without loss: uint8, uint16, int32, float16, float32 or float64."""
        chunks, layout, offset = [], {}, 0
        for name, array in arrays.items():
            raw = np.ascontiguousarray(array).tobytes()
            layout[name] = {"dtype": array.dtype.name, "shape": list(array.shape), "offset": offset}
            padding = (
                -len(raw) % 8
            )  # a typed array in JavaScript may only start at a multiple of its item size
            chunks.append(raw + bytes(padding))
            offset += len(raw) + padding
        self.arrays, self.payload = layout, zlib.compress(b"".join(chunks), 9)

    def state(self, **changes: object) -> SimpleNamespace:
        """The present values of the controls, with some of them changed.

        Raises:
            ValueError: a name in `changes` is no control of this figure, or its value is refused by the trait.
        """
        self._refuse_unknown(changes)
        values = {name: getattr(self, name) for name in self.controls}
        for name, value in changes.items():
            try:
                values[name] = self.traits()[name]._validate(self, value)
            except traitlets.TraitError as error:
                raise ValueError(f"{type(self).__name__} cannot be set so: {error}") from error
        return SimpleNamespace(**values)

    def render(self, **state: object) -> np.ndarray:
        """The picture that the page shows in this state, (H, W, 3) uint8."""
        raise NotImplementedError

    def panels(self, **state: object) -> list[np.ndarray]:
        """The pictures on the page's canvases, in their order; for most figures the one that `render` gives."""
        return [self.render(**state)]

    def caption(self, **state: object) -> str:
        """The sentence under the picture in this state."""
        raise NotImplementedError

    def poster(self, **state: object) -> bytes:
        """The picture as a small PNG, about 320 pixels wide, its pixels enlarged by a whole number."""
        pixels = self.render(**state)
        scale = max(1, round(POSTER_WIDTH / pixels.shape[1]))
        enlarged = Pillow.fromarray(pixels.repeat(scale, 0).repeat(scale, 1))
        buffer = io.BytesIO()
        enlarged.quantize(POSTER_COLOURS, dither=Pillow.Dither.NONE).save(buffer, "PNG", optimize=True)
        return buffer.getvalue()

    def picture(self, **state: object) -> Image:
        """The figure as a still image with alternative text, for a page without widgets."""
        return Image(data=self.poster(**state), format="png", alt=f"{self.alt} {self.caption(**state)}")

    def __repr__(self) -> str:
        """What the text output says; without an address, so that two runs of a notebook agree."""
        return f"{type(self).__name__}({self.alt})"

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict]:
        """The live view, and beside it the poster that a front end without widgets shows instead."""
        still = self.picture(**self.still)
        bundle, metadata = super()._repr_mimebundle_(**kwargs)
        bundle["image/png"] = still.data
        metadata["image/png"] = {"alt": still.alt}
        return bundle, metadata
