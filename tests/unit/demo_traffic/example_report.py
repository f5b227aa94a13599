"""A made-up story with everything in it: four versions, one rolled back, one made because of drift."""

from datetime import UTC, datetime, timedelta

import numpy as np

from e2e.demo.picture.report import (
    Comparison,
    Drift,
    Feature,
    Figure,
    Measurement,
    Moment,
    Report,
    Step,
    Version,
)
from e2e.demo.traffic.state import (
    ConnectionState,
    CountsState,
    LabelsState,
    Second,
    SegmentState,
    TrafficState,
    VersionState,
)
from leeboard.stats.distances import jensen_shannon
from leeboard.stats.distributions import categorical_bins, count_values, numeric_bins
from leeboard.stats.grouping import grouped, grouped_bins, grouping

START = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
NAMES = ("late-flights-7c1e09d2", "late-flights-b84fa113", "late-flights-20d97e6c", "late-flights-e5a3c4f8")
STEPS = (
    (0, 38, "Install the operator, make the bucket and the repository"),
    (38, 92, "First training run: code from Git, data digested, holdout measured"),
    (92, 108, "v1 passes its gate and serves"),
    (108, 160, "A commit with a better feature starts a run"),
    (160, 214, "v2 is tried on part of the traffic and promoted"),
    (214, 300, "A commit with a bug: v3 fails under traffic and is rolled back"),
    (300, 384, "The traffic moves on from winter to summer"),
    (384, 441, "Drift is found; the TrainingJob runs on the newest months"),
    (441, 497, "v4 is tried and promoted"),
    (497, 512, "Old and new champion on the same later flights"),
)


def example() -> Report:
    """The report; the same at every call."""
    return Report(
        title="A model drifted. The cluster noticed, retrained it and replaced it.",
        subtitle="Late-flights: 336,776 real departures from New York in 2013, replayed against a real Kubernetes "
        "cluster. Nobody touched it between the first commit and the last promotion.",
        steps=tuple(Step(title=text, start=at(a), end=at(b)) for a, b, text in STEPS),
        moments=(
            Moment(time=at(212), text="v2 promoted", kind="Promotion"),
            Moment(time=at(284), text="v3 rolled back", kind="Rollback"),
            Moment(time=at(384), text="drift found", kind="Drift"),
            Moment(time=at(494), text="v4 promoted", kind="Promotion"),
        ),
        traffic=traffic(),
        versions=versions(),
        drift=drift(),
        performance=(performance(),),
        facts={"from drift to verdict": "43 s", "from verdict to a better champion": "1 min 50 s"},
    )


def at(seconds):
    """A moment of the story."""
    return START + timedelta(seconds=seconds)


def shares(second):
    """Who answers at that second."""
    first, second_, third, fourth = NAMES
    if second < 172:
        return {first: 1.0}
    if second < 212:
        return {first: 0.62, second_: 0.38}
    if 236 <= second < 284:
        return {second_: 0.64, third: 0.36}
    if 452 <= second < 494:
        return {second_: 0.61, fourth: 0.39}
    return {second_: 1.0} if second < 494 else {fourth: 1.0}


def traffic():
    """62 requests a second since the first champion."""
    rng = np.random.default_rng(5)
    seconds, totals = [], dict.fromkeys(NAMES, 0)
    for second in range(106, 512):
        parts = shares(second)
        split = rng.multinomial(62 + int(rng.integers(-1, 2)), list(parts.values()))
        counts = {name: int(number) for name, number in zip(parts, split, strict=True)}
        for name, number in counts.items():
            totals[name] += number
        seconds.append(Second(time=int(START.timestamp()) + second, versions=counts))
    requests = sum(totals.values())
    versions = {
        name: VersionState(requests=n, rows=8 * n, p50_milliseconds=7.1 + i, p99_milliseconds=23.5 + 9 * i)
        for i, (name, n) in enumerate(totals.items())
    }
    half = requests // 2
    return TrafficState(
        run="3fa9c0d1",
        phase="Stopped",
        started=at(105),
        written=at(512),
        totals=CountsState(
            requests=requests,
            answered=requests,
            rows=8 * requests,
            versions=versions,
            connections={
                "keep-alive": ConnectionState(requests=half, answered=half),
                "short": ConnectionState(requests=requests - half, answered=requests - half),
            },
        ),
        segments=(
            SegmentState(name="flights of January to March, as trained on", start=at(106), end=at(300)),
            SegmentState(name="flights of May to July: summer", start=at(300), end=at(512)),
        ),
        labels=LabelsState(accepted=8 * requests - 2400, pending=2400, posts=790),
        seconds=tuple(seconds),
    )


def figure(name, value, half):
    """A figure with a symmetric interval."""
    return Figure(name=name, value=value, low=value - half, high=value + half)


