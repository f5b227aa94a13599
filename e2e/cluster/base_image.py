"""The base image: the machine's own Debian release with Python, from the machine's own mirror."""

import hashlib
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TextIO

from e2e.cluster import buildah
from e2e.cluster.cache import exclusive

PACKAGES = ("ca-certificates", "git", "libgomp1", "python3", "python3-venv", "python3-pip")


class NoMirror(RuntimeError):
    """The machine's apt configuration names no mirror of its own release."""


def ensure(out: TextIO = sys.stderr) -> str:
    """The name of the base image in the builder's store, made when it is not there."""
    codename = platform.freedesktop_os_release()["VERSION_CODENAME"]
    recipe = f"{codename} {platform.machine()} {' '.join(PACKAGES)}"
    image = f"localhost/leeboard/python:{codename}-{hashlib.sha256(recipe.encode()).hexdigest()[:8]}"
    with exclusive("base-image"):
        if not buildah.exists(image):
            print(f"  making the base image {image}", file=out, flush=True)
            _make(codename, image)
    return image


def sources(listed: str, codename: str) -> str:
    """The lines of a sources.list for a release, from ``apt-get indextargets``. Raises NoMirror.

    Each listed line is a site, the codename and the component of one index of packages.
    """
    lines = set()
    for line in listed.splitlines():
        site, suite, component = line.split()
        if component == "main" and (suite == codename or suite.startswith(f"{codename}-")):
            lines.add(f"deb {site} {suite} main")
    if not any(line.split()[2] == codename for line in lines):
        raise NoMirror(f"apt names no mirror for {codename} main: add one to its sources")
    return "".join(f"{line}\n" for line in sorted(lines))


def _make(codename: str, image: str) -> None:
    query = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT)", "Created-By: Packages"]
    listed = subprocess.run(query, check=True, capture_output=True, text=True, timeout=60).stdout
    with tempfile.TemporaryDirectory(prefix="leeboard-base-") as folder:
        archive = Path(folder) / "root.tar"
        command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}"]
        done = subprocess.run(
            [*command, codename, str(archive), "-"],
            input=sources(listed, codename),
            text=True,
            capture_output=True,
            check=False,
            timeout=900,
        )
        if done.returncode != 0:
            raise buildah.BuildFailed(f"mmdebstrap: {done.stderr[-2000:]}")
        buildah.commit_root(archive, image)
