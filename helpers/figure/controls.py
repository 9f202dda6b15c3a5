"""Controls of the panel; those on a picture are in pointing.py. Their twin is controls.js.

A control is a symbol that a hand moves: it has a name, a first value, and refuses what it cannot take. Every one takes
`resets=(other, ...)`: when a hand moves it, those go back to their first values.
"""

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np

from helpers.figure import taking
from helpers.figure.symbols import Look, Names, Pick, Stored, Symbol, written
from helpers.plotting import CLASS_COLOURS

ENDLESS = 10**6  # values of a slider whose count is a symbol: the state keeps any of them, the count cuts it


class Control(Symbol):
    """A named value in the figure's state.

    A lesson's own is a class that names a `script`, which exports a function under the class's name in small letters.
    On a part that it is given to it answers as pointing.js says, elsewhere it stands in the panel as controls.js says.
    A control that inherits from another is `like` it: the page finds and writes its value in the same way.
    """

    like = ""

    def __init_subclass__(cls) -> None:
        cls.like = cls.like or cls.__name__.lower()

    def __init__(self, name: str, first: object, resets: Sequence["Control"] = (), **args: object) -> None:
        super().__post_init__()
        self.name = name
        self.first = self.fits(first)
        rest = {"like": self.like, "resets": [each.name for each in resets]}
        self.args = {"name": name, "first": self.first, **rest, **args}

    def fits(self, value: object) -> object:
        """The value as the state keeps it, or a ValueError that says what is expected."""
        raise NotImplementedError

    def refuse(self, value: object, expected: str) -> None:
        """Say what is expected."""
        raise ValueError(f"{self.name!r} cannot be {value!r}; expected {expected}.")

    def whole(self, value: object, span: range, expected: str) -> int:
        """The value as a whole number of a range."""
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value not in span:
            self.refuse(value, expected)
        return int(value)

    def find(self, look: Look, now: SimpleNamespace) -> object:
        return look.state[self.name]


