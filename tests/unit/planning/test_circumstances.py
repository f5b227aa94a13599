"""What else changed about the time when drift began."""

import json
from datetime import timedelta

import pytest

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.planning.conditions import timestamp
from leeboard.planning.drift_monitor import plan_drift_monitor
from leeboard.planning.snapshot import DriftMonitorSnapshot
from tests.support.examples import example, model_version
from tests.unit.planning.test_drift_monitor import DISTANCE, SETTINGS, START, feature, figures


def ago(**span):
    return timestamp(START - timedelta(**span))


def episode(status, *, before=None, champion=None, since=None, evaluation=None):
    """The episode that begins with a look at drift in a window of an hour."""
    document = example("drift-monitor")
    document["metadata"] |= {"uid": "dm-uid", "namespace": "ml", "generation": 1}
    document["spec"] |= {"checks": [DISTANCE], "actions": [], "window": {"length": "1h", "every": "10m"}}
    moved = feature(js=0.4, **({"since": since} if since else {}))
    document["status"] = {"evaluation": evaluation or figures(features=[moved])}
    model = example("model")
    model["status"] = {"champion": {"name": "v1", "since": ago(days=9), "images": {"server": "s"}}, **status}
    snapshot = DriftMonitorSnapshot(
        DriftMonitor.parse(document), Model.parse(model),
        ModelVersion.parse(champion or model_version("v1")), SETTINGS,
        ModelVersion.parse(before) if before else None,
    )  # fmt: skip
    return json.loads(json.dumps(plan_drift_monitor(snapshot, START).status))["episode"]


def history(*records):
    return {"history": [{"name": name, "since": since, "reason": reason} for name, since, reason in records]}


def test_a_champion_that_came_shortly_before_is_named_with_what_it_is_made_of():
    before = model_version("v0")
    before["spec"]["params"] = {"depth": "9"}
    before["spec"]["datasets"][0]["digest"] = "sha256:" + "9" * 64
    found = episode(history(("v0", ago(days=5), "Promoted"), ("v1", ago(minutes=70), "Promoted")), before=before)
    assert found["circumstances"] == [
        f"{ago(minutes=70)} v1 became champion (Promoted); it differs from v0 in training data, parameters"
    ]
    assert "driftingSince" not in found


def test_when_drift_began_says_which_time_is_looked_at():
    records = history(("v0", ago(hours=3), "Promoted"), ("v1", ago(minutes=100), "RolledBack"))
    known = episode(records, since=ago(minutes=20))
    assert known["driftingSince"] == ago(minutes=20)
    assert known["circumstances"] == []
    earlier = episode(records, since=ago(minutes=50))
    assert [one.partition(" ")[2] for one in earlier["circumstances"]] == ["v1 became champion (RolledBack)"]


def test_rollouts_and_rollbacks_are_named_the_newest_first():
    candidate = {
        "name": "v2", "since": ago(minutes=50), "images": {"server": "s"}, "phase": "Canary",
        "canaryStartedAt": ago(minutes=30),
    }  # fmt: skip
    shut_out = [{"name": "v9", "reason": "Aborted", "at": ago(minutes=40)}]
    found = episode({"candidate": candidate, "quarantined": shut_out})
    assert found["circumstances"] == [
        f"{ago(minutes=30)} v2 was given a part of the requests",
        f"{ago(minutes=40)} v9 was rolled back (Aborted)",
    ]


def test_a_version_made_like_the_one_before_says_so_and_a_quiet_time_says_nothing():
    same = episode(history(("v1", ago(minutes=5), "Promoted")), before=model_version("v0"))
    assert same["circumstances"][0].endswith("it was made like v0")
    assert episode(history(("v1", ago(days=5), "Promoted")))["circumstances"] == []


@pytest.mark.parametrize("since", ["soon", "2026-03-02T09:00:00"])
def test_a_time_that_is_none_is_left_out(since):
    assert "driftingSince" not in episode({}, since=since)
