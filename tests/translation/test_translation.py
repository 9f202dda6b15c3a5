"""Translation: scores against loops, attention against a loop, padding without effect, decoding against enumeration."""

import itertools
import math
import re
from typing import NamedTuple

import pytest
import sacrebleu
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from helpers import decoding, text_metrics
from helpers.data.public import Pair
from helpers.data.tokens import END, PAD, START, TeacherForced, padded, teacher_forced
from helpers.decoding import beam, greedy
from helpers.probe import record
from helpers.training import parameter_count
from helpers.translation import experiment
from helpers.translation import model as translation
from helpers.translation import sentences as _sentences
from helpers.translation.model import SCORES, Translator, check_sources, next_word_loss

SOURCES = [[4, 5, 6, 7, 8], [9], [10, 4, 11]]
TARGETS = [[4, 5], [6, 7, 8, 9], [10]]


def translator(score="additive", seed=0, size=8, words=12) -> Translator:
    """A small translator in double precision whose weights have something to say."""
    torch.manual_seed(seed)
    model = Translator(words, words, size, score).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
    return model


@pytest.mark.parametrize("name", SCORES)
def test_scores_equal_a_loop_over_pairs(name):
    torch.manual_seed(1)
    score = SCORES[name](4).double()
    query, annotations = torch.randn(2, 3, 4).double(), torch.randn(2, 5, 4).double()
    found = score(query, score.prepare(annotations))
    for b, i, j in itertools.product(range(2), range(3), range(5)):
        q, k = query[b, i], annotations[b, j]
        if name == "additive":
            bent = (score.query.weight @ q + score.key.weight @ k + score.key.bias).tanh()
            expected = score.v.weight[0] @ bent
        elif name == "concat":
            expected = score.v.weight[0] @ (score.both.weight @ torch.cat([q, k]) + score.both.bias).tanh()
        else:
            expected = q @ (score.key.weight @ k if name == "general" else k)
        assert_close(found[b, i, j], expected)


def reference(model: Translator, source: list[int], so_far: list[int]) -> torch.Tensor:
    """Translate one sentence without padding, without packing, one place after the other."""
    read, last = model.encoder(model.source(torch.tensor([source])))
    summary = torch.cat([last[0], last[1]], dim=-1)
    state, scores = model.first_state(summary).tanh(), []
    for word in so_far:
        context = summary
        if model.score is not None:
            keys = model.score.prepare(read)
            raw = torch.stack(
                [model.score(state[:, None], keys[:, [j]])[0, 0, 0] for j in range(len(source))]
            )
            weights = raw.exp() / raw.exp().sum()
            context = sum(weight * read[:, j] for j, weight in enumerate(weights))
        embedded = model.target(torch.tensor([word]))
        state = model.cell(torch.cat([embedded, context], dim=-1), state)
        scores.append(model.words(model.hidden(torch.cat([state, context, embedded], dim=-1)).tanh()))
    return torch.cat(scores)


@pytest.mark.parametrize("score", [*SCORES, None])
def test_a_padded_batch_equals_each_sentence_alone_in_a_loop(score):
    model = translator(score)
    shown, next_words = teacher_forced(SOURCES, TARGETS)
    found = model(shown)
    for row, source, target in zip(found, SOURCES, TARGETS, strict=True):
        expected = reference(model, source, [START, *target])
        assert_close(row[: len(target) + 1], expected)
    losses = [
        next_word_loss(model(TeacherForced(one.source, one.so_far)), words) * len(target + [END])
        for source, target in zip(SOURCES, TARGETS, strict=True)
        for one, words in [teacher_forced([source], [target])]
    ]
    assert_close(next_word_loss(found, next_words), sum(losses) / sum(len(t) + 1 for t in TARGETS))


@pytest.mark.parametrize("score", SCORES)
def test_padding_gets_exactly_no_weight_and_changes_nothing(score):
    model = translator(score)
    shown, _ = teacher_forced(SOURCES, TARGETS)
    with record(model, "attend") as kept:
        short = model(shown)
    weights = kept["attend"]
    padding = (shown.source == PAD)[:, None].expand_as(weights)
    assert padding.any() and (weights[padding] == 0).all()
    assert_close(weights.sum(dim=-1), torch.ones(weights.shape[:2]).double())
    wider = TeacherForced(torch.nn.functional.pad(shown.source, (0, 6)), shown.so_far)
    with record(model, "attend") as kept:
        long = model(wider)
    assert (kept["attend"][..., weights.shape[-1] :] == 0).all()
    # Not to the last bit: how a library rounds tanh and sums depends on how many numbers it is given at once.
    assert_close(long, short, rtol=0, atol=1e-13)


