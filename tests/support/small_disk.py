"""A file system of its own that is soon full."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, kibibytes: int) -> Iterator[Path]:
    """Mounted as long as the context. Skips the test of a user who may mount nothing: nobody else's disk is filled."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kibibytes}k", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this user may mount nothing, and a full disk cannot be had otherwise")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
