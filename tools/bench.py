"""Measure what a reader waits for: figures, notebooks, trainings beside another program, and a race.

    python tools/bench.py [--figures] [--training] [--notebooks] [--race] [--changes 40]

The race is that of two spatial transformers on MNIST. Without a choice all parts run. Numbers are printed and
never asserted: they belong to the machine.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
# The harness of the browser tests drives this measurement too. It comes first: both folders have a conftest.py.
sys.path[:0] = [str(ROOT / "tests" / "browser"), str(ROOT)]

from tools.bench_race import report_race  # noqa: E402
from tools.bench_training import report_training  # noqa: E402

SCENE = f"""
import sys
sys.path.insert(0, {str(ROOT / "tests" / "browser")!r})
import matplotlib.pyplot as plt
from ipywidgets import interact
from matplotlib.patches import Circle, Patch
import compositions
from helpers import plotting
from helpers.plotting import DIGIT_CLASSES

figure = compositions.masks()
"""
OURS = "figure"
# The same picture as a learner would draw it: scene, mask, lens, class names and caption, in matplotlib's own size.
INTERACT = """
@interact(blend=(0, 100))
def show(blend=50):
    image, axis = plt.subplots()
    (shown,), caption = figure.shown(Blend=blend)
    axis.imshow(shown.pixels)
    axis.add_patch(Circle(figure["place"], figure["Lens size"], fill=False, color="white"))
    names = [Patch(color=plotting.CLASS_COLOURS[i] / 255, label=name) for i, name in enumerate(DIGIT_CLASSES)]
    axis.legend(handles=names, loc="center left", bbox_to_anchor=(1, 0.5))
    axis.set_title(caption, fontsize=9)
    axis.axis("off")
    plt.show()
