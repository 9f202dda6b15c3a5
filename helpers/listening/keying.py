"""What the learner keys, read by a trained listener: strokes -> a dot -> the listener's own speed -> letters."""

from collections.abc import Callable

import numpy as np

from helpers.data import morse
from helpers.decoding import greedy
from helpers.listening import data
from helpers.listening.experiment import LONGEST
from helpers.listening.model import Listener

DOTS = (0.02, 0.6)  # seconds of a dot that a hand can mean
USUAL = 0.12  # and what it does where nothing tells
MOST = 80  # letters
UNEVEN = 0.25  # by how much strokes and pauses miss one and three dots, as a logarithm


def dot_of(strokes: np.ndarray) -> tuple[float, float]:
    """How long a hand's dot is in seconds, and by how much strokes and pauses miss one and three dots.

    The dot is the length of which all strokes and pauses (M, 2) are most nearly one or three, in logarithms. Pauses
    much longer than any stroke are thinking, and not asked.
    """
    marks, pauses = strokes[:, 1] - strokes[:, 0], strokes[1:, 0] - strokes[:-1, 1]
    lengths = np.log(np.concatenate([marks, pauses[pauses < 2 * marks.max()]]).clip(1e-3))
    dots = np.linspace(lengths.min() - np.log(4), lengths.max(), 300)
    off = np.minimum(*(np.abs(lengths[:, None] - dots - np.log(long)) for long in (1, morse.DASH)))
    misses = np.sqrt(np.mean(off**2, axis=0))
    best = (misses + 0.02 * np.abs(dots - np.log(USUAL))).argmin()  # one stroke alone may be a dot or a dash
    return float(np.exp(dots[best])), float(misses[best])


def at_speed(strokes: list, dot: float, wanted: float = morse.Hand.dot) -> morse.Keying:
    """The strokes with a dot as long as the listener's hands have it, and with no pause longer than three dots."""
    times = np.asarray(strokes) * (wanted / dot)
    pauses = times[1:, 0] - times[:-1, 1]
    cut = np.cumsum(np.maximum(pauses - morse.PAUSE * wanted, 0), dtype=float)
    times = times - times[0, 0] + morse.LEAD - np.concatenate([[0.0], cut])[:, None]
    owners = np.concatenate([[0], np.cumsum(pauses > 2 * wanted)])
    return morse.Keying("?" * int(owners[-1] + 1), times, owners, float(times[-1, 1] + morse.TAIL))


def reader(model: Listener) -> Callable[[list], dict]:
    """Make the function that reads strokes: letters, the spectrogram (bands, T), weights (letters, places), a note.

    Raises:
        ValueError: from the function, in words for the learner: nothing is keyed, too much, or at no speed of a hand.
    """

    def read(strokes: list) -> dict:
        strokes = [stroke for stroke in strokes if stroke[1] > stroke[0]]
        if not strokes:
            raise ValueError(
                "Nothing is keyed yet. Press and hold the key: short for a dot, three times as long for a dash."
            )
        dot, uneven = dot_of(np.array(strokes))
        if not DOTS[0] <= dot <= DOTS[1]:
            raise ValueError(
                f"Your dot lasts about {dot:.2f} s; expected {DOTS[0]} to {DOTS[1]} s. Wipe the pad, and key "
                f"{'faster' if dot > DOTS[1] else 'slower'}."
            )
        keying = at_speed(strokes, dot)
        letters = len(keying.text)
        if letters > MOST:
            raise ValueError(f"These are about {letters} letters; expected at most {MOST}. Wipe the pad.")
        heard = data.hear([keying], seed=0)
        (decoded,) = greedy(model.eval(), data.as_batch(heard.frames), letters * 3 // 2 + 2)
        said = data.LETTERS.decode(decoded.words)
        note = f"Your dot lasts about {dot:.2f} s; it is brought to the {morse.Hand.dot} s of the training."
        if uneven > UNEVEN:
            note += " Strokes and pauses are uneven: a dash lasts three dots, and so does the pause between letters."
        if letters > LONGEST:
            note += (
                f" About {letters} letters: more than the {LONGEST} of training, so it may lose its place."
            )
        return {
            "read": 1,
            "letters": said,
            "heard": heard.frames[0].mT.flip(0).numpy().round(2),
            "weights": decoded.weights[: max(len(said), 1)].numpy().round(3),
            "note": note,
        }

    return read
