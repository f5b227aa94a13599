"""N Models, each with a champion that was trained, the TrainingJob it came from, and a DriftMonitor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from leeboard.api.lineage import Cause
from leeboard.api.training_job import Run, TrainingJob
from leeboard.kube.protocol import Kube
from leeboard.planning.conditions import timestamp
from leeboard.planning.training.run_identity import fingerprint, run_id
from tests.support.examples import example, model_version
from tests.support.installation import IMAGES

Document = dict[str, Any]
AT_ONCE = 24
TRAINED_AT = datetime(2026, 1, 1, tzinfo=UTC)


def model(name: str, namespace: str) -> Document:
    """A Model that serves with one replica and takes a new version by a canary."""
    document = _placed(example("model"), name, namespace)
    document["spec"]["serving"] |= {"replicas": 1}
    return document


def version(name: str, namespace: str) -> Document:
    """The version that its TrainingJob made, with a whole lineage."""
    document = _placed(model_version(), f"{name}-v1", namespace)
    document["spec"]["modelRef"] = {"name": name}
    document["spec"]["source"]["trainingJob"]["name"] = name
    return document


def training_job(name: str, namespace: str) -> Document:
    """A TrainingJob that trains when its specification changes; nothing polls, so that nothing happens by itself."""
    document = _placed(example("training-job"), name, namespace)
    document["spec"] |= {"modelRef": {"name": name}, "triggers": {"onSpecChange": True, "onDrift": True}}
    return document


def drift_monitor(name: str, namespace: str) -> Document:
    """A DriftMonitor that may ask for a run."""
    document = _placed(example("drift-monitor"), name, namespace)
    document["spec"]["modelRef"] = {"name": name}
    for action in document["spec"]["actions"]:
        if "trainingJobRef" in action:
            action["trainingJobRef"] = {"name": name}
    return document


def accepted(document: Document) -> Document:
    """The status of a version that passed its gates long ago."""
    return {"phase": "Accepted", "gates": [], "observedGeneration": document["metadata"]["generation"]}


def serving(document: Document) -> Document:
    """The status of a Model whose first version is champion; what serves it has to be made."""
    champion = f"{document['metadata']['name']}-v1"
    images = {"server": IMAGES["LEEBOARD_SERVER_IMAGE"]}
    return {"champion": {"name": champion, "since": timestamp(TRAINED_AT), "images": images}}


def trained(document: Document) -> Document:
    """The status of a TrainingJob whose one run has succeeded and made the version."""
    job = TrainingJob.parse(document)
    fields = fingerprint(job.spec)
    identity = run_id(fields, "SpecChange")
    run = Run(
        id=identity,
        number=1,
        phase="Succeeded",
        cause=Cause(kind="SpecChange", reason="first run"),
        fingerprint=fields,
        reason="RunSucceeded",
        job=f"{job.metadata.name}-{identity}",
        started_at=TRAINED_AT,
        finished_at=TRAINED_AT,
        model_version=f"{job.metadata.name}-v1",
    )
    checked = timestamp(TRAINED_AT)
    return {
        "lastRun": identity,
        "selectedFingerprint": fields,
        "lastCommitCheck": checked,
        "lastDataCheck": checked,
        "runs": [run.dump()],
    }


async def create(kube: Kube, addresses: Iterable[tuple[str, str]], progress: Callable[[int], None]) -> None:
    """Create the four objects of each (name, namespace) with their statuses, two dozen at a time. Raises KubeError."""

    async def one(address: tuple[str, str]) -> None:
        for make, status in (
            (version, accepted),
            (model, serving),
            (training_job, trained),
            (drift_monitor, None),
        ):
            document = await kube.create(make(*address))
            if status is not None:
                await kube.replace_status({**document, "status": status(document)})

    await each(addresses, one, progress)


async def each(
    items: Iterable[tuple[str, str]],
    work: Callable[[tuple[str, str]], Awaitable[None]],
    progress: Callable[[int], None],
) -> None:
    """Do the work for each item, two dozen at a time; progress is told how many are done."""
    waiting = iter(items)
    done = 0

    async def worker() -> None:
        nonlocal done
        for item in waiting:
            await work(item)
            done += 1
            progress(done)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(worker())


def _placed(document: Document, name: str, namespace: str) -> Document:
    document["metadata"] = {"name": name, "namespace": namespace}
    return document