def test_each_step_reads_only_the_words_before_it():
    """Changing a later word of the target leaves earlier scores as they are: nothing looks ahead."""
    model = translator()
    shown, _ = teacher_forced([SOURCES[0]], [[4, 5, 6]])
    changed = TeacherForced(shown.source, shown.so_far.clone())
    changed.so_far[0, 2] = 9
    before, after = model(shown), model(changed)
    assert_close(before[:, :2], after[:, :2])
    assert (before[:, 2:] - after[:, 2:]).abs().min() > 0


@pytest.mark.parametrize("score", ["additive", None])
def test_a_step_is_what_forward_does_at_each_place(score):
    model = translator(score)
    shown, _ = teacher_forced(SOURCES[:1], TARGETS[:1])
    with record(model, "attend") as kept:
        expected = model(shown)[0]
    memory, state = model.begin(shown.source)
    for place, word in enumerate(shown.so_far[0]):
        scores, state, weights = model.step(word[None], state, memory)
        assert_close(scores[0], expected[place])
        assert (weights is None) == (score is None)
        if score:
            assert_close(weights[0], kept["attend"][0, place])


def test_the_control_has_as_many_parameters_and_no_weights():
    words = experiment.corpus([[f"word{n}" for n in range(500)]], [[f"wort{n}" for n in range(350)]])
    attention, control = (experiment.new_translator(name, words, 0) for name in ("attention", "no attention"))
    assert abs(parameter_count(control) / parameter_count(attention) - 1) < 0.01
    shown, _ = teacher_forced(SOURCES, TARGETS)
    with record(control, "attend") as kept:
        control(shown)
    assert "attend" not in kept and greedy(control, shown.source)[0].weights is None


@pytest.mark.parametrize("score", ["additive", None])
def test_decoding_a_batch_equals_decoding_one_by_one(score):
    model = translator(score, seed=3)
    for decode in (greedy, beam):
        together = decode(model, padded(SOURCES), most=12)
        for source, found in zip(SOURCES, together, strict=True):
            (alone,) = decode(model, padded([source]), most=12)
            for one, other in zip(
                *([each] if decode is greedy else each for each in (found, alone)), strict=True
            ):
                assert one.words == other.words and one.ended == other.ended
                assert one.score == pytest.approx(other.score)
                if score:
                    assert one.weights.shape == (len(one.words), 5)
                    assert_close(one.weights[:, : len(source)], other.weights)
                    assert (one.weights[:, len(source) :] == 0).all()


@pytest.mark.parametrize("seed", range(4))
def test_greedy_follows_the_best_word_and_a_beam_of_one_does_the_same(seed):
    model = translator(seed=seed)
    for source, found in zip(SOURCES, greedy(model, padded(SOURCES), most=9), strict=True):
        so_far, total = [START], 0.0
        while len(so_far) <= 9:
            chances = model(TeacherForced(torch.tensor([source]), torch.tensor([so_far])))[0, -1].log_softmax(
                dim=-1
            )
            total += float(chances.max().detach())
            so_far.append(int(chances.argmax()))
            if so_far[-1] == END:
                break
        assert found.ended == (so_far[-1] == END)
        assert found.words == [word for word in so_far[1:] if word != END]
        assert found.score == pytest.approx(total / (len(so_far) - 1))
    for one, (other,) in zip(
        greedy(model, padded(SOURCES), 9), beam(model, padded(SOURCES), 9, width=1), strict=True
    ):
        assert one.words == other.words and one.score == pytest.approx(other.score)
        assert_close(one.weights, other.weights)


@pytest.mark.parametrize("seed", range(3))
def test_a_beam_wide_enough_finds_the_best_of_all_sentences(seed):
    """With every beginning kept, the beam's best is the best of an enumeration, by mean log-probability."""
    words, most = 5, 3
    model = translator(seed=seed, words=words)
    source = torch.tensor([[4, 3]])
    best = None
    for length in range(1, most + 1):
        for said in itertools.product(range(words), repeat=length):
            if END in said[:-1] or (said[-1] != END and length < most):
                continue
            chances = model(TeacherForced(source, torch.tensor([[START, *said[:-1]]])))[0].log_softmax(dim=-1)
            score = chances[range(length), list(said)].mean().item()
            if best is None or score > best[0]:
                best = score, [word for word in said if word != END]
    (found,) = beam(model, source, most, width=words**most)
    assert found[0].score == pytest.approx(best[0])
    assert found[0].words == best[1]
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    assert len({tuple(each.words) + (each.ended,) for each in found}) == len(found)


