"""The evaluator over a folder as storage and an API server in memory: from files of the exporters to status."""

import asyncio
import base64
import gzip
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.reasons import Reason
from leeboard.evaluator.columns import as_served, inputs_of, values_of
from leeboard.evaluator.configuration import Configuration
from leeboard.evaluator.failures import EvaluationError
from leeboard.evaluator.metrics import EvaluatorMetrics
from leeboard.evaluator.places import Places
from leeboard.evaluator.profile import make_profile
from leeboard.evaluator.retention.job import Moments
from leeboard.evaluator.rounds import Rounds
from leeboard.evaluator.service import Health, repeat, serve
from leeboard.kube.errors import Unreachable
from leeboard.kube.resources import DRIFT_MONITOR, MODEL
from leeboard.planning.drift.verdict import judge
from leeboard.planning.rollout.guards.analysis import is_about
from leeboard.planning.rollout.guards.counts import counts_of
from leeboard.stats.distributions import count_values, from_profile
from leeboard.storage import StorageError
from leeboard.storage.digests import digest_of
from tests.support.fake_kube import FakeKube
from tests.support.trained import flights

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
LATENCY_EDGES = [0.001, 0.002, 0.005, 0.01]
REFERENCE = flights(6000, 1)
INPUTS = inputs_of(REFERENCE)


def chance(frame):
    """What stands for a model's score: a good guess of the label."""
    signal = (frame["distance"] - 1300) / 600 - (frame["temp"] - 5) / 5 + np.where(frame["carrier"] == "B6", 1, -0.5)
    return (1 / (1 + np.exp(-signal))).to_numpy()


class StatusKube(FakeKube):
    """Keeps what is applied to the status subresource, as the evaluator's own field."""

    async def apply_status(self, obj, *, field_manager=None):
        address = (obj["kind"], obj["metadata"]["namespace"], obj["metadata"]["name"])
        self.before("apply_status", address[0], address[2])
        self._present(address).setdefault("status", {}).update(json.loads(json.dumps(obj["status"])))
        return self.objects[address]


