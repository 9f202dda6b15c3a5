"""A control of notebook 05b's figure: a box on a scene, which snaps to stored ones. Its twin is handle.js."""

from pathlib import Path

from helpers import figure as fig
from helpers.figure import taking


class BoxHandle(fig.Control):
    """A box that a hand drags and sizes, and that snaps to the nearest of stored ones; its value is that one's number.

    Args:
        boxes: (N, 4): left, top, width, height in pixels. `handle.box` is the one chosen.
    """

    script = Path(__file__).with_name("handle.js")

    def __init__(self, boxes: object, first: int = 0, name: str = "box", **rest: object) -> None:
        boxes = taking.numbers(boxes, name)
        if boxes.shape[1:] != (4,) or not len(boxes):
            raise ValueError(
                f"The boxes have shape {boxes.shape}; expected (N, 4): left, top, width, height. Of one: [box]."
            )
        self.count = len(boxes)
        super().__init__(name, first, boxes=fig.array(boxes), **rest)
        self.box = self.args["boxes"][self]

    def fits(self, value: object) -> int:
        return self.whole(value, range(self.count), f"a box's number, 0 to {self.count - 1}")
