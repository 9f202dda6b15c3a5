"""What notebook 11 records: rows told apart by their fields, learned from and judged on the films that they name."""

import pytest
from street_noise import noise_streets

from helpers import films, frame_scores
from helpers.streets import experiment
from helpers.streets.inference import Bfloat16
from helpers.streets.mixing import Mixing

FIELDS = ("model", "film", "scenes", "crops", "optimiser", "averaged", "steps")


def test_every_row_is_told_apart_by_its_fields_and_judged_on_its_film(noise_camvid):
    rows = [row for piece in experiment.PIECES["real"].values() for row in piece()]
    assert len({tuple(row[field] for field in FIELDS) for row in rows}) == len(rows) == 16
    single = [row for row in rows if not row["averaged"]]
    for row, (network, scenes, _, transform, *_) in zip(single, noise_camvid, strict=True):
        laid_over = transform.scenes.sequences if isinstance(transform, Mixing) else ()
        assert {*scenes.sequences, *laid_over} == {films.TEST_FILM, *films.OTHER_FILMS} - {row["film"]}
        assert isinstance(transform, Mixing) == (row["scenes"] == "mixed")
        held = noise_streets(3).hold_out(row["film"])[1]
        network = network.network if isinstance(network, Bfloat16) else network  # judged in float32
        there = frame_scores.score(frame_scores.total(frame_scores.count(network, held)))
        assert row["figures"]["mean_iou"] == pytest.approx(there["mean_iou"].item())


def test_networks_that_learned_nothing_are_level(noise_camvid):
    """Plain and mixed start from one seed, so that neither is ahead; averaging changes what is predicted."""
    _, mixed, averaged = experiment.mixed()
    assert mixed["figures"]["step_low"] == mixed["figures"]["step_high"] == 0
    assert averaged["figures"]["mean_iou"] != mixed["figures"]["mean_iou"]
    assert averaged["figures"]["step_low"] <= averaged["figures"]["step_high"]
