"""The three places in which a figure must live: a page without a kernel, JupyterLab, Notebook 7."""

import base64
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import ModuleType

import compositions
import nbformat
from anywidget import AnyWidget
from figure_page import FigurePage
from ipywidgets import Widget
from playwright.sync_api import Browser, Page

from tools import build_site, tidy

HERE = Path(__file__).resolve().parent

START_SECONDS = 90
READY = """(title) => {
  const context = window.jupyterapp?.shell.currentWidget?.context;
  return context?.path === `${title}.ipynb` && context.sessionContext?.session?.kernel?.status === "idle";
}"""
NO_NEWS = {"@jupyterlab/apputils-extension/notification.jupyterlab-settings": '{"fetchNews": "false"}'}
VIEWPORT = {"width": 1280, "height": 1000}


def stored_notebook(figure) -> nbformat.NotebookNode:
    """A notebook that shows one figure, as an executed notebook stores it."""
    bundle, metadata = figure._repr_mimebundle_()
    bundle["image/png"] = base64.b64encode(bundle["image/png"]).decode()
    v4 = nbformat.v4
    output = v4.new_output("display_data", bundle, metadata=metadata)
    cells = [v4.new_markdown_cell("# A figure"), v4.new_code_cell("figure", outputs=[output])]
    state = Widget.get_manager_state(widgets=[figure])
    return v4.new_notebook(cells=cells, metadata={"widgets": {tidy.WIDGET_STATE: state}})


class KernelFreePage:
    """A page made by tools/build_site.py, opened from a file."""

    name = "page"

    def __init__(self, browser: Browser, folder: Path, made_by: ModuleType = compositions) -> None:
        self.context = browser.new_context(viewport=VIEWPORT, has_touch=True)
        self.folder, self.made_by = folder, made_by

    def open(self, name: str) -> FigurePage:
        return self.put(name, getattr(self.made_by, name)())

    def put(self, name: str, figure: AnyWidget) -> FigurePage:
        """Open a page with this figure."""
        path = self.folder / f"{name}.html"
        path.write_text(build_site.page_of(stored_notebook(figure), name), encoding="utf-8")
        page = self.context.new_page()
        page.goto(path.as_uri())
        return FigurePage(page)


class Jupyter:
    """JupyterLab or Notebook 7, with a kernel that builds the figure anew."""

    # A workspace of its own, or JupyterLab would bring back the notebooks of the page before.
    routes = {"lab": "lab/workspaces/{title}/tree/", "notebook": "notebooks/"}

    def __init__(self, name: str, browser: Browser, server: "Server") -> None:
        self.name, self.route, self.server = name, self.routes[name], server
        self.context = browser.new_context(viewport=VIEWPORT, has_touch=True)

    def run(self, title: str, sources: list[str]) -> FigurePage:
        """Open a notebook of these code cells, run all of them, and wait for the figure."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source) for source in sources],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        nbformat.write(notebook, self.server.folder / f"{title}.ipynb")
        page = self.show(title)
        page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        return FigurePage(page)

    def reopen(self, title: str) -> FigurePage:
        """Open a notebook that was run and saved, with a new kernel, and wait for its figure; no cell is run."""
        return FigurePage(self.show(title))

    def show(self, title: str) -> Page:
        """Open a notebook, and wait for its kernel."""
        page = self.context.new_page()
        route = self.route.format(title=title)
        page.goto(f"{self.server.url}{route}{title}.ipynb?token={self.server.token}")
        page.wait_for_function(READY, arg=title, timeout=START_SECONDS * 1000)
        return page


class Server:
    """One Jupyter server on this machine, with folders of its own; it serves JupyterLab and Notebook 7."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "notebooks"
        self.token = secrets.token_hex(8)
        self.url = f"http://127.0.0.1:{free_port()}/"
        homes = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        homes = {name: str(folder / place) for name, place in homes.items()}
        for place in (self.folder, *map(Path, homes.values())):
            place.mkdir(parents=True, exist_ok=True)
        for name, text in NO_NEWS.items():
            path = folder / "settings" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        options = {
            "ServerApp": {
                "ip": "127.0.0.1",
                "port": int(self.url.rsplit(":")[-1].strip("/")),
                "port_retries": 0,
                "open_browser": False,
                "root_dir": str(self.folder),
                "allow_root": True,
            },
            "IdentityProvider": {"token": self.token},
            # The tests run the notebook through the application's own command.
            "LabApp": {"expose_app_in_browser": True, "news_url": None},
            "JupyterNotebookApp": {"expose_app_in_browser": True},
        }
        (Path(homes["JUPYTER_CONFIG_DIR"]) / "jupyter_config.json").write_text(json.dumps(options))
        self.log = (folder / "server.log").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab"], env=os.environ | homes, stdout=self.log, stderr=self.log
        )
        self.wait()

    def wait(self) -> None:
        """Return once the server answers; raise with its log if it never does."""
        for _ in range(START_SECONDS * 5):
            try:
                with urllib.request.urlopen(f"{self.url}api", timeout=5):
                    return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.2)
        self.close()
        raise RuntimeError(f"Jupyter did not start:\n{Path(self.log.name).read_text()}")

    def end_kernels(self) -> None:
        """End every kernel and forget its notebook's session, as a restart of Jupyter does."""
        for each in json.loads(self.ask("api/sessions")):
            self.ask(f"api/sessions/{each['id']}", "DELETE")

    def ask(self, path: str, method: str = "GET") -> bytes:
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"{self.url}{path}", headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def close(self) -> None:
        """End the server, and with it the kernels it started."""
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
