"""What picks cannot say: what a pure function computes, and what only Python answers."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

from helpers.figure.symbols import Look, Symbol, stored


class Lab(Symbol):
    """A value that a pure function computes: in Python for posters and tests, in JavaScript on the page.

    Args:
        script: the JavaScript file; it ends in `export { name };` as the kit's own do.
        name: the function's name there. It gets one object with the inputs' values and returns numbers, texts,
            {data, shape} or an object of such.
        reference: the same in Python, with the inputs as keywords.
        inputs: symbols, arrays and constants.
    """

    def __init__(self, script: Path | None, name: str, reference: Callable, **inputs: object) -> None:
        super().__post_init__()
        self.script, self.reference = script, reference
        self.args = {"name": name, **{key: stored(value) for key, value in inputs.items()}}

    def find(self, look: Look, now: SimpleNamespace) -> object:
        return self.reference(**{key: value for key, value in vars(now).items() if key != "name"})


class Ask(Symbol):
    """What only Python can say. While it thinks, the page shows what it had, and says that it waits.

    Args:
        name: what is asked, as a page without kernel names it: "A sentence of your own" (needs a running notebook).
        answer: called with the values of `inputs`; returns numbers, texts, lists, or a dictionary of such by
            texts. A ValueError's message is shown to the reader.
        stored: the value where nothing need be asked, and where no kernel is.
        when: ask only where this is true (a number, picked).
        inputs: what the question says.
    """

    def __init__(
        self, name: str, answer: Callable, stored: Symbol, when: object = 1, **inputs: object
    ) -> None:
        super().__post_init__()
        self.answer, self.keys = answer, list(inputs)
        self.args = {"name": name, "stored": stored, "when": when, "inputs": list(inputs.values())}

    def find(self, look: Look, now: SimpleNamespace) -> object:
        return self.reply(now.inputs) if now.when else now.stored

    def reply(self, inputs: list) -> object:
        """Ask, with the inputs' values in order."""
        return self.answer(**dict(zip(self.keys, inputs, strict=True)))
