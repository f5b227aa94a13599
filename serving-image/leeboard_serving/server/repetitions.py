"""Log lines that repeat themselves: a model that fails for every request must not fill the disk with tracebacks."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable

SPAN_SECONDS = 10.0


class Repetitions(logging.Filter):
    """Lets a line pass once in SPAN_SECONDS, and lets the next one say how many were suppressed meanwhile.

    Lines are the same whose template, level and logger are; the template is of the code, so that there are few.
    `clock` gives seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._passed: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it passes."""
        line, now = (record.name, record.levelno, str(record.msg)), self._clock()
        passed, suppressed = self._passed.get(line, (-math.inf, 0))
        if now - passed < SPAN_SECONDS:
            self._passed[line] = (passed, suppressed + 1)
            return False
        self._passed[line] = (now, 0)
        if suppressed:
            record.fields = {"suppressed": suppressed}
        return True
