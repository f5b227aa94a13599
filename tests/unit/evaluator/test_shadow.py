"""Figures about challengers: read from windows, added up where they are merged, and written for exporters."""

from __future__ import annotations

import gzip
import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from leeboard.api.model import Model
from leeboard.evaluator.challengers import compared
from leeboard.evaluator.observations import Observations
from leeboard.evaluator.pairs import paired_performance, read_pairs
from leeboard.evaluator.retention.merged_file import merged_file, parse_head, part_of
from leeboard.evaluator.shadow_figures import Comparison
from leeboard.evaluator.windows import Window, read_window
from leeboard.stats.sequential import rate_interval
from leeboard.storage import open_store
from leeboard_serving.exporter.latency import EDGES
from leeboard_serving.exporter.shadow.copies import Copy
from leeboard_serving.exporter.shadow.pairs import Dropped, Failure, PairTally
from leeboard_serving.exporter.shadow.targets import Target, parse_targets
from tests.support.states.model_worlds import shadow_world

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
Document = dict[str, Any]


def counted(seed: int, *, copies: int = 50, labels: bool = True) -> tuple[Document, list[tuple[float, float]]]:
    """What an exporter counts of random pairs, and the pairs."""
    generator = np.random.default_rng(seed)
    tally, pairs = PairTally(labels=labels), []
    for n in range(copies):
        champion, challenger = generator.random(2), generator.random(2)
        tally.add(Copy(f"r{n}", 1.0, 0.02, {}, champion, 16), challenger, 0.03)
        pairs += list(zip(champion.tolist(), challenger.tolist(), strict=True))
    tally.failures[Failure.TIMEOUT] += 3
    tally.dropped[Dropped.QUEUE] += 7
    return tally.document(), pairs


def window(minute: int, shadow: Document | None = None, *, requests: int = 100) -> Document:
    """A window of one minute."""
    start = NOW - timedelta(hours=3) + timedelta(minutes=minute)
    document = {
        "contract": 1,
        "model": "late-flights",
        "version": "v1",
        "pod": "late-flights-v1-a",
        "start": start.isoformat(),
        "end": (start + timedelta(minutes=1)).isoformat(),
        "requests": requests,
        "errors": 0,
        "rows": requests,
        "latency": {"edges": EDGES, "counts": [0] * len(EDGES) + [requests]},
    }
    return document | ({"shadow": shadow} if shadow else {})


def read(document: Document) -> Window:
    return read_window(json.loads(json.dumps(document)))


def test_pairs_of_all_windows_are_told_with_intervals() -> None:
    documents, pairs = zip(*(counted(seed, copies=200) for seed in range(4)), strict=True)
    windows = [read(window(n, {"v2": one})) for n, one in enumerate(documents)]
    row = Comparison.of([*windows, read(window(9))], "v2").described("v2", NOW)
    every = np.array([pair for part in pairs for pair in part])
    before, after = every[:, 0] >= 0.5, every[:, 1] >= 0.5
    flipped = int((before != after).sum())
    low, high = rate_interval(flipped, 1600, 0.05)
    assert (row["copies"], row["pairs"], row["failures"], row["championRequests"]) == (812, 1600, 12, 500)
    assert (row["failed"], row["dropped"]) == ({"Timeout": 12}, {"Queue": 28})
    assert row["flips"] == {
        "bothNegative": int((~before & ~after).sum()),
        "toPositive": int((~before & after).sum()),
        "toNegative": int((before & ~after).sum()),
        "bothPositive": int((before & after).sum()),
    }
    found = {end: float(value) for end, value in row["disagreement"].items()}
    assert found == pytest.approx({"value": flipped / 1600, "low": low, "high": high}, rel=1e-4)
    moved = every[:, 1] - every[:, 0]
    assert float(row["scoreDifference"]["mean"]) == pytest.approx(moved.mean(), rel=1e-4)
    assert float(row["scoreDifference"]["std"]) == pytest.approx(moved.std(), rel=1e-4)
    assert float(row["latencyP99"]["high"]) >= 30 >= float(row["championLatencyP99"]["value"])
    assert row["since"] == "2026-03-02T12:00:00.000Z"


