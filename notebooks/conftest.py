"""For pytest: notebooks that are tested side by side start their kernels one at a time."""

from pathlib import Path

import pytest
from filelock import FileLock


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item):
    """Hold a lock while a notebook's kernel starts, which it does in the setup of its first cell.

    Jupyter looks for free ports, lets go of them and tells the kernel to take them. Two kernels that start at once may
    be told the same ones; then one of them never answers (jupyter_client, issue 487).
    """
    lock = Path(item.config.rootpath, ".pytest_cache", "kernel.lock")
    lock.parent.mkdir(exist_ok=True)
    with FileLock(lock):
        return (yield)
