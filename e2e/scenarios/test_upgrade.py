"""Leeboard itself is upgraded while a canary takes traffic: nobody who calls the model notices, and no step is lost."""

import subprocess
import time
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from e2e.cluster.lifecycle import Cluster
from e2e.demo.traffic import Traffic
from e2e.scenarios.steps import first_version, restarts, server_pods, trained_anew, usual_traffic
from e2e.scenarios.tenant import Tenant
from e2e.support import installation
from e2e.support.image_registry import relabelled, tagged
from e2e.support.installation import SYSTEM_NAMESPACE, Images
from e2e.support.kubectl import Document
from e2e.support.waiting import wait_for
from e2e.support.world import describe_rollout

pytestmark = [pytest.mark.node, pytest.mark.resilience]

STEPS = [{"weight": 20, "duration": "25s"}, {"weight": 35, "duration": "25s"}, {"weight": 50, "duration": "10s"}]
PLACE = "{.status.champion.name}|{.status.candidate.name}|{.status.candidate.phase}|{.status.candidate.step}"


TAG = "newest"
"""The server's image is named by a tag, and each release moves it."""


@pytest.fixture(scope="module")
def first_release(cluster: Cluster, installed: Images) -> Iterator[None]:
    """Leeboard with the server's image by tag; as it was in the end."""
    installation.install(cluster, installed, images__server=tagged(cluster, installed.serving, TAG))
    yield
    installation.install(cluster, installed)


@pytest.fixture(scope="module")
def first(tenant: Tenant, first_release: None) -> Document:
    """The first version, serving with two pods, with stages that outlast an upgrade."""
    model = tenant.model_object()["spec"]
    rollout = model["rollout"] | {"steps": STEPS}
    return first_version(tenant, rollout=rollout, serving=model["serving"] | {"replicas": 2})


@pytest.fixture(scope="module")
def traffic(tenant: Tenant, first: Document, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traffic]:
    """Flights as those that were trained on."""
    with usual_traffic(tenant, tmp_path_factory.mktemp("traffic")) as sent:
        yield sent


class Statuses:
    """Every state that the Model's status goes through, from a watch: none is skipped between two looks."""

    def __init__(self, tenant: Tenant, log: Path) -> None:
        kubectl = tenant.kubectl
        command = [str(kubectl.binary), "--kubeconfig", str(kubectl.kubeconfig), "--namespace", kubectl.namespace]
        command += ["get", "models.leeboard.dev", tenant.model, "--watch", "-o", f'jsonpath={PLACE}{{"\\n"}}']
        self._log = log
        with log.open("wb") as sink:
            self._process = subprocess.Popen(command, stdout=sink)

    def so_far(self) -> list[str]:
        """Places as `champion|candidate|phase|step`, each once in a row."""
        return [place for place, _ in groupby(self._log.read_text(encoding="utf-8").splitlines())]

    def end(self) -> list[str]:
        """Stop to watch."""
        assert self._process.poll() is None, "the watch has ended by itself"
        self._process.terminate()
        self._process.wait(timeout=10)
        return self.so_far()


def in_canary(tenant: Tenant, version: str) -> Document:
    """Wait until a version takes traffic in its first stage; gives the candidate."""

    def look() -> tuple[Document | None, str]:
        status = tenant.world.model()["status"]
        candidate = status.get("candidate") or {}
        shared = (candidate.get("name"), candidate.get("phase")) == (version, "Canary")
        return (candidate if shared and candidate.get("observedWeight") else None), describe_rollout(status)

    return wait_for("canary", look, seconds=240, narrator=tenant.world.narrator)


def operators(tenant: Tenant) -> dict[str, str]:
    """The operator's pods that are not ending: name to image."""
    pods = tenant.cluster.kubectl(SYSTEM_NAMESPACE).all("pods", "app.kubernetes.io/component=operator")
    there = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    return {pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"] for pod in there}


def leader(tenant: Tenant) -> str:
    """The name of the operator's pod that holds the lease."""
    lease = tenant.cluster.kubectl(SYSTEM_NAMESPACE).get("lease", "leeboard-operator")
    assert lease is not None
    return str(lease["spec"]["holderIdentity"]).rpartition("_")[0]


def upgrade(cluster: Cluster, installed: Images) -> Images:
    """A next release: images of another configuration and so of other digests, and the tag names the newest."""
    following = Images(*(relabelled(cluster, image, release="next") for image in installed))
    installation.install(cluster, following, images__server=tagged(cluster, following.serving, TAG))
    return following


def upgraded(tenant: Tenant, image: str) -> dict[str, str]:
    """Wait until two operators run the image and no other does, and one of them leads; gives them."""

    def look() -> tuple[dict[str, str] | None, str]:
        there, holder = operators(tenant), leader(tenant)
        done = list(there.values()) == [image, image] and holder in there
        return (there if done else None), f"{len(there)} operators, {holder} leads"

    return wait_for("operators of the next release", look, seconds=45, narrator=tenant.world.narrator)


def images_of(pods: list[Document]) -> set[str]:
    return {one["image"] for pod in pods for one in (*pod["spec"]["containers"], *pod["spec"]["initContainers"])}


def test_an_upgrade_under_a_canary_loses_no_step_and_restarts_no_champion(
    tenant: Tenant, first: Document, traffic: Traffic, tmp_path: Path
) -> None:
    champion = first["metadata"]["name"]
    candidate = trained_anew(tenant, '"30"', '"40"')["metadata"]["name"]
    statuses = Statuses(tenant, tmp_path / "statuses")
    in_canary(tenant, candidate)
    for version in (champion, candidate):
        assert images_of(server_pods(tenant, version)) == {tenant.images.serving}, "the tag is not pinned"
    before, old = {name: restarts(tenant, name) for name in (champion, candidate)}, operators(tenant)
    assert len(old) == 2
    assert leader(tenant) in old

    began = time.monotonic()
    next_release = upgrade(tenant.cluster, tenant.images)
    print(f"helm upgrade took {time.monotonic() - began:.0f} s")
    new = upgraded(tenant, next_release.operator)
    assert not set(new) & set(old)
    # still under the canary, so that it is the upgrade that is looked at, and not what came after it
    status = tenant.world.model()["status"]
    assert (status["champion"]["name"], status["candidate"]["name"]) == (champion, candidate), describe_rollout(status)
    assert restarts(tenant, champion) == before[champion]
    # a later stage may have brought the candidate a further pod
    assert before[candidate].items() <= restarts(tenant, candidate).items()
    for version in (champion, candidate):
        assert images_of(server_pods(tenant, version)) == {tenant.images.serving}

    tenant.world.wait_champion(candidate)
    assert before[candidate].items() <= restarts(tenant, candidate).items(), "promotion restarted a pod"
    counts = traffic.stop().totals
    assert counts.failed == 0, counts.failures
    assert counts.requests > 500
    seen = statuses.end()
    canary = [f"{champion}|{candidate}|Canary|{step}" for step in range(len(STEPS))]
    promoting = f"{champion}|{candidate}|Promoting|{len(STEPS) - 1}"
    assert seen[seen.index(canary[0]) :][: len(STEPS) + 2] == [*canary, promoting, f"{candidate}|||"]
    assert all(seen.count(place) == 1 for place in canary), seen
