"""What the store keeps of an object."""

from __future__ import annotations

import json
from typing import Any

from leeboard.engine.trimming import trimmed

Raw = dict[str, Any]


def read(document: Raw) -> Raw:
    """As it comes from the wire: no two strings are the same object."""
    return json.loads(json.dumps(document))


def document(kind: str, spec: Raw) -> Raw:
    metadata = {"name": "a", "namespace": "ml", "managedFields": [{"manager": "kubelet"}], "labels": {"x": "y"}}
    return read({"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec, "status": {"phase": "Running"}})


def test_a_pod_keeps_metadata_and_status() -> None:
    pod = document("Pod", {"containers": [{"name": "server"}]})
    assert trimmed(pod) == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a", "namespace": "ml", "labels": {"x": "y"}},
        "status": {"phase": "Running"},
    }
    assert pod["spec"], "what was given is left as it is"
    assert pod["metadata"]["managedFields"]


def test_a_job_loses_its_template_and_a_deployment_keeps_its_own() -> None:
    spec = {"suspend": False, "template": {"spec": {"containers": []}}}
    assert trimmed(document("Job", spec))["spec"] == {"suspend": False}
    assert trimmed(document("Deployment", spec))["spec"] == spec


def test_every_value_but_managed_fields_is_kept_as_it_is() -> None:
    spec = {"a": [1, 2.5, None, True, {"b": "c" * 100}], "d": {}}
    kept = trimmed(document("Model", spec))
    assert kept["spec"] == spec
    assert json.dumps(kept["spec"]) == json.dumps(spec)


def test_equal_short_strings_of_different_objects_are_one() -> None:
    one, other = (trimmed(document("Model", {"image": "registry.example/server:1"})) for _ in range(2))
    assert one["spec"]["image"] is other["spec"]["image"]
    keys = [next(key for key in kept if key == "metadata") for kept in (one, other)]
    assert keys[0] is keys[1]
