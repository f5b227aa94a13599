"""What is in the image that serves, as the node pulls it: how large it is, what it holds, and as whom it runs."""

import json
import re
import urllib.request
from pathlib import Path

import pytest

from e2e.cluster import images
from e2e.cluster.lifecycle import Cluster
from e2e.scenarios.test_cluster import container
from e2e.support.installation import Images
from e2e.support.kubectl import Kubectl

pytestmark = pytest.mark.node
EXPLANATION = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "serving.md"
TOOLS_TO_BUILD = ("gcc", "cc", "g++", "c++", "clang", "as", "ld", "make", "cmake", "go", "rustc")
WHAT_IS_THERE = """
import json, os, pathlib, shutil, sys
size = sum(file.stat().st_blocks * 512 for file in pathlib.Path("/opt/leeboard").rglob("*") if file.is_file())
try:
    pathlib.Path("/opt/leeboard/written").touch()
    writable = True
except OSError:
    writable = False
print(json.dumps({
    "user": os.getuid(), "writable": writable, "bytes": size,
    "tools": [name for name in sys.argv[1:] if shutil.which(name)],
}))
"""


def pulled_bytes(cluster: Cluster, image: str) -> int:
    """What a node that has no layer yet pulls for an image: the compressed bytes of all its layers."""
    name, digest = image.removeprefix(f"{cluster.registry.pull}/").split("@")
    request = urllib.request.Request(f"http://{cluster.registry.push}/v2/{name}/manifests/{digest}")
    request.add_header("Accept", ", ".join(images.MANIFESTS))
    with urllib.request.urlopen(request, timeout=30) as answer:
        return sum(layer["size"] for layer in json.load(answer)["layers"])


def test_what_a_node_pulls_is_what_the_documents_say(cluster: Cluster, installed: Images) -> None:
    (said,) = re.findall(r"(\d+) MB together", EXPLANATION.read_text(encoding="utf-8"))
    assert pulled_bytes(cluster, installed.serving) / 1e6 == pytest.approx(int(said), rel=0.05)


def test_it_holds_no_compiler_and_runs_as_nobody(restricted: Kubectl, installed: Images) -> None:
    one = container(installed.serving) | {"command": ["python", "-c", WHAT_IS_THERE, *TOOLS_TO_BUILD]}
    del one["readinessProbe"]
    spec = {"automountServiceAccountToken": False, "restartPolicy": "Never", "containers": [one]}
    restricted.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "what-is-there"}, "spec": spec})
    restricted("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/what-is-there", "--timeout=120s", timeout=150)
    found = json.loads(restricted("logs", "what-is-there"))
    assert found["bytes"] < 1.1e9
    assert {key: found[key] for key in ("user", "writable", "tools")} == {"user": 65532, "writable": False, "tools": []}
