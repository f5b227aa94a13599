"""What can be wrong with profile, windows and labels: each is a named state of the monitor, none a verdict Stable."""

import asyncio
import gzip
import json
from datetime import timedelta

import pytest

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.evaluator.drift_figures import MOST_FEATURES
from leeboard.kube.resources import DRIFT_MONITOR
from leeboard.planning.drift_monitor import plan_drift_monitor
from leeboard.planning.settings import Settings
from leeboard.planning.snapshot import DriftMonitorSnapshot
from leeboard.storage.digests import digest_of
from tests.support.trained import flights
from tests.unit.evaluator.test_service import PROFILE, StatusKube, obj, served_version, world_of

JS = {"type": "DataDrift", "distance": "JensenShannon", "threshold": "0.6"}
MISSING = {"type": "DataQuality", "maxMissingPercent": 5}
LOSS = {"type": "Performance", "metric": "log_loss", "maxDrop": "0.05"}
RANGE = {"type": "OutOfRange", "maxPercent": "90"}


class Watched:
    """A monitor over a folder as storage: what evaluator and operator make of it together, as status has it."""

    def __init__(self, root, *checks, length="10m", labels_due=False):
        kube = StatusKube()
        since = "2025-12-01T00:00:00Z" if labels_due else "2026-01-01T11:00:00Z"
        model = {
            "prediction": {
                "task": "BinaryClassification", "scoreOutput": "probability", "positiveClass": "1", "labelDelay": "24h"
            },
            "storage": {"uri": f"file://{root}/"},
        }  # fmt: skip
        kube.put(obj("Model", model, {"champion": served_version("v1") | {"since": since}}))
        version = {
            "modelRef": {"name": "late-flights"}, "source": {"import": {"reason": "test"}},
            "artifact": {"uri": f"file://{root}/", "digest": digest_of(b""), "format": "sklearn-skops", "bytes": 1},
            "metrics": [{"name": "log_loss", "value": "0.5", "low": "0.48", "high": "0.52"}],
        }  # fmt: skip
        kube.put(obj("ModelVersion", version, {}, "v1"))
        window = {"length": length, "every": "30s", "minSamples": 100}
        monitor = {"modelRef": {"name": "late-flights"}, "window": window, "checks": list(checks or (JS, MISSING))}
        kube.put(obj("DriftMonitor", monitor, {}))
        self.world = world_of(kube, root)
        self.profile(PROFILE)

    def profile(self, document):
        """Register a profile, as it is or as bytes."""
        data = document if isinstance(document, bytes) else json.dumps(document).encode()
        (self.world.root / "profile.json").write_bytes(data)
        spec = self.world.kube.objects[("ModelVersion", "ml", "v1")]["spec"]
        spec["profile"] = {"uri": f"file://{self.world.root}/profile.json", "digest": digest_of(data)}

    def window(self, rows=400, ago=5, change=None, pod="a", **more):
        """A window of traffic like the reference, into which `change` puts something else."""
        self.world.window("v1", pod, ago, flights(rows, 3), **more)
        if change is not None:
            end = self.world.now - timedelta(seconds=ago)
            path = next(self.world.root.rglob(f"windows/{pod}/*-{int(end.timestamp() * 1000)}.json.gz"))
            raw = json.loads(gzip.decompress(path.read_bytes()))
            path.write_bytes(gzip.compress(json.dumps(change(raw) or raw).encode()))

    def status(self):
        """After a round of the evaluator, and a look of the operator."""
        kube, now = self.world.kube, self.world.now
        asyncio.run(self.world.rounds.run())
        monitor = DriftMonitor.parse(kube.live(DRIFT_MONITOR.kind, "late-flights"))
        model, version = (kube.live(kind, name) for kind, name in (("Model", "late-flights"), ("ModelVersion", "v1")))
        settings = Settings(runtime_image="r", server_image="s")
        snapshot = DriftMonitorSnapshot(monitor, Model.parse(model), ModelVersion.parse(version), settings)
        return plan_drift_monitor(snapshot, now).status


def ready(status):
    """Verdict, reason and message."""
    condition = next(one for one in status["conditions"] if one["type"] == "Ready")
    return status["verdict"], condition["reason"], condition["message"]


def verdicts(status, check):
    """What a check says of each subject."""
    return {one["subject"]: (one["verdict"], one["shift"]) for one in status["findings"] if one["check"] == check}


