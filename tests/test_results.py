"""The record: read and judged, and written piece by piece by the recorder."""

import json
import math
import multiprocessing
import re
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
from helpers.training import fit
from tools import record as runner


def row(system, seed, **figures):
    return {"system": system, "seed": seed, "figures": figures, "seconds": 2.0 + seed, "parameters": 10}


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Where a test's record lands, in place of data/results.json and its lock."""
    monkeypatch.setenv(runtime.CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(results, "PATH", tmp_path / "results.json")
    return tmp_path / "results.json"


@pytest.fixture
def recorded(path):
    """Two systems over two seeds, and a third over one."""
    pieces = {
        "seed 0": lambda: [row("a", 0, iou=0.5), row("b", 0, iou=0.6), row("lone", 0, iou=0.7)],
        "seed 1": lambda: [row("a", 1, iou=0.7), row("b", 1, iou=0.9)],
    }
    assert runner.run("toy", {"record": pieces}) == []
    return path


# Reading


def test_a_figure_is_its_mean_and_deviation_over_seeds(recorded):
    assert results.value("toy", "record", "a", "iou") == pytest.approx(0.6)
    assert results.deviation("toy", "record", "a", "iou") == pytest.approx(math.sqrt(0.02))
    assert results.values("toy", "record", "b", "iou") == {0: 0.6, 1: 0.9}
    assert results.value("toy", "record", "a", "seconds") == 2.5
    assert results.value("toy", "record", "a", "parameters") == 10
    assert len(results.rows("toy", "record")) == 5


def test_differences_are_paired_by_seed_or_taken_from_a_number(recorded):
    assert results.differences("toy", "record", "b", "a", "iou") == pytest.approx([0.1, 0.2])
    assert results.differences("toy", "record", "lone", "a", "iou") == pytest.approx([0.2])
    assert results.differences("toy", "record", "a", 0.5, "iou") == pytest.approx([0.0, 0.2])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            ("other", "record", "a", "iou"),
            "No lesson is recorded as 'other'; recorded: toy. `make results NAME=other`",
        ),
        (("toy", "real", "a", "iou"), "No budget of toy is recorded as 'real'; recorded: record."),
        (("toy", "record", "c", "iou"), "No system of toy/record is recorded as 'c'; recorded: a, b, lone."),
        (
            ("toy", "record", "a", "acc"),
            "No figure of a is recorded as 'acc'; recorded: iou, parameters, seconds.",
        ),
    ],
)
def test_a_missing_entry_is_named_with_what_there_is(recorded, asked, said):
    with pytest.raises(LookupError, match=re.escape(said)):
        results.value(*asked)


def test_nothing_recorded_yet_is_said_plainly(path):
    assert results.load() == {}
    with pytest.raises(LookupError, match="recorded: none"):
        results.value("toy", "record", "a", "iou")


def test_one_seed_has_no_deviation_and_two_rows_for_a_seed_no_meaning(recorded):
    with pytest.raises(ValueError, match="has one seed: two are needed"):
        results.deviation("toy", "record", "lone", "iou")
    runner.run("toy", {"record": {"twice": lambda: [row("a", 0, iou=0.1)]}})
    with pytest.raises(ValueError, match="two rows for one seed"):
        results.value("toy", "record", "a", "iou")


def test_systems_without_a_common_seed_cannot_be_compared(recorded):
    runner.run("toy", {"record": {"late": lambda: [row("late", 9, iou=0.1)]}})
    with pytest.raises(ValueError, match="share no seed"):
        results.differences("toy", "record", "late", "a", "iou")


# Judging


@pytest.mark.parametrize(
    ("differences", "sign", "expected"),
    [
        ([0.10, 0.11, 0.12], 1, "reproduced"),
        ([-0.10, -0.11, -0.12], -1, "reproduced"),
        ([0.10, 0.11, 0.12], -1, "not reproduced"),
        ([0.01, 0.2, 0.01], 1, "in small"),
        ([0.3], 1, "in small"),
        ([-0.3], 1, "not reproduced"),
        ([0.0, 0.0], 1, "not reproduced"),
        ([-0.1, 0.05, 0.01], 1, "not reproduced"),
    ],
)
def test_a_verdict_follows_from_sign_and_interval(differences, sign, expected):
    assert results.verdict(differences, sign) == expected