class Scripted:
    """A model whose next word hangs on the last one alone: {word: {next word: probability}}."""

    class Memory(NamedTuple):
        nothing: torch.Tensor

    def __init__(self, chances):
        self.scores = torch.full((5, 5), -1e9)
        for word, following in chances.items():
            for after, chance in following.items():
                self.scores[word, after] = math.log(chance)

    def begin(self, source):
        return self.Memory(torch.zeros(len(source), 1)), torch.zeros(len(source), 1)

    def step(self, words, state, memory):
        return self.scores[words], state, None


def test_a_sentence_that_has_ended_grows_no_longer_in_a_narrow_beam():
    """Were END counted again at each step, the mean of the short sentence would rise until it pushed others out."""
    model = Scripted({START: {END: 0.3, 3: 0.7}, 3: {3: 0.5, END: 0.4, 4: 0.1}, 4: {END: 1.0}})
    (found,) = beam(model, torch.tensor([[3]]), most=3, width=2)
    assert [(each.words, each.ended) for each in found] == [([3, 3, 3], False), ([3], True)]
    assert [each.score for each in found] == pytest.approx(
        [math.log(0.7 * 0.5 * 0.5) / 3, math.log(0.7 * 0.4) / 2]
    )


def test_a_long_sentence_is_cut_off_and_says_so():
    model = translator()
    with torch.no_grad():
        model.words.bias[END] = -1e6
    (cut,) = greedy(model, torch.full((1, 200), 4), most=7)
    assert len(cut.words) == 7 and not cut.ended and cut.weights.shape == (7, 200)
    (several,) = beam(model, torch.full((1, 200), 4), most=7, width=3)
    assert all(len(each.words) == 7 and not each.ended for each in several)


def test_it_learns_to_copy():
    """The smallest task that asks for every word of the source."""
    generator = torch.Generator().manual_seed(0)
    rows = [
        torch.randint(4, 14, (length,), generator=generator).tolist()
        for length in range(3, 9)
        for _ in range(80)
    ]
    names = [[f"w{word}" for word in row] for row in rows]
    words = experiment.corpus(names, names)
    model = experiment.new_translator("attention", words, seed=0, size=32)
    history = experiment.learn(model, words, seed=0, steps=200, rate=1e-2, batch=40)
    assert sum(history.loss[-20:]) / 20 < 0.2 * history.loss[0]
    copied = experiment.as_sentences(experiment.translate(model, words, names[::8]), words)
    assert sum(said == " ".join(name) for said, name in zip(copied, names[::8], strict=True)) > 20


def untrained(number: int) -> tuple:
    """Entries of the phrasebook, their corpus, and a translator that has learned nothing."""
    entries = experiment.held_out("val", 500)[:number]
    words = experiment.corpus([each.spanish for each in entries], [each.english for each in entries])
    return entries, words, experiment.new_translator("attention", words, seed=0, size=16)


def test_forced_weights_are_those_of_the_right_sentence_step_and_place():
    entries, words, model = untrained(7)
    for entry, weights in zip(entries, experiment.forced_weights(model, words, entries), strict=True):
        assert weights.shape == (len(entry.english), len(entry.spanish))
        (alone,) = experiment.forced_weights(model, words, [entry])
        assert_close(weights, alone)
        memory, state = model.begin(padded([words.source.encode(entry.spanish)]))
        _, first = model.context(state, memory)
        assert_close(weights[0], first[0])


def test_translations_come_back_in_the_order_of_the_sentences():
    entries, words, model = untrained(9)
    sentences = [each.spanish for each in entries]
    together = experiment.translate(model, words, sentences, most=6)
    for sentence, found in zip(sentences, together, strict=True):
        (alone,) = experiment.translate(model, words, [sentence], most=6)
        assert found.words == alone.words
    assert experiment.translate(model, words, [("nobody", "knows", "these")], most=6)[0].words is not None


# Scores of translations.


