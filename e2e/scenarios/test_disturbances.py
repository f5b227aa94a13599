"""The loop while its own parts are killed and what it stands on starts anew: nothing is lost, nothing runs twice."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from e2e.cluster import disturbances
from e2e.demo.traffic import Traffic
from e2e.scenarios.steps import first_version, names, usual_traffic
from e2e.scenarios.tenant import CODE, Tenant
from e2e.support.installation import SYSTEM_NAMESPACE
from e2e.support.kubectl import Document, KubectlError
from e2e.support.waiting import wait_for
from e2e.support.world import condition

pytestmark = [pytest.mark.node, pytest.mark.resilience]

SEED = 20260302
PATIENT = {"deadline": "5m", "retries": 4, "cooldown": "1s", "maxRunsPerDay": 19}
"""Storage that is away, and a node that loses a pod, cost an attempt each."""
GIVEN_UP = 12
"""Seconds: callers wait 5 for an answer, the node remembers where it sent them for 5 more, and the proxy knows the
champion a moment later than its Model does."""
COMPONENT = "app.kubernetes.io/component"


@pytest.fixture(scope="module")
def first(tenant: Tenant) -> Document:
    """The first version, once it serves."""
    return first_version(tenant)


@pytest.fixture(scope="module")
def traffic(tenant: Tenant, first: Document, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traffic]:
    """Flights as those that were trained on."""
    with usual_traffic(tenant, tmp_path_factory.mktemp("traffic")) as sent:
        yield sent


def commit(tenant: Tenant, trees: str) -> None:
    """A changed script, and a TrainingJob that names it."""
    text = CODE.read_text(encoding="utf-8")
    assert '"30"' in text
    revision = tenant.code.commit({"train.py": text.replace('"30"', f'"{trees}"')}, f"Grow {trees} trees")
    code = tenant.training_job()["spec"]["code"] | {"revision": revision}
    tenant.kubectl.apply(tenant.training_job(code=code, limits=PATIENT))


def kill(tenant: Tenant, component: str) -> None:
    """SIGKILL to one of the component's pods."""
    system = tenant.cluster.kubectl(SYSTEM_NAMESPACE)
    pods = [pod for pod in system.all("pods", f"{COMPONENT}={component}") if pod["status"]["phase"] == "Running"]
    disturbances.kill_containers(tenant.cluster.place, pods[0])


def disturb(tenant: Tenant, draw: random.Random) -> Iterator[str]:
    """Every kind of disturbance in an order and with pauses that the seed gives; told when it has happened."""
    place = tenant.cluster.place
    deeds: list[tuple[str, Callable[[], None]]] = [
        *(("an operator is killed", lambda: kill(tenant, "operator")),) * 3,
        *(("the evaluator is killed", lambda: kill(tenant, "evaluator")),) * 2,
        ("the API server starts anew", lambda: disturbances.restart_api_server(place, away=2)),
        ("object storage starts anew", lambda: disturbances.restart_object_storage(place, away=4)),
    ]
    draw.shuffle(deeds)
    for text, deed in deeds:
        time.sleep(draw.uniform(2, 7))
        deed()
        yield text


def runs_and_jobs(tenant: Tenant) -> tuple[list[Document], dict[str, str]]:
    """The runs in status, and the UIDs of all Jobs by name."""
    jobs = tenant.kubectl.all("jobs")
    return tenant.world.runs(), {job["metadata"]["name"]: job["metadata"]["uid"] for job in jobs}


def assert_nothing_ran_twice(tenant: Tenant, expected: int) -> None:
    """As many runs as were asked for; each with the two Jobs it saw first, and one version; told of once."""
    runs, jobs = runs_and_jobs(tenant)
    assert [(run["cause"]["kind"], run["phase"]) for run in runs] == [("SpecChange", "Succeeded")] * expected
    seen = {run["job"]: run["jobUid"] for run in runs} | {run["evaluationJob"]: run["evaluationJobUid"] for run in runs}
    assert jobs == seen
    versions = [version["metadata"]["name"] for version in tenant.world.versions()]
    assert sorted(versions) == sorted(run["modelVersion"] for run in runs)
    notes = Counter(
        (event["involvedObject"]["kind"], event["reason"], event["message"]) for event in tenant.kubectl.all("events")
    )
    for run in runs:
        for reason, subject in (("RunStarted", run["id"]), ("RunSucceeded", run["id"])):
            told = [note for (_, why, note) in notes if why == reason and subject in note]
            assert len(told) <= 1, told
    promoted = [note for (_, why, note) in notes if why == "Promoted"]
    assert len(promoted) == len(set(promoted)) <= expected


def test_kills_and_restarts_lose_nothing(tenant: Tenant, first: Document, traffic: Traffic) -> None:
    world = tenant.world
    known = names(tenant)
    commit(tenant, "40")
    for text in disturb(tenant, random.Random(SEED)):
        world.narrator.say(f"{text}; the run is {[run['phase'] for run in world.runs()]}")
    version = world.wait_new_version(known)
    world.wait_champion(version["metadata"]["name"], seconds=300)
    counts = traffic.counts().totals
    assert counts.failed == 0, counts.failures
    assert counts.requests > 500
    assert_nothing_ran_twice(tenant, expected=2)


def test_a_node_that_starts_anew_goes_on_where_it_was(tenant: Tenant, first: Document, traffic: Traffic) -> None:
    world = tenant.world
    known = names(tenant)
    champion = world.champion()
    assert champion is not None
    commit(tenant, "50")
    wait_for("training", lambda: training(tenant), seconds=90, narrator=world.narrator)
    before, fell = traffic.counts().totals, time.monotonic()
    assert before.failed == 0, before.failures
    disturbances.restart_node(tenant.cluster.place, away=3)
    wait_for("the champion again", lambda: serves(tenant, champion), seconds=180, narrator=world.narrator)
    lasted = time.monotonic() - fell
    time.sleep(GIVEN_UP)
    back = traffic.counts().totals
    world.narrator.say(
        f"the node was away for {lasted:.0f} s: {back.failed} of {back.requests - before.requests} requests failed"
    )
    version = world.wait_new_version(known)
    world.wait_champion(version["metadata"]["name"], seconds=300)
    after = traffic.stop().totals
    assert after.failed == back.failed, "requests failed after the champion was back"
    assert after.requests - back.requests > 200
    assert_nothing_ran_twice(tenant, expected=3)


def training(tenant: Tenant) -> tuple[bool | None, str]:
    """Whether the newest run trains and its pod runs."""
    run = tenant.world.runs()[-1]
    pods = tenant.kubectl.all("pods", f"leeboard.dev/run={run['id']}")
    running = [pod for pod in pods if pod["status"]["phase"] == "Running"]
    return (run["phase"] == "Training" and bool(running)) or None, run["phase"]


def serves(tenant: Tenant, version: str) -> tuple[bool | None, str]:
    """Whether the version is champion with all its pods ready, as kubelet has seen since the node is back."""
    try:
        status = tenant.world.model()["status"]
        pods = tenant.kubectl.all("pods", f"leeboard.dev/version={version},leeboard.dev/part=server")
    except KubectlError as error:
        return None, str(error)
    restarted = [
        one
        for pod in pods
        for one in pod["status"].get("containerStatuses", ())
        if one["ready"] and one["restartCount"]
    ]
    there = condition(status, "Ready") == "True" and status["champion"]["name"] == version and len(restarted) > 0
    return there or None, str(next((c for c in status["conditions"] if c["type"] == "Ready"), {}).get("message"))
