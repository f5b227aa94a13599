"""A real Alertmanager beside a test, which passes on what it is told to a webhook of the test's."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from e2e.cluster.control_plane import free_port
from e2e.cluster.prometheus import program
from tests.support.installation import eventually

Raw = dict[str, Any]


class AlertmanagerServer:
    """A context manager. Every alert is a group of its own, and passed on within a second of a change."""

    def __init__(self, folder: Path, receiver: str) -> None:
        self._folder, self._port = folder, free_port()
        self.address = f"http://127.0.0.1:{self._port}"
        route = {"receiver": "test", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s"}
        receivers = [{"name": "test", "webhook_configs": [{"url": receiver, "send_resolved": True}]}]
        configuration = {"route": route, "receivers": receivers}
        (folder / "alertmanager.yaml").write_text(yaml.safe_dump(configuration), encoding="utf-8")

    def __enter__(self) -> Self:
        binary = program("prometheus-alertmanager")
        command = [
            str(binary),
            f"--config.file={self._folder / 'alertmanager.yaml'}",
            f"--storage.path={self._folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self._port}",
            "--cluster.listen-address=",
            "--log.level=debug",
        ]
        with (self._folder / "alertmanager.log").open("ab") as sink:
            unpacked = binary.parents[2]
            self._process = subprocess.Popen(command, stdout=sink, stderr=subprocess.STDOUT, cwd=unpacked)
        eventually(self._answers, "Alertmanager answers", self.log)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait(timeout=10)

    def log(self) -> str:
        """What it wrote so far."""
        return (self._folder / "alertmanager.log").read_text(encoding="utf-8")

    def alerts(self) -> list[Raw]:
        """The alerts that are open."""
        with urllib.request.urlopen(f"{self.address}/api/v2/alerts", timeout=10) as answer:  # noqa: S310 - our own
            found: list[Raw] = json.loads(answer.read())
        return found

    def _answers(self) -> bool:
        try:
            return self.alerts() == []
        except OSError:
            return False
