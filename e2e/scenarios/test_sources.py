"""Versions whose files lie elsewhere, on the real node: in a claim, with signatures and a cache, and in an image."""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from e2e.cluster import images
from e2e.scenarios.steps import first_version, restarts, server_pods
from e2e.scenarios.tenant import API_VERSION, Tenant
from e2e.support.kubectl import Document
from e2e.support.waiting import wait_for
from leeboard.api.reasons import hint
from leeboard.storage import Manifest
from tests.support.signing import public, signed, statement
from tests.support.trained import flights

pytestmark = pytest.mark.node
BY_CLAIM, OTHERS_KEY, CHANGED, BY_IMAGE = "flights-claim", "flights-others-key", "flights-changed", "flights-image"
MODEL_FILE = "model.skops"
CONTAINERFILE = Path(images.IMAGES) / "model" / "Containerfile"


@dataclass(frozen=True)
class Archive:
    """A folder of the node that a claim mounts, with a version's files in several forms."""

    folder: Path
    spec: Document
    manifest: bytes
    model: bytes

    def lay(self, name: str, signature: bytes, model: bytes | None = None) -> None:
        """Put the files below a name."""
        place = self.folder / name
        (place / "model").mkdir(parents=True)
        (place / "manifest.json").write_bytes(self.manifest)
        (place / "model" / MODEL_FILE).write_bytes(self.model if model is None else model)
        (place / "model.sig").write_bytes(signature)

    def version(self, tenant: Tenant, name: str, uri: str) -> Document:
        """The same model as an import from another address."""
        spec = {
            "modelRef": {"name": tenant.model},
            "source": {"import": {"reason": "its files lie in the archive"}},
            "artifact": self.spec["artifact"] | {"uri": uri},
            "signature": self.spec["signature"],
            "profile": self.spec["profile"],
            "goldenSamples": self.spec["goldenSamples"],
        }
        return {"apiVersion": API_VERSION, "kind": "ModelVersion", "metadata": {"name": name}, "spec": spec}


def claim(tenant: Tenant, name: str, folder: Path) -> list[Document]:
    """A folder of the node as a claim of the tenant: a volume that nobody else can bind."""
    volume = f"{tenant.name}-{name}"
    shape = {"accessModes": ["ReadWriteOnce"], "storageClassName": ""}
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": volume},
            "spec": shape
            | {
                "capacity": {"storage": "1Gi"},
                "persistentVolumeReclaimPolicy": "Retain",
                "hostPath": {"path": str(folder), "type": "Directory"},
                "claimRef": {"namespace": tenant.name, "name": name},
            },
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "namespace": tenant.name},
            "spec": shape | {"volumeName": volume, "resources": {"requests": {"storage": "1Gi"}}},
        },
    ]


def pinned(tenant: Tenant, version: str, **serving: Any) -> Document:
    """The Model that serves this version and no other."""
    usual = tenant.model_object()["spec"]
    return tenant.model_object(
        promotion={"policy": "Pinned", "version": version},
        rollout={"strategy": "Replace"},
        serving=usual["serving"] | serving,
    )


@pytest.fixture(scope="module")
def key() -> ec.EllipticCurvePrivateKey:
    """Whose signatures the Model asks for."""
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="module")
def first(tenant: Tenant) -> Document:
    """A version that was trained as usual, once it serves."""
    return first_version(tenant, rollout={"strategy": "Replace"})


