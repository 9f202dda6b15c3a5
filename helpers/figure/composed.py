"""`Figure`: parts and controls put together; its data crosses to the page once, its state comes back."""

import re
import zlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import anywidget
import numpy as np
import traitlets
from IPython.display import Image

from helpers.figure.controls import Control
from helpers.figure.layers import Layer
from helpers.figure.parts import Part, Shown
from helpers.figure.symbols import Ask, Lab, Look, Names, Stored, Symbol, Text

FOLDER = Path(__file__).parent
SCRIPTS = ("page", "arrays", "raster", "symbols", "layers")  # each before those that need it
SCRIPTS += ("state", "sound", "controls", "pointing", "parts", "charts")
MOST_BYTES = 1_500_000  # deflated: what a page may carry of one figure


@cache
def source(path: Path) -> str:
    """The text of a JavaScript or CSS file."""
    return path.read_text(encoding="utf-8")


def scoped(path: Path) -> str:
    """A JavaScript module as a constant of its name, so that the page's one module keeps the files' scopes apart.

    `import { a } from "./b.js";` becomes `const { a } = b;`, and what the file exports is the constant's value.
    """
    if not path.stem.isidentifier():
        raise ValueError(
            f"{path.name} becomes a name in JavaScript: call it {re.sub(r'[^A-Za-z0-9]', '_', path.stem)}.js."
        )
    text = re.sub(r'import (\{[^}]*\}) from "\./(\w+)\.js";', r"const \1 = \2;", source(path))
    text = re.sub(r"(?m)^export (\{[^}]*\});$", r"return \1;", text)
    return f"const {path.stem} = (() => {{\n{text}}})();"


def module(labs: Sequence[Path]) -> str:
    """The page's one module, for figures with these files of labs."""
    files = [*(FOLDER / f"{name}.js" for name in SCRIPTS), *labs]
    own = f"const labs = {{ {', '.join(f'...{path.stem}' for path in labs)} }};"
    return "\n".join([*map(scoped, files), own, source(FOLDER / "composed.js")])


class Refused(traitlets.TraitError, ValueError):
    """A state that some control does not take: an error of traits, on which the widget goes back to what it had."""


