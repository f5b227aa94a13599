"""Records what a real node writes of pods that do not work: ``python -m e2e.scenarios.recorded_pods [title …]``.

Each becomes a file below `tests/support/recorded_pods`, on which the planners are tested without a node.
"""

import json
import sys
from datetime import datetime
from pathlib import Path

from e2e.cluster import images, lifecycle
from e2e.scenarios.failing_pod_catalogue import catalogue
from e2e.scenarios.failing_pods import FailingPod, applied, wait_told
from e2e.support.kubectl import Document
from e2e.support.waiting import NotReached
from leeboard.planning.conditions import timestamp

ROOT = Path(__file__).resolve().parents[2]
RECORDED = ROOT / "tests" / "support" / "recorded_pods"
_ADDRESSES = ("hostIP", "hostIPs", "podIP", "podIPs")
_METADATA = ("name", "uid", "labels", "creationTimestamp", "deletionTimestamp")


def main() -> int:
    """Record all of them that are told of as they have to be, on the node that runs; 0 when all were."""
    cluster = lifecycle.running(ROOT / "build" / "cluster")
    if cluster is None:
        print("no cluster runs: make cluster", file=sys.stderr)
        return 1
    version = json.loads(cluster.kubectl()("version", "-o", "json"))["serverVersion"]["gitVersion"]
    found = catalogue(images.test_image(cluster.place), cluster.endpoints["registry"]["cluster"])
    pods = [one for one in found if one.title in sys.argv[1:] or not sys.argv[1:]]
    RECORDED.mkdir(exist_ok=True)
    missing = 0
    with applied(cluster, pods) as kubectl:
        for failing in pods:
            try:
                written = wait_told(kubectl, failing)
            except NotReached as error:
                print(error, file=sys.stderr)
                missing += 1
                continue
            text = json.dumps({"kubernetes": version} | recording(failing, *written), indent=1, sort_keys=True)
            (RECORDED / f"{failing.name}.json").write_text(text + "\n", encoding="utf-8")
    return 1 if missing else 0


def recording(failing: FailingPod, pod: Document, events: list[Document], now: datetime) -> Document:
    """What a planner reads of the pod and of its warnings, and what it has to make of them."""
    return {
        "title": failing.title,
        "serves": failing.serves,
        "reason": str(failing.reason),
        "fact": failing.fact,
        "at": timestamp(now + failing.last_look),
        "pod": {
            "metadata": {name: value for name, value in pod["metadata"].items() if name in _METADATA},
            "status": {name: value for name, value in pod["status"].items() if name not in _ADDRESSES},
        },
        "events": [{name: one[name] for name in ("reason", "note")} for one in events],
    }


if __name__ == "__main__":
    sys.exit(main())
