"""The record: read and judged, and written piece by piece by the recorder."""

import json
import math
import multiprocessing
import signal
import types
from statistics import fmean

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from helpers import results, runtime
from helpers.data.public import DataError
from helpers.results import rows
from helpers.training import fit
from tools import record as recorder


def row(model, seed, iou, **fields):
    return {"model": model, "seed": seed, "figures": {"iou": iou}, "seconds": 2.0 + seed, **fields}


def record(*given, budget="record"):
    recorder.run("toy", {budget: {"new": lambda: given}})


def toy(figure="iou", **fields):
    return results.value("toy", "record", figure, **fields)


def ahead(mine, against, **both):
    return results.differences("toy", "record", "iou", mine, against, **both)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Where a test's record lands, in place of data/results.json and its lock."""
    monkeypatch.setenv(runtime.CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(results, "PATH", tmp_path / "results.json")
    return tmp_path / "results.json"


@pytest.fixture
def recorded(path):
    """Two models over two seeds, one of them averaged too, and a third model over one seed."""
    pieces = {
        "seed 0": lambda: [row("a", 0, 0.5), row("b", 0, 0.6, averaged=False), row("lone", 0, 0.7)],
        "seed 1": lambda: [row("a", 1, 0.7), row("b", 1, 0.9, averaged=False)],
        "averaged": lambda: [row("b", 0, 0.65, averaged=True)],
        "late": lambda: [row("late", 9, 0.1, rate=0.01)],
    }
    assert recorder.run("toy", {"record": pieces}) == []
    return path


# Reading and judging


def test_a_figure_is_found_by_fields_with_its_mean_over_seeds(recorded):
    assert results.values("toy", "record", "iou", model="b", averaged=False) == {0: 0.6, 1: 0.9}
    assert toy(averaged=True) == 0.65
    assert toy(model="a") == pytest.approx(0.6)
    assert toy("seconds", model="a") == 2.5
    assert len(rows("toy", "record")) == 7


def test_differences_are_paired_by_seed_or_taken_from_a_number(recorded):
    lone, a, b = {"model": "lone"}, {"model": "a"}, {"model": "b", "averaged": False}
    assert ahead(b, a) == pytest.approx([0.1, 0.2])
    assert ahead(lone, a) == pytest.approx([0.2])
    assert ahead(a, 0.5) == pytest.approx([0.0, 0.2])
    assert ahead(a, "seconds") == pytest.approx([-1.5, -2.3])
    assert ahead({"averaged": True}, {"averaged": False}, model="b") == pytest.approx([0.05])


MESSAGES = [
    (lambda: rows("other", "record"), "No lesson is recorded as 'other'; recorded: toy. `make results NAME="),
    (lambda: rows("toy", "real"), "No budget of toy is recorded as 'real'; recorded: record."),
    (lambda: toy(model="c"), "No model of toy/record is recorded as 'c'; recorded: a, b, late, lone."),
    (lambda: toy(colour=1), "No field of toy/record is recorded as 'colour'; recorded: averaged, model"),
    (lambda: toy(averaged=True, model="a"), "with averaged True is recorded as 'a'; recorded: b."),
    (lambda: toy("acc", model="a"), "No figure of toy is recorded as 'acc'; recorded: iou, seconds."),
    (lambda: toy(model="b"), "two rows for seed 0. Ask also for: averaged (True, False)."),
    (lambda: ahead({"model": "late"}, {"model": "a"}), "model 'late' and model 'a' share no seed in toy"),
    (lambda: results.verdict([]), "needs at least one finite difference, got []"),
    (lambda: results.verdict([math.nan]), "needs at least one finite difference, got [nan]"),
    (lambda: results.verdict([0.1], 2), "sign is 1 (above zero) or -1 (below), not 2"),
    (lambda: record({"model": "a", "seed": 0}), "needs model, seed and figures, got ['model', 'seed']"),
    (lambda: record(row("", 0, 0.1)), "a model's name is text, got ''"),
    (lambda: record(row("a", 0, 0.1) | {"iou": 0}), "['iou'] of model 'a', iou 0 name both a figure and"),
    (lambda: record(row("a", 0, math.nan)), "the figure 'iou' of model 'a' is nan; expected a finite"),
    (lambda: record(row("a", 0, 0.2)), "two rows for seed 0 with model 'a'. Give them a field in which"),
    (lambda: record(budget="quick"), "names the budgets ['quick']"),
]


@pytest.mark.parametrize(("wrong", "said"), MESSAGES)
def test_what_cannot_be_read_judged_or_recorded_is_named_and_changes_nothing(recorded, wrong, said):
    before = recorded.read_text()
    with pytest.raises((LookupError, ValueError)) as caught:
        wrong()
    assert said in caught.value.args[0]
    assert recorded.read_text() == before


@pytest.mark.parametrize(
    ("differences", "sign", "between", "expected"),
    [
        ([0.10, 0.11, 0.12], 1, None, "supported"),
        ([-0.10, -0.11, -0.12], -1, None, "supported"),
        ([0.10, 0.11, 0.12], -1, None, "contradicted"),
        ([0.01, 0.2, 0.01], 1, None, "inconclusive"),
        ([-0.01, -0.2, -0.01], 1, None, "inconclusive"),
        ([0.01, 0.2, 0.01], 1, (0.01, 0.3), "supported"),
        ([0.3], 1, None, "inconclusive (one run)"),
        ([-0.3], 1, (-0.4, -0.2), "inconclusive (one run)"),
        ([0.10, 0.11], 1, None, "inconclusive (2 runs)"),
    ],
)
def test_a_verdict_follows_from_sign_interval_and_number_of_runs(differences, sign, between, expected):
    assert results.verdict(differences, sign, between) == expected


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=8))
def test_the_interval_is_the_t_interval(differences):
    low, high = results.interval(differences)
    if np.std(differences) > 1e-6:
        expected = stats.t.interval(0.95, len(differences) - 1, np.mean(differences), stats.sem(differences))
        assert (low, high) == pytest.approx(expected)
    assert low <= fmean(differences) <= high


