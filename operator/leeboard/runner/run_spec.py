"""What fetch and publish are told about the run, and the folders they share with the script."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError

from leeboard.api.base import LocalReference, SpecModel
from leeboard.api.dataset import Dataset
from leeboard.api.fields import Digest
from leeboard.api.reasons import Reason
from leeboard.api.storage import StorageAccess
from leeboard.api.training_job import Code, Output
from leeboard.runner.failures import RunError

VARIABLE = "LEEBOARD_RUN_SPEC"


class KnownDataset(SpecModel):
    """A dataset as an earlier run read it."""

    name: str
    digest: Digest


class Baseline(SpecModel):
    """What an earlier run read; parts that are absent are not compared."""

    commit: str | None = None
    datasets: tuple[KnownDataset, ...] | None = None


class RunSpec(SpecModel):
    """The contents of LEEBOARD_RUN_SPEC."""

    contract: Literal[1]
    run: str = Field(min_length=1, max_length=63, pattern=r"^[A-Za-z0-9-]+$")
    namespace: str = ""
    model_ref: LocalReference
    code: Code
    datasets: tuple[Dataset, ...] = Field(min_length=1, max_length=16)
    params: dict[str, str] = Field(default_factory=dict)
    seed: int = 0
    command: tuple[str, ...] = ()
    storage: StorageAccess = StorageAccess()
    output: Output
    baseline: Baseline | None = None
    allow_unsafe_formats: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the specification. Raises RunError (BadConfiguration)."""
        try:
            return cls.model_validate_json(environment[VARIABLE])
        except KeyError as error:
            raise RunError(Reason.BAD_CONFIGURATION, f"{VARIABLE} is not set") from error
        except ValidationError as error:
            first: Any = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise RunError(Reason.BAD_CONFIGURATION, f"{VARIABLE}: {place}: {first['msg']}") from error


@dataclass(frozen=True)
class Places:
    """The volumes of a training pod."""

    root: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """`/leeboard`, or LEEBOARD_ROOT where a test names another folder."""
        return cls(Path(environment.get("LEEBOARD_ROOT", "/leeboard")))

    @property
    def launcher(self) -> Path:
        """The program that runs the script."""
        return self.root / "bin" / "launch.pyz"

    @property
    def code(self) -> Path:
        """The checked-out repository."""
        return self.root / "code"

    @property
    def data(self) -> Path:
        """One folder for each dataset of role Train."""
        return self.root / "data"

    @property
    def model(self) -> Path:
        """Where the script leaves its model."""
        return self.root / "model"

    @property
    def reference(self) -> Path:
        """Where the script leaves the rows it was trained and tested on."""
        return self.root / "output" / "reference.parquet"

    @property
    def control(self) -> Path:
        """Where the parts of the pod tell each other how far they are."""
        return self.root / "control"


FETCHED, PARAMS = "fetched.json", "params.json"
PUBLISHER, FINISHED, OUTCOME = "publisher.json", "finished.json", "outcome.json"


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that no reader ever sees a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_bytes(data)
    part.replace(path)
