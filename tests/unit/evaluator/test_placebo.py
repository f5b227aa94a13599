"""A window without drift, drawn from the reference: the same for the same evaluation, and rarely an alarm."""

import json
from dataclasses import replace

import numpy as np
import pytest

from leeboard.api.drift_monitor import DriftMonitorSpec
from leeboard.api.model_version import ModelVersion
from leeboard.evaluator.drift_figures import Profile, observe
from leeboard.evaluator.false_alarms import drift_alpha
from leeboard.evaluator.placebo import Real, _drawn, placebo, seed_of
from leeboard.stats.distributions import categorical_bins, count_values, empty, numeric_bins, to_profile
from leeboard.stats.noise import Noise

GENERATOR = np.random.default_rng(1)
ROWS = 4000
TEXTS = GENERATOR.choice(["AA", "UA", None], p=[0.6, 0.3, 0.1], size=ROWS).tolist()
WIND = np.where(GENERATOR.random(ROWS) < 0.05, np.nan, GENERATOR.normal(size=ROWS))
DRIFT = {"type": "DataDrift", "distance": "JensenShannon", "threshold": "0.1"}
MISSING = {"type": "DataQuality", "maxMissingPercent": 0}


def profile(noise=None):
    features = [
        count_values("wind", numeric_bins(WIND), WIND),
        count_values("carrier", categorical_bins(TEXTS), TEXTS),
    ]
    documents = [to_profile(one) | {"noise": noise or {}} for one in features]
    document = {"contract": 1, "rows": ROWS, "features": documents, "prediction": documents[0] | {"name": "p"}}
    return Profile.parse(json.dumps(document).encode())


PROFILE = profile()


def version():
    digest = f"sha256:{'a' * 64}"
    artifact = {"uri": "s3://b/", "digest": digest, "format": "sklearn-skops", "bytes": 1}
    spec = {"modelRef": {"name": "m"}, "source": {"import": {"reason": "x"}}, "artifact": artifact}
    metadata = {"name": "v1", "namespace": "ml", "uid": "u"}
    return ModelVersion.parse(
        {"apiVersion": "leeboard.dev/v1alpha1", "kind": "ModelVersion", "metadata": metadata, "spec": spec}
    )


def spec(*checks, **more):
    window = {"length": "1h", "every": "1h", "minSamples": 100}
    return DriftMonitorSpec.model_validate({"modelRef": {"name": "m"}, "window": window, "checks": checks, **more})


def observed(rows):
    """As many rows as a real window has; what they hold does not matter."""
    found = observe(PROFILE, [])
    many = {one.distribution.name: replace(empty(one.distribution), missing=rows) for one in PROFILE.features}
    return replace(found, rows=rows, features=many, prediction=replace(found.prediction, missing=rows))


def tried(checks, rows=1000, seed=0, of=PROFILE):
    return placebo(checks, "Regression", version(), of, Real(observed(rows)), seed=seed)


def test_it_is_drawn_from_the_reference_with_as_many_rows():
    window = _drawn(PROFILE, Real(observed(50_000)), np.random.default_rng(3))
    assert window.rows == 50_000
    for raw, reference in zip(window.features, PROFILE.features, strict=True):
        known = reference.distribution
        assert raw["counts"].sum() + raw["missing"] + raw["infinite"] == 50_000
        assert raw["missing"] / 50_000 == pytest.approx(known.missing / ROWS, abs=0.01)
        shares = raw["counts"] / raw["counts"].sum()
        assert np.abs(shares - known.shares()).max() < 0.02
    wind = window.features[0]
    assert wind["sum"] / wind["counts"].sum() == pytest.approx(PROFILE.features[0].distribution.mean)


def test_the_same_evaluation_of_the_same_monitor_draws_the_same():
    assert seed_of("a", "2026-01-01T00:00:00Z") == seed_of("a", "2026-01-01T00:00:00Z")
    assert len({seed_of("a", "1"), seed_of("b", "1"), seed_of("a", "2")}) == 3
    draws = [
        _drawn(PROFILE, Real(observed(500)), np.random.default_rng(seed)).features[0]["counts"] for seed in (1, 1, 2)
    ]
    assert (draws[0] == draws[1]).all()
    assert (draws[0] != draws[2]).any()


def test_only_checks_that_compare_an_interval_count():
    """Missing values are counted as they are: where the reference has too many, that is no matter of chance."""
    found = tried(spec(DRIFT, MISSING))
    assert found.drifted == ()
    assert found.expected == pytest.approx(2 * drift_alpha(spec(DRIFT, MISSING), 2) / 2)
    scores = {"type": "PredictionDrift", "distance": "PSI", "threshold": "0.2"}
    assert tried(spec(DRIFT, scores)).expected == pytest.approx(3 * drift_alpha(spec(DRIFT, scores), 2) / 2)
    assert tried(spec(MISSING)).expected == 0


def test_too_few_rows_for_a_verdict_are_none_for_a_placebo():
    assert tried(spec(DRIFT), rows=99) is None
    assert tried(spec(DRIFT), rows=100) is not None


def test_alarms_are_no_more_than_were_declared():
    """At a threshold of nearly nothing, and as unsure as may be, what is found is chance; more of it was allowed."""
    checks = spec({**DRIFT, "threshold": "0.000001"}, falseAlarms={"budget": 300, "per": "90d"})
    found = [tried(checks, seed=seed) for seed in range(120)]
    alarms, expected = sum(bool(one.drifted) for one in found), sum(one.expected for one in found)
    assert expected > 4
    assert alarms <= expected + 3 * expected**0.5


def test_an_interval_that_is_too_narrow_is_found_out(monkeypatch):
    """What the figure is for: were the lower end not what it says, alarms would be more than were declared."""
    from leeboard.evaluator import drift_figures

    exact = drift_figures.distance_interval

    def too_sure(*args, **options):
        found = exact(*args, **options)
        return replace(found, low=found.value)

    monkeypatch.setattr(drift_figures, "distance_interval", too_sure)
    checks = spec({**DRIFT, "threshold": "0.000001"}, falseAlarms={"budget": 300, "per": "90d"})
    found = [tried(checks, seed=seed) for seed in range(20)]
    assert all(one.drifted for one in found)
    assert sum(one.expected for one in found) < 5


def test_the_noise_of_the_reference_makes_alarms_rarer_still():
    noisy = profile({"rows": 900, "jensenShannon": 0.05})
    assert isinstance(noisy.features[0].noise, Noise)
    checks = spec({**DRIFT, "threshold": "0.000001"}, falseAlarms={"budget": 300, "per": "90d"})
    assert sum(bool(tried(checks, seed=seed, of=noisy).drifted) for seed in range(30)) == 0
