"""Lesson 04's ways of labelling, their scores, and its experiments in tiny."""

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from helpers import films, results
from helpers.data.batches import as_input
from helpers.multi_scale import experiment, labelling, learning, streets, trees
from helpers.multi_scale.model import MultiScale, NodeClassifier, with_two_layers
from helpers.training import parameter_count
from tools.record import checked

TINY = learning.Budget(scenes=16, features=2, pixels=1, trees=2, nodes=2, tested=3)


@pytest.fixture(scope="module")
def scenes():
    return learning.draw_scenes(3, 0, "val")


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return MultiScale().eval()


def test_scenes_hold_three_octaves_and_bands_one_digit(scenes):
    many = learning.draw_scenes(200, 0)
    heights = many.heights[many.digits >= 0]
    shares = [((heights >= low) & (heights < high)).float().mean() for low, high in labelling.SIZES.values()]
    assert min(shares) > 0.15 and sum(shares) == pytest.approx(1, abs=0.01)
    band = learning.draw_scenes(5, 0, "test", count=1, height=(20, 28))
    assert ((band.digits >= 0).sum(dim=1) == 1).all() and (band.heights[:, 0] - 24).abs().max() <= 4


def test_scenes_parsed_one_by_one_are_scored_as_in_a_batch(network, scenes):
    torch.manual_seed(1)
    classifier = NodeClassifier(96 * 9)
    parsed = labelling.parse(network, scenes.images, classifier)
    with torch.no_grad():
        assert_close(parsed.chances, network(as_input(scenes.images)).softmax(dim=1))
    named = {tuple(fields.values()): labels for fields, labels in labelling.ways(parsed)}
    assert set(named) == {("pixels",), ("superpixels",), ("cover",), *(("cut", n) for n in labelling.REGIONS)}
    tree, shares = parsed.trees[1], parsed.shares[1]
    for leaf in range(tree.leaves):
        least = min(reversed(tree.path(leaf)), key=lambda node: float(trees.entropy(shares[node])))
        assert (named["cover",][1][tree.segments == leaf] == shares[least].argmax()).all()
    assert 0 < parsed.seconds["pixels"] < parsed.seconds["superpixels"] < parsed.seconds["cover"]


def test_the_truth_is_found_whole_and_background_alone_not_at_all(scenes):
    assert set(labelling.score(scenes.labels.long(), scenes).values()) == {1.0}
    nothing = labelling.score(torch.zeros_like(scenes.labels).long(), scenes)
    assert {value for name, value in nothing.items() if name.startswith("found")} == {0.0}


def test_found_is_the_share_of_a_digits_pixels_by_its_height(scenes):
    labels = scenes.labels.long()
    labels[:, :, ::2] = 0  # every second column is missed
    found = labelling.score(labels, scenes)
    digits = (scenes.digits >= 0).nonzero().tolist()
    for name, (low, high) in labelling.SIZES.items():
        some = [(n, scenes.instances[n] == k + 1) for n, k in digits if low <= scenes.heights[n, k] < high]
        shares = [float((labels[n] == scenes.labels[n])[inside].float().mean()) for n, inside in some]
        assert not some or found[f"found_{name}"] == pytest.approx(sum(shares) / len(shares))


def test_errors_are_counted_in_shares_of_the_digits_pixels():
    truth, labels = torch.tensor([[1, 1, 2, 2, 0, 0]]), torch.tensor([[1, 0, 3, 2, 5, 0]])
    assert labelling.errors(labels, truth) == {"missed": 0.25, "wrong digit": 0.25, "made up": 0.25}


def test_a_scale_that_is_off_counts_for_nothing(network, scenes):
    labels = labelling.switched(network, scenes.images)
    with torch.no_grad():
        assert torch.equal(labels[:, 1, 1, 1], network(as_input(scenes.images)).argmax(dim=1))
        features = network.features(as_input(scenes.images))
        features[:, 32:64] = 0
        scores = F.interpolate(network.head(features), scale_factor=4, mode="bilinear")
    assert torch.equal(labels[:, 1, 0, 1], scores.argmax(dim=1))


def test_the_three_systems_have_nearly_the_same_number_of_parameters():
    networks = [with_two_layers(learning.new_network(name, 0)) for name in learning.SYSTEMS]
    sizes = [parameter_count(network.requires_grad_(True)) for network in networks]
    assert len(sizes) == 3 and max(sizes) < 1.01 * min(sizes)


def test_a_run_in_tiny_yields_rows_that_the_record_can_tell_apart():
    rows = [*experiment.compare(0, TINY, ["multi-scale", "single scale"]), *experiment.bands(0, TINY)]
    assert results.twins(rows) is None
    asked = [fields for fields in experiment.ROWS.values() if fields["model"] != "single scale, dilated"]
    for fields in asked:
        assert sum(fields.items() <= row.items() for row in rows) == 1, fields
    assert all(0 <= value <= 1 for row in rows for value in row["figures"].values())


def test_streets_are_cleaned_frame_by_frame_and_judged_beside_their_pixels(noise_camvid, monkeypatch):
    # Segments of 24 x 16 pixels.
    whole = torch.arange(192)[:, None] // 24 * 16 + torch.arange(256)[None] // 16
    monkeypatch.setattr(streets, "SEGMENT", lambda image: whole[: image.shape[1], : image.shape[2]])
    monkeypatch.setattr(streets, "NODE_STEPS", 2)
    plain, smooth, cover, cut = (checked(row, "cleaned") for row in streets.cleaned(steps=2))
    assert results.twins([*streets.by_pixels(steps=2), plain, smooth, cover, cut]) is None
    assert (cover["labels"], cut["regions"], smooth["steps"]) == ("cover", 64, 2)
    assert 0 < plain["figures"]["seconds_a_scene"] < smooth["figures"]["seconds_a_scene"]
    network, held = noise_camvid[0][0].network, films.held_out()[1]
    padded = F.pad(as_input(held.images), (8, 8, 6, 6), mode="replicate")
    with torch.no_grad():
        labels = trees.averaged(network(padded)[0].softmax(dim=0), whole).argmax(dim=0)[6:186, 8:248]
    seen = held.labels[0] != films.VOID
    right = (labels == held.labels[0])[seen].float().mean().item()
    assert smooth["figures"]["pixel_accuracy"] == pytest.approx(right)
    assert [row["labels"] for row in streets.cleaned("single scale", steps=2)] == ["pixels", "superpixels"]
