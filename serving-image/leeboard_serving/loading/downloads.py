"""Files by their digest: taken from the cache, else from storage, and compared with what was registered."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from leeboard.api.reasons import Reason
from leeboard.storage import StorageError, Store
from leeboard_serving.loading.cache import Cache


@dataclass(frozen=True)
class Wanted:
    """A file in storage: what it is called there, its digest, and how many bytes it has at most."""

    store: Callable[[], Store]
    """Opens the store: not needed where the cache has the file."""
    key: str
    digest: str
    most: int


@dataclass(frozen=True)
class Downloads:
    """Where files come from."""

    cache: Cache | None = None

    def bring(self, wanted: Wanted, target: Path) -> None:
        """Write the file. Raises StorageError and OSError, and leaves nothing behind then."""
        if self.cache is not None and self.cache.take(wanted.digest, target):
            return
        try:
            found = wanted.store().read_to(wanted.key, target, most=wanted.most)
            if found != wanted.digest:
                text = f"{wanted.key} is {found}, registered as {wanted.digest}"
                raise StorageError(Reason.DIGEST_MISMATCH, text)
        except (StorageError, OSError):
            target.unlink(missing_ok=True)
            raise
        if self.cache is not None:
            self.cache.keep(wanted.digest, target)
