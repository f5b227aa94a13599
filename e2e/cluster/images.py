"""Container images: built by buildah, kept in the cache, pushed to the cluster's registry."""

import hashlib
import json
import shutil
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from e2e.cluster import base_image, build_context, buildah, settings
from e2e.cluster.binaries import binary
from e2e.cluster.cache import exclusive
from e2e.cluster.place import Place

IMAGES = Path(__file__).resolve().parents[1] / "images"
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


@dataclass(frozen=True)
class Registry:
    """Where images are pushed to, and by which name nodes pull them; `plain` is HTTP without TLS.

    A registry with TLS is somebody's own: buildah finds its credentials where `docker login` leaves them.
    """

    push: str
    pull: str
    plain: bool = False

    def path(self, name: str) -> str:
        """An image's path: many registries of others have no folders below a team's."""
        return name if self.plain else name.replace("/", "-")


def registry_of(place: Place) -> Registry:
    """The cluster's own registry."""
    return Registry(f"{place.node_address}:{settings.REGISTRY_PORT}", settings.REGISTRY, plain=True)


def ensure_base(out: TextIO = sys.stderr) -> str:
    """The Python base image in the builder's store, made when it is not there; its name is for ``FROM``."""
    return base_image.ensure(out)


def build(
    registry: Registry,
    containerfile: Path,
    context: Path,
    name: str,
    build_args: Mapping[str, str] | None = None,
    *,
    include: Sequence[str] = (".",),
    out: TextIO = sys.stderr,
) -> str:
    """Build an image and push it; returns ``<registry>/<name>@sha256:…`` as pods pull it.

    The context is what git would commit of ``include`` below ``context``. Its hash, with the Containerfile's and the
    arguments', names the image: an unchanged tree builds nothing. Raises building.BuildFailed.
    """
    arguments = dict(build_args or {})
    with tempfile.TemporaryDirectory(prefix="leeboard-context-") as staged:
        digest = build_context.stage(context, include, Path(staged))
        return _build(registry, containerfile, Path(staged), name=name, arguments=arguments, digest=digest, out=out)


def ensure_pause(place: Place) -> None:
    """The image that keeps a pod's namespaces, under the name that containerd is configured with."""
    program = binary("pause")
    name, tag = settings.PAUSE.removeprefix(f"{settings.REGISTRY}/").rsplit(":", 1)
    with tempfile.TemporaryDirectory(prefix="leeboard-context-") as staged:
        shutil.copy2(program, Path(staged) / "pause")
        digest = hashlib.sha256(program.read_bytes()).hexdigest()
        containerfile = IMAGES / "pause" / "Containerfile"
        registry, out = registry_of(place), sys.stderr
        _build(registry, containerfile, Path(staged), name=name, arguments={}, digest=digest, out=out, tag=tag)


def build_of_files(
    registry: Registry,
    containerfile: Path,
    files: Mapping[str, Path],
    name: str,
    build_args: Mapping[str, str],
    *,
    out: TextIO = sys.stderr,
) -> str:
    """As `build`, from these files, wherever they lie, by the names that they have in the context."""
    digest = hashlib.sha256()
    with tempfile.TemporaryDirectory(prefix="leeboard-context-") as staged:
        for file, source in files.items():
            shutil.copy2(source, Path(staged) / file)
            digest.update(f"{file}\0".encode() + hashlib.sha256(source.read_bytes()).digest())
        found, arguments = digest.hexdigest(), dict(build_args)
        return _build(registry, containerfile, Path(staged), name=name, arguments=arguments, digest=found, out=out)


def test_image(place: Place, out: TextIO = sys.stderr) -> str:
    """A small image with Python, for trying the cluster."""
    folder = IMAGES / "test"
    return build(
        registry_of(place), folder / "Containerfile", folder, "leeboard/test", {"BASE": ensure_base(out)}, out=out
    )


def _build(
    registry: Registry,
    containerfile: Path,
    context: Path,
    *,
    name: str,
    arguments: Mapping[str, str],
    digest: str,
    out: TextIO,
    tag: str | None = None,
) -> str:
    recipe = json.dumps([containerfile.read_text(encoding="utf-8"), dict(arguments), digest], sort_keys=True)
    key = tag or hashlib.sha256(recipe.encode()).hexdigest()[:16]
    path = registry.path(name)
    with exclusive(f"image-{name.replace('/', '-')}"):
        # what another's registry has is not asked: pushing what is there sends nothing
        pushed = _pushed(registry.push, path, key) if registry.plain else None
        if pushed is None:
            local = f"localhost/{name}:{key}"
            if not buildah.exists(local):
                buildah.build(containerfile, context, local, arguments, out)
            pushed = buildah.push(local, f"{registry.push}/{path}:{key}", plain=registry.plain, out=out)
    return f"{registry.pull}/{path}@{pushed}"


def _pushed(host: str, name: str, tag: str) -> str | None:
    """The digest that the registry has under a tag, or None."""
    request = urllib.request.Request(f"http://{host}/v2/{name}/manifests/{tag}", method="HEAD")
    request.add_header("Accept", ", ".join(MANIFESTS))
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return str(answer.headers["Docker-Content-Digest"])
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise
