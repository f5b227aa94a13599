"""From figures to a verdict, and from verdicts to episodes."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.planning.conditions import timestamp
from leeboard.planning.drift_monitor import plan_drift_monitor
from leeboard.planning.settings import Settings
from leeboard.planning.snapshot import DriftMonitorSnapshot
from tests.support.examples import example

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SETTINGS = Settings(runtime_image="r", server_image="s")
DISTANCE = {"type": "DataDrift", "distance": "JensenShannon", "threshold": "0.1"}
PREDICTION = {"type": "PredictionDrift", "distance": "PSI", "threshold": "0.2"}
MISSING = {"type": "DataQuality", "maxMissingPercent": 5}
MEAN = {"type": "MeanShift", "feature": "wind", "percent": 20}
AUC = {"type": "Performance", "metric": "roc_auc", "maxDrop": "0.03"}
ESTIMATED = {"type": "EstimatedPerformance", "metric": "roc_auc", "maxDrop": "0.03"}
CONCEPT = {"type": "ConceptDrift"}
CHANGED = {"at": "2026-03-02T09:30:00Z", "before": "0.1", "after": "0.3"}
RANGE = {"type": "OutOfRange", "maxPercent": "1"}
NEW = {"type": "NewCategories", "maxPercent": "1"}
UNIT = {"type": "UnitChange"}
WASSERSTEIN = {"type": "DataDrift", "distance": "Wasserstein", "threshold": "1.5"}
LOSS = {"type": "Performance", "metric": "log_loss", "maxDrop": "0.03"}


def interval(value, width=0.01, **more):
    return {"value": str(value), "low": str(value - width), "high": str(value + width), **more}


def feature(name="wind", js=0.02, width=0.01, wasserstein=None, linfinity=None, **more):
    others = {"Wasserstein": wasserstein, "LInfinity": linfinity}
    return {
        "name": name,
        "missingPercent": 0,
        "mean": 10,
        "referenceMean": 10,
        "distances": [
            interval(js, width, name="JensenShannon"),
            interval(js, width, name="PSI"),
            *(interval(value, name=known) for known, value in others.items() if value is not None),
        ],
        "shift": "mean 10 → 17",
        **more,
    }


def numbers(**more):
    return feature(kind="Numeric", **more)


def texts(**more):
    return feature("carrier", kind="Categorical", **more)


def figures(**more):
    return {
        "observedAt": timestamp(START),
        "version": "v1",
        "requests": 1000,
        "rows": 1000,
        "features": [feature()],
        "prediction": feature("score"),
        "performance": [],
        **more,
    }


def performance(name, value, width=0.01, reference=0.7, **more):
    return figures(performance=[interval(value, width, name=name, rows=800, reference=str(reference), **more)])


class Watch:
    """A monitor that is looked at again and again."""

    def __init__(self, *checks, actions=(), **spec):
        self.document = example("drift-monitor")
        self.document["metadata"] |= {"uid": "dm-uid", "namespace": "ml", "generation": 1}
        self.document["spec"] |= {"checks": list(checks), "actions": list(actions), **spec}
        self.champion, self.now, self.events = "v1", START, []

    def look(self, evaluation):
        self.document.setdefault("status", {})["evaluation"] = evaluation
        model = self.model()
        if self.champion:
            served = {"name": self.champion, "since": timestamp(START), "images": {"server": "s"}}
            model["status"] = {"champion": served}
        snapshot = DriftMonitorSnapshot(DriftMonitor.parse(self.document), Model.parse(model), None, SETTINGS)
        plan = plan_drift_monitor(snapshot, self.now)
        assert plan == plan_drift_monitor(snapshot, self.now)
        if plan.status is not None:
            self.document["status"] = json.loads(json.dumps(plan.status))
        self.events += [(event.type, event.reason) for event in plan.events]
        return self.document["status"]

    def model(self):
        return example("model")

    def condition(self, kind):
        found = next((one for one in self.document["status"]["conditions"] if one["type"] == kind), None)
        return (found["status"], found["reason"]) if found else None


@pytest.mark.parametrize(
    ("check", "evaluation", "verdict"),
    [
        (DISTANCE, figures(), "Stable"),
        (DISTANCE, figures(features=[feature(js=0.2)]), "Drift"),
        (DISTANCE, figures(features=[feature(js=0.2, width=0.15)]), "Inconclusive"),
        (DISTANCE, figures(features=[feature(js=0.08, width=0.05)]), "Inconclusive"),
        (DISTANCE, figures(features=[feature("hour", js=0.9), feature()]), "Stable"),
        (DISTANCE, figures(features=[]), "Inconclusive"),
        (DISTANCE, figures(features=[feature(distances=[])]), "Inconclusive"),
        (PREDICTION, figures(prediction=feature("score", js=0.5)), "Drift"),
        (PREDICTION, figures(prediction=None), "Inconclusive"),
        (MISSING, figures(features=[feature(missingPercent=5)]), "Stable"),
        (MISSING, figures(features=[feature(missingPercent=5.1)]), "Drift"),
        (MEAN, figures(features=[feature(mean=12)]), "Stable"),
        (MEAN, figures(features=[feature(mean=7.9)]), "Drift"),
        (MEAN, figures(features=[feature(referenceMean=0)]), "Inconclusive"),
        (AUC, performance("roc_auc", 0.69), "Stable"),
        (AUC, performance("roc_auc", 0.65), "Drift"),
        (AUC, performance("roc_auc", 0.75), "Stable"),
        (AUC, performance("roc_auc", 0.66), "Inconclusive"),
        (LOSS, performance("log_loss", 0.75), "Drift"),
        (LOSS, performance("log_loss", 0.65), "Stable"),
        (AUC, figures(), "Inconclusive"),
        (AUC, performance("roc_auc", 0.65, surely={"low": "0.62", "high": "0.68"}), "Inconclusive"),
        (AUC, performance("roc_auc", 0.65, surely={"low": "0.635", "high": "0.665"}), "Drift"),
        (LOSS, performance("log_loss", 0.75, surely={"low": "0.72", "high": "0.78"}), "Inconclusive"),
        (ESTIMATED, figures(estimated=performance("roc_auc", 0.65)["performance"]), "Drift"),
        (ESTIMATED, figures(estimated=performance("roc_auc", 0.69)["performance"]), "Stable"),
        (ESTIMATED, performance("roc_auc", 0.65), "Inconclusive"),
        (CONCEPT, figures(conceptDrift={"rows": 900, "error": "0.2"}), "Stable"),
        (CONCEPT, figures(conceptDrift={"rows": 900, "error": "0.2", **CHANGED}), "Drift"),
        (CONCEPT, figures(conceptDrift={"rows": 900, "error": "0.2", **CHANGED, "after": "0.05"}), "Stable"),
        (CONCEPT, figures(conceptDrift={"rows": 99, "error": "0.2", **CHANGED}), "Inconclusive"),
        (CONCEPT, figures(), "Inconclusive"),
        (RANGE, figures(features=[numbers(outOfRange=interval(0.5, 0.2))]), "Stable"),
        (RANGE, figures(features=[numbers(outOfRange=interval(5, 2))]), "Drift"),
        (RANGE, figures(features=[numbers(outOfRange=interval(2, 1.5))]), "Inconclusive"),
        (RANGE, figures(features=[numbers()]), "Inconclusive"),
        (RANGE, figures(features=[texts(), numbers(outOfRange=interval(0.5, 0.2))]), "Stable"),
        (RANGE, figures(features=[texts()]), "Inconclusive"),
        (NEW, figures(features=[numbers(), texts(newCategories=interval(0.5, 0.2))]), "Stable"),
        (NEW, figures(features=[texts(newCategories=interval(3, 0.2))]), "Drift"),
        (UNIT, figures(features=[texts(), numbers(unitFactor="1")]), "Stable"),
        (UNIT, figures(features=[numbers(unitFactor="100")]), "Drift"),
        (UNIT, figures(features=[numbers()]), "Inconclusive"),
        (WASSERSTEIN, figures(features=[feature(wasserstein=1.2)]), "Stable"),
        (WASSERSTEIN, figures(features=[feature(wasserstein=1.7)]), "Drift"),
        (WASSERSTEIN, figures(features=[feature("carrier"), feature("temp", wasserstein=1.2)]), "Stable"),
        (WASSERSTEIN, figures(features=[feature("carrier")]), "Inconclusive"),
        (WASSERSTEIN | {"distance": "LInfinity"}, figures(features=[feature(linfinity=0.9)]), "Inconclusive"),
        (AUC, figures(performance=["x", {"name": "roc_auc", "value": "nan"}]), "Inconclusive"),
    ],
)
def test_a_check_is_drift_or_stable_only_when_its_whole_interval_says_so(check, evaluation, verdict):
    status = Watch(check).look(evaluation)
    assert status["verdict"] == verdict
    assert {one["verdict"] for one in status["findings"]} == {verdict}


@pytest.mark.parametrize(
    ("extremes", "shift"),
    [
        ({"minimum": "-3", "maximum": "48.2"}, "5 % beyond the reference, -3 to 48.2"),
        ({}, "5 % beyond the reference"),
        ({"minimum": "-3"}, "5 % beyond the reference"),
        ({"minimum": "x", "maximum": []}, "5 % beyond the reference"),
    ],
)
def test_numbers_beyond_the_reference_are_told_with_how_far_they_reach(extremes, shift):
    status = Watch(RANGE).look(figures(features=[numbers(outOfRange=interval(5, 2) | extremes)]))
    assert [one["shift"] for one in status["findings"]] == [shift]


@pytest.mark.parametrize(
    ("evaluation", "later", "reason"),
    [
        (None, 0, "Inconclusive"),
        ({"rows": 1000}, 0, "Inconclusive"),
        (figures(version="v0"), 0, "Inconclusive"),
        (figures(rows=499), 0, "NotEnoughSamples"),
        (figures(requests=899, served=1000), 0, "ObservationsMissing"),
        (figures(requests=899, served=900, undecoded=100), 0, "ObservationsMissing"),
        (figures(), 31, "EvaluationStale"),
        (figures(error={"reason": "StorageForbidden", "message": "403"}), 0, "StorageForbidden"),
    ],
)
def test_a_verdict_is_withheld(evaluation, later, reason):
    watch = Watch(DISTANCE)
    watch.now += timedelta(minutes=later)
    status = watch.look(evaluation)
    assert (status["verdict"], status["findings"]) == ("Inconclusive", [])
    assert watch.condition("Ready") == ("True", reason)
    assert watch.condition("DriftDetected") == ("Unknown", reason)


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        (None, "there are no figures"),
        ({"season": "HourOfDay", "rows": 0}, "there are no figures"),
        ({"season": "HourOfDay"}, "does not say when its rows were: give it a column event_timestamp"),
        (
            {"season": "HourOfWeek", "lacking": ["Monday 03:00", "Monday 04:00"]},
            "the reference holds too few rows of Monday 03:00, Monday 04:00 (UTC)",
        ),
        ({"season": "HourOfWeek", "lacking": "Monday"}, "does not say when"),
        ({"season": "HourOfDay", "lacking": ["x" * 10**6] * 9}, "too few rows of " + ", ".join(["x" * 40] * 5)),
        ("HourOfDay", "there are no figures"),
    ],
)
@pytest.mark.parametrize("check", [DISTANCE, PREDICTION, MEAN])
def test_a_season_that_the_reference_does_not_hold_is_named_and_nothing_is_told(check, reference, said):
    bare = {"distances": [], "referenceMean": None}
    score = feature("score", **bare) | ({"reference": reference} if reference else {})
    evaluation = figures(features=[feature(**bare)], prediction=score)
    status = Watch(check).look(evaluation | ({"reference": reference} if reference else {}))
    assert status["verdict"] == "Inconclusive"
    assert said in status["findings"][0]["shift"]
    assert said in status["conditions"][0]["message"]


def test_with_its_season_a_window_is_judged_as_any_other():
    reference = {"season": "HourOfDay", "rows": 5000}
    assert Watch(DISTANCE).look(figures(reference=reference))["verdict"] == "Stable"
    assert Watch(DISTANCE).look(figures(reference=reference, features=[feature(js=0.2)]))["verdict"] == "Drift"
    # what needs no reference is told without its season, too
    lacking = {"season": "HourOfDay", "lacking": ["03:00"]}
    assert Watch(MISSING).look(figures(reference=lacking))["verdict"] == "Stable"


def test_rows_that_are_still_needed():
    assert Watch(DISTANCE).look(figures(rows=100))["rowsNeeded"] == 400
    # the interval of ±0.05 has to shrink to ±0.02: (5 / 2)^2 times the rows
    assert Watch(DISTANCE).look(figures(features=[feature(js=0.08, width=0.05)]))["rowsNeeded"] == 5250


def test_the_strongest_finding_stands_first_and_is_named():
    watch = Watch(DISTANCE, MISSING)
    status = watch.look(figures(features=[feature("a", js=0.2), feature("b", js=0.4), feature("c")]))
    assert [one["subject"] for one in status["findings"]][:2] == ["b", "a"]
    message = next(one["message"] for one in status["conditions"] if one["type"] == "DriftDetected")
    assert message.startswith("DataDrift b 0.4 [0.39, 0.41], threshold 0.1 (mean 10 → 17); DataDrift a 0.2")


ACTIONS = (
    {"type": "Alert"},
    {"type": "Retrain", "trainingJobRef": {"name": "late-flights"}, "when": ["Performance"]},
)
DRIFTED = figures(features=[feature(js=0.4)], performance=[interval(0.7, name="roc_auc", rows=800, reference="0.7")])
WORSE = DRIFTED | {"performance": [interval(0.6, name="roc_auc", rows=800, reference="0.7")]}
FINE = performance("roc_auc", 0.7)


def test_an_episode_alerts_once_and_asks_once_for_what_the_action_is_about():
    watch = Watch(DISTANCE, AUC, actions=ACTIONS)
    status = watch.look(DRIFTED)
    assert watch.events == [("Warning", "Drift")]
    assert status["requests"] == []
    assert watch.condition("Ready")[0] == "True"
    first = status["episode"]
    for evaluation in (WORSE, WORSE, figures(rows=1), DRIFTED, WORSE):
        status = watch.look(evaluation)
        assert status["episode"]["id"] == first["id"]
        assert watch.condition("DriftDetected")[0] == "True"
    assert [one["episode"] for one in status["requests"]] == [first["id"]]
    assert status["requests"][0]["reason"].startswith("Performance roc_auc 0.1 [0.09, 0.11]")
    assert watch.events == [("Warning", "Drift"), ("Normal", "RetrainRequested")]


def test_an_episode_ends_with_the_next_stable_verdict_and_another_is_another():
    watch = Watch(DISTANCE, AUC, actions=ACTIONS)
    first = watch.look(WORSE)["episode"]
    watch.now += timedelta(minutes=5)
    status = watch.look(FINE | {"observedAt": timestamp(watch.now)})
    assert status["episode"]["endedAt"] == timestamp(watch.now)
    assert status["requests"] == []
    assert watch.condition("DriftDetected") == ("False", "Stable")
    watch.now += timedelta(minutes=5)
    again = watch.look(WORSE | {"observedAt": timestamp(watch.now)})
    assert again["episode"]["id"] != first["id"]
    assert "endedAt" not in again["episode"]
    assert [one["episode"] for one in again["requests"]] == [again["episode"]["id"]]


def test_a_new_champion_begins_anew():
    watch = Watch(DISTANCE, AUC, actions=ACTIONS)
    first = watch.look(WORSE)["episode"]
    watch.champion = "v2"
    status = watch.look(WORSE)
    assert (status["verdict"], status["findings"], status["version"]) == ("Inconclusive", [], "v2")
    assert status["episode"]["id"] == first["id"]
    status = watch.look(WORSE | {"version": "v2"})
    assert (status["episode"]["version"], status["requests"][0]["episode"]) == ("v2", status["episode"]["id"])
    assert status["episode"]["id"] != first["id"]
    watch.champion = "v3"
    watch.look(FINE | {"version": "v3"})
    assert watch.condition("DriftDetected") == ("False", "Stable")


def test_without_a_champion_there_is_nothing_to_watch():
    watch = Watch(DISTANCE)
    watch.champion = None
    watch.look(figures())
    assert watch.condition("Ready") == ("False", "NoVersion")


def test_figures_are_handed_through_untouched_and_nothing_is_written_twice():
    watch = Watch(DISTANCE)
    evaluation = figures(extra={"kept": None})
    assert watch.look(evaluation)["evaluation"] == evaluation
    before = json.dumps(watch.document)
    watch.now += timedelta(seconds=7)
    watch.look(evaluation)
    assert json.dumps(watch.document) == before


def test_labels_that_do_not_come_are_told_once_they_are_due():
    """The champion serves since START; labels take a day, and a whole window of predictions has to have had it."""
    watch = Watch(AUC, window={"length": "1h", "every": "10m", "minSamples": 500})
    labels = {"arrived": 12, "rows": 0, "newest": timestamp(START)}
    for hours, reason in ((1, "Inconclusive"), (24, "Inconclusive"), (25, "LabelStarved"), (30, "LabelStarved")):
        watch.now = START + timedelta(hours=hours)
        watch.look(figures(observedAt=timestamp(watch.now), labels=labels))
        assert watch.condition("DriftDetected") == ("Unknown", reason)
    told = watch.document["status"]["conditions"][0]["message"]
    assert f"12 labels arrived within the window, the newest at {timestamp(START)}; 0 belong to a prediction" in told
    assert watch.events == [("Warning", "LabelStarved")]
    watch.look(figures(observedAt=timestamp(watch.now), labels={"arrived": 0, "rows": 0}))
    assert "no label arrived within the window" in watch.document["status"]["conditions"][0]["message"]
    watch.look(performance("roc_auc", 0.7) | {"observedAt": timestamp(watch.now)})
    assert watch.condition("DriftDetected") == ("False", "Stable")


def test_drift_is_found_although_labels_do_not_come():
    watch = Watch(AUC, DISTANCE)
    watch.now = START + timedelta(days=30)
    watch.look(figures(observedAt=timestamp(watch.now), features=[feature(js=0.4)], labels={"arrived": 0, "rows": 0}))
    assert watch.condition("DriftDetected") == ("True", "Drift")


def test_why_there_are_no_figures_is_told_by_one_event_for_as_long_as_it_lasts():
    watch = Watch(DISTANCE)
    for _ in range(5):
        watch.look(figures(error={"reason": "StorageForbidden", "message": "403"}))
    watch.look(figures(error={"reason": "of a later release", "message": "x"}))
    assert watch.events == [("Warning", "StorageForbidden"), ("Warning", "EvaluationFailed")]


RETRAIN = {"type": "Retrain", "trainingJobRef": {"name": "flights"}}
MOVED = {"features": [feature(js=0.2)]}
HARMED = {"performance": performance("roc_auc", 0.6)["performance"]}


@pytest.mark.parametrize(
    ("checks", "when", "found", "asks"),
    [
        ([DISTANCE], [], MOVED, True),
        ([DISTANCE, AUC], [], MOVED | {"performance": performance("roc_auc", 0.7)["performance"]}, False),
        ([DISTANCE, AUC], [], MOVED, False),
        ([DISTANCE, AUC], [], MOVED | HARMED, True),
        ([DISTANCE, AUC], ["DataDrift"], MOVED, True),
        ([DISTANCE, ESTIMATED], [], MOVED | {"estimated": HARMED["performance"]}, True),
        ([DISTANCE, ESTIMATED], [], MOVED, False),
        ([DISTANCE, AUC], ["Performance"], MOVED, False),
    ],
    ids=[
        *("no check of harm", "no harm", "labels are late", "harm", "the user says otherwise"),
        *("estimated harm", "no estimate", "asked for by type"),
    ],
)
def test_drift_without_harm_starts_no_run(checks, when, found, asks):
    watch = Watch(*checks, actions=[RETRAIN | ({"when": when} if when else {}), {"type": "Alert"}])
    status = watch.look(figures(**found))
    assert status["verdict"] == "Drift"
    assert status["episode"]["alerted"]
    assert bool(status["requests"]) == asks
    if asks:
        return
    # the same episode, once the harm is there
    watch.now += timedelta(minutes=5)
    harm = HARMED | {"estimated": HARMED["performance"]}
    status = watch.look(figures(**MOVED | harm) | {"observedAt": timestamp(watch.now)})
    (request,) = status["requests"]
    assert "roc_auc" in request["reason"].split(";")[0]


def looked(watch, js, minutes=5):
    watch.now += timedelta(minutes=minutes)
    return watch.look(figures(features=[feature(js=js)]) | {"observedAt": timestamp(watch.now)})


def test_drift_has_to_be_found_as_often_as_is_asked():
    watch = Watch(DISTANCE, persistence={"count": 2, "of": 3}, actions=[{"type": "Alert"}])
    first = looked(watch, 0.2)
    assert (first["verdict"], first["findings"][0]["verdict"]) == ("Inconclusive", "Drift")
    assert first["conditions"][0]["message"].startswith("drift in 1 of the newest 1 evaluations, 2 of 3 are asked for")
    assert watch.look(watch.document["status"]["evaluation"])["looks"] == first["looks"]
    assert looked(watch, 0.02)["verdict"] == "Stable"
    second = looked(watch, 0.2)
    assert second["verdict"] == "Drift"
    assert [one["verdict"] for one in second["looks"]] == ["Drift", "Stable", "Drift"]
    assert watch.events == [("Warning", "Drift")]
    assert looked(watch, 0.02)["verdict"] == looked(watch, 0.02)["verdict"] == "Stable"
    assert looked(watch, 0.2)["verdict"] == "Inconclusive"


def test_what_was_found_of_another_champion_does_not_count():
    watch = Watch(DISTANCE, persistence={"count": 2, "of": 2})
    looked(watch, 0.2)
    watch.champion = "v2"
    watch.now += timedelta(minutes=5)
    status = watch.look(figures(features=[feature(js=0.2)], version="v2") | {"observedAt": timestamp(watch.now)})
    assert (status["verdict"], len(status["looks"])) == ("Inconclusive", 1)


def promoted(watch, name, **found):
    """Another champion, and what is found of it."""
    watch.champion, watch.now = name, watch.now + timedelta(minutes=5)
    return watch.look(figures(**found) | {"version": name, "observedAt": timestamp(watch.now)})


def test_runs_that_do_not_help_are_given_up_and_begun_again_once_drift_has_ended():
    watch = Watch(DISTANCE, actions=[RETRAIN], giveUpAfter=2)
    assert len(watch.look(figures(**MOVED))["requests"]) == 1
    assert len(promoted(watch, "v2", **MOVED)["requests"]) == 1
    third = promoted(watch, "v3", **MOVED)
    assert (third["requests"], third["unhelpful"], third["verdict"]) == ([], 2, "Drift")
    assert watch.events[-1] == ("Warning", "RetrainingDoesNotHelp")
    told = len(watch.events)
    assert promoted(watch, "v3", **MOVED)["requests"] == []
    assert len(watch.events) == told
    assert promoted(watch, "v3")["unhelpful"] == 0
    assert len(promoted(watch, "v3", **MOVED)["requests"]) == 1


def test_a_run_that_nobody_promoted_and_an_alert_are_no_retraining_in_vain():
    watch = Watch(DISTANCE, actions=[{"type": "Alert"}], giveUpAfter=1)
    watch.look(figures(**MOVED))
    assert promoted(watch, "v2", **MOVED)["unhelpful"] == 0
    again = Watch(DISTANCE, actions=[RETRAIN], giveUpAfter=1)
    again.look(figures(**MOVED))
    assert len(promoted(again, "v1", **MOVED)["requests"]) == 1
    assert promoted(again, "v1", **MOVED)["unhelpful"] == 0


ROLLBACK = {"type": "RequestRollback"}


def test_a_rollback_is_asked_for_once_an_episode_beside_a_run():
    watch = Watch(AUC, DISTANCE, actions=[RETRAIN, ROLLBACK, ROLLBACK])
    assert watch.look(figures(**MOVED))["requests"] == []
    watch.now += timedelta(minutes=5)
    status = watch.look(figures(**MOVED | HARMED) | {"observedAt": timestamp(watch.now)})
    assert [one["type"] for one in status["requests"]] == ["Retrain", "Rollback"]
    assert {one["episode"] for one in status["requests"]} == {status["episode"]["id"]}
    assert "trainingJobRef" not in status["requests"][1]
    assert watch.events[-2:] == [("Normal", "RetrainRequested"), ("Normal", "RollbackRequested")]
    assert looked_harmed(watch)["requests"] == status["requests"]


def looked_harmed(watch, minutes=5, **found):
    watch.now += timedelta(minutes=minutes)
    return watch.look(figures(**(found or MOVED | HARMED)) | {"observedAt": timestamp(watch.now)})


def calm(watch, minutes=5):
    return looked_harmed(watch, minutes, performance=performance("roc_auc", 0.7, 0.001)["performance"])


@pytest.mark.parametrize("action", [{"type": "Alert"}, RETRAIN, ROLLBACK], ids=lambda one: one["type"])
def test_an_action_waits_for_its_cooldown(action):
    watch = Watch(AUC, actions=[action | {"cooldown": "1h"}])

    def acts(status):
        return status["episode"].get("alerted", False) or bool(status["requests"])

    first = looked_harmed(watch)
    assert acts(first)
    names = {"Alert": "Alert", "Retrain": "Retrain flights", "RequestRollback": "RequestRollback"}
    assert [one["action"] for one in first["acted"]] == [names[action["type"]]]
    assert calm(watch)["verdict"] == "Stable"
    assert not acts(looked_harmed(watch, 20))
    assert not acts(looked_harmed(watch, 20))
    assert acts(looked_harmed(watch, 20))
    assert len(watch.document["status"]["acted"]) == 2


def test_an_action_is_done_so_often_a_day_and_no_more():
    watch = Watch(AUC, actions=[{"type": "Alert", "maxPerDay": 2}])
    told = []
    for _ in range(4):
        told.append(looked_harmed(watch, 30)["episode"].get("alerted", False))
        calm(watch, 30)
    assert told == [True, True, False, False]
    assert looked_harmed(watch, 24 * 60)["episode"]["alerted"]


def test_actions_without_limits_are_not_remembered():
    watch = Watch(AUC, actions=[{"type": "Alert"}, RETRAIN])
    assert looked_harmed(watch)["acted"] == []


def test_what_the_reference_varies_by_itself_is_told_and_no_rows_are_asked_for():
    """More rows would not help: a longer window would, or a reference of more time."""
    spells = feature(js=0.4, width=0.35)
    spells["distances"][0]["noise"] = "0.39"
    status = Watch(DISTANCE).look(figures(features=[spells]))
    (finding,) = [one for one in status["findings"] if one["check"] == "DataDrift"]
    told = "stretches of the reference as long as this window differ by up to 0.39 themselves"
    assert (finding["verdict"], finding["shift"]) == ("Inconclusive", f"mean 10 → 17; {told}")
    assert "rowsNeeded" not in status or not status["rowsNeeded"]
    condition = next(one for one in status["conditions"] if one["type"] == "Ready")
    assert told in condition["message"] and "more rows" not in condition["message"]
