"""How a process that answers requests hears of its end, and how long it takes."""

from __future__ import annotations

import asyncio
import signal

DRAIN_SECONDS = 8.0
"""How long connections are told to end. With preStop and the exporter's flush it fits into the pod's grace period."""
PATIENCE_SECONDS = 10.0
"""For what is under way after it."""


def listen_for_signals(stop: asyncio.Event, at_once: asyncio.Event) -> None:
    """The first signal begins to drain, the second ends at once."""

    def hear() -> None:
        if stop.is_set():
            at_once.set()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, hear)
