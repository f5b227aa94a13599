"""Files of Go modules, such as definitions of other projects' kinds, from the Go command's own cache."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TextIO

from e2e.cluster import toolchain

PROMETHEUS_OPERATOR = "github.com/prometheus-operator/prometheus-operator@v0.85.0"


def files_of(module: str, out: TextIO = sys.stderr) -> Path:
    """The folder of a module at a version, fetched where it is not there yet. Raises subprocess.CalledProcessError."""
    command = [toolchain.go(out), "mod", "download", "-json", module]
    environment = {**os.environ, "GOFLAGS": ""}
    # outside of any module of ours, whose go.sum does not know this one
    done = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=True, timeout=600)
    return Path(json.loads(done.stdout)["Dir"])
