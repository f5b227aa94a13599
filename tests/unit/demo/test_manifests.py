"""The four objects of the demo are what the operator takes, and name inputs that there are."""

from e2e.demo.flights import HOLDOUTS, INPUTS, SPRING, WINTER
from e2e.demo.manifests import NAME, Places, drift_monitor, model, training_job
from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.api.training_job import TrainingJob

PLACES = Places(s3="http://s3.storage:7070", repository="http://git.storage/flights.git", image="registry/serving:1")


def test_a_training_reads_three_months_and_the_newest_holdout():
    spec = TrainingJob.parse(training_job(PLACES, "main")).spec
    train, holdout = spec.datasets
    assert (train.role, train.partitions.last, holdout.role, holdout.partitions.last) == ("Train", 3, "Holdout", 1)
    assert len(WINTER) == len(SPRING) == train.partitions.last
    assert [month for months in (WINTER, SPRING) for month in months] == sorted({*WINTER, *SPRING})
    assert list(HOLDOUTS) == sorted(HOLDOUTS)
    checked = {rule.name for rule in train.validation.columns} | {one.column for one in train.validation.max_missing}
    assert checked <= set(INPUTS)


def test_the_model_is_promoted_by_its_holdout_and_watched_while_it_rolls_out():
    spec = Model.parse(model(PLACES)).spec
    assert {gate.type for gate in spec.promotion.gates} == {"Threshold", "VersusChampion"}
    assert {guard.type for guard in spec.rollout.analysis.guards} == {"ErrorRate", "LatencyP99"}


def test_the_monitor_retrains_only_for_what_labels_say():
    spec = DriftMonitor.parse(drift_monitor()).spec
    assert set(spec.features.exclude) <= set(INPUTS)
    (retrain,) = (action for action in spec.actions if action.type == "Retrain")
    assert (retrain.when, retrain.training_job_ref.name) == (("Performance",), NAME)


def test_changes_replace_whole_fields():
    changed = drift_monitor(features={"exclude": ["temp"]})
    assert changed["spec"]["features"] == {"exclude": ["temp"]}
    assert drift_monitor()["spec"]["features"] != {"exclude": ["temp"]}
