"""Whatever is merged, whenever it ends, and whoever reads meanwhile: every file counts once."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from leeboard.api.reasons import Reason
from leeboard.evaluator.observations import Observations
from leeboard.evaluator.retention import tidying as module
from leeboard.evaluator.retention.files import HOUR, file_of
from leeboard.evaluator.retention.planner import Keeping
from leeboard.evaluator.retention.tidying import Tidying
from leeboard.storage import StorageError
from tests.unit.evaluator.retention.exporters import Crash, MemoryStore, at, milliseconds, observed, table, window

KEEPING = Keeping(retain=timedelta(days=90), look_back=timedelta(hours=1))
HOURS = 5
SPANS = [(at(start), at(HOURS * 60 + 600)) for start in (0, 67, 130)]
FILES = some.tuples(
    some.sampled_from(["windows", "ledger", "feedback"]), some.sampled_from("abz"), some.integers(0, HOURS * 60 - 1)
)


@pytest.fixture(autouse=True)
def one_at_a_time(monkeypatch):
    """So that a crash falls between two known calls."""
    monkeypatch.setattr(module, "AT_THE_SAME_TIME", 1)


def file(kind, pod, minute):
    if kind == "windows":
        return window(pod, minute, rows=minute % 11, length=2 if minute % 17 == 0 else 1)
    return table(kind, pod, minute, [minute % 9, minute % 4, f"{pod}{minute}"])


def filled(store, files):
    for key, data in (file(*one) for one in files):
        store.objects[key] = (data, at(0))


def tidied(store, now, keeping=KEEPING):
    counted = {"compacted": 0, "expired": 0}

    def count(outcome, number):
        counted[outcome] += number

    Tidying(store, count, lambda: True).tidy(keeping, now)
    return counted


def all_observed(store, reader=None):
    return [observed(store, since, until, observations=reader) for since, until in SPANS]


def reading(store):
    """A reader that remembers what it has read."""
    return Observations(store, task="Regression", positive_class="1", count=lambda _: None)


def crash_at(store, number):
    """End before or after the `number`th call that changes something."""
    calls = []

    def count(verb, _):
        if verb in ("put", "delete"):
            calls.append(verb)
            if len(calls) == number:
                raise Crash

    store.before, store.after = count, count


def calm(store):
    store.before = store.after = lambda verb, key: None


@settings(max_examples=60, deadline=None)
@given(
    early=some.lists(FILES, max_size=25, unique=True),
    late=some.lists(FILES, max_size=8, unique=True),
    crashes=some.lists(some.integers(1, 40), max_size=4),
    again=some.randoms(use_true_random=False),
)
def test_nothing_is_lost_or_counted_twice_whenever_it_ends(early, late, crashes, again):
    """Passes that end anywhere, files that come late, and uploads that are repeated although they had succeeded."""
    store, plain = MemoryStore(), MemoryStore()
    of_store, of_plain = reading(store), reading(plain)
    filled(store, early)
    filled(plain, early)
    wanted = all_observed(plain, of_plain)
    for step, number in enumerate([*crashes, 10**9]):
        crash_at(store, number)
        with contextlib.suppress(Crash):
            tidied(store, at(HOURS * 60 + 300 + step))
        calm(store)
        assert all_observed(store, of_store) == wanted
        if step == 0:
            filled(store, late)
            filled(plain, late)
            wanted = all_observed(plain, of_plain)
        filled(store, [one for one in (*early, *late) if again.random() < 0.2])
        assert all_observed(store, of_store) == wanted
    tidied(store, at(HOURS * 60 + 400))
    assert all_observed(store, of_store) == all_observed(store) == wanted
    groups = {}
    for key in store.objects:
        one = file_of(key)
        assert one is not None
        if not one.is_merged:
            groups.setdefault((one.kind, one.hour), []).append(key)
    assert all(len(keys) == 1 for keys in groups.values())


@settings(max_examples=60, deadline=None)
@given(
    files=some.lists(FILES, min_size=2, max_size=25, unique=True),
    moment=some.integers(0, 60),
    crash=some.integers(1, 60),
    span=some.sampled_from(SPANS),
    warm=some.booleans(),
)
def test_what_is_read_while_files_are_merged_is_what_there_is(files, moment, crash, span, warm):
    """A pass, or a part of one, happens between any two calls of a reader."""
    store, plain = MemoryStore(), MemoryStore()
    filled(store, files)
    filled(plain, files)
    wanted = observed(plain, *span)
    reader = reading(store)
    if warm:
        assert observed(store, *span, observations=reader) == wanted
    calls = []

    def meanwhile(verb, key):
        calls.append(verb)
        if len(calls) == moment:
            crash_at(store, crash)
            with contextlib.suppress(Crash):
                tidied(store, at(HOURS * 60 + 300))
            calm(store)

    store.before = store.after = meanwhile
    assert observed(store, *span, observations=reader) == wanted
    calm(store)
    assert observed(store, *span, observations=reader) == wanted


def test_two_processes_that_merge_at_the_same_time_do_no_harm():
    """They may see other files, and then name some of them both."""
    files = [("windows", pod, minute) for pod in "abz" for minute in range(20)]
    rest = [("windows", "c", minute) for minute in range(20)]
    store, plain = MemoryStore(), MemoryStore()
    filled(store, files)
    filled(plain, [*files, *rest])
    other = MemoryStore()
    other.objects = dict(store.objects)
    filled(other, rest)
    for one in (store, other):
        tidied(one, at(HOURS * 60 + 300))
    store.objects |= other.objects
    assert len(store.objects) == 2
    assert all_observed(store) == all_observed(plain)


def test_an_hour_becomes_a_file_of_each_kind_and_the_newest_hours_stay():
    store = MemoryStore()
    kinds = ("windows", "ledger", "feedback")
    filled(store, [(kind, pod, minute) for kind in kinds for pod in "ab" for minute in range(120)])
    assert tidied(store, at(60 + 59))["compacted"] == 0
    assert tidied(store, at(60 + 60)) == {"compacted": 3 * 120, "expired": 0}
    merged = [one for one in map(file_of, store.objects) if one.is_merged]
    assert sorted((one.kind, one.hour) for one in merged) == [
        (kind, milliseconds(at(0)) // HOUR) for kind in sorted(kinds)
    ]
    assert len(store.objects) == 3 + 3 * 120
    assert tidied(store, at(60 + 61))["compacted"] == 0


def test_what_cannot_be_read_stays_as_it_is_and_spoils_no_others():
    store = MemoryStore()
    filled(store, [("windows", "a", minute) for minute in range(4)])
    broken, _ = window("b", 2)
    store.objects[broken] = (b"nonsense", at(0))
    foreign = {"observations/v1/windows/note.txt": (b"x", at(0)), "observations/v1/other/a/1-2.json.gz": (b"x", at(0))}
    store.objects |= foreign
    assert tidied(store, at(600))["compacted"] == 4
    assert broken in store.objects
    assert store.objects.items() >= foreign.items()


def test_what_has_expired_is_removed_and_nothing_else():
    store = MemoryStore()
    filled(store, [(kind, "a", minute) for kind in ("windows", "ledger", "feedback") for minute in (0, 1, 58)])
    old, new = "observations/v1/reports/m/newest.html", "observations/v1/reports/m/abc.html"
    others = (
        "reference.parquet",
        "observations/v1/reports/m/x.txt",
        "observations/v1/windows/a/1-2.json",
        "observations/x",
    )
    for key in (old, new, *others):
        store.objects[key] = (b"", at(0) if key != new else at(60 * 24 * 8))
    keeping = Keeping(retain=timedelta(days=2), look_back=timedelta(hours=1))
    now = at(60 * 24 * 2 + 30)
    assert tidied(store, now, keeping)["expired"] == 2 * 2 + 1
    assert old not in store.objects
    assert {new, *others} <= set(store.objects)
    assert sum("/windows/" in key for key in store.objects) == 2
    later = at(60 * 24 * 8)
    tidied(store, later, keeping)
    assert [key for key in store.objects if "ledger" in key or "/windows/a" in key] == [others[2]]


def test_a_pass_is_bounded_and_the_next_one_goes_on(monkeypatch):
    monkeypatch.setattr(module, "MOST_AT_ONCE", 50)
    store, plain = MemoryStore(), MemoryStore()
    files = [("windows", pod, minute) for pod in "ab" for minute in range(180)]
    filled(store, files)
    filled(plain, files)
    counted = []
    passing = Tidying(store, lambda outcome, number: counted.append(number), lambda: True)
    passes = 0
    while not passing.tidy(KEEPING, at(600)):
        passes += 1
        assert len(counted) <= 50 * passes
        assert passes < 50
    assert len(counted) == 360
    assert all_observed(store) == all_observed(plain)


def test_it_stops_where_it_may_not_go_on():
    store = MemoryStore()
    filled(store, [("windows", "a", minute) for minute in range(30)])
    answers = iter([True] * 10 + [False] * 100)
    assert Tidying(store, lambda *_: None, lambda: next(answers)).tidy(KEEPING, at(600)) is False
    assert len(store.objects) == 30


def test_what_storage_refuses_is_raised():
    store = MemoryStore()
    filled(store, [("windows", "a", minute) for minute in range(3)])

    def refuse(verb, key):
        if verb == "delete":
            raise StorageError(Reason.STORAGE_FORBIDDEN, key)

    store.before = refuse
    with pytest.raises(StorageError):
        tidied(store, at(600))
    calm(store)
    plain = MemoryStore()
    filled(plain, [("windows", "a", minute) for minute in range(3)])
    assert all_observed(store) == all_observed(plain)


def test_the_order_of_a_listing_means_nothing():
    files = [("windows", pod, minute) for pod in "abz" for minute in range(30)]
    first, second = MemoryStore(), MemoryStore()
    filled(first, files)
    filled(second, sorted(files, key=lambda one: (one[2] % 7, one)))
    for one in (first, second):
        tidied(one, at(600))
    assert first.objects == second.objects
