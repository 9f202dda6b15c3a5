"""The course beside other programs: OpenMP's threads wait without spinning, in whatever way Python is started."""

import os
import subprocess
import sys
import zipfile

import pytest
from hatchling import build

from helpers import runtime

STEADY = "segmentation_and_attention_steady.pth"


def python(code: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a line in a bare Python of this environment, in which nothing but `settings` speaks of threads."""
    threads = ("OMP_", "GOMP_", "KMP_", "PYTHONPATH")
    bare = {name: value for name, value in os.environ.items() if not name.startswith(threads)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=bare | settings, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done


def test_a_bare_python_waits_passively():
    assert python("import os; print(os.environ['OMP_WAIT_POLICY'])").stdout == "PASSIVE\n"


def test_what_the_learner_set_stays():
    shown = python("import os; print(os.environ['OMP_WAIT_POLICY'])", OMP_WAIT_POLICY="ACTIVE")
    assert shown.stdout == "ACTIVE\n"


@pytest.mark.parametrize(
    ("settings", "spins"),
    [({}, 0), ({"GOMP_SPINCOUNT": "777"}, 777), ({"OMP_WAIT_POLICY": "ACTIVE"}, 30_000_000_000)],
)
def test_torch_reads_it(settings, spins):
    """GNU's OpenMP, which torch brings on Linux, tells how often a thread looks before it sleeps."""
    told = python("import torch", OMP_DISPLAY_ENV="verbose", **settings).stderr
    if "GOMP_SPINCOUNT" not in told:
        pytest.skip("this torch runs on another OpenMP")
    assert f"GOMP_SPINCOUNT = '{spins}'" in told


@pytest.mark.parametrize("kind", [build.build_wheel, build.build_editable])
def test_both_kinds_of_install_bring_it(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(runtime.ROOT)
    with zipfile.ZipFile(tmp_path / kind(str(tmp_path))) as wheel:
        assert [name for name in wheel.namelist() if name.endswith(STEADY)] == [STEADY]
        assert wheel.read(STEADY) == (runtime.ROOT / "helpers" / "steady.pth").read_bytes()
