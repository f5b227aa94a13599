"""`leeboard replay`: of a file, with its exit status."""

import json
from collections import namedtuple
from datetime import UTC, datetime

import pytest

from leeboard.api.rollout import Analysis
from leeboard.cli.main import main
from leeboard.evaluator.guards.evidence import Evidence, Rates, Share
from leeboard.evaluator.guards.record import Decision, RolloutRecord, Traffic, looked, with_look

Screen = namedtuple("Screen", "status out err")
START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def record(failures=200):
    analysis = Analysis.model_validate({"guards": [{"type": "ErrorRate", "margin": "0.01"}], "minSamples": 100})
    blocks = ((failures, 1000, 0, 1000),)
    sides = {"candidate": Share(failures=failures, trials=1000), "champion": Share(failures=0, trials=1000)}
    found = Evidence(guard="ErrorRate", alpha=0.05, parts=(Rates(**sides, blocks=blocks),), samples=(1000, 1000))
    traffic = Traffic(requests=1000, errors=failures), Traffic(requests=1000, errors=0)
    look = looked(analysis, START, START, traffic, (found,))
    begun = RolloutRecord(
        namespace="ml", model="late-flights", candidate="v2", champion="v1", started_at=START, analysis=analysis
    )
    decision = Decision(at=START, outcome="Aborted", by="Analysis", reason="ErrorRateTooHigh", message="m")
    return with_look(begun, look).model_copy(update={"decision": decision})


@pytest.fixture
def run(capsys):
    """The command, its exit status and what it showed."""

    def call(*arguments):
        status = main(list(arguments))
        return Screen(status, *capsys.readouterr())

    return call


@pytest.fixture
def path(tmp_path):
    place = tmp_path / "record.json"
    place.write_bytes(record().to_bytes())
    return place


def test_what_comes_out_as_it_was_is_the_same(run, path):
    screen = run("replay", str(path))
    assert screen.status == 0
    assert "Aborted by analysis" in screen.out
    assert "the same: every figure, every verdict and the decision" in screen.out


def test_what_does_not_is_told_one_by_one(run, path):
    document = json.loads(path.read_text())
    document["looks"][0]["guards"][0]["low"] = "0.5"
    document["decision"]["outcome"] = "Promoted"
    path.write_text(json.dumps(document))
    screen = run("replay", str(path), "-o", "json")
    assert screen.status == 1
    told = json.loads(screen.out)
    assert not told["same"]
    assert any("low was 0.5, comes out as" in one for one in told["differences"])
    assert any("no look comes out so, the newest as Abort" in one for one in told["differences"])


@pytest.mark.parametrize("content", [b"", b"{}", b'{"contract": 9}', b"\x00\x1b[31m", b"[" * 10_000])
def test_a_hostile_file_is_a_clear_error(run, path, content):
    path.write_bytes(content)
    screen = run("replay", str(path))
    assert screen.status == 1
    assert "no record of a rollout" in screen.err
    assert "\x1b" not in screen.err


@pytest.mark.parametrize(("field", "value"), [("alpha", "0"), ("alpha", "1e400"), ("alpha", "x"), ("maxDuration", "1")])
def test_an_analysis_that_cannot_be_is_a_clear_error(run, path, field, value):
    document = json.loads(path.read_text())
    document["analysis"][field] = value
    path.write_text(json.dumps(document))
    screen = run("replay", str(path))
    assert screen.status == 1
    assert "Traceback" not in screen.err


def test_a_file_that_is_not_there(run, tmp_path):
    assert run("replay", str(tmp_path / "none.json")).status == 1
