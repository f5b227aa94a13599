"""Sources of Go modules, for what is read from them and not built: definitions of other projects' kinds."""

import json
import subprocess
import sys
from pathlib import Path
from typing import TextIO

from e2e.cluster import toolchain
from e2e.cluster.building import BuildFailed

SECONDS = 600


def module(path: str, version: str, out: TextIO = sys.stderr) -> Path:
    """The folder of a module's source in Go's own cache, downloaded when it is not there. Raises BuildFailed."""
    command = [toolchain.go(out), "mod", "download", "-json", f"{path}@{version}"]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, timeout=SECONDS)
    if done.returncode != 0:
        raise BuildFailed(f"{path}@{version}: {(done.stdout + done.stderr)[-3000:]}")
    return Path(json.loads(done.stdout)["Dir"])
