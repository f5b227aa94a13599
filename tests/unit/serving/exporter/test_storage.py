"""Storage that fails for a while, or for good: nothing is lost that can be kept, and nothing is there twice."""

import itertools
import socket
import time

from leeboard.api.reasons import Reason
from leeboard.storage import open_store
from leeboard_serving.exporter.outbox import Outbox
from leeboard_serving.exporter.uploader import Uploader
from tests.unit.serving.exporter.running import Exporter, free_port, parse_feedback, parse_ledger, prediction, span_of


def break_storage(exporter):
    """A file in place of the folder: an error for root too."""
    exporter.bucket.parent.mkdir(parents=True, exist_ok=True)
    if exporter.bucket.is_dir():
        exporter.bucket.rename(exporter.bucket.with_name("away"))
    exporter.bucket.write_text("in the way")


def mend_storage(exporter):
    exporter.bucket.unlink()
    away = exporter.bucket.with_name("away")
    if away.is_dir():
        away.rename(exporter.bucket)


def is_whole(exporter, requests):
    spans = [span_of(path) for path in exporter.keys("windows")]
    assert sum(window.requests for window in exporter.windows()) == requests
    return all(end == start for (_, end), (start, _) in itertools.pairwise(spans))


def ledger_rows(exporter):
    return sum(len(parse_ledger(path.read_bytes())) for path in exporter.keys("ledger"))


def test_windows_wait_for_storage_and_arrive_once_and_in_order(tmp_path):
    with Exporter(tmp_path, interval=0.3) as exporter:
        exporter.send(prediction("before"))
        exporter.until(lambda: exporter.keys("ledger"))
        break_storage(exporter)
        exporter.send(*(prediction(f"r{n}") for n in range(10)))
        assert exporter.label(r1=1).status_code == 202
        exporter.until(lambda: exporter.metric("leeboard_flush_failures_total") >= 3)
        assert exporter.is_healthy()
        assert exporter.metric("leeboard_outbox_bytes", kind="windows") > 0
        waiting = sorted((tmp_path / "outbox/windows/late-flights-v1-abc").iterdir(), key=span_of)
        contents = {path.name: path.read_bytes() for path in waiting}
        mend_storage(exporter)
        exporter.until(lambda: exporter.metric("leeboard_outbox_bytes") == 0)
        arrived = {path.name: path for path in exporter.keys("windows") if path.name in contents}
        assert {name: path.read_bytes() for name, path in arrived.items()} == contents
        changed = [arrived[path.name].stat().st_mtime_ns for path in waiting]
        assert changed == sorted(changed)
        assert exporter.end() == 0
    assert is_whole(exporter, 11)
    assert ledger_rows(exporter) == 11


def test_what_could_not_be_stored_is_told_and_stored_by_the_next_container(tmp_path):
    with Exporter(tmp_path, interval=60) as exporter:
        break_storage(exporter)
        exporter.send(prediction("r0"), prediction("r1"))
        exporter.label(r0=1)
        exporter.until_requests(2)
        assert exporter.end() == 69
        told = exporter.told()
        assert told["reason"] == "StorageUnreachable"
        assert told["message"].startswith("3 files are not in storage")
        mend_storage(exporter)
        exporter.start()
        exporter.until(lambda: exporter.keys("feedback"))
        assert exporter.end() == 0
    assert sum(window.requests for window in exporter.windows()) == 2
    assert ledger_rows(exporter) == 2
    assert not [path for path in (tmp_path / "outbox").rglob("*") if path.is_file()]


def test_a_killed_container_costs_the_open_window_alone(tmp_path):
    with Exporter(tmp_path, interval=0.3) as exporter:
        break_storage(exporter)
        exporter.send(prediction("r0"))
        exporter.until(lambda: exporter.metric("leeboard_outbox_bytes", kind="ledger") > 0)
        exporter.process.kill()
        exporter.process.wait()
        assert (tmp_path / "run/observe.sock").exists()
        mend_storage(exporter)
        exporter.start()
        exporter.send(prediction("r1"))
        exporter.until_requests(1)
        assert exporter.end() == 0
    assert ledger_rows(exporter) == 2
    assert sum(window.requests for window in exporter.windows()) == 2