def test_without_copies_there_are_counts_and_no_shares() -> None:
    row = Comparison.of([read(window(0))], "v2").described("v2", NOW)
    assert row == {
        "name": "v2",
        "since": "2026-03-02T12:00:00.000Z",
        "championRequests": 100,
        "copies": 0,
        "failures": 0,
        "failed": {},
        "dropped": {},
        "pairs": 0,
    }


def test_merged_windows_tell_the_same() -> None:
    documents = [window(n, {"v2": counted(n)[0]} | ({"v3": counted(n + 50)[0]} if n > 2 else {})) for n in range(6)]
    parts = [
        part_of("windows", f"pod/{n}.json.gz", gzip.compress(json.dumps(one).encode()))
        for n, one in enumerate(documents)
    ]
    head = parse_head(merged_file("windows", parts))
    assert len(head.windows) == 2  # those with one challenger, and those with two
    for name in ("v2", "v3"):
        apart = Comparison.of(map(read, documents), name).described(name, NOW)
        assert Comparison.of(head.windows, name).described(name, NOW) == apart


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("copies",), -1),
        (("pairs",), "many"),
        (("failures",), {"Timeout": 10**6}),
        (("failures",), None),
        (("flips",), {"toPositive": 1}),
        (("difference", "counts"), [1]),
        (("difference", "sum"), float("inf")),
        (("latency", "edges"), None),
    ],
    ids=str,
)
def test_what_an_exporter_cannot_have_written_is_no_window(place: tuple[str, ...], value: Any) -> None:
    document = deepcopy(counted(1)[0])
    part = document
    for name in place[:-1]:
        part = part[name]
    part[place[-1]] = value
    with pytest.raises(ValueError, match=r"."):
        read_window(json.loads(json.dumps(window(0, {"v2": document}))))


def test_more_challengers_than_there_can_be_are_no_window() -> None:
    with pytest.raises(ValueError, match="challengers in one window"):
        read(window(0, {f"v{n}": counted(1)[0] for n in range(17)}))


def test_exporters_are_told_and_pairs_are_read_since_the_comparison_began(tmp_path: Any) -> None:
    world = shadow_world(shadow={"percent": 20, "maxRequestsPerSecond": 7})
    model = Model.parse(world.model)
    champion, (challenger,) = model.status.champion, model.status.challengers
    assert champion is not None and challenger.compared_since is not None
    now = challenger.compared_since + timedelta(hours=1)
    folder = tmp_path / "observations/v1/windows/pod"
    folder.mkdir(parents=True)
    for minutes in (-5, 5):
        start = challenger.compared_since + timedelta(minutes=minutes)
        end = start + timedelta(minutes=1)
        document = window(0, {"v2": counted(1)[0]}) | {"start": start.isoformat(), "end": end.isoformat()}
        name = f"{int(start.timestamp() * 1000)}-{int(end.timestamp() * 1000)}.json.gz"
        (folder / name).write_bytes(gzip.compress(json.dumps(document).encode()))
    store = open_store(f"file://{tmp_path}/", environment={})
    observations = Observations(store, task="BinaryClassification", positive_class="1", count=lambda _: None)
    (row,) = compared(observations, model, champion, now)["challengers"]
    assert (row["name"], row["copies"]) == ("v2", 53)
    told = parse_targets((tmp_path / "observations/v1/shadow.json").read_bytes(), "v1", now.timestamp())
    assert told.targets == (Target("v2", 20, 7),)
    assert told.until == (now + timedelta(minutes=10)).timestamp()


def pair_file(rows: list[tuple[str, str, float, float]], at: datetime) -> bytes:
    """As an exporter writes it: id, challenger and both scores."""
    lines = ["id,time,challenger,champion_score,challenger_score"]
    lines += [f"{name},{at.isoformat()},{which},{mine},{theirs}" for name, which, mine, theirs in rows]
    return gzip.compress("\n".join(lines).encode())


