"""Prometheus and promtool from the machine's Debian release, unpacked into the user's cache.

The package is not installed: that would start a service of its own on the machine. Building it from source would take
longer than everything else together.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TextIO

from e2e.cluster import debian
from e2e.cluster.cache import cache, exclusive


class NotUnpacked(RuntimeError):
    """The package could not be had; the text is the end of apt's or dpkg's output."""


def program(name: str, out: TextIO = sys.stderr) -> Path:
    """The path of `prometheus` or `promtool`, fetched when it is not in the cache yet. Raises NotUnpacked."""
    place = cache() / f"prometheus-{debian.codename()}"
    if not place.is_dir():
        with exclusive("prometheus"):
            if not place.is_dir():
                print("  fetching Prometheus", file=out, flush=True)
                _unpack(place)
    return place / "usr" / "bin" / name


def _unpack(place: Path) -> None:
    unfinished = place.with_suffix(".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        _run(unfinished, "apt-get", "download", "--quiet", "prometheus")
    except NotUnpacked:
        # a fresh machine has no lists of packages, an old one has outdated ones
        _run(unfinished, "apt-get", "update", "--quiet")
        _run(unfinished, "apt-get", "download", "--quiet", "prometheus")
    (package,) = unfinished.glob("prometheus_*.deb")
    _run(unfinished, "dpkg-deb", "--extract", str(package), str(unfinished))
    package.unlink()
    unfinished.rename(place)


def _run(folder: Path, *command: str) -> None:
    done = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=600
    )
    if done.returncode != 0:
        raise NotUnpacked(f"{' '.join(command[:2])}: {done.stdout[-2000:]}")
