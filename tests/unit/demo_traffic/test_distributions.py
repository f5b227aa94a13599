"""Windows beside their reference, and how bins are drawn."""

import gzip
import json
import math

import numpy as np
import pytest

from e2e.demo.picture.distributions import merge_windows
from e2e.demo.picture.report import Feature, Figure
from leeboard.evaluator.windows import parse_window
from leeboard.report.bars import UNSEEN, bars, categorical_bars, numeric_bars
from leeboard.report.gauge import gauge
from leeboard.stats.distributions import categorical_bins, count_values, numeric_bins, to_profile
from tests.unit.demo_traffic.drawn import of_class, parse
from tests.unit.demo_traffic.example_report import numeric, rain

TEMPERATURES = np.random.default_rng(1).normal(10, 5, 2000)
CARRIERS = ["UA"] * 600 + ["B6"] * 300 + ["AA"] * 100
SCORES = np.random.default_rng(2).random(1000)
BINS = {
    "temp": numeric_bins(TEMPERATURES),
    "carrier": categorical_bins(CARRIERS),
    "probability": numeric_bins(SCORES),
}
PROFILE = {
    "contract": 1,
    "rows": 2000,
    "features": [
        to_profile(count_values("temp", BINS["temp"], TEMPERATURES)),
        to_profile(count_values("carrier", BINS["carrier"], CARRIERS)),
    ],
    "prediction": to_profile(count_values("probability", BINS["probability"], SCORES)),
}


def window(temperatures, carriers, scores, **changes):
    """A window file as the exporter writes it."""

    def counted(name, values):
        one = count_values(name, BINS[name], values)
        return {
            "name": name, "counts": one.counts.tolist(), "missing": one.missing, "infinite": one.infinite,
            "count": one.count, "sum": one.total, "sumOfSquares": one.total_of_squares,
        }  # fmt: skip

    raw = {
        "contract": 1, "model": "late-flights", "version": "v1", "pod": "p", "start": "2026-01-01T00:00:00Z",
        "end": "2026-01-01T00:00:10Z", "requests": 5, "errors": 0, "rows": len(carriers),
        "features": [counted("temp", temperatures), counted("carrier", carriers)],
        "prediction": counted("probability", scores),
    }  # fmt: skip
    return parse_window(gzip.compress(json.dumps(raw | changes).encode()))


def test_windows_add_up_on_the_bins_of_the_reference() -> None:
    first = window([1.0, 30.0, float("nan")], ["UA", "DL", None], [0.1, 0.2, 0.3])
    second = window([31.0], ["UA"], [0.9])
    pairs = merge_windows(PROFILE, [first, second])
    assert list(pairs) == ["temp", "carrier", "probability"]
    together = count_values("temp", BINS["temp"], [1.0, 30.0, float("nan"), 31.0])
    assert pairs["temp"].window.counts.tolist() == together.counts.tolist()
    assert (pairs["temp"].window.missing, pairs["temp"].window.mean) == (1, pytest.approx(62 / 3))
    assert pairs["carrier"].window.counts.tolist() == [0, 0, 2, 1]
    assert pairs["probability"].window.count == 4
    assert pairs["temp"].reference.count == 2000


def test_no_windows_are_empty_counts() -> None:
    assert {pair.window.count for pair in merge_windows(PROFILE, []).values()} == {0}


def test_windows_of_other_bins_or_without_an_input_are_refused() -> None:
    short = {"name": "temp", "counts": [1, 2], "missing": 0, "infinite": 0}
    with pytest.raises(ValueError, match="2 counts for"):
        merge_windows(PROFILE, [window([1.0], ["UA"], [0.1], features=[short, {"name": "carrier", "counts": [0] * 4}])])
    with pytest.raises(ValueError, match="without carrier, temp"):
        merge_windows(PROFILE, [window([1.0], ["UA"], [0.1], features=[])])


def rectangles(feature, name):
    return [float(one.get("height")) for one in of_class(parse(bars(feature)), name)]


