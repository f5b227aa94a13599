"""Whether the exporter does its work; storage that fails is no reason to restart it."""

import time

from leeboard_serving.exporter.uploader import Uploader

PATIENCE = 60.0
"""Seconds beyond three intervals in which a window has to be closed."""


class Health:
    """`interval` is the flush interval in seconds."""

    def __init__(self, interval: float, uploader: Uploader) -> None:
        self._limit = 3 * interval + PATIENCE
        self._uploader = uploader
        self._alive_at = time.monotonic()

    def beat(self) -> None:
        """A window's end was seen to."""
        self._alive_at = time.monotonic()

    def is_live(self) -> bool:
        """False once a restart is the better choice."""
        return time.monotonic() - self._alive_at < self._limit and not self._uploader.is_stuck()
