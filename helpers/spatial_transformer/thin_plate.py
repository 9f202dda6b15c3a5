"""Thin-plate splines (Bookstein 1989): bend a grid by moving a few points of it."""

import torch
from torch import Tensor, nn


class ThinPlate(nn.Module):
    """Grid generator that bends, like a thin steel plate held at control points.

    The control points lie on a regular grid over the output, its corners included. Theta says for each where in the
    input it reads. Between them the map bends as little as it can. It is linear in theta: `basis` holds how much
    each pixel follows each control point.

    `forward` takes theta (B, 2 * points**2), x and y of each point from -1 to 1, row by row, and returns a grid
    (B, side, side, 2).
    """

    def __init__(self, side: int, points: int = 4):
        super().__init__()
        self.side = side
        at = torch.linspace(-1, 1, points, dtype=torch.float64)
        control = torch.cartesian_prod(at, at).flip(1)
        self.register_buffer("start", control.float().flatten())
        at = (2 * torch.arange(side, dtype=torch.float64) + 1) / side - 1
        basis = thin_plate(control, torch.cartesian_prod(at, at).flip(1))
        self.register_buffer("basis", basis.float(), persistent=False)

    def forward(self, theta: Tensor) -> Tensor:
        return (self.basis @ theta.unflatten(1, (-1, 2))).unflatten(1, (self.side, self.side))


def thin_plate(control: Tensor, places: Tensor) -> Tensor:
    """How much each place follows each control point: (K, 2), (N, 2) in double precision -> (N, K).

    Raises:
        torch.linalg.LinAlgError: the control points lie on one line, or two in one place.
    """
    K = len(control)
    system = control.new_zeros(K + 3, K + 3)
    system[:K, :K] = _bending(control, control)
    system[:K, K:] = _flat(control)
    system[K:, :K] = _flat(control).T
    # Only the first K right-hand sides are free: the last three say that the bending exerts no force and no torque.
    solved = torch.linalg.inv(system)[:, :K]
    return torch.cat([_bending(places, control), _flat(places)], dim=1) @ solved


def _bending(places: Tensor, control: Tensor) -> Tensor:
    squared = (places[:, None] - control).square().sum(-1)
    return torch.xlogy(squared, squared) / 2  # r**2 log r, and 0 where r is 0


def _flat(places: Tensor) -> Tensor:
    return torch.cat([torch.ones_like(places[:, :1]), places], dim=1)
