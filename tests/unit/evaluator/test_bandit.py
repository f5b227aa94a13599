"""The figures of a bandit: rewards by stretch, the propensities of every prediction, a record that comes out again."""

import json
from datetime import datetime, timedelta

import numpy as np
import pytest

from leeboard.api.bandit import Bandit
from leeboard.api.model_status import Shares
from leeboard.evaluator.guards.record import read_record
from leeboard.evaluator.guards.replay import differences
from leeboard.evaluator.propensities import logged
from leeboard.evaluator.rewards import Trials
from leeboard.kube.resources import MODEL
from leeboard.planning.rollout.arms.logged import Epoch, read_log, worth
from leeboard.planning.rollout.arms.pace import ends
from leeboard.stats.bandit import Rewards
from tests.support.bandit_streams import START
from tests.unit.evaluator.test_ab_test import BEGAN, answered, challenger, counted, model, record, text, world
from tests.unit.evaluator.test_service import NOW

__all__ = ["world"]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def shared(world):
    """v2 shares the requests with v1 for half an hour; after ten minutes it was given more."""
    spec = {"reward": {"type": "Outcome"}, "interval": "1m", "halfLife": "0s"}
    rollout = {"strategy": "Bandit", "bandit": spec, "analysis": {"minSamples": 100}}
    model(world)["spec"]["rollout"] = rollout
    model(world)["spec"]["traffic"] = {"mode": "Gateway", "gateway": {"parentRefs": [{"name": "public"}]}}
    history(world, (BEGAN - MINUTE, 95, None), (BEGAN + 10 * MINUTE + timedelta(seconds=5), 85, 8))
    return world


def history(world, *entries):
    """From when on v1 had so much of the requests, and v2 the rest."""
    model(world)["status"]["shares"] = [
        {"at": text(at), "percent": {"v1": share, "v2": 100 - share}} | ({"stretches": number} if number else {})
        for at, share, number in entries
    ]


def arms(world):
    return world.evaluation(MODEL)["arms"]


def test_rewards_are_summed_by_the_stretches_of_the_bandit(shared):
    answered(shared, {"v1": 0.2, "v2": 0.35})
    found = arms(shared)
    assert found["pace"] == "1m 0s"
    known = ends(Bandit.model_validate(model(shared)["spec"]["rollout"]["bandit"]), 28 * 60)
    assert [len(row["rewards"]) for row in found["versions"]] == [len(known)] * 2
    trials = sum(int(one.split()[0]) for one in found["versions"][0]["rewards"])
    assert (datetime.fromisoformat(found["until"]) - BEGAN).total_seconds() == pytest.approx(known[-1], abs=0.001)
    assert trials == 72 * 40  # of those that were made, and had their label, by then


def test_each_prediction_counts_under_the_shares_by_which_it_was_made(shared):
    answered(shared, {"v1": 0.2, "v2": 0.35})
    log = read_log(arms(shared)["log"])
    assert [one.percent for one in log] == [{"v1": 95, "v2": 5}, {"v1": 85, "v2": 15}]
    # 1700 to 1200 seconds ago, and after the minute that a Gateway may take 1120 to 280 seconds ago
    assert [one.rewards["v2"].trials for one in log] == [26 * 40, 43 * 40]
    assert log[0].rewards["v1"].total / log[0].rewards["v1"].trials == pytest.approx(0.2, abs=0.05)


def test_the_log_grows_by_what_becomes_known_and_counts_nothing_twice(shared):
    answered(shared, {"v1": 0.2, "v2": 0.35})
    whole = arms(shared)["log"]
    model(shared)["status"].pop("evaluation", None)
    shared.now -= 10 * MINUTE
    before = arms(shared)["log"]
    assert before != whole
    shared.now += 10 * MINUTE
    assert arms(shared)["log"] == whole
    assert arms(shared)["log"] == whole


