"""How weights follow from gradients: AdamW, and Muon for convolutions."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

# From a model, the highest rate and the weight decay.
Optimisers = Callable[[nn.Module, float, float], list[torch.optim.Optimizer]]

KERNEL_RATE = 0.02  # Muon's highest rate: every step moves a kernel by as much, whatever its gradient's size


def adamw(model: nn.Module, lr: float, weight_decay: float) -> list[torch.optim.Optimizer]:
    """AdamW for everything that may change (Loshchilov and Hutter 2019)."""
    return [torch.optim.AdamW(_trainable(model), lr=lr, weight_decay=weight_decay)]


def muon(model: nn.Module, lr: float, weight_decay: float) -> list[torch.optim.Optimizer]:
    """Muon for the kernels of convolutions, and AdamW for the rest: biases, norms, and the first and last layer.

    AdamW scales each weight's step by itself. A kernel's gradient is then still led by the few directions that most
    examples agree on, and what is rare learns slowly. Muon (Jordan et al. 2024) reads the kernel as a matrix and makes
    the step orthogonal, so that all its directions advance alike.

    Args:
        model: its kernels must be laid out channels last, as `fit` lays them out.
        lr: the highest rate of AdamW; Muon's is `KERNEL_RATE`.
    """
    convolutions = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d)]
    kernels = [layer.weight for layer in convolutions[1:-1] if layer.weight.requires_grad]
    chosen = {id(kernel) for kernel in kernels}
    rest = [parameter for parameter in _trainable(model) if id(parameter) not in chosen]
    return [
        KernelMuon(kernels, lr=KERNEL_RATE, weight_decay=weight_decay),
        torch.optim.AdamW(rest, lr=lr, weight_decay=weight_decay),
    ]


class KernelMuon(torch.optim.Muon):
    """torch's Muon, which knows matrices only, for kernels: each is read as (outputs, height x width x inputs).

    Args:
        kernels: (outputs, inputs, height, width), channels last; changed in place.
        settings: of `torch.optim.Muon`.

    Raises:
        ValueError: there is no kernel, or one is not laid out channels last, so that no matrix shares its memory.
    """

    def __init__(self, kernels: list[nn.Parameter], **settings):
        if not kernels:
            raise ValueError(
                "There is no kernel for Muon to change. Expected a model with a convolution between its first and its "
                "last, whose weights may change; for any other, train with AdamW."
            )
        self.kernels = kernels
        matrices = [nn.Parameter(_matrix(kernel.detach())) for kernel in kernels]
        for kernel, matrix in zip(kernels, matrices, strict=True):
            if kernel.data_ptr() != matrix.data_ptr():
                raise ValueError(
                    f"A kernel of shape {tuple(kernel.shape)} is not laid out channels last. Expected a model moved "
                    "by `model.to(memory_format=torch.channels_last)` before its optimiser is made."
                )
        super().__init__(matrices, **settings)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of the kernels as well as those of their matrices."""
        super().zero_grad(set_to_none)
        for kernel in self.kernels:
            kernel.grad = None

    @torch.no_grad()
    def step(self, closure=None):
        """Take one step along the kernels' gradients."""
        for kernel, matrix in zip(self.kernels, self.param_groups[0]["params"], strict=True):
            matrix.grad = None if kernel.grad is None else _matrix(kernel.grad)
        return super().step(closure)


def _matrix(kernel: Tensor) -> Tensor:
    return kernel.permute(0, 2, 3, 1).flatten(1)


def _trainable(model: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in model.parameters() if parameter.requires_grad]
