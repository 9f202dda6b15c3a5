"""Graves's window and the keyed texts of lesson 09 against loops and hand-made strokes."""

import math
import re

import pytest
import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal
from torch.testing import assert_close

from helpers.data import morse
from helpers.draw import data, figures
from helpers.draw.keyer import END, Keyed, Keyer, Strokes, key, slide, stroke_loss


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def test_the_window_is_the_papers_sum_of_bells():
    numbers, before = torch.randn(2, 6), torch.rand(2, 2)
    real = torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    weights, _ = slide(numbers, before, real)
    for b in range(2):
        alpha, beta, advance = numbers[b].exp().view(3, 2)
        for u in range(5):
            bells = [alpha[k] * math.exp(-beta[k] * (before[b, k] + advance[k] - u) ** 2) for k in range(2)]
            assert weights[b, u] == pytest.approx(float(sum(bells)) * bool(real[b, u]), rel=1e-4)


def test_the_window_moves_forwards_only_and_may_fade():
    kappa, real, fading = torch.zeros(1, 1), torch.ones(1, 4, dtype=torch.bool), []
    for _ in range(12):
        before = kappa
        weights, kappa = slide(torch.tensor([[0.0, 0.0, math.log(0.5)]]), before, real)
        assert kappa > before
        fading.append(float(weights.sum()))
    assert max(fading) > 1 and fading[-1] < 1e-3  # neither 1 nor anything else is kept


def test_the_loss_is_the_librarys_mixture_density():
    B, M, K = 2, 3, 4
    mean, log_deviation = torch.randn(B, M, K, 2), 0.3 * torch.randn(B, M, K, 2)
    told = Strokes(torch.randn(B, M, K), mean, log_deviation, torch.randn(B, M), None, None)
    lasts = torch.tensor([[0.0, 0, 1], [0, 1, 0]])
    true = Keyed(None, torch.randn(B, M, 2), lasts, torch.tensor([[True] * 3, [True, True, False]]))
    total = []
    for b, m in true.real.nonzero().tolist():
        parts = 1 if lasts[b, m] else 2  # the pause after the last stroke is not counted
        bells = Normal(told.mean[b, m, :, :parts], told.log_deviation[b, m, :, :parts].exp())
        mixture = MixtureSameFamily(Categorical(logits=told.mixture[b, m]), Independent(bells, 1))
        ending = torch.nn.functional.logsigmoid(told.ends[b, m] * (2 * lasts[b, m] - 1))
        total.append(-mixture.log_prob(true.strokes[b, m, :parts]) - ending)
    assert_close(stroke_loss(told, true), torch.stack(total).mean())


def test_texts_are_what_a_hand_keyed():
    words, texts = data.keyed_texts(6, (2, 3), 3)
    assert set(map(len, words)) == {2, 3}  # some are padded
    for i, text in enumerate(words):
        keying = morse.keyed(text, 3 * 6 + i)
        M = len(keying.strokes)
        downs = torch.from_numpy(keying.strokes[:, 1] - keying.strokes[:, 0]) / data.HAND.dot
        assert_close(texts.strokes[i, :M, 0].double().exp(), downs, rtol=1e-4, atol=1e-4)
        assert texts.real[i].sum() == M and texts.lasts[i].nonzero().tolist() == [[M - 1]]
        assert "".join(morse.LETTERS[n - 1] for n in texts.letters[i].tolist() if 0 < n < END) == text


def test_strokes_are_read_as_signals():
    durations = torch.tensor([[1.1, 0.9], [2.8, 3.3], [0.8, 1.0], [3.4, 3.0]])
    assert data.signals(durations.log(), 4) == ".- .-"
    assert data.signals(durations.log(), 2) == ".-"


@pytest.mark.parametrize("attention", ["window", "softmax"])
def test_padding_changes_nothing_and_keying_follows_its_own_strokes(attention):
    model = Keyer(attention, size=16).eval()
    letters, keyed = torch.tensor([[3, 1, 4]]), torch.randn(1, 5, 2)
    padded = torch.cat([letters, torch.zeros(1, 2, dtype=torch.long)], dim=1)
    short, long = (model(Keyed(each, keyed, None, None)) for each in (letters, padded))
    assert_close(long.mean, short.mean)
    assert (long.weights[..., 3:] == 0).all()
    strokes, lengths, weights = key(model, letters, most=7)
    again = model(Keyed(letters, strokes, None, None))
    chosen = again.mixture.argmax(dim=-1)
    picked = again.mean[0, torch.arange(strokes.shape[1]), chosen[0]]
    assert_close(picked, strokes[0])
    assert_close(again.weights, weights)
    assert 1 <= int(lengths) <= 7


def test_a_text_that_has_had_its_last_stroke_counts_no_more(monkeypatch):
    model, asked = Keyer("window", size=16).eval(), []

    def split(numbers):
        """The first text ends with its second stroke, the other with its fourth."""
        asked.append(numbers)
        ends = torch.tensor([1.0 if len(asked) == each else -1.0 for each in (2, 4)])
        return torch.zeros(2, 1), torch.zeros(2, 1, 2), torch.zeros(2, 1, 2), ends

    monkeypatch.setattr(model, "split", split)
    strokes, lengths, _ = key(model, torch.tensor([[3, 1], [2, 5]]), most=7)
    assert lengths.tolist() == [2, 4] and strokes.shape[1] == 4


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: Keyer("hard"), "no attention 'hard'"),
        (lambda: slide(torch.zeros(1, 4), torch.zeros(1, 1), torch.ones(1, 2, dtype=torch.bool)), "(B, 3)"),
        (lambda: figures.sliding_window("AB", [".-"], [torch.zeros(2, 3)], ["one"]), "need weights [(2, 2)]"),
        (lambda: data.letter_numbers("sos"), "for which this Morse code has no signal"),
        (lambda: data.letter_numbers(""), "at least one letter"),
    ],
)
def test_bad_input_is_refused_in_words(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
