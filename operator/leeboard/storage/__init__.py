"""Object storage behind one small interface."""

from leeboard.storage.errors import StorageError
from leeboard.storage.manifest import Manifest
from leeboard.storage.opening import open_store
from leeboard.storage.store import Entry, Store

__all__ = ["Entry", "Manifest", "StorageError", "Store", "open_store"]
