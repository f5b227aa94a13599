"""What is kept of the files that exporters leave: no more than there is room for, and none that nobody asks for."""

import gzip
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leeboard.evaluator.file_cache import IDLE_SECONDS, OF_A_KEY, Cache, Files
from leeboard.evaluator.packed import Packed
from leeboard.evaluator.windows import parse_window
from leeboard.stats.distributions import Bins, count_values
from leeboard.stats.hyper_log_log import HIGHEST
from leeboard.storage import Entry
from leeboard.storage.file import FileStore

SIZE = 100


class Text(str):
    __slots__ = ()
    bytes = SIZE


class Reading:
    """Files in a cache whose clock is moved by hand; `read` names those that were parsed."""

    def __init__(self, root, most):
        self.now = 0.0
        self.read, self.counted = [], []
        self.cache = Cache(most * (SIZE + OF_A_KEY), clock=lambda: self.now)
        for name in "abcde":
            (root / name).write_text(name)
        self.files = Files(FileStore(root), self.parse, self.cache, self.counted.append)

    def parse(self, data):
        self.read.append(data.decode())
        if data == b"d":
            raise ValueError("unreadable")
        return Text(data.decode())

    def get(self, name, etag="1"):
        return self.files.get(Entry(name, 1, etag))


@pytest.fixture
def reading(tmp_path):
    return Reading(tmp_path, most=2)


def test_a_file_is_read_once_while_it_is_asked_for(reading):
    assert [reading.get("a"), reading.get("a")] == ["a", "a"]
    assert [reading.get("d"), reading.get("d")] == [None, None]
    assert (reading.read, reading.counted) == (["a", "d"], ["read", "unreadable"])


def test_a_file_that_changed_is_read_again(reading):
    reading.get("a")
    reading.get("a", etag="2")
    assert reading.read == ["a", "a"]


def test_files_without_room_are_read_again_and_cost_the_others_nothing(reading):
    for _ in range(3):
        assert [reading.get(name) for name in "abc"] == ["a", "b", "c"]
    assert reading.read == ["a", "b", "c", "c", "c"]
    assert reading.cache.bytes <= reading.cache.most_bytes


def test_what_nobody_asks_for_is_forgotten_and_leaves_room(reading):
    for moment, name in ((0, "a"), (0, "b"), (IDLE_SECONDS / 2, "b"), (IDLE_SECONDS + 1, "c")):
        reading.now = moment
        reading.get(name)
    for name in "bca":
        reading.get(name)
    assert reading.read == ["a", "b", "c", "a"]


def test_models_share_the_room_and_no_files(tmp_path, reading):
    other = Files(FileStore(tmp_path), reading.parse, reading.cache, reading.counted.append)
    for files in (reading.files, other):
        files.get(Entry("a", 1, "1"))
    assert reading.read == ["a", "a"]
    other.get(Entry("b", 1, "1"))
    other.get(Entry("b", 1, "1"))
    assert reading.read == ["a", "a", "b", "b"]


counts = st.lists(st.integers(0, 1 << 62) | st.integers(0, 300), min_size=1, max_size=5)
numbers = st.floats(-1e150, 1e150)
registers = st.integers(1, HIGHEST).flatmap(lambda most: st.lists(st.integers(0, most), min_size=256, max_size=256))
extents = st.none() | st.tuples(registers, st.none() | st.lists(numbers, min_size=2, max_size=2).map(sorted))


def told(extent):
    """As a window that was read has it."""
    if extent is None:
        return {}
    ranks, ends = extent
    found = {"hyperLogLog": np.array(ranks, dtype=np.uint8)}
    return found if ends is None else {"minimum": ends[0], "maximum": ends[1], **found}


one = st.builds(
    lambda name, counts, missing, infinite, total, squares, extent: {
        "name": name, "counts": np.array(counts), "missing": missing, "infinite": infinite, "sum": total,
        "sumOfSquares": squares, **told(extent),
    },
    st.text(max_size=4), counts, st.integers(0, 1 << 62), st.integers(0, 9), numbers, numbers, extents,
)  # fmt: skip


def plain(raw):
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in raw.items()}


@given(st.lists(one, max_size=5))
def test_packed_distributions_are_what_they_were(distributions):
    packed = Packed(distributions)
    expected = [plain(raw) for raw in distributions]
    assert [plain(raw) for raw in packed] == expected
    assert [plain(packed[number]) for number in range(len(packed))] == expected
    assert [plain(raw) for raw in packed[1:]] == expected[1:]
    for raw in packed:
        total = np.zeros(len(raw["counts"]), dtype=np.int64)
        total += raw["counts"]
        assert total.tolist() == raw["counts"].tolist()


def test_a_window_takes_little_more_than_its_counts():
    features = [{"name": f"x{n}", "counts": [3] * 120} for n in range(20)]
    document = {
        "contract": 1, "pod": "a", "start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:01:00Z", "requests": 360,
        "errors": 0, "rows": 360, "features": features, "prediction": features[0],
    }  # fmt: skip
    window = parse_window(gzip.compress(json.dumps(document).encode()))
    assert window.bytes < 20 * 120 + 20 * 40 + 2000
    assert window.prediction["counts"].tolist() == [3] * 120
    extent = count_values("x", Bins("Numeric"), np.arange(1000.0)).extent
    document["features"] = [one | extent.document() for one in features]
    with_extents = parse_window(gzip.compress(json.dumps(document).encode()))
    assert window.bytes < with_extents.bytes < window.bytes + 20 * (128 + 20)
    for one in with_extents.features:
        assert (one["minimum"], one["maximum"]) == (0, 999)
        assert one["hyperLogLog"].tolist() == extent.distinct.registers.tolist()
