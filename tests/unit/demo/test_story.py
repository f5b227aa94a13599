"""The demo's story on its own data, without a cluster: every gate and every verdict comes as the steps expect it."""

import pytest

from e2e.demo import flights as data
from e2e.demo.study.demo import Demo
from e2e.demo.study.windows import Scored, monitor_spec
from leeboard.models import ModelError
from leeboard.stats.performance import compare

pytestmark = pytest.mark.xdist_group("demo-story")  # what is trained for it takes a minute: once

LEAST_ROWS = monitor_spec()["window"]["minSamples"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return Demo(tmp_path_factory.mktemp("study"))


def test_every_candidate_passes_the_gates_but_the_one_on_shuffled_labels(demo):
    table = demo.gates().reset_index()
    refused = table[table["verdict"] == "refused"]
    assert set(refused["candidate"]) == {"shuffled labels"}
    assert len(refused) == 2
    assert set(table["candidate"]) == {"first", "smaller trees", "gradient boosting", "retrained", "shuffled labels"}


def test_the_second_commit_is_an_improvement(demo):
    first, second = (Scored(one, demo.winter) for one in (demo.first, demo.second))
    assert compare("roc_auc", first.truth, second.scores, first.scores).low > 0.02
    assert compare("log_loss", first.truth, second.scores, first.scores).high < -0.02


def test_an_outage_is_answered_by_the_champion_and_not_by_the_third(demo):
    struck = data.outage(data.replay(demo.flights, data.ROLLOUT_TRAFFIC).head(500), 0.2, seed=1)
    assert len(demo.second.scores(struck)) == 500
    with pytest.raises(ModelError, match="cannot score: ValueError"):
        demo.third.scores(struck)


def test_the_winter_replay_stays_stable_and_the_summer_drifts(demo):
    looks = demo.traffic()
    enough = [look for look in looks if look.rows >= LEAST_ROWS]
    assert {look.verdict for look in enough if look.segment != "summer replay"} == {"Stable"}
    last = looks[-1]
    assert (last.segment, last.verdict) == ("summer replay", "Drift")
    assert last.drifted == ("DataDrift temp", "Performance log_loss")
    begins = min(look.second for look in looks if look.segment == "summer replay")
    found = min(look.second for look in looks if "Performance log_loss" in look.drifted)
    assert 20 <= found - begins <= 60


def test_the_retrained_version_is_better_on_what_nobody_had_seen_and_stays_stable(demo):
    for period in (data.AFTERWARDS, data.AUGUST):
        old, new = (demo.every(one, period) for one in (demo.second, demo.retrained))
        assert compare("roc_auc", old.truth, new.scores, old.scores).low > 0.03
        assert compare("log_loss", old.truth, new.scores, old.scores).high < -0.01
    verdicts = [look.verdict for look in demo.later_traffic() if look.rows >= LEAST_ROWS]
    assert verdicts and set(verdicts) == {"Stable"}
