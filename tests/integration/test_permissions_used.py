"""The two processes ask for what their tables grant, for all of it and for nothing else, as the audit log tells.

Both modes are played: one role for the whole cluster, and a role in each of the namespaces that are looked after.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from e2e.cluster.audit import Request
from e2e.cluster.control_plane import ControlPlane
from e2e.support.kubectl import KubectlError
from leeboard.kube.permissions import EVALUATOR, LEADER_ELECTION, OPERATOR, Permission
from tests.support.examples import example, put
from tests.support.installation import SYSTEM, EvaluatorProcess, OperatorProcess, eventually, install
from tests.support.served import imported_version
from tests.support.tenant import Document, Tenant, asked_for
from tests.support.training_world import evaluation_result, training_result

pytestmark = pytest.mark.apiserver

Verb = tuple[str, str, str]
"""Group, resource with its subresource, verb."""

TENANT = "tenant"
ELSEWHERE: dict[Verb, str] = {
    ("apps", "deployments", "create"): "checked by the server within the apply that makes the Deployment",
    ("", "services", "create"): "checked by the server within the apply that makes the Service",
    ("policy", "poddisruptionbudgets", "create"): "checked by the server within the apply that makes it",
    ("autoscaling", "horizontalpodautoscalers", "create"): "the same",
    ("batch", "jobs", "get"): "asked after a create whose answer was lost; the tests that kill the operator get there",
    (
        "leeboard.dev",
        "models/finalizers",
        "update",
    ): "no request: some API servers' admission asks whether it is granted",
    ("leeboard.dev", "trainingjobs/finalizers", "update"): "the same, of the Jobs' owner",
    ("events.k8s.io", "events", "list"): "asked about a pod or Job that tells nothing of itself for a while",
    ("events.k8s.io", "events", "get"): "asked where the same Event is there already, to count it up",
    ("events.k8s.io", "events", "patch"): "the same; the tests of the recorder get there",
}
"""What the story need not ask for, and why it is granted nevertheless."""


@pytest.fixture(scope="module", params=["", TENANT], ids=["cluster-wide", "namespaced"])
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A model is trained twice, served, watched and pruned; gives what both processes asked for meanwhile."""
    namespaces = request.param
    with ControlPlane() as plane:
        plane.kubectl("create", "namespace", TENANT)
        install(plane, *(("--set", f"namespaces={{{namespaces}}}") if namespaces else ()))
        folder = tmp_path_factory.mktemp("processes")
        with OperatorProcess(plane, folder, LEEBOARD_NAMESPACES=namespaces, LEEBOARD_RELIST_INTERVAL="2s") as operator:
            played = Tenant(plane.client(TENANT), operator)
            plays(played)
            with EvaluatorProcess(
                plane, folder, LEEBOARD_NAMESPACES=namespaces, LEEBOARD_EVALUATOR_INTERVAL="1s"
            ) as evaluator:
                for kind in ("model", "driftmonitor"):
                    played.status(kind, "late-flights", "evaluation")
                assert evaluator.stop() == 0, evaluator.log()
            let_go_with_its_model(played)
            assert operator.stop() == 0, operator.log()
            assert operator.problems() == []
        yield Story(plane, namespaces)


class Story:
    """What was asked for while the story was played; `namespaces` is empty where all are looked after."""

    def __init__(self, plane: ControlPlane, namespaces: str) -> None:
        self.namespaces = namespaces
        self._plane = plane

    def requests(self, account: str) -> list[Request]:
        """The requests of one of the two ServiceAccounts."""
        return self._plane.requests_of(f"system:serviceaccount:{SYSTEM}:leeboard-{account}")


def plays(ml: Tenant) -> None:
    """Everything that makes the operator ask for something."""
    model, training = asked_for()
    model["spec"] |= {"promotion": {"gates": []}, "rollout": {"strategy": "Replace"}, "versions": {"retain": 1}}
    ml.kubectl.apply(put(imported_version(), "metadata.name", "oldest"))
    ml.kubectl.apply(model, training, example("drift-monitor"))
    first = run(ml, before="")
    deployment = ml.one("deployments", f"leeboard.dev/version=late-flights-{first}")
    changed = put(training, "spec.params", {"learning_rate": "0.2"})
    ml.kubectl.apply(changed)
    second = run(ml, before=first)
    # the first never served: it makes way at once, with its Deployment
    gone = deployment["metadata"]["name"]
    eventually(lambda: ml.kubectl.get("deployment", gone) is None, "the first Deployment goes", ml.operator.log)
    ml.roll_out(ml.one("deployments", f"leeboard.dev/version=late-flights-{second}"))
    assert ml.status("model", "late-flights", "champion")["champion"]["name"] == f"late-flights-{second}"
    eventually(lambda: ml.kubectl.get("service", "late-flights-feedback"), "the Services", ml.operator.log)
    eventually(lambda: ml.kubectl.get("modelversion", "oldest") is None, "one is forgotten", ml.operator.log)
    kept_while_it_serves(ml, f"late-flights-{second}")
    scaled_for_a_while(ml, model)
    tried_for_a_while(ml, model)
    job_of_a_run_long_past(ml)