@pytest.fixture(scope="module")
def archive(tenant: Tenant, first: Document, key: ec.EllipticCurvePrivateKey) -> Iterator[Archive]:
    """The version's files in a claim, as they are, signed by another, and with one byte changed."""
    spec = first["spec"]
    stored = spec["artifact"]["uri"].removeprefix(f"s3://{tenant.name}/")
    folder = tenant.cluster.place.folder / "claims" / tenant.name
    for name in ("archive", "cache"):
        (folder / name).mkdir(parents=True)
    (folder / "cache").chmod(0o777)
    made = Archive(
        folder / "archive",
        spec,
        tenant.buckets.get(tenant.name, f"{stored}manifest.json"),
        tenant.buckets.get(tenant.name, f"{stored}model/{MODEL_FILE}"),
    )
    said = json.dumps(statement({MODEL_FILE: made.model})).encode()
    made.lay("v7", signed(key, said))
    made.lay("others-key", signed(ec.generate_private_key(ec.SECP256R1()), said))
    changed = bytearray(made.model)
    changed[len(changed) // 2] ^= 1
    made.lay("changed", signed(key, said), bytes(changed))
    signers = {"kind": "ConfigMap", "metadata": {"name": "signers"}, "data": {"signer.pub": public(key)}}
    volumes = [*claim(tenant, "archive", made.folder), *claim(tenant, "cache", folder / "cache")]
    tenant.cluster.kubectl("").apply(*volumes)
    tenant.kubectl.apply(
        {"apiVersion": "v1"} | signers,
        made.version(tenant, BY_CLAIM, "pvc://archive/v7/"),
        made.version(tenant, OTHERS_KEY, "pvc://archive/others-key/"),
        made.version(tenant, CHANGED, "pvc://archive/changed/"),
    )
    yield made
    tenant.cluster.kubectl("")("delete", "pv", f"{tenant.name}-archive", f"{tenant.name}-cache", "--wait=false")


SIGNED: Document = {
    "verification": {"signature": {"configMapRef": {"name": "signers"}}},
    "cache": {"persistentVolumeClaim": {"claimName": "cache"}, "maxSize": "1Gi"},
}


def scores(tenant: Tenant) -> list[float]:
    """What the Model's Service answers to the same five flights."""
    address = tenant.kubectl.get("service", tenant.model)["spec"]["clusterIP"]
    frame = flights(5, 21).drop(columns="label").dropna()
    kinds = {"i": "INT64", "f": "FP64", "O": "BYTES"}
    inputs = [
        {"name": name, "shape": [len(frame)], "datatype": kinds[column.dtype.kind], "data": column.tolist()}
        for name, column in frame.items()
    ]
    request = urllib.request.Request(
        f"http://{address}:8080/v2/models/{tenant.model}/infer",
        json.dumps({"inputs": inputs}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        found: list[float] = json.load(answer)["outputs"][0]["data"]
    return found


def loaded(tenant: Tenant, version: str) -> str:
    """The log of `load` of the one pod of a version."""
    (pod,) = server_pods(tenant, version)
    return str(tenant.kubectl("logs", pod["metadata"]["name"], "-c", "load"))


@pytest.fixture(scope="module")
def expected(tenant: Tenant, first: Document) -> list[float]:
    """The answers of the version that was trained, while it serves."""
    return scores(tenant)


def stalled_by(tenant: Tenant, reason: str) -> None:
    """Wait until the Model says that the version which it is pinned to cannot serve, and how that is mended."""

    def stalled() -> tuple[Document | None, str]:
        conditions = tenant.world.model()["status"]["conditions"]
        found = [one for one in conditions if (one["type"], one["reason"]) == ("Stalled", reason)]
        return (found[0] if found else None), ", ".join(f"{one['type']} {one['reason']}" for one in conditions)

    told = wait_for(reason, stalled, seconds=120, narrator=tenant.world.narrator)
    assert told["status"] == "True"
    assert hint(reason) in told["message"]


def test_a_claim_with_signed_files_serves(tenant: Tenant, expected: list[float], archive: Archive) -> None:
    tenant.kubectl.apply(pinned(tenant, BY_CLAIM, **SIGNED))
    tenant.world.wait_champion(BY_CLAIM)
    assert scores(tenant) == pytest.approx(expected, abs=1e-6)
    assert "signed by the key signer.pub" in loaded(tenant, BY_CLAIM)
    assert set(restarts(tenant, BY_CLAIM).values()) == {0}


def test_the_next_pod_takes_its_files_from_the_cache(tenant: Tenant, expected: list[float], archive: Archive) -> None:
    """Manifest and signature are still there; the model is nowhere but in the cache."""
    (archive.folder / "v7" / "model" / MODEL_FILE).unlink()
    (old,) = server_pods(tenant, BY_CLAIM)
    tenant.kubectl("delete", "pod", old["metadata"]["name"], "--wait=false")

    def ready() -> tuple[Document | None, str]:
        pods = [pod for pod in server_pods(tenant, BY_CLAIM) if pod["metadata"]["uid"] != old["metadata"]["uid"]]
        states = [condition for pod in pods for condition in pod["status"].get("conditions", [])]
        done = any(one["type"] == "Ready" and one["status"] == "True" for one in states)
        return (pods[0] if done else None), f"{len(pods)} new pods"

    wait_for("a pod out of the cache", ready, seconds=120, narrator=tenant.world.narrator)
    assert scores(tenant) == pytest.approx(expected, abs=1e-6)


def test_what_another_signed_waits_for_a_signature(tenant: Tenant, archive: Archive) -> None:
    """Its files are good, so that it is not rolled back: whoever signs them anew lets it serve."""
    tenant.kubectl.apply(pinned(tenant, OTHERS_KEY, **SIGNED))

    stalled_by(tenant, "SignatureInvalid")
    assert tenant.world.champion() == BY_CLAIM


def test_a_changed_byte_never_serves(tenant: Tenant, archive: Archive) -> None:
    # without the cache, which still has the file as it was registered
    tenant.kubectl.apply(pinned(tenant, CHANGED, verification=SIGNED["verification"]))
    stalled_by(tenant, "DigestMismatch")
    assert tenant.world.champion() == BY_CLAIM
    (pod,) = server_pods(tenant, CHANGED)
    states = {one["name"]: one["state"] for one in pod["status"]["containerStatuses"]}
    assert set(states["server"]) == {"waiting"}


def test_an_image_with_the_files_serves(
    tenant: Tenant, expected: list[float], archive: Archive, tmp_path: Path
) -> None:
    files = {"manifest.json": tmp_path / "manifest.json", MODEL_FILE: tmp_path / MODEL_FILE}
    files["manifest.json"].write_bytes(archive.manifest)
    files[MODEL_FILE].write_bytes(archive.model)
    registry = images.registry_of(tenant.cluster.place)
    image = images.build_of_files(registry, CONTAINERFILE, files, f"{tenant.name}/flights", {})
    tenant.kubectl.apply(archive.version(tenant, BY_IMAGE, f"oci://{image}/flights/v7/"))
    tenant.kubectl.apply(pinned(tenant, BY_IMAGE))
    tenant.world.wait_champion(BY_IMAGE)
    assert scores(tenant) == pytest.approx(expected, abs=1e-6)
    assert Manifest.parse(archive.manifest).digest in loaded(tenant, BY_IMAGE)
    assert set(restarts(tenant, BY_IMAGE).values()) == {0}
