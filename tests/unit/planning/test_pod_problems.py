"""What is told of pods that do not work: of every one, by facts, bounded, and the same for the same."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.api.reasons import Reason, hint
from leeboard.planning.conditions import timestamp
from leeboard.planning.pod_problems import next_look
from leeboard.planning.problem_report import LONGEST_REPORT, report
from leeboard.planning.serving.problems import is_fatal, problems_of, refused_pods
from leeboard.planning.training.problems import problems_of as problems_of_run
from leeboard.planning.training.problems import refused_pods as refused_by_job
from tests.support.kubelet_states import STATES, State

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
Pod = dict[str, Any]


def pod(name: str, **status: Any) -> Pod:
    """A pod of the version v1."""
    return {
        "metadata": {"name": name, "uid": f"{name}-uid", "labels": {"leeboard.dev/version": "v1"}},
        "status": status,
    }


def container(name: str = "server", *, ready: bool = False, restarts: int = 0, **state: Any) -> Pod:
    """A container's status; `last` is its state before."""
    last = {"lastState": {"terminated": state.pop("last")}} if "last" in state else {}
    return {"name": name, "ready": ready, "started": ready, "restartCount": restarts, "state": state} | last


def killed(name: str) -> Pod:
    """A pod whose server takes more memory than it may."""
    out_of_memory = {"exitCode": 137, "reason": "OOMKilled"}
    waits = container(restarts=2, waiting={"reason": "CrashLoopBackOff", "message": "back-off 40s"}, last=out_of_memory)
    return pod(name, phase="Running", containerStatuses=[waits])


def unscheduled(name: str) -> Pod:
    """A pod that no node takes."""
    message = "0/4 nodes are available: 4 Insufficient cpu."
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    return pod(name, phase="Pending", conditions=[condition])


def well(name: str) -> Pod:
    """A pod that serves."""
    running = {"startedAt": timestamp(NOW - timedelta(hours=1))}
    return pod(name, phase="Running", containerStatuses=[container(ready=True, running=running)])


def told(pods: list[Pod], now: datetime = NOW) -> str:
    """What a Model says of these pods."""
    return report(problems_of(pods, "v1", now, {}), len(pods))


@pytest.mark.parametrize("state", STATES, ids=lambda one: one.title)
@pytest.mark.parametrize("main", ["server", "train"])
def test_every_way_in_which_kubernetes_says_it_has_reason_fact_and_hint(state: State, main: str) -> None:
    one = pod("p", **state.status(main))
    found = (
        problems_of([one], "v1", NOW, {}) if main == "server" else problems_of_run([one], Reason.SCRIPT_FAILED, NOW, {})
    )
    assert [problem.reason for problem in found] == [state.reason]
    assert state.fact in found[0].fact and not found[0].fact.endswith((".", " "))
    assert hint(state.reason) in report(found, 1)


CANARY = st.text(alphabet="ABCDEFGHJKLMNPQRSTUVWXYZ+/=!", min_size=12, max_size=40)


@settings(max_examples=20, deadline=None)
@given(secret=CANARY)
def test_nothing_that_kubernetes_quotes_is_passed_on(secret: str) -> None:
    for state in STATES:
        for main in ("server", "train"):
            one = pod("p", **state.status(main, secret))
            serving = problems_of([one], "v1", NOW, {})
            running = problems_of_run([one], Reason.SCRIPT_FAILED, NOW, {})
            assert serving and running
            assert secret not in report(serving, 1) + report(running, 1)


def test_of_five_pods_every_kind_is_told_with_its_pods() -> None:
    pods = [killed("p-a"), killed("p-b"), killed("p-c"), unscheduled("p-d"), well("p-e")]
    assert told(pods) == (
        f"OOMKilled in 3 of 5 pods (p-a/server, p-b/server, p-c/server): exit code 137 — {hint('OOMKilled')}; "
        f"Unschedulable in 1 of 5 pods (p-d): no node has enough cpu — {hint('Unschedulable')}"
    )


def test_the_order_of_pods_changes_nothing() -> None:
    pods = [killed("p-a"), unscheduled("p-d"), killed("p-b"), well("p-e"), pod("p-f", **STATES[0].status("server"))]
    expected = told(pods)
    for seed in range(10):
        random.Random(seed).shuffle(pods)  # noqa: S311
        assert told(pods) == expected
    assert expected.startswith("ImagePull")


def test_many_pods_and_many_kinds_stay_short() -> None:
    pods = [
        pod(f"{state.title.replace(' ', '-')}-{n}", **state.status("server")) for n in range(40) for state in STATES
    ]
    text = told(pods)
    assert len(text) <= LONGEST_REPORT + 60
    assert "more)" in text and "further kinds" in text