@pytest.mark.parametrize("merged", [False, True])
def test_labels_tell_which_of_both_is_right(tmp_path: Any, merged: bool) -> None:
    """Labels came at the challenger's pods and at the champion's; one pair has none, and one is of another version."""
    made, came = NOW - timedelta(hours=2), NOW - timedelta(hours=1)
    rows = [(f"r{n}", "v2", 0.9, 0.9 if n % 4 else 0.1) for n in range(200)]
    rows += [("unlabelled", "v2", 0.1, 0.1), ("r0", "v3", 0.1, 0.9)]
    span = f"{int(made.timestamp() * 1000)}-{int(came.timestamp() * 1000)}"
    folder = tmp_path / "observations/v1/pairs"
    (folder / "pod").mkdir(parents=True)
    files = [pair_file(rows[:100], made), pair_file(rows[100:], made)]
    if merged:
        start = int(made.timestamp() * 1000)
        parts = [part_of("pairs", f"pod/{start + n}-{start + n + 1}.csv.gz", one) for n, one in enumerate(files)]
        (folder / "merged").mkdir()
        (folder / "merged" / f"{span}-0123456789abcdef.jsonl.gz").write_bytes(merged_file("pairs", parts))
    else:
        for n, one in enumerate(files):
            (folder / "pod" / f"{int(made.timestamp() * 1000) + n}-{int(came.timestamp() * 1000)}.csv.gz").write_bytes(
                one
            )
    for version, ids in (("v1", range(120)), ("v2", range(120, 200))):
        (tmp_path / f"observations/{version}/feedback/pod").mkdir(parents=True)
        text = "id,time,label\n" + "".join(f"r{n},{came.isoformat()},{1 if n % 10 else 0}\n" for n in ids)
        name = tmp_path / f"observations/{version}/feedback/pod/{span}.csv.gz"
        name.write_bytes(gzip.compress(text.encode()))
    store = open_store(f"file://{tmp_path}/", environment={})
    observations = Observations(store, task="BinaryClassification", positive_class="1", count=lambda _: None)
    since = NOW - timedelta(hours=3)
    feedback, pairs = observations.feedback(["v1", "v2"], since), observations.pairs("v1", since)
    assert len(pairs) == 2
    found = paired_performance(pairs, "v2", feedback, since, NOW, task="BinaryClassification")["accuracy"]
    # the champion says 1 always; the challenger 0 for every fourth, of which every fifth is rightly 0
    assert (found["pairs"], found["onlyChampionWrong"], found["onlyChallengerWrong"]) == (200, 10, 40)
    assert (found["champion"], found["challenger"]) == ("0.9", "0.75")
    assert found["difference"]["value"] == "0.15"
    assert float(found["difference"]["low"]) > 0.02
    assert paired_performance(pairs, "v9", feedback, since, NOW, task="BinaryClassification") == {}
    error = paired_performance(pairs, "v2", feedback, since, NOW, task="Regression")["absoluteError"]
    assert (error["pairs"], error["champion"]) == (200, "0.18")


@pytest.mark.parametrize(
    "text", ["", "id,time\n", "id,time,challenger,champion_score\nr,2026-03-02T10:00:00Z,v2,0.5\n"]
)
def test_a_table_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"absent|not a table"):
        read_pairs(text)


def test_rows_that_are_no_pairs_are_left_out() -> None:
    text = "id,time,challenger,champion_score,challenger_score\n"
    text += "a,2026-03-02T10:00:00Z,v2,0.5,0.6\nb,2026-03-02T10:00:00Z,v2,x,0.6\nc,2026-03-02T10:00:00Z,v2,0.5,\n"
    text += "d,never,v2,0.5,0.6\ne,2026-03-02T10:00:00Z,,0.5,0.6\n,2026-03-02T10:00:00Z,v2,0.5,0.6\n"
    champion, challenger = read_pairs(text).of("v2")
    assert (champion.values.tolist(), challenger.values.tolist()) == ([0.5], [0.6])


def test_nobody_is_told_where_nobody_is_compared(tmp_path: Any) -> None:
    world = shadow_world()
    world.annotate(abort="1")
    world.settle()
    model = Model.parse(world.model)
    store = open_store(f"file://{tmp_path}/", environment={})
    observations = Observations(store, task="BinaryClassification", positive_class="1", count=lambda _: None)
    assert model.status.champion is not None
    assert compared(observations, model, model.status.champion, NOW) == {}
    assert not list(tmp_path.rglob("shadow.json"))
