"""What is to be done with the files of observations: which have expired, and which become one.

Pure: keys, sizes and times in, keys out. A file that an exporter wrote is merged with the others of its version, kind
and hour once that hour is over for `SETTLED`. What comes later, because an exporter was cut off, is merged with what
came with it, into a file of its own. Merged files are never merged again: they go when the last of their parts expires.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from leeboard.evaluator.labels import LEDGER_REACH
from leeboard.evaluator.retention.files import HOUR, File, Kind, Untimed, file_of, rows_of, untimed_of
from leeboard.storage import Entry

SETTLED = timedelta(hours=1)
"""After the end of an hour; by then what exporters have of it usually lies in storage."""
MOST_PARTS = 2_000
MOST_BYTES = 8 << 20
"""Of the parts of a merged file, as they lie in storage."""

Group = tuple[str, Kind, int]
"""Version, kind and hour."""


@dataclass(frozen=True)
class Keeping:
    """How long observations are kept: `retain`, but no shorter than somebody looks back (`look_back`: the longest
    window of a DriftMonitor, or the rollout that is under way), and predictions by `reach` longer, for the labels that
    come late. `rows` says by Model how long it keeps logged rows; one that keeps them for ever, or logs none, is not
    there."""

    retain: timedelta
    look_back: timedelta
    rows: Mapping[str, timedelta] = field(default_factory=dict)
    reach: timedelta = LEDGER_REACH

    def kept_for(self, kind: Kind | Untimed) -> timedelta:
        """For files of a kind. Labels that come now are joined with older predictions; what is only read by people is
        looked back at by nobody else."""
        reach = self.reach if kind in {"ledger", "pairs"} else timedelta(0)
        return self.retain if kind in {"reports", "labelling"} else max(self.retain, self.look_back + reach)


@dataclass
class Found:
    """What a listing has for us: keys that expired, files that may be merged, and those that were.

    `rows` are, by version, files of logged rows that have expired if they are of the Model that keeps them shortest:
    when each ended, and its key. `is_whole` is False where there was more than could be taken at once.
    """

    expired: list[str] = field(default_factory=list)
    rows: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    due: list[File] = field(default_factory=list)
    merged: dict[Group, list[File]] = field(default_factory=dict)
    is_whole: bool = True

    def beside_due(self) -> list[File]:
        """Merged files that may name some of the files that are due."""
        groups = {group_of(one) for one in self.due}
        return [one for group in sorted(groups) for one in self.merged.get(group, ())]


@dataclass(frozen=True)
class Plan:
    """Files that a merged file already names, and files that become one; `single` are those that stay as they are."""

    leftover: tuple[File, ...]
    merges: tuple[tuple[File, ...], ...]
    single: tuple[File, ...]


def group_of(file: File) -> Group:
    """What files are merged by."""
    return file.version, file.kind, file.hour


def found_in(entries: Iterable[Entry], keeping: Keeping, now: datetime, skip: Set[str], most: int) -> Found:
    """Go through a listing of `observations/` once; no more than `most` files are to expire or to be merged.

    Of files to merge the oldest are taken. `skip` are keys that are not merged. Keys of no known form are left alone.
    """
    found = Found()
    due = heapq.nsmallest(
        most + 1, _due(entries, keeping, now, skip, found=found, most=most), key=lambda one: (one.start, one.key)
    )
    if len(due) > most:
        found.is_whole = False
        due = _without_last_hour(due)
    found.due = due
    return found


def _due(
    entries: Iterable[Entry], keeping: Keeping, now: datetime, skip: Set[str], *, found: Found, most: int
) -> Iterator[File]:
    moment = _milliseconds(now)
    settled = moment - SETTLED // timedelta(milliseconds=1)
    oldest = max((_milliseconds(now - kept) for kept in keeping.rows.values()), default=0)
    for entry in entries:
        file = file_of(entry.key, entry.bytes)
        rows = rows_of(entry.key) if file is None else None
        if rows is not None:
            # of each version, so that what one keeps for ever takes no room from others
            if rows[1] < oldest and len(found.rows.get(rows[0], ())) < most:
                found.rows.setdefault(rows[0], []).append((rows[1], entry.key))
        elif _has_expired(entry, file, keeping, now):
            if len(found.expired) < most:
                found.expired.append(entry.key)
            else:
                found.is_whole = False
        elif file is not None and file.is_merged:
            found.merged.setdefault(group_of(file), []).append(file)
        elif file is not None and entry.key not in skip and max(file.end, (file.hour + 1) * HOUR) <= settled:
            yield file


def _has_expired(entry: Entry, file: File | None, keeping: Keeping, now: datetime) -> bool:
    if file is not None:
        return file.end < _milliseconds(now - keeping.kept_for(file.kind))
    untimed = untimed_of(entry.key)
    return untimed is not None and entry.modified is not None and entry.modified < now - keeping.kept_for(untimed)


def rows_expired(found: Sequence[tuple[int, str]], model: str, keeping: Keeping, now: datetime) -> list[str]:
    """Of files of logged rows that are of one Model, the keys of those whose time is over."""
    kept = keeping.rows.get(model)
    return [] if kept is None else [key for end, key in found if end < _milliseconds(now - kept)]


def _without_last_hour(due: list[File]) -> list[File]:
    """There may be more of it; where there is but one hour, that is taken in parts."""
    whole = [one for one in due if one.hour < due[-1].hour]
    return whole or due[:-1]


def plan(found: Found, parts_of: Mapping[str, Set[str]]) -> Plan:
    """What becomes of the files that are due. `parts_of` are the names in each merged file beside them, by its key."""
    groups: dict[Group, list[File]] = {}
    leftover = []
    for file in found.due:
        named = (parts_of.get(one.key, frozenset()) for one in found.merged.get(group_of(file), ()))
        if any(file.name in names for names in named):
            leftover.append(file)
        else:
            groups.setdefault(group_of(file), []).append(file)
    bundles = [bundle for group in sorted(groups, key=lambda one: (one[2], one)) for bundle in _bundles(groups[group])]
    return Plan(
        tuple(leftover),
        tuple(one for one in bundles if len(one) > 1),
        tuple(file for one in bundles if len(one) == 1 for file in one),
    )


def _bundles(files: list[File]) -> Iterator[tuple[File, ...]]:
    """In the order of time, none larger than a merged file may be."""
    bundle: list[File] = []
    for file in files:
        if bundle and (len(bundle) >= MOST_PARTS or sum(one.bytes for one in bundle) + file.bytes > MOST_BYTES):
            yield tuple(bundle)
            bundle = []
        bundle.append(file)
    yield tuple(bundle)


def _milliseconds(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)
