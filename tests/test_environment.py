"""pyproject.toml, constraints.txt, environment.yml and the Makefile held together: one place for exact versions.

Every check is a function, tried on the files and on a broken copy of them.
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
ENVIRONMENT = (ROOT / "environment.yml").read_text(encoding="utf-8")
# Files that say how to install, and must leave the versions to constraints.txt.
INSTALLERS = ("Makefile", "environment.yml", ".ci/run", "README.md", "pyproject.toml")
# Distributions by another name than the module they bring.
MODULES = {
    name: canonicalize_name(found[0]) for name, found in metadata.packages_distributions().items() if found
}


def requirements(pyproject: str) -> list[Requirement]:
    project = tomllib.loads(pyproject)["project"]
    extras = project["optional-dependencies"]
    return [
        Requirement(text)
        for text in [*project["dependencies"], *(each for part in extras.values() for each in part)]
    ]


def unpinned_requirements(pyproject: str, constraints: str) -> list[str]:
    """What pyproject asks for and constraints.txt does not pin, or pins outside pyproject's range."""
    pinned = pins.read_pins(constraints)
    complaints = []
    for requirement in requirements(pyproject):
        version = pinned.get(canonicalize_name(requirement.name))
        if version is None:
            complaints.append(f"{requirement.name} is not pinned")
        elif version not in requirement.specifier:
            complaints.append(f"{requirement.name}=={version} is pinned outside {requirement.specifier}")
    return complaints


def narrow_requirements(pyproject: str) -> list[str]:
    """Requirements that are no range with a lower bound: exact versions belong in constraints.txt."""
    kinds = {
        str(each): {specifier.operator for specifier in each.specifier} for each in requirements(pyproject)
    }
    return [
        name for name, operators in kinds.items() if ">=" not in operators or operators & {"==", "===", "~="}
    ]


def accelerator_pins(constraints: str) -> list[str]:
    """Pins that a CPU-only or macOS install could not meet, and pins to a build of its own."""
    return [name for name in pins.read_pins(constraints) if pins.UNPINNED.match(name)]


def environment_faults(environment: str, pyproject: str) -> list[str]:
    """Where environment.yml strays: a version of its own, pip without the constraints, or a Python out of range."""
    content = yaml.safe_load(environment)
    plain = [each for each in content["dependencies"] if isinstance(each, str)]
    by_pip = next((each["pip"] for each in content["dependencies"] if isinstance(each, dict)), [])
    complaints = [
        f"states a version: {each}" for each in plain if "=" in each and not each.startswith("python=")
    ]
    complaints += [f"states a version: {each}" for each in by_pip if re.search(r"[=<>~]=|[<>]", each)]
    if not any(re.fullmatch(r"(-c|--constraint) constraints\.txt", each) for each in by_pip):
        complaints.append("pip does not install under constraints.txt")
    if not any(re.fullmatch(r"(-e|--editable) \.\[test\]", each) for each in by_pip):
        complaints.append("pip does not install the course with its tests")
    if "pip" not in plain:
        complaints.append("conda asks for pip to be named")
    pythons = [each.partition("=")[2].strip("=") for each in plain if each.startswith("python")]
    wanted = SpecifierSet(tomllib.loads(pyproject)["project"]["requires-python"])
    if len(pythons) != 1 or not pythons[0] or f"{pythons[0]}.99" not in wanted:
        complaints.append(f"python {pythons} is not one version in {wanted}")
    return complaints


def exact_versions(text: str) -> list[str]:
    """Exact versions of packages, as pip and conda write them."""
    return re.findall(r"\b[A-Za-z][\w.-]*\s*={2,3}\s*\d[\w.]*", text)


def makefile_faults(makefile: str) -> list[str]:
    """Where the Makefile strays: an install without the constraints, or one not renewed when the files change."""
    installs = re.findall(r"^.*pip install.*$", makefile, re.MULTILINE)
    complaints = [each.strip() for each in installs if "--constraint constraints.txt" not in each]
    if not installs:
        complaints.append("nothing is installed")
    if not re.search(r"^\$\(STAMP\): pyproject\.toml constraints\.txt$", makefile, re.MULTILINE):
        complaints.append("the environment is not renewed when pyproject.toml or constraints.txt changes")
    return complaints


def undeclared_imports(sources: dict[str, str], pyproject: str) -> list[str]:
    """Packages that a file imports and pyproject does not name: they came along with another only by luck."""
    declared = {canonicalize_name(each.name) for each in requirements(pyproject)}
    complaints = []
    for name, source in sources.items():
        for module in imported_modules(source) - sys.stdlib_module_names - OURS:
            distribution = MODULES.get(module, module)
            if canonicalize_name(distribution) not in declared:
                complaints.append(f"{name} imports {module} ({distribution})")
    return sorted(complaints)


