"""The names of files of observations: what each is, of which version, and of which time."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast, get_args

Kind = Literal["windows", "ledger", "feedback", "pairs"]
Untimed = Literal["reports", "labelling", "recomputed"]
KINDS: tuple[Kind, ...] = get_args(Kind)
FOLDER = "observations/"
MERGED = "merged"
"""Stands in the place of a pod's name."""
HOUR = 3_600_000
"""In milliseconds."""

_NAME = r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?"
_SPAN = r"(?P<start>[0-9]{1,16})-(?P<end>[0-9]{1,16})"
_KINDS = "|".join(KINDS)
_PART = re.compile(
    rf"observations/(?P<version>{_NAME})/(?P<kind>{_KINDS})/(?P<pod>{_NAME})/{_SPAN}\.(?P<form>json|csv)\.gz"
)
_MERGED = re.compile(rf"observations/(?P<version>{_NAME})/(?P<kind>{_KINDS})/merged/{_SPAN}-[0-9a-f]{{16}}\.jsonl\.gz")
_ROWS = re.compile(rf"observations/(?P<version>{_NAME})/requests/{_NAME}/{_SPAN}\.parquet")
_UNTIMED = re.compile(
    rf"observations/{_NAME}/(?:(?P<reports>reports)/{_NAME}/{_NAME}\.html"
    rf"|(?P<labelling>labelling)/{_NAME}/{_NAME}\.parquet|(?P<recomputed>recomputed)/[^\x00-\x1f\x7f]{{1,512}}\.parquet)"
)


@dataclass(frozen=True)
class File:
    """A file that an exporter wrote, or one that several of these were merged into. Times are milliseconds since 1970.

    `name` is the key below the folder of the version and kind, `bytes` what it takes in storage.
    """

    key: str
    version: str
    kind: Kind
    name: str
    start: int
    end: int
    is_merged: bool
    bytes: int = 0

    @property
    def hour(self) -> int:
        """The hour in which it begins, counted from 1970."""
        return self.start // HOUR


def file_of(key: str, size: int = 0) -> File | None:
    """What a key names; None for whatever is no file of windows, of a ledger, of feedback or of pairs."""
    merged, part = _MERGED.fullmatch(key), _PART.fullmatch(key)
    found = merged or part
    if found is None or ".." in key or int(found["start"]) > int(found["end"]):
        return None
    if part is not None and (part["pod"] == MERGED or (part["form"] == "json") != (part["kind"] == "windows")):
        return None
    version, kind = found["version"], cast(Kind, found["kind"])
    name = key.removeprefix(folder_of(version, kind))
    return File(key, version, kind, name, int(found["start"]), int(found["end"]), merged is not None, size)


def untimed_of(key: str) -> Untimed | None:
    """Whether a key names a report of an evaluation, rows to label or rows that were computed anew, whose names tell no
    time; None for whatever is none of these."""
    found = _UNTIMED.fullmatch(key)
    return cast(Untimed, found.lastgroup) if found is not None and ".." not in key else None


def rows_of(key: str) -> tuple[str, int] | None:
    """Of a file of logged rows the version, and when it ends; None for whatever is none."""
    found = _ROWS.fullmatch(key)
    return (found["version"], int(found["end"])) if found is not None and ".." not in key else None


def folder_of(version: str, kind: str) -> str:
    """Where the files of a kind lie."""
    return f"{FOLDER}{version}/{kind}/"


def merged_key(parts: Iterable[File]) -> str:
    """The key that files are merged into: the same for the same parts, and another one for others.

    The parts are of one version and kind. Raises ValueError where there are none.
    """
    together = sorted(parts, key=lambda one: one.name)
    if not together:
        raise ValueError("nothing to merge")
    digest = hashlib.sha256("\n".join(one.name for one in together).encode()).hexdigest()[:16]
    start, end = min(one.start for one in together), max(one.end for one in together)
    return f"{folder_of(together[0].version, together[0].kind)}{MERGED}/{start}-{end}-{digest}.jsonl.gz"
