"""The self-test of a monitor: how often it alarms without a reason, what it finds, and how soon."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import pandas as pd

from leeboard.api.drift_monitor import DriftMonitorSpec
from leeboard.api.durations import parse_duration
from leeboard.api.reasons import Reason
from leeboard.evaluator.columns import EVENT_TIMESTAMP, as_served, inputs_of
from leeboard.evaluator.drift_figures import Profile, Reference
from leeboard.evaluator.event_times import EventTimes, Seconds, event_seconds
from leeboard.evaluator.failures import EvaluationError
from leeboard.evaluator.profile import make_profile
from leeboard.evaluator.segments import Scored, add_segments
from leeboard.evaluator.selftest.changes import CHANGES, Change
from leeboard.evaluator.selftest.replay import Replay
from leeboard.stats.segments import MOST_SEGMENT_INPUTS

REFERENCE_SHARE = 0.6
MOST_LOOKS, MOST_INPUTS, STARTS = 400, 20, 5
SEED = 0
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Found:
    """One change, tried in some inputs one by one: how often it was found, and after how many evaluations, the median.

    `missed` are the inputs in which it never was.
    """

    change: str
    inputs: int
    tried: int
    found: int
    evaluations: float | None
    missed: tuple[str, ...] = ()

    @property
    def power(self) -> float:
        """The share that was found."""
        return self.found / self.tried


@dataclass(frozen=True)
class Segments:
    """By an input: how many of its values have rows enough in what was learned from, or why none can have."""

    feature: str
    values: int
    refused: str = ""


@dataclass(frozen=True)
class SelfTest:
    """`alarms` counts separate stretches of drift in `looks` evaluations of rows that were held out, `windows` long in
    lengths of a window; `declared` is how many the budget allows in that time. `not_compared` of the evaluations are of
    seasons of which too few rows were learned from. `segments` are those that checks look by."""

    reference_rows: int
    window_rows: int
    every: timedelta
    alpha: float
    looks: int
    windows: float
    alarms: int
    declared: float
    alarmed: dict[str, int] = field(default_factory=dict)
    changes: tuple[Found, ...] = ()
    left_out: tuple[str, ...] = ()
    not_compared: int = 0
    segments: tuple[Segments, ...] = ()


def self_test(spec: DriftMonitorSpec, table: pd.DataFrame, rows: int, tell: Tell = lambda _: None) -> SelfTest:
    """Replay a reference, its rows in the order of time: learn from the first part, look at the rest.

    `rows` is how many a window holds. Raises EvaluationError (BadData) where the table is too short or does not say
    when its rows were although the monitor compares by season, or the monitor has no check of inputs.
    """
    times = _times(spec, table)
    inputs = inputs_of(table)
    served = as_served(table, inputs)
    cut = int(REFERENCE_SHARE * len(served))
    if cut < rows or len(served) - cut < rows:
        text = (
            f"{len(served)} rows are too few for windows of {rows}: {int(rows / (1 - REFERENCE_SHARE)) + 1} are needed"
        )
        raise EvaluationError(Reason.BAD_DATA, text)
    tell(f"counting {cut} rows of {len(inputs)} inputs")
    learned = None if times is None else EventTimes(times[:cut], times[:cut])
    document = make_profile(served.iloc[:cut], inputs, np.zeros(cut), "prediction", times=learned)
    asked = list(dict.fromkeys(check.by for check in spec.checks if check.by is not None))[:MOST_SEGMENT_INPUTS]
    add_segments(document, served.iloc[:cut], inputs, asked, Scored(np.zeros(cut), np.ones(cut, dtype=np.bool_)))
    profile = Profile.of(document)
    every, length = parse_duration(spec.window.every), parse_duration(spec.window.length)
    step = max(1, round(rows * (every / length)))
    held_out = None if times is None else times[cut:]
    replay = Replay.of(spec, profile, served.iloc[cut:], inputs, rows=rows, step=step, times=held_out)
    if not replay.spec.checks or not replay.profile.features:
        raise EvaluationError(Reason.BAD_DATA, "the monitor has no check that looks at an input of this table")
    alarms, alarmed, looks, windows = _false_alarms(replay, tell)
    return SelfTest(
        reference_rows=cut, window_rows=rows, every=every, alpha=replay.alpha, looks=looks, windows=windows,
        alarms=alarms, declared=spec.false_alarms.budget * windows * (length / parse_duration(spec.false_alarms.per)),
        alarmed=alarmed, changes=tuple(_changes(replay, tell)),
        left_out=tuple(sorted({check.type for check in spec.checks} - {check.type for check in replay.spec.checks})),
        not_compared=sum(not replay.is_compared(look) for look in range(looks)),
        segments=tuple(Segments(one.feature, len(one.values), one.refused) for one in profile.segments),
    )  # fmt: skip


def _times(spec: DriftMonitorSpec, table: pd.DataFrame) -> Seconds | None:
    """When each row was, where the monitor compares by season."""
    if spec.reference.season is None:
        return None
    if EVENT_TIMESTAMP not in table.columns:
        text = f"the monitor compares by {spec.reference.season}, and the table has no column {EVENT_TIMESTAMP}"
        raise EvaluationError(Reason.BAD_DATA, text)
    return event_seconds(table[EVENT_TIMESTAMP])


def _false_alarms(replay: Replay, tell: Tell) -> tuple[int, dict[str, int], int, float]:
    """Separate stretches of drift, the looks with drift by check and input, all looks, and the windows they cover."""
    looks = range(min(replay.looks, MOST_LOOKS))
    alarms, before, alarmed = 0, False, dict[str, int]()
    for look in looks:
        tell(f"evaluation {look + 1} of {len(looks)} without drift")
        drifted = replay.drifted(replay.window(look), look)
        alarms += bool(drifted) and not before
        before = bool(drifted)
        for one in drifted:
            name = f"{one.finding.check} {one.finding.subject}"
            alarmed[name] = alarmed.get(name, 0) + 1
    windows = (replay.rows + (len(looks) - 1) * replay.step) / replay.rows
    return alarms, dict(sorted(alarmed.items(), key=lambda pair: (-pair[1], pair[0]))), len(looks), windows


def _changes(replay: Replay, tell: Tell) -> list[Found]:
    found = []
    for change in CHANGES:
        features = [one for one in replay.profile.features if change.kind in {None, one.distribution.bins.kind}]
        # evenly over all of them, where they are many
        chosen = [
            features[i]
            for i in sorted({*np.linspace(0, len(features) - 1, min(len(features), MOST_INPUTS), dtype=int)})
        ]
        if not chosen:
            continue
        delays: list[int | None] = []
        missed = []
        for number, feature in enumerate(chosen):
            tell(f"{change.name}: {number + 1} of {len(chosen)} inputs")
            of_one = [_delay(replay, feature, change, start) for start in _starts(replay)]
            delays += of_one
            if all(one is None for one in of_one):
                missed.append(feature.distribution.name)
        known = [one for one in delays if one is not None]
        middle = statistics.median(known) if known else None
        found.append(Found(change.name, len(chosen), len(delays), len(known), middle, tuple(missed)))
    return found


def _starts(replay: Replay) -> list[int]:
    """Looks at which a change begins, spread over what was held out."""
    last = max(0, replay.looks - 1)
    return sorted({int(one) for one in np.linspace(0, last, STARTS)})


def _delay(replay: Replay, reference: Reference, change: Change, start: int) -> int | None:
    """After how many evaluations the change is found; None where it is not even once it fills the window.

    Rows change from the end of the window on: with every evaluation a step more of them. What drifted before is no
    find.
    """
    name, generator = reference.distribution.name, np.random.default_rng(SEED)
    begin = start * replay.step
    values = replay.columns[name][begin : begin + replay.rows]
    if replay.drifted({name: values}, start):
        return None
    changed = change.make(values, reference.distribution.std or 0.0, generator)
    steps = -(-replay.rows // replay.step)
    for evaluation in range(1, steps + 1):
        kept = max(0, replay.rows - evaluation * replay.step)
        mixed = np.concatenate([values[:kept], changed[kept:]])
        if replay.drifted({name: mixed}, start):
            return evaluation
    return None
