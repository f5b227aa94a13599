"""`seasons` of a profile: small, read back as it was, refused where it is not of its distribution."""

import copy
import json
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from leeboard.evaluator.columns import as_served, inputs_of
from leeboard.evaluator.comparison import Basis, compare, reference_figures
from leeboard.evaluator.drift_figures import Profile
from leeboard.evaluator.event_times import EventTimes
from leeboard.evaluator.profile import make_profile
from leeboard.stats.seasons import HOURS, SEASONS, hours_of_week
from leeboard_serving.exporter.references import References

MONDAY = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp())
ROWS = 100_000
MOST_BYTES = 16_000


def table():
    generator = np.random.default_rng(1)
    times = np.sort(MONDAY + generator.integers(0, 28 * 86_400, ROWS))
    wave = np.sin(2 * np.pi * (times % 86_400) / 86_400)
    wind = wave + generator.standard_normal(ROWS)
    wind[generator.random(ROWS) < 0.05] = np.nan
    wind[:3] = np.inf
    words = np.array([f"w{number:03}" for number in range(300)])
    return times, pd.DataFrame(
        {
            "wind": wind,
            "rain": np.maximum(0.0, generator.standard_normal(ROWS)),
            "count": generator.poisson(3, ROWS),
            "clock": 1.7e9 + wave,
            "word": generator.choice(words, ROWS),
            "empty": np.full(ROWS, np.nan),
            "constant": np.full(ROWS, 1234567.5),
        }
    )


