"""The chart, installed by Helm on a control plane, and the operator as a process under its own ServiceAccount."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from e2e.cluster.binaries import binary
from e2e.cluster.control_plane import ControlPlane, free_port

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "leeboard"
SYSTEM = "leeboard-system"
# Longer than in production, so that a busy machine takes the lead from nobody; see `forget_lease`.
LEASE = {
    "LEEBOARD_NAMESPACE": SYSTEM,
    "LEEBOARD_LEASE_DURATION": "60s",
    "LEEBOARD_LEASE_RENEW_DEADLINE": "50s",
    "LEEBOARD_LEASE_RETRY_PERIOD": "1s",
}
IMAGES = {"LEEBOARD_RUNTIME_IMAGE": "registry.example/runtime:1", "LEEBOARD_SERVER_IMAGE": "registry.example/server:1"}


class HelmError(RuntimeError):
    """Helm ended with an error; the text is its output."""


def helm(*args: str, kubeconfig: Path | None = None) -> str:
    """Run Helm and return its standard output. Raises HelmError."""
    where = ["--kubeconfig", str(kubeconfig)] if kubeconfig else []
    with tempfile.TemporaryDirectory() as home:
        folders = {f"HELM_{name}_HOME": f"{home}/{name.lower()}" for name in ("CACHE", "CONFIG", "DATA")}
        command = [str(binary("helm")), *args, *where]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **folders}
        )
    if done.returncode != 0:
        raise HelmError(done.stdout + done.stderr)
    return done.stdout


def install(plane: ControlPlane, *settings: str, release: str = "leeboard") -> str:
    """Install or upgrade the chart; `settings` are Helm's own options."""
    return helm(
        *("upgrade", "--install", release, str(CHART), "--namespace", SYSTEM, "--create-namespace", *settings),
        kubeconfig=plane.kubeconfig,
    )


def forget_lease(plane: ControlPlane) -> None:
    """Let the next operator lead at once, although the one before was killed and could not release its lease."""
    plane.client(SYSTEM)("delete", "lease", "leeboard-operator", "--ignore-not-found")


def service_account_kubeconfig(plane: ControlPlane, name: str, folder: Path, *, namespace: str = SYSTEM) -> Path:
    """A kubeconfig that holds nothing but a token of that ServiceAccount, good for three hours."""
    token = plane.client(namespace)("create", "token", name, "--duration=3h").strip()
    config = yaml.safe_load(plane.kubeconfig.read_text(encoding="utf-8"))
    config["users"] = [{"name": user["name"], "user": {"token": token}} for user in config["users"]]
    path = folder / f"{name}.kubeconfig"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


class OperatorProcess:
    """A context manager: `python -m leeboard.edge` against a control plane, with the rights of its chart.

    It begins when this process leads, or with `standby` when it waits for another to stop leading.
    """

    MODULE, ACCOUNT = "leeboard.edge", "leeboard-operator"

    def __init__(self, plane: ControlPlane, folder: Path, *, standby: bool = False, **environment: str) -> None:
        self.port = free_port()
        own = folder / f"operator-{self.port}"
        own.mkdir()
        self._kubeconfig = service_account_kubeconfig(plane, self.ACCOUNT, own)
        self._log = own / "log"
        self._environment = environment
        self._standby = standby

    def __enter__(self) -> Self:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("LEEBOARD_", "KUBE"))}
        environment = {
            **inherited,
            **IMAGES,
            **LEASE,
            "LEEBOARD_POD_NAME": f"operator-{self.port}",
            "KUBECONFIG": str(self._kubeconfig),
            "PYTHONPATH": str(ROOT / "operator"),
            "LEEBOARD_PROBE_PORT": str(self.port),
            **self._environment,
        }
        with self._log.open("wb") as sink:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.MODULE], stdout=sink, stderr=subprocess.STDOUT, env=environment
            )
        eventually(self._ready, "the operator is ready", self.log)
        return self

    def _ready(self) -> bool:
        if self._process.poll() is not None:
            raise AssertionError(f"the operator ended with {self._process.returncode}:\n{self.log()[-6000:]}")
        return self._serves()

    def _serves(self) -> bool:
        return self.standby() if self._standby else self.leads()

    @property
    def credential(self) -> str:
        """The id of its token, by which the API server's audit log names it."""
        token = yaml.safe_load(self._kubeconfig.read_text(encoding="utf-8"))["users"][0]["user"]["token"]
        claims = str(token).split(".")[1]
        identifier: str = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["jti"]
        return identifier

    def leads(self) -> bool:
        """Whether it leads and has listed everything."""
        return self.probe("/readyz") == (200, "leads\n")

    def standby(self) -> bool:
        """Whether it waits, and could read the lease."""
        status, text = self.probe("/readyz")
        return status == 200 and text.startswith("standby")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(timeout=10)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def stop(self) -> int:
        """SIGTERM, as kubelet sends it; gives the exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=30)

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def ended(self) -> int | None:
        """The exit status, or None while it runs."""
        return self._process.poll()

    def kill(self) -> None:
        """SIGKILL: a crash."""
        self._process.kill()
        self._process.wait(timeout=10)

    def log(self) -> str:
        """What it wrote so far."""
        return self._log.read_text(encoding="utf-8")

    def problems(self) -> list[dict[str, Any]]:
        """Its log lines of level WARNING and above."""
        lines = [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]
        return [line for line in lines if line["level"] not in ("DEBUG", "INFO")]

    def probe(self, path: str) -> tuple[int, str]:
        """Status and text of an HTTP path; status 0 where nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""


class EvaluatorProcess(OperatorProcess):
    """The same with `python -m leeboard.evaluator.service`."""

    MODULE, ACCOUNT = "leeboard.evaluator.service", "leeboard-evaluator"

    def _serves(self) -> bool:
        return self.probe("/readyz")[0] == 200


def eventually(holds: Callable[[], Any], what: str, explain: Callable[[], str] = str, *, seconds: float = 60) -> Any:
    """Wait until something holds, and give it. Fails with an explanation when it never does."""
    deadline = time.monotonic() + seconds
    while True:
        result = holds()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}\n{explain()[-6000:]}")
        time.sleep(0.1)
