"""The benchmark of drift: known answers are right, tables of figures say what they should."""

import numpy as np
import pytest

from tests.bench_drift import false_alarms, known, report
from tests.bench_drift.report import Alarms, Entry, Verdict


@pytest.mark.parametrize("part", [known.misleading, known.car_loan, known.employment], ids=lambda part: part.__name__)
def test_known_answers(part):
    verdicts = part()
    assert [one for one in verdicts if not one.is_right] == []
    assert len(verdicts) >= 2


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
    text = report.text(entries, alarms, verdicts)
    assert "| a | seconds | 0.5 | Evidently 0.7.23 | 50 | 100.0 |" in text
    assert "| a | rows/s | 400,000 |  |  |  |" in text
    assert "| at | 0.05 | 0.048 | 2,000 |" in text
    assert "| x | Drift | Stable | **wrong** |" in text
    listed = report.document(entries, alarms, verdicts)
    assert listed[0] == {
        "case": "a", "metric": "seconds", "ours": 0.5, "peer": "Evidently", "peer_value": 50.0,
        "peer_version": "0.7.23", "ratio": 100.0,
    }  # fmt: skip
    assert listed[2] == {"case": "at", "declared": 0.05, "realised": 0.048, "windows": 2000}