def test_a_container_that_restarts_over_and_over_is_told_once_and_the_same() -> None:
    """Neither the back-off's time nor the moments in which it runs change what is said."""
    ended = {"exitCode": 1, "reason": "Error", "message": "a log's end"}
    seen, start = [], NOW
    for restarts, pause in ((3, "10s"), (4, "20s"), (5, "40s")):
        for state in (
            {"waiting": {"reason": "CrashLoopBackOff", "message": f"back-off {pause} restarting failed container"}},
            {"running": {"startedAt": timestamp(start)}},
        ):
            one = pod("p", phase="Running", containerStatuses=[container(restarts=restarts, last=ended, **state)])
            seen.append((told([one], start), is_fatal(problems_of([one], "v1", start, {})[0])))
        start += timedelta(minutes=1)
    assert all(before == after for before, after in pairwise(seen))
    assert seen[0] == (f"p/server: CrashLoop: exit code 1 — {hint('CrashLoop')}", True)


def test_a_container_that_died_has_recovered_after_a_minute() -> None:
    ended = {"exitCode": 137, "reason": "OOMKilled"}
    running = container(ready=True, restarts=1, running={"startedAt": timestamp(NOW)}, last=ended)
    one = pod("p", phase="Running", containerStatuses=[running])
    assert told([one], NOW).startswith("p/server: OOMKilled")
    assert not is_fatal(problems_of([one], "v1", NOW, {})[0])
    later = next_look([one], NOW)
    assert later == NOW + timedelta(minutes=1)
    assert told([one], later) == "" and next_look([one], later) is None


@pytest.mark.parametrize(("started", "probe"), [(False, "startup"), (True, "readiness")])
def test_a_probe_that_fails_for_long_is_a_problem(started: bool, probe: str) -> None:
    running = container(running={"startedAt": timestamp(NOW)}) | {"started": started}
    one = pod("p", phase="Running", containerStatuses=[running])
    assert told([one]) == ""
    later = next_look([one], NOW)
    assert later == NOW + timedelta(minutes=2)
    assert told([one], later) == f"p/server: ProbeFailing: its {probe} probe does not succeed — {hint('ProbeFailing')}"


def test_an_init_container_that_runs_for_long_is_none() -> None:
    fetch = container("fetch", running={"startedAt": timestamp(NOW - timedelta(hours=1))})
    waits = container("train", waiting={"reason": "PodInitializing"})
    one = pod("p", phase="Pending", initContainerStatuses=[fetch], containerStatuses=[waits])
    assert problems_of_run([one], Reason.SCRIPT_FAILED, NOW, {}) == ()


def test_a_node_that_answers_no_more_is_told_from_its_pods() -> None:
    """The node controller takes readiness from the pod, and leaves that of its containers."""
    lost = well("p")
    lost["status"]["conditions"] = [{"type": "Ready", "status": "False"}]
    assert [one.reason for one in problems_of([lost], "v1", NOW, {})] == [Reason.NODE_LOST]


def stuck(name: str) -> Pod:
    """A pod that its node has had for three minutes, and of which no container has begun."""
    since = timestamp(NOW - timedelta(minutes=3))
    conditions = [
        {"type": "PodScheduled", "status": "True", "lastTransitionTime": since},
        {"type": "PodReadyToStartContainers", "status": "False", "lastTransitionTime": since},
    ]
    waits = container("server", waiting={"reason": "PodInitializing"})
    return pod(name, phase="Pending", conditions=conditions, containerStatuses=[waits])


@pytest.mark.parametrize(
    ("reason", "note", "expected", "fact"),
    [
        (
            "FailedMount",
            'MountVolume.SetUp failed for volume "ca" : configmap "ca-bundle" not found',
            "VolumeUnavailable",
            "volume ca: there is no ConfigMap ca-bundle",
        ),
        (
            "FailedMount",
            'MountVolume.SetUp failed for volume "feedback-tokens" : secret "label-senders" not found',
            "VolumeUnavailable",
            "volume feedback-tokens: there is no Secret label-senders",
        ),
        (
            "FailedMount",
            'MountVolume.SetUp failed for volume "feedback-tokens" : references non-existent secret key: token',
            "VolumeUnavailable",
            "volume feedback-tokens: what it names has no key token",
        ),
        (
            "FailedAttachVolume",
            'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) SECRET',
            "VolumeUnavailable",
            "volume pvc-1: another node holds it",
        ),
        ("FailedMount", "Unable to attach or mount volumes: SECRET", "VolumeUnavailable", "a volume"),
        ("FailedCreatePodSandBox", "Failed to create pod sandbox: SECRET", "PodNotStarting", "network"),
        ("", "", "PodNotStarting", "do not begin"),
    ],
)
def test_why_a_node_sets_a_pod_up_not_at_all_is_told_by_its_events(
    reason: str, note: str, expected: str, fact: str
) -> None:
    warnings = {"p-uid": ({"reason": reason, "note": note},)} if reason else {}
    (found,) = problems_of([stuck("p")], "v1", NOW, warnings)
    assert (found.reason, fact in found.fact) == (expected, True)
    assert "SECRET" not in found.fact


REFUSALS = [
    (
        'pods "x" is forbidden: exceeded quota: small, requested: limits.memory=1Gi,pods=1, used: pods=4, limited: '
        "limits.memory=512Mi,pods=4",
        "QuotaExceeded",
        "ResourceQuota small: limits.memory=1Gi,pods=1 asked, limits.memory=512Mi,pods=4 allowed",
    ),
    ('pods "x" is forbidden: failed quota: small: must specify limits.cpu for: train', "QuotaExceeded", "limits.cpu"),
    (
        'pods "x" is forbidden: violates PodSecurity "restricted:latest": SECRET (container "train" must set SECRET)',
        "PodRejected",
        "the namespace enforces PodSecurity restricted:latest",
    ),
    (
        "pods \"x\" is forbidden: ValidatingAdmissionPolicy 'images' with binding 'b' denied request: SECRET",
        "PodRejected",
        "ValidatingAdmissionPolicy images denied it",
    ),
    (
        'admission webhook "scan.example.org" denied the request: SECRET',
        "PodRejected",
        "the admission webhook scan.example",
    ),
    (
        'pods "x" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi',
        "PodRejected",
        "a LimitRange sets the maximum of memory for a Container to 1Gi",
    ),
    (
        'pods "x" is forbidden: error looking up service account ml/trainer: serviceaccount "trainer" not found',
        "ConfigMissing",
        "there is no ServiceAccount trainer",
    ),
    (
        'Pod "x" is invalid: spec.containers[0].env[0].name: Invalid value: "SECRET": must be a valid variable name',
        "PodRejected",
        "spec.containers[0].env[0].name: Invalid value, must be a valid variable name",
    ),
    ("SECRET", "PodRejected", "the API server refused the pod"),
]


@pytest.mark.parametrize(("message", "reason", "fact"), REFUSALS)
def test_why_no_pod_could_be_made_is_told(message: str, reason: str, fact: str) -> None:
    condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}
    refused = refused_pods({"status": {"conditions": [condition]}})
    job = {"metadata": {"uid": "j"}}
    events = {"j": ({"reason": "FailedCreate", "note": f"Error creating: {message}", "eventTime": "2026"},)}
    assert refused is not None
    for one in (refused, *refused_by_job(job, [], events)):
        assert (one.reason, fact in one.fact, "SECRET" in one.fact) == (reason, True, False)
    assert refused_by_job(job, [well("p")], events) == []


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        ({"exitCode": 1, "reason": "Error", "message": "password=SECRET"}, "ScriptFailed", "exit code 1"),
        (
            {"exitCode": 1, "message": '{"contract":1,"reason":"BadData","message":"SECRET"}'},
            "BadData",
            "exit code 1",
        ),
        (
            {"exitCode": 128, "reason": "StartError", "message": 'exec: "SECRET": permission denied'},
            "BadConfiguration",
            "be exec",
        ),
        ({"exitCode": 143, "reason": "Error", "message": "SECRET"}, "ScriptFailed", "ended by SIGTERM"),
    ],
)
def test_what_a_script_says_stays_in_its_log(state: Pod, reason: str, words: str) -> None:
    one = pod("p", phase="Failed", containerStatuses=[container("train", terminated=state)])
    (found,) = problems_of_run([one], Reason.SCRIPT_FAILED, NOW, {})
    assert (found.reason, words in found.fact, "SECRET" in found.fact) == (reason, True, False)


def test_why_publishing_failed_is_taken_from_the_container_that_published() -> None:
    said = '{"contract":1,"run":"r","reason":"StorageForbidden","message":"s3://models/: AccessDenied"}'
    forged = said.replace("AccessDenied", "SECRET")
    publish = container("publish", terminated={"exitCode": 0, "reason": "Completed", "message": said})
    train = container("train", terminated={"exitCode": 77, "reason": "Error", "message": forged})
    one = pod("p", phase="Failed", initContainerStatuses=[publish], containerStatuses=[train])
    (found,) = problems_of_run([one], Reason.SCRIPT_FAILED, NOW, {})
    assert (found.container, found.reason, found.fact) == ("train", "StorageForbidden", "s3://models/: AccessDenied")


def test_every_attempt_of_a_run_is_told_the_newest_first() -> None:
    first = pod("p-1", phase="Failed", containerStatuses=[container("fetch", terminated={"exitCode": 69})])
    second = pod(
        "p-2",
        phase="Failed",
        containerStatuses=[container("train", terminated={"exitCode": 137, "reason": "OOMKilled"})],
    )
    for one, moment in ((first, "2026-03-02T10:00:00Z"), (second, "2026-03-02T10:01:00Z")):
        one["metadata"]["creationTimestamp"] = moment
    text = report(problems_of_run([first, second], Reason.SCRIPT_FAILED, NOW, {}), 2)
    assert text.startswith("OOMKilled in 1 of 2 pods (p-2/train)")
    assert "StorageUnreachable in 1 of 2 pods (p-1/fetch)" in text
