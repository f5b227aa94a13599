"""The request log: which rows are stored, what of them, and that it stays within its bounds; read by the evaluator."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.api.request_log import OWN_COLUMNS, RequestLogging, column_name
from leeboard.evaluator.observations import Observations as Stored
from leeboard.evaluator.requests import parse_requests, together
from leeboard.stats.sampling import id_hashes, sampled
from leeboard.storage import open_store
from leeboard_serving.exporter import request_log
from leeboard_serving.exporter.outbox import Outbox
from leeboard_serving.exporter.references import References
from leeboard_serving.exporter.request_log import RequestLog
from leeboard_serving.observation import Observations, Told
from tests.unit.serving.exporter.running import PROFILE, Exporter, observations, prediction

REFERENCES = References.parse(json.dumps(PROFILE).encode())
NOW = 1_767_225_600_000


def a_log(rate="1", redact=()):
    return RequestLog("m", RequestLogging(sample_rate=rate, redact=redact), REFERENCES, NOW - 1000)


def frame(ids, *, texts="AA", time=NOW / 1000):
    rows = len(ids)
    inputs = {"wind": np.arange(rows, dtype=np.float32), "hour": np.arange(rows), "late": np.zeros(rows, bool)}
    inputs["carrier"] = np.array([texts] * rows, dtype=object)
    return Observations([Told(one, time, 0.1, 200, 1) for one in ids], inputs, np.linspace(0, 1, rows))


def read(files):
    return together([parse_requests(file.data()) for file in files])


def environment(rate="1", redact=()):
    return {"LEEBOARD_REQUEST_LOG": json.dumps({"sampleRate": rate, "redact": list(redact)})}


def test_what_was_sent_comes_back_as_it_was(tmp_path):
    sent = [one for one in observations(200, seed=3) if one.rows]
    sent.append(prediction("late one", 0.25, time=NOW / 1000 + 0.25))
    with Exporter(tmp_path, interval=60, environment=environment()) as exporter:
        exporter.send(*sent)
        exporter.until_requests(len(sent))
        assert exporter.end() == 0
    counts = []
    stored = Stored(open_store(f"file://{tmp_path}/bucket/", environment={}), task="BinaryClassification",
                    positive_class="1", count=counts.append)  # fmt: skip
    found = stored.requests("v1", datetime(2020, 1, 1, tzinfo=UTC)).set_index("id")
    rows = [(one, row) for one in sent for row in range(one.rows)]
    ids = [one.id if one.rows == 1 else f"{one.id}/{row}" for one, row in rows]
    assert sorted(found.index) == sorted(ids)
    assert list(found.columns) == ["time", "score", "wind", "hour", "late", "carrier"]
    found = found.loc[ids]
    for name in ("wind", "hour", "late"):
        expected = np.array([float(one.inputs[name][row]) for one, row in rows])
        np.testing.assert_array_equal(found[name].to_numpy(), expected)
    assert [None if pd.isna(text) else text for text in found["carrier"]] == [o.inputs["carrier"][r] for o, r in rows]
    np.testing.assert_array_equal(found["score"], [one.scores[row] for one, row in rows])
    assert found["time"]["late one"] == pd.Timestamp(NOW / 1000 + 0.25, unit="s", tz="UTC")
    assert counts == ["read"]
    assert stored.requests("v1", datetime.now(UTC) + timedelta(hours=1)).empty


def test_not_a_byte_is_written_without_it(tmp_path):
    with Exporter(tmp_path, interval=0.2) as exporter:
        exporter.send(*observations(50, seed=1))
        exporter.until(lambda: exporter.keys("ledger"))
        assert exporter.metric("leeboard_logged_rows_total") == 0
        assert exporter.end() == 0
    assert not exporter.keys("requests")
    assert not (tmp_path / "outbox/requests").exists()


def test_redacted_inputs_are_nowhere_and_a_name_that_is_none_is_told_once(tmp_path):
    with Exporter(tmp_path, interval=60, environment=environment(redact=("carrier", "wind", "gender"))) as exporter:
        exporter.send(*(prediction(f"r{n}", inputs=frame(["x"], texts="SECRET").inputs) for n in range(40)))
        exporter.until_requests(40)
        assert exporter.metric("leeboard_logged_rows_total") in (0, 40)  # they wait to be drawn from together
        assert exporter.end() == 0
    (file,) = exporter.keys("requests")
    assert list(parse_requests(file.read_bytes()).column_names) == ["id", "time", "score", "hour", "late"]
    assert b"SECRET" not in file.read_bytes()
    assert exporter.log().count("no input is named gender") == 1


@pytest.mark.parametrize("text", ["0", "1.5", "-1", "much", ""])
def test_a_rate_that_is_none_stops_the_exporter(tmp_path, text):
    exporter = Exporter(tmp_path, environment=environment(rate=text))
    with pytest.raises(AssertionError):
        exporter.start()
    assert exporter.told()["reason"] == "BadConfiguration"
    assert "LEEBOARD_REQUEST_LOG" in exporter.told()["message"]


@settings(max_examples=30, deadline=None)
@given(
    ids=st.sets(st.text("ab/é-0123456789", min_size=1, max_size=20), min_size=1), rate=st.sampled_from([0.1, 0.5, 1])
)
def test_who_is_in_the_sample_follows_from_the_id_alone(ids, rate):
    names = sorted(ids)
    pods = [a_log(str(rate)), a_log(str(rate))]
    pods[0].add(frame(names), NOW)
    for name in reversed(names):
        pods[1].add(frame([name]), NOW)
    kept = [set(read(files)["id"]) if (files := pod.close(NOW)) else set() for pod in pods]
    assert kept[0] == kept[1]
    assert kept[0] == {name for name in names if int(id_hashes(np.array([name], dtype=object))[0]) < rate * 2**64}
    assert kept[0] == ids or rate < 1


def test_the_sample_is_as_large_as_asked_for_and_part_of_every_larger_one():
    hashes = id_hashes(np.array([f"request-{n}" for n in range(100_000)], dtype=object))
    small, large = sampled(hashes, 0.01), sampled(hashes, 0.1)
    assert small.mean() == pytest.approx(0.01, rel=0.1)
    assert large.mean() == pytest.approx(0.1, rel=0.05)
    assert not (small & ~large).any()
    assert sampled(hashes, 1.0).all()


def test_rows_without_a_usable_id_and_failed_requests_are_not_logged():
    log = a_log()
    bad = Observations(
        [
            Told("", 1.0, 0.1, 200, 1),
            Told("a\nb", 1.0, 0.1, 200, 2),
            Told("gone", 1.0, 0.1, 500),
            Told("c", 1, 1, 200, 1),
        ],
        {"wind": np.arange(4.0), "carrier": np.array(["AA"] * 4, dtype=object)},
        np.arange(4.0),
    )
    log.add(bad, NOW)
    log.add(Observations([Told("failed", 1.0, 0.1, 500)]), NOW)
    found = read(log.close(NOW))
    assert found[["id", "score", "wind"]].to_numpy().tolist() == [["c", 3.0, 3.0]]
    assert found["hour"].isna().all()  # an input that was not told of
    assert log.close(NOW + 1) == []


def test_files_and_windows_are_bounded_and_what_is_dropped_is_counted(monkeypatch):
    monkeypatch.setattr(request_log, "MOST_ROWS_OF_A_FILE", 100)
    log = a_log()
    files = []
    for start in range(0, 1000, 50):
        files += log.add(frame([f"r{n}" for n in range(start, start + 50)]), NOW + start)
    files += log.close(NOW + 1000)
    assert [len(read([file])) for file in files] == [100] * 10
    assert read(files)["id"].nunique() == log.logged == 1000
    spans = [(file.start, file.end) for file in files]
    assert len(set(spans)) == len(spans)
    assert all(start < end for start, end in spans)

    monkeypatch.setattr(request_log, "MOST_BYTES_OF_A_WINDOW", 10_000)
    monkeypatch.setattr(request_log, "MOST_BYTES_OF_A_FILE", 4000)
    monkeypatch.setattr(request_log, "MOST_BYTES_OF_A_ROW", 2000)
    log = a_log()
    files = log.add(frame(["huge"], texts="x" * 3000), NOW)
    files += log.add(frame([f"r{n}" for n in range(20)], texts="x" * 1000), NOW)
    files += log.close(NOW)
    assert (log.logged, log.dropped) == (9, 12)
    assert [len(read([file])) for file in files] == [3, 3, 3]
    log.add(frame(["next"]), NOW + 1)
    assert len(read(log.close(NOW + 2))) == 1  # the next window has room again


@given(st.text(max_size=12) | st.sampled_from([*OWN_COLUMNS, "input.id", "input.input.why"]))
def test_no_input_takes_the_place_of_another_column(name):
    column = column_name(name)
    assert column not in OWN_COLUMNS
    assert column.removeprefix("input.") == name


def test_the_log_makes_room_for_itself_alone(tmp_path):
    outbox = Outbox(tmp_path, 1 << 20)
    outbox.add("feedback/p/1-2.csv.gz", b"x" * 5000)
    for n in range(20):
        outbox.add(f"requests/p/{n}-{n + 1}.parquet", b"x" * 20_000)
    assert outbox.dropped == {"requests": 10}
    assert Outbox(tmp_path, 1 << 20).pending() == outbox.pending()  # as after a restart
    assert "feedback/p/1-2.csv.gz" in outbox.pending()


def test_what_is_no_file_of_ours_is_left_out_and_counted(tmp_path):
    store = open_store(f"file://{tmp_path}/", environment={})
    (good,) = (log := a_log()).add(frame(["a"]), NOW) or log.close(NOW)
    table = parse_requests(good.data())
    assert table.num_rows == 1
    store.put("observations/v1/requests/p/1-2.parquet", good.data())
    store.put("observations/v1/requests/p/2-3.parquet", b"PAR1 nothing PAR1")
    store.put("observations/v1/requests/p/3-4.parquet", b"")
    for position, columns in enumerate(([1, 2], "scores")):
        frame_of = pd.DataFrame({"id": ["x"], "time": [1]} | ({"score": ["s"]} if columns == "scores" else {}))
        store.put(f"observations/v1/requests/p/5-{position + 6}.parquet", frame_of.to_parquet())
    counts = []
    stored = Stored(store, task="Regression", positive_class="1", count=counts.append)
    assert list(stored.requests("v1", datetime(1970, 1, 1, tzinfo=UTC))["id"]) == ["a"]
    assert sorted(counts) == ["read", "unreadable", "unreadable", "unreadable", "unreadable"]
