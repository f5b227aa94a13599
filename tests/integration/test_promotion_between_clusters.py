"""From staging to production: a version is carried to another cluster with its files, and stays what it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.cluster.control_plane import ControlPlane
from e2e.support.kubectl import Kubectl
from leeboard.api.lineage_digest import lineage_digest
from leeboard.api.model_version import ModelVersion
from leeboard.cli.registry.archived import canonical
from leeboard.storage.digests import digest_of
from leeboard.storage.manifest import Manifest
from tests.support.command_line import Leeboard
from tests.support.examples import Document, example
from tests.support.s3_server import KEYS, S3Server, s3_server
from tests.unit.cli import registry

pytestmark = pytest.mark.apiserver
ROOT = Path(__file__).resolve().parents[2]
NAME = registry.THIRD
FILES = {"profile": "profile.json", "goldenSamples": "golden.json", "accelerated": "accelerated.onnx"}


@pytest.fixture(scope="module")
def clusters() -> Iterator[tuple[ControlPlane, ControlPlane]]:
    """Two API servers that know nothing of each other, each with the four kinds."""
    with ControlPlane() as staging, ControlPlane() as production:
        for plane in (staging, production):
            plane.kubectl("apply", "-f", str(ROOT / "crds"))
            plane.client().established()
            plane.kubectl("create", "namespace", "ml")
        production.kubectl("create", "namespace", "other-team")
        yield staging, production


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture(scope="module")
def trained(clusters: tuple[ControlPlane, ControlPlane], s3: S3Server) -> Document:
    """A version of staging, as its run registered it: with golden samples, profile and its converted form."""
    place = clusters[0].client("ml")
    uri = "s3://models/staging/5a3e91c07d/"
    store, content = s3.store(uri), b"the model"
    store.put("model/model.skops", content)
    files = [{"path": "model.skops", "digest": digest_of(content), "bytes": len(content)}]
    manifest = Manifest.parse(canonical({"files": files}))
    store.put("manifest.json", manifest.to_bytes())
    spec: dict[str, Any] = {
        "artifact": {"uri": uri, "digest": manifest.digest, "format": "sklearn-skops", "bytes": len(content)}
    }
    for part, file in FILES.items():
        data = f"{file} of {NAME}".encode()
        store.put(f"evaluation/{file}", data)
        spec[part] = {"uri": f"{uri}evaluation/{file}", "digest": digest_of(data)}
    spec["accelerated"] |= {"bytes": 3, "parity": {"rows": 256, "worst": "0.000001"}}
    document = registry.version(NAME, registry.ago(hours=3), **spec)
    document["metadata"] = {"name": NAME}
    document.pop("status")
    store.put("version.json", canonical(document))
    place.apply(example("model"))
    place("create", "-f", "-", input=json.dumps(document))
    return place.get("modelversion", NAME) or {}


def lineage(raw: Document | None) -> str:
    assert raw is not None
    return lineage_digest(ModelVersion.parse(raw).spec)


def carried(leeboard: Leeboard, bundle: Path, to: str, place: Kubectl, s3: S3Server) -> Document:
    """The version where it was brought to; every one of its files lies there, and is what it was."""
    (told,) = leeboard.document("restore", str(bundle), "--to", to)["versions"]
    assert told["result"] == "restored"
    found = place.get("modelversion", NAME) or {}
    assert told["lineageDigest"] == lineage(found)
    for part in FILES:
        stored = found["spec"][part]
        assert stored["uri"].startswith(f"{to}{NAME}/evaluation/"), part
        folder, _, key = stored["uri"].rpartition("/")
        assert digest_of(s3.store(f"{folder}/").get(key)) == stored["digest"]
    artifact = found["spec"]["artifact"]
    assert digest_of(s3.store(artifact["uri"]).get("manifest.json")) == artifact["digest"]
    assert s3.store(artifact["uri"]).get("model/model.skops") == b"the model"
    return found


def test_a_version_is_the_same_in_production_as_in_staging(
    clusters: tuple[ControlPlane, ControlPlane], s3: S3Server, trained: Document, tmp_path: Path
) -> None:
    keys = {**KEYS, "LEEBOARD_STORAGE_ENDPOINT": s3.endpoint}
    staging, production = clusters
    bundle = tmp_path / "promoted.tar.gz"
    Leeboard(staging.kubeconfig, "ml", **keys).done(
        "export", f"late-flights/{NAME}", "--to", str(bundle), "--artefacts"
    )
    for namespace in ("ml", "other-team"):
        there = Leeboard(production.kubeconfig, namespace, **keys)
        found = carried(there, bundle, f"s3://models/{namespace}/", production.client(namespace), s3)
        assert lineage(found) == lineage(trained)
        assert found["metadata"]["annotations"]["leeboard.dev/registered-at"] == registered(trained)
        again = there.document("restore", str(bundle), "--to", f"s3://models/{namespace}/")
        assert again["versions"][0]["result"] == "is there"
    assert clusters[0].client("ml").get("modelversion", NAME) == trained


def registered(raw: Document) -> str:
    return str(raw["metadata"]["creationTimestamp"])


def test_a_bundle_that_was_changed_on_its_way_is_refused(
    clusters: tuple[ControlPlane, ControlPlane], s3: S3Server, trained: Document, tmp_path: Path
) -> None:
    keys = {**KEYS, "LEEBOARD_STORAGE_ENDPOINT": s3.endpoint}
    staging, production = clusters
    production.kubectl("create", "namespace", "tampered")
    bundle = tmp_path / "bundle"
    Leeboard(staging.kubeconfig, "ml", **keys).done(
        "export", f"late-flights/{NAME}", "--to", str(bundle), "--artefacts"
    )
    (golden,) = bundle.rglob("golden.json")
    golden.write_bytes(b"other answers")
    there = Leeboard(production.kubeconfig, "tampered", **keys)
    said = there.refused("restore", str(bundle), "--to", "s3://models/tampered/", status=1)
    assert "DigestMismatch: evaluation/golden.json" in said
    assert production.client("tampered").all("modelversions") == []
