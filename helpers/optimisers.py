"""How weights follow from gradients: AdamW, and Muon for convolutions."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from helpers import runtime

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


class KernelMuon(torch.optim.Optimizer):
    """Muon for kernels: each is read as a matrix (outputs, height x width x inputs), and its step made orthogonal.

    torch's own Muon knows matrices only. It computes in bfloat16 on every processor, and one that only emulates
    bfloat16 takes eight times as long over that as over forward and backward: there this one computes in float32.

    Args:
        kernels: (outputs, inputs, height, width); changed in place.
        precision: to orthogonalise in; by default bfloat16 where this machine has instructions for it.

    Raises:
        ValueError: there is no kernel.
    """

    def __init__(
        self,
        kernels: list[nn.Parameter],
        lr: float,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        precision: torch.dtype | None = None,
    ):
        if not kernels:
            raise ValueError(
                "There is no kernel for Muon to change. Expected a model with a convolution between its first and its "
                "last, whose weights may change; for any other, train with AdamW."
            )
        self.precision = precision or (torch.bfloat16 if runtime.has_bfloat16() else torch.float32)
        super().__init__(kernels, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self) -> None:
        """Take one step along the kernels' gradients, with Nesterov's momentum."""
        for group in self.param_groups:
            lr, momentum = group["lr"], group["momentum"]
            for kernel in group["params"]:
                if kernel.grad is None:
                    continue
                if kernel not in self.state:
                    self.state[kernel]["average"] = torch.zeros_like(kernel)
                average = self.state[kernel]["average"]
                average.lerp_(kernel.grad, 1 - momentum)
                ahead = _matrix(kernel.grad.lerp(average, momentum))
                turned = orthogonal(ahead.to(self.precision)).to(kernel.dtype)
                outputs, inputs, height, width = kernel.shape
                step = turned.unflatten(1, (height, width, inputs)).movedim(3, 1)
                # A tall matrix has longer columns, so that every output moves as far as in a wide one.
                length = max(1, outputs / ahead.shape[1]) ** 0.5
                kernel.mul_(1 - lr * group["weight_decay"]).sub_(step, alpha=lr * length)


def orthogonal(matrix: Tensor) -> Tensor:
    """Bring all singular values of a matrix near 1, by five steps of Newton and Schulz (Jordan et al. 2024).

    The polynomial is steep at 0 rather than exact at 1: the values end between about 0.7 and 1.2.
    """
    if matrix.shape[0] > matrix.shape[1]:
        return orthogonal(matrix.T).T
    matrix = matrix / matrix.norm().clamp(min=1e-7)  # no singular value is above 1
    for _ in range(5):
        gram = matrix @ matrix.T
        matrix = torch.addmm(
            matrix, torch.addmm(gram, gram, gram, beta=-4.7750, alpha=2.0315), matrix, beta=3.4445
        )
    return matrix


def _matrix(kernel: Tensor) -> Tensor:
    return kernel.permute(0, 2, 3, 1).flatten(1)


def _trainable(model: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in model.parameters() if parameter.requires_grad]