def imported_modules(source: str) -> set[str]:
    """The first part of every module that a source imports by its full name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


SOURCES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for folder in ("helpers", "tools", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
}
OURS = {"helpers", "tools"} | {name.rpartition("/")[2].removesuffix(".py") for name in SOURCES}


def test_every_requirement_is_pinned_within_its_range():
    assert unpinned_requirements(PYPROJECT, CONSTRAINTS) == []


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        (r"^torch==.*\n", "", "torch is not pinned"),
        (r"^numpy==.*", "numpy==1.20.0", "numpy==1.20.0 is pinned outside >=1.26"),
        (r"^pytest-xdist==.*\n", "", "pytest-xdist is not pinned"),
    ],
)
def test_a_missing_or_old_pin_is_seen(line, instead, said):
    broken = re.sub(line, instead, CONSTRAINTS, flags=re.MULTILINE)
    assert unpinned_requirements(PYPROJECT, broken) == [said]


def test_requirements_are_ranges():
    assert narrow_requirements(PYPROJECT) == []


@pytest.mark.parametrize("narrow", ["numpy==2.4.6", "numpy", "numpy~=2.4", "numpy<3", "numpy>=2,==2.*"])
def test_a_narrow_requirement_is_seen(narrow):
    assert len(narrow_requirements(re.sub(r"numpy>=[\d.]+", narrow, PYPROJECT))) == 1


def test_constraints_leave_accelerators_to_torch():
    assert accelerator_pins(CONSTRAINTS) == []
    assert accelerator_pins(
        "nvidia-cublas==13.1.1\ncuda-toolkit==13.0\ntriton==3.8.0\nappnope==0.1\ntorch==2.5"
    ) == [
        "nvidia-cublas",
        "cuda-toolkit",
        "triton",
        "appnope",
    ]


@pytest.mark.parametrize(
    "line",
    ["numpy>=2", "torch==2.14.1+cpu", "-e .", "course @ file:///home/a", "numpy==2.4.6 --hash=sha256:00"],
)
def test_constraints_hold_plain_pins_only(line):
    pins.read_pins(CONSTRAINTS)
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
    lowest = SpecifierSet(tomllib.loads(PYPROJECT)["project"]["requires-python"])
    assert pins.OLDEST_PYTHON in lowest and "3.10.99" not in lowest


def test_conda_and_binder_install_under_the_constraints():
    assert environment_faults(ENVIRONMENT, PYPROJECT) == []


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        ("      - --constraint constraints.txt\n", "", "pip does not install under constraints.txt"),
        (".[test]", ".", "pip does not install the course with its tests"),
        ("  - pip\n", "", "conda asks for pip to be named"),
        ("  - pip\n", "  - pip\n  - numpy=2.4\n", "states a version: numpy=2.4"),
        (
            "      - --editable",
            "      - torch==2.14.1\n      - --editable",
            "states a version: torch==2.14.1",
        ),
        ("python=3.11", "python=3.10", "python ['3.10'] is not one version in >=3.11"),
        ("python=3.11", "python", "python [''] is not one version in >=3.11"),
    ],
)
def test_an_environment_that_strays_is_seen(line, instead, said):
    assert line in ENVIRONMENT
    assert environment_faults(ENVIRONMENT.replace(line, instead), PYPROJECT) == [said]


@pytest.mark.parametrize("name", INSTALLERS)
def test_exact_versions_stand_nowhere_else(name):
    path = ROOT / name
    if path.exists():
        assert exact_versions(path.read_text(encoding="utf-8")) == []


def test_an_exact_version_is_seen():
    assert exact_versions("pip install torch==2.14.1 'numpy == 2.4'") == ["torch==2.14.1", "numpy == 2.4"]
    assert exact_versions('ifeq ($(CI),true) x="1"; a >= 3; numpy>=2') == []


def test_make_installs_under_the_constraints():
    assert makefile_faults((ROOT / "Makefile").read_text(encoding="utf-8")) == []


def test_a_makefile_that_strays_is_seen():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert len(makefile_faults(makefile.replace("--constraint constraints.txt", ""))) == 1
    assert (
        len(makefile_faults(makefile.replace("$(STAMP): pyproject.toml constraints.txt", "$(STAMP):"))) == 1
    )
    assert len(makefile_faults(makefile + "\n\tpip install numpy\n")) == 1


def test_every_import_is_declared():
    assert undeclared_imports(SOURCES, PYPROJECT) == []


def test_an_undeclared_import_is_seen():
    source = {
        "helpers/x.py": "import os\nimport rpds\nfrom yaml import load\nfrom helpers import ops\nfrom . import y"
    }
    assert undeclared_imports(source, PYPROJECT) == ["helpers/x.py imports rpds (rpds-py)"]
    without = re.sub(r'.*"pyyaml.*\n', "", PYPROJECT)
    assert "helpers/x.py imports yaml (pyyaml)" in undeclared_imports(source, without)


# make itself, without installing anything


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    # The tests may themselves be run by make: its flags are not for this one.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=clean | {"LC_ALL": "C"}, capture_output=True, text=True, timeout=60
    )


def fake_python(folder, body: str) -> str:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


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
    python = fake_python(tmp_path, body) if body else str(tmp_path / "none")
    done = make("venv", f"PYTHON={python}", f"VENV={tmp_path / 'venv'}")
    assert done.returncode == 2
    assert said in done.stdout
    assert not (tmp_path / "venv").exists()


def test_a_second_make_does_nothing_and_a_changed_version_renews(tmp_path):
    stamp = tmp_path / ".installed"
    stamp.touch()
    assert "Nothing to be done" in make("venv", f"VENV={tmp_path}").stdout
    renewed = make("--dry-run", "-W", "constraints.txt", "venv", f"VENV={tmp_path}").stdout
    assert "pip install" in renewed


def test_the_targets_call_what_they_promise():
    def commands(*arguments: str) -> str:
        return make("--dry-run", "--old-file", "venv", *arguments).stdout

    assert "jupyter lab --no-browser notebooks/00_start_here.ipynb" in commands(
        "lab", "LAB_ARGS=--no-browser"
    )
    assert "-m tools.record fcn --budget record" in commands("results", "NAME=fcn", "ARGS=--budget record")
    assert "tools/notebooks.py run 00 01" in commands("notebooks", "NB=00 01")
    tests = commands("test")
    for part in (
        "ruff check .",
        "ruff format --check .",
        "codespell",
        "lint-imports",
        "/pytest",
        "--nbval-lax",
    ):
        assert part in tests
