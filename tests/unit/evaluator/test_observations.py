"""What is kept of the files that exporters leave: no more than a number of them, and none that nobody asks for."""

import pytest

from leeboard.evaluator.file_cache import IDLE_SECONDS, Cache
from leeboard.storage import Entry
from leeboard.storage.file import FileStore


class Reading:
    """A cache over files, whose clock is moved by hand; `read` names the files that were parsed."""

    def __init__(self, root, most):
        self.now = 0.0
        self.read = []
        self.store = FileStore(root)
        self.cache = Cache(most, clock=lambda: self.now)
        for name in "abcd":
            (root / name).write_text(name)

    def get(self, name, etag="1"):
        def parse(data):
            self.read.append(data.decode())
            if data == b"d":
                raise ValueError("unreadable")
            return data.decode()

        return self.cache.get(self.store, Entry(name, 1, etag), parse, lambda _: None)


@pytest.fixture
def reading(tmp_path):
    return Reading(tmp_path, most=2)


def test_a_file_is_read_once_while_it_is_asked_for(reading):
    assert [reading.get("a"), reading.get("a")] == ["a", "a"]
    assert [reading.get("d"), reading.get("d")] == [None, None]
    assert reading.read == ["a", "d"]


def test_a_file_that_changed_is_read_again(reading):
    reading.get("a")
    reading.get("a", etag="2")
    assert reading.read == ["a", "a"]


def test_the_one_that_was_asked_for_longest_ago_makes_room(reading):
    for name in ("a", "b", "a", "c", "a", "b"):
        reading.get(name)
    assert reading.read == ["a", "b", "c", "b"]


def test_what_nobody_asks_for_is_forgotten(tmp_path):
    reading = Reading(tmp_path, most=10)
    reading.get("a")
    reading.now = IDLE_SECONDS / 2
    reading.get("b")
    reading.now = IDLE_SECONDS + 1
    reading.get("c")
    assert [key for key, _ in reading.cache.items] == ["b", "c"]
