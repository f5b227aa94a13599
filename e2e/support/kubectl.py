"""kubectl as a program, with its answers as Python values."""

import json
import os
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Document = dict[str, Any]


class KubectlError(RuntimeError):
    """kubectl ended with an error; the text is its standard error."""


@dataclass(frozen=True)
class Kubectl:
    """Runs one kubectl binary against one cluster, in one namespace; with "" for it, in each document's own."""

    binary: Path
    kubeconfig: Path
    namespace: str = "default"

    def __call__(self, *args: str, input: str | None = None, timeout: float = 120) -> str:
        """Run kubectl and return its standard output. Raises KubectlError."""
        where = ["--namespace", self.namespace] if self.namespace else []
        command = [str(self.binary), "--kubeconfig", str(self.kubeconfig), *where, *args]
        try:
            done = subprocess.run(
                command, input=input, text=True, capture_output=True, timeout=timeout, check=False, env=dict(os.environ)
            )
        except subprocess.TimeoutExpired as error:
            raise KubectlError(f"kubectl {' '.join(args)}: no answer within {timeout:.0f} s") from error
        if done.returncode != 0:
            raise KubectlError(f"kubectl {' '.join(args)}: {done.stderr.strip()}")
        return done.stdout

    def apply(self, *documents: Document) -> str:
        """Client-side apply, as a user does it."""
        return self("apply", "-f", "-", input="\n---\n".join(map(json.dumps, documents)))

    def get(self, kind: str, name: str) -> Document | None:
        """One object, or None where there is none."""
        text = self("get", kind, name, "-o", "json", "--ignore-not-found")
        found: Document | None = json.loads(text) if text.strip() else None
        return found

    def all(self, kind: str, selector: str | None = None) -> list[Document]:
        """All objects of a kind in the namespace."""
        more: Iterable[str] = ("-l", selector) if selector else ()
        items: list[Document] = json.loads(self("get", kind, "-o", "json", *more))["items"]
        return items

    def established(self, *definitions: str, seconds: float = 60) -> None:
        """Wait until definitions are served, all of them where none is named. Raises KubectlError after `seconds`.

        kubectl itself refuses to wait for one that has no status yet, as is so for a moment on a busy machine.
        """
        ends = time.monotonic() + seconds
        named = [f"crd/{one}" for one in definitions] or ["crd", "--all"]
        while True:
            try:
                self("wait", "--for=condition=Established", f"--timeout={seconds:.0f}s", *named)
                return
            except KubectlError as error:
                if "accessor error" not in str(error) or time.monotonic() > ends:
                    raise
            time.sleep(0.2)

    def reasons(self, kind: str, name: str) -> list[str]:
        """The reasons of the Events about one object, oldest first."""
        events = self.all("events")
        mine = [e for e in events if e["involvedObject"]["kind"] == kind and e["involvedObject"]["name"] == name]
        return [e["reason"] for e in sorted(mine, key=lambda e: str(e.get("firstTimestamp") or e.get("eventTime")))]
