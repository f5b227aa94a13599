"""Builds the programs of the cluster from Go modules, once for each version, into the user's cache."""

import hashlib
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from e2e.cluster import toolchain
from e2e.cluster.building import run
from e2e.cluster.cache import cache, exclusive

GO_MODULES = Path(__file__).parent / "go"


@dataclass(frozen=True)
class Program:
    """A Go program: a module of our own below ``go/``, an installable package with its version, or both.

    Both: the package is built with the versions that our module asks for; its own cannot be installed as it is.
    """

    name: str
    package: str = ""
    version: str = ""
    module: str = ""
    flags: str = "-s -w"

    @property
    def key(self) -> str:
        """What the cached binary is named by: everything that decides its bytes."""
        digest = hashlib.sha256(f"{self.package}@{self.version} {self.flags}".encode())
        if self.module:
            folder = GO_MODULES / self.module
            for path in (folder / "go.mod", folder / "go.sum", *sorted(folder.glob("*.go"))):
                digest.update(path.read_bytes())
        return digest.hexdigest()[:12]


KUBERNETES = "v1.35.4"
OLDEST_KUBERNETES = "v1.33.13"
"""Of the oldest minor version that is supported there is the API server alone, for what its schemas and rules do."""
_STAMP = "-s -w -X k8s.io/component-base/version.gitVersion="
PROGRAMS = {
    program.name: program
    for program in (
        Program("kube", version=KUBERNETES, module="kube", flags=_STAMP + KUBERNETES),
        Program("kube-apiserver", version=OLDEST_KUBERNETES, module="apiserver", flags=_STAMP + OLDEST_KUBERNETES),
        Program("pause", module="pause"),
        Program("containerd", "github.com/containerd/containerd/v2/cmd/containerd", "v2.4.2"),
        Program("containerd-shim-runc-v2", "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2", "v2.4.2"),
        Program("versitygw", "github.com/versity/versitygw/cmd/versitygw", "v1.8.0"),
        Program("coredns", "github.com/coredns/coredns", "v1.15.0"),
        Program("registry", "github.com/distribution/distribution/v3/cmd/registry", "v3.0.0"),
        Program("helm", "helm.sh/helm/v4/cmd/helm", "v4.3.1"),
        Program("gitops", module="gitops"),
        # fake nodes: only what measures at scale needs it
        Program("kwok", "sigs.k8s.io/kwok/cmd/kwok", "v0.8.0"),
        # what rollouts are measured beside
        Program(
            "rollouts-controller",
            "github.com/argoproj/argo-rollouts/cmd/rollouts-controller",
            "v1.9.1",
            module="rollouts",
        ),
        # the controller of a Gateway: only what sends requests through one needs it
        Program("contour", "github.com/projectcontour/contour/cmd/contour", "v1.33.8"),
    )
}


def binary(name: str, out: TextIO = sys.stderr) -> Path:
    """The path of a program, built when it is not in the cache yet. Raises BuildFailed."""
    program = PROGRAMS[name]
    place = cache() / "bin" / f"{program.name}-{program.key}"
    if place.is_file():
        return place
    with exclusive(program.name):
        if not place.is_file():
            _build(program, place, out)
    return place


def _build(program: Program, place: Path, out: TextIO) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    work = place.with_suffix(f".{os.getpid()}")
    work.mkdir()
    try:
        go = toolchain.go(out)
        environment = {**os.environ, "CGO_ENABLED": "0"}
        if program.module:
            folder = GO_MODULES / program.module
            package = program.package or "."
            command = [go, "build", "-ldflags", program.flags, "-o", str(work / program.name), package]
        else:
            folder = work
            environment |= {"GOBIN": str(work), "GOFLAGS": ""}
            command = [go, "install", "-ldflags", program.flags, f"{program.package}@{program.version}"]
        what = f"building {program.name} {program.version}".rstrip()
        run(command, what, out, folder=folder, environment=environment)
        (work / program.name).rename(place)
    finally:
        shutil.rmtree(work)
