"""The Debian packages that the cluster stands on, installed where they are missing."""

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import TextIO

NEEDED = (
    "buildah",
    "ca-certificates",
    "conntrack",
    "containernetworking-plugins",
    "git",
    "iproute2",
    "iptables",
    "mmdebstrap",
    "mount",
    "nftables",
    "openssl",
    "runc",
    "util-linux",
)
SHELLS = ("fish", "zsh")
"""In which tests press the tabulator."""


class NotInstalled(RuntimeError):
    """A package could not be installed; the text is the end of apt's output."""


def ensure(out: TextIO = sys.stderr, *, more: tuple[str, ...] = ()) -> list[str]:
    """Install what is missing and return its names; `more` beyond what the cluster needs. Raises NotInstalled."""
    return install((*NEEDED, *more), out)


def install(names: Sequence[str], out: TextIO = sys.stderr) -> list[str]:
    """Install those that are missing and return their names. Raises NotInstalled."""
    missing = [name for name in names if not _installed(name)]
    if missing:
        print(f"  installing {' '.join(missing)}", file=out, flush=True)
        _apt("update", "--quiet")
        _apt("install", "--yes", "--quiet", "--no-install-recommends", *missing)
    return missing


def _installed(name: str) -> bool:
    command = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", name]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stdout == "installed"


def _apt(*args: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # another apt may be at work: wait for its lock instead of failing
    command = ["apt-get", "-o", "DPkg::Lock::Timeout=600", *args]
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=1200
    )
    if done.returncode != 0:
        raise NotInstalled(f"apt-get {args[0]}: {done.stdout[-2000:]}")
