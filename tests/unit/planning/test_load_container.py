"""What the container that brings a version's files mounts and is told; no other container gets any of it."""

from datetime import timedelta
from typing import Any

import pytest

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.planning.serving.pod import Adopted, pod_template
from tests.support.examples import DIGEST, Document, example, model_version, put
from tests.support.training_world import World

IMAGE = f"registry.example/ml/flights@{DIGEST}"
PLAIN = {"model", "run", "temporary", "exporter-temporary", "server-temporary"}


def pod(uri: str = "s3://models/r1/", **serving: Any) -> Document:
    model = example("model")
    for path, value in serving.items():
        model = put(model, f"spec.serving.{path}", value)
    version = put(model_version("v1"), "spec.artifact.uri", uri)
    spec: Document = pod_template(Model.parse(model), ModelVersion.parse(version), Adopted("i:1", timedelta(seconds=2)))
    return spec["spec"]


def volumes(spec: Document) -> dict[str, Document]:
    return {one["name"]: {key: value for key, value in one.items() if key != "name"} for one in spec["volumes"]}


def mounts(spec: Document) -> dict[str, dict[str, Document]]:
    containers = (*spec["initContainers"], *spec["containers"])
    return {one["name"]: {each["name"]: each for each in one["volumeMounts"]} for one in containers}


def variables(container: Document) -> dict[str, str]:
    return {one["name"]: one["value"] for one in container["env"] if "value" in one}


@pytest.mark.parametrize("uri", ["s3://models/r1/", "https://models.example/r1/", "http://models/r1/"])
def test_what_comes_over_the_network_is_not_mounted(uri: str) -> None:
    spec = pod(uri)
    assert volumes(spec).keys() == PLAIN
    assert not {"LEEBOARD_SOURCE_FOLDER", "LEEBOARD_CACHE_FOLDER"} & variables(spec["initContainers"][0]).keys()


@pytest.mark.parametrize(
    ("uri", "volume"),
    [
        ("pvc://archive/flights/r1/", {"persistentVolumeClaim": {"claimName": "archive", "readOnly": True}}),
        (f"oci://{IMAGE}/r1/", {"image": {"reference": IMAGE, "pullPolicy": "IfNotPresent"}}),
        (f"oci://{IMAGE}", {"image": {"reference": IMAGE, "pullPolicy": "IfNotPresent"}}),
    ],
)
def test_a_claim_or_an_image_is_mounted_read_only_by_load_alone(uri: str, volume: Document) -> None:
    spec = pod(uri)
    assert volumes(spec)["source"] == volume
    mounted = {name: found["source"] for name, found in mounts(spec).items() if "source" in found}
    assert mounted == {"load": {"name": "source", "mountPath": "/leeboard/source", "readOnly": True}}
    assert variables(spec["initContainers"][0])["LEEBOARD_SOURCE_FOLDER"] == "/leeboard/source"


def test_the_cache_is_written_by_load_alone() -> None:
    spec = pod(cache={"persistentVolumeClaim": {"claimName": "cached"}, "maxSize": "1.5Gi"})
    assert volumes(spec)["cache"] == {"persistentVolumeClaim": {"claimName": "cached"}}
    mounted = {name: found["cache"] for name, found in mounts(spec).items() if "cache" in found}
    assert mounted == {"load": {"name": "cache", "mountPath": "/leeboard/cache"}}
    told = variables(spec["initContainers"][0])
    assert (told["LEEBOARD_CACHE_FOLDER"], told["LEEBOARD_CACHE_BYTES"]) == ("/leeboard/cache", str(3 << 29))
    # else the kubelet would give every file of it to the group anew, at every start of a pod
    assert spec["securityContext"]["fsGroupChangePolicy"] == "OnRootMismatch"
    assert "fsGroupChangePolicy" not in pod()["securityContext"]


def test_the_keys_of_signatures_are_a_config_map() -> None:
    spec = pod(verification={"signature": {"configMapRef": {"name": "signers"}}})
    assert volumes(spec)["signature-keys"] == {"configMap": {"name": "signers"}}
    assert mounts(spec)["load"]["signature-keys"]["readOnly"] is True
    assert "signature-keys" not in mounts(spec)["server"]
    assert variables(spec["initContainers"][0])["LEEBOARD_SIGNATURE_KEYS"] == "/leeboard/signature-keys"


def test_authorities_come_from_the_secret_by_reference() -> None:
    for container in pod()["initContainers"]:
        (found,) = [one for one in container["env"] if one["name"] == "LEEBOARD_STORAGE_CA"]
        reference = found["valueFrom"]["secretKeyRef"]
        assert (reference["key"], reference["optional"]) == ("ca.crt", True)


@pytest.mark.parametrize(("uri", "mounted"), [("pvc://archive/flights/", True), ("s3://models/r0/", False)])
def test_an_evaluation_mounts_where_its_champion_lies(uri: str, mounted: bool) -> None:
    world = World()
    imported = put(model_version("v0"), "spec.artifact.uri", uri)
    world.versions["v0"], world.champion = imported, "v0"
    world.settle()
    world.train()
    world.settle()
    (pod,) = [one["spec"]["template"]["spec"] for name, one in world.jobs.items() if name == world.run.evaluation_job]
    (container,) = pod["containers"]
    assert ("LEEBOARD_SOURCE_FOLDER" in variables(container)) is mounted
    assert ("source" in volumes(pod)) is mounted
    assert ("source" in {one["name"] for one in container["volumeMounts"]}) is mounted