TIMES, TABLE = table()
INPUTS = inputs_of(TABLE)
SCORED = TIMES[::2]
DOCUMENT = make_profile(
    as_served(TABLE, INPUTS), INPUTS, np.sin(np.arange(ROWS // 2)), "score", times=EventTimes(TIMES, SCORED)
)
FEATURES = {one["name"]: one for one in DOCUMENT["features"]}
PROFILE = Profile.parse(json.dumps(DOCUMENT).encode())
KNOWN = {one.distribution.name: one for one in PROFILE.features}


@pytest.mark.parametrize("name", list(TABLE.columns))
def test_it_is_small_and_its_counts_are_those_of_the_rows(name):
    raw, parsed = FEATURES[name]["seasons"], KNOWN[name].seasons
    assert len(json.dumps(raw, separators=(",", ":"), allow_nan=False)) < MOST_BYTES
    assert parsed.counts.rows.tolist() == np.bincount(hours_of_week(TIMES), minlength=HOURS).tolist()
    assert set(raw["noise"]) == {"hourOfDay", "dayOfWeek", "hourOfWeek"}
    values = TABLE[name][hours_of_week(TIMES) == 30]
    if parsed.whole.bins.kind == "Numeric" and name != "empty":
        finite = values[np.isfinite(values)].to_numpy(dtype=np.float64)
        mean = parsed.counts.totals[30] / len(finite)
        assert abs(mean - finite.mean()) <= 1e-3 * finite.std() + 1e-15 * abs(mean)
        assert raw["stds"][30] == pytest.approx(finite.std(), rel=1e-3, abs=1e-9)
        assert parsed.counts.infinite.sum() == (3 if name == "wind" else 0)


def test_scores_have_the_hours_of_their_rows():
    rows = PROFILE.prediction.seasons.counts.rows
    assert rows.tolist() == np.bincount(hours_of_week(SCORED), minlength=HOURS).tolist()


def test_noise_by_hour_is_without_what_comes_back_every_day():
    wind = KNOWN["wind"]
    by_hour = wind.seasons.noise["HourOfDay"].of("JensenShannon")
    assert by_hour < 0.5 * wind.noise.of("JensenShannon")
    assert by_hour < 0.5 * wind.seasons.noise["DayOfWeek"].of("JensenShannon")


def test_the_exporter_counts_as_before(tmp_path):
    (tmp_path / "profile.json").write_text(json.dumps(DOCUMENT))
    assert set(References.read(tmp_path / "profile.json").features) == set(TABLE.columns)


def test_without_times_there_are_no_seasons():
    document = make_profile(as_served(TABLE, INPUTS), INPUTS, np.zeros(ROWS), "score")
    assert "seasons" not in document["features"][0]
    parsed = Profile.parse(json.dumps(document).encode()).features[0]
    basis = Basis("HourOfDay", np.ones(HOURS))
    assert compare(parsed.distribution, parsed.noise, parsed.seasons, parsed.distribution, basis) is None
    assert reference_figures(parsed.seasons, basis) == {"reference": {"season": "HourOfDay"}}
    assert reference_figures(parsed.seasons, None) == {}


@pytest.mark.parametrize("season", SEASONS)
@pytest.mark.parametrize("name", list(TABLE.columns))
def test_the_reference_itself_is_like_its_seasons(season, name):
    """A window of all of its rows: the mixture is the whole."""
    one = KNOWN[name]
    basis = Basis(season, one.seasons.counts.rows.astype(np.float64))
    found = compare(one.distribution, one.noise, one.seasons, one.distribution, basis)
    assert found.reference.rows == pytest.approx(ROWS, abs=2)
    assert found.reference.shares().tolist() == pytest.approx(found.window.shares().tolist(), abs=1e-4)
    assert found.reference.missing == pytest.approx(one.distribution.missing, abs=1)
    if one.distribution.mean is not None:
        assert found.reference.mean == pytest.approx(one.distribution.mean, rel=1e-4, abs=1e-4)
        assert found.reference.std == pytest.approx(one.distribution.std, rel=1e-2, abs=2e-2) or name == "clock"
    js = found.measure("JensenShannon")
    assert name == "empty" or float(js(found.reference.counts, found.window.counts)) < 0.01
    assert reference_figures(one.seasons, basis)["reference"]["rows"] == ROWS


def changed(name, change):
    document = copy.deepcopy(DOCUMENT)
    one = next(one for one in document["features"] if one["name"] == name)
    change(one["seasons"])
    return json.dumps(document).encode()


def put(key, value):
    return lambda seasons: seasons.__setitem__(key, value)


HOSTILE = {
    "not an object": ("wind", lambda seasons: (seasons.clear(), seasons.update({"counts": 3}))),
    "edges of others": ("wind", put("edges", [0.0, 1.0])),
    "no edges": ("wind", lambda seasons: seasons.pop("edges")),
    "edges that fall": ("wind", lambda seasons: seasons["edges"].reverse()),
    "an edge that is none": ("wind", put("edges", ["x"])),
    "too few hours": ("wind", lambda seasons: seasons["counts"].pop()),
    "a ragged table": ("wind", lambda seasons: seasons["counts"][3].pop()),
    "a negative count": ("wind", lambda seasons: seasons["counts"][0].__setitem__(0, -1)),
    "a huge count": ("wind", lambda seasons: seasons["counts"][0].__setitem__(0, 10**30)),
    "counts of more rows": ("wind", lambda seasons: seasons["counts"][0].__setitem__(1, 10**6)),
    "more missing": ("wind", lambda seasons: seasons["missing"].__setitem__(0, 10**6)),
    "more infinite": ("wind", lambda seasons: seasons["infinite"].__setitem__(0, 7)),
    "a text among missing": ("wind", lambda seasons: seasons["missing"].__setitem__(0, "many")),
    "means of a day": ("wind", put("means", [0.0] * 24)),
    "a mean that is none": ("wind", put("means", [float("nan")] * HOURS)),
    "a mean without bounds": ("wind", put("means", [1e300] * HOURS)),
    "a noise of no rows": ("wind", put("noise", {"hourOfDay": {"rows": 0}})),
    "a noise below none": ("wind", put("noise", {"hourOfDay": {"rows": 5, "jensenShannon": -1.0}})),
    "a noise without rows": ("wind", put("noise", {"hourOfDay": {}})),
    "a noise that is a list": ("wind", put("noise", {"hourOfDay": [1]})),
    "categories of others": ("word", put("categories", ["nobody"])),
    "a category twice": ("word", lambda seasons: seasons["categories"].__setitem__(0, seasons["categories"][1])),
}


@pytest.mark.parametrize(("name", "change"), HOSTILE.values(), ids=HOSTILE)
def test_what_is_not_of_its_distribution_is_refused(name, change):
    with pytest.raises(ValueError):
        Profile.parse(changed(name, change))


def test_a_season_whose_noise_is_not_known_has_that_of_the_whole():
    one = KNOWN["wind"]
    document = changed("wind", put("noise", {}))
    bare = next(one for one in Profile.parse(document).features if one.distribution.name == "wind")
    basis = Basis("HourOfWeek", np.ones(HOURS))
    found = compare(bare.distribution, bare.noise, bare.seasons, bare.distribution, basis)
    assert found.noise.of("JensenShannon") == one.noise.of("JensenShannon")
