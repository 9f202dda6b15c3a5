"""A line of the record says what was tried, and that nothing was where nothing is."""

from helpers import results
from helpers.listening import experiment, recorded


def row(rate: float, error: float, seed: int = 0, **figures: float) -> dict:
    figures["validation_cer"] = error
    return {**experiment.CTC, "rate": rate, "seed": seed, "seconds": 31.4, "figures": figures}


def test_rates_and_alignment_are_read_from_the_record(monkeypatch):
    tried = [row(0.012, 0.5), row(0.006, 0.25, seed=1, aligned_at=350.0), row(0.006, 0.75)]
    pieces = {"listening": {"record": {"pieces": {"a": {"rows": tried}}}}}
    monkeypatch.setattr(results, "load", lambda: pieces)
    assert recorded.at_rates(experiment.CTC) == "0.006: 0.50 (2 runs)  0.012: 0.50 (one run)"
    # Every seed is told of: one that aligned says nothing of the others.
    assert recorded.aligned(experiment.CTC) == "aligned at never, 350 (2 runs), 31 s of training"
    del tried[1]["figures"]["aligned_at"]
    assert recorded.aligned(experiment.CTC) == "not aligned (2 runs), 31 s of training"
    assert recorded.aligned(experiment.HERO) == recorded.at_rates(experiment.HERO) == "not recorded"
