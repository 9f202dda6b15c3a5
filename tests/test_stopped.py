"""What several networks of a lesson build on is trained once and kept; where the learner stops it, nothing is kept."""

from dataclasses import replace

import pytest

from helpers.asking import experiment as asking
from helpers.captioning import experiment as captioning
from helpers.instances import learning as instances
from helpers.training import History

COMMON = {
    "the trunk of 05": (
        instances,
        "learn_features",
        lambda: instances.common_class_map(9, instances.TrunkBudget(scenes=4, steps=1)),
    ),
    "the encoder of 06": (
        captioning,
        "learn_names",
        lambda: captioning.prepared(9, replace(captioning.QUICK, scenes=4)),
    ),
    "the encoder of 08b": (
        asking,
        "learn_names",
        lambda: asking.named(9, replace(asking.QUICK, scenes=4), asking.NARROW),
    ),
}


@pytest.mark.parametrize("name", COMMON)
def test_half_a_common_training_is_not_kept(name, monkeypatch):
    module, train, ask = COMMON[name]
    begun = []

    def stopped(*given, **options):
        begun.append(given)
        return History([1.0], interrupted=True)

    monkeypatch.setattr(module, train, stopped)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt, match="run the cell again"):
            ask()
    assert len(begun) == 2  # the second time it began anew
