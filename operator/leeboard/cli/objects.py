"""What a command read from the cluster: objects of the four kinds, parsed."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from leeboard.api.base import Resource
from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.training_job import TrainingJob

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster

Raw = dict[str, Any]
Kind = type[Resource[Any, Any]]
K = TypeVar("K", bound=Resource[Any, Any])

KINDS: tuple[Kind, ...] = (Model, ModelVersion, TrainingJob, DriftMonitor)


@dataclass(frozen=True)
class Objects:
    """The objects that were read; kinds that were not asked for are empty. `unreadable` says what was left out."""

    models: tuple[Model, ...] = ()
    versions: tuple[ModelVersion, ...] = ()
    training_jobs: tuple[TrainingJob, ...] = ()
    monitors: tuple[DriftMonitor, ...] = ()
    unreadable: tuple[str, ...] = ()

    def model(self, namespace: str, name: str) -> Model | None:
        """The Model of that name, or None."""
        return _named(self.models, namespace, name)

    def training_job(self, namespace: str, name: str) -> TrainingJob | None:
        """The TrainingJob of that name, or None."""
        return _named(self.training_jobs, namespace, name)

    def monitor(self, namespace: str, name: str) -> DriftMonitor | None:
        """The DriftMonitor of that name, or None."""
        return _named(self.monitors, namespace, name)


async def read(cluster: "Cluster", kinds: Iterable[Kind], namespace: str | None) -> dict[Kind, list[Raw]]:
    """The objects of some kinds as the API server gives them, asked for at the same time.

    Raises CommandError, that of the first kind where there are several, so that the same problem is always told alike.
    """
    kinds = tuple(kinds)
    answers = await asyncio.gather(*(cluster.list_all(kind, namespace) for kind in kinds), return_exceptions=True)
    found: dict[Kind, list[Raw]] = {}
    for kind, answer in zip(kinds, answers, strict=True):
        if isinstance(answer, BaseException):
            raise answer
        found[kind] = answer
    return found


def parsed(raws: Mapping[Kind, Iterable[Raw]]) -> Objects:
    """The objects as types. One that cannot be read, say of a newer Leeboard, hides none of the others."""
    unreadable: list[str] = []
    return Objects(
        models=_parsed(Model, raws, unreadable),
        versions=_parsed(ModelVersion, raws, unreadable),
        training_jobs=_parsed(TrainingJob, raws, unreadable),
        monitors=_parsed(DriftMonitor, raws, unreadable),
        unreadable=tuple(unreadable),
    )


def _parsed(kind: type[K], raws: Mapping[Kind, Iterable[Raw]], unreadable: list[str]) -> tuple[K, ...]:
    found: list[K] = []
    for raw in raws.get(kind, ()):
        try:
            found.append(kind.parse(raw))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            name = f"{kind.KIND} {raw['metadata'].get('namespace', '')}/{raw['metadata']['name']}"
            unreadable.append(f"{name} is left out: {field}: {first['msg']}")
    return tuple(found)


def _named(objects: Iterable[K], namespace: str, name: str) -> K | None:
    return next((one for one in objects if (one.metadata.namespace, one.metadata.name) == (namespace, name)), None)
