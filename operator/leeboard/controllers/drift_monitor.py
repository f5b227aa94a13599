"""DriftMonitor: from the evaluator's figures to a verdict, and from a verdict to what is asked of others."""

from __future__ import annotations

from collections.abc import Iterable

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.controllers.base import Cache, Controller, Look, model_of, namespace_of
from leeboard.controllers.champion import champion_before, model_and_champion
from leeboard.controllers.lookup import of_model
from leeboard.planning.drift_monitor import plan_drift_monitor
from leeboard.planning.plan import Plan, Raw
from leeboard.planning.settings import Settings
from leeboard.planning.snapshot import DriftMonitorSnapshot


def observe(live: Raw, cache: Cache, settings: Settings) -> DriftMonitorSnapshot:
    """The monitor, its Model, the version that serves as reference, and the champion before."""
    model, champion = model_and_champion(cache, namespace_of(live), model_of(live))
    return DriftMonitorSnapshot(
        monitor=DriftMonitor.parse(live),
        model=model,
        champion=champion,
        settings=settings,
        before=champion_before(cache, namespace_of(live), model) if model is not None else None,
    )


def wakes(changed: Raw, cache: Cache) -> Iterable[str]:
    """A new champion is a new reference."""
    if changed["kind"] == Model.KIND:
        model = changed["metadata"]["name"]
    elif changed["kind"] == ModelVersion.KIND:
        model = model_of(changed)
    else:
        return []
    monitors = of_model(cache, DriftMonitor.KIND, namespace_of(changed), model)
    return [raw["metadata"]["name"] for raw in monitors]


def rests_on(live: Raw, plan: Plan, cache: Cache) -> Iterable[Look]:
    """An episode is one of the champion."""
    return [Look(Model.KIND, namespace_of(live), model_of(live))] if plan.decides else []


CONTROLLER = Controller(DriftMonitor.KIND, observe, plan_drift_monitor, wakes, rests_on)
