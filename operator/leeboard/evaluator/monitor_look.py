"""One look of a DriftMonitor at its champion: what was observed in the window, and the figures of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.durations import parse_duration
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.evaluator.drift_figures import Observed, Profile
from leeboard.evaluator.figures import written
from leeboard.evaluator.labels import Joined, Rows, arrivals, joined, ledger_reach
from leeboard.evaluator.monitor_figures import monitor_figures
from leeboard.evaluator.observations import Observations
from leeboard.evaluator.performance_figures import delay_figures
from leeboard.evaluator.segment_figures import Segmented
from leeboard.evaluator.skew import skew_figures
from leeboard.evaluator.windows import Window

Raw = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Found:
    """`figures` as `status.evaluation` has them, and what they are of: counts, within segments too, windows, and the
    labels that came."""

    figures: Raw
    observed: Observed
    segmented: tuple[Segmented, ...]
    windows: Sequence[Window]
    feedback: Sequence[Rows]


@dataclass(frozen=True, eq=False)
class MonitorLook:
    """A monitor, its Model, the champion with its reference, and where its observations are, at one moment."""

    monitor: DriftMonitor
    model: Model
    version: ModelVersion
    profile: Profile
    observations: Observations
    now: datetime

    @property
    def start(self) -> datetime:
        """Of the window."""
        return self.now - parse_duration(self.monitor.spec.window.length)

    def figures(self, kpis: Raw) -> Found:
        """Read the window and measure it; `kpis` are figures that were had elsewhere. Raises StorageError."""
        spec, name, start = self.monitor.spec, self.version.metadata.name, self.start
        seen = self.observations.windows(name, start, self.now)
        feedback, labelled = self._labels()
        task = self.model.spec.prediction.task
        monitored = monitor_figures(spec, task, self.version, self.profile, seen.windows, labelled=labelled)
        champion = self.model.status.champion
        figures = {
            "window": {"start": written(start), "end": written(self.now)},
            **_coming(self.model, seen.windows),
            **kpis,
            **monitored.raw,
            **skew_figures(self.observations, spec, self.model, name, self.profile, since=start),
            **seen.figures(champion.since if champion else start, monitored.observed.unfit, self.now),
            "labels": self._label_figures(feedback, labelled),
        }
        return Found(figures, monitored.observed, monitored.segmented, seen.windows, feedback)

    def _labels(self) -> tuple[list[Rows], Joined]:
        """Labels that came at any version's pods, and the champion's predictions that they belong to."""
        status, name = self.model.status, self.version.metadata.name
        places = (status.candidate, status.draining, *status.challengers)
        others = [one.name for one in places if one is not None and one.name != name]
        feedback = self.observations.feedback([name, *others], self.start)
        reach = ledger_reach(parse_duration(self.model.spec.prediction.label_delay))
        ledger = self.observations.ledger(name, self.start - reach) if feedback else []
        return feedback, joined(ledger, feedback, self.start, self.now)

    def _label_figures(self, feedback: Sequence[Rows], labelled: Joined) -> Raw:
        arrived, newest = arrivals(feedback, self.start, self.now)
        known = {"newest": written(newest)} if newest else {}
        return {"arrived": arrived, "rows": len(labelled.truth)} | known | delay_figures(labelled.delays)


def _coming(model: Model, windows: Sequence[Window]) -> Raw:
    """Since when the champion serves, and until when rows came."""
    champion = model.status.champion
    newest = max((one.rows_until for one in windows if one.rows_until is not None), default=None)
    known = {"servingSince": champion.since if champion else None, "newestRows": newest}
    return {name: written(moment) for name, moment in known.items() if moment is not None}
