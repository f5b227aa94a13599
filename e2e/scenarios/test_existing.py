"""The demo's way onto a cluster that somebody has: tried on the project's node by nothing but its context."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from e2e.cluster.lifecycle import Cluster
from e2e.demo.traffic import Segment, Target, Traffic
from e2e.existing import cluster as existing
from e2e.existing import services
from e2e.existing.callers import InPod
from e2e.existing.cluster import ExistingCluster
from e2e.existing.programs import NotUsable
from e2e.support import installation
from e2e.support.buckets import Buckets
from e2e.support.git_project import GitProject
from e2e.support.kubectl import Kubectl
from e2e.support.narrator import Narrator

pytestmark = [pytest.mark.node, pytest.mark.without_leeboard]
CONTEXT = "leeboard"


@pytest.fixture(scope="module")
def somebodys(cluster: Cluster) -> Iterator[Path]:
    """The node's context in the environment, with its programs on the PATH, as a person has them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", str(cluster.kubeconfig))
        patch.setenv("PATH", f"{cluster.place.bin}{os.pathsep}{os.environ['PATH']}")
        yield cluster.place.folder.parent / "existing-scenario"


@pytest.fixture(scope="module")
def reached(cluster: Cluster, somebodys: Path) -> Iterator[ExistingCluster]:
    """The node as somebody's cluster: before Leeboard is on it, or the demo would refuse it."""
    with existing.connected(CONTEXT, cluster.registry, somebodys, Narrator(), ("team",)) as found:
        yield found


def test_data_and_code_come_to_where_pods_find_them(reached: ExistingCluster, tmp_path: Path) -> None:
    buckets = Buckets(reached)
    buckets.make("flights")
    buckets.put("flights", "train/2013-01/flights.parquet", b"rows")
    assert buckets.get("flights", "train/2013-01/flights.parquet") == b"rows"
    code = GitProject.begin(tmp_path / "tree", reached.repository("flights"), lambda: reached.published("flights"))
    commits = [code.commit({"train.py": f"print({number})\n"}, f"Number {number}") for number in (1, 2)]
    address = f"{reached.endpoints['git']['cluster']}/flights.git"
    listed = reached.kubectl(services.NAMESPACE)("exec", "deployment/s3", "--", "git", "ls-remote", address, "main")
    assert listed.split()[0] == commits[-1] != commits[0]


def test_callers_in_a_pod_are_counted_as_those_outside(
    cluster: Cluster, reached: ExistingCluster, tmp_path: Path
) -> None:
    # the Service of the git server answers every prediction with an error: each has to be counted as failed
    image = installation.build_images(cluster.registry).serving
    callers = InPod.begin(reached.open_callers(image))
    address = reached.kubectl(services.NAMESPACE).get("service", services.GIT)["spec"]["clusterIP"]
    rows = tmp_path / "rows.parquet"
    pd.DataFrame({"distance": [1.0, 2.0] * 50, "label": [0, 1] * 50}).to_parquet(rows)
    with Traffic(Target(url=f"http://{address}:80", model="m"), tmp_path / "state.json", where=callers) as traffic:
        traffic.start(Segment(name="wrong address", rows=rows, rate=100, rows_per_request=2, loop=True))
        time.sleep(2)
        during = traffic.counts().totals
        final = traffic.stop()
    assert 0 < during.requests <= final.totals.requests
    assert final.phase == "Stopped"
    assert final.totals.failed == final.totals.requests
    assert final.totals.in_flight == 0


def test_it_is_not_taken_twice_and_nothing_is_left(cluster: Cluster, reached: ExistingCluster, somebodys: Path) -> None:
    again = existing.connected(CONTEXT, cluster.registry, somebodys / "again", Narrator(), ("team",))
    with pytest.raises(NotUsable, match="an earlier demo is still there"), again:
        pass
    administrator: Kubectl = cluster.kubectl("")
    administrator.apply(installation.namespace("bystander"))
    existing.leave(CONTEXT, somebodys, Narrator(), ("team",))
    left = json.loads(administrator("get", "namespaces", "-o", "json"))["items"]
    names = {one["metadata"]["name"] for one in left}
    assert services.NAMESPACE not in names
    assert "bystander" in names
    administrator("delete", "namespace", "bystander", "--wait=false")


@pytest.mark.parametrize("taken", ["team", installation.SYSTEM_NAMESPACE])
def test_what_is_there_already_is_never_taken(cluster: Cluster, somebodys: Path, taken: str) -> None:
    administrator = cluster.kubectl("")
    administrator.apply(installation.namespace(taken))
    try:
        refused = existing.connected(CONTEXT, cluster.registry, somebodys, Narrator(), ("team",))
        with pytest.raises(NotUsable, match=f"namespace {taken} is there already"), refused:
            pass
        existing.leave(CONTEXT, somebodys, Narrator(), ("team",))
        assert administrator.get("namespace", taken) is not None
    finally:
        administrator("delete", "namespace", taken)
    assert administrator.get("namespace", services.NAMESPACE) is None