# Recording


def test_finished_pieces_are_kept_unless_fresh(path):
    calls = []

    def work():
        calls.append(1)
        return iter([row("a", 0, len(calls) / 10)])

    for fresh in (False, False, True):
        recorder.run("toy", {"record": {"seed 0": work}}, fresh=fresh)
    assert len(calls) == 2 and toy(model="a") == 0.2


def test_an_interrupt_loses_the_piece_at_hand_and_no_other(path):
    def interrupted():
        yield row("a", 1, 0.2)
        raise KeyboardInterrupt

    pieces = {"0": lambda: [row("a", 0, 0.1)], "1": interrupted, "2": lambda: [row("a", 2, 0.3)]}
    with pytest.raises(KeyboardInterrupt):
        recorder.run("toy", {"record": pieces})
    assert results.values("toy", "record", "iou", model="a") == {0: 0.1}
    recorder.run("toy", {"record": {**pieces, "1": lambda: [row("a", 1, 0.2)]}})
    assert results.values("toy", "record", "iou", model="a") == {0: 0.1, 1: 0.2, 2: 0.3}


def test_the_file_tells_rows_versions_machine_and_no_name_of_it(recorded):
    content = json.loads(recorded.read_text())
    assert set(content["toy"]["record"]) == {"pieces"}
    piece = content["toy"]["record"]["pieces"]["seed 0"]
    assert set(piece) == {"rows", "seconds", "versions", "machine", "finished"}
    assert set(piece["versions"]) == {"python", "torch", "torchvision", "numpy"}
    assert set(piece["machine"]) == {"system", "processor", "bfloat16", "cores"}
    assert recorded.read_text() == json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    assert [each.name for each in recorded.parent.iterdir() if each.is_file()] == ["results.json"]


def test_numbers_of_numpy_and_torch_are_stored(path):
    record(row("a", np.int64(0), np.float32(0.25), curve=torch.tensor([0.5, 1.0]), steps=np.int64(7)))
    stored = rows("toy", "record", steps=7)[0]
    assert (stored["curve"], stored["steps"], stored["figures"]) == ([0.5, 1.0], 7, {"iou": 0.25})


def test_a_write_that_fails_leaves_the_old_file_whole(recorded):
    before = recorded.read_text()
    with pytest.raises(TypeError):
        recorder.update(lambda content: content.update(bad=object()))
    assert recorded.read_text() == before
    assert list(recorded.parent.glob(".results*")) == []


def _add(number):
    recorder.update(lambda content: content.update({str(number): number}))


