"""The job beside the rounds: whose folders, how long, and what is told where it cannot be done."""

import asyncio
import threading
import time
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.api.reasons import Reason
from leeboard.evaluator.configuration import Configuration
from leeboard.evaluator.metrics import EvaluatorMetrics
from leeboard.evaluator.places import Places
from leeboard.evaluator.retention import job
from leeboard.evaluator.retention.job import Moments, Retention, folders
from leeboard.storage import StorageError
from tests.support.fake_kube import FakeKube
from tests.unit.evaluator.retention.exporters import at, text_of, window

NOW = at(600)


def model(uri, name="m", retain=None, status=None):
    spec = {"prediction": {"task": "Regression"}, "storage": {"uri": uri}}
    if retain:
        spec["observations"] = {"retain": retain}
    metadata = {"name": name, "namespace": "ml", "uid": f"uid-{name}"}
    return {"apiVersion": "leeboard.dev/v1alpha1", "kind": "Model", "metadata": metadata, "spec": spec,
            "status": status or {}}  # fmt: skip


def monitor(length, of="m", name="d"):
    spec = {"modelRef": {"name": of}, "window": {"length": length}, "checks": [{"type": "UnitChange"}]}
    metadata = {"name": name, "namespace": "ml", "uid": f"uid-{name}"}
    return {"apiVersion": "leeboard.dev/v1alpha1", "kind": "DriftMonitor", "metadata": metadata, "spec": spec}


def kept(models, monitors=()):
    found = folders([Model.parse(one) for one in models], [DriftMonitor.parse(one) for one in monitors], NOW)
    return [(one.keeping.retain, one.keeping.look_back) for one in found]


def test_what_is_kept_follows_from_the_model_its_monitors_and_its_rollout():
    days, minutes = timedelta(days=90), timedelta(minutes=10)
    assert kept([model("s3://b/")]) == [(days, minutes)]
    assert kept([model("s3://b/", retain="12h")], [monitor("1h"), monitor("7d", name="e"), monitor("9d", of="x")]) == [
        (timedelta(hours=12), timedelta(days=7))
    ]
    candidate = {"name": "v2", "since": text_of(at(0)), "images": {"server": "x"}}
    assert kept([model("s3://b/", status={"candidate": candidate})]) == [(days, timedelta(minutes=600))]


def test_a_folder_of_several_models_is_kept_as_long_as_any_of_them_asks():
    two = [model("s3://b/x/", retain="1d"), model("s3://b/x/", "n", retain="30d"), model("s3://b/y/", "o", retain="2d")]
    assert kept(two, [monitor("3d")]) == [
        (timedelta(days=30), timedelta(days=3)),
        (timedelta(days=2), timedelta(minutes=10)),
    ]


def test_predictions_are_kept_for_labels_that_come_late():
    slow, quick = model("s3://b/x/", "n", retain="1d"), model("s3://b/x/", retain="1d")
    slow["spec"]["prediction"]["labelDelay"] = "30d"
    (alone,) = folders([Model.parse(quick)], [], NOW)
    (both,) = folders([Model.parse(quick), Model.parse(slow)], [], NOW)
    assert [one.keeping.kept_for("ledger") for one in (alone, both)] == [
        timedelta(days=7, minutes=10), timedelta(days=90, minutes=10),
    ]  # fmt: skip
    assert both.keeping.kept_for("windows") == timedelta(days=1)


class World:
    def __init__(self, root):
        self.root, self.kube, self.now = root, FakeKube(), NOW
        self.kube.put(model(f"file://{root}/"))
        self.metrics = EvaluatorMetrics(CollectorRegistry())
        places = Places(self.kube, Configuration.of({}), self.metrics.file)
        self.retention = Retention(self.kube, places, self.metrics, (), lambda: self.now, Moments())

    def put(self, *files):
        for key, data in files:
            (self.root / key).parent.mkdir(parents=True, exist_ok=True)
            (self.root / key).write_bytes(data)

    def files(self):
        return sorted(path.name for path in self.root.rglob("*.gz"))

    def look(self, **passed):
        self.now += timedelta(**passed)
        asyncio.run(self.retention.look())

    def value(self, name, **labels):
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_a_folder_is_gone_through_every_hour(world):
    world.put(*(window("a", minute) for minute in range(30)))
    world.look()
    assert len(world.files()) == 1
    assert world.value("leeboard_observation_files_compacted_total") == 30
    world.put(*(window("b", minute) for minute in range(30)))
    world.look(minutes=59)
    assert len(world.files()) == 31
    world.look(minutes=1)
    assert len(world.files()) == 2


