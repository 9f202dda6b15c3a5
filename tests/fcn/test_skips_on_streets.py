"""The skips on real streets, on streets of noise: the three networks share one start and take equal steps."""

import pytest

from helpers.fcn import experiment


def test_the_three_networks_share_one_start_and_take_equal_steps(noise_camvid):
    rows = list(experiment.skips_on_streets(first=2, more=1))
    assert [row["model"] for row in rows] == ["FCN-32s", "FCN-16s", "FCN-8s"]
    assert [row["steps"] for row in rows] == [4, 4, 4]
    assert all("0006R0" not in scenes.sequences for _, scenes, *_ in noise_camvid)
    # Nothing was learned, so that a finer network still predicts what the coarser one does.
    first, _, last = (row["figures"] for row in rows)
    assert first["mean_iou"] == pytest.approx(last["mean_iou"], abs=1e-3)
    assert last["ahead_low"] <= last["ahead_high"] and last["step_low"] <= last["step_high"]
