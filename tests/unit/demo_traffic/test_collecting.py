"""From the cluster's objects to the parts of a report."""

import time
from datetime import UTC, datetime, timedelta
from io import StringIO

import numpy as np
import pytest

from e2e.demo.picture.collecting import drift_from, steps_from, versions_from
from e2e.demo.picture.comparing import comparison_from
from e2e.support.narrator import Narrator
from tests.support.examples import DIGEST, example, model_version, put
from tests.unit.demo_traffic.test_distributions import PROFILE, window

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def version(name, minutes, **spec):
    """A ModelVersion that was made so many minutes after NOW."""
    document = model_version(name)
    document["metadata"]["creationTimestamp"] = (NOW + timedelta(minutes=minutes)).isoformat()
    document["spec"] |= spec
    return document


def metric(name, value, low, high):
    return {"name": name, "value": value, "low": low, "high": high, "dataset": "holdout", "digest": DIGEST}


def model(**status):
    return example("model") | {"status": status}


def test_versions_come_in_order_with_what_became_of_them() -> None:
    rejected = version("d", 4) | {
        "status": {"phase": "Rejected", "gates": [
            {"gate": "Threshold roc_auc", "passed": True, "message": "fine"},
            {"gate": "VersusChampion roc_auc", "passed": False, "message": "0.10 worse"},
        ]}
    }  # fmt: skip
    drifted = {"kind": "Drift", "reason": "log_loss 0.45 → 0.56"}
    images = {"server": f"s@{DIGEST}", "runtime": f"r@{DIGEST}"}
    found = versions_from(
        [
            version("c", 3),
            rejected,
            version("b", 2, parent={"name": "a"}, cause=drifted),
            version("a", 1),
            version("e", 5),
        ],
        model(
            champion={"name": "b", "since": NOW.isoformat(), "images": images},
            quarantined=[{"name": "c", "reason": "ErrorRate", "message": "0.3 worse", "at": NOW.isoformat()}],
        ),
        served={"a", "b", "c"},
    )
    assert [(one.name, one.outcome, one.reason) for one in found] == [
        ("a", "Replaced", ""),
        ("b", "Champion", ""),
        ("c", "RolledBack", "0.3 worse"),
        ("d", "Rejected", "VersusChampion roc_auc: 0.10 worse"),
        ("e", "Registered", ""),
    ]
    assert (found[1].parent, found[1].cause, found[1].cause_reason) == ("a", "Drift", "log_loss 0.45 → 0.56")
    assert found[0].commit == "0123456789" * 4
    assert found[0].data == "2013-01, 1\u2009000 rows"
    assert [(one.name, one.value, one.low, one.high) for one in found[0].metrics] == [("roc_auc", 0.731, 0.722, 0.74)]


def monitor(**status):
    document = example("drift-monitor")
    document["spec"]["checks"] = [
        {"type": "DataDrift", "distance": "JensenShannon", "threshold": "0.1"},
        {"type": "Performance", "metric": "log_loss", "maxDrop": "0.05"},
    ]
    conditions = [{"type": "DriftDetected", "status": "True", "reason": "Drift", "message": "in its own words"}]
    return document | {"status": {"conditions": conditions, **status}}


def finding(check, subject, value, low, high):
    return {
        "check": check,
        "subject": subject,
        "verdict": "Drift",
        "value": value,
        "low": low,
        "high": high,
        "threshold": "0.1",
        "shift": f"{subject} moved",
    }