def test_two_processes_lose_nothing_of_each_others(path):
    fork = multiprocessing.get_context("fork").Process
    workers = [fork(target=lambda start=start: [*map(_add, range(start, start + 20))]) for start in (0, 100)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(results.load()) == 40


# The command


@pytest.fixture
def command(path, monkeypatch):
    """The command line over two toy lessons, `good` and `absent`."""

    def absent():
        raise DataError("no data")

    modules = {
        "good": types.SimpleNamespace(PIECES={"record": {"seed 0": lambda: [row("a", 0, 0.1)]}}),
        "absent": types.SimpleNamespace(PIECES={"real": {"set": absent}}),
    }
    monkeypatch.setattr(recorder, "names", lambda: sorted(modules))
    monkeypatch.setattr(recorder.importlib, "import_module", lambda name: modules[name.split(".")[1]])
    return modules


def test_the_command_runs_all_or_those_named_and_names_those_there_are(command, capsys):
    assert [recorder.main(given) for given in (["good"], [], ["--budget", "record"])] == [0, 1, 0]
    told = capsys.readouterr().out
    assert "absent / real / set: not run. no data" in told and "1 of the pieces could not be run" in told
    with pytest.raises(SystemExit):
        recorder.main(["godo"])
    assert "no lesson godo; there are: absent, good" in capsys.readouterr().err


def test_a_training_that_was_interrupted_is_not_recorded(command, capsys):
    """`fit` ends early at an interrupt and gives the model back, which once was recorded like a finished one."""

    def batches():
        yield torch.ones(2, 1), torch.ones(2, 1)
        signal.raise_signal(signal.SIGINT)
        yield torch.ones(2, 1), torch.ones(2, 1)

    def train():
        fit(torch.nn.Linear(1, 1), batches(), torch.nn.functional.mse_loss, steps=2, lr=0.1)
        yield row("a", 0, 0.1)

    command["good"].PIECES = {"record": {"seed 0": train}}
    assert recorder.main(["good"]) == 130
    assert "the same command goes on" in capsys.readouterr().out
    assert "good" not in results.load()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_lessons_are_the_folders_whose_experiment_has_pieces(tmp_path):
    for name, text in (("fcn", "\nPIECES = {}\n"), ("figure", "\n"), ("data", None)):
        (tmp_path / name).mkdir()
        if text is not None:
            (tmp_path / name / "experiment.py").write_text(text)
    assert recorder.names(tmp_path) == ["fcn"]


# What is stored


@pytest.mark.parametrize("lesson", recorder.names())
def test_every_stored_row_can_be_read_back_and_belongs_to_a_piece_that_exists(lesson):
    pieces = recorder.importlib.import_module(f"helpers.{lesson}.experiment").PIECES
    for budget, kept in results.load().get(lesson, {}).items():
        assert set(kept["pieces"]) <= set(pieces[budget])
        stored = rows(lesson, budget)
        assert results.twins(stored) is None
        for each in stored:
            assert recorder.checked(each, lesson) == each


def test_a_table_has_a_row_a_system_and_says_what_is_not_recorded(recorded):
    systems = {
        "first": {"model": "a"},
        "second, averaged": {"model": "b", "averaged": True},
        "third": {"model": "c"},
    }
    lines = results.table("toy", "record", ["iou", "seconds"], systems).splitlines()
    assert [line.split() for line in lines] == [
        ["iou", "seconds"],
        ["first", "0.60", "2.50", "2", "runs"],
        ["second,", "averaged", "0.65", "2.00", "one", "run"],
        ["third", "not", "recorded"],
    ]
    assert lines[1].index("0.60") + 4 == len(
        lines[0].split("seconds")[0].rstrip()
    )  # numbers under their figure


def test_a_comparison_says_mean_interval_runs_and_verdict(recorded):
    low, high = results.interval(ahead({"model": "b", "averaged": False}, {"model": "a"}))
    said = results.comparison("toy", "record", "iou", {"model": "b", "averaged": False}, {"model": "a"})
    assert said == f"+0.15 ({low:+.2f} to {high:+.2f}, 2 runs): inconclusive (2 runs)"
    assert (
        results.comparison("toy", "record", "iou", {"model": "lone"}, 0.5) == "+0.20: inconclusive (one run)"
    )
    assert results.comparison("toy", "record", "iou", {"model": "c"}, {"model": "a"}) == "not recorded"