def test_late_labels_count_under_the_shares_of_their_predictions(shared):
    answered(shared, {"v1": 0.2, "v2": 0.35}, first_ago=1700, last_ago=1250, label_after=900)
    log = read_log(arms(shared)["log"])
    assert [one.rewards["v2"].trials if one.rewards else 0 for one in log] == [23 * 40, 0]


def test_a_version_is_worth_what_its_predictions_earned_whatever_its_share(shared):
    answered(shared, {"v1": 0.2, "v2": 0.35})
    worths = {
        row["name"]: {end: float(value) for end, value in row["worth"].items()} for row in arms(shared)["versions"]
    }
    assert worths["v2"]["low"] < worths["v2"]["value"] < worths["v2"]["high"]


def test_figures_begin_anew_with_other_stretches(shared):
    answered(shared, {"v1": 0.2, "v2": 0.35})
    before = arms(shared)
    model(shared)["spec"]["rollout"]["bandit"]["interval"] = "2m"
    after = arms(shared)
    assert after["pace"] == "2m 0s"
    assert len(after["versions"][0]["rewards"]) < len(before["versions"][0]["rewards"])
    assert read_log(after["log"])[0].rewards["v1"].trials == read_log(before["log"])[0].rewards["v1"].trials


def decided(world, *shares):
    """The history of an operator that decided so, a minute after each stretch."""
    began = BEGAN - MINUTE
    history(world, (began, 95, None), *((BEGAN + (number + 3) * MINUTE, share, number) for number, share in shares))


def test_the_record_has_every_decision_and_they_come_out_again(shared):
    counted(shared)
    answered(shared, {"v1": 0.2, "v2": 0.6})
    decided(shared, (6, 85), (7, 75), (8, 65))
    arms(shared)
    kept = read_record(record(shared))
    assert [one.stretches for one in kept.looks[-1].tested.shared] == [None, 6, 7, 8]
    assert differences(kept) == []


def test_a_decision_that_does_not_follow_is_found(shared):
    counted(shared)
    answered(shared, {"v1": 0.2, "v2": 0.6})
    decided(shared, (6, 85), (7, 95), (8, 85))
    arms(shared)
    (told,) = differences(read_record(record(shared)))
    assert "shares were v1 95 %, v2 5 %, come out as v1 75 %, v2 25 %" in told


def test_the_page_tells_what_versions_are_worth(shared):
    counted(shared)
    answered(shared, {"v1": 0.2, "v2": 0.35})
    arms(shared)
    model(shared)["status"] |= {"challengers": []}
    shared.now += MINUTE
    shared.evaluation(MODEL)
    (page,) = (shared.root / "observations/v2/rollouts").glob("*.html")
    html = page.read_text()
    assert "doubly robust" in html
    assert "15 %" in html


def test_a_version_that_left_leaves_decisions_that_can_be_checked(shared):
    model(shared)["status"]["challengers"].append(challenger("v3", 1, BEGAN))
    version = json.loads(json.dumps(shared.kube.objects[("ModelVersion", "ml", "v1")]))
    version["metadata"] |= {"name": "v3", "uid": "ModelVersion-v3"}
    shared.kube.put(version)
    counted(shared)
    answered(shared, {"v1": 0.2, "v2": 0.6, "v3": 0.1})
    first = {"at": text(BEGAN - MINUTE), "percent": {"v1": 90, "v2": 5, "v3": 5}}
    second = {"at": text(BEGAN + 9 * MINUTE), "percent": {"v1": 80, "v2": 15, "v3": 5}, "stretches": 6}
    model(shared)["status"]["shares"] = [first, second]
    arms(shared)
    model(shared)["status"]["challengers"].pop()
    gone = {"at": text(shared.now), "percent": {"v1": 85, "v2": 15}}
    model(shared)["status"]["shares"] = [first, second, gone]
    shared.now += 5 * MINUTE
    arms(shared)
    kept = read_record(record(shared))
    assert len(kept.looks) == 2
    assert differences(kept) == []


