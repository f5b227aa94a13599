"""The cluster's image registry as a client of its HTTP interface."""

import hashlib
import json
import urllib.request

from e2e.cluster.lifecycle import Cluster

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def relabelled(cluster: Cluster, image: str, **annotations: str) -> str:
    """Another image of the same layers: `image` with annotations, and so with another digest; its name by digest."""
    name, _, digest = image.rpartition("@")
    repository = name.partition("/")[2]
    root = f"http://{cluster.endpoints['registry']['host']}/v2/{repository}/manifests"
    request = urllib.request.Request(f"{root}/{digest}", headers={"Accept": MANIFEST})
    with urllib.request.urlopen(request, timeout=30) as answer:
        manifest = json.load(answer)
    data = json.dumps(manifest | {"annotations": manifest.get("annotations", {}) | annotations}).encode()
    changed = "sha256:" + hashlib.sha256(data).hexdigest()
    put = urllib.request.Request(f"{root}/{changed}", data=data, method="PUT", headers={"Content-Type": MANIFEST})
    with urllib.request.urlopen(put, timeout=30) as answer:
        assert answer.headers["Docker-Content-Digest"] == changed
    return f"{name}@{changed}"
