"""Steps that several scenarios take: train anew, send traffic, and look at what serves."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from e2e.demo.traffic import Segment, Target, Traffic
from e2e.scenarios.tenant import CODE, Tenant, parquet
from e2e.support.kubectl import Document
from tests.support.trained import flights


def first_version(tenant: Tenant, **model: object) -> Document:
    """Model and TrainingJob as a team applies them; gives the first version, once it serves."""
    tenant.kubectl.apply(tenant.model_object(**model), tenant.training_job())
    version = tenant.world.wait_new_version(set())
    tenant.world.wait_champion(version["metadata"]["name"])
    return version


@contextmanager
def usual_traffic(tenant: Tenant, folder: Path) -> Iterator[Traffic]:
    """Flights as those that were trained on, sent from outside the pods without a pause; what failed is counted."""
    address = tenant.kubectl.get("service", tenant.model)["spec"]["clusterIP"]
    feedback = tenant.kubectl.get("service", f"{tenant.model}-feedback")["spec"]["clusterIP"]
    target = Target(
        url=f"http://{address}:8080",
        model=tenant.model,
        feedback_url=f"http://{feedback}:8081/feedback",
        label_delay=2,
        lifetime=5,
    )
    with Traffic(target, folder / "state.json") as sent:
        sent.start(
            Segment(
                name="usual", rows=rows(folder, "usual", flights(4000, 11)), rate=160, rows_per_request=4, loop=True
            )
        )
        yield sent


def rows(folder: Path, name: str, frame: pd.DataFrame) -> Path:
    """Rows to send, as a file."""
    path = folder / f"{name}.parquet"
    path.write_bytes(parquet(frame))
    return path


def names(tenant: Tenant) -> set[str]:
    """The names of all versions."""
    return {version["metadata"]["name"] for version in tenant.world.versions()}


def trained_anew(tenant: Tenant, old: str, new: str) -> Document:
    """Commit a changed script and wait for the version that it makes."""
    known, text = names(tenant), CODE.read_text(encoding="utf-8")
    assert old in text
    text = text.replace(old, new)
    commit = tenant.code.commit({"train.py": text}, "Change the training")
    train_from(tenant, commit)
    version = tenant.world.wait_new_version(known)
    assert version["spec"]["code"]["commit"] == commit
    return version


def train_from(tenant: Tenant, commit: str) -> None:
    """Have the TrainingJob name a commit."""
    tenant.kubectl.apply(tenant.training_job(code=tenant.training_job()["spec"]["code"] | {"revision": commit}))


def server_pods(tenant: Tenant, version: str) -> list[Document]:
    """The pods that serve a version and are not ending."""
    pods = tenant.kubectl.all("pods", f"leeboard.dev/version={version},leeboard.dev/part=server")
    return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]


def restarts(tenant: Tenant, version: str) -> dict[str, int]:
    """Restarts by container of the version's pods, by the pods' UIDs."""
    return {
        f"{pod['metadata']['uid']}/{one['name']}": one["restartCount"]
        for pod in server_pods(tenant, version)
        for one in pod["status"].get("containerStatuses", []) + pod["status"].get("initContainerStatuses", [])
    }
