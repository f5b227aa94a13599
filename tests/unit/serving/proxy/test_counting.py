"""What is counted through a proxy is what Leeboard's own server tells of the same requests."""

from __future__ import annotations

import gzip
import json
import os
import signal
import time
from pathlib import Path

import httpx
import numpy as np
import pytest

from leeboard.evaluator.windows import parse_window
from leeboard.stats.distributions import categorical_bins, count_values, numeric_bins, to_profile
from tests.unit.serving.exporter.running import Exporter as RealExporter
from tests.unit.serving.proxy.running import INFER, before_ours, proxying
from tests.unit.serving.server.running import INPUTS, REFERENCE, lay_out, request, scored, start, trained


def profile(model) -> dict:
    inputs = REFERENCE.drop(columns="label")
    features = [
        to_profile(
            count_values(name, categorical_bins(column) if column.dtype == object else numeric_bins(column), column)
        )
        for name, column in ((one.name, inputs[one.name].to_numpy()) for one in INPUTS)
    ]
    scores = scored(model, inputs)
    prediction = to_profile(count_values("probability", numeric_bins(scores), scores))
    return {"contract": 1, "rows": len(inputs), "features": features, "prediction": prediction}


def as_bytes(asked: dict) -> tuple[bytes, dict[str, str]]:
    """A request whose numbers follow the JSON."""
    inputs, rest = [], b""
    for one in asked["inputs"]:
        if one["datatype"] == "BYTES":
            inputs.append(one)
            continue
        data = np.array([np.nan if v is None else v for v in one["data"]], "<f8").tobytes()
        described = {key: value for key, value in one.items() if key != "data"}
        inputs.append(described | {"datatype": "FP64", "parameters": {"binary_data_size": len(data)}})
        rest += data
    text = json.dumps(asked | {"inputs": inputs, "parameters": {"binary_data_output": True}}).encode()
    return text + rest, {"Inference-Header-Content-Length": str(len(text))}


def ask(url: str) -> None:
    """Requests of every kind, good and bad."""
    with httpx.Client(base_url=url, timeout=30) as client:
        for number, rows in enumerate((1, 1, 2, 50, 1, 900)):
            asked = request(rows, seed=number, id=f"q-{number}")
            assert client.post(INFER, json=asked).status_code == 200
            body, headers = as_bytes(asked | {"id": f"b-{number}"})
            assert client.post(INFER, content=body, headers=headers).status_code == 200
        for asked in (request(2, id=None), request(1, seed=5, id="version")):
            assert client.post(f"/v2/models/late-flights/versions/{VERSION}/infer", json=asked).status_code == 200
        columns = request(3, seed=8, id="c")
        for one in columns["inputs"]:
            one["shape"] = [3, 1]
        assert client.post(INFER, json=columns).status_code == 200
        for bad in (b"", b"{}", b"\xff", json.dumps(request(1, inputs=[])).encode()):
            assert client.post(INFER, content=bad).status_code == 400
        assert client.post("/v2/models/none/infer", json=request(1)).status_code == 404
        assert client.put(INFER, json=request(1)).status_code == 405
        assert client.post("/v2/models/late-flights/versions/none/infer", json=request(1)).status_code == 404
        assert client.get("/v2/models/late-flights").status_code == 200


VERSION = "late-flights-1a2b3c4d"
REQUESTS = 12 + 2 + 1 + 4


def counted(root: Path, model, url_of) -> dict:
    """Everything that an exporter has counted and written, after the same requests."""
    with RealExporter(root, interval=86_400) as exporter:
        (root / "model/profile.json").write_text(json.dumps(profile(model)))
        exporter.process.kill()
        exporter.process.wait()
        exporter.start()
        with url_of(root / "run") as url:
            ask(url)
            exporter.until_requests(REQUESTS)
        assert exporter.end() == 0
        (window,) = [parse_window(path.read_bytes()) for path in exporter.keys("windows")]
        ledgers = [gzip_rows(path) for path in exporter.keys("ledger")]
    return {
        "requests": (window.requests, window.errors, window.rows, window.dropped, window.unread),
        "features": [{name: as_list(value) for name, value in one.items()} for one in window.features],
        "prediction": {name: as_list(value) for name, value in window.prediction.items()},
        "ledger": sorted((identity, score) for rows in ledgers for identity, score in rows if "-" in identity[:3]),
        "ledger rows": sum(map(len, ledgers)),
        "latencies": int(window.latency_counts.sum()),
    }


