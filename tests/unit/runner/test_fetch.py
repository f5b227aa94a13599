"""What fetch brings, records and refuses."""

import base64
import functools
import http.server
import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from leeboard.api.termination import Fetched, read_message
from leeboard.runner.failures import RunError, storage_failure
from leeboard.runner.fetch import fetch
from leeboard.runner.run_spec import Places, RunSpec
from leeboard.storage import Manifest, StorageError
from tests.unit.runner.pod import MODEL_SCRIPT, Pod, commit, flights, git


@pytest.fixture
def pod(tmp_path: Path) -> Pod:
    return Pod(tmp_path)


def fetched(pod: Pod, **environment: str) -> Fetched:
    """In this process; a storage failure as the end of the run that it means."""
    variables = pod.environment(**environment)
    try:
        return fetch(RunSpec.from_environment(variables), Places.from_environment(variables), variables)
    except StorageError as error:
        raise storage_failure(error) from error


def test_everything_is_brought_and_recorded(pod: Pod) -> None:
    code, message = pod.fetch()
    assert code == 0
    record = read_message(json.dumps(message), Fetched)
    assert record is not None
    assert (record.code.commit, record.code.revision, record.code.verified) == (pod.commit, "main", True)
    train, holdout = record.datasets
    assert (train.partitions, train.rows) == (("2013-02/", "2013-03/"), 50)
    assert (holdout.partitions, holdout.rows) == (("2013-03/",), 30)
    assert train.schema_digest == holdout.schema_digest
    assert train.digest == Manifest.of_directory(pod.root / "data" / "train").digest
    assert (pod.root / "code" / "train.py").read_text() == MODEL_SCRIPT
    assert json.loads((pod.root / "control" / "params.json").read_bytes()) == {"learning_rate": "0.1"}


