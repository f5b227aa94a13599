"""Container images: built by buildah, kept in the cache, pushed to the cluster's registry."""

import hashlib
import json
import shutil
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
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


def ensure_base(out: TextIO = sys.stderr) -> str:
    """The Python base image in the builder's store, made when it is not there; its name is for ``FROM``."""
    return base_image.ensure(out)


def build(
    place: Place,
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
        return _build(place, containerfile, Path(staged), name=name, arguments=arguments, digest=digest, out=out)


def ensure_pause(place: Place) -> None:
    """The image that keeps a pod's namespaces, under the name that containerd is configured with."""
    program = binary("pause")
    name, tag = settings.PAUSE.removeprefix(f"{settings.REGISTRY}/").rsplit(":", 1)
    with tempfile.TemporaryDirectory(prefix="leeboard-context-") as staged:
        shutil.copy2(program, Path(staged) / "pause")
        digest = hashlib.sha256(program.read_bytes()).hexdigest()
        containerfile = IMAGES / "pause" / "Containerfile"
        _build(place, containerfile, Path(staged), name=name, arguments={}, digest=digest, out=sys.stderr, tag=tag)


def test_image(place: Place, out: TextIO = sys.stderr) -> str:
    """A small image with Python, for trying the cluster."""
    folder = IMAGES / "test"
    return build(place, folder / "Containerfile", folder, "leeboard/test", {"BASE": ensure_base(out)}, out=out)


def _build(
    place: Place,
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
    host = f"{place.node_address}:{settings.REGISTRY_PORT}"
    with exclusive(f"image-{name.replace('/', '-')}"):
        pushed = _pushed(host, name, key)
        if pushed is None:
            local = f"localhost/{name}:{key}"
            if not buildah.exists(local):
                buildah.build(containerfile, context, local, arguments, out)
            pushed = buildah.push(local, f"{host}/{name}:{key}")
    return f"{settings.REGISTRY}/{name}@{pushed}"


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
