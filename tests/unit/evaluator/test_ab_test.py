"""An A/B test over a folder as storage: from predictions and labels of all versions to figures and a verdict."""

import json
import shutil
from datetime import timedelta

import numpy as np
import pytest

from leeboard.api.model import Model
from leeboard.api.reward_metric import RewardMetric
from leeboard.evaluator.guards.record import read_record
from leeboard.evaluator.guards.replay import differences
from leeboard.evaluator.labels import Rows, nanoseconds
from leeboard.evaluator.rewards import Earning
from leeboard.kube.resources import MODEL
from leeboard.planning.rollout.arms.ab_analysis import Terms, ab_results
from leeboard.planning.rollout.arms.figures import arm_figures
from leeboard.stats.sampling import id_hashes
from tests.support.trained import flights
from tests.unit.evaluator.test_service import NOW, new_world, served_version

BEGAN = NOW - timedelta(minutes=30)


def text(moment):
    return moment.isoformat().replace("+00:00", "Z")


@pytest.fixture
def world(tmp_path):
    """v2 has shared the callers with v1 for half an hour."""
    world = new_world(tmp_path)
    version = json.loads(json.dumps(world.kube.objects[("ModelVersion", "ml", "v1")]))
    version["metadata"] |= {"name": "v2", "uid": "ModelVersion-v2"}
    world.kube.put(version)
    asked(world, {"type": "Outcome"})
    model(world)["status"]["challengers"] = [challenger("v2", 0, BEGAN)]
    return world


def model(world):
    return world.kube.objects[("Model", "ml", "late-flights")]


def challenger(name, place, since):
    told = {"since": text(since), "comparedSince": text(since), "place": place, "requestedWeight": 33}
    return served_version(name) | {"phase": "Comparing"} | told


def asked(world, metric, **analysis):
    spec = {"minSamples": 100, "guards": [{"type": "ErrorRate", "margin": "0.02"}]} | analysis
    rollout = {"strategy": "ABTest", "abTest": {"metric": metric}, "challengers": {"most": 2}, "analysis": spec}
    model(world)["spec"]["rollout"] = rollout
    model(world)["spec"]["traffic"] = {"mode": "Gateway", "gateway": {"parentRefs": [{"name": "public"}]}}


def answered(world, rates, *, rows=40, first_ago=1700, last_ago=200, label_after=20, seed=5):
    """Every twenty seconds each version predicts for some callers, of whom a share buys something soon after."""
    rng = np.random.default_rng(seed)
    for part, ago in enumerate(range(first_ago, last_ago, -20)):
        for number, (version, rate) in enumerate(rates.items()):
            first = part * 1000 + number * 200
            world.table(version, "a", ago, first=first, score=rng.random(rows).round(3))
            bought = (rng.random(rows) < rate).astype(int)
            if label_after is None:
                world.table(version, "a", ago - 15, first=first, label=[1] * int(bought.sum()))
            else:
                world.table(version, "a", ago - label_after, first=first, label=bought)


def results(world):
    """The evaluation, and what the operator makes of it."""
    evaluation = world.evaluation(MODEL)
    parsed = Model.parse(world.kube.live("Model", "late-flights"))
    test = parsed.spec.rollout.ab_test
    terms = Terms(parsed.spec.rollout.analysis, test, 2)
    return evaluation, ab_results(terms, "v1", arm_figures(evaluation, test), over=False)


def counted(world):
    for ago in range(1700, 100, -100):
        world.window("v1", "a", ago, flights(90, ago))
        world.window("v2", "b", ago, flights(30, ago + 1))


def test_the_version_whose_callers_buy_more_wins(world):
    counted(world)
    answered(world, {"v1": 0.2, "v2": 0.35})
    evaluation, found = results(world)
    arms = evaluation["arms"]
    assert [row["name"] for row in arms["versions"]] == ["v1", "v2"]
    assert arms["versions"][1]["share"] == "0.25"
    assert arms["versions"][1]["requests"] == 16 * 30
    trials = sum(int(text.split()[0]) for text in arms["versions"][1]["rewards"])
    assert trials == 75 * 40
    assert found["v2"].verdict == "Pass", found["v2"].message
    assert [row["name"] for row in arms["versions"][1]["guards"]] == ["ErrorRate"]
    assert "guards" not in arms["versions"][0]


def test_the_worse_one_has_lost_and_one_that_fails_is_aborted(world):
    counted(world)
    answered(world, {"v1": 0.35, "v2": 0.2})
    assert results(world)[1]["v2"].verdict == "Lost"
    for ago in range(1650, 150, -100):
        world.window("v2", "b", ago, flights(30, ago), errors=15)
    assert (results(world)[1]["v2"].verdict, results(world)[1]["v2"].reason) == ("Abort", "ErrorRateTooHigh")


