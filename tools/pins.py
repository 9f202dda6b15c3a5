"""Write the versions installed here into constraints.txt, the one place for exact versions."""

import re
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "constraints.txt"
PROJECT = "segmentation-and-attention"
# The oldest Python that the course promises; Debian 12 ships 3.11.2, where a pin for 3.11.5 would fail.
OLDEST_PYTHON = "3.11.0"

# torch names the exact versions of these itself, and only where it has a GPU build: pinned here they would
# stop the CPU-only and macOS installs. The others exist on one system only.
UNPINNED = re.compile(r"^(nvidia-|cuda-|triton|appnope$|pywin|pip$|setuptools$|wheel$)")

HEADER = """\
# The exact versions that the course was last run with; `make pins` writes this file.
# Both routes install under it: the Makefile, and environment.yml for conda and Binder.
"""


def reachable(project: str = PROJECT, extras: tuple[str, ...] = ("test",)) -> set[str]:
    """The names of all distributions that installing the project with its extras asks for on this machine."""
    found: set[str] = set()
    waiting = [(project, frozenset(extras))]
    seen = set(waiting)
    while waiting:
        name, asked = waiting.pop()
        for requirement in _requirements(name, asked):
            dependency = (canonicalize_name(requirement.name), frozenset(requirement.extras))
            found.add(dependency[0])
            if dependency not in seen:
                seen.add(dependency)
                waiting.append(dependency)
    return found


def _requirements(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    for text in metadata.requires(name) or ():
        requirement = Requirement(text)
        environments = [{"extra": extra} for extra in ("", *extras)]
        if requirement.marker is None or any(requirement.marker.evaluate(each) for each in environments):
            yield requirement


def installed_pins() -> dict[str, str]:
    """Name and version of each reachable distribution, without a build's local label (`2.14.1+cpu`)."""
    names = sorted(name for name in reachable() if not UNPINNED.match(name))
    return {name: metadata.version(name).partition("+")[0] for name in names}


def too_new(pins: Iterable[str], python: str = OLDEST_PYTHON) -> list[str]:
    """One complaint for each installed distribution that refuses the given Python."""
    wanted = {name: metadata.metadata(name).get("Requires-Python") or "" for name in pins}
    return [
        f"{name} needs Python {asked}, the course promises {python}: install an older {name}"
        for name, asked in wanted.items()
        if python not in SpecifierSet(asked)
    ]


def read_pins(text: str) -> dict[str, str]:
    """Name and version of each line `name==version`.

    Raises:
        ValueError: a line that is neither a comment nor an exact pin.
    """
    pins = {}
    for line in text.splitlines():
        line = line.partition("#")[0].strip()
        if not line:
            continue
        match = re.fullmatch(r"([A-Za-z0-9._-]+)==([0-9][A-Za-z0-9.!]*)", line)
        if match is None:
            raise ValueError(
                f"constraints.txt holds {line!r}; expected an exact pin a line, like numpy==2.4.6."
            )
        pins[canonicalize_name(match[1])] = match[2]
    return pins


if __name__ == "__main__":
    pins = installed_pins()
    if complaints := too_new(pins):
        sys.exit("\n".join(complaints))
    CONSTRAINTS.write_text(HEADER + "".join(f"{name}=={version}\n" for name, version in pins.items()))
    print(f"{CONSTRAINTS.name}: {len(read_pins(CONSTRAINTS.read_text()))} versions")
