"""Where a version comes from: cause, data and code, as observed by the run."""

from typing import Literal

from leeboard.api.base import SpecModel
from leeboard.api.cel import rules
from leeboard.api.fields import ATOMIC, Commit, Digest, Name, Text, Uri, described


class CauseReference(SpecModel):
    """The object that caused a run."""

    kind: str = described("Kind of the object, such as DriftMonitor.", default="", max_length=63)
    name: str = described("Name of the object, in the same namespace.", default="", max_length=253)
    uid: str = described("UID of the object at that time.", default="", max_length=64)
    episode: str = described("Drift episode, where drift is the cause.", default="", max_length=63)


class Cause(SpecModel):
    """Why a run was started."""

    kind: Literal["SpecChange", "NewCommit", "NewData", "Schedule", "Drift", "Manual"] = described(
        "What kind of trigger started the run."
    )
    ref: CauseReference | None = described("The object that caused it.", default=None)
    reason: Text = described("Why the run was started, for a person.", default="")


class DatasetRecord(SpecModel):
    """A dataset as a run read it."""

    name: Name = described("Name of the dataset in the TrainingJob.")
    role: Literal["Train", "Holdout"] = described("Train: the script saw it. Holdout: only the evaluation did.")
    uri: Uri = described("Where the dataset lay in object storage.")
    partitions: tuple[str, ...] = described(
        "Partitions that were read.", default=(), max_length=1000, json_schema_extra=ATOMIC
    )
    digest: Digest = described("Digest of all bytes that were read.")
    rows: int = described("Rows that were read, a count.", ge=0)
    schema_digest: Digest = described("Digest of column names and types.")


class CodeRecord(SpecModel):
    """The code as a run used it."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(("!self.verified || has(self.commit)", "verified code needs its commit"))
    }

    repository: str = described(
        "Address of the repository; empty when the code came with the image.", default="", max_length=1024
    )
    revision: str = described("Revision that was asked for.", default="", max_length=255)
    commit: Commit | None = described("Commit that ran, observed in the run.", default=None)
    verified: bool = described("True when the commit was observed; false when the code came with the image.")
