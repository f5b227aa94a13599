"""Of which pods windows come: what tells an exporter that cannot write from a pod that is gone."""

from datetime import timedelta

from leeboard.evaluator import observations
from leeboard.evaluator.observations import Observations
from tests.unit.evaluator.retention.exporters import BASE, MemoryStore, milliseconds, window


def test_pods_are_told_of_which_a_window_came_that_is_not_late():
    """The interval is told by the longest window: the last one of a pod that went is short."""
    until = BASE + timedelta(hours=1)
    store = MemoryStore()
    files = [window("a", 58), window("b", 56), window("c", 53), window("d", 54), window("gone", 30)]
    _, data = window("short", 58)
    span = f"{milliseconds(until) - 3000}-{milliseconds(until)}"
    files.append((f"observations/v1/windows/short/{span}.json.gz", data))
    for name, content in files:
        store.put(name, content)
    reader = Observations(store, task="Regression", positive_class="1", count=lambda _: None)
    seen = reader.windows("v1", BASE, until)
    told = seen.figures(BASE, 0, until)["windows"]
    assert told["seconds"] == "3"
    assert told["heard"] == {"since": "2026-01-05T00:55:00.000Z", "pods": ["a", "b", "d", "short"]}


def test_of_too_many_pods_none_is_named(monkeypatch):
    monkeypatch.setattr(observations, "MOST_PODS", 2)
    store, until = MemoryStore(), BASE + timedelta(hours=1)
    for pod in "abc":
        store.put(*window(pod, 59))
    seen = Observations(store, task="Regression", positive_class="1", count=lambda _: None).windows("v1", BASE, until)
    assert "heard" not in seen.figures(BASE, 0, until)["windows"]
