"""What only the queue knows, read from it at a scrape: how long work has been going on, and what is still undone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import Metric
from prometheus_client.registry import Collector

from leeboard.controllers.base import Key
from leeboard.engine.workqueue import WorkQueue
from leeboard.observability.families import Family

UNFINISHED = Family(
    "workqueue_unfinished_work_seconds",
    "gauge",
    "Seconds of work that is in progress and in no work_duration yet, added up.",
    ("name",),
)
LONGEST = Family(
    "workqueue_longest_running_processor_seconds",
    "gauge",
    "For how many seconds the longest running reconcile has been running.",
    ("name",),
)
OLDEST = Family(
    "leeboard_oldest_unprocessed_change_seconds",
    "gauge",
    "Age of the oldest change that was observed and has not been reconciled with success since, through all back-offs.",
    ("controller",),
)
FAMILIES = (UNFINISHED, LONGEST, OLDEST)


class QueueMetrics(Collector):
    """Of one queue. The event loop collects it: the queue's times are the loop's."""

    def __init__(self, queue: WorkQueue[Key], kinds: Iterable[str]) -> None:
        self._queue = queue
        self._kinds = tuple(kinds)

    def describe(self) -> Iterable[Metric]:
        """The families without samples: outside of the loop there is no time to collect at."""
        return [family.values() for family in FAMILIES]

    def collect(self) -> Iterator[Metric]:
        """The families; see prometheus_client's Collector."""
        working, undone = self._of_kinds(self._queue.working()), self._of_kinds(self._queue.unprocessed())
        figures = (
            (UNFINISHED, {kind: sum(ages) for kind, ages in working.items()}),
            (LONGEST, {kind: max(ages, default=0.0) for kind, ages in working.items()}),
            (OLDEST, {kind: max(ages, default=0.0) for kind, ages in undone.items()}),
        )
        for family, values in figures:
            shown = family.values()
            for kind, value in values.items():
                shown.add_metric([kind.lower()], value)
            yield shown

    def _of_kinds(self, ages: Mapping[Key, float]) -> dict[str, list[float]]:
        grouped: dict[str, list[float]] = {kind: [] for kind in self._kinds}
        for key, age in ages.items():
            grouped[key.kind].append(age)
        return grouped
