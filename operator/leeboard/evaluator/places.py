"""Opens the object storage of a Model: with the keys of its Secret, and only where this evaluator may look."""

import base64
import binascii
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion, StoredFile
from leeboard.api.reasons import Reason
from leeboard.evaluator.configuration import Configuration
from leeboard.evaluator.drift_figures import Profile
from leeboard.evaluator.failures import EvaluationError
from leeboard.evaluator.file_cache import Cache
from leeboard.evaluator.observations import Observations
from leeboard.kube.errors import Forbidden, NotFound
from leeboard.kube.resources import SECRET, Resource
from leeboard.storage import StorageError, Store, open_store
from leeboard.storage.authorities import AUTHORITIES, SECRET_KEY
from leeboard.storage.digests import digest_of

VARIABLES = {
    **{key: key for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION")},
    SECRET_KEY: AUTHORITIES,
}
"""Keys of a Secret, and the variables by which stores know them."""
MOST_MODELS, MOST_PROFILES = 200, 500
Raw = dict[str, Any]


class Kube(Protocol):
    """What the evaluator asks of the API server."""

    async def get(self, resource: Resource, namespace: str, name: str) -> Raw:
        """The live object. Raises NotFound."""

    async def list(self, resource: Resource, namespace: str | None = None) -> list[Raw]:
        """All objects of the namespace; None: of all namespaces."""

    async def apply_status(self, obj: Raw, *, field_manager: str | None = None) -> Raw:
        """Server-side apply of the status subresource. Raises NotFound."""


@dataclass(frozen=True)
class Place:
    """How a Model's storage is reached."""

    uri: str
    endpoint: str | None
    environment: tuple[tuple[str, str], ...]
    task: str
    positive_class: str

    def open(self, uri: str) -> Store:
        """The store at a URI, with this place's endpoint and keys. Raises StorageError."""
        return open_store(uri, endpoint=self.endpoint, environment=dict(self.environment))


@dataclass
class Places:
    """Opens storages and keeps what was read of them while nothing about them changes."""

    kube: Kube
    configuration: Configuration
    count: Callable[[str], None]
    _observations: OrderedDict[Place, Observations] = field(default_factory=OrderedDict)
    _profiles: OrderedDict[str, Profile] = field(default_factory=OrderedDict)
    _files: Cache[Any] = field(default_factory=Cache)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def place_of(self, model: Model) -> Place:
        """Raises EvaluationError: StorageForbidden outside the allowed prefixes, ConfigMissing without the Secret."""
        storage, namespace = model.spec.storage, model.metadata.namespace
        self._allow(storage.uri, namespace)
        keys: dict[str, str] = {}
        if storage.secret_ref is not None:
            name = storage.secret_ref.name
            try:
                secret = await self.kube.get(SECRET, namespace, name)
            except NotFound as error:
                raise EvaluationError(Reason.CONFIG_MISSING, f"there is no Secret {name}") from error
            except Forbidden as error:
                raise EvaluationError(Reason.STORAGE_FORBIDDEN, f"Secret {name} may not be read") from error
            keys = _decoded(secret)
        prediction = model.spec.prediction
        return Place(
            storage.uri, storage.endpoint, tuple(sorted(keys.items())), prediction.task, prediction.positive_class
        )

    def observations(self, place: Place) -> Observations:
        """What was observed there. Blocks while storage is opened; raises StorageError."""
        with self._lock:
            found = self._observations.pop(place, None)
            if found is None:
                store = place.open(place.uri)
                meaning = {"task": place.task, "positive_class": place.positive_class}
                found = Observations(store, **meaning, count=self.count, cache=self._files)
            self._observations[place] = found
            if len(self._observations) > MOST_MODELS:
                self._observations.popitem(last=False)
            return found

    def profile(self, place: Place, version: ModelVersion) -> Profile:
        """The reference of a version, its digest verified. Blocks; raises EvaluationError and StorageError."""
        stored = version.spec.profile
        if stored is None:
            text = f"{version.metadata.name} has no profile to measure drift from"
            raise EvaluationError(Reason.REFERENCE_MISSING, text)
        self._allow(stored.uri, version.metadata.namespace)
        with self._lock:
            found = self._profiles.pop(stored.digest, None) or _fetched(place, stored)
            self._profiles[stored.digest] = found
            if len(self._profiles) > MOST_PROFILES:
                self._profiles.popitem(last=False)
            return found

    def _allow(self, uri: str, namespace: str) -> None:
        if not self.configuration.allows(uri, namespace):
            text = f"{uri} is outside the prefixes that this evaluator may read"
            raise EvaluationError(Reason.STORAGE_FORBIDDEN, text)


def _fetched(place: Place, stored: StoredFile) -> Profile:
    folder, _, name = stored.uri.rpartition("/")
    data = place.open(folder + "/").get(name)
    if digest_of(data) != stored.digest:
        raise StorageError(Reason.DIGEST_MISMATCH, f"{stored.uri} is not what was registered")
    try:
        return Profile.parse(data)
    except ValueError as error:
        raise EvaluationError(Reason.BAD_DATA, f"{stored.uri} is no profile: {error}") from error


def _decoded(secret: Raw) -> dict[str, str]:
    """The keys for storage in a Secret. Raises EvaluationError (BadConfiguration) where one is no text."""
    data = secret.get("data") or {}
    try:
        return {
            variable: base64.b64decode(data[key], validate=True).decode()
            for key, variable in VARIABLES.items()
            if key in data
        }
    except (binascii.Error, UnicodeDecodeError) as error:
        name = secret.get("metadata", {}).get("name", "")
        raise EvaluationError(Reason.BAD_CONFIGURATION, f"a value of the Secret {name} is no text") from error
