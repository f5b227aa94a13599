"""Files of this machine inside a pod, and back, by ``kubectl exec`` and tar, as ``kubectl cp`` does it."""

import io
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from e2e.support.kubectl import Kubectl, KubectlError


@dataclass(frozen=True)
class PodFiles:
    """The files of a Deployment's pod. Every method raises KubectlError."""

    kubectl: Kubectl
    deployment: str

    def command(self, *args: str) -> list[str]:
        """The command line that runs a command in the pod, with its standard input."""
        where = ["--kubeconfig", str(self.kubectl.kubeconfig), "--namespace", self.kubectl.namespace]
        return [str(self.kubectl.binary), *where, "exec", "-i", f"deployment/{self.deployment}", "--", *args]

    def put(self, folder: str, files: Mapping[str, Path]) -> None:
        """Store files or whole folders below a folder of the pod, by their names there."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for name, source in files.items():
                tar.add(source, arcname=name)
        # owner and times are the pod's own: it is no root
        self._run("tar", "--extract", "--no-same-owner", "--touch", "--directory", folder, input=archive.getvalue())

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        return self._run("cat", path)

    def _run(self, *args: str, input: bytes = b"") -> bytes:
        done = subprocess.run(self.command(*args), input=input, capture_output=True, check=False, timeout=300)
        if done.returncode != 0:
            raise KubectlError(f"{args[0]} in {self.deployment}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout
