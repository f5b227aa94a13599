"""The Job controller, and what the pods of a run do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from leeboard.planning.conditions import timestamp
from tests.support.simulation.behaviour import Behaviour, Ending, Present
from tests.support.simulation.kube import Raw, SimulatedKube
from tests.support.simulation.pods import age_since, is_leaving, let_go, moment, pods_of, set_status, start_pod
from tests.support.training_world import IMAGE_ID, digest, evaluation_result, training_result

RETRIED = (69, 75, 143, 255)
REPORT = timedelta(seconds=1)
"""How long the Job controller takes to see that a pod has ended."""

HANGING = timedelta(seconds=5)
"""How often a pod that does nothing is asked again."""


class JobController:
    """Makes one pod after the other for a Job, until one ends well or the Job has failed."""

    def __init__(self, kube: SimulatedKube, present: Present) -> None:
        self._kube = kube
        self._present = present

    def turn(self, now: datetime) -> Iterator[datetime]:
        """Bring every Job as far as it has come; gives what is due later."""
        for job in self._kube.of_kind("Job"):
            if not any(one["type"] in ("Complete", "Failed") for one in job.get("status", {}).get("conditions", ())):
                yield from self._advance(job, now)

    def _advance(self, job: Raw, now: datetime) -> Iterator[datetime]:
        part = job["spec"]["template"]["metadata"]["labels"]["leeboard.dev/part"]
        pods = pods_of(self._kube, job)
        deadline = age_since(job) + timedelta(seconds=job["spec"]["activeDeadlineSeconds"])
        if now >= deadline:
            for pod in pods:
                let_go(self._kube, pod, now)
            self._end(job, now, "Failed", "DeadlineExceeded")
            return
        yield deadline
        running = [pod for pod in pods if pod["status"]["phase"] == "Running" and not is_leaving(pod)]
        ended = [pod for pod in pods if "ended" in pod["status"]]
        if running:
            yield from self._run(job, running[0], part, now)
        elif ended:
            yield from self._judge(job, max(ended, key=lambda pod: pod["status"]["ended"]), now)
        elif not any(is_leaving(pod) for pod in pods):
            start_pod(self._kube, job, {"phase": "Running", "startTime": timestamp(now)})
            yield now + timedelta(seconds=1)

    def _run(self, job: Raw, pod: Raw, part: str, now: datetime) -> Iterator[datetime]:
        behaviour = self._present.behaviour
        if part in behaviour.hanging:
            yield now + HANGING
            return
        ending = behaviour.attempt(part, job.get("status", {}).get("failed", 0))
        due = moment(pod["status"]["startTime"]) + timedelta(seconds=ending.seconds)
        if due > now:
            yield due
            return
        run = pod["metadata"]["labels"]["leeboard.dev/run"]
        set_status(self._kube, pod, _ended(behaviour, part, run, ending, now))
        yield now + REPORT

    def _judge(self, job: Raw, pod: Raw, now: datetime) -> Iterator[datetime]:
        seen = moment(pod["status"]["ended"]) + REPORT
        if seen > now:
            yield seen
            return
        status = job.get("status", {})
        counted, failed = status.get("counted", []), status.get("failed", 0)
        if pod["status"]["phase"] == "Succeeded":
            self._end(job, now, "Complete", "CompletionsReached")
            return
        name = pod["metadata"]["name"]
        if name in counted:
            start_pod(self._kube, job, {"phase": "Running", "startTime": timestamp(now)})
            return
        status = {**status, "failed": failed + 1, "counted": [*counted, name]}
        set_status(self._kube, job, status)
        job = self._kube.live("Job", job["metadata"]["name"], job["metadata"]["namespace"])
        if pod["status"]["code"] not in RETRIED:
            self._end(job, now, "Failed", "PodFailurePolicy")
        elif failed + 1 > job["spec"]["backoffLimit"]:
            self._end(job, now, "Failed", "BackoffLimitExceeded")
        else:
            yield now + timedelta(seconds=5)

    def _end(self, job: Raw, now: datetime, type_: str, reason: str) -> None:
        condition = {"type": type_, "status": "True", "reason": reason, "message": "", "lastTransitionTime": ""}
        condition["lastTransitionTime"] = timestamp(now)
        set_status(self._kube, job, {**job.get("status", {}), "conditions": [condition]})


def _ended(behaviour: Behaviour, part: str, run: str, ending: Ending, now: datetime) -> Raw:
    """The status of a pod whose containers have ended so."""
    training = part == "training"
    container = ending.container or ("train" if training else "evaluate")
    said = ending.said or (_result(behaviour, run, training) if ending.code == 0 else "")
    containers = {container: _terminated(container, ending.code, said)}
    initial = {}
    if training:
        result = _result(behaviour, run, training)
        fetched = {key: result[key] for key in ("contract", "run", "code", "datasets")}
        initial["fetch"] = containers.pop("fetch", None) or _terminated("fetch", 0, fetched)
        if container == "fetch":
            containers = {}
    return {
        "phase": "Failed" if ending.code else "Succeeded",
        "code": ending.code,
        "ended": timestamp(now),
        "initContainerStatuses": list(initial.values()),
        "containerStatuses": list(containers.values()),
    }


def _result(behaviour: Behaviour, run: str, training: bool) -> Raw:
    if training:
        return training_result(run, commit=behaviour.commit, data=behaviour.data, artifact=behaviour.data)
    result = evaluation_result(run)
    result["metrics"] = [{**result["metrics"][0], "value": behaviour.metric, "digest": digest("c")}]
    return result


def _terminated(name: str, code: int, said: object) -> Raw:
    message = said if isinstance(said, str) else json.dumps(said)
    ended = {"exitCode": code, "message": message, "reason": "Error" if code else "Completed"}
    return {"name": name, "imageID": IMAGE_ID, "state": {"terminated": ended}}