def test_a_record_of_impossible_shares_is_refused(shared):
    counted(shared)
    answered(shared, {"v1": 0.2, "v2": 0.35})
    arms(shared)
    document = json.loads(record(shared))
    document["looks"][-1]["tested"]["shared"][0]["percent"]["v1"] = 101
    with pytest.raises(ValueError, match="shared"):
        read_record(json.dumps(document).encode())


def at(minutes):
    return START + minutes * MINUTE


def trials(*rows):
    """When each was made, in minutes, and what it earned; all are known at once."""
    made = np.array([at(minutes).timestamp() for minutes, _ in rows])
    return Trials(np.array([float(earned) for _, earned in rows]), made, made)


SHARES = (
    Shares(at=at(0), percent={"v1": 100}),
    Shares(at=at(10), percent={"v1": 90, "v2": 10}),
    Shares(at=at(20), percent={"v1": 50, "v2": 50}, stretches=3),
)


def test_what_was_made_within_a_minute_of_a_change_or_by_nobodys_share_is_left_out():
    found = {"v1": trials((5, 1), (11, 1), (15, 0), (20, 1), (20.9, 1), (21, 1)), "v2": trials((5, 1), (12, 1))}
    log = logged(SHARES, at(10), "v1", None, found)
    assert [one.at for one in log] == [at(10), at(20)]
    assert log[0].rewards == {"v1": (2, 1, 1), "v2": (1, 1, 1)}
    assert log[1].rewards == {"v1": (1, 1, 1)}
    again = logged(SHARES, at(10), "v1", [one.dump() for one in log], {"v1": trials((25, 1))})
    assert again[1].rewards["v1"] == (2, 2, 2)
    assert again[0] == log[0]
    assert logged((), at(0), "v1", None, found) == ()


@pytest.mark.parametrize(
    "row", [{}, {"at": "x", "percent": {}, "rewards": {}}, {"at": text(NOW), "percent": {"v1": 101}, "rewards": {}}, 7]
)
def test_rows_of_a_log_that_make_no_sense_are_none(row):
    assert read_log([row]) == ()
    assert read_log(None) == ()


def test_estimates_are_right_though_the_shares_followed_the_luck():
    """Bandits whose shares follow what was earned: the raw means are biased, the weighted ones are not."""
    generator, raw, weighted = np.random.default_rng(4), [], []
    for _ in range(1500):
        share, log = 50, []
        for _ in range(6):
            counts = generator.multinomial(30, [1 - share / 100, share / 100])
            earned = [float(generator.binomial(count, 0.3)) for count in counts]
            rewards = {
                name: Rewards(float(count), won, won)
                for name, count, won in zip(("v1", "v2"), counts, earned, strict=True)
            }
            log.append(Epoch(START, {"v1": 100 - share, "v2": share}, rewards))
            means = [won / count if count else 0.0 for won, count in zip(earned, counts, strict=True)]
            share = 90 if means[1] > means[0] else 10
        sums = [sum(one.rewards["v2"].total for one in log), sum(one.rewards["v2"].trials for one in log)]
        raw.append(sums[0] / sums[1])
        found = worth(log, "v2")
        assert found is not None
        weighted.append(found.value)
    error = np.std(weighted) / np.sqrt(len(weighted))
    assert abs(np.mean(weighted) - 0.3) < 3 * error
    assert np.mean(raw) < 0.3 - 3 * np.std(raw) / np.sqrt(len(raw))


def test_nothing_is_known_of_a_version_that_had_no_share():
    assert worth([Epoch(START, {"v1": 100}, {"v1": Rewards(10, 5, 5)})], "v2") is None
    log = [
        Epoch(START, {"v1": 100}, {"v1": Rewards(9, 9, 9)}),
        Epoch(START, {"v1": 50, "v2": 50}, {"v2": Rewards(10, 5, 5)}),
    ]
    found = worth(log, "v2", "SelfNormalised")
    assert found is not None and found.value == 0.5
