"""Logged rows go when their Model keeps them no longer; rows to label and rows computed anew with the observations."""

from datetime import timedelta

import numpy as np
import pytest

from leeboard.api.model import Model
from leeboard.evaluator.retention import tidying as module
from leeboard.evaluator.retention.files import rows_of, untimed_of
from leeboard.evaluator.retention.job import folders
from leeboard.evaluator.retention.planner import Keeping, found_in
from leeboard.evaluator.retention.tidying import Tidying
from leeboard.storage import Entry, open_store
from leeboard_serving.exporter.logged_rows import Block, LoggedRows
from tests.support.examples import example
from tests.unit.evaluator.test_service import NOW

OLD, YOUNG = 40, 20


def keeping(**rows):
    """How many days rows are kept, by Model."""
    kept = {name.replace("_", "-"): timedelta(days=days) for name, days in rows.items()}
    return Keeping(retain=timedelta(days=90), look_back=timedelta(hours=1), rows=kept)


def rows(model="late-flights"):
    """A file of one row."""
    block = Block(np.array(["a"], dtype=object), np.zeros(1), np.zeros(1), {"x": np.zeros(1)})
    return LoggedRows(model, 0, 1, [block]).data()


def key(days, version="v1", kind="requests", suffix="parquet"):
    """A file of an hour that ended `days` before now."""
    end = int((NOW - timedelta(days=days)).timestamp() * 1000)
    return f"observations/{version}/{kind}/pod/{end - 3_600_000}-{end}.{suffix}"


@pytest.fixture
def store(tmp_path):
    found = open_store(f"file://{tmp_path}/", environment={})
    for version in ("v1", "v0", "gone"):
        for days in (OLD, YOUNG):
            found.put(key(days, version), rows())
            found.put(key(days, version, "ledger", "csv.gz"), b"x")
    for other in ("observations/v1/requests/pod/notes.parquet", "observations/v1/labelling/m/e.parquet"):
        found.put(other, b"x")
    return found


def tidied(store, kept):
    """How many files of logged rows went."""
    counted = {"compacted": 0, "expired": 0, "forgotten": 0}

    def count(outcome, number):
        counted[outcome] += number

    Tidying(store, count, lambda: True).tidy(kept, NOW)
    assert not counted["expired"]
    return counted["forgotten"]


def keys(store, part="/requests/"):
    return [entry.key for entry in store.list() if part in entry.key]


def test_old_rows_of_every_version_go_and_nothing_else(store):
    others = keys(store, "/ledger/"), keys(store, "/labelling/")
    assert tidied(store, keeping(late_flights=30)) == 3
    assert keys(store) == [
        key(YOUNG, "gone"),
        key(YOUNG, "v0"),
        key(YOUNG),
        "observations/v1/requests/pod/notes.parquet",
    ]
    assert (keys(store, "/ledger/"), keys(store, "/labelling/")) == others
    assert tidied(store, keeping(late_flights=30)) == 0


def test_who_keeps_them_for_ever_loses_none(store):
    assert tidied(store, keeping()) == tidied(store, keeping(another=30)) == 0
    assert len(keys(store)) == 7


def test_rows_of_another_model_in_the_same_folder_are_kept_as_it_says(store):
    store.put(key(OLD, "of-another"), rows("another"))
    store.put(key(OLD, "of-nobody"), b"no Parquet")
    assert tidied(store, keeping(late_flights=30, another=50)) == 3
    assert {key(OLD, "of-another"), key(OLD, "of-nobody")} <= set(keys(store))
    assert tidied(store, keeping(another=30)) == 1


def test_a_file_that_cannot_be_read_goes_with_those_beside_it(store):
    store.put(key(OLD + 1), b"no Parquet")
    assert tidied(store, keeping(late_flights=30)) == 4


def test_many_go_in_parts(store, monkeypatch):
    monkeypatch.setattr(module, "MOST_AT_ONCE", 2)
    for more in range(1, 3):
        store.put(key(OLD + more), rows())
        store.put(key(OLD + more, "of-another"), rows("another"))
    assert [tidied(store, keeping(late_flights=30)) for _ in range(3)] == [4, 1, 0]


@pytest.mark.parametrize(
    ("several", "kept"),
    [
        ([("a", "30d"), ("b", None)], {"a": 30}),
        ([("a", "30d"), ("b", "10d")], {"a": 30, "b": 10}),
        ([("a", "30d"), ("a", "10d")], {"a": 30}),
        ([("a", "30d"), ("a", None)], {}),
        ([("a", "for ever")], {}),
    ],
    ids=str,
)
def test_how_long_models_of_a_folder_keep_their_rows(several, kept):
    models = []
    for number, (name, retain) in enumerate(several):
        raw = example("model")
        raw["metadata"] |= {"name": name, "namespace": f"n{number}", "uid": f"{number}"}
        log = {"sampleRate": "1"} | ({"retain": retain} if retain != "for ever" else {})
        raw["spec"].setdefault("serving", {})["logging"] = log
        if retain is None:
            del raw["spec"]["serving"]["logging"]
        models.append(Model.parse(raw))
    (folder,) = folders(models, (), NOW)
    assert folder.keeping.rows == {name: timedelta(days=days) for name, days in kept.items()}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("observations/v1/labelling/m/abc.parquet", "labelling"),
        ("observations/v1/recomputed/x.parquet", "recomputed"),
        ("observations/v1/recomputed/2026/03/a part=7.parquet", "recomputed"),
        ("observations/v1/reports/m/newest.html", "reports"),
        ("observations/v1/recomputed/../../secret.parquet", None),
        ("observations/v1/recomputed/x.csv", None),
        ("observations/v1/labelling/m/abc/d.parquet", None),
        ("models/recomputed/x.parquet", None),
    ],
)
def test_files_whose_names_tell_no_time(name, kind):
    assert untimed_of(name) == kind


def test_rows_to_label_and_rows_computed_anew_go_with_the_observations():
    kept = Keeping(retain=timedelta(days=30), look_back=timedelta(days=50))
    names = [f"observations/v1/{name}.parquet" for name in ("labelling/m/abc", "recomputed/x")]

    def expired(days):
        entries = [Entry(name, bytes=1, etag=name, modified=NOW - timedelta(days=days)) for name in names]
        return found_in(entries, kept, NOW, set(), 10).expired

    assert expired(29) == []
    assert expired(31) == names[:1]  # a window that is longer may still be compared with the others
    assert expired(51) == names


def test_the_rows_of_another_form_are_none():
    assert rows_of(key(3)) == ("v1", int((NOW - timedelta(days=3)).timestamp() * 1000))
    assert rows_of("observations/v1/requests/pod/notes.parquet") is None
    assert rows_of(key(3, kind="windows")) is None