def test_alignment_error_rate_worked_out_by_hand():
    """Three guesses: one sure, one possible, one wrong; two sure links. 1 - (1 + 2) / (3 + 2)."""
    sure, possible = frozenset({(0, 0), (1, 1)}), frozenset({(0, 0), (1, 1), (1, 2)})
    guess = frozenset({(0, 0), (1, 2), (2, 2)})
    assert text_metrics.alignment_error_rate([guess], [sure], [possible]) == pytest.approx(1 - 3 / 5)
    assert text_metrics.alignment_error_rate([sure], [sure], [possible]) == 0
    assert text_metrics.alignment_error_rate([possible], [sure], [possible]) == 0
    # Pooled over the set, not averaged.
    both = text_metrics.alignment_error_rate([guess, sure], [sure, sure], [possible, possible])
    assert both == pytest.approx(1 - (3 + 4) / (5 + 4))


def test_alignment_error_rate_sees_an_off_by_one():
    entries = experiment.held_out("test", 1000)[:200]
    sure, possible = [each.sure for each in entries], [each.possible for each in entries]
    assert text_metrics.alignment_error_rate(sure, sure, possible) == 0
    for by in (-1, 1):
        moved = [text_metrics.shifted(each, by) for each in sure]
        assert text_metrics.alignment_error_rate(moved, sure, possible) > 0.5


def test_links_and_baselines():
    weights = torch.tensor([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]])
    assert text_metrics.links_of(weights) == {(1, 0), (0, 1)}
    assert text_metrics.diagonal(3, 5) == {(0, 0), (0, 1), (1, 2), (2, 3), (2, 4)}
    assert text_metrics.diagonal(4, 1) == {(0, 0)}
    links = frozenset((place * 2, place) for place in range(9))
    dealt = text_metrics.shuffled(links, seed=1)
    assert dealt != links and dealt == text_metrics.shuffled(links, seed=1)
    assert sorted(i for i, _ in dealt) == sorted(i for i, _ in links)
    assert {j for _, j in dealt} == {j for _, j in links}


SAID = ["the cat is here now and sleeps", "my dog runs", "i like cheese a lot", "we have two old cars"]
TRUTH = [SAID[0], "my dog ran in the city", "i love bread a lot", "we have two old boats"]
WORSE = ["a cat here is", "dog dog dog", "you like cheese", "they had three new cars"]


def test_bleu_is_sacrebleu_with_its_signature():
    score, signature = text_metrics.bleu(SAID, TRUTH)
    assert score == pytest.approx(sacrebleu.corpus_bleu(SAID, [TRUTH]).score)
    assert "tok:13a" in signature and "case:mixed" in signature
    assert text_metrics.bleu(TRUTH, TRUTH)[0] == pytest.approx(100)
    shouted = [each.upper() for each in TRUTH]
    assert text_metrics.bleu(shouted, TRUTH, lowercase=True)[0] == pytest.approx(100)
    assert "case:lc" in text_metrics.bleu(shouted, TRUTH, lowercase=True)[1]


def test_the_bootstrap_brackets_the_difference_that_sacrebleu_gives():
    ahead, low, high = text_metrics.paired_bootstrap(SAID * 5, WORSE * 5, TRUTH * 5, samples=300)
    plain = [sacrebleu.corpus_bleu(said * 5, [TRUTH * 5]).score for said in (SAID, WORSE)]
    assert ahead == pytest.approx(plain[0] - plain[1])
    assert 0 < low < ahead < high
    back = text_metrics.paired_bootstrap(WORSE * 5, SAID * 5, TRUTH * 5, samples=300)
    assert back == pytest.approx((-ahead, -high, -low))
    assert text_metrics.paired_bootstrap(SAID, SAID, TRUTH, samples=50) == (0, 0, 0)


def test_the_bootstrap_draws_parts_where_sentences_share_them():
    """With a part of its own for each, it is the plain one; what is said ten times over is no more certain."""
    each_its_own = [[place] for place in range(len(TRUTH))]
    plain = text_metrics.paired_bootstrap(SAID, WORSE, TRUTH, samples=200)
    assert text_metrics.paired_bootstrap(SAID, WORSE, TRUTH, each_its_own, samples=200) == pytest.approx(
        plain
    )
    often = [each * 10 for each in (SAID, WORSE, TRUTH)]
    _, low, high = text_metrics.paired_bootstrap(*often, samples=400)
    repeated = text_metrics.paired_bootstrap(*often, each_its_own * 10, samples=200)
    assert repeated[2] - repeated[1] > 2 * (high - low)


def test_a_sentence_of_two_parts_counts_by_both():
    shares = text_metrics._shares([["a", "b"], ["b"], ["b", "b", "c", "a"]], 3)
    assert shares.tolist() == [[0.5, 0.5, 0], [0, 1, 0], [0.25, 0.5, 0.25]]


