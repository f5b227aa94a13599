"""Which version is a Model's champion, and which was before it, as its status says."""

from __future__ import annotations

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.controllers.base import Cache, Key
from leeboard.planning.rollout.selection import earlier_champions


def model_and_champion(cache: Cache, namespace: str, name: str) -> tuple[Model | None, ModelVersion | None]:
    """The Model of that name and the version it serves; None where there is none yet."""
    raw = cache.get(Key(Model.KIND, namespace, name))
    if raw is None:
        return None, None
    model = Model.parse(raw)
    if model.status.champion is None:
        return model, None
    champion = cache.get(Key(ModelVersion.KIND, namespace, model.status.champion.name))
    return model, ModelVersion.parse(champion) if champion else None


def champion_before(cache: Cache, namespace: str, model: Model) -> ModelVersion | None:
    """The version that served before the champion; None where nobody remembers one, or it left the registry."""
    for name in earlier_champions(model):
        raw = cache.get(Key(ModelVersion.KIND, namespace, name))
        if raw is not None:
            return ModelVersion.parse(raw)
    return None
