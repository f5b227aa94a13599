"""Where a version comes from: cause, data and code, as observed by the run."""

from typing import Literal

from leeboard.api.base import SpecModel
from leeboard.api.fields import ATOMIC, Commit, Digest, Name, Text, Uri, described


class CauseReference(SpecModel):
    """The object that caused a run."""

    kind: str = described("Kind of the object.", default="", max_length=63)
    name: str = described("Name of the object.", default="", max_length=253)
    uid: str = described("UID of the object.", default="", max_length=64)
    episode: str = described("Drift episode, where drift is the cause.", default="", max_length=63)


class Cause(SpecModel):
    """Why a run was started."""

    kind: Literal["SpecChange", "NewCommit", "NewData", "Schedule", "Drift", "Manual"] = described(
        "What started the run."
    )
    ref: CauseReference | None = described("The object that caused it.", default=None)
    reason: Text = described("Why, for a person.", default="")


class DatasetRecord(SpecModel):
    """A dataset as a run read it."""

    name: Name = described("Name of the dataset.")
    role: Literal["Train", "Holdout"] = described("What it was used for.")
    uri: Uri = described("Where it lay.")
    partitions: tuple[str, ...] = described(
        "Partitions that were read.", default=(), max_length=1000, json_schema_extra=ATOMIC
    )
    digest: Digest = described("Digest of all bytes read.")
    rows: int = described("Rows read, a count.", ge=0)
    schema_digest: Digest = described("Digest of column names and types.")


class CodeRecord(SpecModel):
    """The code as a run used it."""

    repository: str = described(
        "Address of the repository; empty when the code came with the image.", default="", max_length=1024
    )
    revision: str = described("Revision that was asked for.", default="", max_length=255)
    commit: Commit | None = described("Commit that ran, observed in the run.", default=None)
    verified: bool = described("True when the commit was observed; false when the code came with the image.")
