"""What the operator tells the containers of a server pod, and where they find each other's files."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

from pydantic import Field, ValidationError

from leeboard.api.base import SpecModel
from leeboard.api.model_version import StoredFile
from leeboard.api.reasons import Reason
from leeboard.api.request_log import RequestLogging
from leeboard_serving.failures import ServingError

ModelT = TypeVar("ModelT", bound=SpecModel)


class StoredModel(SpecModel):
    """A stored model: `digest` is that of the manifest in the folder `uri`, `bytes` what its files have together.

    Pods that an earlier release made are not told `bytes`; then the manifest's own sizes bound what is loaded.
    """

    uri: str = Field(min_length=1, max_length=1024)
    digest: str = Field(pattern=r"^sha256:[0-9a-f]{64}$")
    format: str = "sklearn-skops"
    bytes: int | None = Field(default=None, ge=0)


class StoredGraph(StoredFile):
    """A version as ONNX."""

    bytes: int = Field(ge=1)


@dataclass(frozen=True)
class Folders:
    """The volumes of the pod: `model` is written by `load` alone, `run` is shared by server and exporter."""

    model: Path
    run: Path

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """LEEBOARD_MODEL_FOLDER and LEEBOARD_RUN_FOLDER are for tests; pods have the defaults."""
        return cls(
            Path(environment.get("LEEBOARD_MODEL_FOLDER", "/leeboard/model")),
            Path(environment.get("LEEBOARD_RUN_FOLDER", "/leeboard/run")),
        )

    @property
    def artefact(self) -> Path:
        """The files of the artefact."""
        return self.model / "model"

    @property
    def accelerated(self) -> Path:
        """The folder with the version as ONNX, where the pod is told of it."""
        return self.model / "accelerated"

    @property
    def profile(self) -> Path:
        """profile.json."""
        return self.model / "profile.json"

    @property
    def golden(self) -> Path:
        """golden.json."""
        return self.model / "golden.json"

    @property
    def socket(self) -> Path:
        """Where the exporter listens for what the server observed."""
        return self.run / "observe.sock"


@dataclass(frozen=True)
class Served:
    """Which version of which model a pod serves, and what its answer is."""

    model: str
    version: str
    task: str
    score_output: str
    positive_class: str
    format: str = "sklearn-skops"
    allow_unsafe: bool = False
    accelerated: bool = False

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Read it. Raises ServingError (BadConfiguration)."""
        return cls(
            required(environment, "LEEBOARD_MODEL"),
            required(environment, "LEEBOARD_VERSION"),
            environment.get("LEEBOARD_TASK", "BinaryClassification"),
            environment.get("LEEBOARD_SCORE_OUTPUT", "probability"),
            environment.get("LEEBOARD_POSITIVE_CLASS", "1"),
            stored_model(environment).format if environment.get("LEEBOARD_ARTIFACT") else "sklearn-skops",
            allows_unsafe_formats(environment),
            bool(environment.get("LEEBOARD_ACCELERATED")),
        )


def stored_model(environment: Mapping[str, str]) -> StoredModel:
    """LEEBOARD_ARTIFACT. Raises ServingError (BadConfiguration)."""
    return _parsed(environment, "LEEBOARD_ARTIFACT", StoredModel)


def stored_file(environment: Mapping[str, str], name: str) -> StoredFile:
    """LEEBOARD_PROFILE or LEEBOARD_GOLDEN. Raises ServingError (BadConfiguration)."""
    return _parsed(environment, name, StoredFile)


def allows_unsafe_formats(environment: Mapping[str, str]) -> bool:
    """Whether the Model says serving.allowUnsafeFormats: LEEBOARD_ALLOW_UNSAFE_FORMATS is true."""
    return environment.get("LEEBOARD_ALLOW_UNSAFE_FORMATS", "") == "true"


def stored_graph(environment: Mapping[str, str]) -> StoredGraph | None:
    """LEEBOARD_ACCELERATED, or None where there is none. Raises ServingError (BadConfiguration)."""
    if not environment.get("LEEBOARD_ACCELERATED"):
        return None
    return _parsed(environment, "LEEBOARD_ACCELERATED", StoredGraph)


def request_logging(environment: Mapping[str, str]) -> RequestLogging | None:
    """LEEBOARD_REQUEST_LOG, or None where no rows are stored. Raises ServingError (BadConfiguration)."""
    if not environment.get("LEEBOARD_REQUEST_LOG"):
        return None
    found = _parsed(environment, "LEEBOARD_REQUEST_LOG", RequestLogging)
    if not 0 < float(found.sample_rate) <= 1:
        raise ServingError(Reason.BAD_CONFIGURATION, "LEEBOARD_REQUEST_LOG: sampleRate is not above 0 to 1")
    return found


def required(environment: Mapping[str, str], name: str) -> str:
    """A variable that has to be there. Raises ServingError (BadConfiguration)."""
    value = environment.get(name, "")
    if not value:
        raise ServingError(Reason.BAD_CONFIGURATION, f"{name} is not set")
    return value


def _parsed(environment: Mapping[str, str], name: str, kind: type[ModelT]) -> ModelT:
    try:
        return kind.model_validate_json(required(environment, name))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ServingError(Reason.BAD_CONFIGURATION, f"{name}: {place}: {first['msg']}") from error
