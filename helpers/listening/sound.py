"""Sound: a tone that follows a playhead, and a Morse key under the hand. Their twin is sound.js."""

from pathlib import Path

from helpers import figure as fig

PITCH = 600  # of the tone, in Hz
SCRIPT = Path(__file__).with_name("sound.js")


class Sound(fig.Toggle):
    """A switch, off at first: while it is on, a tone follows strokes wherever a playhead moves, by play or by hand.

    Args:
        seconds: a symbol, where the playhead is.
        strokes: a symbol, [down, up] in seconds for each stroke, in order.
    """

    script = SCRIPT

    def __init__(self, seconds: fig.Symbol, strokes: fig.Symbol, name: str = "Sound", **rest: object) -> None:
        super().__init__(name, seconds=seconds, strokes=strokes, pitch=PITCH, **rest)


class Key(fig.Control):
    """A Morse key on a stage, held by mouse, finger or Space: strokes, [down, up] in seconds from the first."""

    script = SCRIPT

    def __init__(self, name: str = "strokes", **rest: object) -> None:
        super().__init__(name, (), pitch=PITCH, **rest)

    def fits(self, value: object) -> list:
        times = [float(time) for stroke in value for time in stroke]
        if any(len(stroke) != 2 for stroke in value) or times != sorted(times) or min(times, default=0) < 0:
            self.refuse(value, "strokes one after another, [down, up] in seconds each")
        return [list(stroke) for stroke in zip(times[::2], times[1::2], strict=True)]
