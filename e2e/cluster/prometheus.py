"""Prometheus, promtool and Alertmanager from the machine's Debian release, unpacked into the user's cache.

The packages are not installed: that would start a service of its own on the machine. Building it from source would take
longer than everything else together.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TextIO

from e2e.cluster import debian
from e2e.cluster.cache import cache, exclusive

PACKAGES = {"prometheus": "prometheus", "promtool": "prometheus", "prometheus-alertmanager": "prometheus-alertmanager"}
"""Packages of programs."""


class NotUnpacked(RuntimeError):
    """The package could not be had; the text is the end of apt's or dpkg's output."""


def program(name: str, out: TextIO = sys.stderr) -> Path:
    """The path of one of the programs, fetched when it is not in the cache yet. Raises NotUnpacked."""
    package = PACKAGES[name]
    place = cache() / f"{package}-{debian.codename()}"
    if not place.is_dir():
        with exclusive(package):
            if not place.is_dir():
                print(f"  fetching {package}", file=out, flush=True)
                _unpack(package, place)
    return place / "usr" / "bin" / name


def _unpack(name: str, place: Path) -> None:
    unfinished = place.with_suffix(".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        _run(unfinished, "apt-get", "download", "--quiet", name)
    except NotUnpacked:
        # a fresh machine has no lists of packages, an old one has outdated ones
        _run(unfinished, "apt-get", "update", "--quiet")
        _run(unfinished, "apt-get", "download", "--quiet", name)
    (package,) = unfinished.glob(f"{name}_*.deb")
    _run(unfinished, "dpkg-deb", "--extract", str(package), str(unfinished))
    package.unlink()
    alertmanager = unfinished / "usr" / "bin" / "prometheus-alertmanager"
    if alertmanager.exists():
        _relocate(alertmanager)
    unfinished.rename(place)


def _relocate(alertmanager: Path) -> None:
    """Let it read its templates below its working directory: Debian's has a place under / that is not installed."""
    program = alertmanager.read_bytes()
    fixed, relative = (f"{root}/alertmanager".encode() for root in ("/usr/share/prometheus", "usr/share/prometheus/"))
    assert fixed in program, "Alertmanager reads its templates from elsewhere"
    alertmanager.write_bytes(program.replace(fixed, relative))


def _run(folder: Path, *command: str) -> None:
    done = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=600
    )
    if done.returncode != 0:
        raise NotUnpacked(f"{' '.join(command[:2])}: {done.stdout[-2000:]}")
