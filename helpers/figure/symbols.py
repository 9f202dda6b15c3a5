"""Symbols: what a hand moves, what is looked up by it, and how it is written. Their twin is symbols.js.

A symbol has a value in every state of a figure. `Look` finds it in NumPy, for posters and tests; the page finds it
in JavaScript. Picks index, choose and format; there is no arithmetic: what must be computed is a table made
beforehand, or a lab.
"""

import string
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from helpers.figure import taking

MINUS, NOTHING = "\N{MINUS SIGN}", "\N{EN DASH}"


@dataclass(eq=False)
class Piece:
    """Something described by its fields, each of which may be a symbol; the page gets them by name, as `args`."""

    def __post_init__(self) -> None:
        self.kind = type(self).__name__.lower()
        self.args = {each.name: stored(getattr(self, each.name)) for each in fields(self)}

    def now(self, look: "Look") -> SimpleNamespace:
        """The values of the arguments in a state."""
        return SimpleNamespace(**{name: look(value) for name, value in self.args.items()})


class Symbol(Piece):
    """Something whose value depends on the figure's state."""

    script: Path | None = None  # a JavaScript file of a lesson's own that the page needs for it

    def __getitem__(self, at: object) -> "Pick":
        return Pick(self, list(at) if isinstance(at, tuple) else [at])

    def __iter__(self) -> None:
        raise TypeError("A symbol has no length here; pick from it by another symbol: fig.array(maps)[t].")

    def _refuse(self, other: object) -> None:
        raise TypeError(
            "Symbols know no arithmetic. Compute a table first and pick from it: fig.array(table)[t]."
        )

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refuse

    def find(self, look: "Look", now: SimpleNamespace) -> object:
        """The value, given the values of the arguments."""
        raise NotImplementedError

    def written(self, look: "Look", spec: str) -> str:
        """The value as a caption writes it."""
        return written(look(self), spec)


class Look:
    """One state of a figure: `look(symbol)` is the symbol's value, and whatever is no symbol is itself.

    `turn` is the number of the small picture that a `Row` is drawing, which `Each` stands for.
    """

    def __init__(self, state: dict[str, object]) -> None:
        self.state, self.turn, self._found = state, 0, {}

    def __call__(self, arg: object) -> object:
        if isinstance(arg, Symbol):
            key = (arg, self.turn)  # which also keeps the symbol: another could come to bear its id
            if key not in self._found:
                self._found[key] = arg.find(self, arg.now(self))
            return self._found[key]
        if isinstance(arg, list | tuple):
            return [self(each) for each in arg]
        return arg


class Stored(Symbol):
    """Numbers to pick from, which cross to the page once: an array, or rows of unequal length as a list of such."""

    def __init__(self, values: object, called: str = "array") -> None:
        super().__post_init__()
        self.tree = _tree(values, called)

    def find(self, look: Look, now: SimpleNamespace) -> object:
        return self.tree


def _tree(values: object, called: str) -> object:
    try:
        return taking.numbers(values, called)
    except taking.Unequal:
        return [_tree(each, called) for each in values]


class Names(Symbol):
    """Texts to pick from, in lists in lists as deep as one likes."""

    def __init__(self, texts: Sequence) -> None:
        super().__post_init__()
        self.args["texts"] = self.texts = _texts(texts)

    def find(self, look: Look, now: SimpleNamespace) -> list:
        return self.texts


def _texts(texts: object) -> object:
    if isinstance(texts, str | int | np.integer):
        return str(texts)
    if not isinstance(texts, Sequence | np.ndarray):
        raise ValueError(f"fig.names takes texts in lists, and found {texts!r}. Numbers go to fig.array.")
    return [_texts(each) for each in texts]


@dataclass(eq=False)
class Pick(Symbol):
    """The value of a symbol, or of a list of them, at places that are symbols too; one beyond the end is the last."""

    of: Symbol | list
    at: list

    def find(self, look: Look, now: SimpleNamespace) -> object:
        of = now.of
        for place in now.at:
            if of is None or place is None:
                return None
            if isinstance(of, dict):
                of = of.get(place)
            else:
                of = of[min(max(int(place), 0), len(of) - 1)] if len(of) else None
        return of.item() if isinstance(of, np.generic) else of


def picked_from(symbol: Symbol) -> Symbol:
    """What a pick, and picks of picks, look up in."""
    return picked_from(symbol.of) if isinstance(symbol, Pick) else symbol


def choose(which: object, *options: object) -> Pick:
    """One of several symbols, by number: choose(toggle, when_off, when_on)."""
    return Pick(list(options), [which])


@dataclass(eq=False)
class Each(Symbol):
    """The number of the small picture that a `Row` is drawing: 0 to count - 1."""

    count: int

    def find(self, look: Look, now: SimpleNamespace) -> int:
        return look.turn


class Text(Symbol):
    """A sentence with values in it, such as "IoU {iou:.2f}"; a control is written as its label shows it."""

    def __init__(self, template: str, **values: object) -> None:
        super().__post_init__()
        self.parts = []
        for literal, name, spec, _ in string.Formatter().parse(template):
            if name is not None and name not in values:
                raise ValueError(
                    f"The text {template!r} asks for {{{name}}}; there are {', '.join(values) or 'no values'}. "
                    f"Give it by name: {name}=..."
                )
            _places(spec or "")
            self.parts += [literal, *([] if name is None else [(stored(values[name]), spec)])]
        self.args["parts"] = self.parts

    def find(self, look: Look, now: SimpleNamespace) -> str:
        return " ".join("".join(p if isinstance(p, str) else write(look, *p) for p in self.parts).split())


def write(look: Look, value: object, spec: str = "") -> str:
    """A symbol or a value as a caption writes it."""
    return value.written(look, spec) if isinstance(value, Symbol) else written(value, spec)


def stored(value: object) -> object:
    """Arrays and tensors as symbols, so that they cross once; everything else as it is."""
    return Stored(value) if hasattr(value, "shape") or hasattr(value, "detach") else value


def decimal(value: float, places: int, plus: bool = False) -> str:
    """A number with so many decimals, rounded half away from 0: Python's own rule and JavaScript's differ."""
    whole = int(np.floor(abs(value) * 10**places + 0.5))
    sign = "" if whole == 0 else MINUS if value < 0 else "+" if plus else ""
    before, after = divmod(whole, 10**places)
    return f"{sign}{before}" + (f".{after:0{places}}" if places else "")


def _places(spec: str) -> tuple[bool, int, bool]:
    """A format as (with plus, decimals, in percent)."""
    plus, rest = spec.startswith("+"), spec.removeprefix("+")
    if rest and not (rest[0] == "." and rest[1:2].isdigit() and rest[2:] in ("f", "%")):
        raise ValueError(f"The format {spec!r} is not one of the figures': write .2f, +.1f or .0%.")
    return plus, int(rest[1]) if rest else 2, rest.endswith("%")


def written(value: object, spec: str = "") -> str:
    """A value as both languages write it."""
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return NOTHING
    if isinstance(value, str):
        return value
    if isinstance(value, list | np.ndarray):
        return ", ".join(written(each, spec) for each in np.ravel(value).tolist())
    plus, places, percent = _places(spec)
    if not spec and float(value).is_integer():
        return decimal(value, 0)
    return decimal(value * (100 if percent else 1), places, plus) + ("%" if percent else "")
