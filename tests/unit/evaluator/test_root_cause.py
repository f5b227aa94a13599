"""Why drift came: what the model rests on, and pods that are unlike the others."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from leeboard.evaluator.drift_figures import Profile, drift_figures, observe
from leeboard.evaluator.importance import importance
from leeboard.evaluator.onsets import began, name_onsets
from leeboard.evaluator.pods import name_pods, pods_that_differ
from leeboard.evaluator.windows import Window
from leeboard.stats.distributions import count_values, numeric_bins, to_profile, to_window

GENERATOR = np.random.default_rng(1)
NAMES = ("wind", "temp", "noise")
HOLDOUT = pd.DataFrame({name: GENERATOR.normal(size=4000) for name in NAMES})


def answer(rows):
    return 1 / (1 + np.exp(-(2 * rows["wind"] + 0.7 * rows["temp"]).to_numpy()))


TRUTH = (GENERATOR.random(4000) < answer(HOLDOUT)).astype(float)


def test_importance_is_what_an_input_is_worth_to_the_model():
    shares = importance(answer, HOLDOUT, TRUTH, "log_loss", NAMES)
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["wind"] > 0.75 > shares["temp"] > 0.05
    assert shares["noise"] == 0
    assert shares == importance(answer, HOLDOUT, TRUTH, "log_loss", NAMES)


def test_a_model_that_knows_nothing_or_takes_too_long_has_none(caplog):
    assert importance(lambda rows: np.full(len(rows), 0.5), HOLDOUT, TRUTH, "log_loss", NAMES) == {}
    assert importance(answer, HOLDOUT, np.full(4000, np.nan), "log_loss", NAMES) == {}
    moments = iter(range(0, 1000, 70))
    assert importance(answer, HOLDOUT, TRUTH, "log_loss", NAMES, clock=lambda: next(moments)) == {}
    assert "2 of 3 inputs in 120 s" in caplog.text


def profile(**shares):
    features = []
    for name in NAMES:
        values = HOLDOUT[name].to_numpy()
        features.append(to_profile(count_values(name, numeric_bins(values), values)) | {"noise": {}})
        if name in shares:
            features[-1]["importance"] = shares[name]
    document = {"contract": 1, "rows": 4000, "features": features, "prediction": features[0]}
    return Profile.parse(json.dumps(document).encode())


PROFILE = profile(wind=0.1, temp=0.9, noise=0.0)


def window(pod, rows, minute=0, **shifts):
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    generator = np.random.default_rng(sum(map(ord, pod)) + 1000 * minute)
    features = []
    for reference in PROFILE.features:
        known = reference.distribution
        counted = count_values(known.name, known.bins, generator.normal(shifts.get(known.name, 0.0), 1, rows))
        features.append(to_window(counted))
    return Window(
        start=start, end=start + timedelta(minutes=1), requests=rows, errors=0, rows=rows, dropped=0, latency_edges=(),
        latency_counts=np.array([rows]), features=tuple(features), prediction=None, pod=pod,
    )  # fmt: skip


def figures_of(windows, known=PROFILE):
    return drift_figures(known, observe(known, windows), (), {"JensenShannon"}, 1e-4)["features"]


def test_inputs_are_ranked_by_what_is_certain_times_what_rests_on_them():
    windows = [window(f"pod-{number}", 1000, wind=0.9, temp=0.6, noise=2.0) for number in range(3)]
    assert [row["name"] for row in figures_of(windows)] == ["temp", "wind", "noise"]
    assert [row["name"] for row in figures_of(windows, profile())] == ["noise", "wind", "temp"]
    assert figures_of(windows)[0]["importance"] == "0.9"
    assert "importance" not in figures_of(windows, profile())[0]


def test_a_pod_that_is_unlike_the_others_is_named():
    windows = [*(window(f"pod-{number}", 500) for number in range(5)), window("pod-x", 500, temp=3.0)]
    temp = PROFILE.features[1].distribution
    assert list(pods_that_differ(temp, windows)) == ["pod-x"]
    rows = figures_of(windows)
    name_pods(rows, PROFILE, windows)
    assert rows[0]["name"] == "temp"
    assert [one["name"] for one in rows[0]["pods"]] == ["pod-x"]
    assert rows[0]["shift"].endswith("unlike the others: pod-x")
    assert all("pods" not in row for row in rows[1:])


@pytest.mark.parametrize(
    "windows",
    [
        [],
        [window("pod-x", 500, temp=3.0)],
        [window("pod-a", 500), window("pod-x", 99, temp=3.0)],
        [window(f"pod-{number}", 500, temp=3.0) for number in range(3)],
        [window("", 500), window("", 500, temp=3.0)],
    ],
    ids=["none", "alone", "few rows", "all alike", "without names"],
)
def test_no_pod_is_blamed(windows):
    assert pods_that_differ(PROFILE.features[1].distribution, windows) == {}


def drifting_from(minute, pods=("a", "b"), **more):
    """Twenty minutes of two pods; from one of them on the wind is stronger."""
    return [window(pod, 200, at, **({"wind": 1.0} if at >= minute else {}), **more) for pod in pods for at in range(20)]


def named(windows):
    rows = drift_figures(PROFILE, observe(PROFILE, windows), (), {"JensenShannon"}, 0.01)["features"]
    name_onsets(rows, PROFILE, windows)
    return {row["name"]: row for row in rows}


def test_it_is_told_when_an_input_began_to_drift():
    rows = named(drifting_from(7))
    assert rows["wind"]["since"] == "2026-01-01T00:07:00Z"
    assert rows["wind"]["shift"].endswith(", since 2026-01-01T00:07:00Z")
    assert "since" not in rows["temp"]


def test_drift_that_is_older_than_the_window_or_has_no_slices_has_no_beginning():
    assert "since" not in named(drifting_from(0))["wind"]
    assert "since" not in named([window("a", 4000, wind=1.0)])["wind"]


def test_missing_values_begin_too_and_windows_on_other_bins_are_left_out():
    windows = drifting_from(99)
    for one in windows[10:20] + windows[30:]:
        one.features[0]["missing"] = 100
    windows.append(replace(window("c", 500), features=({"name": "wind", "counts": np.ones(3, dtype=np.int64)},)))
    found = began(PROFILE.features[0], windows)
    assert found == datetime(2026, 1, 1, 0, 10, tzinfo=UTC)
