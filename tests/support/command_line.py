"""The leeboard command as a process, with a kubeconfig of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Leeboard:
    """The command in one namespace."""

    def __init__(self, kubeconfig: Path, namespace: str, **environment: str) -> None:
        self._namespace = namespace
        inherited = {name: value for name, value in os.environ.items() if name not in ("KUBECONFIG", "PYTHONPATH")}
        own = {"KUBECONFIG": str(kubeconfig), "PYTHONPATH": str(ROOT / "operator")}
        self.environment = {**inherited, **own, **environment}

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Begin it; whoever does waits for its end."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
        command = [sys.executable, "-m", "leeboard.cli", "-n", self._namespace, *arguments]
        return subprocess.Popen(command, env=self.environment, **options)

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=240)
        assert "Traceback" not in err, err
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def done(self, *arguments: str) -> str:
        """What it prints; it has to succeed."""
        ended = self(*arguments)
        assert ended.returncode == 0, (arguments, ended.returncode, ended.stdout, ended.stderr)
        return ended.stdout

    def document(self, *arguments: str) -> Any:
        """What it says as JSON."""
        return json.loads(self.done(*arguments, "-o", "json"))

    def refused(self, *arguments: str, status: int = 3) -> str:
        """What it says where it is refused."""
        ended = self(*arguments)
        assert ended.returncode == status, (arguments, ended.returncode, ended.stdout, ended.stderr)
        return ended.stdout + ended.stderr
