"""Which files of observations there are, so that each is found once, by itself or in a merged one that names it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from leeboard.evaluator.retention.files import MERGED, File, file_of
from leeboard.storage import Entry, Store

Span = tuple[int, int]
"""The two times in a file's name, in milliseconds since 1970."""
_SPAN = re.compile(r"(\d{1,16})-(\d{1,16})\.(?:[a-z]+\.gz|parquet)$")


def listed(
    store: Store, folder: str, is_wanted: Callable[[Span | None], bool]
) -> tuple[list[Entry], list[tuple[File, Entry]]]:
    """What exporters wrote into a folder, as far as it is wanted, and then what was merged.

    In that order: a file that was removed before it could be listed is named by one that is listed then. Raises
    StorageError.
    """
    inside = f"{folder}{MERGED}/"
    loose = [
        entry
        for entry in store.list(folder)
        if not entry.key.startswith(inside) and not entry.key.endswith("/") and is_wanted(span_of(entry.key))
    ]
    found = ((file_of(entry.key), entry) for entry in store.list(inside))
    return loose, [(file, entry) for file, entry in found if file is not None]


def span_of(key: str) -> Span | None:
    """When a file begins and ends; None where its name does not say."""
    found = _SPAN.search(key)
    return (int(found[1]), int(found[2])) if found else None


def milliseconds(moment: datetime) -> int:
    """Since 1970."""
    return int(moment.astimezone(UTC).timestamp() * 1000)
