"""Observations on a real S3 server: merged and removed, and read as before."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from leeboard.evaluator.retention.planner import Keeping
from leeboard.evaluator.retention.tidying import Tidying
from leeboard.storage import Store
from tests.support.s3_server import S3Server, s3_server
from tests.unit.evaluator.retention.exporters import at, observed, table, window

KEEPING = Keeping(retain=timedelta(days=90), look_back=timedelta(hours=1))
MINUTES = range(0, 150, 2)


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as running:
        yield running


def filled(store: Store) -> None:
    for pod in ("a", "z"):
        for minute in MINUTES:
            of_kinds = (table(kind, pod, minute, [minute]) for kind in ("ledger", "feedback"))
            for key, data in (window(pod, minute), *of_kinds):
                store.put(key, data)


def all_observed(store: Store) -> list[object]:
    return [observed(store, at(since), at(150)) for since in (0, 31, 60, 119)]


def test_what_is_merged_reads_as_before_and_what_expired_is_gone(s3: S3Server) -> None:
    store = s3.store("s3://models/ml/kept/")
    filled(store)
    store.put("observations/v1/reports/m/newest.html", b"<html>")
    store.put("reference.parquet", b"rows")
    before, wanted = len(list(store.list())), all_observed(store)
    counted = {"compacted": 0, "expired": 0}

    def count(outcome: str, number: int) -> None:
        counted[outcome] += number

    tidying = Tidying(store, count, lambda: True)
    assert tidying.tidy(KEEPING, at(239))
    assert counted == {"compacted": 2 * 3 * 60, "expired": 0}
    assert before - len(list(store.list())) == 2 * 3 * 60 - 2 * 3
    assert all_observed(store) == wanted
    # the server wrote the report today, long after what the exporters left
    assert tidying.tidy(KEEPING, at(240) + timedelta(days=98))
    assert [entry.key for entry in store.list()] == ["observations/v1/reports/m/newest.html", "reference.parquet"]
