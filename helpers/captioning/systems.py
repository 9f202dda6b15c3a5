"""The systems that are compared: the fields of each one's rows, and the decoder and the loss that they call for."""

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import Tensor

from helpers import runtime
from helpers.captioning.model import Captioner, Decoder, HardLoss, SeesOnce, Told, caption_loss, coverage
from helpers.data.tokens import PAD, Vocabulary

# What a row's fields say unless something is varied. The first state has not seen the scene; the paper's has.
PLAIN = {
    "feeds": "state and output", "first": "learned", "features": "local", "places": "all", "penalty": 0.0,
}  # fmt: skip
CONTROL = {"model": "control"}
SOFT, UNIFORM = {"model": "soft", **PLAIN}, {"model": "uniform", **PLAIN}
MARGINAL = {"model": "marginal", **PLAIN, "coin": 0.0}
RAW = {"model": "hard", **PLAIN, "baseline": False, "coin": 0.0}
BASELINE, COIN = RAW | {"baseline": True}, RAW | {"coin": 0.5}  # each of the paper's two helps by itself
PAPER = BASELINE | {"coin": 0.5}

# What pieces of the record train, by the names that tables give them.
MAIN = {"soft": SOFT, "sees once": CONTROL, "hard, raw": RAW, "hard, both": PAPER}
APART = {"hard, baseline": BASELINE, "hard, coin": COIN}
BOTTOM = SOFT | {"places": "bottom row"}
ABLATIONS = {
    "first state of the mean": SOFT | {"first": "mean"},
    "wide features": SOFT | {"features": "wide"},
    "local, bottom row only": BOTTOM,
    "wide, bottom row only": BOTTOM | {"features": "wide"},
    "uniform weights": UNIFORM,
}
AT_OUTPUT = {"feeds": "output"}
OUTPUT = {
    "soft": SOFT | AT_OUTPUT, "hard, raw": RAW | AT_OUTPUT,
    "hard, baseline and coin": PAPER | AT_OUTPUT, "exact marginal": MARGINAL | AT_OUTPUT,
}  # fmt: skip
OUTPUT_ONCE = {
    "hard, baseline": BASELINE | AT_OUTPUT, "exact marginal and coin": MARGINAL | AT_OUTPUT | {"coin": 0.5},
}  # fmt: skip
PENALTIES = {
    f"goal {goal}, strength {strength}": SOFT | {"penalty": strength, "goal": goal}
    for strength in (0.1, 1.0)
    for goal in ("1", "words / places")
}


def new_decoder(fields: dict[str, Any], vocabulary: Vocabulary, annotations: Tensor, seed: int) -> Decoder:
    """Make an untrained decoder for annotations (N, L, D) from the fields of its row."""
    runtime.seed_everything(seed)
    _, places, channels = annotations.shape
    if fields["model"] == "control":
        return SeesOnce(len(vocabulary), channels, places)
    return Captioner(
        len(vocabulary), channels, look=fields["model"], feeds=fields["feeds"], first=fields["first"],
        coin=fields.get("coin", 0.0), wide=fields["features"] == "wide", bottom=fields["places"] == "bottom row",
    )  # fmt: skip


def new_loss(fields: dict[str, Any]) -> Callable[[Told, Tensor], Tensor]:
    """Make the loss that the fields of a row call for."""
    if fields["model"] == "hard":
        return HardLoss(
            fields["feeds"] == "output", fields["baseline"], entropy=0.002 if fields["coin"] else 0.0
        )
    if fields.get("penalty"):
        return partial(penalised, strength=fields["penalty"], goal=fields["goal"])
    return caption_loss


def penalised(told: Told, targets: Tensor, strength: float, goal: str) -> Tensor:
    """The caption's loss with the doubly stochastic penalty, its goal "1" or "words / places"."""
    fair = (targets != PAD).sum(dim=1, keepdim=True) / told.weights.shape[2]
    return caption_loss(told, targets) + strength * coverage(told, targets, 1.0 if goal == "1" else fair)