def without(name):
    def change(raw):
        raw["features"] = [one for one in raw["features"] if one["name"] != name]

    return change


def renamed(raw):
    raw["features"][0]["name"] = "another"


def no_profile(watched):
    del watched.world.kube.objects[("ModelVersion", "ml", "v1")]["spec"]["profile"]


def lost_profile(watched):
    (watched.world.root / "profile.json").unlink()


def test_what_is_right_is_stable(tmp_path):
    watched = Watched(tmp_path)
    watched.window()
    assert ready(watched.status())[:2] == ("Stable", "Stable")


@pytest.mark.parametrize(
    ("spoil", "reason", "says"),
    [
        (no_profile, "ReferenceMissing", "v1 has no profile"),
        (lost_profile, "StorageNotFound", "profile.json"),
        (lambda watched: watched.profile(PROFILE | {"contract": 2}), "BadData", "contract 2, not 1"),
        (lambda watched: watched.profile({"contract": 1, "features": {}}), "BadData", "not a profile"),
        (lambda watched: watched.profile(b"\x00"), "BadData", "is no profile"),
        (lambda watched: watched.window(0), "NotEnoughSamples", "0 of 100 rows in the window: no request came"),
        (lambda _: None, "NotEnoughSamples", "no exporter has left a window yet"),
        (
            lambda watched: watched.window(300, change=lambda raw: raw.update(rows=0)),
            "NotEnoughSamples",
            "each of 300 requests was refused, or failed",
        ),
        (
            lambda watched: watched.window(ago=320),
            "ObservationsMissing",
            "no exporter has left a window since 2026-01-01T11:54:40Z, and one is due every 10 s",
        ),
        (lambda watched: watched.window(change=renamed), "ObservationsMissing", "1 of 1 windows cannot be read"),
        (
            lambda watched: watched.window(change=lambda raw: raw["features"][1].update(counts=[1, 2])),
            "ObservationsMissing",
            "on other bins than the version's profile",
        ),
        (lambda watched: watched.window(dropped=300), "ObservationsMissing", "hold 400 of 700 requests"),
        (
            lambda watched: watched.window(0, change=lambda raw: raw.update(undecoded=12)),
            "ObservationsMissing",
            "12 messages of servers to their exporters, of a request each at least, could not be decoded",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path, spoil, reason, says):
    watched = Watched(tmp_path)
    spoil(watched)
    verdict, found, message = ready(watched.status())
    assert (verdict, found) == ("Inconclusive", reason)
    assert says in message
    assert " — " in message, "nothing says what can be done"


def test_a_message_that_was_cut_costs_no_verdict(tmp_path):
    watched = Watched(tmp_path)
    watched.window(change=lambda raw: raw.update(undecoded=3))
    status = watched.status()
    assert ready(status)[0] == "Stable"
    assert status["evaluation"]["undecoded"] == 3


@pytest.mark.parametrize(("max_age", "verdict"), [("1m", "Drift"), ("1h", "Inconclusive")])
def test_silence_may_be_what_a_check_looks_for(tmp_path, max_age, verdict):
    stale, volume = {"type": "Staleness", "of": "Requests", "maxAge": max_age}, {"type": "Volume", "minRows": 10_000}
    watched = Watched(tmp_path, JS, stale, volume)
    watched.window(ago=320)
    status = watched.status()
    assert ready(status)[0] == verdict
    assert verdicts(status, "Staleness")["requests"][0] == ("Drift" if verdict == "Drift" else "Stable")
    assert verdicts(status, "Volume") == {}


def test_files_that_cannot_be_read_are_counted_and_some_of_many_are_borne(tmp_path):
    watched = Watched(tmp_path, length="1h")
    for ago in range(5, 405, 20):
        watched.window(100, ago=ago)
    broken = sorted(tmp_path.rglob("windows/a/*.gz"))
    broken[0].write_bytes(b"rubbish")
    status = watched.status()
    assert ready(status)[0] == "Stable"
    assert (status["evaluation"]["unreadable"], status["evaluation"]["windows"]["count"]) == (1, 20)
    for path in broken[1:4]:
        path.write_bytes(b"more rubbish")
    watched.world.now += timedelta(seconds=30)
    assert ready(watched.status())[1:] == (
        "ObservationsMissing",
        "4 of 20 windows cannot be read, or are on other bins than the version's profile — read the log of the"
        " exporters (kubectl logs <pod> -c exporter), and the evaluator's",
    )


def test_an_input_that_is_absent_from_traffic_is_missing_in_every_row(tmp_path):
    watched = Watched(tmp_path, JS, MISSING, RANGE)
    watched.window(change=without("temp"))
    status = watched.status()
    assert ready(status)[:2] == ("Drift", "Drift")
    assert verdicts(status, "DataQuality")["temp"][0] == "Drift"
    for check in ("DataDrift", "OutOfRange"):
        assert verdicts(status, check)["temp"] == ("Inconclusive", "no row of the window has a value of it")


def test_an_input_that_some_pods_do_not_send_is_missing_in_their_rows(tmp_path):
    watched = Watched(tmp_path)
    watched.window(300, pod="a")
    watched.window(100, pod="b", change=without("temp"))
    temp = next(one for one in watched.status()["evaluation"]["features"] if one["name"] == "temp")
    assert float(temp["missingPercent"]) == pytest.approx(25, abs=2)


def test_without_a_check_of_missing_values_an_absent_input_leaves_the_verdict_open(tmp_path):
    watched = Watched(tmp_path, JS)
    watched.window(change=without("temp"))
    verdict, reason, message = ready(watched.status())
    assert (verdict, reason) == ("Inconclusive", "Inconclusive")
    assert "DataDrift temp: no row of the window has a value of it" in message


@pytest.mark.parametrize(("due", "reason"), [(True, "LabelStarved"), (False, "Inconclusive")])
def test_labels_for_unknown_ids_are_told_of(tmp_path, due, reason):
    """Until the champion's own labels are due, those of the version before it may come."""
    watched = Watched(tmp_path, LOSS, labels_due=due)
    watched.window()
    watched.world.table("v1", "a", 60, score=[0.1] * 200)
    watched.world.table("v1", "a", 20, first=5000, label=[1] * 200)
    verdict, found, message = ready(watched.status())
    assert (verdict, found) == ("Inconclusive", reason)
    assert "200 labels arrived within the window" in message
    assert "0 belong to a prediction" in message


def wide(inputs):
    """A profile and a change of windows: as many inputs, all of them as one."""
    one = next(raw for raw in PROFILE["features"] if raw["name"] == "temp")
    names = [f"x{number:05}" for number in range(inputs)]
    features = [one | {"name": name} for name in names]

    def change(raw):
        counted = next(raw for raw in raw["features"] if raw["name"] == "temp")
        raw["features"] = [counted | {"name": name} for name in names]

    return PROFILE | {"features": features}, change


def test_of_ten_thousand_inputs_it_is_told_that_most_are_not_watched(tmp_path):
    document, change = wide(10_000)
    mean = {"type": "MeanShift", "percent": 50}
    watched = Watched(tmp_path, JS, MISSING, mean | {"feature": "x09999"}, mean | {"feature": "nothing"})
    watched.profile(document)
    watched.window(change=change)
    status = watched.status()
    assert status["evaluation"]["unwatched"] == 10_000 - MOST_FEATURES
    assert ready(status)[:2] == ("Inconclusive", "Inconclusive")
    text = "9500 more inputs are not watched: figures are made of the first 500 inputs of the version's profile"
    assert verdicts(status, "DataDrift")["inputs"] == ("Inconclusive", text)
    assert verdicts(status, "DataQuality")["inputs"] == ("Inconclusive", text)
    assert verdicts(status, "MeanShift")["x09999"][0] == "Inconclusive"
    assert "first 500 inputs" in verdicts(status, "MeanShift")["x09999"][1]


def test_an_input_that_the_profile_does_not_have_is_named(tmp_path):
    watched = Watched(tmp_path, {"type": "MeanShift", "percent": 50, "feature": "nothing"})
    watched.window()
    said = verdicts(watched.status(), "MeanShift")["nothing"]
    assert said == ("Inconclusive", "the version's profile has no such input, or features.exclude leaves it out")


def test_a_champion_of_today_is_not_told_of_windows_of_long_ago(tmp_path):
    """It was champion before, and has come back: its exporters have to write first."""
    watched = Watched(tmp_path, length="10m")
    watched.window(ago=7200)
    _, reason, message = ready(watched.status())
    assert reason == "NotEnoughSamples"
    assert "no exporter has left a window yet" in message
