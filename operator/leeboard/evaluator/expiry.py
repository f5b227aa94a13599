"""Deletes files of the request log that are older than their Model keeps them, of every version that wrote some."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from leeboard.api.durations import parse_duration
from leeboard.api.model import Model
from leeboard.api.reasons import Reason
from leeboard.evaluator.failures import EvaluationError
from leeboard.evaluator.file_cache import LARGEST_FILE
from leeboard.evaluator.metrics import EvaluatorMetrics
from leeboard.evaluator.observation_listing import span_of
from leeboard.evaluator.places import Places
from leeboard.evaluator.requests import model_of
from leeboard.kube.errors import KubeError
from leeboard.storage import Entry, StorageError, Store

LOG = logging.getLogger("leeboard.evaluator")

EVERY_SECONDS = 3600.0
"""Between two looks at one Model."""
MOST_AT_ONCE = 5000
"""Files that one look deletes; the next one goes on, so that a long list holds up no round."""
MOST_TRIED = 3
"""Files of a version that are asked whose they are, where the first cannot be read."""


@dataclass
class Expiry:
    """Remembers when each Model, by its UID, was last looked at; `clock` is monotonic, in seconds."""

    clock: Callable[[], float] = time.monotonic
    looked: dict[str, float] = field(default_factory=dict)

    def due(self, model: Model) -> timedelta | None:
        """How long its rows are kept, where it is time to look for older ones."""
        logging, before = model.spec.serving.logging, self.looked.get(model.metadata.uid)
        if logging is None or logging.retain is None:
            return None
        is_time = before is None or self.clock() - before >= EVERY_SECONDS
        return parse_duration(logging.retain) if is_time else None

    async def run(self, model: Model, kept: timedelta, now: datetime, places: Places, metrics: EvaluatorMetrics) -> str:
        """Delete what is too old; gives why that was not possible, or nothing. It is tried again at the next time."""
        self.looked[model.metadata.uid] = self.clock()
        try:
            place = await places.place_of(model)
            deleted = await asyncio.to_thread(
                lambda: expire(places.observations(place).store, model.metadata.name, kept, now)
            )
        except (EvaluationError, StorageError, KubeError) as error:
            metrics.failed(Model.KIND, getattr(error, "reason", "Kubernetes"))
            return error.message
        except Exception as error:
            # a fault of ours must not cost the round
            LOG.exception("old rows of %s/%s", model.metadata.namespace, model.metadata.name)
            metrics.failed(Model.KIND, Reason.EVALUATION_FAILED)
            return type(error).__name__
        metrics.expired.inc(deleted)
        return ""


def expire(store: Store, model: str, kept: timedelta, now: datetime) -> int:
    """Delete files of a Model's rows of requests that ended longer than `kept` ago; gives how many.

    `store` lies at the Model's storage, where others may keep theirs too: of a version's files the first says whose
    they are. A file whose name tells no times stays. Raises StorageError.
    """
    oldest, deleted = int((now - kept).timestamp() * 1000), 0
    for version in store.folders("observations/"):
        old = (entry for entry in store.list(f"{version}requests/") if _ended_before(entry, oldest))
        keys = [entry.key for entry in islice(old, MOST_AT_ONCE - deleted)]
        if any(_is_of(store, key, model) for key in keys[:MOST_TRIED]):
            for key in keys:
                store.delete(key)
            deleted += len(keys)
        if deleted >= MOST_AT_ONCE:
            break
    return deleted


def _ended_before(entry: Entry, oldest: int) -> bool:
    span = span_of(entry.key)
    return span is not None and span[1] < oldest


def _is_of(store: Store, key: str, model: str) -> bool:
    return model_of(store.get(key, most=LARGEST_FILE)) == model
