"""pyproject.toml, constraints.txt, environment.yml and make held together: one place for exact versions.

A check that could pass by mistake is a function, tried on the files and on a broken copy of them.
"""

import ast
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tools import pins

ROOT = pins.ROOT
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
CONSTRAINTS = pins.CONSTRAINTS.read_text(encoding="utf-8")
PROMISED = SpecifierSet(tomllib.loads(PYPROJECT)["project"]["requires-python"])


def requirements(pyproject: str) -> list[Requirement]:
    project = tomllib.loads(pyproject)["project"]
    parts = [project["dependencies"], *project["optional-dependencies"].values()]
    return [Requirement(text) for part in parts for text in part]


# Versions


def faulty_requirements(pyproject: str, constraints: str) -> list[str]:
    """What pyproject asks for other than by a range from a lowest version, or constraints.txt does not pin in it."""
    pinned = pins.read_pins(constraints)
    complaints = []
    for requirement in requirements(pyproject):
        operators = {each.operator for each in requirement.specifier}
        version = pinned.get(canonicalize_name(requirement.name))
        if ">=" not in operators or operators & {"==", "===", "~="}:
            complaints.append(f"{requirement} is no range: exact versions belong in constraints.txt")
        elif version is None:
            complaints.append(f"{requirement.name} is not pinned")
        elif version not in requirement.specifier:
            complaints.append(f"{requirement.name}=={version} is pinned outside {requirement.specifier}")
    return complaints


def test_every_requirement_is_a_range_and_pinned_within_it():
    assert faulty_requirements(PYPROJECT, CONSTRAINTS) == []


@pytest.mark.parametrize(
    ("asked", "pinned", "said"),
    [
        ("numpy>=1.26", "", "numpy is not pinned"),
        ("numpy>=1.26", "numpy==1.20.0", "numpy==1.20.0 is pinned outside >=1.26"),
        ("numpy==2.4.6", "numpy==2.4.6", "numpy==2.4.6 is no range"),
        ("numpy", "numpy==2.4.6", "numpy is no range"),
    ],
)
def test_a_missing_old_or_second_pin_is_seen(asked, pinned, said):
    pyproject = f'[project]\ndependencies = []\n[project.optional-dependencies]\ntest = ["{asked}"]'
    (found,) = faulty_requirements(pyproject, pinned)
    assert found.startswith(said)


def test_constraints_leave_accelerators_to_torch():
    """A CPU-only or macOS install could not meet such pins."""
    assert [name for name in pins.read_pins(CONSTRAINTS) if pins.UNPINNED.match(name)] == []


@pytest.mark.parametrize("line", ["numpy>=2", "torch==2.14.1+cpu", "-e .", "course @ file:///home/a"])
def test_constraints_hold_plain_pins_only(line):
    with pytest.raises(ValueError, match="expected an exact pin"):
        pins.read_pins(f"{CONSTRAINTS}{line}\n")


def test_what_runs_here_is_what_is_pinned():
    """Else the stored notebooks and results belong to other versions than the learner gets: `make pins`."""
    pinned, here = pins.read_pins(CONSTRAINTS), pins.installed_pins()
    assert {name: version for name, version in pinned.items() if name in here and here[name] != version} == {}
    assert sorted(here.keys() - pinned.keys()) == [], "`make pins` adds them"


def test_every_pin_accepts_the_oldest_python_promised():
    assert pins.too_new(pins.installed_pins()) == []
    assert len(pins.too_new(["torch"], "3.5.0")) == 1
    assert pins.OLDEST_PYTHON in PROMISED and "3.10.99" not in PROMISED


def test_conda_and_binder_install_the_same_under_the_constraints():
    python, *rest = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    assert python.startswith("python=") and f"{python.removeprefix('python=')}.99" in PROMISED
    assert rest == ["pip", {"pip": ["--constraint constraints.txt", "--editable .[test]"]}]


# Imports

SOURCES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for folder in ("helpers", "tools", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
}
OURS = {"helpers", "tools"} | {name.rpartition("/")[2].removesuffix(".py") for name in SOURCES}
# Distributions by another name than the module they bring.
MODULES = {
    name: canonicalize_name(found[0]) for name, found in metadata.packages_distributions().items() if found
}


def undeclared_imports(sources: dict[str, str], pyproject: str) -> list[str]:
    """Packages that a file imports and pyproject does not name: they came along with another only by luck."""
    declared = {canonicalize_name(each.name) for each in requirements(pyproject)}
    return sorted(
        f"{name} imports {module}"
        for name, source in sources.items()
        for module in imported_modules(source) - sys.stdlib_module_names - OURS
        if canonicalize_name(MODULES.get(module, module)) not in declared
    )


def imported_modules(source: str) -> set[str]:
    """The first part of every module that a source imports by its full name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_every_import_is_declared():
    assert undeclared_imports(SOURCES, PYPROJECT) == []


def test_an_undeclared_import_is_seen():
    source = "import os\nimport rpds\nfrom yaml import load\nfrom helpers import ops\nfrom . import y"
    without = re.sub(r'.*"pyyaml.*\n', "", PYPROJECT)
    assert undeclared_imports({"x.py": source}, without) == ["x.py imports rpds", "x.py imports yaml"]


# make itself, without installing anything


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    # The tests may themselves be run by make: its flags are not for this one.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=clean | {"LC_ALL": "C"}, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (None, "Install Python 3.11 or newer"),
        (
            'case "$*" in *version_info*) exit 1;; -V) echo Python 3.9.2;; esac',
            "needs Python 3.11 or newer; ",
        ),
        ('case "$*" in *ensurepip*) exit 1;; esac', "sudo apt-get install python3-venv"),
    ],
)
def test_a_machine_that_lacks_something_is_told_what(tmp_path, body, said):
    python = tmp_path / "python"
    if body:
        python.write_text(f"#!/bin/sh\n{body}\n")
        python.chmod(0o755)
    done = make("venv", f"PYTHON={python}", f"VENV={tmp_path / 'venv'}")
    assert done.returncode == 2
    assert said in done.stdout
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize("changed", ["pyproject.toml", "constraints.txt", "helpers/steady.pth"])
def test_a_second_make_does_nothing_and_a_changed_file_renews(tmp_path, changed):
    (tmp_path / ".installed").touch()
    assert "Nothing to be done" in make("venv", f"VENV={tmp_path}").stdout
    renewed = make("--dry-run", "-W", changed, "venv", f"VENV={tmp_path}").stdout
    assert "pip install" in renewed