def test_an_interval_from_elsewhere_takes_the_place_of_the_seeds(recorded):
    assert results.verdict([0.3], between=(0.1, 0.5)) == "reproduced"
    assert results.verdict([0.10, 0.11, 0.12], between=(-0.1, 0.3)) == "in small"
    assert results.verdict([-0.3], -1, between=(-0.5, -0.1)) == "reproduced"


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=8))
def test_the_interval_is_the_t_interval(differences):
    low, high = results.interval(differences)
    if np.std(differences) > 1e-6:
        expected = stats.t.interval(0.95, len(differences) - 1, np.mean(differences), stats.sem(differences))
        assert (low, high) == pytest.approx(expected)
    assert low <= fmean(differences) <= high


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=8), st.sampled_from([1, -1]))
def test_turning_claim_and_differences_round_keeps_the_verdict(differences, sign):
    assert results.verdict(differences, sign) == results.verdict([-each for each in differences], -sign)


@pytest.mark.parametrize(("differences", "sign"), [([], 1), ([float("nan")], 1), ([0.1], 0), ([0.1], 2)])
def test_a_verdict_needs_finite_differences_and_a_sign(differences, sign):
    with pytest.raises(ValueError, match="needs at least one finite difference|sign is 1"):
        results.verdict(differences, sign)


# Recording


def test_finished_pieces_are_kept_unless_fresh(path, capsys):
    calls = []

    def work():
        calls.append(1)
        return iter([row("a", 0, iou=len(calls) / 10)])

    for fresh in (False, False, True):
        runner.run("toy", {"record": {"seed 0": work}}, fresh=fresh)
    assert len(calls) == 2
    assert results.value("toy", "record", "a", "iou") == 0.2
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "toy / record / seed 0: 1 rows, 0 s",
        "toy / record / seed 0: kept",
        "toy / record / seed 0: 1 rows, 0 s",
    ]


def test_an_interrupt_loses_the_piece_at_hand_and_no_other(path):
    def interrupted():
        yield row("a", 1, iou=0.2)
        raise KeyboardInterrupt

    pieces = {
        "seed 0": lambda: [row("a", 0, iou=0.1)],
        "seed 1": interrupted,
        "seed 2": lambda: [row("a", 2, iou=0.3)],
    }
    with pytest.raises(KeyboardInterrupt):
        runner.run("toy", {"record": pieces})
    assert results.values("toy", "record", "a", "iou") == {0: 0.1}
    runner.run("toy", {"record": {**pieces, "seed 1": lambda: [row("a", 1, iou=0.2)]}})
    assert results.values("toy", "record", "a", "iou") == {0: 0.1, 1: 0.2, 2: 0.3}


def test_missing_data_is_reported_and_the_other_pieces_run(path, capsys):
    def absent():
        raise FileNotFoundError("CamVid is not here: run once with a network.")

    missed = runner.run("toy", {"real": {"camvid": absent, "mnist": lambda: [row("a", 0, iou=0.4)]}})
    assert missed == ["toy / real / camvid"]
    assert "toy / real / camvid: not run. CamVid is not here" in capsys.readouterr().out
    assert results.value("toy", "real", "a", "iou") == 0.4


def test_only_the_budget_asked_for_runs(path):
    pieces = {budget: {"one": lambda: [row("a", 0, iou=0.1)]} for budget in results.BUDGETS}
    runner.run("toy", pieces, ("real",))
    assert list(results.load()["toy"]) == ["real"]


