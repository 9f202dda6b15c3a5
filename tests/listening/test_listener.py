"""The listener hears a sound alike in any company, its scores are the formulas, and measures are counted by hand."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from helpers.data import morse
from helpers.data.tokens import END
from helpers.listening import data, experiment, measures
from helpers.listening.model import Listener, Pyramid, Transcriber, collapse, ctc_loss
from helpers.listening.scores import SCORES
from helpers.probe import record

KINDS = [*SCORES, None]


@pytest.fixture(scope="module")
def heard():
    return data.draw(4, [2, 5], seed=3)


def listener(score="location-aware", **options):
    torch.manual_seed(0)
    return Listener(len(data.LETTERS), score=score, **options).eval()


@pytest.mark.parametrize("stride", [1, 2, 4, 8])
def test_a_sound_is_heard_alike_by_itself_and_in_a_batch(heard, stride):
    torch.manual_seed(0)
    pyramid, batch = Pyramid(stride=stride).eval(), data.as_batch(heard.frames)
    together, mask = pyramid(batch.frames, batch.lengths)
    assert mask.sum(dim=1).tolist() == [-(-len(each) // stride) for each in heard.frames]
    for frames, row, inside in zip(heard.frames, together, mask, strict=True):
        alone, _ = pyramid(frames[None], torch.tensor([len(frames)]))
        assert_close(row[inside], alone[0], atol=1e-5, rtol=1e-4)
        assert (row[~inside] == 0).all()


@pytest.mark.parametrize("stride", [1, 2, 4, 8])
def test_an_annotation_hears_about_two_letters_and_no_more(stride):
    torch.manual_seed(0)
    pyramid = Pyramid(stride=stride).eval()
    frames = torch.randn(1, 160, 8, requires_grad=True)
    annotations, _ = pyramid(frames, torch.tensor([160]))
    annotations[0, 80 // stride].square().sum().backward()
    heard = frames.grad[0].abs().sum(dim=1).nonzero()[:, 0]
    assert 38 <= int(heard.max() - heard.min()) + 1 <= 56


@pytest.mark.parametrize("score", KINDS)
@pytest.mark.parametrize("query", ["before", "after"])
def test_led_and_step_by_step_give_the_same_letters(heard, score, query):
    model, (inputs, _) = listener(score, query=query), data.lesson(heard, range(4))
    with torch.no_grad(), record(model, "attend") as kept:
        together = model(inputs)
        memory, now = model.begin(inputs.source)
        for place, letters in enumerate(inputs.so_far.unbind(dim=1)):
            scores, now, weights = model.step(letters, now, memory)
            assert_close(scores, together[:, place])
            if score:
                assert_close(weights, kept["attend"][:, place])
                assert_close(weights.sum(dim=1), torch.ones(4))
                assert (weights[~memory.mask] == 0).all()
            else:
                assert weights is None


def test_location_aware_is_content_where_the_last_weights_say_nothing(heard):
    model, batch = listener(), data.as_batch(heard.frames)
    memory, now = model.begin(batch)
    query = torch.randn(4, 64)
    here = model.score(query, memory.keys, torch.zeros_like(now.weights), memory.mask)
    content = super(type(model.score), model.score).forward(query, memory.keys, now.weights, memory.mask)
    assert_close(here, content)
    moved = model.score(query, memory.keys, now.weights, memory.mask)
    width = model.score.near.kernel_size[0] // 2
    assert_close(moved[:, width + 1 :], here[:, width + 1 :])
    assert (moved[:, : width + 1] - here[:, : width + 1]).abs().max() > 1e-4


def test_local_p_lies_round_its_centre_and_location_hears_nothing(heard):
    batch, query = data.as_batch(heard.frames), torch.randn(4, 64)
    local = listener("local-p")
    memory, now = local.begin(batch)
    for part in local.score.v.parameters():
        torch.nn.init.zeros_(part)
    weights = local.look(query, memory, now.weights)[1]
    centre = memory.mask.sum(dim=1) * local.score.centre(query)[:, 0].sigmoid()
    mean = (weights * torch.arange(weights.shape[1])).sum(dim=1)
    assert (mean - centre).abs().max() < 2
    location = listener("location")
    memory, now = location.begin(batch)
    assert_close(location.score(query, memory.keys, now.weights, memory.mask),
                 location.score(query, 0 * memory.keys, now.weights, memory.mask))  # fmt: skip


def test_ctc_sums_over_all_ways_to_spread_the_text():
    torch.manual_seed(0)
    scores, letters = torch.randn(1, 4, 3), [1, 1]
    ways = torch.cartesian_prod(*[torch.arange(3)] * 4)
    chances = scores[0].log_softmax(dim=-1)
    listed = [chances[torch.arange(4), way].sum() for way in ways if collapse(way) == letters]
    # The mean that torch takes is a letter: two of them.
    loss = ctc_loss((scores, torch.tensor([4])), torch.tensor([[*letters, END, 0]]))
    assert_close(loss, -torch.stack(listed).logsumexp(dim=0) / 2)


def test_spectrograms_show_the_pitch_in_its_band():
    time = torch.arange(morse.SAMPLES) / morse.SAMPLES
    waves = torch.stack([(2 * np.pi * pitch * time).sin() for pitch in (430, 610, 850)])
    assert data.spectrogram(waves).mean(dim=1).argmax(dim=1).tolist() == [0, 3, 7]


def test_batches_grow_from_one_letter_to_all(heard):
    many = data.draw(150, range(1, 4), seed=0)
    drawn = [targets for (_, targets), _ in zip(data.batches(many, 8, 0, grow=20), range(60), strict=False)]
    longest = [int((each != 0).sum(dim=1).max()) - 1 for each in drawn]
    assert longest[0] == 1 and max(longest[:5]) <= 2 and max(longest[20:]) == 3
    inputs, targets = data.lesson(heard, [1])
    assert data.LETTERS.decode(targets[0]) == list(heard.texts[1]) and targets[0, -1] == END
    assert inputs.so_far[0, 1:].tolist() == targets[0, :-1].tolist()


def test_pointing_is_counted_by_the_true_times():
    strokes = np.array([[0.1, 0.3], [0.6, 0.7]])
    keying = morse.Keying("TE", strokes, np.array([0, 1]), 1.0)
    owned = measures.intervals(keying, 10, stride=4)  # places of 0.1 s
    assert_close(owned, torch.tensor([[0.0] + [1.0] * 5 + [0.0] * 4, [0.0] * 6 + [1.0] * 4]))
    rows = torch.zeros(2, 10)
    rows[0, [0, 2]] = torch.tensor([0.25, 0.75])
    rows[1, [5, 8]] = 0.5
    found = measures.pointing([rows], [keying], 4)
    assert found == pytest.approx(
        {"inside": 0.625, "inside_uniform": 0.45, "inside_diagonal": 1.0, "forward": 1.0}
    )
    assert measures.character_error_rate(["TA", "SO"], ["TE", "SOS"]) == pytest.approx(2 / 5)


@pytest.mark.parametrize("fields", [experiment.HERO, experiment.CONTROL, experiment.CTC])
def test_every_system_is_trained_and_judged_at_other_rates_on_validation_sounds_only(
    fields, heard, monkeypatch
):
    many = data.Heard(heard.keyings * 8, heard.frames * 8)
    monkeypatch.setattr(experiment, "material", lambda seed, budget: many)
    monkeypatch.setattr(experiment, "held_out", lambda split="test": {1: heard})
    tiny = experiment.Budget(texts=32, steps=2)
    main, other = experiment.compare(0, tiny, [fields], [experiment.RATE, 0.003])
    assert main["steps"] == other["steps"] == 2 and main["figures"]["cer_1"] > 0
    assert ("inside" in main["figures"]) == (fields == experiment.HERO)
    assert other["rate"] == 0.003 and other["figures"].keys() == {"validation_cer"}


SOUND = torch.zeros(1, 12, 8)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: Pyramid(stride=3), "stride is 3"),
        (lambda: Listener(30, score="dot"), "no score 'dot'"),
        (lambda: Listener(30, query="later"), "query is 'later'"),
        (lambda: Pyramid()(SOUND[0], torch.tensor([12])), r"needs frames\[None\]"),
        (lambda: Pyramid()(SOUND.long(), torch.tensor([12])), "in floating point"),
        (lambda: Pyramid()(SOUND[:0], torch.tensor([])), "none of them 0"),
        (lambda: Pyramid()(SOUND / 0, torch.tensor([12])), "NaN or infinity"),
        (lambda: Pyramid()(SOUND, torch.tensor([13])), "Lengths go from 13"),
        (lambda: Pyramid()(SOUND, torch.tensor([12.0])), "lengths of shape"),
        (lambda: Transcriber(30)(data.as_batch([])), "no sound"),
        (lambda: data.spectrogram(torch.zeros(400)), r"needs waves\[None\]"),
        (lambda: data.spectrogram(torch.zeros(1, 20)), "at least 200 samples"),
        (lambda: data.spectrogram(torch.full((1, 400), torch.nan)), "NaN or infinity"),
        (lambda: next(data.batches(data.Heard([], []), 4, 0)), "batch of 4"),
        (lambda: measures.character_error_rate(["A"], [""]), "at least one letter each"),
        (lambda: measures.pointing([torch.ones(3, 5)], [morse.keyed("E", 0)], 4), "a row a letter"),
    ],
)
def test_what_cannot_be_heard_is_refused_in_words(call, message):
    with pytest.raises(ValueError, match=message):
        call()