class Figure(anywidget.AnyWidget):
    """Pictures, charts and words that answer the hand in the browser, without asking the kernel.

    Args:
        parts: stages, rows, charts, words; they flow beside one another. A `Column` stacks some.
        caption: a sentence that tells the state, such as "Pass {t}: mean IoU {iou:.2f}."
        alt: what the figure shows, for a reader who hears the page.
        also: controls in the order in which the panel shows them, where that is not the order of their use.
        still: control -> value in which the poster shows the figure, where it is not the first.
        lines: how many lines the caption takes, so that the page holds still.
        values: what the caption's fields name; a field may also name a control.

    Raises:
        ValueError: something does not fit; the message says what to do.
    """

    alt = traitlets.Unicode().tag(sync=True)
    spec = traitlets.Dict(help="Parts, controls and symbols, as the page reads them.").tag(sync=True)
    arrays = traitlets.List(help="dtype, shape and offset of each array in the payload.").tag(sync=True)
    payload = traitlets.Bytes(help="All arrays, end to end, deflated.").tag(sync=True)
    state = traitlets.Dict(help="Control -> value; the page saves it when the hand rests.").tag(sync=True)
    asked = traitlets.Dict(help="The page's last question.").tag(sync=True)
    answer = traitlets.Dict(help="To the question of this number.").tag(sync=True)

    def __init__(
        self,
        *parts: Part,
        caption: str,
        alt: str,
        also: tuple[Control, ...] = (),
        still: dict[str, object] | None = None,
        lines: int = 2,
        **values: object,
    ) -> None:
        if not parts or not all(isinstance(part, Part) for part in parts):
            raise ValueError("A figure is composed of parts: fig.Figure(fig.Stage(fig.Image(picture)), ...).")
        if not alt.strip():
            raise ValueError("Every figure needs alternative text: say in one sentence what it shows.")
        self._parts = parts
        own = [control for part in flat(parts) for control in part.controls]
        drawn = [control for part in flat(parts) if part.kind == "tokens" for control in part.controls]
        met = symbols_in([*parts, *values.values(), *also])
        self._controls = _by_name([*also, *own, *(each for each in met if isinstance(each, Control))])
        for name, control in self._controls.items():
            values.setdefault(name, control)
        self._caption = Text(caption, **values)
        self._still = dict(still or {})
        book = Book(self)
        spec = {
            "parts": book(list(parts)),
            "caption": book(self._caption),
            "controls": [book(control)["$"] for control in self._controls.values()],
            "panel": [name for name, control in self._controls.items() if control not in drawn],
            "lines": lines,
        }
        arrays, payload = book.packed()
        self._asks, self._labs = book.asks, book.labs
        first = {name: control.first for name, control in self._controls.items()}
        super().__init__(
            alt=alt, spec={**spec, "nodes": book.nodes}, arrays=arrays, payload=payload, state=first
        )
        self.shown(**self._still)  # what cannot be drawn is refused here, not on the page

    @property
    def _esm(self) -> str:
        return module([path for path in dict.fromkeys(lab.script for lab in self._labs) if path])

    @property
    def _css(self) -> str:
        return source(FOLDER / "composed.css")

    @traitlets.validate("state")
    def _fits(self, proposal: dict) -> dict:
        """A state with every control, each with a value that it takes."""
        unknown = set(proposal["value"]) - set(self._controls)
        if unknown:
            raise Refused(
                f"There is no control {sorted(unknown)[0]!r}; choose from {', '.join(self._controls)}."
            )
        try:
            return {
                name: control.fits(proposal["value"].get(name, control.first))
                for name, control in self._controls.items()
            }
        except ValueError as error:
            raise Refused(str(error)) from error

    def __getitem__(self, name: str) -> object:
        """The value of a control: figure["Blend"]."""
        return self.state[name]

    def __setitem__(self, name: str, value: object) -> None:
        """Move a control; every page that shows the figure follows."""
        self.state = {**self.state, name: value}

    def look(self, **state: object) -> Look:
        """The values of symbols in the present state, with some controls moved: figure.look(Blend=0)(symbol)."""
        return Look(self._fits({"value": {**self.state, **state}}))

    def shown(self, **state: object) -> tuple[list[Shown], str]:
        """What the page shows in a state: each part's pixels, shapes and texts, and the caption."""
        look = self.look(**state)
        shown = [part.shows(look) for part in flat(self._parts) if look(part.args["when"])]
        return shown, look(self._caption)

    def poster(self, **state: object) -> bytes:
        """The figure as a PNG of 640 pixels across, with titles, legend and caption."""
        from helpers.figure.poster import poster

        return poster(flat(self._parts), self._controls.values(), self._caption, self.look(**state))

    def picture(self, **state: object) -> Image:
        """The figure as a still image with alternative text, for a page without widgets."""
        return Image(data=self.poster(**state), format="png", alt=f"{self.alt} {self.shown(**state)[1]}")

    @traitlets.observe("asked")
    def _reply(self, change: dict) -> None:
        """Answer the page, with a sentence if anything goes wrong: no trace of Python may reach the reader."""
        question = change["new"]
        try:
            found = {"value": _plain(self._asks[question["ask"]].reply(question["inputs"]))}
        except ValueError as error:
            found = {"refusal": str(error)}
        except (Exception, KeyboardInterrupt) as error:
            first_line = (str(error).splitlines() or [""])[0][:200]
            found = {
                "refusal": f"Python failed at this ({type(error).__name__}: {first_line}). Run the notebook's cells "
                "up to this figure again, or ask something else."
            }
        self.answer = {**question, **found}

    def __repr__(self) -> str:
        """What the text output says; without an address, so that two runs of a notebook agree."""
        return f"Figure({self.alt})"

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict]:
        """The live view, and beside it the poster that a front end without widgets shows instead."""
        still = self.picture(**self._still)
        bundle, metadata = super()._repr_mimebundle_(**kwargs)
        bundle["image/png"] = still.data
        metadata["image/png"] = {"alt": still.alt}
        return bundle, metadata


