"""A real exporter copies for a real server: from shadow.json to the window, without a restart."""

import gzip
import json
import time
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import pytest

from leeboard.evaluator.columns import as_served
from leeboard.evaluator.pairs import read_pairs
from leeboard.evaluator.shadow_figures import Comparison
from tests.support.trained import flights
from tests.unit.serving.exporter.running import PROFILE, Exporter
from tests.unit.serving.server import running as serving
from tests.unit.serving.single import Single

VERSION = "late-flights-1a2b3c4d"


@pytest.fixture
def challenger(tmp_path):
    """A server process over a real model, and what its own exporter is told."""
    folder = tmp_path / "challenger"
    folder.mkdir()
    model = serving.trained()
    serving.lay_out(folder / "volume", model)
    told = serving.Exporter(folder / "observe.sock")
    server = serving.start(folder)
    server.wait_ready(180)
    yield model, server, told
    server.process.terminate()
    server.process.wait(timeout=30)
    told.close()


def answered(model, number):
    """Requests of one to three rows, with what the model itself answers."""
    for n in range(number):
        rows = n % 3 + 1
        frame = as_served(flights(rows, 100 + n), serving.INPUTS)
        inputs = {one.name: frame[one.name].to_numpy() for one in serving.INPUTS}
        yield Single(f"r{n}", time.time(), 0.01, 200, rows, inputs, serving.scored(model, frame))


def said(exporter, *, percent=100):
    """Have the exporter told who gets copies."""
    until = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    challengers = [{"version": VERSION, "percent": percent, "maxRequestsPerSecond": 1000}]
    document = {"contract": 1, "champion": "v1", "until": until, "challengers": challengers}
    exporter.bucket.mkdir(parents=True, exist_ok=True)
    (exporter.bucket / "shadow.json").write_text(json.dumps(document))


def profile_of(requests):
    """The exporter of the champion knows the model's inputs; which bins it counts them on does not matter here."""
    return PROFILE | {"features": []}


def test_a_challenger_that_is_the_same_model_agrees_in_every_pair(tmp_path, challenger):
    model, server, told = challenger
    environment = {"LEEBOARD_CHALLENGER_PORT": str(server.port)}
    exporter = Exporter(tmp_path / "champion", environment=environment)
    (exporter.root / "model/profile.json").write_text(json.dumps(profile_of(())))
    requests = list(answered(model, 60))
    with exporter:
        exporter.send(*requests[:20])
        exporter.until_requests(20)
        assert exporter.metric("leeboard_shadow_copies_total") == 0
        said(exporter)
        exporter.until(lambda: f"{VERSION} gets copies" in exporter.log())
        exporter.send(*requests[20:])
        exporter.until(lambda: exporter.metric("leeboard_shadow_copies_total", outcome="Answered") == 40)
        (exporter.bucket / "shadow.json").unlink()
        assert exporter.end() == 0
        windows = exporter.windows()
        pairs = [read_pairs(gzip.decompress(path.read_bytes())) for path in exporter.keys("pairs")]
    champions = np.concatenate([one.of(VERSION)[0].values for one in pairs])
    own = np.concatenate([one.of(VERSION)[1].values for one in pairs])
    assert len(champions) == sum(one.rows for one in requests[20:])
    np.testing.assert_allclose(champions, own, atol=1e-9)
    found = Comparison.of(windows, VERSION)
    row = found.described(VERSION, datetime.now(UTC))
    rows = sum(one.rows for one in requests[20:])
    assert (row["copies"], row["pairs"], row["failures"], row["championRequests"]) == (40, rows, 0, 60)
    assert (row["flips"]["toPositive"], row["flips"]["toNegative"]) == (0, 0)
    assert row["disagreement"]["value"] == "0"
    assert abs(float(row["scoreDifference"]["mean"])) < 1e-9
    # a request of its own is told of, and none of the copies was
    assert httpx.post(f"{server.url}/v2/models/late-flights/infer", json=serving.request(2)).status_code == 200
    told.wait_for("r-1")
    assert [one.id for one in told.told] == ["r-1"]
    metrics = httpx.get(f"{server.url}/metrics").text
    assert f'route="shadow",status="2xx",version="{VERSION}"}} 40.0' in metrics


def test_a_challenger_that_answers_the_opposite_flips_every_label(tmp_path, challenger):
    model, server, _ = challenger
    exporter = Exporter(tmp_path / "champion", environment={"LEEBOARD_CHALLENGER_PORT": str(server.port)})
    (exporter.root / "model/profile.json").write_text(json.dumps(profile_of(())))
    said(exporter)
    with exporter:
        exporter.until(lambda: f"{VERSION} gets copies" in exporter.log())
        flipped = [
            Single(one.id, one.time, one.seconds, 200, one.rows, one.inputs, 1 - np.clip(one.scores, 0, 1))
            for one in answered(model, 30)
        ]
        exporter.send(*flipped)
        exporter.until(lambda: exporter.metric("leeboard_shadow_copies_total", outcome="Answered") == 30)
        assert exporter.end() == 0
        found = Comparison.of(exporter.windows(), VERSION)
    assert found.flips["bothNegative"] == found.flips["bothPositive"] == 0
    assert found.flips["toPositive"] + found.flips["toNegative"] == found.pairs == sum(one.rows for one in flipped)


def test_a_file_that_is_none_changes_nothing_and_is_told_of_once(tmp_path):
    exporter = Exporter(tmp_path, interval=0.2)
    exporter.bucket.mkdir(parents=True)
    (exporter.bucket / "shadow.json").write_text('{"contract": 9}')
    with exporter:
        exporter.until(lambda: len(exporter.keys("windows")) > 5)
        assert exporter.log().count("shadow.json cannot be read") == 1
        assert exporter.end() == 0
