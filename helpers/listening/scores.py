"""Scores of places for a listener's attention: by content, by where it looked last, by what the state predicts."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.translation.model import Additive


class Content(Additive):
    """Bahdanau's score v . tanh(W q + U k): by what a place sounds like, not by where it is."""

    def forward(self, query: Tensor, keys: Tensor, last: Tensor, mask: Tensor) -> Tensor:
        """Score places (B, K): query (B, size), keys (B, K, size), the last weights (B, K), mask (B, K)."""
        return super().forward(query[:, None], keys)[:, 0]


class LocationAware(Content):
    """Chorowski's score v . tanh(W q + U k + L f): f are features of where the last weights lay, by convolution."""

    def __init__(self, size: int, filters: int = 8, width: int = 15):
        super().__init__(size)
        self.near = nn.Conv1d(1, filters, width, padding=width // 2, bias=False)
        self.location = nn.Linear(filters, size, bias=False)

    def forward(self, query: Tensor, keys: Tensor, last: Tensor, mask: Tensor) -> Tensor:
        features = self.near(last[:, None]).mT  # (B, K, filters)
        return super().forward(query, keys + self.location(features), last, mask)


class Location(nn.Module):
    """Luong's location score W q: a number for each place from the state alone; the sound is not asked.

    There is a number for each of `places`; farther ones, in sounds longer than those, get no weight.
    """

    def __init__(self, size: int, places: int = 80):
        super().__init__()
        self.place = nn.Linear(size, places)

    def prepare(self, annotations: Tensor) -> Tensor:
        return annotations

    def forward(self, query: Tensor, keys: Tensor, last: Tensor, mask: Tensor) -> Tensor:
        K, scores = keys.shape[1], self.place(query)
        return F.pad(scores, (0, max(K - scores.shape[1], 0)), value=-1e4)[:, :K]


class LocalPredictive(Content):
    """Luong's local-p: a content score whose weights are multiplied by a Gaussian round a centre p from the state.

    p = S sigmoid(v . tanh(W q)) for S places; the Gaussian's deviation is half the window's reach D. Here its logarithm
    is added to the score, so weights sum to 1 again; in the paper they do not.
    """

    def __init__(self, size: int, reach: float = 4.0):
        super().__init__(size)
        self.centre = nn.Sequential(
            nn.Linear(size, size, bias=False), nn.Tanh(), nn.Linear(size, 1, bias=False)
        )
        self.deviation = reach / 2

    def forward(self, query: Tensor, keys: Tensor, last: Tensor, mask: Tensor) -> Tensor:
        centre = mask.sum(dim=1, keepdim=True) * self.centre(query).sigmoid()  # (B, 1)
        off = torch.arange(keys.shape[1], device=keys.device) - centre  # (B, K)
        return super().forward(query, keys, last, mask) - off.square() / (2 * self.deviation**2)


SCORES = {
    "content": Content,
    "location-aware": LocationAware,
    "location": Location,
    "local-p": LocalPredictive,
}
Score = Literal["content", "location-aware", "location", "local-p"]