def test_what_expired_is_counted(world):
    world.put(*(window("a", minute) for minute in range(3)))
    world.look(days=91)
    assert world.files() == []
    assert world.value("leeboard_observation_files_expired_total") == 3


def test_where_more_is_left_the_next_look_goes_on(world, monkeypatch):
    monkeypatch.setattr("leeboard.evaluator.retention.tidying.MOST_AT_ONCE", 10)
    world.put(*(window("a", minute) for minute in range(60, 80)), *(window("a", minute) for minute in range(5)))
    world.look()
    assert len(world.files()) == 21
    world.look(minutes=1)
    world.look(minutes=1)
    world.look(minutes=1)
    assert len(world.files()) < 5


@pytest.mark.parametrize(
    ("reason", "pause"),
    [(Reason.STORAGE_FORBIDDEN, timedelta(days=1)), (Reason.STORAGE_UNREACHABLE, timedelta(hours=1))],
)
def test_what_storage_refuses_is_told_once_and_not_tried_at_every_look(world, monkeypatch, caplog, reason, pause):
    asked = []

    def refuse(self, key):
        asked.append(key)
        raise StorageError(reason, "s3://b/x: AccessDenied")

    monkeypatch.setattr("leeboard.storage.file.FileStore.delete", refuse)
    world.put(*(window("a", minute) for minute in range(3)))
    world.look()
    first = len(asked)
    world.look(minutes=50)
    assert len(asked) == first > 0
    world.now = NOW + pause - timedelta(minutes=1)
    world.look()
    assert len(asked) == first
    world.look(minutes=1)
    assert len(asked) > first
    told = [one.getMessage() for one in caplog.records if "not tidied" in one.getMessage()]
    assert len(told) == 1
    assert str(reason) in told[0]
    assert (job.NEEDS in told[0]) == (reason is Reason.STORAGE_FORBIDDEN)
    assert world.value("leeboard_observation_retention_errors_total", reason=str(reason)) == 2


def test_a_secret_that_is_not_there_is_told_once_and_tried_again(world, caplog):
    raw = model(f"file://{world.root}/")
    raw["spec"]["storage"]["secretRef"] = {"name": "s3"}
    world.kube.objects[("Model", "ml", "m")]["spec"] = raw["spec"]
    world.put(*(window("a", minute) for minute in range(3)))
    world.look()
    world.look(minutes=1)
    assert len([one for one in caplog.records if "not tidied" in one.getMessage()]) == 1
    world.kube.put({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s3", "namespace": "ml"}, "data": {}})
    world.look(minutes=1)
    assert len(world.files()) == 1


def test_nothing_is_removed_while_a_monitor_cannot_be_read(world, caplog):
    broken = monitor("1h")
    del broken["spec"]["checks"]
    world.kube.put(broken)
    world.put(*(window("a", minute) for minute in range(3)))
    world.look(days=100)
    world.look(days=1)
    assert len(world.files()) == 3
    assert len([one for one in caplog.records if "cannot be read" in one.getMessage()]) == 1


def test_what_is_not_urgent_waits_for_the_end_of_a_round_and_ends_with_the_process():
    moments, passed = Moments(), []

    def ask():
        passed.append(moments.may_go_on())

    with moments.busy():
        thread = threading.Thread(target=ask)
        thread.start()
        time.sleep(0.05)
        assert passed == []
    thread.join(10)
    assert passed == [True]
    with moments.busy():
        moments.end()
        assert moments.may_go_on() is False
