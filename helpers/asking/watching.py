"""How a `Watcher` learns from clips, and whether it looks at the frame of the event."""

from typing import NamedTuple

import torch
from torch import Tensor

from helpers import runtime
from helpers.asking.learning import RATE, answer_loss, batches
from helpers.asking.model import Encoder, Watcher
from helpers.data.batches import as_input
from helpers.data.scenes import Scenes
from helpers.training import History, fit


class Clips(NamedTuple):
    """Clips as a `Watcher` gets them: `frames` (N, T, 20), `digits` (N,) of the event, `event` (N,) its frame."""

    clips: Scenes
    frames: Tensor
    digits: Tensor
    event: Tensor

    def batch(self, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """Some clips by their numbers (B,), and the digits of their events (B,)."""
        return self.frames[chosen], self.digits[chosen]


@torch.no_grad()
def watched(encoder: Encoder, clips: Scenes) -> Clips:
    """Read every frame once with a finished encoder."""
    parts = [encoder.frame_names(as_input(part)) for part in clips.images.flatten(0, 1).split(400)]
    return Clips(clips, torch.cat(parts).unflatten(0, (len(clips), -1)), clips.digits[:, -1], clips.event)


def watch(pool: str, train: Clips, seed: int, steps: int, rate: float = RATE) -> tuple[Watcher, History]:
    """Train a network on clips."""
    runtime.seed_everything(seed)
    watcher = Watcher(train.frames.shape[2], pool=pool)
    drawn = batches(train.batch, torch.arange(len(train.digits)), seed)
    return watcher, fit(watcher, drawn, answer_loss, steps=steps, lr=rate, name=f"watching, {pool}")


@torch.no_grad()
def judge_watcher(watcher: Watcher, test: Clips) -> dict[str, float]:
    """The share of digits named right; with attention the share of clips where it looks at the event's frame."""
    scores, weights = watcher.eval()(test.frames)
    said = scores.argmax(dim=1)
    figures = {"digit": float((said == test.digits).float().mean())}
    # Not the event's digit, but that of a sticker seen all the time.
    distractors = test.clips.digits[:, :-1]
    figures["distractor"] = float((said[:, None] == distractors).any(dim=1).float().mean())
    if watcher.pool == "attention":
        looked = weights[:, 0].argmax(dim=1)
        figures["frame"] = float((looked == test.event).float().mean())
        figures["frame_shuffled"] = float((looked.roll(1) == test.event).float().mean())
        figures["event_weight"] = float(weights[:, 0].gather(1, test.event[:, None]).mean())
    return figures