def test_what_was_settled_stays_when_its_files_are_gone(world):
    answered(world, {"v1": 0.2, "v2": 0.35}, last_ago=900)
    before = world.evaluation(MODEL)["arms"]
    answered(world, {"v1": 0.2, "v2": 0.35}, first_ago=890, last_ago=300, seed=6)
    shutil.rmtree(world.root / "observations" / "v1" / "ledger")
    world.now += timedelta(minutes=1)
    after = world.evaluation(MODEL)["arms"]
    for one, other in zip(before["versions"], after["versions"], strict=True):
        assert other["rewards"][: len(one["rewards"])] == one["rewards"]


def test_an_evaluation_that_fails_keeps_what_was_settled(world):
    answered(world, {"v1": 0.2, "v2": 0.35})
    before = world.evaluation(MODEL)["arms"]
    secret = world.kube.objects.pop(("Secret", "ml", "s3"))
    failed = world.evaluation(MODEL)
    assert "error" in failed
    assert failed["arms"] == before
    world.kube.put(secret)
    assert world.evaluation(MODEL)["arms"]["versions"] == before["versions"]


def test_a_challenger_that_comes_later_has_nothing_before(world):
    answered(world, {"v1": 0.2, "v2": 0.3})
    before = world.evaluation(MODEL)["arms"]
    joined = world.now - timedelta(minutes=4)
    model(world)["status"]["challengers"].append(challenger("v3", 1, joined))
    arms = world.evaluation(MODEL)["arms"]
    assert arms["since"] == before["since"]
    assert set(arms["versions"][2]["rewards"]) == {"0 0"}
    # the first challenger goes, and the champion keeps what it has earned beside the one that stays
    world.now += timedelta(minutes=10)
    del model(world)["status"]["challengers"][0]
    later = world.evaluation(MODEL)["arms"]
    assert (later["since"], later["versions"][0]["since"]) == (before["since"], before["since"])
    assert later["versions"][0]["rewards"][: len(before["versions"][0]["rewards"])] == before["versions"][0]["rewards"]


def test_figures_begin_anew_with_another_metric(world):
    answered(world, {"v1": 0.2, "v2": 0.3})
    outcomes = world.evaluation(MODEL)["arms"]["versions"][0]["rewards"]
    asked(world, {"type": "Performance", "metric": "brier"})
    found = world.evaluation(MODEL)["arms"]
    assert found["metric"] == {"type": "Performance", "metric": "brier"}
    assert len(found["versions"][0]["rewards"][-20].split()) == 3
    assert found["versions"][0]["rewards"] != outcomes


def test_callers_of_a_test_are_no_challengers_for_copies(world):
    world.evaluation(MODEL)
    told = json.loads((world.root / "observations" / "v1" / "shadow.json").read_text())
    assert told["challengers"] == []


def test_nothing_is_said_without_a_test(world):
    model(world)["status"]["challengers"][0]["phase"] = "Leaving"
    assert "arms" not in world.evaluation(MODEL)


def record(world, name="v2"):
    return (world.root / f"observations/{name}/rollouts/{BEGAN:%Y%m%dT%H%M%SZ}.json").read_bytes()


def test_the_record_of_a_test_comes_out_again_as_it_was(world):
    counted(world)
    answered(world, {"v1": 0.2, "v2": 0.35})
    arms = world.evaluation(MODEL)["arms"]
    assert arms["versions"][1]["record"].startswith("observations/v2/rollouts/")
    kept = read_record(record(world))
    look = kept.looks[-1]
    assert (kept.candidate, kept.champion, kept.decision, look.verdict) == ("v2", "v1", None, "Pass")
    assert [arm.guarded for arm in look.tested.arms] == ["", "Pass"]
    assert differences(kept) == []


def test_a_record_that_was_changed_does_not(world):
    counted(world)
    answered(world, {"v1": 0.2, "v2": 0.35})
    world.evaluation(MODEL)
    document = json.loads(record(world))
    arm = document["looks"][-1]["tested"]["arms"][1]
    arm["rewards"] = [text.split()[0] + " 0" for text in arm["rewards"]]
    (told, *_) = differences(read_record(json.dumps(document).encode()))
    assert "verdict was Pass, comes out as Lost" in told
    arm["rewards"][0] = "5 6"
    with pytest.raises(ValueError, match="cannot give"):
        differences(read_record(json.dumps(document).encode()))


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ({"quarantined": [{"name": "v2", "reason": "TestLost", "message": "m", "at": text(NOW)}]}, "Lost"),
        ({"quarantined": [{"name": "v2", "reason": "ErrorRateTooHigh", "at": text(NOW)}]}, "Aborted"),
        ({"champion": served_version("v2")}, "Promoted"),
        ({}, "Superseded"),
    ],
)
def test_how_a_test_ended_is_recorded_with_a_page(world, status, outcome):
    counted(world)
    answered(world, {"v1": 0.2, "v2": 0.35})
    world.evaluation(MODEL)
    model(world)["status"] |= {"challengers": [], **status}
    world.now += timedelta(minutes=1)
    world.evaluation(MODEL)
    decision = read_record(record(world)).decision
    assert decision is not None
    assert decision.outcome == outcome
    (page,) = (world.root / "observations/v2/rollouts").glob("*.html")
    html = page.read_text()
    assert "What the versions earned" in html
    assert "better than v1 by" in html


