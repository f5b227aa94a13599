"""DriftMonitor: what can be concluded about a champion while no figures of an evaluator are there.

A monitor without figures is Inconclusive and says what it waits for; it never asks for anything.
"""

from datetime import datetime

from leeboard.api.reasons import Reason, explain
from leeboard.planning.conditions import Wanted, set_conditions
from leeboard.planning.plan import Plan, Raw
from leeboard.planning.snapshot import DriftMonitorSnapshot


def plan_drift_monitor(snapshot: DriftMonitorSnapshot, now: datetime) -> Plan:
    """The next status of a monitor. Pure: the same snapshot and moment give the same plan."""
    monitor = snapshot.monitor
    if monitor.metadata.deletion_timestamp is not None:
        return Plan()
    ready = _ready(snapshot)
    before, generation = monitor.status, monitor.metadata.generation
    known = monitor.condition("Ready")
    if known is not None and known.reason == ready.reason and before.observed_generation == generation:
        return Plan()
    status: Raw = before.dump() | {
        "observedGeneration": generation,
        "verdict": "Inconclusive",
        "version": snapshot.champion.metadata.name if snapshot.champion else "",
        "conditions": set_conditions(before.conditions, [ready], generation, now),
    }
    return Plan(status=status)


def _ready(snapshot: DriftMonitorSnapshot) -> Wanted:
    name = snapshot.monitor.spec.model_ref.name
    if snapshot.model is None:
        text = explain(Reason.MODEL_NOT_FOUND, f"there is no Model {name}")
        return Wanted("Ready", "False", Reason.MODEL_NOT_FOUND, text)
    if snapshot.champion is None:
        return Wanted("Ready", "False", Reason.NO_VERSION, explain(Reason.NO_VERSION, f"{name} has no champion"))
    return Wanted("Ready", "True", Reason.INCONCLUSIVE, "there are no figures about the champion yet")