"""

# Time from the key's own time stamp to the first painted frame in which the picture is another one; the message arrives
# when a frame has been painted. Whether it is another one, by its canvases' pixels and its elements or by its decoded
# image, is found out after the clock has been read: looking at every pixel takes as long as drawing them.
WATCH = """(kind) => {
  const root = kind === "figure" ? document.querySelector(".composed") : document.body;
  const sign = {
    figure: () => {
      const of = (canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
      const hashes = [...root.querySelectorAll("canvas")].map((canvas) => {
        const words = new Int32Array(of(canvas).buffer);
        return words.reduce((hash, word) => (Math.imul(hash, 31) + word) | 0, 7);
      });
      return hashes.join() + root.querySelector(".parts").innerHTML;
    },
    image: () => {
      const image = document.querySelector(".jp-OutputArea-child .widget-output img, .jupyter-widgets-output-area img");
      return image?.complete && image.naturalWidth ? image.src : null;
    },
  }[kind];
  let [before, touched] = [sign(), false];
  const touch = () => (touched = true);
  new MutationObserver(touch).observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
  const put = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (...all) {
    touch();
    return put.apply(this, all);
  };
  window.latencies = [];
  document.addEventListener("keydown", (event) => {
    touched = false;
    const look = () => {
      if (!touched) return requestAnimationFrame(look);
      const painted = new MessageChannel();
      painted.port1.onmessage = () => {
        const end = performance.now();
        const now = sign();
        touched = now === null; // an image that is not decoded yet will be so without being touched again
        if (now === null || now === before) return requestAnimationFrame(look);
        before = now;
        latencies.push(end - event.timeStamp);
      };
      painted.port2.postMessage(null);
    };
    requestAnimationFrame(look);
  }, { capture: true });
}"""


def latencies(page: Page, kind: str, slider: str, changes: int) -> list[float]:
    """Milliseconds from each key press on a slider to changed pixels; `kind` is "figure" or "image"."""
    page.evaluate(WATCH, kind)
    handle = page.locator(slider).first
    handle.focus()
    for change in range(changes):
        handle.press("ArrowRight" if change % 10 < 5 else "ArrowLeft")
        page.wait_for_function("(count) => latencies.length > count", arg=change)
        page.wait_for_timeout(120)  # let the page and the kernel come to rest
    return page.evaluate("latencies")


def percentile(values: list[float], percent: int) -> float:
    """The smallest value that `percent` of them do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def figure_latencies(changes: int) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Ours and the same picture by `interact` in one JupyterLab; then each layer on a page of its own."""
    import compositions
    from conftest import FLAGS, HOW, chromium
    from hosts import Jupyter, KernelFreePage, Server

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = chromium(playwright)
        if path is None:
            raise SystemExit(f"No Chromium to measure in. {HOW}")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        server = Server(Path(folder))
        try:
            lab = Jupyter("lab", browser, server)
            ours = lab.run("ours", [SCENE, OURS]).page
            ways = {"in the browser": latencies(ours, "figure", ".composed input[type=range]", changes)}
            ours.close()
            # The harness waits for a figure of ours: it stands below, and is not measured.
            theirs = lab.run("interact", [SCENE, INTERACT, OURS]).page
            ways["interact + matplotlib"] = latencies(theirs, "image", ".noUi-handle", changes)
            theirs.close()
            alone = KernelFreePage(browser, Path(folder))
            layers = {}
            for name, figure in compositions.layers().items():
                page = alone.put(name, figure).page
                layers[name] = latencies(page, "figure", ".composed input[type=range]", changes)
                page.close()
        finally:
            server.close()
            browser.close()
    return ways, layers


def report_figures(changes: int) -> None:
    """Print median and p95 of both ways, how many times the first is ahead, and the same of each layer."""
    load, cores = os.getloadavg()[0], os.cpu_count()
    ways, layers = figure_latencies(changes)
    if load > cores / 2:
        print(
            f"Others work on this machine (load {load:.1f} on {cores} cores): the times below are theirs as well."
        )
    print(f"From key press to changed pixels, {changes} changes each, JupyterLab:")
    print(f"{'':24}{'median':>10}{'p95':>10}")
    rows = [(statistics.median(times), percentile(times, 95)) for times in ways.values()]
    for name, (median, p95) in zip(ways, rows, strict=True):
        print(f"{name:24}{median:7.0f} ms{p95:7.0f} ms")
    (ours, ours_p95), (theirs, theirs_p95) = rows
    print(f"{'ratio':24}{theirs / ours:8.1f} x{theirs_p95 / ours_p95:8.1f} x")
    print("By layer, scenes of 240 x 320 pixels, a page without a kernel:")
    for name, times in layers.items():
        print(f"{name:24}{statistics.median(times):7.1f} ms{percentile(times, 95):7.1f} ms")


def memory_of(process: psutil.Process) -> int:
    """Bytes held by a process and all that it started (its kernel, and that kernel's workers)."""
    total = 0
    for member in (process, *process.children(recursive=True)):
        try:
            total += member.memory_info().rss
        except psutil.NoSuchProcess:  # it ended between the two looks
            continue
    return total


def notebook_costs(folder: Path = ROOT / "notebooks") -> Iterator[tuple[str, float, int]]:
    """Execute each notebook, without storing it: its name, seconds, and peak memory in bytes.

    Raises:
        RuntimeError: a notebook fails; the message holds its error.
    """
    for path in sorted(folder.glob("*.ipynb")):
        with tempfile.TemporaryFile("w+") as log:
            start = time.perf_counter()
            command = [sys.executable, "-m", "jupyter", "execute", "--timeout=-1", path.name]
            process = psutil.Popen(command, cwd=path.parent, stdout=log, stderr=subprocess.STDOUT)
            peak = 0
            while process.poll() is None:
                peak = max(peak, memory_of(process))
                time.sleep(0.1)
            seconds = time.perf_counter() - start
            log.seek(0)
            if process.returncode:
                raise RuntimeError(f"{path.name} failed:\n{log.read()[-2000:]}")
        yield path.name, seconds, peak


def report_notebooks() -> None:
    """Print what each notebook costs."""
    print(f"{'notebook':40}{'seconds':>9}{'peak memory':>14}")
    for name, seconds, peak in notebook_costs():
        print(f"{name:40}{seconds:9.0f}{peak / 1e9:11.2f} GB", flush=True)


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--figures", action="store_true", help="only the figures' latency")
    parser.add_argument("--training", action="store_true", help="only training beside a second busy process")
    parser.add_argument("--notebooks", action="store_true", help="only the notebooks' seconds and memory")
    parser.add_argument("--race", action="store_true", help="only the two spatial transformers, on MNIST")
    parser.add_argument("--changes", type=int, default=40, help="key presses a figure (default 40)")
    arguments = parser.parse_args()
    every = not (arguments.figures or arguments.training or arguments.notebooks or arguments.race)
    if arguments.figures or every:
        report_figures(arguments.changes)
    if arguments.training or every:
        report_training()
    if arguments.notebooks or every:
        report_notebooks()
    if arguments.race or every:
        report_race()


if __name__ == "__main__":
    main()