@dataclass
class World:
    kube: StatusKube
    root: object
    now: datetime
    rounds: Rounds

    def put(self, path, data):
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)

    def window(self, version, pod, ago, frame, *, errors=0, slow=0, dropped=0):
        """A window of ten seconds that ended `ago` seconds before now."""
        end = self.now - timedelta(seconds=ago)
        start = end - timedelta(seconds=10)
        served = as_served(frame, INPUTS)
        raw = {
            "contract": 1, "model": "late-flights", "version": version, "pod": pod,
            "start": start.isoformat().replace("+00:00", "Z"), "end": end.isoformat().replace("+00:00", "Z"),
            "requests": len(frame), "errors": errors, "rows": len(frame), "dropped": dropped,
            "latency": {"edges": LATENCY_EDGES, "counts": [0, len(frame) - slow, 0, slow, 0]},
            "features": [counted(one.name, values_of(served, one)) for one in INPUTS],
            "prediction": counted("probability", chance(frame)),
        }  # fmt: skip
        name = f"{int(start.timestamp() * 1000)}-{int(end.timestamp() * 1000)}"
        self.put(f"observations/{version}/windows/{pod}/{name}.json.gz", gzip.compress(json.dumps(raw).encode()))

    def table(self, version, pod, ago, *, first=0, **columns):
        end = self.now - timedelta(seconds=ago)
        at = (end - timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
        ((column, values),) = columns.items()
        kind = "ledger" if column == "score" else "feedback"
        lines = [f"id,time,{column}", *(f"r{first + n},{at},{value}" for n, value in enumerate(values))]
        name = f"{int(end.timestamp() * 1000) - 10_000}-{int(end.timestamp() * 1000)}"
        self.put(f"observations/{version}/{kind}/{pod}/{name}.csv.gz", gzip.compress("\n".join(lines).encode()))

    def evaluation(self, resource):
        asyncio.run(self.rounds.run())
        return self.kube.live(resource.kind, "late-flights")["status"].get("evaluation")


def profile_document():
    return make_profile(as_served(REFERENCE, INPUTS), INPUTS, chance(REFERENCE), "probability")


PROFILE = profile_document()
BINS = {raw["name"]: from_profile(raw).bins for raw in (*PROFILE["features"], PROFILE["prediction"])}


def counted(name, values):
    found = count_values(name, BINS[name], values)
    return {
        "name": name, "counts": found.counts.tolist(), "missing": found.missing, "infinite": found.infinite,
        "count": found.count, "sum": found.total, "sumOfSquares": found.total_of_squares,
    }  # fmt: skip


def served_version(name):
    return {"name": name, "since": "2026-01-01T00:00:00Z", "images": {"server": "s"}}


def obj(kind, spec, status, name="late-flights"):
    metadata = {"name": name, "namespace": "ml", "uid": f"{kind}-{name}", "generation": 1}
    return {"apiVersion": "leeboard.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec, "status": status}


@pytest.fixture
def world(tmp_path):
    return new_world(tmp_path)


def new_world(root):
    """A Model whose champion has a profile, a DriftMonitor of it, and the Secret of its storage."""
    kube = StatusKube()
    uri = f"file://{root}/"
    data = json.dumps(PROFILE).encode()
    (root / "profile.json").write_bytes(data)
    model = {
        "prediction": {"task": "BinaryClassification", "scoreOutput": "probability", "positiveClass": "1"},
        "storage": {"uri": uri, "secretRef": {"name": "s3"}},
    }
    kube.put(obj("Model", model, {"champion": served_version("v1")}))
    version = {
        "modelRef": {"name": "late-flights"},
        "source": {"import": {"reason": "test"}},
        "artifact": {"uri": uri, "digest": digest_of(b""), "format": "sklearn-skops", "bytes": 1},
        "profile": {"uri": f"{uri}profile.json", "digest": digest_of(data)},
        "metrics": [{"name": "log_loss", "value": "0.5", "low": "0.48", "high": "0.52"}],
    }
    kube.put(obj("ModelVersion", version, {}, "v1"))
    monitor = {
        "modelRef": {"name": "late-flights"},
        "window": {"length": "80s", "every": "5s", "minSamples": 100},
        "features": {"exclude": ["distance"]},
        "checks": [{"type": "Performance", "metric": "log_loss", "maxDrop": "0.05"}],
    }
    kube.put(obj("DriftMonitor", monitor, {}))
    keys = {"AWS_ACCESS_KEY_ID": base64.b64encode(b"me").decode(), "unrelated": base64.b64encode(b"\xff").decode()}
    kube.put({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s3", "namespace": "ml"}, "data": keys})
    return world_of(kube, root)


def world_of(kube, root, environment=None):
    metrics = EvaluatorMetrics(CollectorRegistry())
    configuration = Configuration.of(environment or {})
    world = World(kube, root, NOW, None)
    places = Places(kube, configuration, metrics.file)
    world.rounds = Rounds(kube, places, metrics, configuration.namespaces, lambda: world.now)
    return world


def test_a_window_like_the_reference_is_near_and_one_from_summer_is_far(world):
    for ago in (5, 25, 45):
        world.window("v1", "a", ago, flights(400, ago))
        world.window("v1", "b", ago, flights(400, 100 + ago))
    calm = world.evaluation(DRIFT_MONITOR)
    assert (calm["version"], calm["requests"], calm["rows"]) == ("v1", 2400, 2400)
    assert calm["window"] == {"start": "2026-01-01T11:58:40.000Z", "end": "2026-01-01T12:00:00.000Z"}
    assert {row["name"] for row in calm["features"]} == {"temp", "wind", "carrier"}
    assert all(float(distance["low"]) < 0.03 for row in calm["features"] for distance in row["distances"])

    world.now += timedelta(minutes=10)
    world.window("v1", "a", 5, flights(2000, 9, warmer=20))
    summer = world.evaluation(DRIFT_MONITOR)
    assert summer["rows"] == 2000
    moved = summer["features"][0]
    assert moved["name"] == "temp"
    assert moved["shift"].startswith("mean 4.9")
    distances = {one["name"]: one for one in moved["distances"]}
    assert float(distances["JensenShannon"]["low"]) > 0.6
    assert float(moved["mean"]) - float(moved["referenceMean"]) == pytest.approx(20, abs=1)
    assert float(summer["prediction"]["distances"][0]["low"]) > 0.1


def test_labels_are_counted_as_they_arrive_and_as_they_belong_to_predictions(world):
    assert world.evaluation(DRIFT_MONITOR)["labels"].items() >= {"arrived": 0, "rows": 0}.items()
    world.table("v1", "a", 60, score=[0.1, 0.2])
    world.table("v1", "a", 20, first=1, label=[1, 0, 1])
    world.now += timedelta(seconds=6)
    labels = world.evaluation(DRIFT_MONITOR)["labels"]
    assert labels.items() >= {"arrived": 3, "rows": 1, "newest": "2026-01-01T11:59:39.000Z"}.items()


def test_requests_that_no_window_holds_are_known_and_withhold_the_verdict(world):
    """What the servers could not tell of may be what drifted."""
    world.window("v1", "a", 5, flights(800, 3), dropped=50)
    assert world.evaluation(DRIFT_MONITOR)["served"] == 850
    world.window("v1", "b", 5, flights(100, 4), dropped=100)
    world.now += timedelta(seconds=10)
    evaluation = world.evaluation(DRIFT_MONITOR)
    assert (evaluation["requests"], evaluation["served"]) == (900, 1050)
    monitor = world.kube.live(DRIFT_MONITOR.kind, "late-flights")
    verdict = judge(DriftMonitor.parse(monitor), "v1", world.now)
    assert (verdict.verdict, verdict.reason) == ("Inconclusive", "ObservationsMissing")
    assert verdict.message.startswith("the windows hold 900 of 1050 requests that were served")


def test_the_figures_of_the_whole_are_those_of_the_parts_together(world):
    whole = flights(900, 3)
    world.window("v1", "a", 5, whole[:300])
    world.window("v1", "b", 5, whole[300:])
    parts = world.evaluation(DRIFT_MONITOR)
    for path in (world.root / "observations").rglob("*.gz"):
        path.unlink()
    world.window("v1", "c", 5, whole)
    world.now += timedelta(seconds=5)
    assert world.evaluation(DRIFT_MONITOR)["features"] == parts["features"]


def test_labels_are_joined_by_id_wherever_and_whenever_they_landed(world):
    frame = flights(1000, 4)
    world.window("v1", "a", 5, frame)
    scores, labels = chance(frame), frame["label"].tolist()
    world.table("v1", "a", 3600, score=scores[:500])
    world.table("v1", "b", 3000, first=500, score=scores[500:])
    world.table("v1", "b", 500, first=800, label=labels[800:])  # before the window
    world.table("v1", "b", 20, label=labels[:300])
    world.table("v0", "c", 20, first=300, label=labels[300:500])
    world.kube.objects[("Model", "ml", "late-flights")]["status"]["draining"] = served_version("v0")
    evaluation = world.evaluation(DRIFT_MONITOR)
    assert evaluation["labels"]["rows"] == 500
    assert evaluation["labels"]["delaySeconds"] == {"p50": "3580", "p95": "3580"}
    figures = {row["name"]: row for row in evaluation["performance"]}
    assert set(figures) == {"log_loss", "roc_auc", "brier", "accuracy"}
    assert figures["log_loss"]["rows"] == 500
    assert figures["log_loss"]["reference"] == "0.5"
    assert "reference" not in figures["roc_auc"]
    expected = -np.mean(np.log(np.where(np.array(labels[:500]) == 1, scores[:500], 1 - scores[:500])))
    assert float(figures["log_loss"]["value"]) == pytest.approx(expected, rel=1e-4)
    assert float(figures["log_loss"]["low"]) < expected < float(figures["log_loss"]["high"])


@pytest.mark.parametrize(
    ("delay", "days", "rows"),
    [("1d", 6.9, 300), ("1d", 7.5, 0), ("5d", 14.9, 300), ("5d", 15.5, 0), ("30d", 89, 300)],
)
def test_labels_are_joined_however_late_up_to_three_times_their_usual_delay(world, delay, days, rows):
    world.kube.objects[("Model", "ml", "late-flights")]["spec"]["prediction"]["labelDelay"] = delay
    frame = flights(300, 4)
    world.table("v1", "a", days * 86_400, score=chance(frame))
    world.table("v1", "a", 20, label=frame["label"].tolist())
    assert world.evaluation(DRIFT_MONITOR)["labels"].items() >= {"arrived": 300, "rows": rows}.items()


def test_a_repeated_label_counts_once_and_the_last_one_counts(world):
    world.table("v1", "a", 60, score=[0.9, 0.8, 0.3, 0.2])
    world.table("v1", "a", 50, label=[0, 1, 0, 0])
    world.table("v1", "b", 20, label=[1])
    accuracy = next(r for r in world.evaluation(DRIFT_MONITOR)["performance"] if r["name"] == "accuracy")
    assert (accuracy["value"], accuracy["rows"]) == ("1", 4)


def test_candidate_and_champion_are_compared_from_the_same_moment(world):
    status = world.kube.objects[("Model", "ml", "late-flights")]["status"]
    status["candidate"] = served_version("v2") | {"since": "2026-01-01T11:59:00Z", "phase": "Canary"}
    world.window("v1", "a", 100, flights(500, 1), errors=500)  # before the rollout
    world.window("v1", "a", 30, flights(1500, 1), errors=3, slow=2)
    world.window("v2", "b", 30, flights(600, 1), errors=120)
    evaluation = world.evaluation(MODEL)
    assert (evaluation["candidate"], evaluation["champion"]) == ("v2", "v1")
    assert evaluation["since"] == "2026-01-01T11:59:00.000Z"
    assert [(row["name"], row["requests"], row["errors"]) for row in evaluation["versions"]] == [
        ("v2", 600, 120), ("v1", 1500, 3)
    ]  # fmt: skip
    assert float(evaluation["errorRateDifference"]["low"]) > 0.1
    latency = evaluation["versions"][1]["latencyP99"]
    assert (latency["low"], latency["high"]) == ("1", "2")
    assert "latencyP99" not in evaluation["versions"][0]  # too few requests to know
    assert is_about(evaluation, "v2", "v1", NOW)
    assert counts_of(evaluation, "v1").latency_high == 2


def test_without_a_rollout_the_last_minutes_of_the_champion_are_shown(world):
    world.window("v1", "a", 3600, flights(50, 1))
    world.window("v1", "a", 30, flights(70, 1))
    evaluation = world.evaluation(MODEL)
    assert (evaluation["candidate"], evaluation["versions"]) == ("", [{"name": "v1", "requests": 70, "errors": 0}])
    assert "errorRateDifference" not in evaluation


def test_a_monitor_is_evaluated_when_its_time_has_come(world):
    first = world.evaluation(DRIFT_MONITOR)["observedAt"]
    world.now += timedelta(seconds=4)
    assert world.evaluation(DRIFT_MONITOR)["observedAt"] == first
    world.now += timedelta(seconds=1)
    assert world.evaluation(DRIFT_MONITOR)["observedAt"] == "2026-01-01T12:00:05.000Z"


def test_no_traffic_is_zero_rows_and_no_error(world):
    evaluation = world.evaluation(DRIFT_MONITOR)
    assert (evaluation["rows"], evaluation["performance"]) == (0, [])
    assert [row["distances"] for row in evaluation["features"]] == [[], [], []]
    assert "error" not in evaluation


def test_files_that_are_none_are_counted_and_left_out_once(world):
    world.window("v1", "a", 5, flights(200, 1))
    stamp = int(NOW.timestamp() * 1000)
    world.put(f"observations/v1/windows/b/{stamp - 2000}-{stamp - 1000}.json.gz", b"rubbish")
    world.put(f"observations/v1/windows/b/{stamp - 3000}-{stamp - 1000}.json.gz", gzip.compress(b'{"contract":1}'))
    world.put(f"observations/v1/windows/b/{stamp - 4000}-{stamp - 1000}.json.gz", gzip.compress(b"[" * 9000))
    world.put(f"observations/v1/feedback/b/{stamp - 4000}-{stamp - 1000}.csv.gz", gzip.compress(b"id,when\n1,2\n"))
    assert world.evaluation(DRIFT_MONITOR)["rows"] == 200
    world.now += timedelta(seconds=5)
    world.evaluation(DRIFT_MONITOR)
    sample = world.rounds.metrics.registry.get_sample_value
    assert sample("leeboard_observation_files_total", {"outcome": "unreadable"}) == 4
    assert sample("leeboard_observation_files_total", {"outcome": "read"}) == 1


def test_a_window_on_other_bins_is_left_out_and_told_of(world):
    world.window("v1", "a", 5, flights(200, 1))
    path = next(world.root.rglob("*.json.gz"))
    raw = json.loads(gzip.decompress(path.read_bytes()))
    raw["features"][1]["counts"] = [1, 2, 3]
    path.write_bytes(gzip.compress(json.dumps(raw).encode()))
    evaluation = world.evaluation(DRIFT_MONITOR)
    assert (evaluation["rows"], evaluation["unreadable"]) == (0, 1)


def drop_secret(world):
    del world.kube.objects[("Secret", "ml", "s3")]


def spoil_secret(world):
    world.kube.objects[("Secret", "ml", "s3")]["data"]["AWS_REGION"] = "not base64!"


def flip_profile(world):
    (world.root / "profile.json").write_bytes(b"{}")


def other_storage(world):
    world.kube.objects[("Model", "ml", "late-flights")]["spec"]["storage"]["uri"] = "gopher://x/"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (drop_secret, "ConfigMissing"),
        (spoil_secret, "BadConfiguration"),
        (flip_profile, "DigestMismatch"),
        (other_storage, "StorageNotFound"),
    ],
)
def test_what_fails_is_a_typed_reason_in_the_figures_and_said_once(world, caplog, change, reason):
    change(world)
    for _ in range(3):
        assert world.evaluation(DRIFT_MONITOR)["error"]["reason"] == reason
    said = [record for record in caplog.records if "DriftMonitor ml/late-flights" in record.getMessage()]
    assert len(said) == 1


def test_a_fault_in_one_evaluation_is_shown_and_leaves_the_others(world, monkeypatch):
    def fault(*_):
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("leeboard.evaluator.model_look.model_figures", fault)
    assert world.evaluation(MODEL)["error"] == {"reason": "EvaluationFailed", "message": "ZeroDivisionError"}
    assert "error" not in world.kube.live("DriftMonitor", "late-flights")["status"]["evaluation"]


def test_one_broken_object_does_not_keep_the_others_from_their_figures(world):
    world.kube.put(obj("Model", {"prediction": {}}, {}, "broken"))
    other = json.loads(json.dumps(world.kube.live("Model", "late-flights")))
    other["metadata"] |= {"name": "other", "uid": "other"}
    other["spec"]["storage"]["secretRef"]["name"] = "absent"
    world.kube.put(other)
    assert "error" not in world.evaluation(MODEL)
    assert world.kube.live("Model", "other")["status"]["evaluation"]["error"]["reason"] == "ConfigMissing"


def test_storage_outside_the_allowed_prefixes_is_not_read(world):
    world.window("v1", "a", 5, flights(50, 1))
    allowed = {"LEEBOARD_ALLOWED_PREFIXES": f"s3://observations/{{namespace}}/,file://{world.root}/"}
    assert "error" not in world_of(world.kube, world.root, allowed).evaluation(MODEL)
    refused = world_of(world.kube, world.root, {"LEEBOARD_ALLOWED_PREFIXES": "s3://observations/{namespace}/"})
    assert refused.evaluation(MODEL)["error"]["reason"] == "StorageForbidden"


def test_only_the_namespaces_that_are_looked_after(world):
    elsewhere = world_of(world.kube, world.root, {"LEEBOARD_NAMESPACES": "other"})
    assert elsewhere.evaluation(MODEL) is None


def test_prefixes_and_intervals():
    configuration = Configuration.of({"LEEBOARD_ALLOWED_PREFIXES": "s3://m/{namespace}/", "LEEBOARD_NAMESPACES": "a,b"})
    assert configuration.namespaces == ("a", "b")
    assert configuration.allows("s3://m/ml/x/", "ml")
    assert not configuration.allows("s3://m/other/x/", "ml")
    assert not configuration.allows("s3://m/ml/../other/", "ml")
    assert Configuration.of({"LEEBOARD_EVALUATOR_INTERVAL": "3"}).interval == timedelta(seconds=3)
    assert Configuration.of({"LEEBOARD_EVALUATOR_INTERVAL": "3s"}).interval == timedelta(seconds=3)
    for wrong in (
        {"LEEBOARD_EVALUATOR_INTERVAL": "0s"},
        {"LEEBOARD_EVALUATOR_INTERVAL": "x"},
        {"LEEBOARD_PROBE_PORT": "x"},
        {"LEEBOARD_LOG_FORMAT": "xml"},
        {"LEEBOARD_LOG_LEVEL": "loud"},
    ):
        with pytest.raises(EvaluationError):
            Configuration.of(wrong)


def test_every_round_shows_all_monitors_to_who_tells_of_them(world):
    world.kube.put(obj("DriftMonitor", {**world.kube.live("DriftMonitor", "late-flights")["spec"]}, {}, "other"))
    shown = []
    world.rounds.notify = lambda monitors: shown.append([one.metadata.name for one in monitors])
    world.evaluation(DRIFT_MONITOR)
    world.evaluation(DRIFT_MONITOR)
    assert shown == [["late-flights", "other"]] * 2


async def test_rounds_go_on_when_the_api_server_does_not_answer_for_a_while(world):
    stop, failed = asyncio.Event(), []

    def sometimes(verb, kind, name):
        if verb == "list" and not failed:
            failed.append(kind)
            raise Unreachable("no answer")
        if verb == "apply_status" and kind == "Model":
            stop.set()

    world.kube.before = sometimes
    health = Health(1.0)
    await asyncio.wait_for(repeat(world.rounds, world.rounds.metrics, health, 0.1, stop, moments=Moments()), 30)
    assert failed == ["Model"]
    assert "observedAt" in world.kube.live("Model", "late-flights")["status"]["evaluation"]
    assert health.live()


async def test_health_and_metrics_are_served(world, unused_tcp_port):
    import aiohttp

    server = await serve(Health(1.0), world.rounds.metrics, unused_tcp_port)
    try:
        async with aiohttp.ClientSession() as session:
            answer = await session.get(f"http://127.0.0.1:{unused_tcp_port}/healthz")
            assert answer.status == 200
            page = await session.get(f"http://127.0.0.1:{unused_tcp_port}/metrics")
            assert "leeboard_evaluation_round_seconds" in await page.text()
    finally:
        await server.cleanup()


def open_episode(world):
    monitor = world.kube.live("DriftMonitor", "late-flights")
    episode = {"id": "abc", "version": "v1", "startedAt": "2026-01-01T11:00:00Z"}
    monitor["status"]["episode"] = episode
    world.kube.put(monitor)


def test_a_report_lies_beside_the_windows_and_that_of_an_episode_stays(world):
    world.window("v1", "a", 5, flights(300, 1))
    assert world.evaluation(DRIFT_MONITOR)["report"] == "observations/v1/reports/late-flights/newest.html"
    newest = (world.root / "observations/v1/reports/late-flights/newest.html").read_text(encoding="utf-8")
    assert newest.startswith("<!DOCTYPE html>")
    assert "ml/late-flights" in newest
    open_episode(world)
    world.now += timedelta(minutes=1)
    assert world.evaluation(DRIFT_MONITOR)["report"].endswith("/abc.html")


@pytest.mark.parametrize("fault", [StorageError(Reason.STORAGE_FORBIDDEN, "403"), ZeroDivisionError("ours")])
def test_figures_count_where_no_report_can_be_made_and_that_is_told(world, caplog, monkeypatch, fault):
    def broken(*_, **__):
        raise fault

    world.window("v1", "a", 5, flights(300, 1))
    monkeypatch.setattr("leeboard.evaluator.rounds.report_page", broken)
    found = world.evaluation(DRIFT_MONITOR)
    assert (found["rows"], "report" in found, "error" in found) == (300, False, False)
    assert [one for one in caplog.records if "report of ml/late-flights" in one.getMessage()]


def test_every_evaluation_is_repeated_where_nothing_drifts_and_a_fault_there_costs_no_figures(world, monkeypatch):
    value = world.rounds.metrics.registry.get_sample_value
    world.window("v1", "a", 5, flights(400, 3))
    assert world.evaluation(DRIFT_MONITOR)["rows"] == 400
    assert value("leeboard_drift_placebo_evaluations_total") == 1
    assert value("leeboard_drift_placebo_alarms_total") == 0
    world.now += timedelta(seconds=10)
    monkeypatch.setattr("leeboard.evaluator.rounds.placebo", lambda *_, **__: 1 / 0)
    assert world.evaluation(DRIFT_MONITOR)["rows"] == 400
    assert value("leeboard_drift_placebo_evaluations_total") == 1
    assert value("leeboard_evaluation_errors_total", {"kind": "DriftMonitor", "reason": "EvaluationFailed"}) == 1
