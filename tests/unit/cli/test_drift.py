"""`leeboard drift selftest` as a user calls it: what it shows, what a program reads, and what it refuses."""

import json
from pathlib import Path

import pytest
import yaml

from leeboard.cli.main import main
from tests.support.trained import flights

MONITOR = {
    "apiVersion": "leeboard.dev/v1alpha1",
    "kind": "DriftMonitor",
    "metadata": {"name": "late-flights"},
    "spec": {
        "modelRef": {"name": "late-flights"},
        "window": {"length": "1h", "every": "30m", "minSamples": 200},
        "checks": [
            {"type": "DataDrift", "distance": "JensenShannon", "threshold": "0.1"},
            {"type": "Performance", "metric": "roc_auc", "maxDrop": "0.05"},
        ],
    },
}


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    monitor, reference = tmp_path / "monitor.yaml", tmp_path / "reference.parquet"
    monitor.write_text(yaml.safe_dump_all([{"kind": "Model"}, MONITOR]), encoding="utf-8")
    flights(3000, 1).to_parquet(reference)
    return monitor, reference


def test_a_table_for_people(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    monitor, reference = files
    assert main(["drift", "selftest", str(monitor), "--reference", str(reference)]) == 0
    shown = capsys.readouterr().out
    assert "windows of 400 rows, an evaluation every 30m" in shown
    assert "False alarms: 0 in 5 evaluations of rows held out: good" in shown
    assert "3 window lengths, for which 1 in 90d is 0.0014" in shown
    lines = {line[:37].rstrip(): line[37:].split() for line in shown.splitlines()}
    assert lines["mean +1 standard deviation"][1:3] == ["100", "%"]
    assert shown.endswith("Not tried, for they need a model or labels: Performance\n")
    assert max(map(len, shown.splitlines())) <= 100


def test_segments_that_checks_look_by_are_told(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    monitor, reference = files
    checks = [{**MONITOR["spec"]["checks"][0], "by": by} for by in ("carrier", "temp")]
    spec = MONITOR["spec"] | {"checks": checks}
    monitor.write_text(yaml.safe_dump(MONITOR | {"spec": spec}), encoding="utf-8")
    arguments = ["drift", "selftest", str(monitor), "--reference", str(reference)]
    main(arguments)
    shown = capsys.readouterr().out
    values = flights(3000, 1)["carrier"].nunique()
    assert f"within {values} values of carrier too\n" in shown
    assert "within 0 values of temp too, which has 1800 different numbers in the reference" in shown
    main([*arguments, "-o", "json"])
    found = json.loads(capsys.readouterr().out)["segments"]
    assert [(one["by"], one["values"], bool(one["refused"])) for one in found] == [
        ("carrier", values, False), ("temp", 0, True),
    ]  # fmt: skip


def test_a_document_for_programs_and_an_exit_status(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    monitor, reference = files
    table = flights(3000, 1)
    for start in (1900, 2500):
        table.loc[start : start + 250, "temp"] += 40
    table.to_parquet(reference)
    arguments = ["drift", "selftest", str(monitor), "--reference", str(reference), "--rows", "200", "-o", "json"]
    assert main(arguments) == 3
    found = json.loads(capsys.readouterr().out)
    assert (found["monitor"], found["referenceRows"], found["windowRows"]) == ("late-flights", 1800, 200)
    assert found["falseAlarms"]["alarms"] > 1 > found["falseAlarms"]["declared"]
    assert found["falseAlarms"]["by"]["DataDrift temp"] > 1
    assert found["checksLeftOut"] == ["Performance"]
    assert {one["change"]: one["inputs"] for one in found["changes"]}["100 times as large"] == 3


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        ("kind: Model\n", [], "holds no DriftMonitor"),
        ("{", [], "cannot be read"),
        (yaml.safe_dump({"kind": "DriftMonitor", "metadata": {"name": "x"}, "spec": {}}), [], "spec.modelRef"),
        (yaml.safe_dump(MONITOR), ["--rows", "20"], "no verdict is given on 20 rows"),
        (yaml.safe_dump(MONITOR), ["--rows", "2000"], "3000 rows are too few for windows of 2000: 5001 are needed"),
    ],
)
def test_what_it_refuses(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str], text: str, arguments: list[str], said: str
) -> None:
    monitor, reference = files
    monitor.write_text(text, encoding="utf-8")
    assert main(["drift", "selftest", str(monitor), "--reference", str(reference), *arguments]) == 1
    assert said in capsys.readouterr().err
