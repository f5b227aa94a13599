"""What the store keeps of an object."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leeboard.engine import trimming
from leeboard.engine.trimming import Trimmer

Raw = dict[str, Any]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.floats(allow_nan=False)
    | st.text(max_size=3)
    | st.just("x" * 70),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


def trimmed(raw: Raw) -> Raw:
    return Trimmer().trimmed(raw)


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


@given(st.lists(st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3), max_size=6), st.integers(0, 4))
def test_every_value_but_managed_fields_is_kept_as_it_is(specs: list[Raw], remembered: int) -> None:
    """Also where most of what was seen is forgotten again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trimming, "_SHARED_VALUES", remembered)
        trimmer = Trimmer()
        for spec in [*specs, *specs]:
            kept = trimmer.trimmed(document("Model", spec))
            assert json.dumps(kept["spec"]) == json.dumps(spec)
        assert len(trimmer._known) <= remembered


def test_equal_parts_of_different_objects_are_one() -> None:
    trimmer = Trimmer()
    spec = {"template": {"image": "registry.example/server:1", "ports": [8080]}, "name": "a"}
    one = trimmer.trimmed(document("Deployment", spec))
    other = trimmer.trimmed(document("Deployment", {**spec, "name": "b"}))
    assert one["spec"]["template"] is other["spec"]["template"]
    assert one["spec"] is not other["spec"]
    keys = [next(key for key in kept if key == "metadata") for kept in (one, other)]
    assert keys[0] is keys[1]
