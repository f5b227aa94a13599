"""ModelVersion: gates and approval, against the promotion rule of its Model."""

from __future__ import annotations

from collections.abc import Iterable

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.controllers.base import Cache, Controller, Key, Look, model_of, namespace_of
from leeboard.controllers.lookup import of_model
from leeboard.planning.model_version import plan_model_version
from leeboard.planning.plan import Plan, Raw
from leeboard.planning.settings import Settings
from leeboard.planning.snapshot import ModelVersionSnapshot


def observe(live: Raw, cache: Cache, settings: Settings) -> ModelVersionSnapshot:
    """The version and its Model."""
    model = cache.get(Key(Model.KIND, namespace_of(live), model_of(live)))
    return ModelVersionSnapshot(
        version=ModelVersion.parse(live), model=Model.parse(model) if model else None, settings=settings
    )


def wakes(changed: Raw, cache: Cache) -> Iterable[str]:
    """A Model's rule or champion decides about its versions."""
    if changed["kind"] != Model.KIND:
        return []
    versions = of_model(cache, ModelVersion.KIND, namespace_of(changed), changed["metadata"]["name"])
    return [raw["metadata"]["name"] for raw in versions]


def rests_on(live: Raw, plan: Plan, cache: Cache) -> Iterable[Look]:
    """Gates are decided once, and by who is champion."""
    return [Look(Model.KIND, namespace_of(live), model_of(live))] if plan.decides else []


CONTROLLER = Controller(ModelVersion.KIND, observe, plan_model_version, wakes, rests_on)