def test_a_curve_is_smoothed_over_whole_stretches_and_the_rest():
    assert experiment.smoothed([1, 3, 5, 7, 9], every=2) == [2, 6, 9]


def test_bins_of_length_hold_each_sentence_once():
    lengths = [3, 8, 12, 18]
    scores = experiment.bleu_by_length(SAID, TRUTH, lengths)
    assert set(scores) == {"bleu_1_to_5", "bleu_6_to_10", "bleu_11_to_15", "bleu_16_to_20", "bleu_long"}
    assert scores["bleu_1_to_5"] == pytest.approx(100)
    assert scores["bleu_long"] == scores["bleu_16_to_20"] == text_metrics.bleu(SAID[3:], TRUTH[3:])[0]
    assert experiment.BIN_FIGURES[-1] in experiment.bleu_by_length(SAID, TRUTH, [30] * 4)


# Real sentences.

few_words = st.text("ab", min_size=1, max_size=2)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(few_words, few_words), min_size=1, max_size=12))
def test_no_side_of_a_test_pair_is_in_training(drawn):
    pairs = [Pair(*each) for each in drawn]
    splits = _sentences.apart(pairs, test_share=2)
    assert sorted(splits.train + splits.test) == sorted(pairs)
    for side in (0, 1):
        assert not {pair[side] for pair in splits.train} & {pair[side] for pair in splits.test}


def test_splits_see_through_capitals_and_both_sides_are_used():
    pairs = [Pair(f"Hola {n}.", f"Hello {n}.") for n in range(200)] + [
        Pair("hola 3 .", "hi there"),
        Pair("x", "HI THERE"),
    ]
    splits = _sentences.apart(pairs, test_share=4)
    assert 20 < len(splits.test) < 80
    together = {"Hello 3.", "hi there", "HI THERE"}
    assert together <= {p.target for p in splits.test} or together <= {p.target for p in splits.train}


def test_the_test_is_spread_over_lengths_without_repeats():
    pairs = [Pair(" ".join([f"w{n}"] * length), "x") for length in (2, 7, 12, 17, 25) for n in range(30)]
    chosen = _sentences.spread(pairs + pairs, number=50)
    assert len(chosen) == len(set(chosen)) == 50
    lengths = [len(pair.source.split()) for pair in chosen]
    assert [lengths.count(length) for length in (2, 7, 12, 17, 25)] == [10] * 5


def test_marks_of_models_and_of_the_tokeniser_are_the_same_numbers():
    assert (translation.PAD, decoding.START, decoding.END) == (PAD, START, END)


# What does not fit.

ONE, NONE = frozenset({(0, 0)}), frozenset()
REFUSED = {
    "shape (B, S) in integers, got shape (3,)": lambda: check_sources(torch.zeros(3, dtype=torch.long)),
    "in integers, got torch.float32": lambda: check_sources(torch.ones(1, 3)),
    "one word in each source, got an empty one": lambda: check_sources(torch.tensor([[4, 5], [PAD, PAD]])),
    "at least one word": lambda: check_sources(torch.zeros(0, 3, dtype=torch.long)),
    "pad at the end only": lambda: check_sources(torch.tensor([[4, PAD, 5]])),
    "padding between its words": lambda: greedy(translator(), torch.tensor([[4, PAD, 5]])),
    "There is no score 'cosine'": lambda: Translator(5, 5, 8, "cosine"),
    "size is 7: give an even number": lambda: Translator(5, 5, 7),
    "width is 0": lambda: beam(translator(), padded(SOURCES), width=0),
    "these are not: [(0, 0)]": lambda: text_metrics.alignment_error_rate([ONE], [ONE], [NONE]),
    "There is no link": lambda: text_metrics.alignment_error_rate([NONE], [NONE], [NONE]),
    "shorter than": lambda: text_metrics.alignment_error_rate([ONE, ONE], [ONE], [ONE]),
    "at least one sentence": lambda: text_metrics.bleu([], []),
    "got 4 and 2": lambda: text_metrics.bleu(SAID, TRUTH[:2]),
    "got one text": lambda: text_metrics.bleu("a b", TRUTH),
    "the parts of 4 sentences, at least one each": lambda: text_metrics.paired_bootstrap(
        SAID, WORSE, TRUTH, [[1], [2], [], [1]]
    ),
}


@pytest.mark.parametrize(("words", "call"), REFUSED.items())
def test_what_does_not_fit_is_refused_in_words(words, call):
    with pytest.raises(ValueError, match=re.escape(words)):
        call()
