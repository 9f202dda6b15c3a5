"""`Figure`: parts and controls put together; its data crosses to the page once, its state comes back."""

import itertools
import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import anywidget
import traitlets

from helpers.figure import taking
from helpers.figure.book import Book, flat
from helpers.figure.computing import Lab
from helpers.figure.controls import Control
from helpers.figure.parts import Part, Shown
from helpers.figure.poster import poster
from helpers.figure.symbols import Look, Text, stored

FOLDER = Path(__file__).parent
SCRIPTS = ("page", "arrays", "raster", "symbols", "layers")  # each before those that need it
SCRIPTS += ("state", "controls", "pointing", "picture", "parts", "words", "charts")


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


def module(own: Sequence[Path]) -> str:
    """The page's one module, for figures with these files of a lesson's own labs and controls."""
    taking.distinct([*SCRIPTS, "own", *(path.stem for path in own)], "scripts")
    files = [*(FOLDER / f"{name}.js" for name in SCRIPTS), *own]
    joined = f"const own = {{ {', '.join(f'...{path.stem}' for path in own)} }};"
    return "\n".join([*map(scoped, files), joined, source(FOLDER / "composed.js")])


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
        drawn = [
            each for part in flat(parts) for each in part.controls if part.kind == "tokens" or each.script
        ]
        book = Book()
        composed = book(parts)
        values = {name: stored(value) for name, value in values.items()}
        book([*values.values(), *also])  # now it has met every control
        met = [each for each in book.symbols if isinstance(each, Control)]
        self._controls = _by_name([*also, *own, *met])
        taken = {each.kind for each in self._controls.values()}
        for each in book.symbols:
            if isinstance(each, Lab) and each.args["name"] in taken:
                name = each.args["name"]
                raise ValueError(
                    f"The lab {name!r} is named like a kind of control, and would stand in for it: rename it."
                )
        self._caption = Text(caption, **{**self._controls, **values})
        self._still = still or {}
        spec = {
            "parts": composed,
            "caption": book(self._caption),
            "controls": [book(control)["$"] for control in self._controls.values()],
            "panel": [name for name, control in self._controls.items() if control not in drawn],
            "lines": lines,
        }
        arrays, payload = book.packed()
        self._symbols = book.symbols
        first = {name: control.first for name, control in self._controls.items()}
        super().__init__(
            alt=alt, spec={**spec, "nodes": book.nodes}, arrays=arrays, payload=payload, state=first
        )
        self.shown(**self._still)  # what cannot be drawn is refused here, not on the page

    @property
    def _esm(self) -> str:
        return module(list(dict.fromkeys(each.script for each in self._symbols if each.script)))

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
        return poster(flat(self._parts), self._controls.values(), self._caption, self.look(**state))

    @traitlets.observe("asked")
    def _reply(self, change: dict) -> None:
        """Answer the page, with a sentence if anything goes wrong: no trace of Python may reach the reader."""
        question = change["new"]
        try:
            said = self._symbols[question["ask"]].reply(question["inputs"])
            found = {"value": json.loads(json.dumps(said, default=lambda each: each.tolist()))}
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
        bundle, metadata = super()._repr_mimebundle_(**kwargs)
        bundle["image/png"] = self.poster(**self._still)
        metadata["image/png"] = {"alt": f"{self.alt} {self.shown(**self._still)[1]}"}
        return bundle, metadata


def _by_name(controls: list[Control]) -> dict[str, Control]:
    """Controls by name; two that bear the same name, or take the same keys, are refused."""
    found: dict[str, Control] = {}
    for control in controls:
        if found.setdefault(control.name, control) is not control:
            raise ValueError(
                f"Two controls are called {control.name!r}; give each its own: name=..., or the first argument."
            )
    keys = [(control.args["keys"], name) for name, control in found.items() if control.args.get("keys")]
    for (one, name), (other, second) in itertools.combinations(keys, 2):
        if set(one) & set(other):
            raise ValueError(
                f"{name!r} and {second!r} take the same keys, {one!r}; give one of them others: keys=..."
            )
    return found
