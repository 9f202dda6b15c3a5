"""One training loop for the whole course: model, batches and loss are handed in, a history comes out."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from helpers import runtime
from helpers.optimisers import Optimisers, adamw

Loss = Callable[[Any, Tensor], Tensor]  # from the model's output and the targets, a scalar


@dataclass
class History:
    """What a training run left behind.

    Attributes:
        loss: one value a step.
        watched: what `watch` returned, by the number of steps taken when it was called.
        seconds: spent on training, without watching.
        interrupted: whether the learner stopped it early.
    """

    loss: list[float] = field(default_factory=list)
    watched: dict[int, Any] = field(default_factory=dict)
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def steps(self) -> int:
        return len(self.loss)


def loss_curve(losses: Sequence[float], parts: int = 20) -> list[float]:
    """What a record keeps of a training's losses: the means of equal stretches; a rest at the end is left out."""
    length = max(len(losses) // parts, 1)
    return torch.tensor(losses).unfold(0, length, length).mean(dim=1).tolist()


def _take_step(
    model: nn.Module,
    loss: Loss,
    optimisers: Sequence[torch.optim.Optimizer],
    clip: float,
    inputs: Tensor,
    targets: Tensor,
) -> float:
    """Learn from one batch, and return the loss before it; a step that would break the model is not taken.

    Raises:
        FloatingPointError: the loss or its gradient is not finite; the model is as it was.
    """
    model.train()
    # Batch norm's running statistics take in a batch before its loss can be seen to be finite.
    buffers = [buffer.clone() for buffer in model.buffers()]
    value = loss(model(_to_model(inputs, model)), _to_model(targets, model))
    model.zero_grad()
    if value.isfinite():
        value.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), clip) if value.isfinite() else value
    if not norm.isfinite():
        with torch.no_grad():
            for buffer, before in zip(model.buffers(), buffers, strict=True):
                buffer.copy_(before)
        what = f", and its gradient's norm {norm.item()}" if value.isfinite() else ""
        raise FloatingPointError(
            f"The loss is {value.item()}{what}: training has left the finite numbers. The weights are still those of "
            f"the step before. Look for NaN in the inputs, a logarithm of 0 or a division by 0 in the loss; or lower "
            f"the learning rate, now {optimisers[-1].param_groups[0]['lr']:.2g}."
        )
    for optimiser in optimisers:
        optimiser.step()
    return value.item()


def _one_cycle(optimiser: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.OneCycleLR:
    # With four steps a rise of a quarter would be over where it starts, and torch divides by its length.
    rise = 0.5 if steps == 4 else 0.25
    highest = [group["lr"] for group in optimiser.param_groups]
    return torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=highest, total_steps=steps, pct_start=rise)


def _to_model(batch: Any, model: nn.Module) -> Any:
    """Move a batch, a tensor or what else has a `to`, to where the model is; fractions to the model's precision."""
    batch, weight = batch.to(runtime.device()), next(model.parameters(), None)
    if isinstance(batch, Tensor) and batch.is_floating_point() and weight is not None:
        return batch.to(weight.dtype)
    return batch