def test_a_winner_that_is_getting_its_pods_is_not_decided_yet(world):
    counted(world)
    answered(world, {"v1": 0.2, "v2": 0.35})
    world.evaluation(MODEL)
    promoting = served_version("v2") | {"phase": "Promoting", "place": 0, "requestedWeight": 50}
    model(world)["status"] |= {"challengers": [], "candidate": promoting}
    world.evaluation(MODEL)
    assert read_record(record(world)).decision is None


def test_each_challenger_has_a_record_of_its_own(world):
    model(world)["status"]["challengers"].append(challenger("v3", 1, BEGAN))
    version = json.loads(json.dumps(world.kube.objects[("ModelVersion", "ml", "v1")]))
    version["metadata"] |= {"name": "v3", "uid": "ModelVersion-v3"}
    world.kube.put(version)
    counted(world)
    answered(world, {"v1": 0.2, "v2": 0.35, "v3": 0.2})
    world.evaluation(MODEL)
    world.now += timedelta(minutes=1)
    world.evaluation(MODEL)
    for name in ("v2", "v3"):
        kept = read_record(record(world, name))
        assert (kept.candidate, len(kept.looks) > 0, differences(kept)) == (name, True, [])


def rows(ids, ago, values):
    times = np.array([nanoseconds(NOW - timedelta(seconds=one)) for one in ago], dtype=np.int64)
    return Rows(id_hashes(np.array(ids, dtype=object)), times, np.array(values, dtype=np.float64))


def earned(metric, ledger, feedback, *, task="BinaryClassification", since=NOW - timedelta(hours=1)):
    earning = Earning(RewardMetric.model_validate(metric), task, timedelta(minutes=5))
    found = earning.trials([ledger], [feedback], since)
    order = np.argsort(found.known)
    ago = [round(NOW.timestamp() - one) for one in found.known[order]]
    return list(zip(ago, found.rewards[order].round(6).tolist(), strict=True))


LEDGER = rows(["a", "b", "c", "old"], [600, 500, 100, 5000], [0.9, 0.2, 0.8, 0.7])


def test_the_first_label_of_a_prediction_counts_when_it_comes():
    feedback = rows(["a", "a", "b", "old", "stranger"], [400, 300, 490, 10, 10], [1, 0, 0, 1, 1])
    assert earned({"type": "Outcome"}, LEDGER, feedback) == [(490, 0.0), (400, 1.0)]


def test_what_has_no_label_in_time_is_zero_where_that_is_asked_for():
    feedback = rows(["a", "b"], [400, 100], [1, 1])
    found = earned({"type": "Outcome", "unlabelled": "Zero"}, LEDGER, feedback)
    assert found == [(300, 1.0), (200, 0.0), (-200, 0.0)]  # known five minutes after they were made


@pytest.mark.parametrize(
    ("metric", "rewards"),
    [
        ("accuracy", [1.0, 0.0]),
        ("error_rate", [0.0, 1.0]),
        ("brier", [0.01, 0.64]),
        ("log_loss", [0.105361, 1.609438]),
    ],
)
def test_how_good_a_prediction_was(metric, rewards):
    feedback = rows(["a", "b"], [400, 300], [1, 1])
    assert [one for _, one in earned({"type": "Performance", "metric": metric}, LEDGER, feedback)] == rewards


@pytest.mark.parametrize(
    ("metric", "rewards"),
    [
        ({"type": "Performance", "metric": "mae", "max": "10"}, [2.0, 10.0]),
        ({"type": "Performance", "metric": "mse", "max": "1000"}, [4.0, 961.0]),
        ({"type": "Outcome", "min": "-1", "max": "20"}, [5.0, -1.0]),
    ],
)
def test_numbers_are_cut_off_at_their_bounds(metric, rewards):
    ledger, feedback = rows(["a", "b"], [600, 500], [3, 1]), rows(["a", "b"], [400, 300], [5, -30])
    assert [one for _, one in earned(metric, ledger, feedback, task="Regression")] == rewards
