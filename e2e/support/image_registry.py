"""The cluster's image registry as a client of its HTTP interface."""

import hashlib
import json
import urllib.parse
import urllib.request
from typing import Any

from e2e.cluster.lifecycle import Cluster

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def relabelled(cluster: Cluster, image: str, **labels: str) -> str:
    """Another image of the same layers: `image` with more labels, and so with another digest; its name by digest.

    The labels stand in the image's configuration: a node takes images of one configuration for one image.
    """
    name, _, digest = image.rpartition("@")
    root = f"http://{cluster.endpoints['registry']['host']}/v2/{name.partition('/')[2]}"
    manifest = _get(f"{root}/manifests/{digest}", MANIFEST)
    configuration = _get(f"{root}/blobs/{manifest['config']['digest']}", "*/*")
    settings = configuration.setdefault("config", {})
    settings["Labels"] = (settings.get("Labels") or {}) | labels
    data = json.dumps(configuration).encode()
    _upload(root, data)
    config = manifest["config"] | {"digest": _digest(data), "size": len(data)}
    changed = json.dumps(manifest | {"config": config}).encode()
    _send("PUT", f"{root}/manifests/{_digest(changed)}", changed, MANIFEST)
    return f"{name}@{_digest(changed)}"


def tagged(cluster: Cluster, image: str, tag: str) -> str:
    """Let a tag of the image's repository name the image, whatever it named before; gives the image's name by tag."""
    name, _, digest = image.rpartition("@")
    root = f"http://{cluster.endpoints['registry']['host']}/v2/{name.partition('/')[2]}"
    _send("PUT", f"{root}/manifests/{tag}", _read(f"{root}/manifests/{digest}", MANIFEST), MANIFEST)
    return f"{name}:{tag}"


def _upload(root: str, data: bytes) -> None:
    """A blob, in one piece."""
    place = _send("POST", f"{root}/blobs/uploads/", b"", "application/octet-stream")["Location"]
    address = urllib.parse.urljoin(f"{root}/", place)
    separator = "&" if "?" in address else "?"
    _send("PUT", f"{address}{separator}digest={_digest(data)}", data, "application/octet-stream")


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _get(url: str, accept: str) -> Any:
    return json.loads(_read(url, accept))


def _read(url: str, accept: str) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": accept}), timeout=30) as answer:
        data: bytes = answer.read()
        return data


def _send(method: str, url: str, data: bytes, kind: str) -> Any:
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.headers
