"""Look inside a model while it runs, with the same forward pass that training uses."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn


@contextmanager
def record(model: nn.Module, *names: str) -> Iterator[dict[str, Tensor]]:
    """Keep the output of each named submodule while the block runs.

    >>> with record(model, "encoder.3") as kept:
    ...     model(images)
    >>> kept["encoder.3"].shape

    Raises:
        KeyError: the model has no submodule of that name; the message lists those it has.
    """
    modules = dict(model.named_modules())
    missing = [name for name in names if name not in modules]
    if missing:
        raise KeyError(
            f"The model has no part named {missing[0]!r}. It has: {', '.join(filter(None, modules))}."
        )
    kept: dict[str, Tensor] = {}

    def keep(name: str):
        return lambda module, inputs, output: kept.__setitem__(name, output)

    hooks = [modules[name].register_forward_hook(keep(name)) for name in names]
    try:
        yield kept
    finally:
        for hook in hooks:
            hook.remove()
