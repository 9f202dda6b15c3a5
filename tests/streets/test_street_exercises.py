"""The exercises of notebook 11 take every sound way of writing them."""

import numpy as np
import pytest
import torch

from helpers.streets import exercises


@pytest.mark.parametrize(
    "median", [torch.median, lambda each: each.quantile(0.5), lambda each: np.median(each).item()]
)
def test_any_library_s_median_weighs_the_classes(median):
    """Of an even number of frequencies torch's median is the lower middle one, and was refused without a hint."""

    def class_weights(labels, classes):
        frequency = []
        for k in range(classes):
            there = labels[(labels == k).any(dim=2).any(dim=1)]
            frequency.append((there == k).sum() / (there != 11).sum())
        frequency = torch.stack(frequency)
        return median(frequency) / frequency

    for seed in range(20):
        answer = exercises.class_weights.check(class_weights, seed)
        assert answer, answer
