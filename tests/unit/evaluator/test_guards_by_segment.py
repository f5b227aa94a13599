"""Guards within segments, and guards on figures of Prometheus: the candidate that is worse in one part alone."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from leeboard.api.guard import Guard
from leeboard.api.model import Model
from leeboard.evaluator.guards.evidence import Rates, Share
from leeboard.evaluator.guards.figures import row_of
from leeboard.evaluator.guards.inputs import furthest, inputs
from leeboard.evaluator.guards.labelled import labelled_predictions
from leeboard.evaluator.guards.look import Look, Side
from leeboard.evaluator.guards.predictions import predictions
from leeboard.evaluator.guards.queries import asked
from leeboard.evaluator.kpis import KpiError, Kpis, numbers_of
from leeboard.evaluator.labels import Rows
from leeboard.planning.rollout.guards.figures import guard_figures
from leeboard.planning.rollout.guards.rule import judge
from leeboard.stats.asymptotic_means import LEAST, asymptotic_mean
from leeboard.stats.sampling import id_hashes
from tests.support.examples import example
from tests.unit.evaluator.test_segment_figures import NOW, PROFILE, table, window

SINCE = NOW - timedelta(hours=2)
ALPHA = 0.05


def model(**spec):
    document = example("model")
    document["spec"] |= spec
    return Model.parse(document)


class Stored:
    """Observations that are given: logged rows of each version, and labels."""

    def __init__(self, frames, labels):
        self.frames, self.labels = frames, labels

    def requests(self, version, since):
        return self.frames[version]

    def ledger(self, version, since):
        frame = self.frames[version]
        return [Rows(id_hashes(frame["id"].to_numpy(dtype=object)), times(frame), frame["score"].to_numpy())]

    def feedback(self, versions, since):
        return [self.labels]


def times(frame):
    return frame["time"].dt.as_unit("ns").astype("int64").to_numpy()


def look(candidate, champion, stored=None):
    sides = [Side(name, [window(rows)], lambda: PROFILE) for name, rows in (("v2", candidate), ("v1", champion))]
    return Look(model(), *sides, stored, SINCE, NOW)


def judged(guard, found):
    rows = guard_figures({"guards": [row_of(one, 0.1) for one in found]})
    return {one.name: judge(guard, one, ALPHA).verdict for one in rows}


def test_an_input_that_is_missing_from_one_segment_alone():
    quality = Guard(type="DataQuality", margin="0.1", by="carrier")
    broken = table(20_000, 2)
    broken.loc[broken["carrier"] == "C3", "x01"] = np.nan
    found = judged(quality, inputs(look(broken, table(20_000, 3)), quality, ALPHA))
    assert found.pop("DataQuality carrier=C3") == "Abort"
    assert found.pop("DataQuality") in ("Pass", "Continue")
    assert set(found.values()) == {"Idle"}
    assert len(found) == 9


def test_segments_that_a_version_has_not_are_told_of():
    quality = Guard(type="DataQuality", margin="0.1", by="airport")
    rows = [row_of(one, 0.1) for one in inputs(look(table(500, 2), table(500, 3)), quality, ALPHA)]
    assert "no segments by airport" in rows[1]["message"]
    assert float(rows[0]["alpha"]) == ALPHA / 2


def logged(name, seed, turned):
    generator = np.random.default_rng(seed)
    rows = 8000
    frame = pd.DataFrame({"carrier": pd.Categorical(generator.choice(["C1", "C2"], rows))})
    frame["id"] = [f"{name}-{number}" for number in range(rows)]
    seconds = np.sort(generator.uniform(0, 3600, rows))
    frame["time"] = pd.to_datetime(SINCE) + pd.to_timedelta(seconds, unit="s")
    scores = generator.uniform(0, 1, rows)
    truth = (generator.random(rows) < scores).astype(float)
    frame["score"] = np.where((frame["carrier"] == "C2") & turned, 1 - scores, scores)
    return frame, truth


def test_a_model_that_is_wrong_about_one_segment_alone():
    asked_for = Guard(type="Performance", metric="accuracy", margin="0.15", min_labels=500, by="carrier")
    (candidate, of_candidate), (champion, of_champion) = logged("a", 1, turned=True), logged("b", 2, turned=False)
    both = pd.concat([candidate, champion])
    labels = Rows(
        id_hashes(both["id"].to_numpy(dtype=object)),
        times(both) + 60 * 10**9,
        np.concatenate([of_candidate, of_champion]),
    )
    stored = Stored({"v2": candidate, "v1": champion}, labels)
    found = judged(asked_for, labelled_predictions(look(table(9, 1), table(9, 1), stored), asked_for, ALPHA))
    assert found["Performance accuracy carrier=C2"] == "Abort"
    assert found["Performance accuracy carrier=C1"] == "Idle"


SHIFT = Guard(type="PredictionDrift", max="0.2", by="carrier")


def scored(name, seed, rows=8000, moved=0.0, carriers=("C1", "C2")):
    """Logged rows of an hour; those of C2 have scores that are as much lower."""
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame({"carrier": pd.Categorical(generator.choice(carriers, rows))})
    frame["id"] = [f"{name}-{number}" for number in range(rows)]
    seconds = np.sort(generator.uniform(0, 3600, rows))
    frame["time"] = pd.to_datetime(SINCE) + pd.to_timedelta(seconds, unit="s")
    frame["score"] = generator.uniform(0.2, 0.9, rows)
    frame.loc[frame["carrier"] == "C2", "score"] *= 1 - moved
    return frame


def shifted(candidate, champion, profile=PROFILE, guard=SHIFT):
    stored = Stored({"v2": candidate, "v1": champion}, None)
    rows = table(9, 1)
    sides = [Side(name, [window(rows)], lambda: profile) for name in ("v2", "v1")]
    return predictions(Look(model(), *sides, stored, SINCE, NOW), guard, ALPHA)


def test_predictions_that_moved_within_one_segment_alone():
    """A fifth of the traffic: as a whole it is no more than is allowed."""
    many = ["C1"] * 4 + ["C2"]
    candidate, champion = scored("a", 1, moved=0.6, carriers=many), scored("b", 2, carriers=many)
    evidence = shifted(candidate, champion)
    found = judged(SHIFT, evidence)
    assert found.pop("PredictionDrift") in {"Pass", "Continue"}
    assert found == {"PredictionDrift carrier=C1": "Idle", "PredictionDrift carrier=C2": "Abort"}
    within = evidence[2]
    assert within.samples == ((candidate["carrier"] == "C2").sum(), (champion["carrier"] == "C2").sum())
    # each of ten values of the reference has as much, whether or not it comes
    assert [one.alpha for one in evidence] == pytest.approx([ALPHA / 2, ALPHA / 20, ALPHA / 20])
    assert row_of(within, 0.2)["segment"] == "carrier=C2"
    (alone,) = shifted(candidate, champion, guard=Guard(type="PredictionDrift", max="0.2"))
    assert alone.alpha == ALPHA


def test_predictions_as_before_abort_in_no_segment():
    aborted = 0
    for seed in range(40):
        found = judged(
            SHIFT.model_copy(update={"max": "0.000001"}), shifted(scored("a", seed), scored("b", 100 + seed))
        )
        aborted += "Abort" in found.values()
    assert aborted <= 40 * ALPHA + 3 * (40 * ALPHA) ** 0.5


def test_a_group_is_a_tenth_of_the_segments_own_reference():
    """So that a shift within it is seen, wherever its scores lie."""
    (within,) = [one for one in shifted(scored("a", 1), scored("b", 2)) if one.segment.endswith("C1")]
    (whole, *_) = shifted(scored("a", 1), scored("b", 2))
    assert within.parts[0].edges != whole.parts[0].edges
    older = replace(PROFILE, segments=tuple(replace(one, score_bins=None) for one in PROFILE.segments))
    found = shifted(scored("a", 1), scored("b", 2), older)
    assert {one.parts[0].edges for one in found} == {whole.parts[0].edges}


@pytest.mark.parametrize(
    ("profile", "candidate", "says"),
    [
        (replace(PROFILE, segments=()), scored("a", 1), "the champion has no segments by carrier: train versions"),
        (PROFILE, scored("a", 1).drop(columns="carrier"), "no logged rows with carrier of v2 yet"),
        (PROFILE, scored("a", 1, rows=0), "no logged rows with carrier of v2 yet"),
    ],
)
def test_predictions_whose_segments_are_not_known(profile, candidate, says):
    _, *within = shifted(candidate, scored("b", 2), profile)
    (row,) = [row_of(one, 0.2) for one in within]
    assert says in row["message"]
    (figures,) = guard_figures({"guards": [row]})
    assert judge(SHIFT, figures, ALPHA).verdict == "Idle"


def test_of_many_inputs_those_that_lie_furthest_out_are_kept():
    def part(number, bad):
        side = Share(failures=bad, trials=1000), Share(failures=0, trials=1000)
        return Rates(of=f"x{number}", candidate=side[0], champion=side[1])

    parts = [part(number, 300 if number == 77 else number % 3) for number in range(400)]
    kept = furthest(parts)
    assert len(kept) <= 16
    assert "x77" in {one.of for one in kept}


# -- figures of Prometheus -------------------------------------------------------------------------------------------
class Told(Kpis):
    """A Prometheus that gives the candidate and the champion these figures at every step."""

    async def series(self, query, model, version, span, step):
        first, last = span
        steps = int((last - first) / step) + 1
        return {first.timestamp() + n * step.total_seconds(): self.answers[version](n) for n in range(steps)}


def figures_of(guard, candidate, champion, *, hours=8):
    kpis = Told()
    object.__setattr__(kpis, "answers", {"v2": candidate, "v1": champion})
    spec = {
        "rollout": {"strategy": "Canary", "steps": [{"weight": 5, "duration": "1h"}], "analysis": {"guards": [guard]}}
    }
    spec["kpis"] = [{"name": "bookings", "source": {"query": "q"}}]
    span = NOW - timedelta(hours=hours), NOW
    (found,) = asyncio.run(asked(kpis, model(**spec), ("v2", "v1"), span, ALPHA))
    return Guard.model_validate(guard), found


KPI = {"type": "KPI", "name": "bookings", "margin": "2"}
BOUND = {"type": "Prometheus", "name": "memory", "query": "q", "max": "10"}


@pytest.mark.parametrize(
    ("guard", "candidate", "champion", "verdict"),
    [
        (KPI, lambda n: 20 + n % 3, lambda n: 20 + n % 2, "Pass"),
        (KPI, lambda n: 10 + n % 3, lambda n: 20 + n % 2, "Abort"),
        (KPI | {"better": "Lower"}, lambda n: 10 + n % 3, lambda n: 20 + n % 2, "Pass"),
        (KPI | {"better": "Lower"}, lambda n: 30 + n % 3, lambda n: 20 + n % 2, "Abort"),
        (BOUND, lambda n: 8 + n % 2, None, "Pass"),
        (BOUND, lambda n: 15 + n % 2, None, "Abort"),
        (BOUND | {"min": "9.5"}, lambda n: 8 + n % 2, None, "Abort"),
    ],
)
def test_figures_in_the_same_stretches(guard, candidate, champion, verdict):
    asked_for, found = figures_of(guard, candidate, champion)
    (figures,) = guard_figures({"guards": [row_of(found, 0.0)]})
    assert judge(asked_for, figures, ALPHA).verdict == verdict
    assert figures.samples[0] == 96


def test_too_few_stretches_are_told():
    _, found = figures_of(KPI, lambda n: n, lambda n: n, hours=1)
    assert found.message == f"12 of {LEAST} stretches of 5m have a figure"


def test_the_asymptotic_interval_covers_the_mean_at_all_looks():
    wrong = 0
    for seed in range(300):
        values = np.random.default_rng(seed).normal(1.0, 2.0, 400)
        for n in range(LEAST, 401, 10):
            low, high = asymptotic_mean(n, float(values[:n].sum()), float((values[:n] ** 2).sum()), ALPHA)
            if not low <= 1.0 <= high:
                wrong += 1
                break
    assert wrong <= 0.05 * 300
    assert asymptotic_mean(LEAST - 1, 0.0, 0.0, ALPHA) == (-np.inf, np.inf)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"status":"success","data":{"resultType":"matrix","result":[]}}', {}),
        (
            b'{"status":"success","data":{"resultType":"matrix","result":[{"values":[[1,"2"],[2,"NaN"],[3,"4.5"]]}]}}',
            {1.0: 2.0, 3.0: 4.5},
        ),
    ],
)
def test_a_series_of_prometheus(body, found):
    assert numbers_of(200, body) == found


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'{"status":"error"}', b'{"status":"success","data":{"resultType":"vector","result":[]}}',
     b'{"status":"success","data":{"resultType":"matrix","result":[{},{}]}}',
     b'{"status":"success","data":{"resultType":"matrix","result":[{"values":[[1]]}]}}'],
)  # fmt: skip
def test_what_is_no_series_is_refused(body):
    with pytest.raises(KpiError):
        numbers_of(200, body)
