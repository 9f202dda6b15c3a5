"""Is it written right, and did attention look where the letter was? Error rates, and weights against true times."""

from collections.abc import Sequence

import jiwer
import torch
from torch import Tensor

from helpers.data.morse import Keying
from helpers.listening.data import FRAMES


def character_error_rate(written: Sequence[str], truth: Sequence[str]) -> float:
    """Letters to put in, take out or change, over the true letters: 0 is right; it may pass 1 (jiwer counts).

    Raises:
        ValueError: no texts, not one truth each, or an empty truth.
    """
    if isinstance(written, str) or len(written) != len(truth) or not truth or not all(truth):
        raise ValueError(
            f"Expected lists with one true text of at least one letter each, got {len(written)} and {len(truth)}."
        )
    return float(jiwer.cer(list(truth), list(written)))


def intervals(keying: Keying, places: int, stride: int) -> Tensor:
    """How much of each place belongs to each letter, (letters, places): its strokes and the pause after them.

    A place is `stride` frames long. Every place between the first stroke and the end belongs to somebody.
    """
    starts = torch.from_numpy(keying.spans[:, 0])
    ends = torch.cat([starts[1:], torch.tensor([keying.seconds])])
    place = torch.arange(places)
    begin, end = (part[:, None] * FRAMES / stride for part in (starts, ends))
    return (torch.minimum(place + 1, end) - torch.maximum(place, begin)).clamp(0, 1).float()


def pointing(weights: Sequence[Tensor], keyings: Sequence[Keying], stride: int) -> dict[str, float]:
    """Where weights lie, with two rules beside that look without listening.

    Args:
        weights: for each text (letters, places), the places that hold sound only.

    Returns:
        "inside": weight on the letter that is being written, a mean over letters; "inside_uniform" and
        "inside_diagonal": the same of equal weights, and of one place that goes on evenly from start to end;
        "forward": the share of steps whose place of most weight lies after the one before.
    """
    kinds = {"inside": [], "inside_uniform": [], "inside_diagonal": [], "forward": []}
    for rows, keying in zip(weights, keyings, strict=True):
        letters, places = rows.shape
        if letters != len(keying.text):
            raise ValueError(
                f"There are weights for {letters} letters of {keying.text!r}: expected a row a letter."
            )
        owned = intervals(keying, places, stride)
        even = ((torch.arange(letters) + 0.5) * places / letters).long()
        kinds["inside"] += (rows * owned).sum(dim=1).tolist()
        kinds["inside_uniform"] += owned.mean(dim=1).tolist()
        kinds["inside_diagonal"] += owned[torch.arange(letters), even].tolist()
        kinds["forward"] += (rows.argmax(dim=1).diff() > 0).float().tolist()
    return {name: sum(each) / len(each) for name, each in kinds.items() if each}
