"""Versions of the libraries that wrote a model and that load it."""

import re

from leeboard.api.reasons import Reason
from leeboard.models.failures import ModelError

_RELEASE = re.compile(r"(\d{1,6})\.(\d{1,6})")


def release(version: str) -> tuple[int, int] | None:
    """Major and minor number of a version, or None where it has none."""
    found = _RELEASE.match(version)
    return (int(found[1]), int(found[2])) if found else None


def check_same(library: str, written: str, installed: str) -> None:
    """For what only the library that wrote it can read. Raises ModelError (LibraryMismatch)."""
    if release(written) != release(installed):
        text = f"the model was written by {library} {written or 'of an unknown version'}, and {installed} is installed"
        raise ModelError(Reason.LIBRARY_MISMATCH, text)


def check_not_newer(library: str, written: str, installed: str) -> None:
    """For what later versions read. Raises ModelError (LibraryMismatch) where a newer version wrote it."""
    ours, theirs = release(installed), release(written)
    if theirs is not None and ours is not None and theirs > ours:
        text = f"the model was written by {library} {written}, and {installed} is installed"
        raise ModelError(Reason.LIBRARY_MISMATCH, text)
