"""The store's indexes say what a look at every object would say, whatever came in and in whatever order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.controllers.base import Key
from leeboard.controllers.lookup import INDEXES, MODEL_REFERENCE, NAME, OWNER
from leeboard.engine.store import Store

Raw = dict[str, Any]
KINDS = ("Model", "ModelVersion", "TrainingJob", "DriftMonitor", "Job", "Pod", "Deployment", "Service")
NAMES = ("a", "b", "c" * 80, "d" * 80)
VALUES = ("", *NAMES)

OBJECTS = st.builds(
    lambda kind, namespace, name, uid, version, model, labels, owners: {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"{kind}/{name}/{uid}",
            "resourceVersion": str(version),
            "labels": {name: value for name, value in labels.items() if value},
            "ownerReferences": [{"uid": owner} for owner in owners],
        },
        "spec": {"modelRef": {"name": model}},
    },
    st.sampled_from(KINDS),
    st.sampled_from(("ml", "other")),
    st.sampled_from(NAMES),
    st.integers(1, 2),
    st.integers(1, 12),
    st.sampled_from(VALUES),
    st.fixed_dictionaries(
        {label: st.sampled_from(("", "a", "b")) for label in ("leeboard.dev/model", "leeboard.dev/training-job")}
    ),
    st.lists(st.sampled_from(NAMES), max_size=2),
)
CHANGES = st.lists(st.tuples(st.sampled_from(("put", "put", "remove", "forget")), OBJECTS), max_size=40)


class Plain:
    """The same rules without indexes: every question looks at every object."""

    def __init__(self) -> None:
        self.objects: dict[Key, Raw] = {}
        self.deleted: set[str] = set()

    def change(self, verb: str, raw: Raw) -> None:
        key, known = Key.of(raw), self.objects.get(Key.of(raw))
        version = int(raw["metadata"]["resourceVersion"])
        if verb == "put":
            is_newer = known is None or version > int(known["metadata"]["resourceVersion"])
            if is_newer and raw["metadata"]["uid"] not in self.deleted:
                self.objects[key] = raw
            return
        if verb == "remove":
            self.deleted.add(raw["metadata"]["uid"])
        if known is not None and (verb == "forget" or known["metadata"]["uid"] == raw["metadata"]["uid"]):
            del self.objects[key]


def apply(store: Store, verb: str, raw: Raw) -> None:
    if verb == "put":
        store.put(raw)
    else:
        store.remove(Key.of(raw), raw["metadata"]["uid"] if verb == "remove" else None)


@given(CHANGES)
@settings(max_examples=150, deadline=None)
def test_an_index_finds_what_a_look_at_every_object_finds(changes: list[tuple[str, Raw]]) -> None:
    store, plain = Store(), Plain()
    for verb, raw in changes:
        apply(store, verb, raw)
        plain.change(verb, raw)
    present = sorted(plain.objects)
    for index in INDEXES:
        values = {value for raw in plain.objects.values() for value in index.values(raw)} - {""}
        for kind, namespace, value in ((k, n, v) for k in index.kinds for n in ("ml", "other") for v in values):
            expected = [
                key.name
                for key in present
                if (key.kind, key.namespace) == (kind, namespace) and value in index.values(plain.objects[key])
            ]
            found = store.find(index, kind, namespace, value)
            assert [raw["metadata"]["name"] for raw in found] == expected
            assert all(raw is store.get(Key.of(raw)) for raw in found)
            assert store.find(index, kind, namespace, "") == []
    for kind in KINDS:
        assert [Key.of(raw) for raw in store.of_kind(kind)] == [key for key in present if key.kind == kind]


def test_nothing_is_left_of_objects_that_are_gone() -> None:
    store = Store()
    raw = {"kind": "ModelVersion", "metadata": {"name": "v", "namespace": "ml"}, "spec": {"modelRef": {"name": "m"}}}
    store.put(raw)
    assert store.find(MODEL_REFERENCE, "ModelVersion", "ml", "m") == [raw]
    store.remove(Key("ModelVersion", "ml", "v"))
    assert store._objects == {}
    assert [found for kept in store._indexes.values() for _, found in kept if found] == []


def test_a_kind_that_an_index_does_not_cover_is_not_taken_for_an_empty_one() -> None:
    with pytest.raises(KeyError, match="UID of an owner of Pod"):
        Store().find(OWNER, "Pod", "ml", "u")


def test_a_name_too_long_for_a_label_is_found_by_its_short_form() -> None:
    store = Store()
    store.put({"kind": "Model", "metadata": {"name": "m" * 80, "namespace": "ml"}})
    (value,) = NAME.values({"metadata": {"name": "m" * 80}})
    assert len(value) <= 63
    assert [raw["metadata"]["name"] for raw in store.find(NAME, "Model", "ml", value)] == ["m" * 80]
