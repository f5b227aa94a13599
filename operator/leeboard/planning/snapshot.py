"""What a planner looks at: the primary and its neighbours parsed, its children as the API server gave them."""

from dataclasses import dataclass, field

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.training_job import TrainingJob
from leeboard.planning.plan import Raw
from leeboard.planning.pod_problems import Warnings
from leeboard.planning.settings import Settings


@dataclass(frozen=True)
class TrainingJobSnapshot:
    """A TrainingJob and what bears on it; `versions` are those of its Model, `jobs` and `pods` those it owns.

    `warnings` are Events about Jobs and pods of which nothing else tells why they do not go on.
    """

    job: TrainingJob
    model: Model | None
    champion: ModelVersion | None
    versions: tuple[ModelVersion, ...]
    jobs: tuple[Raw, ...]
    pods: tuple[Raw, ...]
    monitors: tuple[DriftMonitor, ...]
    settings: Settings
    warnings: Warnings = field(default_factory=dict)


@dataclass(frozen=True)
class ModelSnapshot:
    """A Model, its versions, and the Deployments, Services, autoscalers and pods of it, with Events as above.

    `routes` are its routes of the Gateway API. `missing_kinds` are kinds of such that the API server does not know.
    """

    model: Model
    versions: tuple[ModelVersion, ...]
    deployments: tuple[Raw, ...]
    services: tuple[Raw, ...]
    pods: tuple[Raw, ...]
    monitors: tuple[DriftMonitor, ...]
    settings: Settings
    warnings: Warnings = field(default_factory=dict)
    autoscalers: tuple[Raw, ...] = ()
    routes: tuple[Raw, ...] = ()
    missing_kinds: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ModelVersionSnapshot:
    """A ModelVersion and the Model it belongs to."""

    version: ModelVersion
    model: Model | None
    settings: Settings


@dataclass(frozen=True)
class DriftMonitorSnapshot:
    """A DriftMonitor, the Model it watches, the version that serves as its reference, and the champion before that."""

    monitor: DriftMonitor
    model: Model | None
    champion: ModelVersion | None
    settings: Settings
    before: ModelVersion | None = None