def test_the_file_tells_summary_versions_machine_and_no_name_of_it(recorded):
    content = json.loads(recorded.read_text())
    kept = content["toy"]["record"]
    assert kept["summary"]["a"]["iou"] == {"mean": 0.6, "n": 2, "deviation": 0.141421}
    assert kept["summary"]["lone"]["iou"] == {"mean": 0.7, "n": 1}
    piece = kept["pieces"]["seed 0"]
    assert set(piece) == {"rows", "seconds", "versions", "machine", "finished"}
    assert set(piece["versions"]) == {"python", "torch", "torchvision", "numpy"}
    assert set(piece["machine"]) == {"system", "processor", "cores"}
    assert recorded.read_text() == json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    assert [each.name for each in recorded.parent.iterdir() if each.is_file()] == ["results.json"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"system": "a", "seed": 0}, "needs system, seed and figures"),
        (row("a/b", 0, iou=0.1), "without '/'"),
        (row("a - b", 0, iou=0.1), "without '/'"),
        (row("", 0, iou=0.1), "without '/'"),
        (row("a", 0, iou=float("nan")), "the figure 'iou' of a is nan; expected a finite number"),
    ],
)
def test_a_row_that_could_not_be_read_back_is_refused(path, wrong, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        runner.run("toy", {"record": {"seed 0": lambda: [wrong]}})
    assert results.load() == {}


def test_an_unknown_budget_is_refused(path):
    with pytest.raises(ValueError, match="names the budgets .'quick'."):
        runner.run("toy", {"quick": {}})


def test_numbers_of_numpy_and_torch_are_stored(path):
    curve = {
        **row("a", np.int64(0), iou=np.float32(0.25)),
        "curve": torch.tensor([0.5, 1.0]),
        "steps": np.int64(7),
    }
    runner.run("toy", {"record": {"seed 0": lambda: [curve]}})
    stored = results.rows("toy", "record")[0]
    assert (stored["curve"], stored["steps"], stored["figures"]) == ([0.5, 1.0], 7, {"iou": 0.25})


def test_a_write_that_fails_leaves_the_old_file_whole(recorded):
    before = recorded.read_text()
    with pytest.raises(TypeError):
        results.update(lambda content: content.update(bad=object()))
    assert recorded.read_text() == before
    assert list(recorded.parent.glob(".results*")) == []


def _add(number):
    results.update(lambda content: content.update({str(number): number}))


def test_two_processes_lose_nothing_of_each_others(path):
    context = multiprocessing.get_context("fork")
    workers = [
        context.Process(target=lambda start=start: [_add(start + n) for n in range(20)]) for start in (0, 100)
    ]
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
        raise FileNotFoundError("no data")

    modules = {
        "good": types.SimpleNamespace(PIECES={"record": {"seed 0": lambda: [row("a", 0, iou=0.1)]}}),
        "absent": types.SimpleNamespace(PIECES={"real": {"set": absent}}),
    }
    monkeypatch.setattr(runner, "names", lambda: sorted(modules))
    monkeypatch.setattr(runner.importlib, "import_module", lambda name: modules[name.split(".")[1]])
    return modules


def test_the_command_runs_all_or_those_named(command, capsys):
    assert runner.main(["good"]) == 0
    assert runner.main([]) == 1
    assert "1 of the pieces could not be run: absent / real / set" in capsys.readouterr().out
    assert runner.main(["--budget", "record"]) == 0


def test_the_command_names_the_lessons_there_are(command, capsys):
    with pytest.raises(SystemExit):
        runner.main(["godo"])
    assert "no lesson godo; there are: absent, good" in capsys.readouterr().err


def test_an_interrupted_command_says_how_to_go_on(command, capsys):
    command["good"].PIECES = {"record": {"seed 0": lambda: signal.raise_signal(signal.SIGINT)}}
    assert runner.main(["good"]) == 130
    assert "the same command goes on" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_training_that_was_interrupted_is_not_recorded(command):
    """`fit` ends early at an interrupt and gives the model back, which once was recorded like a finished one."""

    def batches():
        yield torch.ones(2, 1), torch.ones(2, 1)
        signal.raise_signal(signal.SIGINT)
        yield torch.ones(2, 1), torch.ones(2, 1)

    def train():
        fit(torch.nn.Linear(1, 1), batches(), torch.nn.functional.mse_loss, steps=2, lr=0.1)
        yield row("a", 0, iou=0.1)

    command["good"].PIECES = {"record": {"seed 0": train}}
    assert runner.main(["good"]) == 130
    assert "good" not in results.load()


def test_lessons_are_the_folders_whose_experiment_has_pieces(tmp_path):
    for name, text in (("fcn", "\nPIECES = {}\n"), ("figure", "\n"), ("data", None)):
        (tmp_path / name).mkdir()
        if text is not None:
            (tmp_path / name / "experiment.py").write_text(text)
    assert runner.names(tmp_path) == ["fcn"]


@pytest.mark.parametrize("name", runner.names())
def test_every_lesson_offers_pieces(name):
    pieces = runner.importlib.import_module(f"helpers.{name}.experiment").PIECES
    assert set(pieces) <= set(results.BUDGETS)
    assert all(callable(work) for budget in pieces.values() for work in budget.values())


# What is stored


def test_the_stored_summary_is_what_its_rows_say():
    for lesson, budgets in results.load().items():
        for budget, kept in budgets.items():
            fresh = results.summary(results.rows(lesson, budget))
            for system, figures in fresh.items():
                for name, each in figures.items():
                    assert kept["summary"][system][name] == pytest.approx(each, abs=2e-6), (
                        f"{lesson}/{budget}/{system}"
                    )
            assert kept["summary"].keys() == fresh.keys()