class Book:
    """A composition as the page reads it: every symbol once, by number; arrays end to end."""

    def __init__(self, figure: Figure) -> None:
        self.nodes, self.asks, self.labs = [], {}, []
        self._numbers, self._kept, self._chunks, self._layout, self._offset = {}, [], [], [], 0

    def __call__(self, arg: object) -> object:
        if isinstance(arg, Symbol):
            return {"$": self.number(arg)}
        if isinstance(arg, Layer | Part):
            return {"kind": arg.kind, **{name: self(value) for name, value in arg.args.items()}}
        if isinstance(arg, list | tuple):
            return [self(each) for each in arg]
        if isinstance(arg, np.generic):
            return arg.item()
        if arg is None or isinstance(arg, str | int | float | bool):
            return arg
        raise ValueError(
            f"A figure cannot hold {arg!r} ({type(arg).__name__}); give numbers, texts or symbols."
        )

    def number(self, symbol: Symbol) -> int:
        """The symbol's number; it is written down when it is met first, after those that it depends on."""
        if id(symbol) not in self._numbers:
            node = {"kind": symbol.kind, **{name: self(value) for name, value in symbol.args.items()}}
            if isinstance(symbol, Stored):
                node["tree"] = self._keep(symbol.tree)
            if isinstance(symbol, Names):
                node["texts"] = symbol.texts
            if isinstance(symbol, Lab):
                self.labs.append(symbol)
            if isinstance(symbol, Ask):
                self.asks[len(self.nodes)] = symbol
            self._numbers[id(symbol)] = len(self.nodes)
            self._kept.append(symbol)  # or another could come to bear its id
            self.nodes.append(node)
        return self._numbers[id(symbol)]

    def _keep(self, tree: object) -> object:
        """The number of an array in the payload, or a list of such."""
        if isinstance(tree, list):
            return [self._keep(each) for each in tree]
        raw = np.ascontiguousarray(tree).tobytes()
        self._layout.append({"dtype": tree.dtype.name, "shape": list(tree.shape), "offset": self._offset})
        self._chunks.append(raw + bytes(-len(raw) % 8))  # a typed array starts at a multiple of its item
        self._offset += len(self._chunks[-1])
        return len(self._layout) - 1

    def packed(self) -> tuple[list, bytes]:
        """Where the arrays lie, and all of them, deflated."""
        payload = zlib.compress(b"".join(self._chunks), 9)
        if len(payload) > MOST_BYTES:
            raise ValueError(
                f"The figure's data take {len(payload) / 1e6:.1f} MB; at most {MOST_BYTES / 1e6} fit on a page. "
                "Give fewer or smaller pictures, or fewer steps."
            )
        return self._layout, payload


def symbols_in(arg: object) -> Iterator[Symbol]:
    """Every symbol that something depends on, those first that others depend on."""
    if isinstance(arg, list | tuple):
        for each in arg:
            yield from symbols_in(each)
    elif isinstance(arg, Symbol | Layer | Part):
        yield from symbols_in(list(arg.args.values()))
        if isinstance(arg, Symbol):
            yield arg


def flat(parts: object) -> Iterator[Part]:
    """Parts without the columns that stack them."""
    for part in parts:
        yield from flat(part.args["parts"]) if "parts" in part.args else [part]


def _by_name(controls: list[Control]) -> dict[str, Control]:
    found: dict[str, Control] = {}
    for control in controls:
        if found.setdefault(control.name, control) is not control:
            raise ValueError(
                f"Two controls are called {control.name!r}; give each its own: name=..., or the first argument."
            )
    return found


def _plain(value: object) -> object:
    """What an answer says, as JSON."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    value = value.tolist() if hasattr(value, "tolist") else value
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
