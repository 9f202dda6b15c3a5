"""Measure how much slower each kind of network trains beside a second busy process.

    python tools/bench_training.py [--rounds 3]

The second process is another training of the same kind, and both have as many threads as they like. For the price of
threads that spin, as they do without the course: `GOMP_SPINCOUNT=300000 make bench ARGS=--training`.
"""

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from helpers.fcn import experiment as fcn  # noqa: E402
from helpers.spatial_transformer import experiment as spatial_transformer  # noqa: E402
from helpers.training import History  # noqa: E402
from helpers.translation import experiment as translation  # noqa: E402

MOST = 2.2  # times as long beside a second program: what the course promises
WARM_UP = 5  # steps in which torch chooses its kernels and fills its caches
FOR_EVER = 1_000_000


def translator(steps: int) -> History:
    """Train notebook 07's translator with attention."""
    words = translation.training_corpus(0, translation.Budget(sentences=2000, steps=steps))
    return translation.learn(translation.new_translator("attention", words, seed=0), words, 0, steps)


def coarse_network(steps: int) -> History:
    """Train notebook 01's FCN-32s."""
    scenes = fcn.training_scenes(0, fcn.Budget(scenes=300, first=steps, more=0))
    return fcn.learn(fcn.first_network(0), scenes, steps, seed=0)


def straightening_network(steps: int) -> History:
    """Train notebook 10's digit classifier behind a spatial transformer."""
    budget = spatial_transformer.Budget(mnist=False, steps={"RTS": steps}, times=1)
    network = spatial_transformer.new_network("ST-CNN", "RTS", seed=0)
    return spatial_transformer.learn(network, "RTS", 0, budget)


# Each with as many steps as take some seconds.
KINDS: dict[str, tuple[Callable[[int], History], int]] = {
    "translation": (translator, 60),
    "FCN-32s": (coarse_network, 25),
    "ST-CNN": (straightening_network, 200),
}


def training(kind: str, job: str) -> subprocess.Popen[str]:
    """Start a process of its own, as a second notebook would be: `job` is "measured" or "busy"."""
    command = [sys.executable, __file__, "--job", job, "--kind", kind]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def milliseconds_a_step(kind: str) -> float:
    """Train in a fresh process for some seconds.

    Raises:
        RuntimeError: the training failed.
    """
    with training(kind, "measured") as process:
        told, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(
            f"The training of {kind} failed: python tools/bench_training.py --job measured --kind {kind}"
        )
    return float(told)


@contextmanager
def busy(kind: str) -> Iterator[None]:
    """Keep the machine busy with another training, from its first real step on."""
    with training(kind, "busy") as process:
        process.stdout.readline()
        try:
            yield
        finally:
            process.terminate()


def report_training(rounds: int = 3) -> None:
    """Print milliseconds a step alone and beside a second training, medians over rounds, and their ratio."""
    print(
        f"Training beside a second one, {torch.get_num_threads()} threads each on {os.cpu_count()} cores, "
        f"OMP_WAIT_POLICY={os.environ.get('OMP_WAIT_POLICY', 'not set')} (load before: {os.getloadavg()[0]:.1f}):"
    )
    print(f"{'':16}{'alone':>12}{'beside one':>14}{'ratio':>8}   at most {MOST}")
    for kind in KINDS:
        alone, beside = [], []
        for _ in range(rounds):
            alone.append(milliseconds_a_step(kind))
            with busy(kind):
                beside.append(milliseconds_a_step(kind))
        free, shared = statistics.median(alone), statistics.median(beside)
        print(f"{kind:16}{free:9.0f} ms{shared:11.0f} ms{shared / free:8.2f}", flush=True)


def main() -> None:
    """Read the arguments; measure, or be one of the trainings that are measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (default 3)")
    parser.add_argument("--job", choices=("measured", "busy"), help=argparse.SUPPRESS)
    parser.add_argument("--kind", choices=KINDS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.job is None:
        return report_training(arguments.rounds)
    train, steps = KINDS[arguments.kind]
    train(WARM_UP)
    if arguments.job == "busy":
        print("busy", flush=True)
        train(FOR_EVER)
    print(1000 * train(steps).seconds / steps)
    return None


if __name__ == "__main__":
    main()
