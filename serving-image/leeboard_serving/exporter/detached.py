"""Blocking work beside the event loop, which the process does not wait for when it ends."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def detached(work: Callable[[], T]) -> asyncio.Future[T]:
    """Do the work in a thread of its own; what it raises is raised by the future.

    The threads of `asyncio.to_thread` are joined when the process ends: one that waits for a network would hold it.
    """
    done: Future[T] = Future()
    done.set_running_or_notify_cancel()  # from here on a caller that loses interest takes nothing from the thread

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=run, name="detached", daemon=True).start()
    return asyncio.wrap_future(done)
