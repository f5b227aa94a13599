"""The base image: the machine's own Debian release with Python, from the machine's own mirror."""

import hashlib
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TextIO

from e2e.cluster import buildah, debian
from e2e.cluster.building import BuildFailed
from e2e.cluster.cache import exclusive

PACKAGES = ("ca-certificates", "git", "libgomp1", "python3", "python3-venv", "python3-pip")
# what belongs to the machine that made the image does not stay in it
CLEAN = 'cd "$1/etc" && rm -f hostname resolv.conf && : > apt/sources.list'


def ensure(out: TextIO = sys.stderr) -> str:
    """The name of the base image in the builder's store, made when it is not there."""
    codename = debian.codename()
    recipe = f"{codename} {platform.machine()} {' '.join(PACKAGES)} {CLEAN}"
    image = f"localhost/leeboard/python:{codename}-{hashlib.sha256(recipe.encode()).hexdigest()[:8]}"
    with exclusive("base-image"):
        if not buildah.exists(image):
            print(f"  making the base image {image}", file=out, flush=True)
            _make(image)
    return image


def _make(image: str) -> None:
    with tempfile.TemporaryDirectory(prefix="leeboard-base-") as folder:
        archive = Path(folder) / "root.tar"
        command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}"]
        done = subprocess.run(
            [*command, f"--customize-hook={CLEAN}", debian.codename(), str(archive), "-"],
            input=debian.machine_sources(),
            text=True,
            capture_output=True,
            check=False,
            timeout=900,
        )
        if done.returncode != 0:
            raise BuildFailed(f"mmdebstrap: {done.stderr[-2000:]}")
        buildah.commit_root(archive, image)