def test_the_script_never_sees_the_holdout(pod: Pod) -> None:
    fetched(pod)
    assert [path.name for path in (pod.root / "data").iterdir()] == ["train"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder away")
def test_the_volume_may_belong_to_another_user(pod: Pod) -> None:
    folder = pod.root / "code"
    folder.mkdir(exist_ok=True)
    os.chown(folder, 12345, 12345)
    assert fetched(pod).code.commit == pod.commit


def test_every_byte_and_every_commit_counts(pod: Pod) -> None:
    before = fetched(pod)
    assert fetched(pod) == before
    pod.write("2013-02/part.parquet", flights(21))
    changed = fetched(pod)
    assert changed.datasets[0].digest != before.datasets[0].digest
    assert changed.datasets[1] == before.datasets[1]
    newer = commit(pod.root / "repository", MODEL_SCRIPT + "\n# newer")
    assert fetched(pod).code.commit == newer


@pytest.mark.parametrize("name", ["branch", "tag", "commit", "abbreviated", "HEAD"])
def test_what_a_revision_may_be(pod: Pod, name: str) -> None:
    repository = pod.root / "repository"
    git(repository, "tag", "v1")
    git(repository, "branch", "experiment/one")
    newer = commit(repository, MODEL_SCRIPT + "\n# newer")
    asked, expected = {
        "branch": ("experiment/one", pod.commit),
        "tag": ("v1", pod.commit),
        "commit": (pod.commit, pod.commit),
        "abbreviated": (pod.commit[:9], pod.commit),
        "HEAD": ("HEAD", newer),
    }[name]
    pod.spec["code"]["revision"] = asked
    assert fetched(pod).code.commit == expected


def test_code_of_the_image_is_unverified(pod: Pod) -> None:
    pod.spec["code"] = {"from": "Image"}
    record = fetched(pod).code
    assert (record.commit, record.verified) == (None, False)


def test_csv_and_parquet_give_the_same_schema(pod: Pod) -> None:
    before = fetched(pod).datasets[0]
    for month in ("02", "03"):
        table = pd.read_parquet(pod.root / "storage" / "flights" / f"2013-{month}" / "part.parquet")
        pod.write(f"2013-{month}/part.csv.gz", table[table.columns[::-1]])
        (pod.root / "storage" / "flights" / f"2013-{month}" / "part.parquet").unlink()
    after = fetched(pod).datasets[0]
    assert (after.rows, after.schema_digest) == (before.rows, before.schema_digest)
    assert after.digest != before.digest


class Guarded(http.server.SimpleHTTPRequestHandler):
    """Serves files to who knows the password."""

    asked: list[str]

    def do_GET(self) -> None:
        token = base64.b64encode(b"reader:s3cret word").decode()
        if self.headers.get("Authorization") == f"Basic {token}":
            super().do_GET()
            return
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="code"')
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def guarded(pod: Pod) -> Iterator[str]:
    """The repository behind a password, over dumb HTTP, which knows no shallow clones."""
    git(pod.root / "repository", "update-server-info")
    handler = functools.partial(Guarded, directory=str(pod.root / "repository" / ".git"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_guarded_repository(pod: Pod, guarded: str) -> None:
    pod.spec["code"]["repository"] = guarded
    keys = {"LEEBOARD_GIT_USERNAME": "reader", "LEEBOARD_GIT_PASSWORD": "s3cret word"}
    assert fetched(pod, **keys).code.commit == pod.commit
    with pytest.raises(RunError) as refused:
        fetched(pod, **keys | {"LEEBOARD_GIT_PASSWORD": "wrong word"})
    assert (refused.value.reason, refused.value.exit_code) == ("CodeUnavailable", 78)
    assert "wrong word" not in refused.value.message


def change(pod: Pod, **fields: object) -> None:
    pod.spec |= fields


def train_rules(pod: Pod, **rules: object) -> None:
    pod.spec["datasets"][0]["validation"] = rules


def known(pod: Pod, *, commit: str | None = None, data: bool = False) -> None:
    """A baseline of this commit, and of this data."""
    records = fetched(pod).datasets if data else ()
    pod.spec["baseline"] = ({"commit": commit} if commit else {}) | (
        {"datasets": [{"name": one.name, "digest": one.digest} for one in records]} if data else {}
    )


ENDS: list[tuple[str, Callable[[Pod], object], int, str, str]] = [
    ("no specification", lambda p: change(p, run=""), 78, "BadConfiguration", "LEEBOARD_RUN_SPEC: run"),
    (
        "no repository",
        lambda p: p.spec["code"].update(repository=f"file://{p.root}/none"),
        78,
        "CodeUnavailable",
        "git:",
    ),
    ("no such branch", lambda p: p.spec["code"].update(revision="absent"), 78, "CodeUnavailable", "absent"),
    ("no such commit", lambda p: p.spec["code"].update(revision="ab" * 20), 78, "CodeUnavailable", "no branch, tag"),
    ("server down", lambda p: p.spec["code"].update(repository="http://127.0.0.1:9/x"), 75, "CodeUnavailable", "git:"),
    ("other protocol", lambda p: p.spec["code"].update(repository="ext::sh"), 78, "BadConfiguration", "repository"),
    (
        "no partition",
        lambda p: p.spec["datasets"][0].update(uri=p.spec["output"]["uri"]),
        64,
        "BadData",
        "no partition",
    ),
    (
        "no folder",
        lambda p: p.spec["datasets"][0].update(uri=f"file://{p.root}/no/"),
        78,
        "StorageNotFound",
        "no folder",
    ),
    ("no table", lambda p: p.write("2014-01/readme.txt", b"x"), 64, "BadData", "no .parquet, .csv"),
    ("no rows", lambda p: p.write("2014-01/a.csv", flights(0)), 64, "BadData", "holdout: no rows"),
    ("empty file", lambda p: p.write("2014-01/a.csv", b""), 64, "BadData", "a.csv cannot be read as CSV"),
    (
        "no parquet",
        lambda p: p.write("2013-03/a.parquet", b"PAR1"),
        64,
        "BadData",
        "a.parquet cannot be read as parquet",
    ),
    ("torn gzip", lambda p: p.write("2013-03/a.csv.gz", b"\x1f\x8b\x08"), 64, "BadData", "a.csv.gz cannot be read"),
    (
        "other columns",
        lambda p: p.write("2013-03/z.csv", flights(3).drop(columns="carrier")),
        64,
        "BadData",
        "2013-03/z.csv: other columns than the tables before it: carrier",
    ),
    (
        "too much missing",
        lambda p: (
            p.write("2013-03/part.parquet", flights(30, missing=6)),
            train_rules(p, maxMissing=[{"column": "wind_speed", "percent": 10}]),
        ),
        64,
        "BadData",
        "column wind_speed: 6 of 50 values (12.0 %) are missing, at most 10 % may be",
    ),
    (
        "absent column",
        lambda p: train_rules(p, columns=[{"name": "visib"}]),
        64,
        "BadData",
        "column visib is absent",
    ),
    (
        "out of range",
        lambda p: train_rules(p, columns=[{"name": "distance", "type": "Number", "min": "102", "max": "125"}]),
        64,
        "BadData",
        "column distance: 4 of 50 values lie below 102; column distance: 4 of 50 values lie above 125",
    ),
    (
        "no number",
        lambda p: train_rules(p, columns=[{"name": "carrier", "type": "Number"}]),
        64,
        "BadData",
        "column carrier: 50 of 50 values are no Number",
    ),
    ("known commit", lambda p: known(p, commit=p.commit), 67, "NoNewData", "earlier run"),
    ("known data", lambda p: known(p, data=True), 67, "NoNewData", "earlier run"),
    ("both known", lambda p: known(p, commit=p.commit, data=True), 67, "NoNewData", "earlier run"),
    ("too long a record", lambda p: change(p, datasets=[many(p)]), 78, "BadConfiguration", "take fewer partitions"),
]


def many(pod: Pod) -> dict[str, object]:
    for year in range(2100, 2600):
        pod.write(f"{year}-01/part.csv", b"x\n1\n")
    return pod.dataset("train", "Train", 500)


@pytest.mark.parametrize(("arrange", "code", "reason", "said"), [end[1:] for end in ENDS], ids=[end[0] for end in ENDS])
def test_how_fetch_ends(pod: Pod, arrange: Callable[[Pod], object], code: int, reason: str, said: str) -> None:
    arrange(pod)
    with pytest.raises(RunError) as ended:
        fetched(pod)
    assert (ended.value.exit_code, ended.value.reason) == (code, reason)
    assert said in ended.value.message


def test_a_baseline_that_differs_in_one_part_trains(pod: Pod) -> None:
    known(pod, commit="ab" * 20, data=True)
    assert fetched(pod).code.commit == pod.commit
    known(pod, commit=pod.commit, data=True)
    pod.write("2013-02/part.parquet", flights(21))
    assert fetched(pod).code.commit == pod.commit


def test_the_process_ends_with_reason_and_code(pod: Pod) -> None:
    train_rules(pod, columns=[{"name": "visib"}])
    code, message = pod.fetch()
    assert code == 64
    expected = {"contract": 1, "run": "0123456789", "reason": "BadData"}
    assert message == expected | {"message": "dataset train: column visib is absent"}