def as_list(value):
    # sums are of floating-point numbers, which were added up in another order
    return value.tolist() if isinstance(value, np.ndarray) else round(value, 6) if isinstance(value, float) else value


def gzip_rows(path: Path) -> list[tuple[str, str]]:
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()[1:]
    return [(line.split(",")[0], line.split(",")[2]) for line in lines]


class Directly:
    """Leeboard's own server, which tells the exporter itself."""

    def __init__(self, folder: Path, run: Path) -> None:
        self.folder, self.run = folder, run

    def __enter__(self) -> str:
        self.server = start(self.folder, LEEBOARD_RUN_FOLDER=str(self.run))
        self.server.wait_ready()
        return self.server.url

    def __exit__(self, *_: object) -> None:
        self.server.process.terminate()
        assert self.server.process.wait(30) == 0


class Proxied:
    """The same server, which tells nobody, behind a proxy."""

    def __init__(self, folder: Path, run: Path) -> None:
        self.folder, self.run = folder, run

    def __enter__(self) -> str:
        (self.folder / "silent").mkdir(exist_ok=True)
        self.server = start(self.folder, LEEBOARD_RUN_FOLDER=str(self.folder / "silent"))
        self.proxying = proxying(self.folder, self.server.url, LEEBOARD_RUN_FOLDER=str(self.run))
        self.proxy = self.proxying.__enter__()
        self.proxy.wait_ready()
        return self.proxy.url

    def __exit__(self, *_: object) -> None:
        assert self.proxy.end() == 0
        self.proxying.__exit__(None, None, None)
        self.server.process.kill()
        self.server.process.wait()


def test_the_counts_through_a_proxy_are_those_of_leeboards_own_server(tmp_path):
    model = trained()
    lay_out(tmp_path / "volume", model)
    directly = counted(tmp_path / "directly", model, lambda run: Directly(tmp_path, run))
    proxied = counted(tmp_path / "proxied", model, lambda run: Proxied(tmp_path, run))
    assert directly["requests"][0] == REQUESTS
    assert directly["requests"][2] == 2 * 955 + 2 + 1 + 3
    assert proxied == directly


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    with before_ours(tmp_path_factory.mktemp("before"), trained(), LEEBOARD_LARGEST_COPY="20000") as all_of_it:
        yield all_of_it


def test_what_is_too_large_to_be_kept_is_answered_and_counted_with_its_reason(before):
    proxy, _, exporter = before
    assert httpx.post(f"{proxy.url}{INFER}", json=request(2000)).status_code == 200
    assert httpx.post(f"{proxy.url}{INFER}", json=request(1, id="small")).status_code == 200
    exporter.wait_for("small")
    assert [(one.status, one.rows) for one in exporter.told if one.status == 200] == [(200, 0), (200, 1)]


def test_a_reader_that_ends_is_started_anew_and_no_caller_hears_of_it(before):
    proxy, _, exporter = before
    children = Path(f"/proc/{proxy.process.pid}/task/{proxy.process.pid}/children")
    (reader,) = children.read_text().split()
    os.kill(int(reader), signal.SIGKILL)
    deadline = time.monotonic() + 60
    number = 0
    while not any(one.id.startswith("after-") for one in exporter.told):
        assert time.monotonic() < deadline, proxy.log()
        number += 1
        assert httpx.post(f"{proxy.url}{INFER}", json=request(1, id=f"after-{number}")).status_code == 200
        time.sleep(0.1)
    assert "the process that reads bodies ended with -9" in proxy.log()
    told = [one for one in exporter.told if one.id.startswith("after-")]
    assert told[-1].rows == 1