def test_the_bounds_hold_while_storage_fails(tmp_path):
    """Shares of 75 KiB in blocks of 4: three of windows and of feedback, nine of ledgers."""
    bounds = {"LEEBOARD_OUTBOX_BYTES": str(75 * 1024)}
    with Exporter(tmp_path, interval=0.1, environment=bounds) as exporter:
        break_storage(exporter)
        accepted = []
        for n in range(200):
            exporter.send(prediction(f"r{n}"))
            answer = exporter.label(**{f"r{n}": n})
            if answer.status_code == 503:
                break
            accepted.append(n)
            time.sleep(0.05)
        assert answer.json() == {"error": "no more labels can be kept"}
        assert answer.headers["Retry-After"] == "1"
        exporter.until(lambda: exporter.metric("leeboard_outbox_dropped_files_total", kind="windows") >= 2)
        assert exporter.metric("leeboard_outbox_bytes", kind="windows") == 3 * 4096
        assert exporter.metric("leeboard_outbox_dropped_files_total", kind="feedback") == 0
        assert exporter.is_healthy()
        mend_storage(exporter)
        exporter.until(lambda: exporter.metric("leeboard_outbox_bytes") == 0)
        assert exporter.label(late=1).status_code == 202
        assert exporter.end() == 0
    labels = [parse_feedback(path.read_bytes(), "Regression", "") for path in exporter.keys("feedback")]
    assert sorted(value for part in labels for value in part.values) == sorted([*accepted, 1])


def test_an_s3_server_that_is_not_there(tmp_path):
    endpoint = f"http://127.0.0.1:{free_port()}"
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    store = open_store("s3://models/observations/v1/", endpoint=endpoint, environment=keys)
    outbox = Outbox(tmp_path, 1 << 20)
    outbox.add("windows/a/1-2.json.gz", b"x")
    uploader = Uploader(outbox, store, time.time)
    assert uploader.drain().reason is Reason.STORAGE_UNREACHABLE
    assert outbox.pending() == ["windows/a/1-2.json.gz"]
    assert (uploader.failures, uploader.last) == (1, 0.0)
    assert not uploader.is_stuck()


class TestOutbox:
    def key(self, start, kind="windows"):
        return f"{kind}/pod/{start}-{start + 1}.json.gz"

    def test_the_oldest_makes_room_whatever_its_name_sorts_by(self, tmp_path):
        outbox = Outbox(tmp_path, 75 * 1024)
        for start in (9, 10, 11, 100):
            outbox.add(self.key(start), b"x" * 4096)
        assert outbox.pending() == [self.key(10), self.key(11), self.key(100)]
        assert outbox.dropped == {"windows": 1}
        assert outbox.read(self.key(9)) is None

    def test_labels_never_make_room(self, tmp_path):
        outbox = Outbox(tmp_path, 75 * 1024)
        for start in range(5):
            outbox.add(self.key(start, "feedback"), b"x")
        assert len(outbox.pending()) == 5
        assert outbox.is_full("feedback")
        assert not outbox.is_full("ledger")

    def test_what_was_left_is_found_and_what_was_not_finished_is_removed(self, tmp_path):
        Outbox(tmp_path, 1 << 20).add(self.key(1), b"left")
        (tmp_path / "windows/pod/2-3.json.gz.part").write_bytes(b"half")
        found = Outbox(tmp_path, 1 << 20)
        assert found.pending() == [self.key(1)]
        assert found.read(self.key(1)) == b"left"
        assert sorted(path.name for path in tmp_path.rglob("*.gz*")) == ["1-2.json.gz"]

    def test_a_file_that_cannot_be_kept_is_counted(self, tmp_path):
        outbox = Outbox(tmp_path / "outbox", 1 << 20)
        (tmp_path / "outbox/windows").write_text("in the way")
        outbox.add(self.key(1), b"x")
        assert outbox.pending() == []
        assert outbox.dropped == {"windows": 1}

    def test_a_file_that_somebody_removed_keeps_no_other_waiting(self, tmp_path):
        outbox = Outbox(tmp_path / "outbox", 1 << 20)
        for start in (1, 2):
            outbox.add(self.key(start), b"x")
        (tmp_path / "outbox" / self.key(1)).unlink()
        store = open_store(f"file://{tmp_path}/bucket/", environment={})
        assert Uploader(outbox, store, time.time).drain() is None
        assert [entry.key for entry in store.list()] == [self.key(2)]
        assert outbox.dropped == {"windows": 1}


def test_the_socket_is_for_the_same_user_only(tmp_path):
    (tmp_path / "run").mkdir()
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(tmp_path / "run/observe.sock"))
    with Exporter(tmp_path) as exporter:
        assert (tmp_path / "run/observe.sock").stat().st_mode & 0o777 == 0o600
        exporter.send(prediction("r"))
        exporter.until_requests(1)


def test_storage_that_never_answers_does_not_keep_the_exporter_from_telling(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment = {
            "LEEBOARD_OBSERVATIONS_URI": "s3://bucket/v1/",
            "LEEBOARD_STORAGE_ENDPOINT": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
        }
        with Exporter(tmp_path, interval=60, environment=environment) as exporter:
            exporter.send(prediction("r"))
            exporter.until_requests(1)
            assert exporter.end() == 69
    assert exporter.told()["reason"] == "StorageUnreachable"
    assert exporter.told()["message"] == "2 files are not in storage: storage took longer than 20 s"
    assert sorted(path.parent.parent.name for path in (tmp_path / "outbox").rglob("*.gz")) == ["ledger", "windows"]
