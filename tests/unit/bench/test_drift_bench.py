"""The benchmark of drift: known answers are right, tables of figures say what they should."""

import numpy as np
import pytest

from tests.bench_drift import false_alarms, flights, known, latency, memory, report
from tests.bench_drift.report import Alarms, Delay, Entry, Found, Memory, Month, Verdict


@pytest.mark.parametrize("part", [known.misleading, known.car_loan, known.employment], ids=lambda part: part.__name__)
def test_known_answers(part):
    verdicts = part()
    assert [one for one in verdicts if not one.is_right] == []
    assert len(verdicts) >= 2


def test_the_summer_is_found_and_the_winter_is_not(tmp_path, monkeypatch):
    every = flights._months
    wanted = {"2013-01", "2013-07"}
    monkeypatch.setattr(flights, "_months", lambda *given: (one for one in every(*given) if one[0] in wanted))
    winter, summer = flights.year(tmp_path)[0]
    assert (winter.by_labels, winter.by_inputs, summer.by_labels) == ("Stable", "Stable", "Drift")
    assert (winter.weeks, summer.weeks, summer.rows) == (4, 4, 29_425)
    assert summer.loss > 0.1 > winter.loss


def test_every_request_is_told_of_and_only_then_measured(tmp_path, monkeypatch):
    for name, few in (("STARTS", 1), ("ROUNDS", 4), ("REQUESTS", 20), ("WARM", 10)):
        monkeypatch.setattr(latency, name, few)
    found = latency.added_by_the_socket(tmp_path, lambda _: None)
    assert found.requests == 80
    assert found.low <= found.added <= found.high
    with pytest.raises(RuntimeError, match="heard of 90 of 91 requests"):
        latency._check(tmp_path, 91)


def test_a_day_of_an_exporter_and_of_an_evaluator(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "WINDOWS", 24)
    found = memory.exporter(tmp_path, lambda _: None)
    assert 1 < found.first_hour <= found.most < 1000
    assert memory.over_a_day("x", [n << 20 for n in range(1, 49)]) == Memory("x", 2, 48, 48)


def test_days_that_were_held_out_are_calm(monkeypatch):
    monkeypatch.setattr(false_alarms, "SPLITS", 1)
    case, left_out = next(iter(false_alarms.HELD_OUT.items()))
    found = false_alarms.of_held_out_days(left_out, case, lambda _: None)
    assert found.windows == 182
    assert found.declared == pytest.approx(182 / 90)
    assert found.realised <= found.declared


@pytest.mark.parametrize("name", ["JensenShannon", "Hellinger", "KolmogorovSmirnov"])
def test_windows_at_the_threshold_are_as_far_away_as_it(name):
    reference = false_alarms._reference()
    shares = false_alarms._shares(0.3)
    whole = [(one * 1e9).astype(np.int64) for one in (reference, shares)]
    assert float(false_alarms._measure(name, whole[0])(*whole)) == pytest.approx(
        false_alarms._distance(name, reference, shares), rel=1e-6
    )
    assert false_alarms._distance(name, reference, false_alarms._shares(0.0)) == pytest.approx(0, abs=1e-4)


def test_what_is_written():
    entries = [Entry("a", "seconds", 0.5, "Evidently", 50.0, "0.7.23"), Entry("a", "rows/s", 400_000.0)]
    alarms, verdicts = [Alarms("at", 0.05, 0.048, 2000)], [Verdict("x", "Drift", "Stable")]
    months = [Month("2013-07", 29_425, 34.1, 0.115, "Drift", "Stable", "Drift", "dest", 4, 3, 0)]
    delays = [Delay("one row", 16_000, 123.4, 125.0, 1.62, -0.5, 3.81, 713.0, 851.0)]
    found = Found(entries, alarms, verdicts, months, delays, [Memory("exporter", 62.04, 65.4, 66)])
    text = report.text(found)
    assert "| a | seconds | 0.5 | Evidently 0.7.23 | 50 | 100.0 |" in text
    assert "| a | rows/s | 400,000 |  |  |  |" in text
    assert "| at | 0.05 | 0.048 | 2,000 |" in text
    assert "| x | Drift | Stable | **wrong** |" in text
    assert "| 2013-07 | 29,425 | 34.1 | +0.115 | Drift | Stable | Drift | dest | 3 of 4 | 0 of 4 |" in text
    assert "| exporter | 62.0 | 65.4 | 66.0 |" in text
    assert "| one row | 16,000 | 123 | 125 | +1.6 [-0.5, +3.8] | 713 | 851 |" in text
    assert report.text(Found(alarms=alarms)).count("###") == 1
    listed = report.document(found)
    assert listed[0] == {
        "case": "a", "metric": "seconds", "ours": 0.5, "peer": "Evidently", "peer_value": 50.0,
        "peer_version": "0.7.23", "ratio": 100.0,
    }  # fmt: skip
    assert listed[2]["p99_with_exporter"] == 851.0
    assert listed[4] == {"case": "at", "declared": 0.05, "realised": 0.048, "windows": 2000}