def fit(
    model: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    loss: Loss,
    *,
    steps: int,
    lr: float,
    weight_decay: float = 0.01,
    clip: float = 1.0,
    optimisers: Optimisers = adamw,
    watch: Callable[[nn.Module], Any] | None = None,
    watch_at: Iterable[int] = (),
    name: str = "training",
) -> History:
    """Train under a one-cycle schedule (Smith and Topin 2018), with AdamW unless `optimisers` says otherwise.

    Interrupting (the stop button) ends the training early and returns normally: the weights of the last whole step
    and the history so far stay usable. The model comes back in eval mode, on the CPU.

    Args:
        model: trained in place; its parameters with `requires_grad=False` stay as they are.
        batches: yields (inputs, targets), for at least `steps` batches.
        loss: maps the model's output and the targets to a scalar.
        steps: how many batches to learn from, at least one.
        lr: the highest learning rate of the cycle.
        clip: greatest norm of the gradient.
        optimisers: made from the model, `lr` and `weight_decay`; each goes through its own cycle (see `optimisers`).
        watch: called in eval mode, without gradients, at each number of steps in `watch_at` (0: before training); its
            answer is kept in the history, and a float is shown beside the loss.
        name: shown by the progress bar.

    Raises:
        ValueError: no steps, an empty batch, or fewer batches than steps.
        FloatingPointError: the loss or its gradient is not finite; the weights are those before that step.
    """
    if steps < 1:
        raise ValueError(f"steps is {steps}: training needs at least one.")
    model.to(runtime.device(), memory_format=torch.channels_last)
    chosen = optimisers(model, lr, weight_decay)
    schedules = [_one_cycle(optimiser, steps) for optimiser in chosen]
    history, watch_at = History(), set(watch_at) if watch else set()
    progress = tqdm(total=steps, desc=name, mininterval=0.5)
    source = iter(batches)
    try:
        _watch(model, watch, watch_at, history, progress)
        for _ in range(steps):
            started = time.perf_counter()
            history.loss.append(_take_step(model, loss, chosen, clip, *_next(source, history, steps)))
            for schedule in schedules:
                schedule.step()
            history.seconds += time.perf_counter() - started
            progress.set_postfix(loss=f"{history.loss[-1]:.3f}", refresh=False)
            progress.update()
            _watch(model, watch, watch_at, history, progress)
    except KeyboardInterrupt:
        history.interrupted = True
        print(
            f"Stopped after {history.steps} of {steps} steps. The model and its history are usable as they are."
        )
    finally:
        progress.close()
        # Where a GPU trained it, lessons still hand it tensors of the CPU.
        model.eval().cpu()
    return history


def whole(history: History) -> History:
    """Pass on the history of a training that others build on; where the learner stopped it, stop what comes after, too.

    Raises:
        KeyboardInterrupt: so that nothing is built on a part of a training, and no cache keeps it.
    """
    if history.interrupted:
        raise KeyboardInterrupt(
            "What comes next builds on this training, and needs all of it: run the cell again."
        )
    return history


def timeline(*histories: History, start: int = 0) -> dict[int, Any]:
    """Lay runs of one model end to end: what was watched, by the number of steps since the first began.

    Args:
        start: steps taken before the first of these runs.
    """
    seen: dict[int, Any] = {}
    for history in histories:
        seen |= {start + step: each for step, each in history.watched.items()}
        start += history.steps
    return seen


def _next(source, history: History, steps: int) -> tuple[Tensor, Tensor]:
    try:
        inputs, targets = next(source)
    except StopIteration:
        raise ValueError(
            f"The batches ended after {history.steps} of {steps} steps. Give `fit` at least as many batches as steps, "
            "or lower steps."
        ) from None
    if len(inputs) == 0:
        raise ValueError("A batch is empty. Every batch needs at least one example.")
    return inputs, targets


@torch.no_grad()
def _watch(model, watch, watch_at, history: History, progress) -> None:
    if history.steps not in watch_at:
        return
    model.eval()
    seen = history.watched[history.steps] = watch(model)
    if isinstance(seen, float):
        progress.set_description(f"{progress.desc.split(' | ')[0]} | {seen:.3f}")


def parameter_count(model: nn.Module) -> int:
    """Count the numbers that training may change."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def recorded(
    fields: Mapping[str, Any],
    seed: int,
    figures: Mapping[str, float],
    history: History,
    model: nn.Module | None = None,
) -> dict[str, Any]:
    """A trained system as one row of the record (`helpers.results`): what was varied, what it scores, what it took.

    Args:
        fields: what was varied, such as `{"model": "FCN-8s", "rate": 0.003}`.
        figures: what was measured, by name.
        model: its parameters are counted; left out, the row has no count.
    """
    took = {"steps": history.steps, "seconds": history.seconds, "curve": loss_curve(history.loss)}
    size = {} if model is None else {"parameters": parameter_count(model)}
    return {**fields, "seed": seed, "figures": dict(figures), **took, **size}
