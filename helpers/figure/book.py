"""A composition as the page reads it: every part, control and symbol as JSON, and all arrays in one payload."""

import zlib
from collections.abc import Iterator, Sequence

import numpy as np

from helpers.figure.layers import Layer
from helpers.figure.parts import Part
from helpers.figure.symbols import Stored, Symbol

MOST_BYTES = 1_500_000  # deflated: what a page may carry of one figure


class Book:
    """A composition as the page reads it: every symbol once, by number; arrays end to end.

    `nodes` are the symbols as JSON, `symbols` themselves, in the same order.
    """

    def __init__(self) -> None:
        self.nodes, self.symbols = [], []
        self._numbers: dict[Symbol, int] = {}
        self._chunks, self._layout, self._offset = [], [], 0

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
        if symbol not in self._numbers:
            node = {"kind": symbol.kind, **{name: self(value) for name, value in symbol.args.items()}}
            if isinstance(symbol, Stored):
                node["tree"] = self._keep(symbol.tree)
            self._numbers[symbol] = len(self.nodes)
            self.nodes.append(node)
            self.symbols.append(symbol)
        return self._numbers[symbol]

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


def flat(parts: Sequence[Part]) -> Iterator[Part]:
    """Parts without the columns that stack them."""
    for part in parts:
        yield from flat(part.args["parts"]) if "parts" in part.args else [part]
