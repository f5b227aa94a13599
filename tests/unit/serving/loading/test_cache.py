"""The cache that pods share: nothing in it is believed, nothing of it keeps a pod from its files."""

import logging
import multiprocessing
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from leeboard.storage.digests import digest_of
from leeboard_serving.loading.cache import IN_USE, Cache
from tests.support.small_disk import small_disk

MOST = 1000


class Clock:
    """The time that a test moves, in seconds since 1970; it begins now, as files are made now."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "claim"


@pytest.fixture
def files(tmp_path: Path):
    """Makes a file of so many bytes; returns its digest and itself."""

    def make(letter: str, size: int) -> tuple[str, Path]:
        path = tmp_path / f"{letter}-{size}"
        path.write_bytes(letter.encode() * size)
        return digest_of(path.read_bytes()), path

    return make


def entry(root: Path, digest: str) -> Path:
    return root / "v1" / "sha256" / digest.removeprefix("sha256:")


def kept(root: Path) -> set[str]:
    return {f"sha256:{path.name}" for path in (root / "v1" / "sha256").iterdir()}


def used(root: Path, digest: str, at: float) -> None:
    os.utime(entry(root, digest), (at, at))


def test_what_one_pod_keeps_the_next_takes(root: Path, files, tmp_path: Path) -> None:
    digest, path = files("a", 300)
    target = tmp_path / "new" / "file"
    assert not Cache(root, MOST).take(digest, target)
    assert not target.exists()
    Cache(root, MOST).keep(digest, path)
    assert Cache(root, MOST).take(digest, target)
    assert target.read_bytes() == path.read_bytes()
    assert list((root / "v1" / "incoming").iterdir()) == []


@pytest.mark.parametrize("spoilt", [b"", b"a" * 299, b"b" * 300, b"a" * 301])
def test_a_spoilt_entry_is_removed_and_replaced(root: Path, files, tmp_path: Path, caplog, spoilt: bytes) -> None:
    digest, path = files("a", 300)
    cache, target = Cache(root, MOST), tmp_path / "target"
    cache.keep(digest, path)
    entry(root, digest).write_bytes(spoilt)
    assert not cache.take(digest, target)
    assert not target.exists()
    assert digest_of(spoilt) in caplog.text
    assert kept(root) == set()
    cache.keep(digest, path)
    assert cache.take(digest, target)


def test_neither_a_link_nor_a_pipe_is_read(root: Path, files, tmp_path: Path) -> None:
    cache, target = Cache(root, MOST), tmp_path / "target"
    digest, path = files("a", 300)
    cache.keep(digest, path)
    for place in (lambda: entry(root, digest).symlink_to(path), lambda: os.mkfifo(entry(root, digest))):
        entry(root, digest).unlink()
        place()
        assert not cache.take(digest, target)
        cache.keep(digest, path)
        assert cache.take(digest, target)


def test_what_was_not_used_for_longest_makes_room(root: Path, files, tmp_path: Path) -> None:
    clock = Clock()
    cache = Cache(root, MOST, clock)
    digests = {}
    for letter in "abc":
        digests[letter], path = files(letter, 300)
        cache.keep(digests[letter], path)
        used(root, digests[letter], clock.now - 2 * IN_USE)
    assert cache.take(digests["a"], tmp_path / "target")
    used(root, digests["b"], clock.now - 3 * IN_USE)
    digests["d"], path = files("d", 400)
    cache.keep(digests["d"], path)
    assert kept(root) == {digests[letter] for letter in "acd"}


def test_what_is_in_use_is_never_evicted(root: Path, files) -> None:
    clock = Clock()
    cache = Cache(root, MOST, clock)
    old, path = files("a", 900)
    cache.keep(old, path)
    used(root, old, clock.now - IN_USE + 1)
    new, path = files("b", 200)
    cache.keep(new, path)
    assert kept(root) == {old}
    clock.now += 2
    cache.keep(new, path)
    assert kept(root) == {new}


def test_what_is_larger_than_the_whole_evicts_nothing(root: Path, files) -> None:
    clock = Clock()
    cache = Cache(root, MOST, clock)
    old, path = files("a", 10)
    cache.keep(old, path)
    used(root, old, clock.now - 2 * IN_USE)
    cache.keep(*files("b", MOST + 1))
    assert kept(root) == {old}


def test_what_a_crash_left_is_cleared_away_later(root: Path, files) -> None:
    clock = Clock()
    cache = Cache(root, MOST, clock)
    cache.keep(*files("a", 10))
    left, running = root / "v1" / "incoming" / "left", root / "v1" / "incoming" / "running"
    for path, age in ((left, IN_USE + 1), (running, IN_USE - 1)):
        path.write_bytes(b"half")
        os.utime(path, (clock.now - age, clock.now - age))
    cache.keep(*files("b", 10))
    assert list((root / "v1" / "incoming").iterdir()) == [running]


def test_a_folder_that_cannot_be_used_keeps_nobody(root: Path, files, tmp_path: Path, caplog) -> None:
    root.write_text("no folder")
    digest, path = files("a", 10)
    cache = Cache(root, MOST)
    assert not cache.take(digest, tmp_path / "target")
    cache.keep(digest, path)
    assert "going on without it: Not a directory" in caplog.text


def _at_once(root: Path, sources: list[tuple[str, Path]], out: Path, rounds: int) -> None:
    logging.disable()
    cache = Cache(root, 40_000)
    for number in range(rounds):
        for digest, path in sources:
            target = out / f"{os.getpid()}-{number}"
            if cache.take(digest, target):
                assert digest_of(target.read_bytes()) == digest
            else:
                cache.keep(digest, path)
            # another pod's disk goes bad now and then
            if number % 7 == 3 and entry(root, digest).exists():
                entry(root, digest).with_name(f"{os.getpid()}.spoilt").write_bytes(b"spoilt")
                entry(root, digest).with_name(f"{os.getpid()}.spoilt").replace(entry(root, digest))


def test_many_write_and_read_at_once(root: Path, files, tmp_path: Path) -> None:
    sources = [files(letter, 9_000) for letter in "abcdef"]
    (tmp_path / "out").mkdir()
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_at_once, args=(root, sources, tmp_path / "out", 40)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    assert list((root / "v1" / "incoming").iterdir()) == []


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 256) as mounted:
        yield mounted


def test_a_full_disk_keeps_nobody(disk: Path, files, tmp_path: Path, caplog) -> None:
    clock = Clock()
    cache = Cache(disk, 1 << 30, clock)
    first, path = files("a", 150_000)
    cache.keep(first, path)
    second, path = files("b", 150_000)
    cache.keep(second, path)
    assert kept(disk) == {first}
    used(disk, first, clock.now - 2 * IN_USE)
    cache.keep(second, path)
    assert kept(disk) == {second}
    (disk / "other").write_bytes(b"x" * 60_000)
    used(disk, second, clock.now)
    third, path = files("c", 100_000)
    cache.keep(third, path)
    assert kept(disk) == {second}
    assert cache.take(second, tmp_path / "target")
    assert list((disk / "v1" / "incoming").iterdir()) == []


def test_a_disk_that_says_it_has_room_and_has_none(disk: Path, files, monkeypatch, caplog) -> None:
    real = os.statvfs(disk)
    roomy = os.statvfs_result((*real[:4], 1 << 40, *real[5:]))
    # so does a network file system where a quota is what is used up
    monkeypatch.setattr(os, "statvfs", lambda _: roomy)
    digest, path = files("a", 300_000)
    Cache(disk, 1 << 30).keep(digest, path)
    assert "going on without it: No space left on device" in caplog.text
    assert kept(disk) == set()
    assert list((disk / "v1" / "incoming").iterdir()) == []
