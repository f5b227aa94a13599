"""QueueLabeling decided: asked for once an episode, and told of once the evaluator has answered."""

from datetime import timedelta

import pytest

from tests.support.examples import example
from tests.unit.planning import test_drift_monitor as drift
from tests.unit.planning.test_drift_monitor import AUC, DISTANCE, MISSING, PREDICTION, feature, figures

QUEUE = {"type": "QueueLabeling"}
KEY = "observations/v1/labelling/late-flights/e.parquet"


class Watch(drift.Watch):
    """A monitor of a Model with a request log, or without one."""

    def __init__(self, *checks, actions=(QUEUE,), log=True, **spec):
        super().__init__(*checks, actions=actions, **spec)
        self.log = log

    def model(self):
        model = example("model")
        if self.log:
            model["spec"]["serving"]["logging"] = {"sampleRate": "0.1"}
        return model

    @property
    def labelling(self):
        return (self.document["status"].get("episode") or {}).get("labelling")

    def drift(self, *, answer=None, **more):
        episode = (self.document.get("status", {}).get("episode") or {}).get("id", "")
        told = {"labelling": {"episode": episode} | answer} if answer is not None else {}
        return self.look(figures(**({"features": [feature(js=0.4)]} | told | more)))

    def later(self, **time):
        self.now += timedelta(**time)
        return drift.timestamp(self.now)


def test_asked_for_with_what_drifted_and_told_once_it_is_there():
    watch = Watch(DISTANCE, MISSING, actions=[QUEUE | {"most": 40}])
    watch.drift(features=[feature(js=0.4), feature("temp", js=0.01), feature("gate", missingPercent=30)])
    asked = {"reason": "LabelingRequested", "most": 40, "inputs": ["gate", "wind"], "key": "", "rows": 0}
    assert watch.labelling | {"inputs": sorted(watch.labelling["inputs"])} == asked
    watch.events.clear()
    for answer in ({}, {"rows": 0}, {"episode": "another", "key": "x", "rows": 3}):
        watch.drift(answer=answer)
        assert watch.labelling["reason"] == "LabelingRequested"
    for _ in range(3):
        watch.drift(answer={"key": KEY, "rows": 40})
        assert watch.labelling.items() >= {"reason": "LabelingQueued", "key": KEY, "rows": 40}.items()
    assert watch.events == [("Normal", "LabelingQueued")]
    watch.look(figures())
    assert watch.labelling["key"] == KEY  # where it is told until the next episode


def test_rows_that_were_written_as_the_drift_ended_are_told():
    watch = Watch(DISTANCE)
    watch.drift()
    episode = watch.document["status"]["episode"]["id"]
    watch.look(figures(labelling={"episode": episode, "key": KEY, "rows": 7}))
    assert watch.events[-2:] == [("Normal", "Stable"), ("Normal", "LabelingQueued")]


def test_without_a_log_it_is_said_and_done_when_there_is_one():
    watch = Watch(DISTANCE, log=False)
    for _ in range(3):
        watch.drift()
    assert watch.labelling["reason"] == "RequestLogMissing"
    assert watch.events.count(("Warning", "RequestLogMissing")) == 1
    watch.log = True
    watch.drift(answer={"key": KEY, "rows": 500})
    assert watch.labelling["reason"] == "LabelingQueued"


def test_an_empty_log_is_said_once():
    watch = Watch(DISTANCE)
    watch.drift()
    for _ in range(3):
        watch.drift(answer={"error": {"reason": "RequestLogMissing", "message": "m"}})
    assert watch.labelling["reason"] == "RequestLogMissing"
    assert watch.events.count(("Warning", "RequestLogMissing")) == 1


@pytest.mark.parametrize(
    ("when", "asked"),
    [([], True), (["DataDrift"], True), (["Performance"], False), (["DataDrift", "Performance"], True)],
)
def test_when(when, asked):
    watch = Watch(DISTANCE, AUC, actions=[QUEUE | {"when": when}])
    watch.drift()
    assert (watch.labelling is not None) is asked


def test_drift_of_no_input_names_none():
    watch = Watch(PREDICTION)
    watch.drift(prediction=feature("score", js=0.4))
    assert watch.labelling.items() >= {"inputs": [], "most": 500}.items()


def test_other_actions_ask_for_nothing():
    watch = Watch(DISTANCE, actions=[{"type": "Alert"}])
    watch.drift()
    assert watch.labelling is None


def test_a_cooldown_holds_it_back_until_it_is_over():
    watch = Watch(DISTANCE, actions=[QUEUE | {"cooldown": "1h"}])
    watch.drift()
    assert watch.labelling is not None
    watch.look(figures(observedAt=watch.later(minutes=1)))
    watch.drift(observedAt=watch.later(minutes=1))
    assert watch.labelling is None
    watch.drift(observedAt=watch.later(hours=1))
    assert watch.labelling["reason"] == "LabelingRequested"


@pytest.mark.parametrize(
    "odd", [None, 3, "x", [], {"key": 3}, {"rows": "many"}, {"error": "x"}, {"error": {"reason": 1}}]
)
def test_what_is_no_answer_changes_nothing(odd):
    watch = Watch(DISTANCE)
    watch.drift()
    episode = watch.document["status"]["episode"]["id"]
    answer = odd | {"episode": "e" if "key" in odd else episode} if isinstance(odd, dict) else odd
    watch.look(figures(features=[feature(js=0.4)], labelling=answer))
    assert watch.labelling["reason"] == "LabelingRequested"
