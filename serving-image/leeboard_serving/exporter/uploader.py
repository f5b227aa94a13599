"""Brings what lies in the outbox to object storage, oldest first, each file once."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from leeboard.api.reasons import Reason
from leeboard.storage import StorageError, Store
from leeboard_serving.exporter.outbox import Outbox

LOG = logging.getLogger("leeboard.serving.exporter")
LONGEST_UPLOAD = 900.0
"""Seconds that one file may take, with all the attempts that the storage's client makes, before a restart is better."""


@dataclass
class Uploader:
    """`clock` gives the time in seconds since 1970. `last` is when the outbox was last empty, `failures` how often not.

    A file whose upload failed stays, and so do those behind it. It is sent again under the same key with the same
    bytes, so that an attempt that succeeded unnoticed leaves no second copy.
    """

    outbox: Outbox
    store: Store
    clock: Callable[[], float]
    last: float = 0.0
    failures: int = 0
    _under_way_since: float | None = None
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def drain(self) -> StorageError | None:
        """Upload until nothing is left, or until something fails: that is returned. Blocks; for a thread."""
        with self._one_at_a_time:
            try:
                for key in self.outbox.pending():
                    self._under_way_since = time.monotonic()
                    self._upload(key)
            except StorageError as error:
                return self._failed(error)
            except OSError as error:  # of storage that is a folder, or of the outbox
                return self._failed(
                    StorageError(
                        Reason.STORAGE_UNREACHABLE, f"files cannot be kept: {error.strerror or type(error).__name__}"
                    )
                )
            finally:
                self._under_way_since = None
            self.last = self.clock()
            return None

    def is_stuck(self) -> bool:
        """Whether an upload goes on for longer than any should."""
        since = self._under_way_since
        return since is not None and time.monotonic() - since > LONGEST_UPLOAD

    def _upload(self, key: str) -> None:
        data = self.outbox.read(key)
        if data is not None:
            self.store.put(key, data, overwrite=True)
            self.outbox.remove(key)

    def _failed(self, error: StorageError) -> StorageError:
        self.failures += 1
        LOG.warning("%d files wait: %s: %s", len(self.outbox.pending()), error.reason, error.message)
        return error
