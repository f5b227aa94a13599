"""The commands of `leeboard` against a real API server, with the operator as a process under its own rights."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from e2e.cluster.control_plane import ControlPlane
from leeboard.api.lineage_digest import lineage_digest
from leeboard.api.model_version import ModelVersion
from leeboard.cli.registry.archived import canonical
from leeboard.planning.conditions import timestamp
from leeboard.storage import Manifest
from leeboard.storage.digests import digest_of
from tests.support.command_line import Leeboard
from tests.support.examples import Document, example
from tests.support.installation import OperatorProcess, eventually, install
from tests.support.s3_server import KEYS, S3Server, s3_server
from tests.support.tenant import Tenant, asked_for, tenant, trained
from tests.support.training_world import evaluation_result, training_result
from tests.unit.cli import registry

pytestmark = pytest.mark.apiserver


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    with ControlPlane() as running:
        install(running)
        yield running


@pytest.fixture(scope="module")
def operator(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OperatorProcess]:
    with OperatorProcess(plane, tmp_path_factory.mktemp("operator")) as running:
        yield running


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as running:
        yield running


def champion(place: Tenant) -> str:
    return str((place.kubectl.get("model", "late-flights") or {}).get("status", {}).get("champion", {}).get("name", ""))


def model_status(place: Tenant) -> Document:
    status: Document = (place.kubectl.get("model", "late-flights") or {}).get("status", {})
    return status


def wait_for(place: Tenant, what: str, holds: Any) -> None:
    """Wait, and let every Deployment have its pods meanwhile."""

    def reached() -> bool:
        for live in place.kubectl.all("deployments"):
            if live.get("status", {}).get("observedGeneration") != live["metadata"]["generation"]:
                place.roll_out(live)
        return bool(holds(model_status(place)))

    eventually(reached, what, place.operator.log)


def play_run(place: Tenant, run: str, **result: Any) -> None:
    """Both Jobs of a run end well."""
    training = place.one("jobs", f"leeboard.dev/run={run},leeboard.dev/part=training")
    place.finish(training, "train", training_result(run, **result))
    evaluation = place.one("jobs", f"leeboard.dev/run={run},leeboard.dev/part=evaluation")
    place.finish(evaluation, "evaluate", evaluation_result(run))


def second_run(place: Tenant, before: int) -> str:
    """The run that a command started."""

    def found() -> str:
        runs = (place.kubectl.get("trainingjob", "late-flights") or {}).get("status", {}).get("runs", [])
        return runs[-1]["id"] if len(runs) > before else ""

    return str(eventually(found, "another run", place.operator.log))


def test_from_a_run_on_request_to_rollback_and_retry(plane: ControlPlane, operator: OperatorProcess) -> None:
    place = tenant(plane, operator, "steered")
    leeboard = Leeboard(plane.kubeconfig, "steered")
    first = trained(place)
    wait_for(place, "the first champion", lambda status: status.get("champion"))

    process = leeboard.start("train", "late-flights", "--wait", "--timeout", "4m", "-o", "json")
    play_run(place, second_run(place, 1), artifact="d")
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, (out, err)
    told = json.loads(out)
    second = told["version"]["name"]
    assert (told["exitStatus"], told["version"]["phase"]) == (0, "Accepted")
    assert told["run"]["cause"]["kind"] == "Manual" and f"{second}: Accepted" in err

    wait_for(place, "the canary", lambda status: status.get("candidate", {}).get("phase") == "Canary")
    assert "Canary 1/2" in leeboard.done("get", "models")
    assert leeboard.document("pause", "late-flights")["accepted"] is True
    assert "held already" in leeboard.refused("pause", "late-flights")
    assert leeboard.document("resume", "late-flights")["command"] == "resume"
    answer = leeboard.document("promote", "late-flights")
    assert (answer["accepted"], answer["subject"]) == (True, second)
    wait_for(place, "the second champion", lambda status: status["champion"]["name"] == second)
    assert "no rollout is under way" in leeboard.refused("promote", "late-flights")

    back = leeboard.document("rollback", "late-flights")
    assert (back["accepted"], back["subject"]) == (True, first)
    wait_for(place, "the first champion again", lambda status: status["champion"]["name"] == first)
    assert [one["name"] for one in model_status(place)["quarantined"]] == [second]
    assert "no version is known to have served before" in leeboard.refused("rollback", "late-flights")

    # a GitOps tool takes back what does not stand in Git, and nothing follows from it
    keys = [f"leeboard.dev/{name}-" for name in ("promote", "rollback", "pause")]
    place.kubectl("annotate", "model", "late-flights", *keys)
    wait_for(place, "the drained version is gone", lambda status: "draining" not in status)
    assert champion(place) == first

    assert leeboard.document("retry", "rollout", "late-flights")["subject"] == second
    wait_for(place, "another rollout", lambda status: status.get("candidate", {}).get("name") == second)
    assert leeboard.document("abort", "late-flights")["accepted"] is True
    wait_for(place, "the end of it", lambda status: "candidate" not in status)
    assert (champion(place), [one["reason"] for one in model_status(place)["quarantined"]]) == (first, ["Aborted"])

    steps = [one["step"] for one in leeboard.document("why", "late-flights")["timeline"]]
    assert {"cause", "run", "evaluation", "registered", "gate", "rollout", "champion", "end", "command"} <= set(steps)
    story = leeboard.document("why", "version", second)
    assert [one["reason"] for one in story["timeline"] if one["step"] == "end"] == ["Aborted"]
    page = leeboard.done("describe", "late-flights")
    assert first in page and "conditions" in page and "Deployment" in page and "events" in page


def test_a_run_that_fails_is_told_by_the_exit_status_and_made_once_more(
    plane: ControlPlane, operator: OperatorProcess
) -> None:
    place = tenant(plane, operator, "failing")
    leeboard = Leeboard(plane.kubeconfig, "failing")
    model, training = asked_for()
    training["spec"]["triggers"] = {"onSpecChange": False}
    place.kubectl.apply(model, training)
    assert "did not fail" in leeboard.refused("retry", "run", "late-flights")
    process = leeboard.start("train", "late-flights", "--wait", "--timeout", "3m")
    run = second_run(place, 0)
    fail(place, place.one("jobs", f"leeboard.dev/run={run},leeboard.dev/part=training"))
    out, err = process.communicate(timeout=240)
    assert process.returncode == 1 and "Failed" in out, (out, err)
    answer = leeboard.document("retry", "run", "late-flights")
    assert answer["accepted"] is True and answer["subject"] not in ("", run)
    assert leeboard("train", "late-flights", "--wait", "--timeout", "1s").returncode == 4
    assert "did you mean late-flights?" in leeboard.refused("train", "late-fligths", status=1)


def fail(place: Tenant, job: Document) -> None:
    """The Job controller gives a Job up."""
    now = timestamp(datetime.now(UTC))
    said = {"status": "True", "reason": "PodFailurePolicy", "message": "exit code 1", "lastTransitionTime": now}
    conditions = [{"type": one, **said} for one in ("FailureTarget", "Failed")]
    counts = {"startTime": now, "failed": 1, "uncountedTerminatedPods": {}}
    place.write_status("job", job["metadata"]["name"], {**counts, "conditions": conditions})


def bare(document: Document) -> Document:
    """A document as somebody writes it."""
    return {k: v for k, v in document.items() if k != "status"} | {"metadata": {"name": document["metadata"]["name"]}}


def test_an_approval_is_ones_own_name(plane: ControlPlane, operator: OperatorProcess) -> None:
    place = tenant(plane, operator, "approved")
    leeboard = Leeboard(plane.kubeconfig, "approved")
    model = example("model")
    model["spec"]["promotion"]["policy"] = "Approval"
    place.kubectl.apply(model)
    assert "no version of late-flights awaits" in leeboard.refused("approve", "late-flights")
    place.kubectl("create", "-f", "-", input=json.dumps(bare(registry.versions()[registry.SECOND])))

    def phase() -> str:
        return str((place.kubectl.get("modelversion", registry.SECOND) or {}).get("status", {}).get("phase"))

    eventually(lambda: phase() == "AwaitingApproval", "the gates", operator.log)
    answer = leeboard.document("approve", "late-flights")
    assert (answer["accepted"], answer["subject"]) == (True, registry.SECOND)
    status = (place.kubectl.get("modelversion", registry.SECOND) or {})["status"]
    whoami = place.kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}")
    assert status["approvedBy"] == answer["id"] == whoami
    assert "was approved by" in leeboard.refused("approve", f"late-flights/{registry.SECOND}")


def test_without_an_operator_the_command_says_so_and_stays() -> None:
    with ControlPlane() as empty:
        empty.kubectl("apply", "-f", str(Path(__file__).resolve().parents[2] / "crds"))
        empty.client().established()
        empty.client("default").apply(*asked_for())
        leeboard = Leeboard(empty.kubeconfig, "default")
        assert "is it running?" in leeboard.refused("train", "late-flights", "--timeout", "2s", status=4)
        assert leeboard.document("train", "late-flights", "--no-wait")["accepted"] is None
        job = empty.client("default").get("trainingjob", "late-flights") or {}
        assert job["metadata"]["annotations"]["leeboard.dev/train"]


def stored(s3: S3Server, name: str, born: str) -> Document:
    """A version whose files and document lie in the bucket, as a run leaves them."""
    run, content = name.rpartition("-")[2], name.encode()
    uri = f"s3://models/ml/{run}/"
    store = s3.store(uri)
    store.put("model/model.skops", content)
    manifest = Manifest.parse(
        canonical({"files": [{"path": "model.skops", "digest": digest_of(content), "bytes": len(content)}]})
    )
    store.put("manifest.json", manifest.to_bytes())
    artifact = {"uri": uri, "digest": manifest.digest, "format": "sklearn-skops", "bytes": len(content)}
    files = {}
    for part, file in (("profile", "profile"), ("goldenSamples", "golden")):
        store.put(f"evaluation/{file}.json", file.encode())
        files[part] = {"uri": f"{uri}evaluation/{file}.json", "digest": digest_of(file.encode())}
    document = bare(registry.version(name, born, artifact=artifact, **files))
    document["metadata"]["annotations"] = {"leeboard.dev/registered-at": born}
    store.put("version.json", canonical(document))
    return document


def lineages(place: Any) -> dict[str, str]:
    found = place.kubectl.all("modelversions")
    return {raw["metadata"]["name"]: lineage_digest(ModelVersion.parse(raw).spec) for raw in found}


def test_the_registry_is_restored_from_storage_and_carried_to_another_namespace(
    plane: ControlPlane, operator: OperatorProcess, s3: S3Server, tmp_path: Path
) -> None:
    place, other = tenant(plane, operator, "restored"), tenant(plane, operator, "carried")
    keys = {**KEYS, "LEEBOARD_STORAGE_ENDPOINT": s3.endpoint}
    leeboard, there = (Leeboard(plane.kubeconfig, name, **keys) for name in ("restored", "carried"))
    names = {registry.FIRST: registry.ago(days=41), registry.SECOND: registry.ago(days=12)}
    written = [stored(s3, name, born) for name, born in names.items()]
    dry = leeboard.document("restore", "s3://models/ml/", "--dry-run")
    assert {one["result"] for one in dry["versions"]} == {"would be restored"} and lineages(place) == {}
    done = leeboard.document("restore", "s3://models/ml/")
    assert [one["name"] for one in done["versions"]] == [registry.SECOND, registry.FIRST]
    expected = {raw["metadata"]["name"]: lineage_digest(ModelVersion.parse(raw).spec) for raw in written}
    assert lineages(place) == expected == {one["name"]: one["lineageDigest"] for one in done["versions"]}
    again = leeboard.document("restore", "s3://models/ml/")
    assert {one["result"] for one in again["versions"]} == {"is there"}
    ages = {one["metadata"]["name"]: one["metadata"]["annotations"] for one in place.kubectl.all("modelversions")}
    assert {name: one["leeboard.dev/registered-at"] for name, one in ages.items()} == names

    bundle = tmp_path / "bundle.tar.gz"
    leeboard.done("export", "late-flights", "--to", str(bundle), "--artefacts")
    carried = there.document("restore", str(bundle), "--to", "s3://models/elsewhere/")
    assert {one["name"]: one["lineageDigest"] for one in carried["versions"]} == expected == lineages(other)
    for raw in other.kubectl.all("modelversions"):
        artifact = raw["spec"]["artifact"]
        assert artifact["uri"].startswith("s3://models/elsewhere/")
        assert digest_of(s3.store(artifact["uri"]).get("manifest.json")) == artifact["digest"]

    s3.store("s3://models/ml/1f0c77e2ab/").put("manifest.json", b"other", overwrite=True)
    place.kubectl("delete", "modelversion", registry.FIRST)
    assert "DigestMismatch" in leeboard.refused("restore", "s3://models/ml/", status=1)


def test_an_import_is_registered_as_unverified(
    plane: ControlPlane, operator: OperatorProcess, s3: S3Server, tmp_path: Path
) -> None:
    place = tenant(plane, operator, "imported")
    leeboard = Leeboard(plane.kubeconfig, "imported", **KEYS, LEEBOARD_STORAGE_ENDPOINT=s3.endpoint)
    place.kubectl.apply(example("model"))
    (tmp_path / "model.pkl").write_bytes(b"\x80\x04 a pickle")
    call = ("import", "late-flights", "--from", str(tmp_path / "model.pkl"), "--to", "s3://models/imports/")
    told = leeboard.document(*call, "--reason", "from a notebook")
    assert (told["result"], told["verified"]) == ("registered", False)
    assert leeboard.document(*call, "--reason", "from a notebook")["result"] == "is there already"

    def judged() -> Any:
        status = (place.kubectl.get("modelversion", told["name"]) or {}).get("status", {})
        return {one["type"]: one for one in status.get("conditions", [])}

    conditions = eventually(judged, "the operator's look at it", operator.log)
    assert (conditions["Verified"]["status"], conditions["Verified"]["reason"]) == ("False", "CodeUnknown")
    assert conditions["Ready"]["reason"] == "UnsafeFormat"
    assert " no " in leeboard.done("get", "versions")
    assert "verified      no: imported" in leeboard.done("describe", told["name"])


def test_a_live_view_follows_and_ends_on_interrupt(plane: ControlPlane, operator: OperatorProcess) -> None:
    place = tenant(plane, operator, "watched")
    leeboard = Leeboard(plane.kubeconfig, "watched")
    model = example("model")
    place.kubectl.apply(model)
    process = leeboard.start("get", "models", "--watch")
    assert process.stdout is not None
    assert process.stdout.readline().startswith("MODEL")
    assert process.stdout.readline().startswith("late-flights ")
    model["metadata"]["name"] = "second-model"
    place.kubectl.apply(model)
    seen = ""
    while not seen.startswith("second-model"):
        seen = process.stdout.readline()
        assert seen
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, ""), (out, err)


def test_a_live_view_is_drawn_in_place_on_a_terminal(plane: ControlPlane, operator: OperatorProcess) -> None:
    place = tenant(plane, operator, "drawn")
    place.kubectl.apply(example("model"))
    leeboard = Leeboard(plane.kubeconfig, "drawn", TERM="xterm", COLUMNS="160", LINES="40")
    ours, theirs = pty.openpty()
    process = leeboard.start("get", "models", "-w", stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    seen = b""
    while b"late-flights" not in seen:
        seen += os.read(ours, 4096)
    process.send_signal(signal.SIGINT)
    # a screen is read to its end: who writes to one that nobody reads waits for ever
    with contextlib.suppress(OSError):
        while os.read(ours, 4096):
            pass
    _, err = process.communicate(timeout=60)
    os.close(ours)
    assert (process.returncode, err) == (0, "")
    assert b"\x1b[" in seen