class Slider(Control):
    """A whole number from a range, by hand or step by step.

    Args:
        values: how many (0, 1, ...), a range, or a symbol that says how many in each state.
        first: its first value.
        labels: how a value is written: a format such as "{}%", or a text a value.
        play: whether a button goes through the values; Space does so too.
        keys: two keys that move it wherever the focus is, such as "-+"; a slider that plays has "[]", where no other
            control takes these.
        leap: how many values these keys move it.
        every: milliseconds a value while it plays.
    """

    def __init__(
        self,
        name: str,
        values: int | range | Symbol,
        first: int = 0,
        labels: str | Sequence | Symbol = "{}",
        play: bool = False,
        keys: str = "",
        leap: int = 1,
        every: int = 700,
        **rest: object,
    ) -> None:
        dynamic = isinstance(values, Symbol)
        self.span = values if isinstance(values, range) else range(ENDLESS if dynamic else values)
        if not len(self.span):
            raise ValueError(f"The slider {name!r} has no values; give it at least one.")
        if isinstance(labels, str) and labels.count("{}") != 1:
            raise ValueError(
                f"The labels of {name!r} are {labels!r}; expected one {{}} for the value: '{{}} px'."
            )
        self.labels = labels if isinstance(labels, str | Symbol) else Names(labels)
        if isinstance(self.labels, Names) and not dynamic and len(self.labels.texts) != len(self.span):
            counts = f"{len(self.span)} values and {len(self.labels.texts)} labels"
            raise ValueError(f"{name!r} has {counts}; give each value its label.")
        count = values if dynamic else len(self.span)
        rest |= {"start": self.span.start, "step": self.span.step, "count": count, "every": every}
        rest |= {"play": play, "keys": keys, "leap": leap}
        super().__init__(name, first, labels=self.labels, **rest)

    def fits(self, value: object) -> int:
        return self.whole(value, self.span, f"a whole number, {self.span.start} to {self.span[-1]}")

    def find(self, look: Look, now: SimpleNamespace) -> int:
        return min(look.state[self.name], now.start + max(now.count - 1, 0) * now.step)

    def written(self, look: Look, spec: str) -> str:
        value, labels = look(self), look(self.labels)
        if isinstance(labels, str):
            return labels.replace("{}", written(value, spec))
        return labels[min((value - self.span.start) // self.span.step, len(labels) - 1)]


class Choice(Control):
    """One of several options, by number; two keys, such as "[]", go to the option before and after."""

    def __init__(
        self, name: str, options: Sequence[str] | Symbol, first: int | str = 0, keys: str = "", **rest: object
    ) -> None:
        self.known = None if isinstance(options, Symbol) else taking.distinct(options, f"options of {name!r}")
        self.options = Names(self.known) if self.known else options
        super().__init__(name, first, options=self.options, keys=keys, **rest)

    def fits(self, value: object) -> int:
        if isinstance(value, str) and value in (self.known or ()):
            return self.known.index(value)
        if self.known is None:
            return self.whole(value, range(ENDLESS), "a whole number from 0")
        return self.whole(value, range(len(self.known)), f"one of {', '.join(self.known)}")

    def on(self, *names: str) -> Pick:
        """1 where the choice is one of these options, else 0."""
        if self.known is None:
            raise ValueError(
                f"The options of {self.name!r} change with the state; on() needs options that stay."
            )
        return Stored(np.isin(range(len(self.known)), [self.fits(name) for name in names]))[self]

    def find(self, look: Look, now: SimpleNamespace) -> int:
        return min(look.state[self.name], max(len(now.options) - 1, 0))

    def written(self, look: Look, spec: str) -> str:
        options = look(self.options)
        return options[look(self)] if options else ""


class Toggle(Control):
    """A switch; its value is 0 or 1, so it picks."""

    def __init__(self, name: str, first: bool = False, **rest: object) -> None:
        super().__init__(name, first, **rest)

    def fits(self, value: object) -> bool:
        if not isinstance(value, bool | np.bool_):
            self.refuse(value, "True or False")
        return bool(value)

    def find(self, look: Look, now: SimpleNamespace) -> int:
        return int(look.state[self.name])

    def written(self, look: Look, spec: str) -> str:
        return "on" if look(self) else "off"


class Switches(Control):
    """A switch for each of several names; its value is a list of 0 and 1, so `switches[k]` picks.

    Written in a caption it names what is off, as `off` says it: "Hidden: digit 3."; or nothing.
    """

    def __init__(
        self,
        name: str,
        names: Sequence[str] | Symbol,
        first: Sequence[bool] = (),
        off: str = "Hidden: {}.",
        **rest: object,
    ) -> None:
        self.count = None if isinstance(names, Symbol) else len(taking.distinct(names, name.lower()))
        self.names, self.off = names if self.count is None else Names(names), off
        super().__init__(name, first, names=self.names, off=off, **rest)

    def fits(self, value: object) -> list:
        flags = [bool(each) for each in value]
        if self.count is not None and len(flags) not in (0, self.count):
            self.refuse(value, f"a flag for each of {self.count} names")
        return flags

    def find(self, look: Look, now: SimpleNamespace) -> list:
        """What the state does not tell is on."""
        flags = look.state[self.name]
        return [int(flags[i]) if i < len(flags) else 1 for i in range(len(now.names))]

    def written(self, look: Look, spec: str) -> str:
        hidden = [name for name, on in zip(look(self.names), look(self), strict=True) if not on]
        return self.off.replace("{}", ", ".join(hidden)) if hidden else ""


class Legend(Switches):
    """The course's class colours with their names, each a switch, but the background's, which is never drawn.

    Args:
        names: a name a class, background (label 0) first.
        present: a symbol of labels: classes that it lacks are written in grey.
    """

    colours = CLASS_COLOURS

    def __init__(
        self, names: Sequence[str], present: Symbol | None = None, name: str = "Classes", **rest: object
    ) -> None:
        if not 2 <= len(names) <= len(self.colours):
            raise ValueError(
                f"{len(names)} class names; expected 2 to {len(self.colours)}, background first. "
                "The palette has no more colours: join rare classes into one."
            )
        super().__init__(name, names, colours=Stored(self.colours), present=present, **rest)


class Field(Control):
    """A line of text, of at most so many letters, that the reader types; Enter takes it, and so does a button."""

    def __init__(
        self, name: str, first: str = "", most: int = 200, button: str = "Ask", **rest: object
    ) -> None:
        self.most = most
        super().__init__(name, first, most=most, button=button, **rest)

    def fits(self, value: object) -> str:
        if not isinstance(value, str) or len(value) > self.most:
            self.refuse(value, f"a text of at most {self.most} letters")
        return value