def versions():
    """Two champions of the past, one that failed, one that serves."""
    bug = "ErrorRate: candidate minus champion 0.31 [0.27, 0.35], margin 0.03; 2 104 requests"
    return (
        Version(
            name=NAMES[0], outcome="Replaced", created=at(90), commit="7c1e09d2a4b6f0e3d5c7b9a1f3e5d7c9b1a3f5e7",
            cause="SpecChange", cause_reason="the TrainingJob is new", data="2013-01/ to 2013-03/, 80 789 rows",
            metrics=(figure("roc_auc", 0.6912, 0.0091), figure("log_loss", 0.4871, 0.0068)),
        ),
        Version(
            name=NAMES[1], outcome="Replaced", created=at(158), commit="b84fa113c0d2e4f6a8b0c2d4e6f8a0b2c4d6e8f0",
            cause="NewCommit", cause_reason="b84fa113 Add the hour of departure", parent=NAMES[0],
            data="2013-01/ to 2013-03/, 80 789 rows",
            metrics=(figure("roc_auc", 0.7315, 0.0087), figure("log_loss", 0.4522, 0.0065)),
        ),
        Version(
            name=NAMES[2], outcome="RolledBack", created=at(232), commit="20d97e6c5b3a19f7e5d3c1b9a7f5e3d1c9b7a5f3",
            cause="NewCommit", cause_reason="20d97e6c Read the temperature in Celsius", parent=NAMES[1], reason=bug,
            data="2013-01/ to 2013-03/, 80 789 rows",
            metrics=(figure("roc_auc", 0.7308, 0.0088), figure("log_loss", 0.4529, 0.0066)),
        ),
        Version(
            name=NAMES[3], outcome="Champion", created=at(440), commit="b84fa113c0d2e4f6a8b0c2d4e6f8a0b2c4d6e8f0",
            cause="Drift", cause_reason="log_loss 0.4522 → 0.5637 [0.5541, 0.5733] on 11 904 labelled rows",
            parent=NAMES[1], data="2013-05/ to 2013-07/, 86 464 rows",
            metrics=(figure("roc_auc", 0.7284, 0.0079), figure("log_loss", 0.4688, 0.0061)),
        ),
    )  # fmt: skip


def drift():
    """Six inputs: three moved, one may have, two did not."""
    rng = np.random.default_rng(11)
    n = 9000
    moved = (
        numeric("temp", rng.normal(38, 11, n), rng.normal(76, 8, n), "mean 37.9 → 76.1"),
        numeric("dewp", rng.normal(24, 13, n), rng.normal(60, 9, n), "mean 24.1 → 59.8"),
        numeric("precip", rain(rng, n, 0.88), rain(rng, n, 0.46), "mean 0.0042 → 0.021"),
        categorical(
            "dest",
            rng.choice(DESTINATIONS, n, p=DESTINATION_SHARES),
            rng.choice([*DESTINATIONS, "ACK", "MVY"], n, p=[*(0.84 * np.array(DESTINATION_SHARES)), 0.1, 0.06]),
            "categories not seen in the reference 0 % → 16 %",
        ),
        numeric("wind_speed", rng.gamma(4, 2.9, n), rng.gamma(4, 2.4, n), "mean 11.6 → 9.6"),
        numeric("hour", rng.integers(5, 23, n).astype(float), rng.integers(5, 23, n).astype(float), ""),
    )
    return Drift(
        verdict="Drift",
        words="Performance log_loss 0.1115 [0.1019, 0.1211], threshold 0.05 (log_loss 0.4522 → 0.5637 [0.5541, 0.5733] "
        "on 11904 labelled rows); DataDrift temp 0.8561 [0.8432, 0.8694], threshold 0.4 (mean 37.9 → 76.1); DataDrift "
        "dewp 0.8017 [0.7884, 0.8149], threshold 0.4 (mean 24.1 → 59.8); and 1 more",
        version=NAMES[1],
        time=at(384),
        rows=12480,
        reference_rows=n,
        features=moved,
    )


DESTINATIONS = ["ATL", "BOS", "CLT", "DCA", "FLL", "IAH", "LAX", "MCO", "MIA", "ORD", "RDU", "SFO", "TPA"]
DESTINATION_SHARES = [0.12, 0.1, 0.09, 0.07, 0.07, 0.06, 0.1, 0.09, 0.07, 0.1, 0.05, 0.05, 0.03]


def rain(rng, n, dry):
    """Mostly none."""
    return np.where(rng.random(n) < dry, 0.0, rng.exponential(0.05, n).round(2))


def numeric(name, reference, window, shift):
    """An input of numbers."""
    bins = numeric_bins(reference)
    known = count_values(name, bins, reference)
    starts = grouping(known)
    before, after = (grouped(one, starts) for one in (known.counts, count_values(name, bins, window).counts))
    return Feature(
        name=name, edges=grouped_bins(bins, starts).edges,
        reference=tuple(before.tolist()), window=tuple(after.tolist()),
        distance=distance(before, after), threshold=0.4, shift=shift,
    )  # fmt: skip


def categorical(name, reference, window, shift):
    """An input of texts."""
    bins = categorical_bins(list(reference))
    before, after = count_values(name, bins, list(reference)).counts, count_values(name, bins, list(window)).counts
    return Feature(
        name=name, categories=bins.categories, reference=tuple(before.tolist()), window=tuple(after.tolist()),
        distance=distance(before, after), threshold=0.4, shift=shift,
    )  # fmt: skip


def distance(before, after):
    """The distance with a made-up interval."""
    value = float(jensen_shannon(before, after))
    return Figure(name="JensenShannon", value=value, low=max(value - 0.02, 0), high=min(value + 0.02, 1))


def performance():
    """The old champion in its time and after, and the new one."""
    old, new = NAMES[1], NAMES[3]
    return Comparison(
        metric="log_loss",
        higher_is_better=False,
        threshold=0.5022,
        measurements=(
            measured("when it was made", old, 0.4522, 0.0065, "holdout of March, 8 310 flights"),
            measured("under the drifted traffic", old, 0.5637, 0.0096, "labels that came back, 11 904 flights"),
            measured("on the newest holdout", old, 0.5581, 0.0074, "holdout of July, 9 412 flights"),
            measured("retrained, on the same holdout", new, 0.4688, 0.0061, "holdout of July, 9 412 flights"),
        ),
    )


def measured(label, version, value, half, note):
    """A measurement with a symmetric interval."""
    return Measurement(label=label, version=version, value=value, low=value - half, high=value + half, note=note)