def test_bars_are_as_high_as_the_shares() -> None:
    rng = np.random.default_rng(4)
    feature = numeric("temp", rng.normal(0, 1, 4000), rng.normal(0.5, 1, 3000), "")
    window_heights, reference_heights = rectangles(feature, "window"), rectangles(feature, "reference")
    shares = np.array(feature.window) / 3000
    assert np.allclose(np.array(window_heights) / sum(window_heights), shares, atol=0.001)
    assert sum(window_heights) == pytest.approx(sum(reference_heights), rel=0.001)


def test_bins_that_are_empty_on_both_sides_are_not_drawn_and_single_numbers_are_known() -> None:
    rng = np.random.default_rng(6)
    found = numeric_bars(numeric("rain", rain(rng, 3000, 0.9), rain(rng, 3000, 0.5), ""))
    assert all(bar.reference or bar.window for bar in found)
    assert next(bar.low for bar in found if bar.point) == 0.0
    assert found[-1].high == math.inf
    hours = rng.integers(5, 9, 500).astype(float)
    assert [bar.low for bar in numeric_bars(numeric("hour", hours, hours, ""))] == [5.0, 6.0, 7.0, 8.0]


def test_categories_that_moved_most_are_shown_and_nothing_is_lost() -> None:
    names = tuple(f"c{n}" for n in range(12))
    reference, counts = (100,) * 12 + (0,), (400, 10, *(100,) * 9, 0, 90)
    feature = Feature(
        name="dest", categories=names, reference=reference, window=counts, threshold=0.1,
        distance=Figure(name="JensenShannon", value=0.3, low=0.2, high=0.4),
    )  # fmt: skip
    found = categorical_bars(feature)
    assert {"c0", "c1", "c11", UNSEEN} <= {bar.name for bar in found}
    assert found[-2].name == "5 others"
    assert sum(bar.window for bar in found) == pytest.approx(1)
    assert sum(bar.reference for bar in found) == pytest.approx(1)


def test_the_gauge_puts_figure_interval_and_threshold_on_one_scale() -> None:
    feature = Feature(
        name="temp", edges=(0.0,), reference=(1, 1), window=(1, 1), threshold=0.4,
        distance=Figure(name="JensenShannon", value=0.5, low=0.45, high=0.6),
    )  # fmt: skip
    drawn = parse(gauge(feature, 1.0))
    (track,), (value,) = of_class(drawn, "track")[:1], of_class(drawn, "value drift")
    (interval,), (threshold,) = of_class(drawn, "interval drift"), of_class(drawn, "threshold")
    span = float(track.get("width"))
    assert float(value.get("cx")) - 4 == pytest.approx(0.5 * span, abs=0.01)
    assert float(interval.get("width")) == pytest.approx(0.15 * span, abs=0.01)
    assert float(threshold.get("x1")) - 4 == pytest.approx(0.4 * span, abs=0.01)


@pytest.mark.parametrize(("low", "high", "tone"), [(0.45, 0.6, "drift"), (0.2, 0.4, "stable"), (0.3, 0.5, "unsure")])
def test_only_a_whole_interval_beyond_the_threshold_is_drift(low, high, tone) -> None:
    figure = Figure(name="PSI", value=(low + high) / 2, low=low, high=high)
    feature = Feature(name="x", edges=(), reference=(1,), window=(1,), threshold=0.4, distance=figure)
    assert f"value {tone}" in gauge(feature, 1.0)


def test_counts_that_do_not_fit_their_bins_are_refused() -> None:
    figure = Figure(name="PSI", value=0, low=0, high=0)
    with pytest.raises(ValueError, match="2 and 1 counts for 2 bins"):
        Feature(name="x", edges=(1.0,), reference=(1, 1), window=(1,), threshold=0.4, distance=figure)
    with pytest.raises(ValueError, match="exactly one"):
        Feature(name="x", reference=(1,), window=(1,), threshold=0.4, distance=figure)