def test_a_verdict_comes_with_the_inputs_that_moved_most() -> None:
    document = monitor(
        verdict="Drift", version="a", rows=9,
        findings=[
            finding("DataDrift", "carrier", "0.5", "0.4", "0.6"),
            finding("Performance", "log_loss", "0.2", "0.1", "0.3"),
            finding("DataDrift", "temp", "0.3", "0.2", "0.4"),
            finding("DataDrift", "not-in-the-profile", "0.3", "0.2", "0.4"),
        ],
    )  # fmt: skip
    windows = [window([20.0] * 9, ["DL"] * 9, np.linspace(0, 1, 9))]
    drift = drift_from(document, PROFILE, windows, time=NOW)
    assert (drift.verdict, drift.words, drift.version, drift.rows) == ("Drift", "in its own words", "a", 9)
    assert drift.reference_rows == 2000
    carrier, temp = drift.features
    assert (carrier.name, carrier.categories, carrier.window) == ("carrier", ("AA", "B6", "UA"), (0, 0, 0, 9))
    assert carrier.reference == (100, 300, 600, 0)
    assert (carrier.distance.name, carrier.distance.value, carrier.distance.low) == ("JensenShannon", 0.5, 0.4)
    assert (temp.name, temp.threshold, temp.shift, temp.drifted) == ("temp", 0.1, "temp moved", True)
    assert sum(temp.window) == 9
    assert len(drift_from(document, PROFILE, windows, time=NOW, most=1).features) == 1


def test_no_verdict_or_two_scales_are_refused() -> None:
    with pytest.raises(ValueError, match="has given no verdict"):
        drift_from(monitor(), PROFILE, [], time=NOW)
    document = monitor(verdict="Stable")
    document["spec"]["checks"].append({"type": "DataDrift", "distance": "PSI", "threshold": "0.2"})
    with pytest.raises(ValueError, match="no common scale"):
        drift_from(document, PROFILE, [], time=NOW)


def pair():
    """A champion, and the version that replaced it."""
    before = version("a", 1, metrics=[metric("log_loss", "0.45", "0.44", "0.46")])
    compared = {"champion": "a", "metrics": [metric("log_loss", "0.55", "0.54", "0.56")]}
    after = version("b", 2, metrics=[metric("log_loss", "0.47", "0.46", "0.48")], comparison=compared)
    return before, put(after, "spec.datasets.1.partitions", ["2013-07/"])


def test_old_and_new_are_compared_on_the_same_holdout() -> None:
    figure = {"name": "log_loss", "value": "0.56", "low": "0.53", "high": "0.59", "rows": 1234, "reference": "0.45"}
    document = monitor(evaluation={"observedAt": NOW.isoformat(), "version": "a", "performance": [figure]})
    found = comparison_from("log_loss", *pair(), document)
    assert [(one.version, one.value, one.low) for one in found.measurements] == [
        ("a", 0.45, 0.44),
        ("a", 0.56, 0.53),
        ("a", 0.55, 0.54),
        ("b", 0.47, 0.46),
    ]
    assert not found.higher_is_better
    assert found.threshold == pytest.approx(0.5)
    assert "1\u2009234 rows" in found.measurements[1].note
    assert found.measurements[2].note == found.measurements[3].note == "holdout 2013-07, 1\u2009000 rows"


def test_without_labels_there_is_neither_their_figure_nor_a_threshold() -> None:
    found = comparison_from("log_loss", *pair())
    assert (len(found.measurements), found.threshold) == (3, None)


def test_versions_that_were_not_evaluated_together_are_refused() -> None:
    before, after = pair()
    with pytest.raises(ValueError, match="not evaluated beside"):
        comparison_from("log_loss", after, before)
    with pytest.raises(ValueError, match="has no roc_auc"):
        comparison_from("roc_auc", before, after)


def test_steps_are_put_on_the_wall_clock() -> None:
    narrator = Narrator(StringIO())
    with narrator.step("one", "The first"):
        pass
    monotonic = time.monotonic()
    told = narrator.steps
    told[0].started, told[0].seconds = monotonic - 100, 30.0
    told.append(type(told[0])(name="two", title="The second", started=monotonic - 60))
    first, second = steps_from(told, now=NOW, monotonic=monotonic)
    assert (first.title, first.start, first.end) == (
        "The first",
        NOW - timedelta(seconds=100),
        NOW - timedelta(seconds=70),
    )
    assert (second.start, second.end) == (NOW - timedelta(seconds=60), NOW)
