"""Look inside a model while it runs, with the same forward pass that training uses."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode


@contextmanager
def record(model: nn.Module, *names: str) -> Iterator[dict[str, Tensor]]:
    """Keep the output of each named submodule while the block runs.

    >>> with record(model, "encoder.3") as kept:
    ...     model(images)
    >>> kept["encoder.3"].shape

    Raises:
        KeyError: the model has no submodule of that name; the message lists those it has.
        RuntimeError: a later layer worked in place and overwrote what was kept.
    """
    modules = dict(model.named_modules())
    missing = [name for name in names if name not in modules]
    if missing:
        raise KeyError(
            f"The model has no part named {missing[0]!r}. It has: {', '.join(filter(None, modules))}."
        )
    kept: dict[str, Tensor] = {}

    versions: dict[str, int] = {}

    def keep(name: str):
        def hook(module, inputs, output):
            kept[name] = output
            # Tensors of inference mode count no changes.
            if isinstance(output, Tensor) and not output.is_inference():
                versions[name] = output._version

        return hook

    hooks = [modules[name].register_forward_hook(keep(name)) for name in names]
    try:
        yield kept
    finally:
        for hook in hooks:
            hook.remove()
    for name, version in versions.items():
        if kept[name]._version != version:
            raise RuntimeError(
                f"What {name!r} put out was overwritten by a layer after it that works in place: record that layer, or "
                "give it inplace=False."
            )


def gradient(model: nn.Module, name: str, images: Tensor, row: int, column: int) -> Tensor:
    """Measure how much each pixel matters to one unit of a submodule, summed over the unit's channels.

    Args:
        images: (1, C, H, W).
        row, column: of the unit in the submodule's output, (1, channels, rows, columns).

    Returns:
        (H, W), the gradient's absolute value, summed over colours.
    """
    images = images.detach().clone().requires_grad_()
    with torch.enable_grad(), record(model, name) as kept:
        model(images)
        (slope,) = torch.autograd.grad(kept[name][0, :, row, column].sum(), images)
    return slope[0].abs().sum(dim=0)


def shape_table(model: nn.Module, images: Tensor, *names: str) -> str:
    """Write out what some submodules put out for images (B, C, H, W), and how many weights each has."""
    parts = dict(model.named_modules())
    with torch.no_grad(), record(model, *names) as kept:
        model(images)
    lines = [f"{'':10} {'output':20} {'weights':>9}", f"{'images':10} {tuple(images.shape)!s:20}"]
    for name in names:
        weights = sum(each.numel() for each in parts[name].parameters())
        lines.append(f"{name:10} {tuple(kept[name].shape)!s:20} {weights:>9,}")
    return "\n".join(line.rstrip() for line in lines)


def operations(model: nn.Module, images: Tensor) -> int:
    """Count the floating-point operations of one forward pass of images (B, C, H, W)."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(images)
    return counter.get_total_flops()