def run(ml: Tenant, before: str) -> str:
    """A run from its record to its version; gives its id."""

    def newer() -> str:
        last = ml.status("trainingjob", "late-flights", "lastRun")["lastRun"]
        return "" if last == before else str(last)

    found = str(eventually(newer, "another run", ml.operator.log))
    ml.finish(
        ml.one("jobs", f"leeboard.dev/run={found},leeboard.dev/part=training"),
        "train",
        training_result(found, artifact=found[0], data=found[1]),
    )
    evaluation = ml.one("jobs", f"leeboard.dev/run={found},leeboard.dev/part=evaluation")
    ml.finish(evaluation, "evaluate", evaluation_result(found))
    ml.one("modelversions", f"leeboard.dev/run={found}")
    return found


def scaled_for_a_while(ml: Tenant, model: Document) -> None:
    """The champion gets an autoscaler, and loses it again."""
    ml.kubectl.apply(put(model, "spec.serving.autoscaling", {"max": 3}))
    eventually(lambda: ml.kubectl.all("horizontalpodautoscalers"), "the autoscaler", ml.operator.log)
    ml.kubectl.apply(model)
    eventually(lambda: not ml.kubectl.all("horizontalpodautoscalers"), "its end", ml.operator.log)


def tried_for_a_while(ml: Tenant, model: Document) -> None:
    """A candidate gets its Service, and is given up before it is ready."""
    ml.kubectl.apply(put(imported_version(), "metadata.name", "another"))
    ml.kubectl.apply(put(model, "spec.promotion", {"policy": "Pinned", "version": "another"}))
    eventually(lambda: ml.kubectl.get("service", "late-flights-candidate"), "its Service", ml.operator.log)
    ml.kubectl.apply(model)
    eventually(lambda: ml.kubectl.get("service", "late-flights-candidate") is None, "its end", ml.operator.log)


def kept_while_it_serves(ml: Tenant, version: str) -> None:
    """The mark that the operator sets is what the policy reads."""

    def mark() -> str:
        return str((ml.kubectl.get("modelversion", version) or {})["status"].get("servingAs", ""))

    eventually(lambda: mark() == "Champion", "the champion is marked", ml.operator.log)
    with pytest.raises(KubectlError, match="it is Champion of the Model late-flights"):
        ml.kubectl("delete", "modelversion", version)


def let_go_with_its_model(ml: Tenant) -> None:
    """A version whose Model is gone has no place, and may be deleted."""
    ml.kubectl("delete", "model", "late-flights")

    def marks() -> list[str]:
        return [one["status"].get("servingAs", "") for one in ml.kubectl.all("modelversions")]

    eventually(lambda: not any(marks()), "the marks go", ml.operator.log)
    ml.kubectl("delete", "modelversions", "--all")


def job_of_a_run_long_past(ml: Tenant) -> None:
    """An ended Job of the TrainingJob's whose run is remembered no more."""
    owner = ml.kubectl.get("trainingjob", "late-flights") or {}
    kept = ml.kubectl.all("jobs")[0]
    job: Document = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": "past",
            "labels": {**kept["metadata"]["labels"], "leeboard.dev/run": "past"},
            "ownerReferences": [
                {"apiVersion": owner["apiVersion"], "kind": "TrainingJob", "name": "late-flights"}
                | {"uid": owner["metadata"]["uid"], "controller": True}
            ],
        },
        "spec": {
            "suspend": True,
            "template": {"spec": {**kept["spec"]["template"]["spec"]}},
        },
    }
    ml.kubectl("create", "-f", "-", input=json.dumps(job))
    ml.ended("past")
    eventually(lambda: ml.kubectl.get("job", "past") is None, "the Job of old goes", ml.operator.log)


def granted(table: tuple[Permission, ...]) -> set[Verb]:
    return {(one.resource.group, one.name, verb) for one in table for verb in one.verbs}


def asked(requests: list[Request]) -> set[Verb]:
    return {(one.group, one.resource, one.verb) for one in requests}


def test_nothing_was_forbidden(story: Story) -> None:
    for account in ("operator", "evaluator"):
        requests = story.requests(account)
        assert len(requests) > 5
        assert [one for one in requests if one.status == 403] == []


def test_the_operator_uses_what_it_is_granted(story: Story) -> None:
    used, table = asked(story.requests("operator")), granted((*OPERATOR, *LEADER_ELECTION))
    assert used - table == set()
    assert table - used - set(ELSEWHERE) == set()
    assert set(ELSEWHERE) <= table


def test_the_evaluator_uses_what_it_is_granted(story: Story) -> None:
    assert asked(story.requests("evaluator")) == granted(EVALUATOR)


def test_where_namespaces_are_named_nothing_else_is_looked_at(story: Story) -> None:
    for account in ("operator", "evaluator"):
        places = {one.namespace for one in story.requests(account)}
        assert places <= ({TENANT, SYSTEM} if story.namespaces else {"", TENANT, SYSTEM})
        assert TENANT in places
